/* Views as vectors of few values, y = A (x - mean): data.dims and data.whiten.
 *
 * X and X' are the moments of views (theory.md 2): where data.pairs=fixed those
 * of the pairs that are trained on, X = Gamma and X + X' = Sigma of moments.h;
 * else those of data.views second views of each image. With data.center=on they
 * are about the mean over views, which is taken from x; else mean = 0.
 *
 * The rows of A span the top data.dims eigenvectors of X, the directions that
 * views of an image share most of (all of them where data.dims is unset):
 *   none   A holds them, falling: the principal components of what is shared
 *   sum    A (X + X') A^T = I and A X A^T = diag(rho), rho falling
 *   data   the same directions, A X A^T = I and A X' A^T = diag(1/rho - 1)
 * The largest entry of each row is positive. Both hold to about `dims` units of
 * roundoff times the largest over the least variance among them. */
#ifndef ES_DATA_WHITEN_H
#define ES_DATA_WHITEN_H

#include "data/data.h"
#include "file/h5.h"

/* Values of a view before the transform, at most. */
enum { ES_WHITEN_VALUES = 4096 };

typedef struct es_whiten {
  size_t m, dims;
  double *A;    /* dims×m, column-major */
  double *mean; /* m */
} es_whiten;

/* Whether settings ask for it: data.whiten other than none, or data.dims where
 * that is not the dimension of what is generated (own_dims). */
bool es_whiten_wanted(const es_config *config, bool own_dims);

/* From the pairs of a set that is not transformed. On the calling thread, so
 * that the bits do not depend on the number of threads. ES_BAD_VALUE: more
 * directions than there are, or, where they are scaled, than have a variance
 * above roundoff; a view of more than ES_WHITEN_VALUES values. ES_INTERRUPTED.
 * Free with es_whiten_free. */
es_status es_whiten_new(es_whiten **out, const es_dataset *set, bool own_dims,
                        const es_config *config, const es_progress *progress,
                        es_diag *diag) ES_MUST_USE;
/* A map of zeros of the same sizes, with the same checks of them. */
es_status es_whiten_blank(es_whiten **out, const es_dataset *set, bool own_dims,
                          const es_config *config, es_diag *diag) ES_MUST_USE;
void es_whiten_free(es_whiten *whiten); /* NULL accepted */

/* y (dims) = A (x - mean). */
void es_whiten_apply(const es_whiten *whiten, const double *x, double *y);

/* A copy; NULL where there is no memory for it. */
es_whiten *es_whiten_copy(const es_whiten *whiten);

/* As /train/whiten/basis, A^T (m×dims), and /train/whiten/mean; a run's own
 * transform. *out is NULL where the file has none. */
es_status es_whiten_save(const es_whiten *whiten, es_h5 *file,
                         es_diag *diag) ES_MUST_USE;
es_status es_whiten_load(es_whiten **out, es_h5_source *file,
                         es_diag *diag) ES_MUST_USE;

#endif
