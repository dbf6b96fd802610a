/* Fates of an eigenmode: trapping regions and limits. docs/fate.md has the
 * proofs, eigenmode_region.h the inequalities. */
#include "models/linear/eigenmode_lanes.h"

#include <math.h>

#define REAL double
#define ROW(i) (k[i])
#define NAME(f) f
#define INLINE static inline
#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#define MOST(a, b) ((a) > (b) ? (a) : (b))
#include "models/linear/eigenmode_region.h"

/* What is certain of every later time from the start's signs and the settings
 * alone: above the threshold, s = 0, p <= 0 below the parabola, and so on. */
static es_fate fate_at_start(const es_eigenmode *mode, double c) {
  if (mode->s0 == 0) return ES_FATE_COLLAPSED;
  if (mode->eta_p != mode->eta_s || (mode->ema && mode->beta == 0))
    return ES_FATE_UNDECIDED;
  const double eta = mode->eta_s / es_eigenmode_rate(mode);
  const double L = mode->ema ? 1 : fabs(mode->tau0);
  const double p = !mode->ema && mode->tau0 < 0 ? -mode->p0 : mode->p0;
  const double size = es_eigenmode_size(mode);
  if (eta > 0 && L * L < 4 * eta) return ES_FATE_COLLAPSED;
  if (p < 0 && c <= 0) return ES_FATE_COLLAPSED;
  if (eta == 0 && -mode->alpha_p * c > size * L * (size * L))
    return ES_FATE_COLLAPSED;
  return ES_FATE_UNDECIDED;
}

double es_eigenmode_margin(const double *k, const double y[3],
                           bool *is_stable) {
  const bool fixed = k[EM_FIXED] > 0;
  const double p = y[0], S = fabs(y[1]), Q = y[1] < 0 ? -y[2] : y[2];
  const double a = fixed ? stable_fixed(k, p, S) : stable(k, p, S, Q);
  const double b = fixed ? collapsed_fixed(k, p, S) : collapsed(k, p, S, Q);
  *is_stable = a > b;
  return MOST(a, b);
}

static es_fate fate_of(const es_eigenmode *mode, double c, const double y[3]) {
  static const es_cell_options none = {.t_end = INFINITY};
  double k[EM_ROWS];
  bool is_stable = false;
  const es_fate start = fate_at_start(mode, c);
  if (start != ES_FATE_UNDECIDED) return start;
  es_eigenmode_rows(k, 1, mode, c, &none);
  if (!(es_eigenmode_margin(k, y, &is_stable) > 0)) return ES_FATE_UNDECIDED;
  return is_stable ? ES_FATE_STABLE : ES_FATE_COLLAPSED;
}

es_fate es_eigenmode_fate(const es_eigenmode *mode, double c,
                          const es_eigenmode_state *state) {
  double y[3];
  es_eigenmode_regular(mode, state, y);
  return fate_of(mode, c, y);
}

es_fate es_eigenmode_fate_of_weights(const es_eigenmode *mode, double c,
                                     double p, const double w[2]) {
  const double size = es_eigenmode_size(mode);
  const double unit = sqrt(mode->alpha_p) / size;
  const double y[3] = {p / size, unit * w[0], unit * w[1]};
  return fate_of(mode, c, y);
}

/* tau where s has collapsed and p stays at its limit, which is not 0 where
 * nothing damps it: then (S, Q) is linear, S' = l p Q - k S, Q' = beta (S - Q),
 * and Q/S goes to that of the slower of its rates, +-root - (beta + k)/2. At p
 * = 0 that is beta/(beta - eta_s), or INFINITY. W_a = 0 stays at beta = 0. */
static double tau_collapsed(const es_eigenmode *mode, double p) {
  const double beta = mode->beta, pull = mode->lambda_d * p;
  const double k = mode->lambda_s * p * p + mode->eta_s;
  const double half = (beta - k) / 2, root = sqrt(half * half + beta * pull);
  if (!mode->ema || (beta == 0 && (mode->tau0 == 0 || k == 0)))
    return mode->tau0;
  if (half > 0) return beta / (half + root);
  return pull == 0 ? INFINITY : (root - half) / pull;
}

static es_eigenmode_state collapsed_limit(const es_eigenmode *mode) {
  double p = 0;
  if (mode->eta_p == 0 && mode->s0 == 0) p = mode->p0;
  if (mode->eta_p == 0 && mode->s0 > 0)
    p = copysign(sqrt(fmax(0, -mode->alpha_p * es_eigenmode_c(mode))),
                 mode->p0);
  return (es_eigenmode_state){p, 0, tau_collapsed(mode, p)};
}

es_eigenmode_state es_eigenmode_limit(const es_eigenmode *mode, es_fate fate) {
  if (fate == ES_FATE_COLLAPSED) return collapsed_limit(mode);
  const double L = mode->ema ? 1 : mode->tau0;
  const double eta = mode->eta_s / es_eigenmode_rate(mode);
  const double root = sqrt(L * L - 4 * eta); /* NaN: there is no such point */
  const double p = es_eigenmode_size(mode) * (L + copysign(root, L)) / 2;
  if (fate != ES_FATE_STABLE) return (es_eigenmode_state){NAN, NAN, NAN};
  const double kept = mode->eta_s > 0 ? 0 : es_eigenmode_c(mode);
  return (es_eigenmode_state){p, p * p / mode->alpha_p + kept, L};
}
