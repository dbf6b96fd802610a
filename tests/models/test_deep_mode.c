/* The closed form of an aligned mode of a deep linear network: against 50-digit
 * references, its own equation, theory.md's formulas and numbers, and at the
 * arguments where those lose their digits. */
#include "tests/check.h"

#include "models/linear/deep_mode.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

static es_deep_mode *mode_of(size_t L, const double *sigma0, double lambda,
                             double eta) {
  es_deep_mode *mode;
  es_diag diag = {0};
  assert_ok(es_deep_mode_new(&mode, L, sigma0, 1, lambda, eta, &diag), diag);
  return mode;
}

static size_t numbers(char *text, double *out) {
  size_t n = 0;
  for (char *word = strtok(text, " \n"); word != NULL && n < MOST;
       word = strtok(NULL, " \n"))
    out[n++] = strtod(word, NULL);
  return n;
}

/* sigma at t near t* is known to 1e-13 although it has amplified t's rounding
 * by 1e12: the reference takes t as the double it is. */
static void test_references(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/deep.csv", "r");
  char line[4096];
  size_t rows = 0;
  assert_non_null(file);
  assert_non_null(fgets(line, sizeof line, file));
  while (fgets(line, sizeof line, file) != NULL) {
    char *part[6], *rest = line;
    double sigma0[MOST], want[MOST], got[MOST];
    for (int k = 0; k < 6; k++) part[k] = strsep(&rest, ",");
    const size_t L = numbers(part[0], sigma0);
    assert_int_equal(numbers(part[5], want), L);
    const double t = strtod(part[4], NULL);
    es_deep_mode *mode =
        mode_of(L, sigma0, strtod(part[1], NULL), strtod(part[2], NULL));
    const double end = strtod(part[3], NULL);
    if (isinf(end))
      assert_true(isinf(es_deep_mode_blowup(mode)));
    else
      assert_close(es_deep_mode_blowup(mode), end, 1e-15, 0);
    assert_status(es_deep_mode_at(mode, t, got, 1), ES_OK);
    for (size_t l = 0; l < L; l++)
      if (!close_to(got[l], want[l], 1e-13, 0))
        fail_msg("sigma0=%s lambda=%s eta=%s t=%.17g: sigma_%zu = %.17g, want "
                 "%.17g (%.2g)",
                 part[0], part[1], part[2], t, l + 1, got[l], want[l],
                 got[l] / want[l] - 1);
    es_deep_mode_free(mode);
    rows++;
  }
  fclose(file);
  assert_true(rows > 150);
}

static void check_at(size_t L, const double *sigma0, double lambda, double t,
                     const double *want) {
  double got[MOST];
  es_deep_mode *mode = mode_of(L, sigma0, lambda, 0);
  assert_status(es_deep_mode_at(mode, t, got, 1), ES_OK);
  for (size_t l = 0; l < L; l++) assert_close(got[l], want[l], 1e-15, 0);
  es_deep_mode_free(mode);
}

/* theory.md 6, given to 16 digits. */
static void test_theory(void **state) {
  (void)state;
  const double two[] = {.3, .1}, even[] = {.1, .1}, three[] = {.5, .5, .5};
  const double at5[] = {.3183680455462444, .1461444915997026};
  const double at10[] = {.1091089451179962, .1091089451179962};
  const double at1[] = {.5286856317202821, .5286856317202821,
                        .5286856317202821};
  check_at(2, two, .8, 5, at5);
  check_at(2, even, .8, 10, at10);
  check_at(3, three, .8, 1, at1);
  es_deep_mode *mode = mode_of(2, two, .8, 0);
  assert_close(es_deep_mode_blowup(mode), 17.16581701043921, 1e-15, 0);
  es_deep_mode_free(mode);
  mode = mode_of(2, even, .8, 0);
  assert_close(es_deep_mode_blowup(mode), 62.5, 4e-16, 0);
  es_deep_mode_free(mode);
}

/* sigma' by central differences of step d: error (d/t_s)^2/6 of a mode that
 * moves in a time t_s, and roundoff 2e-16/d. */
static void test_equation(void **state) {
  (void)state;
  static const double start[] = {.9, .35, 1.2, .35, .6};
  const double d = 1e-5, etas[] = {0, .03}, lambdas[] = {.7, -.7};
  for (size_t L = 1; L <= 5; L++)
    for (int k = 0; k < 4; k++) {
      double a[MOST], b[MOST], x[MOST];
      const double lambda = lambdas[k / 2], eta = etas[k % 2], t = .4;
      es_deep_mode *mode = mode_of(L, start, lambda, eta);
      assert_status(es_deep_mode_at(mode, t - d, a, 1), ES_OK);
      assert_status(es_deep_mode_at(mode, t, x, 1), ES_OK);
      assert_status(es_deep_mode_at(mode, t + d, b, 1), ES_OK);
      for (size_t l = 0; l < L; l++) {
        double want = lambda * x[l];
        for (size_t m = 0; m < L; m++) want *= m == l ? 1 : x[m] * x[m];
        want -= eta * x[l];
        assert_close((b[l] - a[l]) / (2 * d), want, 0, 2e-10);
      }
      es_deep_mode_free(mode);
    }
}

/* A layer at zero pushes no other and is not pushed: decay is all there is. */
static void test_zeros(void **state) {
  (void)state;
  static const double start[][3] = {{0, .5, .3}, {0, 0, .3}, {0, 0, 0}};
  for (int k = 0; k < 3; k++) {
    double x[3];
    es_deep_mode *mode = mode_of(3, start[k], .8, .1);
    assert_true(isinf(es_deep_mode_blowup(mode)));
    assert_status(es_deep_mode_at(mode, 7, x, 1), ES_OK);
    for (int l = 0; l < 3; l++)
      assert_close(x[l], start[k][l] * exp(-.7), 1e-15, 0);
    es_deep_mode_free(mode);
  }
}

/* From t* on there is no state; before it there always is one. t* itself is not
 * a double: the nearest one may lie on either side. */
static void test_end(void **state) {
  (void)state;
  static const double start[] = {.5, .2, .9};
  for (int k = 0; k < 2; k++) {
    double x[3];
    es_deep_mode *mode = mode_of(3, start, .8, k * .001);
    const double end = es_deep_mode_blowup(mode);
    const double after = nextafter(end, INFINITY);
    assert_status(es_deep_mode_at(mode, nextafter(end, 0), x, 1), ES_OK);
    assert_true(x[0] > 1e3 && isfinite(x[0]));
    assert_status(es_deep_mode_at(mode, after, x, 1), ES_DIVERGED);
    assert_status(es_deep_mode_at(mode, 1e300, x, 1), ES_DIVERGED);
    es_deep_mode_free(mode);
  }
}

/* Sizes whose squares leave the range of double, and a start past which there
 * is no time left. */
static void test_range(void **state) {
  (void)state;
  const double far[] = {1, 1e-200}, large[] = {1e200, 1e200};
  const double least[] = {1e-310, 1e-310, 1e-310};
  double x[3];
  /* t* = ln(1e400)/(2 lambda D), and sigma_2 = e^{lambda t} 1e-200 before. */
  es_deep_mode *mode = mode_of(2, far, .5, 0);
  assert_close(es_deep_mode_blowup(mode), 400 * log(10), 1e-15, 0);
  assert_status(es_deep_mode_at(mode, 800, x, 1), ES_OK);
  assert_close(x[1], exp(400 - 200 * log(10)), 1e-13, 0);
  es_deep_mode_free(mode);
  mode = mode_of(2, large, 1, 0);
  assert_true(es_deep_mode_blowup(mode) == 0);
  assert_status(es_deep_mode_at(mode, 1e-300, x, 1), ES_DIVERGED);
  es_deep_mode_free(mode);
  mode = mode_of(3, least, 1, 0);
  assert_true(isinf(es_deep_mode_blowup(mode)));
  assert_status(es_deep_mode_at(mode, 1e300, x, 1), ES_OK);
  assert_true(x[0] == 1e-310);
  es_deep_mode_free(mode);
  mode = mode_of(2, far, -1e300, 0);
  assert_status(es_deep_mode_at(mode, 1e300, x, 1), ES_OK);
  assert_true(x[0] == 1 && x[1] == 0);
  es_deep_mode_free(mode);
}

/* One layer is sigma_0 e^{(lambda - eta) t}: the exponent's rounding, 1e-13 of
 * it here, is carried along. */
static void test_one_layer(void **state) {
  (void)state;
  static const double lambda[] = {1.3, -1.3}, start[] = {1e-300, 1e300};
  /* start e^{(lambda - eta) t} of these doubles, from 60 digits. */
  static const double want[] = {1.486524815418033175818613e+65,
                                9.242706078888724412764475e-127};
  for (int k = 0; k < 2; k++) {
    double x;
    es_deep_mode *mode = mode_of(1, &start[k], lambda[k], .1);
    assert_status(es_deep_mode_at(mode, 700.7, &x, 1), ES_OK);
    assert_close(x, want[k], 4 * DBL_EPSILON, 0);
    es_deep_mode_free(mode);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_references), cmocka_unit_test(test_theory),
      cmocka_unit_test(test_equation),   cmocka_unit_test(test_zeros),
      cmocka_unit_test(test_end),        cmocka_unit_test(test_range),
      cmocka_unit_test(test_one_layer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
