/* The time at which a deep linear network under a constant X blows up, from any
 * start: the flow in a time of its own,
 *   W = rho U, |U| = 1,  ds = (rho^{2L-2} + rho^{L-2} + eta) dt
 * (the middle term beside a residual alone), in which ln rho rises at a rate
 * that settles and t comes to t*. Without a residual decay is left out and put
 * back by its change of time (deep_mode.h). There d(ln rho)/ds = mu never falls
 * (it is 2L times the homogeneous potential on the sphere, of which U follows
 * the gradient), so that what is left of t is at most
 * 1/((2L-2) mu rho^{2L-2}), to which it tends. */
#include "models/linear/deep.h"
#include "models/linear/deep_mode.h"

#include "base/slab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* State: U (n), then ln rho (without a residual: over that of the start), then
 * t. */
typedef struct search {
  deep *b;
  double *W, *F; /* n + 2: rho U, and what rhs makes of it */
  double mu;     /* d(ln rho)/ds of the last evaluation */
  double moving; /* |dU/ds| there */
  double size;   /* largest eigenvalue of X, without its sign */
  const es_watch *watch;
} search;

/* rho; 1 where F is that of U, of which the power of rho is known. */
static double rho_of(const search *s, const double *y) {
  return s->b->residual ? exp(y[s->b->n]) : 1;
}

/* dt/ds. */
static double pace(const search *s, double log_rho) {
  const double L = (double)s->b->L;
  if (!s->b->residual) return exp(-(2 * L - 2) * log_rho);
  return 1 / (exp((2 * L - 2) * log_rho) + exp((L - 2) * log_rho) + s->b->eta);
}

/* F = (dW/ds)/rho. */
static es_status field(search *s, const double *y) {
  const deep *b = s->b;
  const double rho = rho_of(s, y);
  for (size_t k = 0; k < b->n; k++) s->W[k] = rho * y[k];
  const es_status status = es_deep_rhs(0, s->W, s->F, s->b);
  const double unit = b->residual ? pace(s, y[b->n]) / rho : 1;
  const double put_back = b->residual ? 0 : b->eta;
  for (size_t k = 0; k < b->n; k++) s->F[k] = unit * s->F[k] + put_back * y[k];
  return status;
}

static es_status rhs(double time, const double *y, double *dydt, void *self) {
  search *s = self;
  const size_t n = s->b->n;
  double along = 0, square = 0;
  (void)time;
  const es_status status = field(s, y);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < n; k++) {
    along += y[k] * s->F[k];
    square += y[k] * y[k];
  }
  s->mu = along / square;
  for (size_t k = 0; k < n; k++) dydt[k] = s->F[k] - s->mu * y[k];
  s->moving = es_norm(n, dydt);
  dydt[n] = s->mu;
  dydt[n + 1] = pace(s, y[n]);
  return ES_OK;
}

static bool stopping(void *self) {
  const search *s = self;
  return s->watch != NULL && s->watch->ask(s->watch->context, "blow-up", 0, 1);
}

/* What is left of t where rho grows for good. */
static double left(const search *s, const double *y) {
  const double L = (double)s->b->L;
  return s->mu > 0 ? pace(s, y[s->b->n]) / ((2 * L - 2) * s->mu) : INFINITY;
}

/* What F is where layers of these norms, each spread evenly over its singular
 * values, are in line with X. It falls with the power 2L - 1 of what is small
 * beside |U| = 1, far below |X| for many layers. */
static double natural(const search *s, const double *y) {
  const deep *b = s->b;
  const double rho = rho_of(s, y);
  double norm[DEEP_LAYERS], all = 1, most = 0;
  for (size_t l = 1; l <= b->L; l++) {
    const double size = es_norm(b->at[l + 1] - b->at[l], y + b->at[l]);
    all *= norm[l - 1] = rho * size / sqrt((double)b->k[l]);
  }
  for (size_t l = 0; l < b->L; l++) {
    double others = 1;
    for (size_t i = 0; i < b->L; i++) others *= i == l ? 1 : norm[i];
    most = fmax(most, others);
  }
  if (!b->residual) return s->size * most * all;
  return (s->size * most * (1 + all) / rho + b->eta) * pace(s, y[b->n]);
}

/* In what s rates change, about: mu by 2L |dU/ds|^2, rho by mu. A round beyond
 * it would go from a slow start through all that is fast, in steps as short as
 * that needs. */
static double patience(const search *s) {
  const double L = (double)s->b->L, mu = fabs(s->mu), moving = s->moving;
  const double most = fmax(mu, moving);
  const double rate = most > 0 ? mu + 2 * L * moving * (moving / most) : 0;
  return rate > 0 ? .5 / rate : INFINITY;
}

enum { MOST_ROUNDS = 1000, ROUND_STEPS = 500, MOST_STEPS = 200000 };

/* Rounds in s, longer ones while rates last, until what is left of t is below
 * the tolerance, or nothing moves and nothing grows. *T stays NaN where neither
 * comes. */
static es_status follow(search *s, es_ode *ode, double *y, double step,
                        double rtol, double *T) {
  const size_t n = s->b->n;
  double steps = 0;
  const es_status started = rhs(0, y, s->F, s);
  if (started != ES_OK) return started;
  step = fmin(step, patience(s));
  for (int k = 0; k < MOST_ROUNDS && steps < MOST_STEPS; k++) {
    /* From 0: nothing depends on s, beside which steps could be too short; a
     * round that met such goes on from where it came to. */
    double went;
    es_status status = es_ode_solve(ode, 0, y, &step, 1, NULL, &went, NULL);
    if (status == ES_INTERRUPTED) return status;
    if (status != ES_OK && !(went > 0)) return ES_OK;
    const es_ode_statistics did = es_ode_stats(ode);
    steps += (double)(did.steps + did.rejected);
    const double norm = es_norm(n, y);
    for (size_t i = 0; i < n; i++) y[i] /= norm;
    status = rhs(0, y, s->F, s);
    if (status != ES_OK) return status;
    if (left(s, y) <= rtol * y[n + 1]) {
      *T = y[n + 1] + left(s, y);
      return ES_OK;
    }
    const double still = 1e-12 * natural(s, y);
    if (s->moving <= still && s->mu <= still) {
      *T = INFINITY;
      return ES_OK;
    }
    step = fmin(2 * went, patience(s));
  }
  return ES_OK;
}

/* Largest eigenvalue of X, and the largest without its sign. */
static es_status sizes(const deep *b, const double *X, double *largest,
                       double *size, es_diag *diag) {
  const size_t m = b->d[0];
  double *A = es_zeroed(m, m, sizeof *A), *values = es_zeroed(m, 1, sizeof *A);
  es_status status =
      A != NULL && values != NULL ? ES_OK : es_deep_no_memory(diag);
  if (status == ES_OK) {
    memcpy(A, X, m * m * sizeof *A);
    status = es_eigen_symmetric(m, A, values, false, diag);
    *largest = values[m - 1];
    *size = fmax(fabs(values[0]), fabs(values[m - 1]));
  }
  free(A);
  free(values);
  return status;
}

static es_status run(search *s, double *y, double *scale, double rtol,
                     double *T, es_diag *diag) {
  deep *b = s->b;
  const double rho = es_norm(b->n, b->W0);
  es_ode *ode = NULL;
  es_ode_options options;
  const es_ode_system system = {.n = b->n + 2, .rhs = rhs, .context = s};
  for (size_t k = 0; k < b->n; k++) {
    y[k] = b->W0[k] / rho;
    scale[k] = 1e-3;
  }
  y[b->n] = b->residual ? log(rho) : 0;
  const double rate = natural(s, y);
  if (!(rate > 0)) { /* two layers at 0: nothing moves any */
    *T = INFINITY;
    return ES_OK;
  }
  scale[b->n] = 1;
  scale[b->n + 1] = 1 / rate;
  es_ode_options_default(&options);
  options.method = "auto";
  options.rtol = rtol / 10;
  options.atol = rtol / 10;
  options.scale = scale;
  options.max_steps = ROUND_STEPS;
  options.stopping = stopping;
  options.stopping_self = s;
  es_status status = es_ode_new(&ode, &system, &options, diag);
  if (status == ES_OK) status = follow(s, ode, y, 1 / rate, rtol, T);
  es_ode_free(ode);
  if (status == ES_INTERRUPTED)
    return es_fail(diag, status, "interrupted while looking for a blow-up");
  if (status == ES_OK && !b->residual) *T *= pow(rho, -2 * ((double)b->L - 1));
  return status;
}

es_status es_deep_find_blowup(deep *b, const es_config *config,
                              const es_watch *watch, es_diag *diag) {
  const double *X = es_drive_constant(b->drive);
  double largest = 0, size = 0, T = NAN;
  b->blowup = INFINITY;
  if (X == NULL || b->relu || b->L == 1 || !(es_norm(b->n, b->W0) > 0))
    return ES_OK;
  es_status status = sizes(b, X, &largest, &size, diag);
  /* Without growth in X tr(W_l'^T W_l) is at most linear in t. */
  if (status != ES_OK || !(largest > 0)) return status;
  double rtol = es_config_has(config, "solver", "rtol")
                    ? es_config_real(config, "solver", "rtol")
                    : 1e-9;
  rtol = fmin(fmax(rtol, 1e-12), 1e-6);
  double *room = es_zeroed(4, b->n + 2, sizeof *room);
  if (room == NULL) return es_deep_no_memory(diag);
  search s = {
      .b = b, .W = room, .F = room + b->n + 2, .size = size, .watch = watch};
  status =
      run(&s, room + 2 * (b->n + 2), room + 3 * (b->n + 2), rtol, &T, diag);
  free(room);
  b->blowup = b->residual ? T : es_deep_time_back(b->L, b->eta, T);
  if (isnan(T)) es_deep_note(b, "the time of blow-up was not found");
  return status;
}
