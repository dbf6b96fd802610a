/* Gradient descent: the map itself, and which step an output falls on. */
#include "tests/check.h"

#include <eigenstep/ode.h>
#include <float.h>
#include <string.h>

enum { SEEN = 32 };

typedef struct lab {
  double t[SEEN], y[SEEN];
  size_t n, calls;
  double rate, wall;
} lab;

static es_status descend(double t, const double *y, double *dydt,
                         void *context) {
  lab *l = context;
  l->calls++;
  if (t > l->wall) return ES_FILE_DATA;
  dydt[0] = -l->rate * y[0];
  return ES_OK;
}

/* Sums t_k into y, which shows the t_k that were used. */
static es_status times_of(double t, const double *y, double *dydt, void *c) {
  (void)y;
  lab *l = c;
  if (l->n < SEEN) l->t[l->n++] = t;
  dydt[0] = t;
  return ES_OK;
}

static es_status note(size_t index, double t, const double *y, void *context) {
  lab *l = context;
  assert_int_equal(index, l->n);
  l->t[l->n] = t;
  l->y[l->n++] = y[0];
  return ES_OK;
}

static es_status solve(lab *l, es_ode_rhs rhs, double lr, double t0, double *y,
                       const double *times, size_t n, es_ode_output output,
                       double *t, es_diag *diag, es_ode_statistics *stats) {
  const es_ode_system system = {.n = 1, .rhs = rhs, .context = l};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "gd";
  o.h0 = lr;
  es_ode *ode;
  assert_ok(es_ode_new(&ode, &system, &o, diag), *diag);
  const es_status status = es_ode_solve(ode, t0, y, times, n, output, t, diag);
  *stats = es_ode_stats(ode);
  es_ode_free(ode);
  return status;
}

/* y_k = (1 - lr rate)^k to k roundings; outputs at the nearest step with its
 * time as a product; no evaluation beyond the last step. */
static void steps_are_powers(void **state) {
  (void)state;
  lab l = {.rate = 2, .wall = INFINITY};
  const double lr = .1, t0 = 3;
  const double times[6] = {3, 3.04, 3.06, 3.5, 3.5, 5.02};
  const double k[6] = {0, 0, 1, 5, 5, 20};
  double y = 1, t;
  es_diag diag = {0};
  es_ode_statistics stats;
  assert_ok(solve(&l, descend, lr, t0, &y, times, 6, note, &t, &diag, &stats),
            diag);
  assert_int_equal(l.n, 6);
  for (int i = 0; i < 6; i++) {
    assert_close(l.t[i], t0 + k[i] * lr, 0, 0);
    assert_close(l.y[i], pow(.8, k[i]), (k[i] + 1) * 2 * DBL_EPSILON, 0);
  }
  assert_int_equal(stats.steps, 20);
  assert_int_equal(stats.rhs_calls, 20);
  assert_int_equal(l.calls, 20);
  assert_close(stats.h_last, lr, 0, 0);
  assert_close(t, 5, 0, 0);
  assert_close(y, l.y[5], 0, 0);
}

/* 0.1 summed up 30 times is not 3; t0 + k lr is used, bit for bit. */
static void times_are_products(void **state) {
  (void)state;
  lab l = {0};
  double y = 0, t;
  const double end = 3;
  es_diag diag = {0};
  es_ode_statistics stats;
  assert_ok(solve(&l, times_of, .1, 0, &y, &end, 1, NULL, &t, &diag, &stats),
            diag);
  assert_int_equal(l.n, 30);
  for (size_t k = 0; k < 30; k++) assert_close(l.t[k], (double)k * .1, 0, 0);
  assert_close(t, 30 * .1, 0, 0);
}

/* lr * rate = 3 doubles the distance from 0 each step, with changing sign:
 * 2^1024 is infinite, so the last good state is -2^1023, of step 1023. */
static void divergence_ends(void **state) {
  (void)state;
  lab l = {.rate = 3, .wall = INFINITY};
  double y = 1, t;
  const double end = 1e6;
  es_diag diag = {0};
  es_ode_statistics stats;
  assert_status(solve(&l, descend, 1, 0, &y, &end, 1, NULL, &t, &diag, &stats),
                ES_NOT_FINITE);
  assert_close(t, 1023, 0, 0);
  assert_close(y, -0x1p1023, 0, 0);
  assert_close(diag.t, t, 0, 0);
  assert_int_equal(diag.steps, t);
}

static void failures_are_not_retried(void **state) {
  (void)state;
  lab l = {.rate = 1, .wall = .55};
  double y = 1, t;
  const double end = 2;
  es_diag diag = {0};
  es_ode_statistics stats;
  assert_status(solve(&l, descend, .1, 0, &y, &end, 1, NULL, &t, &diag, &stats),
                ES_RHS_FAILED);
  assert_int_equal(stats.steps, 6);
  assert_int_equal(l.calls, 7);
  assert_close(t, 6 * .1, 0, 0);
  assert_close(y, pow(.9, 6), 1e-14, 0);
}

/* A step below the spacing of t, and more steps than the budget. */
static void useless_rates_end(void **state) {
  (void)state;
  lab l = {.rate = 1, .wall = INFINITY};
  double y = 1, t, end = 2e9;
  es_diag diag = {0};
  es_ode_statistics stats;
  assert_status(
      solve(&l, descend, 1e-9, 1e9, &y, &end, 1, NULL, &t, &diag, &stats),
      ES_STEP_UNDERFLOW);
  const es_ode_system system = {.n = 1, .rhs = descend, .context = &l};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "gd";
  o.h0 = .5;
  o.max_steps = 10;
  es_ode *ode;
  y = 1;
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_status(es_ode_solve(ode, 0, &y, &end, 1, NULL, &t, &diag), ES_BUDGET);
  assert_close(t, 5, 0, 0);
  assert_close(y, pow(.5, 10), 0, 0);
  es_ode_free(ode);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_are_powers),
      cmocka_unit_test(times_are_products),
      cmocka_unit_test(divergence_ends),
      cmocka_unit_test(failures_are_not_retried),
      cmocka_unit_test(useless_rates_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
