/* The Adams methods: each order by fit and on polynomials, from an exact
 * history; what the free choice of order and step costs and how exact it is;
 * rejected steps, kinks. Accuracy against rtol, ways to end
 * and events are asserted for all methods alike in the other files. */
#include "tests/check.h"
#include "tests/fit.h"

#include "ode/adams.h"
#include "ode/solve.h"

#include <string.h>

enum { SIZES = 6 };

/* y'' = -y, y = (cos t, sin t). All derivatives have one size and the errors of
 * all steps add up, with no change of sign, in phase or in radius. */
static es_status rotate(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -y[1];
  dydt[1] = y[0];
  return ES_OK;
}
static void rotate_slope(double t, double *f, const void *context) {
  (void)context;
  f[0] = -sin(t);
  f[1] = cos(t);
}

/* y' = (d + 1) t^d, d in the context: y = t^(d + 1). */
static es_status power(double t, const double *y, double *dydt, void *context) {
  (void)y;
  const int *d = context;
  dydt[0] = (*d + 1) * pow(t, *d);
  return ES_OK;
}
static void power_slope(double t, double *f, const void *context) {
  const int *d = context;
  f[0] = (*d + 1) * pow(t, *d);
}

/* Steps of at most h, with a tolerance that no error exceeds. */
static es_ode *with_step(size_t n, es_ode_rhs rhs, double h0, double h,
                         void *context) {
  const es_ode_system system = {.n = n, .rhs = rhs, .context = context};
  es_ode_options options;
  es_ode_options_default(&options);
  options.method = "adams";
  options.atol = 1e300;
  options.h0 = h0 * (1 + 1e-12);
  options.h_max = h * (1 + 1e-12);
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &options, &diag), diag);
  return ode;
}

/* The history that the next solve begins with, in the place of none. */
static struct {
  size_t k;
  double x[ES_ADAMS_MOST], f[2 * ES_ADAMS_MOST];
} past;

static void begin_with_past(es_step *s) {
  es_adams_hold(s, past.k, past.x, past.f);
}

static void hold(es_ode *ode, size_t k, double t, double h,
                 void (*slope)(double t, double *f, const void *context)) {
  static es_stepper held;
  held = es_stepper_adams;
  held.begin = begin_with_past;
  ode->side[0].stepper = &held;
  past.k = k;
  for (size_t j = 0; j < k; j++) {
    past.x[j] = t - (double)j * h;
    slope(past.x[j], past.f + j * ode->step.n, ode->system.context);
  }
}

static double end_error(size_t k, int steps, double end) {
  const double h = end / steps;
  es_ode *ode = with_step(2, rotate, h, h, NULL);
  double y[2] = {1, 0};
  es_diag diag = {0};
  hold(ode, k, 0, h, rotate_slope);
  assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
  assert_int_equal(es_ode_stats(ode).steps, steps);
  assert_int_equal(es_ode_stats(ode).rhs_calls, 1 + 2 * steps);
  es_ode_free(ode);
  return hypot(y[0] - cos(end), y[1] - sin(end));
}

/* Over steps of .25 to .08. Roundoff of 61 steps, in the mean sqrt(61) *
 * 1.1e-16 = 9e-16, stays 5 times below the smallest error and is seen in the
 * last of six sizes only. Beyond k = 9 there is no room between roundoff and
 * the steps, about .1, from which on the method's other roots grow. */
static void orders(void **state) {
  (void)state;
  for (size_t k = 1; k <= 9; k++) {
    double h[SIZES], error[SIZES];
    for (int i = 0; i < SIZES; i++) {
      const int steps = (int)(20 * pow(1.25, i));
      h[i] = 5. / steps;
      error[i] = end_error(k, steps, 5);
    }
    const double order = fitted_order(SIZES, h, error);
    print_message("k = %zu: order %.3f from errors %.2g to %.2g\n", k, order,
                  error[0], error[SIZES - 1]);
    assert_true(error[SIZES - 1] > 4.5e-15);
    assert_close(order, (double)k + 1, 0, .03);
  }
}

/* The largest error in a step from an exact history, its end included. */
static es_status see_turn(size_t index, double t, const double *y, void *c) {
  (void)index;
  double *worst = c;
  *worst = fmax(*worst, hypot(y[0] - cos(t), y[1] - sin(t)));
  return ES_OK;
}

static double step_error(size_t k, double h) {
  double worst = 0, y[2] = {1, 0}, times[16];
  for (int i = 0; i < 16; i++) times[i] = h * (i + 1) / 16;
  es_ode *ode = with_step(2, rotate, h, h, &worst);
  es_diag diag = {0};
  hold(ode, k, 0, h, rotate_slope);
  assert_ok(es_ode_solve(ode, 0, y, times, 16, see_turn, NULL, &diag), diag);
  assert_int_equal(es_ode_stats(ode).steps, 1);
  es_ode_free(ode);
  return worst;
}

/* Four evaluations that fail, and a step that is as short as that. */
static es_status halting(double t, const double *y, double *dydt, void *calls) {
  const int call = ++*(int *)calls;
  return call > 1 && call < 6 ? ES_RHS_FAILED : rotate(t, y, dydt, NULL);
}

/* A held order stays what it is after attempts that fail, where a free one
 * would be 1: 40 steps of h <= .05, each off by some (h/2)^6 = 2e-10. */
static void a_held_order_outlives_failures(void **state) {
  (void)state;
  int calls = 0;
  const double h = .05, end = 2;
  es_ode *ode = with_step(2, halting, h, h, &calls);
  double y[2] = {1, 0};
  es_diag diag = {0};
  hold(ode, 5, 0, h, rotate_slope);
  assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
  assert_int_equal(es_ode_stats(ode).rejected, 4);
  es_ode_free(ode);
  assert_close(hypot(y[0] - cos(end), y[1] - sin(end)), 0, 0, 1e-8);
}

/* All orders, and dense output of the same: a single step is off by O(h^(k+2)).
 * The next terms of the expansion are (kh)^2/24 or so of the first, for h = .3
 * at most. */
static void orders_of_a_step(void **state) {
  (void)state;
  for (size_t k = 1; k <= ES_ADAMS_MOST; k++) {
    double h[SIZES], error[SIZES];
    for (int i = 0; i < SIZES; i++) {
      h[i] = .3 * pow(k < 9 ? .8 : .87, i);
      error[i] = step_error(k, h[i]);
    }
    const double order = fitted_order(SIZES, h, error) - 1;
    print_message("k = %zu: order %.3f from errors %.2g to %.2g\n", k, order,
                  error[0], error[SIZES - 1]);
    assert_true(error[SIZES - 1] > 1e-14);
    assert_close(order, (double)k + 1, 0, .06);
  }
}

/* y = t^(k + 1) is found as it is in steps that double, at their ends and
 * inside; y = t^(k + 2) is not. */
static es_status see_power(size_t index, double t, const double *y, void *c) {
  (void)index;
  const int *degree = c;
  assert_close(y[0], pow(t, *degree + 1), 0, 2e-13);
  return ES_OK;
}

static void polynomials_are_exact(void **state) {
  (void)state;
  for (int k = 1; k <= ES_ADAMS_MOST; k++)
    for (int degree = k; degree <= k + 1; degree++) {
      int d = degree;
      double y = 0, times[64];
      for (int i = 0; i < 64; i++) times[i] = (i + 1) / 64.;
      es_ode *ode = with_step(1, power, .05, .2, &d);
      es_diag diag = {0};
      hold(ode, (size_t)k, 0, .05, power_slope);
      assert_ok(es_ode_solve(ode, 0, &y, times, 64,
                             degree == k ? see_power : NULL, NULL, &diag),
                diag);
      assert_in_range(es_ode_stats(ode).steps, 6, 8);
      if (degree > k) assert_true(fabs(y - 1) > 1e-12);
      es_ode_free(ode);
    }
}

/* Twenty logistic modes of different rates from 1e-3, as the eigenvalues of a
 * linear model rise. */
enum { MODES = 20 };
static double rate(size_t i) { return 4 / (1 + .3 * (double)i); }
static es_status modes(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  for (size_t i = 0; i < MODES; i++) dydt[i] = rate(i) * y[i] * (1 - y[i]);
  return ES_OK;
}
static es_status see_modes(size_t index, double t, const double *y, void *c) {
  (void)index;
  double *worst = c;
  for (size_t i = 0; i < MODES; i++) {
    const double e = 1e-3 * exp(rate(i) * t), want = e / (1 - 1e-3 + e);
    *worst = fmax(*worst, fabs(y[i] / want - 1));
  }
  return ES_OK;
}

static uint64_t calls_of(const char *method, double rtol, double *worst) {
  double y[MODES], times[50];
  for (int i = 0; i < MODES; i++) y[i] = 1e-3;
  for (int i = 0; i < 50; i++) times[i] = 20 * (i + 1) / 50.;
  const es_ode_system system = {.n = MODES, .rhs = modes, .context = worst};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  o.rtol = rtol;
  o.atol = 1e-6 * rtol;
  es_ode *ode;
  es_diag diag = {0};
  *worst = 0;
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, y, times, 50, see_modes, NULL, &diag), diag);
  const uint64_t calls = es_ode_stats(ode).rhs_calls;
  es_ode_free(ode);
  return calls;
}

/* What it is for: at 1e-10 less than half the evaluations of dop853, which has
 * the smaller error in most cases; both stay within 10 rtol here. */
static void few_evaluations(void **state) {
  (void)state;
  for (int e = 6; e <= 12; e += 2) {
    double worst[2];
    const double rtol = pow(10, -e);
    const uint64_t dop = calls_of("dop853", rtol, &worst[0]);
    const uint64_t adams = calls_of("adams", rtol, &worst[1]);
    print_message("rtol %g: dop853 %d calls, error/rtol %.2f; adams %d, %.2f\n",
                  rtol, (int)dop, worst[0] / rtol, (int)adams, worst[1] / rtol);
    assert_true(worst[0] < 10 * rtol && worst[1] < 10 * rtol);
    if (e == 10) assert_true(2 * adams < dop);
  }
}

/* 318 periods: the errors of steps chosen for half of rtol each have added up,
 * and no more. */
static void long_integration(void **state) {
  (void)state;
  const double end = 2000;
  for (int e = 6; e <= 12; e += 3) {
    double y[2] = {1, 0};
    const es_ode_system system = {.n = 2, .rhs = rotate};
    es_ode_options o;
    es_ode_options_default(&o);
    o.method = "adams";
    o.rtol = o.atol = pow(10, -e);
    es_ode *ode;
    es_diag diag = {0};
    assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
    assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
    const double error = hypot(y[0] - cos(end), y[1] - sin(end));
    const es_ode_statistics st = es_ode_stats(ode);
    print_message("rtol 1e-%d: %d steps, %d rejected, error/rtol %.3g\n", e,
                  (int)st.steps, (int)st.rejected, error / o.rtol);
    assert_true(error < .5 * (double)st.steps * o.rtol);
    assert_in_range(st.rhs_calls, 2 * st.steps, 2 * st.steps + 40);
    es_ode_free(ode);
  }
}

/* An attempt may be repeated with any other h, and one that was rejected has
 * changed nothing: with the first h again the result has the same bits. (After
 * three in a row the order falls to 1.) */
static void rejected_attempts_leave_no_trace(void **state) {
  (void)state;
  double y[2] = {1, 0}, want[2], at[2], inside[2];
  const double end = 3;
  const es_ode_system system = {.n = 2, .rhs = rotate};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "adams";
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
  es_step *s = &ode->step;
  const double h = .6 * es_ode_stats(ode).h_last;
  const double tries[3] = {h, 1.01 * h, h};
  for (int i = 0; i < 3; i++) {
    s->h = tries[i];
    s->t_new = s->t + s->h;
    assert_int_equal(es_stepper_adams.attempt(s), ES_OK);
    assert_true(s->error < 1);
    es_stepper_adams.dense(s, .3, inside);
    if (i == 0) memcpy(want, s->y_new, sizeof want);
    if (i == 0) memcpy(at, inside, sizeof at);
  }
  assert_memory_equal(want, s->y_new, sizeof want);
  assert_memory_equal(at, inside, sizeof at);
  assert_close(inside[0], cos(s->t + .3 * h), 1e-8, 0);
  es_ode_free(ode);
}

/* y' = 1, from t = 1 on -1: the kink is found by rejected steps, and the climb
 * behind it is that of a new start. */
static es_status kink(double t, const double *y, double *dydt, void *c) {
  (void)y, (void)c;
  dydt[0] = t < 1 ? 1 : -1;
  return ES_OK;
}

static void kinks(void **state) {
  (void)state;
  const double end = 2;
  const es_ode_system system = {.n = 1, .rhs = kink};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "adams";
  es_ode *ode;
  es_diag diag = {0};
  double y = 0;
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, &y, &end, 1, NULL, NULL, &diag), diag);
  assert_close(y, 0, 0, 1e-8);
  print_message("a kink: %d steps, %d rejected\n", (int)es_ode_stats(ode).steps,
                (int)es_ode_stats(ode).rejected);
  assert_true(es_ode_stats(ode).steps < 150);
  es_ode_free(ode);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orders),
      cmocka_unit_test(orders_of_a_step),
      cmocka_unit_test(a_held_order_outlives_failures),
      cmocka_unit_test(polynomials_are_exact),
      cmocka_unit_test(few_evaluations),
      cmocka_unit_test(long_integration),
      cmocka_unit_test(rejected_attempts_leave_no_trace),
      cmocka_unit_test(kinks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
