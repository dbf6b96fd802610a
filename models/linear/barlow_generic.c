/* Half times from a generic start, with every mode of Gamma counted.
 *
 * The closed form of an aligned mode is linear growth followed by saturation:
 * lambda = mu/(1 + mu) with mu = lambda0 e^{8 gamma t}/(1 - lambda0), so that
 * lambda passes 1/2 where mu passes 1. From a generic start the same linear
 * growth is
 *   M(t) = Z0 e^{4 G t} G e^{4 G t} Z0^T,   G = diag(gamma),
 * and rank k is reached near the time when the k-th eigenvalue of M passes 1
 * (the factor 1/(1 - lambda0) is 1 for the small starts this is for).
 * Unlike the aligned partner, which keeps the first d columns of Z0 only, this
 * sees a mode beyond d that starts larger, and near-degenerate modes. It leaves
 * out how the modes that are learned already turn the rest, which vanishes with
 * the scale of the start: tests/bench/half_times.c measures it.
 * Under the losses with Sigma it is the same with the rates for gamma in the
 * exponents and sigma^2/rate in the middle, Sigma's diagonal where it is full.
 * A preconditioner makes the growth of one column depend on all: nothing is
 * said.
 */
#include "models/linear/barlow.h"

#include <math.h>

/* ln of the k-th eigenvalue of M(t). Columns that do not grow are left out;
 * growth is capped where it is far beyond 1, so that squares stay finite. */
static double log_growth(barlow *b, size_t k, double t) {
  const size_t d = b->d;
  for (size_t c = 0; c < b->k; c++) {
    const double rate = b->active_rate[c];
    const double *z = b->Z0 + b->active[c] * d;
    const double factor = rate > 0 ? exp(fmin(4 * rate * t, 250)) : 0;
    for (size_t i = 0; i < d; i++) b->scaled[i + c * d] = factor * z[i];
  }
  if (es_congruence_factored(b->eigen, b->scaled, b->growth_weight,
                             b->values) != ES_OK)
    return NAN;
  return log(b->values[k]);
}

double es_barlow_generic_half_time(void *self, size_t j) {
  barlow *b = self;
  const double guess = b->flow->half_time(b, j);
  const double rate = b->rate[j];
  if (!b->flow->apart) return b->aligned ? guess : NAN;
  if (b->aligned || !(rate > 0) || isnan(guess) || j >= b->reachable)
    return guess;
  /* ln mu_k is nearly straight, with slope 8 gamma_k: the secant from the
   * aligned partner's time, held in a bracket by bisection. */
  double low = 0, f_low = log_growth(b, j, low);
  double high = fmax(isfinite(guess) ? 2 * guess : 0, 1 / rate);
  double f_high = log_growth(b, j, high);
  /* Without a partner's time to start from, until growth is seen. */
  for (int i = 0; i < 60 && !(f_high > 0); i++) {
    high *= 2;
    f_high = log_growth(b, j, high);
  }
  if (!(f_low < 0) || !(f_high > 0)) return NAN;
  for (int i = 0; i < 60 && high - low > 1e-12 * high; i++) {
    double t = low - f_low * (high - low) / (f_high - f_low);
    /* Every third step halves, so that a bent curve cannot stall it. */
    if (i % 3 == 2 || !(t > low && t < high)) t = low + (high - low) / 2;
    const double f = log_growth(b, j, t);
    if (isnan(f)) return NAN;
    if (fabs(f) < 1e-11) return t;
    if (f < 0) {
      low = t;
      f_low = f;
    } else {
      high = t;
      f_high = f;
    }
  }
  return high;
}
