/* How much of the space that one set of functions spans, sampled at n points,
 * lies in another's. A function is its values at the points, less their mean;
 * spaces do not know of the functions' sizes and of rotations among them. */
#ifndef ES_METRICS_SUBSPACE_H
#define ES_METRICS_SUBSPACE_H

#include <eigenstep/status.h>
#include <stddef.h>

typedef enum es_subspace_first {
  ES_FIRST_COMPONENTS, /* those of largest variance */
  ES_FIRST_COLUMNS     /* those that stand first */
} es_subspace_first;

/* An orthonormal basis of the first `most` of d functions: Q (n×min(most, d),
 * column-major, the caller's), *k of whose columns are filled. x: n×d,
 * row-major, a point a row. A component whose deviation is at most 1e-6 of the
 * first's, and a column that the ones before it make up to 1e-6 of the longest
 * column, are left out, so that *k may be less. ES_BAD_SHAPE where n < 2 or d
 * or most is 0, ES_NOT_FINITE, ES_NO_MEMORY. Allocates for its own use: n·d
 * numbers. */
es_status es_subspace_basis(double *Q, size_t *k, size_t n, size_t d,
                            const double *x, size_t most,
                            es_subspace_first first, es_diag *diag) ES_MUST_USE;

/* The sum of the squared cosines of the principal angles between the spaces of
 * P (n×p) and Q (n×q), |P^T Q|_F^2: p for one inside the other, and p q/(n - 1)
 * at the mean over random ones (n - 1: none has a part along the constant). */
double es_subspace_shared(size_t n, size_t p, const double *P, size_t q,
                          const double *Q);

/* Share of the functions that A and B (n×d, row-major) have in common: that sum
 * for all components of both, over d (theory.md 7). 1: one subspace; an
 * embedding that has collapsed is aligned with no other. */
es_status es_subspace_alignment(double *out, size_t n, size_t d,
                                const double *A, const double *B,
                                es_diag *diag) ES_MUST_USE;

#endif
