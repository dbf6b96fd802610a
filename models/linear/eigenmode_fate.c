/* Fates of an eigenmode: trapping regions and limits. docs/fate.md has the
 * proofs, eigenmode_region.h the inequalities. */
#include "models/linear/eigenmode_lanes.h"

#include <float.h>
#include <math.h>

#define REAL double
#define LOAD(q) (*(q))
#define STRIDE 1
#define NAME(f) f
#define TARGET
#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#define MOST(a, b) ((a) > (b) ? (a) : (b))
#include "models/linear/eigenmode_region.h"

/* A bound that nothing passes. */
static const double huge = DBL_MAX / 4;

/* The roots p- <= p+ of b p^2 - L p + eta; false: there are none. */
static bool roots(double L, double b, double eta, double *low, double *high) {
  const double D = L * L - 4 * b * eta;
  if (!(D >= 0)) return false;
  *high = (L + sqrt(D)) / (2 * b);
  *low = 2 * eta / (L + sqrt(D));
  return true;
}

static void stable_rows(double *k, size_t stride, const es_eigenmode *mode,
                        double c) {
  const double L = k[EM_LT * stride], b = mode->lambda_s, eta = mode->eta_s;
  double low = huge, high = huge;
  const bool known = mode->eta_p == mode->eta_s && L > 0 &&
                     (!mode->ema || mode->beta > 0) &&
                     roots(L, b, eta, &low, &high);
  k[EM_SADDLE * stride] = known ? low : huge;
  k[EM_ROOM * stride] = known ? L / b * (sqrt(L * L - 4 * b * eta) / b) : -huge;
  k[EM_MEAN * stride] = known && c >= 0 && low < high ? sqrt(eta / b) : huge;
  k[EM_RATIO * stride] = known ? 2 * sqrt(b * eta) / L : 1;
}

static void collapse_rows(double *k, size_t stride, const es_eigenmode *mode) {
  const double half = k[EM_LT * stride] / (2 * mode->lambda_s);
  const bool equal = mode->eta_p == mode->eta_s;
  const bool held = mode->ema && mode->beta == 0;
  k[EM_SINK * stride] = fmin(mode->eta_p, mode->eta_s);
  k[EM_SHARE * stride] = held ? 0 : equal ? .5 : 1;
  k[EM_PART * stride] = held ? 0 : equal ? 1 : .5;
  k[EM_MIDDLE * stride] = held                       ? 1
                          : k[EM_FIXED * stride] > 0 ? half
                          : equal                    ? half * half
                                                     : 2 * half * half;
  k[EM_LEVER * stride] = 1 / (2 * fmax(k[EM_LT * stride], DBL_MIN));
}

void es_eigenmode_rows(double *k, size_t stride, const es_eigenmode *mode,
                       double c) {
  const bool held = mode->ema && mode->beta == 0;
  const bool invariant = mode->eta_p == mode->eta_s && !held;
  k[EM_L * stride] = mode->lambda_d;
  k[EM_B * stride] = mode->lambda_s;
  k[EM_ETA_P * stride] = mode->eta_p;
  k[EM_ETA_S * stride] = mode->eta_s;
  k[EM_BETA * stride] = mode->ema ? mode->beta : 0;
  k[EM_TAU * stride] = mode->ema ? 0 : mode->tau0;
  k[EM_ALPHA1 * stride] = 1 / mode->alpha_p;
  k[EM_LT * stride] = mode->lambda_d * (mode->ema ? 1 : fabs(mode->tau0));
  k[EM_EPS * stride] = invariant && c != 0 ? 1 : 0;
  k[EM_FIXED * stride] = !mode->ema && mode->eta_p == mode->eta_s ? 1 : 0;
  k[EM_SIGN * stride] = !mode->ema && mode->tau0 < 0 ? -1 : 1;
  stable_rows(k, stride, mode, c);
  collapse_rows(k, stride, mode);
}

es_fate es_eigenmode_fate_at_start(const es_eigenmode *mode, double c) {
  const double eta = fmin(mode->eta_p, mode->eta_s);
  if (mode->s0 == 0) return ES_FATE_COLLAPSED;
  if (mode->eta_p != mode->eta_s || (mode->ema && mode->beta == 0))
    return ES_FATE_UNDECIDED;
  const double L = mode->lambda_d * (mode->ema ? 1 : fabs(mode->tau0));
  const double b = mode->lambda_s, e = -mode->alpha_p * c;
  const double p = !mode->ema && mode->tau0 < 0 ? -mode->p0 : mode->p0;
  if (eta > 0 && (L == 0 || L * L < 4 * b * eta)) return ES_FATE_COLLAPSED;
  if (p < 0 && c <= 0) return ES_FATE_COLLAPSED;
  if (eta == 0 && e > L / b * (L / b)) return ES_FATE_COLLAPSED;
  return ES_FATE_UNDECIDED;
}

double es_eigenmode_margin(const double *k, const double y[3],
                           bool *is_stable) {
  const bool fixed = k[EM_FIXED] > 0;
  const double a =
      fixed ? stable_fixed(k, y[0], y[1]) : stable(k, y[0], y[1], y[2]);
  const double b =
      fixed ? collapsed_fixed(k, y[0], y[1]) : collapsed(k, y[0], y[1], y[2]);
  *is_stable = a > 0;
  return MOST(a, b);
}

void es_eigenmode_regular(const es_eigenmode *mode,
                          const es_eigenmode_state *state, double y[3]) {
  y[0] = state->p;
  y[1] = sqrt(mode->alpha_p * state->s);
  y[2] = state->tau * y[1];
}

es_eigenmode_state es_eigenmode_from_regular(const es_eigenmode *mode,
                                             const double y[3]) {
  const double tau = !mode->ema ? mode->tau0 : y[2] / y[1];
  return (es_eigenmode_state){y[0], y[1] * y[1] / mode->alpha_p,
                              y[1] == 0 && y[2] == 0 ? mode->tau0 : tau};
}

es_fate es_eigenmode_fate(const es_eigenmode *mode, double c, double t,
                          const es_eigenmode_state *state) {
  double k[EM_ROWS], y[3];
  bool is_stable = false;
  const es_fate start = es_eigenmode_fate_at_start(mode, c);
  if (start != ES_FATE_UNDECIDED) return start;
  (void)t;
  es_eigenmode_rows(k, 1, mode, c);
  es_eigenmode_regular(mode, state, y);
  if (!(es_eigenmode_margin(k, y, &is_stable) > 0)) return ES_FATE_UNDECIDED;
  return is_stable ? ES_FATE_STABLE : ES_FATE_COLLAPSED;
}

/* tau where p and s have collapsed. At eta = 0 p stays at its limit, and tau
 * follows the slower of the two rates of (S, Q). */
static double tau_collapsed(const es_eigenmode *mode, double p) {
  const double beta = mode->beta;
  if (!mode->ema || mode->s0 == 0) return mode->tau0;
  if (mode->eta_s > 0)
    return beta > mode->eta_s ? beta / (beta - mode->eta_s) : INFINITY;
  const double k = mode->lambda_s * p * p, half = (beta - k) / 2;
  const double rate =
      sqrt(half * half + beta * p * mode->lambda_d) - (beta + k) / 2;
  return beta / (beta + rate);
}

es_eigenmode_state es_eigenmode_limit(const es_eigenmode *mode, es_fate fate) {
  const double L = mode->lambda_d * (mode->ema ? 1 : fabs(mode->tau0));
  const double b = mode->lambda_s, alpha = mode->alpha_p;
  double low = 0, high = NAN;
  if (fate == ES_FATE_COLLAPSED) {
    double p = 0;
    if (mode->eta_p == 0)
      p = mode->s0 == 0 ? mode->p0
                        : copysign(sqrt(fmax(0, -alpha * es_eigenmode_c(mode))),
                                   mode->p0);
    return (es_eigenmode_state){p, 0, tau_collapsed(mode, p)};
  }
  if (fate != ES_FATE_STABLE || !roots(L, b, mode->eta_s, &low, &high))
    return (es_eigenmode_state){NAN, NAN, NAN};
  const double sign = !mode->ema && mode->tau0 < 0 ? -1 : 1;
  const double kept = mode->eta_s > 0 ? 0 : es_eigenmode_c(mode);
  return (es_eigenmode_state){sign * high, high * high / alpha + kept,
                              mode->ema ? 1 : mode->tau0};
}
