/* GSL's stepper behind ours: its order, its interpolant, its agreement with
 * dop853, its memory, and GSL's error handler. */
#include "tests/check.h"
#include "tests/fit.h"

#include <eigenstep/ode.h>
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

/* The allocation after so many more fails; SIZE_MAX: none does. Where another
 * allocator stands in front (a sanitizer, valgrind) it is not asked. */
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTHER_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTHER_MALLOC
#endif
#if defined(__GLIBC__) && !defined(OTHER_MALLOC)
#define OWN_MALLOC 1
static size_t left = SIZE_MAX, refused;
static bool refuse(void) {
  if (left == SIZE_MAX) return false;
  if (left > 0) {
    left--;
    return false;
  }
  refused++;
  return true;
}
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *malloc(size_t size) { return refuse() ? NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) {
  return refuse() ? NULL : __libc_calloc(n, size);
}
#endif

typedef struct problem {
  es_ode_rhs rhs;
  double (*exact)(double t);
  double end;
  int first; /* steps of the coarsest run */
} problem;

static es_status linear(double t, const double *y, double *dydt, void *c) {
  (void)c;
  dydt[0] = y[0] * cos(t);
  return ES_OK;
}
static double linear_exact(double t) { return exp(sin(t)); }

static es_status square(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -y[0] * y[0];
  return ES_OK;
}
static double square_exact(double t) { return 1 / (1 + t); }

static es_status power(double t, const double *y, double *dydt, void *c) {
  (void)y, (void)c;
  dydt[0] = 8 * t * t * t * t * t * t * t;
  return ES_OK;
}

static es_ode *make(const char *method, es_ode_rhs rhs, double h, double rtol) {
  const es_ode_system system = {.n = 1, .rhs = rhs};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  o.rtol = rtol;
  if (h > 0) {
    o.atol = 1e300;
    o.h0 = o.h_max = h * (1 + 1e-12);
  }
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  return ode;
}

static double end_error(const problem *p, int steps) {
  es_ode *ode = make("gsl-rk8pd", p->rhs, p->end / steps, 1e-9);
  double y = p->exact(0);
  es_diag diag = {0};
  assert_ok(es_ode_solve(ode, 0, &y, &p->end, 1, NULL, NULL, &diag), diag);
  assert_int_equal(es_ode_stats(ode).steps, steps);
  es_ode_free(ode);
  return fabs(y - p->exact(p->end));
}

/* Least squares of log(error) against log(steps), over a factor of 3 in h.
 * Roundoff of at most 42 steps, below 1e-15, is far below the smallest error.
 * The two problems are ones where the term of order 8 leads already (on
 * others this pair looks like order 9 until roundoff comes); they approach 8
 * from below, within .1 here. */
static void order_eight(void **state) {
  (void)state;
  const problem list[] = {{linear, linear_exact, 5, 12},
                          {linear, linear_exact, 5, 14},
                          {square, square_exact, 3, 10}};
  enum { SIZES = 6 };
  for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
    double h[SIZES], error[SIZES];
    for (int i = 0; i < SIZES; i++) {
      const int steps = (int)(list[k].first * pow(1.25, i));
      h[i] = 1. / steps;
      error[i] = end_error(&list[k], steps);
    }
    const double order = fitted_order(SIZES, h, error);
    print_message("gsl-rk8pd: order %.3f, last error %.2g\n", order,
                  error[SIZES - 1]);
    assert_true(error[SIZES - 1] > 5e-15);
    assert_close(order, 8, 0, .15);
  }
}

/* y = t^8 in one step of 2: the method is exact for it and the interpolant of
 * degree 7 is not, so that the difference is w^2 of (theta h)^8, w = theta
 * (theta - 1/3) (theta - 2/3) (theta - 1): both the nodes and the degree. */
static es_status see_power(size_t index, double t, const double *y, void *c) {
  (void)index, (void)c;
  const double h = 2, x = t / h;
  const double w = x * (x - 1. / 3) * (x - 2. / 3) * (x - 1);
  assert_close(y[0], pow(t, 8) - w * w * pow(h, 8), 0, 256 * 2e-15);
  return ES_OK;
}

static void an_interpolant_of_degree_seven(void **state) {
  (void)state;
  double times[40], y = 0;
  for (int i = 0; i < 40; i++) times[i] = 2 * (i + 1) / 40.;
  es_ode *ode = make("gsl-rk8pd", power, 2, 1e-9);
  es_diag diag = {0};
  assert_ok(es_ode_solve(ode, 0, &y, times, 40, see_power, NULL, &diag), diag);
  assert_int_equal(es_ode_stats(ode).steps, 1);
  es_ode_free(ode);
}

/* Two codes, two sets of numbers, one answer: each within 100 rtol of the
 * exact one (test_accuracy.c), so within 200 of one another. */
typedef struct pair {
  double y[2][50];
  int which;
} pair;
static pair both;

static es_status keep(size_t index, double t, const double *y, void *c) {
  (void)t, (void)c;
  both.y[both.which][index] = y[0];
  return ES_OK;
}

static void agrees_with_dop853(void **state) {
  (void)state;
  const char *const names[2] = {"dop853", "gsl-rk8pd"};
  double times[50];
  for (int i = 0; i < 50; i++) times[i] = (i + 1) / 5.;
  for (double rtol = 1e-6; rtol > 1e-13; rtol *= 1e-3) {
    for (both.which = 0; both.which < 2; both.which++) {
      es_ode *ode = make(names[both.which], linear, 0, rtol);
      double y = 1;
      es_diag diag = {0};
      assert_ok(es_ode_solve(ode, 0, &y, times, 50, keep, NULL, &diag), diag);
      es_ode_free(ode);
    }
    for (int i = 0; i < 50; i++)
      assert_close(both.y[1][i], both.y[0][i], 200 * rtol, 0);
  }
}

static size_t handled;
static void count(const char *reason, const char *file, int line, int code) {
  (void)reason, (void)file, (void)line, (void)code;
  handled++;
}

/* After es_init GSL's errors are codes; before, it is put aside while a stepper
 * is made and is then what it was. */
static void the_error_handler(void **state) {
  (void)state;
  gsl_error_handler_t *const first = gsl_set_error_handler(count);
  gsl_error("a test", __FILE__, __LINE__, GSL_EFAILED);
  assert_int_equal(handled, 1);
  es_ode_free(make("gsl-rk8pd", square, 0, 1e-9));
  assert_true(gsl_set_error_handler(count) == count);
  es_init();
  es_init();
  gsl_error("a test", __FILE__, __LINE__, GSL_EFAILED);
  assert_int_equal(handled, 1);
  es_ode_free(make("gsl-rk8pd", square, 0, 1e-9));
  gsl_error("a test", __FILE__, __LINE__, GSL_EFAILED);
  assert_int_equal(handled, 1);
  gsl_set_error_handler(first);
}

/* Memory fails at each place in turn, with GSL's own handler, which aborts, in
 * force: a status all the same, and nothing lost (valgrind and the leak checker
 * see to that). */
static void no_memory(void **state) {
  (void)state;
#ifdef OWN_MALLOC
  const char *const all[4] = {"gsl-rk8pd", "gsl-msadams", "gsl-msbdf", "adams"};
  /* Ours, the step, its state; slopes, histories, matrices of GSL's. */
  const size_t least[4] = {5, 10, 15, 1};
  const es_ode_system system = {.n = 3, .rhs = square};
  gsl_error_handler_t *const first = gsl_set_error_handler(NULL);
  size_t places[4] = {0};
  for (int m = 0; m < 4; m++) {
    es_ode_options o;
    es_ode_options_default(&o);
    o.method = all[m];
    es_status status = ES_NO_MEMORY;
    for (; places[m] < 100 && status != ES_OK; places[m]++) {
      es_ode *ode;
      es_diag diag = {0};
      refused = 0;
      left = places[m];
      status = es_ode_new(&ode, &system, &o, &diag);
      left = SIZE_MAX;
      if (refused == 0) assert_int_equal(status, ES_OK);
      if (refused > 0) assert_int_equal(status, ES_NO_MEMORY);
      if (refused > 0) assert_null(ode);
      if (refused > 0) assert_non_null(strstr(diag.message, all[m]));
      es_ode_free(ode);
    }
  }
  gsl_set_error_handler(first);
  if (places[0] == 1) skip();
  for (int m = 0; m < 4; m++) assert_true(places[m] > least[m]);
#else
  skip();
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_eight),
      cmocka_unit_test(an_interpolant_of_degree_seven),
      cmocka_unit_test(agrees_with_dop853),
      cmocka_unit_test(the_error_handler),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
