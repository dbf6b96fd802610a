/* Steps: a mode steps where it passes half of its plateau.
 *
 * An aligned mode does where growth_weight s^2 does, which is lambda under the
 * covariance loss and else the share of the plateau. From a generic start the
 * eigenvalues of Z diag(growth_weight) Z^T take the modes' place, in order of
 * size: C under the covariance loss, and where Gamma and Sigma commute W Sigma
 * A^-1 Sigma W^T, which is the identity once d modes are learned, whatever
 * their plateaus. Where they do not, A^-1 would blow up what Sigma mixes in of
 * modes with small rates: there the eigenvalues of W Sigma W^T are watched, the
 * k-th of which steps at half of the k-th largest plateau of the aligned
 * partner. */
#include "models/linear/barlow.h"

#include "base/order.h"

#include <math.h>

/* Beyond what a mode that never steps can reach. */
#define NEVER 1e300

es_status es_barlow_set_levels(barlow *b, es_diag *diag) {
  b->event_level = es_zeroed(b->d, 1, sizeof *b->event_level);
  if (b->event_level == NULL) return es_barlow_no_memory(diag);
  double *level = b->event_level;
  for (size_t j = 0; b->S == NULL && j < b->d; j++)
    level[j] = b->flow->by_sigma ? .5 : b->flow->plateau(b) / 2;
  if (b->S == NULL) return ES_OK;
  for (size_t j = 0; j < b->d; j++)
    level[j] = -b->flow->settled(b, j).cov_lambda / 2;
  es_sort(level, b->d); /* to be falling */
  for (size_t j = 0; j < b->d; j++) level[j] = level[j] < 0 ? -level[j] : NEVER;
  return ES_OK;
}

/* What is watched, as a factor and weights. */
static const double *watched(const barlow *b, const double *Z,
                             const double **weight) {
  const size_t d = b->d, k = b->k;
  *weight = b->growth_weight;
  if (b->S == NULL) return Z;
  *weight = b->sigma_values;
  es_gemm(false, false, d, k, k, 1, Z, d, b->to_sigma, k, 0, b->turned, d);
  return b->turned;
}

void es_barlow_events(double t, const double *y, double *g, void *self) {
  const barlow *b = self;
  const size_t d = b->d;
  (void)t;
  if (b->aligned) {
    for (size_t j = 0; j < d; j++)
      g[j] =
          b->growth_weight[j] * y[j + j * d] * y[j + j * d] - b->event_level[j];
    return;
  }
  const double *weight, *Y = watched(b, y, &weight);
  const es_status status =
      es_congruence_eigen(b->eigen, Y, weight, b->values, NULL);
  for (size_t j = 0; j < d; j++)
    g[j] = status == ES_OK ? b->values[j] - b->event_level[j] : NAN;
}

/* The input direction that eigenvector u_j of what is watched reads is Z^T u_j;
 * its share along mode j. */
double es_barlow_overlap(void *self, size_t event, size_t mode, double t,
                         const double *y) {
  const barlow *b = self;
  const size_t d = b->d;
  double along = 0, all = 0;
  (void)t;
  if (b->aligned) return 1;
  const double *weight, *Y = watched(b, y, &weight);
  if (es_congruence_eigen(b->eigen, Y, weight, b->values, b->vectors) != ES_OK)
    return NAN;
  for (size_t c = 0; c < b->k; c++) {
    double w = 0;
    for (size_t i = 0; i < d; i++)
      w += b->vectors[i + event * d] * y[i + c * d];
    all += w * w;
    if (b->active[c] == mode) along = w * w;
  }
  return along / all;
}
