/* Least squares against fits made sample by sample, and lines that are known.
 */
#include "tests/check.h"

#include "metrics/regression.h"

#include <string.h>

enum { N = 12 };

/* A spread that no line follows. */
static double scatter(size_t i, size_t k) {
  return sin(1.7 * (double)(i + 1) + 2.3 * (double)(i * k) + (double)k);
}

static es_regression fit(double *a, double *fitted, double *left, size_t n,
                         size_t width, const double *y, const double *X) {
  es_diag diag = {0};
  es_regression out;
  double copy[3 * N];
  memcpy(copy, X, n * width * sizeof *X);
  assert_ok(es_regression_fit(&out, a, fitted, left, n, width, y, copy, &diag),
            diag);
  return out;
}

/* Numbers of order 1 and a condition below 10: sums of N products, a hundred
 * units of roundoff and less. */
static const double rounding = 100 * 2.3e-16;

static void a_line_is_found(void **state) {
  (void)state;
  double X[2 * N], y[N], a[3], fitted[N], left[N];
  for (size_t i = 0; i < N; i++) {
    X[i] = scatter(i, 1);
    X[N + i] = 5 + 3 * scatter(i, 2) + X[i];
    y[i] = 0.5 - 2 * X[i] + 0.25 * X[N + i];
  }
  const es_regression is = fit(a, fitted, left, N, 2, y, X);
  assert_close(a[0], 0.5, 10 * rounding, 0);
  assert_close(a[1], -2, 10 * rounding, 0);
  assert_close(a[2], 0.25, 10 * rounding, 0);
  assert_close(is.r2, 1, rounding, 0);
  assert_close(is.r2_left_out, 1, rounding, 0);
  for (size_t i = 0; i < N; i++) {
    assert_close(fitted[i], y[i], 0, 10 * rounding);
    assert_close(left[i], y[i], 0, 100 * rounding);
  }
}

/* Without sample i: the fit to the N - 1 others, taken at i. */
static void without_oneself(void **state) {
  (void)state;
  double X[2 * N], y[N], a[3], fitted[N], left[N], sum = 0, total = 0, mean = 0;
  for (size_t i = 0; i < N; i++) {
    X[i] = scatter(i, 1);
    X[N + i] = 2 + scatter(i, 2);
    y[i] = X[i] + 0.5 * scatter(i, 3);
    mean += y[i] / N;
  }
  const es_regression is = fit(a, fitted, left, N, 2, y, X);
  for (size_t out = 0; out < N; out++) {
    double fewer[2 * (N - 1)], rest[N - 1], b[3], f[N], l[N];
    for (size_t i = 0, at = 0; i < N; i++) {
      if (i == out) continue;
      rest[at] = y[i];
      fewer[at] = X[i];
      fewer[N - 1 + at++] = X[N + i];
    }
    fit(b, f, l, N - 1, 2, rest, fewer);
    const double want = b[0] + b[1] * X[out] + b[2] * X[N + out];
    assert_close(left[out], want, 0, 100 * rounding);
    sum += (y[out] - want) * (y[out] - want);
    total += (y[out] - mean) * (y[out] - mean);
  }
  assert_close(is.rmse_left_out, sqrt(sum / N), 100 * rounding, 0);
  assert_close(is.r2_left_out, 1 - sum / total, 0, 1000 * rounding);
  assert_true(is.r2 > is.r2_left_out && is.rmse < is.rmse_left_out);
}

/* y = 0, 0, 0, 1 over x = 0, 1, 2, 3: slope .3, R² = .3²·5/.75 = .6. */
static void by_hand(void **state) {
  (void)state;
  const double X[] = {0, 1, 2, 3}, y[] = {0, 0, 0, 1};
  double a[2], fitted[4], left[4];
  const es_regression is = fit(a, fitted, left, 4, 1, y, X);
  assert_close(a[0], -0.2, rounding, 0);
  assert_close(a[1], 0.3, rounding, 0);
  assert_close(is.r2, 0.6, rounding, 0);
  assert_close(is.rmse, sqrt(0.3 / 4), rounding, 0);
  /* Of three zeros the fourth is predicted to be one. */
  assert_close(left[3], 0, 0, rounding);
}

static void what_cannot_be_fitted(void **state) {
  (void)state;
  es_diag diag = {0};
  es_regression is;
  double y[] = {1, 2, 3, 5, 4}, a[3], f[5], l[5];
  double flat[] = {2, 2, 2, 2, 2};
  assert_int_equal(es_regression_fit(&is, a, f, l, 5, 1, y, flat, &diag),
                   ES_BAD_VALUE);
  double twice[] = {1, 2, 3, 4, 6, 3, 5, 7, 9, 13};
  assert_int_equal(es_regression_fit(&is, a, f, l, 5, 2, y, twice, &diag),
                   ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "variable 2"));
  double few[] = {1, 2, 3};
  assert_int_equal(es_regression_fit(&is, a, f, l, 3, 1, y, few, &diag),
                   ES_BAD_SHAPE);
  double x[] = {1, 2, 3, 4, 5}, same[] = {1, 1, 1, 1, 1};
  assert_int_equal(es_regression_fit(&is, a, f, l, 5, 1, same, x, &diag),
                   ES_BAD_VALUE);
  x[2] = NAN;
  assert_int_equal(es_regression_fit(&is, a, f, l, 5, 1, y, x, &diag),
                   ES_NOT_FINITE);
  /* The last sample alone tells the slope. */
  double lone[] = {1, 1, 1, 1, 2};
  assert_ok(es_regression_fit(&is, a, f, l, 5, 1, y, lone, &diag), diag);
  assert_true(isnan(l[4]) && isnan(is.rmse_left_out) && !isnan(is.r2));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_is_found),
      cmocka_unit_test(without_oneself),
      cmocka_unit_test(by_hand),
      cmocka_unit_test(what_cannot_be_fitted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
