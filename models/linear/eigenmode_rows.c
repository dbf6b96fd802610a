/* Constants of a cell in the flow's own units, and the change of units. */
#include "models/linear/eigenmode_lanes.h"

#include <float.h>
#include <math.h>

/* A bound that nothing passes. */
static const double huge = DBL_MAX / 4;

#define PUT(i, value) k[(size_t)(i)*stride] = (value)
#define GET(i) k[(size_t)(i)*stride]

static void stable_rows(double *k, size_t stride, const es_eigenmode *mode,
                        double c, double rtol) {
  const double L = GET(EM_PULL), eta = GET(EM_ETA_S), D = L * L - 4 * eta;
  const bool known = mode->eta_p == mode->eta_s && L > 0 && D > 0 &&
                     (!mode->ema || mode->beta > 0);
  const double root = sqrt(fmax(D, 0)), plus = (L + root) / 2;
  PUT(EM_SADDLE, known ? 2 * eta / (L + root) : huge);
  PUT(EM_ROOM, known ? L * root : -huge);
  PUT(EM_MEAN, known && c >= 0 ? sqrt(eta) : huge);
  PUT(EM_RATIO, known ? 2 * sqrt(eta) / L : 1);
  PUT(EM_PLUS, plus);
  PUT(EM_NEAR, known && mode->ema && eta > 0
                   ? es_eigenmode_near(plus, eta, GET(EM_BETA), rtol)
                   : -1);
}

static void collapse_rows(double *k, size_t stride, const es_eigenmode *mode) {
  const double half = GET(EM_PULL) / 2;
  const bool equal = mode->eta_p == mode->eta_s;
  const bool held = mode->ema && mode->beta == 0;
  PUT(EM_SINK, fmin(GET(EM_ETA_P), GET(EM_ETA_S)));
  PUT(EM_SHARE, held ? 0 : equal ? .5 : 1);
  PUT(EM_PART, held ? 0 : equal ? 1 : .5);
  PUT(EM_MIDDLE, held                ? 1
                 : GET(EM_FIXED) > 0 ? half
                 : equal             ? half * half
                                     : 2 * half * half);
  PUT(EM_LEVER, 1 / fmax(2 * GET(EM_PULL), DBL_MIN));
}

/* Collapse turns linear where eta_p = eta_s > 0 and Q dies away. */
static void last_rows(double *k, size_t stride, const es_eigenmode *mode,
                      double rtol) {
  const double eta = GET(EM_ETA_S), fade = mode->ema ? GET(EM_BETA) : eta;
  const bool ends = mode->eta_p == mode->eta_s && eta > 0 && fade > 0;
  PUT(EM_LAST_Q, ends ? 1.1 / fade : 1);
  PUT(EM_LAST_S, ends ? 1.1 / eta : 1);
  PUT(EM_FAINT, ends ? .1 * rtol : -1);
}

/* What starts from 0 has no unit, and no limit. */
static double most(double limit, double start) {
  return limit > 0 && start > 0 ? fmin(limit * start, DBL_MAX) : DBL_MAX;
}

void es_eigenmode_rows(double *k, size_t stride, const es_eigenmode *mode,
                       double c, const es_cell_options *options) {
  const double size = es_eigenmode_size(mode), rate = es_eigenmode_rate(mode);
  const bool held = mode->ema && mode->beta == 0;
  const bool invariant = mode->eta_p == mode->eta_s && !held;
  const double limit = options->limit;
  PUT(EM_ETA_P, mode->eta_p / rate);
  PUT(EM_ETA_S, mode->eta_s / rate);
  PUT(EM_BETA, mode->ema ? mode->beta / rate : 0);
  PUT(EM_TAU, mode->ema ? 0 : mode->tau0);
  PUT(EM_T_END, options->t_end * rate);
  PUT(EM_PULL, mode->ema ? 1 : fabs(mode->tau0));
  PUT(EM_EPS, invariant && c != 0 ? 1 : 0);
  PUT(EM_SIGN, !mode->ema && mode->tau0 < 0 ? -1 : 1);
  PUT(EM_FIXED, !mode->ema && mode->eta_p == mode->eta_s ? 1 : 0);
  PUT(EM_MOST_P, most(limit, fabs(mode->p0) / size));
  PUT(EM_MOST_S, most(limit, sqrt(mode->alpha_p * mode->s0) / size));
  stable_rows(k, stride, mode, c, options->rtol);
  collapse_rows(k, stride, mode);
  last_rows(k, stride, mode, options->rtol);
}

void es_eigenmode_regular(const es_eigenmode *mode,
                          const es_eigenmode_state *state, double y[3]) {
  const double size = es_eigenmode_size(mode);
  y[0] = state->p / size;
  y[1] = sqrt(mode->alpha_p * state->s) / size;
  y[2] = state->tau * y[1];
}

es_eigenmode_state es_eigenmode_from_regular(const es_eigenmode *mode,
                                             const double y[3]) {
  const double size = es_eigenmode_size(mode), S = size * y[1];
  const bool kept = !mode->ema || (y[1] == 0 && y[2] == 0);
  return (es_eigenmode_state){size * y[0], S * S / mode->alpha_p,
                              kept ? mode->tau0 : y[2] / y[1]};
}
