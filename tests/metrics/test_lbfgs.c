/* L-BFGS on functions with known minima. */
#include "../check.h"

#include "metrics/lbfgs.h"

#include <string.h>

enum { N = 50 };

/* Half sum of (j+1)^2 (x_j - j)^2, condition 2500: after the preconditioner, 1.
 */
static double quadratic(void *self, const double *x, double *g) {
  double f = 0;
  (void)self;
  for (int j = 0; j < N; j++) {
    const double a = pow(j + 1, 2), z = x[j] - j;
    g[j] = a * z;
    f += a * z * z / 2;
  }
  return f;
}

static void invert(void *self, double *r) {
  (void)self;
  for (int j = 0; j < N; j++) r[j] /= pow(j + 1, 2);
}

static double rosenbrock(void *self, const double *x, double *g) {
  const double a = x[1] - x[0] * x[0], b = 1 - x[0];
  (void)self;
  g[0] = -400 * x[0] * a - 2 * b;
  g[1] = 200 * a;
  return 100 * a * a + b * b;
}

/* No minimum. */
static double falling(void *self, const double *x, double *g) {
  (void)self;
  g[0] = -1;
  return -x[0];
}

static double broken(void *self, const double *x, double *g) {
  (void)self;
  g[0] = 1;
  return x[0] > 1 ? 0 : NAN;
}

static void a_quadratic(void **state) {
  (void)state;
  double x[N] = {0};
  es_diag diag = {0};
  es_lbfgs_result plain, led;
  es_lbfgs_problem problem = {.n = N, .value = quadratic};
  assert_ok(es_lbfgs(&plain, &problem, x, 1e-9, 5000, &diag), diag);
  /* |x_j - j| <= |g|/a_j <= 1e-9 */
  for (int j = 0; j < N; j++) assert_close(x[j], j, 0, 1e-9);
  memset(x, 0, sizeof x);
  problem.precondition = invert;
  assert_ok(es_lbfgs(&led, &problem, x, 1e-8, 100, &diag), diag);
  for (int j = 0; j < N; j++) assert_close(x[j], j, 0, 1e-8);
  /* The exact inverse leaves one step, but for rounding. */
  assert_true(led.iterations <= 3 && plain.iterations > 20);
  assert_true(led.gradient <= 1e-8);
}

/* Its Hessian at (1,1) has the least eigenvalue .399: |x - 1| <= |g|/.39. */
static void the_valley(void **state) {
  (void)state;
  double x[2] = {-1.2, 1};
  es_diag diag = {0};
  es_lbfgs_result out;
  const es_lbfgs_problem problem = {.n = 2, .value = rosenbrock};
  assert_ok(es_lbfgs(&out, &problem, x, 1e-11, 200, &diag), diag);
  assert_close(x[0], 1, 0, 1e-10);
  assert_close(x[1], 1, 0, 1e-10);
  assert_true(out.evaluations < 80 && out.evaluations > out.iterations);
  assert_close(out.value, 0, 0, 1e-20);
}

static bool third_time(void *self, double gradient) {
  int *asked = self;
  assert_true(gradient > 0);
  return ++*asked == 3;
}

static void ends_before_the_minimum(void **state) {
  (void)state;
  double x[N] = {0};
  es_diag diag = {0};
  es_lbfgs_result out;
  int asked = 0;
  es_lbfgs_problem problem = {
      .n = N, .value = quadratic, .stopping = third_time, .self = &asked};
  assert_status(es_lbfgs(&out, &problem, x, 1e-9, 100, &diag), ES_INTERRUPTED);
  assert_int_equal(out.iterations, 2);
  problem.stopping = NULL;
  assert_status(es_lbfgs(&out, &problem, x, 1e-9, 10, &diag),
                ES_NO_CONVERGENCE);
  assert_int_equal(out.evaluations, 10);
  const es_lbfgs_problem endless = {.n = 1, .value = falling};
  const es_lbfgs_problem bad = {.n = 1, .value = broken};
  x[0] = 0;
  assert_status(es_lbfgs(&out, &endless, x, 1e-9, 100, &diag),
                ES_NO_CONVERGENCE);
  x[0] = 0;
  assert_status(es_lbfgs(&out, &bad, x, 1e-9, 100, &diag), ES_NOT_FINITE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_quadratic),
      cmocka_unit_test(the_valley),
      cmocka_unit_test(ends_before_the_minimum),
  };
  return cmocka_run_group_tests_name("metrics/lbfgs", tests, NULL, NULL);
}
