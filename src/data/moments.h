/* Moments of positive pairs, streamed in blocks:
 *   Gamma = (1/2n) sum_i (x_i x_i'^T + x_i' x_i^T)      (theory.md 1)
 *   Sigma = (1/2n) sum_i (x_i x_i^T + x_i' x_i'^T)
 *   mean  = (1/2n) sum_i (x_i + x_i')
 * With centring the mean over both views is taken from every view first. */
#ifndef ES_DATA_MOMENTS_H
#define ES_DATA_MOMENTS_H

#include "base/slab.h"
#include "data/data.h"

typedef struct es_moments {
  size_t n, m;
  double *Gamma, *Sigma; /* m×m, symmetric, column-major */
  double *mean;          /* m; of the views as drawn, before centring */
} es_moments;

/* Draw 0 of every pair. Allocates; free with es_moments_free, which accepts a
 * zeroed structure. Centring does not cancel: blocks are shifted by the mean
 * of the first one before they are accumulated. */
es_status es_moments_new(es_moments *out, const es_dataset *set, bool center,
                         const es_progress *progress,
                         es_diag *diag) ES_MUST_USE;
void es_moments_free(es_moments *moments);

/* Moments of views about their images (theory.md 2 and 6), each the mean over
 * the n images:
 *   X  = E[xbar xbar^T], xbar = E[x'|x]      Xp = E_x Cov[x'|x]
 *   C  = Cov(x)                              A  = E[(x' - x)(x' - x)^T]
 * X and Xp are estimated, without bias, from `views` second views x' of each
 * image, those of draws 0, 1, …; C is that of the first views x of draw 0, its
 * mean subtracted and divided by n; A is that of the pairs of draw 0. With
 * centring the mean of xbar is taken from X too. An estimate without bias can
 * have negative eigenvalues: X does where a direction varies within images
 * much more than between them. */
typedef struct es_view_moments {
  size_t n, m, views;
  double *X, *Xp, *C, *A; /* m×m, symmetric, column-major */
  double *first_mean;     /* m: of x, taken from C */
  double *mean;           /* m: of xbar, taken from X by centring */
  es_slab slab;           /* what these are pieces of */
} es_view_moments;

/* views >= 2, else ES_BAD_VALUE. Free with es_view_moments_free, which accepts
 * a zeroed structure. Neither the deviations within an image nor centring
 * cancel. */
es_status es_view_moments_new(es_view_moments *out, const es_dataset *set,
                              size_t views, bool center,
                              const es_progress *progress,
                              es_diag *diag) ES_MUST_USE;
void es_view_moments_free(es_view_moments *moments);

#endif
