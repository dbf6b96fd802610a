/* An eigenmode integrated by dop853 from equations of its own, in (p, w, a) and
 * the model's units: what lanes and fates are held against. */
#ifndef ES_TESTS_MODELS_EIGENMODE_PEER_H
#define ES_TESTS_MODELS_EIGENMODE_PEER_H

#include "tests/check.h"

#include "base/random.h"
#include "models/linear/eigenmode_lanes.h"

/* Number i of cell j of a series of cells, in (0, 1), always the same. */
static inline double draw(uint64_t series, size_t j, uint64_t i) {
  return es_random_uniform(series, ES_STREAM_USER, 16 * j + i);
}
static inline double between(double low, double high, double x) {
  return low + (high - low) * x;
}
static inline double log_between(double low, double high, double x) {
  return low * pow(high / low, x);
}

static inline es_status peer_rhs(double t, const double *y, double *f,
                                 void *context) {
  const es_eigenmode *m = context;
  const double p = y[0], w = y[1], a = m->ema ? y[2] : m->tau0 * w;
  const double pull = m->lambda_d * a - m->lambda_s * p * w;
  (void)t;
  f[0] = m->alpha_p * w * pull - m->eta_p * p;
  f[1] = p * pull - m->eta_s * w;
  f[2] = m->ema ? m->beta * (w - a) : 0;
  return ES_OK;
}

/* (p, s, tau) at t from the mode's start; rtol 1e-13. */
static inline es_eigenmode_state peer_at(es_eigenmode mode, double t) {
  const es_ode_system system = {.n = 3, .rhs = peer_rhs, .context = &mode};
  es_ode_options options;
  es_ode_options_default(&options);
  options.method = "dop853";
  options.rtol = 1e-13;
  options.atol = 1e-100;
  es_diag diag = {0};
  es_ode *ode = NULL;
  const double w0 = sqrt(mode.s0);
  double y[3] = {mode.p0, w0, mode.tau0 * w0};
  assert_ok(es_ode_new(&ode, &system, &options, &diag), diag);
  if (t > 0) assert_ok(es_ode_solve(ode, 0, y, &t, 1, NULL, NULL, &diag), diag);
  es_ode_free(ode);
  const double tau = mode.ema ? y[2] / y[1] : mode.tau0;
  return (es_eigenmode_state){y[0], y[1] * y[1], tau};
}

/* A mode in the flow's own units, b = l = 1, in which tau and beta do not
 * depend on where it starts. */
static inline es_eigenmode unit_mode(uint64_t series, size_t j) {
  return (es_eigenmode){.alpha_p = 1,
                        .eta_p = log_between(1e-3, .24, draw(series, j, 0)),
                        .beta = log_between(.02, 20, draw(series, j, 1)),
                        .lambda_s = 1,
                        .lambda_d = 1,
                        .ema = true};
}

static inline es_eigenmode damped(es_eigenmode m) {
  m.eta_s = m.eta_p;
  return m;
}

static inline double p_minus(const es_eigenmode *m) {
  return 2 * m->eta_s / (1 + sqrt(1 - 4 * m->eta_s));
}
static inline double p_plus(const es_eigenmode *m) {
  return (1 + sqrt(1 - 4 * m->eta_s)) / 2;
}

/* What es_eigenmode_fate says of (p, S, Q), where only the sign of c counts. */
static inline es_fate fate_of(es_eigenmode m, double p, double S, double Q) {
  const es_eigenmode_state state = {p, S * S, Q / S};
  m.p0 = p, m.s0 = S * S, m.tau0 = Q / S;
  return es_eigenmode_fate(&m, S * S - p * p, &state);
}

#endif
