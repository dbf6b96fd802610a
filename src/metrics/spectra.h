/* Spectra of representations: what is measured while a network trains.
 * Matrices of samples are row-major, a sample a row. Positive pairs are 2n
 * rows: the n first views, then the n second ones. All sums are in double, on
 * the calling thread alone, and the same for any number of threads. Sizes
 * beyond the scratch are ES_BAD_SHAPE, a representation that is not finite is
 * ES_NOT_FINITE. */
#ifndef ES_METRICS_SPECTRA_H
#define ES_METRICS_SPECTRA_H

#include <eigenstep/status.h>
#include <stddef.h>

/* Scratch for up to `rows` samples of up to `width` values; made once, the
 * calls below do not allocate. */
typedef struct es_spectra es_spectra;
es_status es_spectra_new(es_spectra **out, size_t rows, size_t width,
                         es_diag *diag) ES_MUST_USE;
void es_spectra_free(es_spectra *work); /* NULL accepted */

/* out = z - mean, both rows×d; mean (d) is of the rows. The first row is taken
 * off before the mean is: a large mean costs no digits. */
void es_centre(double *out, double *mean, size_t rows, size_t d,
               const double *z);

/* Eigenvalues, falling, of C = (1/2n) sum_i (z_i z_i'^T + z_i' z_i^T), with the
 * mean over both views taken from every row (theory.md 1 and 7): the theory's
 * lambda_j. z is 2n×d. vectors: NULL, or d×d, eigenvector j in row j, its
 * largest entry positive. */
es_status es_spectra_cross(es_spectra *work, size_t n, size_t d,
                           const double *z, double *values, double *vectors,
                           es_diag *diag) ES_MUST_USE;

/* Eigenvalues, falling, of the covariance (1/rows) sum (z - mean)(z - mean)^T;
 * those that rounding made negative are 0. */
es_status es_spectra_covariance(es_spectra *work, size_t rows, size_t d,
                                const double *z, double *values,
                                es_diag *diag) ES_MUST_USE;

/* Variance of the embedding along given functions, theory.md 7: with phi (2n×k,
 * values of k <= width functions on both views; z is centred here, so phi need
 * not be), gamma_j = (1/n) sum_i phi_j(x_i) phi_j(x_i'), of centred ones, and
 * a_j = (1/2n) sum_i (z_i phi_j(x_i') + z_i' phi_j(x_i)) in R^d,
 *   along_j   = |a_j|^2/gamma_j
 * which for z = W x and phi_j = v_j^T x is gamma_j |W v_j|^2, and
 *   overlap_j = along_j/(a^T C a), a = a_j/|a_j|,
 * the share of mode j in the direction of the embedding that it lies in: the
 * squared cosine of the two functions. Both are NaN where gamma_j <= 0, overlap
 * where it is not defined. */
es_status es_spectra_along(es_spectra *work, size_t n, size_t d, size_t k,
                           const double *z, const double *phi,
                           const double *gamma, double *along, double *overlap,
                           es_diag *diag) ES_MUST_USE;

#endif
