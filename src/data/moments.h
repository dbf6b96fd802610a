/* Moments of positive pairs, streamed in blocks:
 *   Gamma = (1/2n) sum_i (x_i x_i'^T + x_i' x_i^T)      (theory.md 1)
 *   Sigma = (1/2n) sum_i (x_i x_i^T + x_i' x_i'^T)
 *   mean  = (1/2n) sum_i (x_i + x_i')
 * With centring the mean over both views is taken from every view first. */
#ifndef ES_DATA_MOMENTS_H
#define ES_DATA_MOMENTS_H

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

#endif
