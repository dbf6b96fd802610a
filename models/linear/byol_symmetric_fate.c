/* When collapse of `byol-symmetric` is certain. Take tau >= 0 (W_p -> -W_p and
 * tau -> -tau change nothing), let p_max and f_max be the largest eigenvalues
 * of W_p and of F >= 0, u and v their eigenvectors; then (theory.md 3)
 *   p_max' = alpha_p (u^T F u)(tau - b p_max) - eta p_max,
 *   F'     = M F + F M,  M = tau W_p - b W_p^2 - eta I,
 *   f_max' = 2 f_max v^T M v <= 2 f_max max_p (tau p - b p^2 - eta).
 * eta > tau^2/(4b): that maximum is negative over all p, so F goes to zero
 * exponentially, and W_p, which F drives and eta damps, behind it: always.
 * Below it let p- be the lesser root of b p^2 - tau p + eta. In the region
 *   p_max < p-,   alpha_p f_max < p-^2
 * M < 0, so that f_max falls; and where p_max comes near p- it falls, since
 * there eta p- = p-^2 (tau - b p-) > alpha_p f_max (tau - b p-). So the region
 * is not left, p_max stays away from p-, and all of it collapses. */
#include "models/linear/byol_symmetric.h"

#include <math.h>

/* tau >= 0; at eta = 0 the region is empty, p- being 0 or no number. */
static bool is_trapped(const symmetric *m, double tau, double p, double f) {
  const double square = tau * tau - 4 * m->b * m->eta;
  if (square < 0) return true;
  const double lesser = 2 * m->eta / (tau + sqrt(square));
  return p < lesser && m->alpha_p * f < lesser * lesser;
}

es_fate es_byol_symmetric_fate(const void *self, double t, const double *y) {
  const symmetric *m = self;
  const size_t n = m->n;
  (void)t;
  es_byol_symmetric_unpack(m, y);
  if (es_eigen_run(m->eigen, n, m->P, m->value, false, NULL) != ES_OK)
    return ES_FATE_UNDECIDED;
  const double p = m->tau < 0 ? -m->value[0] : m->value[n - 1];
  if (es_eigen_run(m->eigen, n, m->F, m->value, false, NULL) != ES_OK)
    return ES_FATE_UNDECIDED;
  return is_trapped(m, fabs(m->tau), p, m->value[n - 1]) ? ES_FATE_COLLAPSED
                                                         : ES_FATE_UNDECIDED;
}

void es_byol_symmetric_limit(const void *self, es_fate fate, double t,
                             const double *y, double *out) {
  const symmetric *m = self;
  (void)fate, (void)t, (void)y;
  for (size_t j = 0; j < SYMMETRIC_FIRST + 2 * m->n; j++) out[j] = 0;
  out[1] = NAN; /* a quotient of what goes to zero */
  out[2] = 1.5 * m->eta;
}
