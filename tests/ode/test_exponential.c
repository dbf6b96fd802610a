/* Extrapolated exponential Euler: exact where it must be, of order 8 whatever
 * L is, stable where L is right. */
#include "tests/check.h"
#include "tests/fit.h"

#include <eigenstep/ode.h>
#include <stdio.h>
#include <string.h>

enum { SIZES = 6 };

/* L is what the method is told, J what is true. */
typedef struct lab {
  double J, L, tau;
  int froze;
  bool refuse;
} lab;

static es_status freeze(double t, const double *y, double h, void *context) {
  lab *l = context;
  (void)t, (void)y;
  l->froze++;
  l->tau = h;
  return l->refuse ? ES_NOT_FINITE : ES_OK;
}

static void phi(double tau, double *v, void *context) {
  const lab *l = context;
  assert_true(tau > 0 && tau <= l->tau);
  const double z = tau * l->L;
  v[0] *= z == 0 ? 1 : expm1(z) / z;
}

static es_status solve(lab *l, es_ode_rhs f, double y0, double end, double rtol,
                       double h, double *y, es_ode_statistics *stats) {
  const es_ode_system system = {
      .n = 1, .rhs = f, .context = l, .linear = {freeze, phi}};
  es_ode_options options;
  es_ode_options_default(&options);
  options.method = "exponential";
  options.rtol = rtol;
  if (h > 0) {
    options.atol = 1e300;
    options.h0 = options.h_max = h * (1 + 1e-12);
  }
  es_ode *ode;
  es_diag diag = {0};
  *y = y0;
  assert_ok(es_ode_new(&ode, &system, &options, &diag), diag);
  const es_status status = es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag);
  *stats = es_ode_stats(ode);
  es_ode_free(ode);
  return status;
}

static es_status constant(double t, const double *y, double *dydt,
                          void *context) {
  const lab *l = context;
  (void)t;
  dydt[0] = l->J * y[0] + 3;
  return ES_OK;
}

/* With N constant one step is exact, however long: y = (y0 + 3/J) e^Jt - 3/J.
 * The eight weights add up to 1 and their sizes to 3,392: so many units of
 * roundoff of the largest number on the way, y0 or y. */
static void linear_systems_are_exact(void **state) {
  (void)state;
  const double rates[] = {-1e6, -30, -1e-9, 2};
  for (int i = 0; i < 4; i++) {
    lab l = {.J = rates[i], .L = rates[i]};
    es_ode_statistics stats;
    double y;
    assert_int_equal(solve(&l, constant, .5, 4, 1e-9, 4, &y, &stats), ES_OK);
    const double want = .5 * exp(4 * l.J) + 3 * expm1(4 * l.J) / l.J;
    assert_close(y, want, 0, 3392 * 2.2e-16 * fmax(.5, fabs(want)));
    assert_int_equal(stats.steps, 1);
    assert_int_equal(stats.rhs_calls, 1 + 28 + 1);
    assert_int_equal(l.froze, 1);
  }
}

static es_status sixth_power(double t, const double *y, double *dydt,
                             void *context) {
  (void)y, (void)context;
  dydt[0] = 7 * pow(t, 6);
  return ES_OK;
}

/* Without L, Euler sums of t^6 err by powers of h up to the sixth (Euler and
 * Maclaurin): seven columns take them all away. */
static void polynomials_are_exact(void **state) {
  (void)state;
  lab l = {0};
  es_ode_statistics stats;
  double y;
  assert_int_equal(solve(&l, sixth_power, 0, 1, 1e-9, 1, &y, &stats), ES_OK);
  assert_int_equal(stats.steps, 1);
  assert_close(y, 1, 3392 * 2.2e-16, 0);
}

static es_status wave(double t, const double *y, double *dydt, void *context) {
  (void)context;
  dydt[0] = y[0] * y[0] * cos(t); /* y = 1/(2.1 - sin t) */
  return ES_OK;
}

static double wave_error(double L, int steps, double end) {
  lab l = {.L = L};
  es_ode_statistics stats;
  double y;
  assert_int_equal(solve(&l, wave, 1 / 2.1, end, 1e-9, end / steps, &y, &stats),
                   ES_OK);
  assert_int_equal(stats.steps, steps);
  return fabs(y - 1 / (2.1 - sin(end)));
}

/* By least squares over six step sizes. Between where h is too long for the
 * expansion and where the weights' roundoff (3,392 units) is seen there are
 * three decades; slopes wander by .4 there, and 7 or 9 would still be told. */
static void order_is_eight_for_any_operator(void **state) {
  (void)state;
  const double operators[] = {-1.5, .7};
  for (int k = 0; k < 2; k++) {
    double h[SIZES], error[SIZES], least = INFINITY;
    for (int i = 0; i < SIZES; i++) {
      const int steps = (int)(12 * pow(1.25, i));
      h[i] = 7. / steps;
      error[i] = wave_error(operators[k], steps, 7);
      least = fmin(least, error[i]);
    }
    const double order = fitted_order(SIZES, h, error);
    print_message("exponential, L = %g: order %.3f, least error %.2g\n",
                  operators[k], order, least);
    assert_true(least > 4e-13);
    assert_close(order, 8, 0, .5);
  }
}

/* An operator that cannot be had rejects the step, and in the end the solve. */
static void a_refused_operator_is_an_error(void **state) {
  (void)state;
  lab l = {.J = -1, .L = -1, .refuse = true};
  es_ode_statistics stats;
  double y;
  assert_int_equal(solve(&l, constant, 1, 10, 1e-9, 0, &y, &stats),
                   ES_RHS_FAILED);
  assert_close(y, 1, 0, 0);
}

static es_status see(size_t index, double t, const double *y, void *context) {
  double *worst = context;
  (void)index;
  *worst = fmax(*worst, fabs(y[0] - 1 / (2.1 - sin(t))));
  return ES_OK;
}

/* Largest error inside one step of h from an exact start. */
static double inner_error(double h) {
  double worst = 0, times[16], y = 1 / (2.1 - sin(.2));
  const es_ode_system system = {.n = 1, .rhs = wave, .context = &worst};
  es_ode_options options;
  es_ode_options_default(&options);
  options.method = "exponential";
  options.atol = 1e300;
  options.h0 = options.h_max = h * (1 + 1e-12);
  es_ode *ode;
  es_diag diag = {0};
  for (int i = 0; i < 16; i++) times[i] = .2 + h * (i + 1) / 16;
  assert_ok(es_ode_new(&ode, &system, &options, &diag), diag);
  assert_ok(es_ode_solve(ode, .2, &y, times, 16, see, NULL, &diag), diag);
  assert_int_equal(es_ode_stats(ode).steps, 1);
  es_ode_free(ode);
  return worst;
}

/* Steps of a third have order 6, so that errors inside fall like h^7 where they
 * lead, and like h^8 (the septic's) or h^9 where not. */
static void dense_order_is_at_least_six(void **state) {
  (void)state;
  double h[SIZES], error[SIZES];
  for (int i = 0; i < SIZES; i++) {
    h[i] = .9 * pow(.85, i);
    error[i] = inner_error(h[i]);
  }
  const double order = fitted_order(SIZES, h, error) - 1;
  print_message("exponential: dense order %.3f\n", order);
  assert_true(order > 5.8 && order < 8.4);
}

static es_status logistic(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = y[0] * (1 - y[0]);
  return ES_OK;
}

/* The weights of the sum reach 1166 in size, which would make roundings of y
 * errors of 1e-13 y that no h takes away. Truncation, with errors like h^8,
 * asks for steps in proportion to rtol^(-1/8). */
static void tight_tolerances_need_no_tiny_steps(void **state) {
  (void)state;
  uint64_t first = 0;
  for (double rtol = 1e-11; rtol > 5e-15; rtol /= 10) {
    lab l = {.J = 0, .L = -.5};
    const es_ode_system system = {
        .n = 1, .rhs = logistic, .context = &l, .linear = {freeze, phi}};
    es_ode_options o;
    es_ode_options_default(&o);
    o.method = "exponential";
    o.rtol = rtol;
    o.atol = 0;
    o.max_steps = 10000;
    es_ode *ode;
    es_diag diag = {0};
    const double end = 20;
    double y = .1;
    assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
    assert_ok(es_ode_solve(ode, 0, &y, &end, 1, NULL, NULL, &diag), diag);
    const uint64_t steps = es_ode_stats(ode).steps;
    es_ode_free(ode);
    if (first == 0) first = steps;
    assert_true((double)steps < 2 * (double)first * pow(1e-11 / rtol, .125));
    assert_close(y, 1 / (1 + 9 * exp(-20)), 20 * rtol + 1e-14, 0);
    print_message("exponential, rtol %.0e: %d steps\n", rtol, (int)steps);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(linear_systems_are_exact),
      cmocka_unit_test(polynomials_are_exact),
      cmocka_unit_test(order_is_eight_for_any_operator),
      cmocka_unit_test(a_refused_operator_is_an_error),
      cmocka_unit_test(tight_tolerances_need_no_tiny_steps),
      cmocka_unit_test(dense_order_is_at_least_six),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
