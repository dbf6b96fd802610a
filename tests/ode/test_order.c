/* Orders of steps and of interpolants, as they are seen. */
#include "tests/check.h"
#include "tests/fit.h"

#include <eigenstep/ode.h>
#include <stdio.h>
#include <string.h>

enum { SIZES = 6 };

/* Nonlinear and not autonomous: y' = y^2 cos t, y = 1/(2.1 - sin t). */
static es_status wave(double t, const double *y, double *dydt, void *context) {
  (void)context;
  dydt[0] = y[0] * y[0] * cos(t);
  return ES_OK;
}

static es_status wave_jacobian(double t, const double *y, double *J,
                               double *dfdt, void *context) {
  (void)context;
  J[0] = 2 * y[0] * cos(t);
  dfdt[0] = -y[0] * y[0] * sin(t);
  return ES_OK;
}

static void wave_exact(double t, double *y) { y[0] = 1 / (2.1 - sin(t)); }

/* Largest error relative to max(1, |y|) over the outputs of a solve. */
typedef struct watch {
  void (*exact)(double t, double *y);
  size_t n;
  double worst;
} watch;

static es_status see(size_t index, double t, const double *y, void *context) {
  (void)index;
  watch *w = context;
  double want[4];
  w->exact(t, want);
  for (size_t i = 0; i < w->n; i++)
    w->worst = fmax(w->worst, fabs(y[i] - want[i]) / fmax(1, fabs(want[i])));
  return ES_OK;
}

/* Steps of h: the longest allowed, with a tolerance that no error exceeds, over
 * a whole number of steps. h is allowed to be longer by far less than matters,
 * so that rounding cannot leave a stub to the end. */
static es_ode *with_step(const char *method, double h, watch *w) {
  const es_ode_system system = {
      .n = 1, .rhs = wave, .context = w, .jacobian = wave_jacobian};
  es_ode_options options;
  es_ode_options_default(&options);
  options.method = method;
  options.atol = 1e300;
  options.h0 = options.h_max = h * (1 + 1e-12);
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &options, &diag), diag);
  return ode;
}

/* Error at the end of `steps` steps over [0, end]. */
static double end_error(const char *method, int steps, double end) {
  watch w = {wave_exact, 1, 0};
  es_ode *ode = with_step(method, end / steps, &w);
  double y[1];
  es_diag diag = {0};
  wave_exact(0, y);
  assert_ok(es_ode_solve(ode, 0, y, &end, 1, see, NULL, &diag), diag);
  assert_int_equal(es_ode_stats(ode).steps, steps);
  assert_int_equal(es_ode_stats(ode).rejected, 0);
  es_ode_free(ode);
  return w.worst;
}

/* Largest error inside one step of length h from exact values. */
static double inner_error(const char *method, double h) {
  watch w = {wave_exact, 1, 0};
  es_ode *ode = with_step(method, h, &w);
  double y[1], times[16];
  es_diag diag = {0};
  for (int i = 0; i < 16; i++) times[i] = .2 + h * (i + 1) / 16;
  wave_exact(.2, y);
  assert_ok(es_ode_solve(ode, .2, y, times, 16, see, NULL, &diag), diag);
  assert_int_equal(es_ode_stats(ode).steps, 1);
  es_ode_free(ode);
  return w.worst;
}

static void check_order(const char *method, int first, double end,
                        double want) {
  double h[SIZES], error[SIZES];
  for (int i = 0; i < SIZES; i++) {
    const int steps = (int)(first * pow(1.25, i));
    h[i] = end / steps;
    error[i] = end_error(method, steps, end);
  }
  const double order = fitted_order(SIZES, h, error);
  print_message("%s: order %.3f from errors %.2g to %.2g\n", method, order,
                error[0], error[SIZES - 1]);
  assert_true(error[SIZES - 1] > 2e-14);
  assert_close(order, want, 0, .15);
}

static void check_dense(const char *method, double first, double want) {
  double h[SIZES], error[SIZES];
  for (int i = 0; i < SIZES; i++) {
    h[i] = first * pow(.8, i);
    error[i] = inner_error(method, h[i]);
  }
  const double order = fitted_order(SIZES, h, error) - 1;
  print_message("%s: dense order %.3f from errors %.2g to %.2g\n", method,
                order, error[0], error[SIZES - 1]);
  assert_true(error[SIZES - 1] > 1e-13);
  assert_close(order, want, 0, .15);
}

/* Over steps that shrink by 3. Roundoff of at most 500 steps, in the mean
 * sqrt(500) * 1.1e-16 = 2.5e-15, stays 8 times below the smallest error; the
 * next term of the error's expansion moves the slope by less than .1 there (the
 * measured slopes creep by that much as the range moves). */
static void orders(void **state) {
  (void)state;
  check_order("tsit5", 130, 7, 5);
  check_order("tsit5", 150, 8, 5);
  check_order("dop853", 18, 7, 8);
  check_order("dop853", 20, 8, 8);
  check_order("rock4", 400, 7.8, 4);
  check_order("rock4", 450, 8.5, 4);
  check_order("rosenbrock", 130, 7, 5);
  check_order("rosenbrock", 150, 8, 5);
}

/* An interpolant of order p is off by O(h^(p+1)) within a step from exact
 * values; the largest error over the step is taken. */
static void dense_orders(void **state) {
  (void)state;
  check_dense("tsit5", .06, 4);
  check_dense("dop853", .5, 7);
  check_dense("rock4", .06, 3);
  check_dense("rosenbrock", .06, 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orders),
      cmocka_unit_test(dense_orders),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
