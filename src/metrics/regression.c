/* Least squares by Gram and Schmidt: centred columns X = Q R, fitted = mean +
 * Q Q^T y. With the leverage h_i = 1/n + |row i of Q|² a sample's residual
 * without itself in the fit is its residual over 1 - h_i, so that no fit is
 * made n times. See regression.h. */
#include "metrics/regression.h"

#include "base/finite.h"
#include "base/sums.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* A column of which less than this is left is one that follows from others. */
#define DEPENDENT 1e-10

static es_status check(size_t n, size_t width, const double *y, const double *X,
                       es_diag *diag) {
  bool varies = false;
  if (n < width + 3)
    return es_fail(diag, ES_BAD_SHAPE,
                   "%zu samples, expected at least %zu for %zu variables", n,
                   width + 3, width);
  for (size_t i = 0; i < n; i++) varies = varies || y[i] != y[0];
  if (!es_all_finite(n, y) || !es_all_finite(n * width, X))
    return es_fail(diag, ES_NOT_FINITE, "a number to fit is not finite");
  return varies ? ES_OK
                : es_fail(diag, ES_BAD_VALUE, "what is fitted does not vary");
}

/* Column j of X becomes that of Q; R (width×width, column-major) gets its own.
 * Twice is enough (Kahan and Parlett). */
static es_status orthonormalise(double *X, double *R, size_t n, size_t width,
                                size_t j, es_diag *diag) {
  double *x = X + j * n;
  const double mean = es_mean(n, x), size = sqrt(es_dot(n, x, x));
  for (size_t i = 0; i < n; i++) x[i] -= mean;
  const double whole = sqrt(es_dot(n, x, x));
  for (int pass = 0; pass < 2; pass++)
    for (size_t k = 0; k < j; k++) {
      const double along = es_dot(n, X + k * n, x);
      R[k + j * width] += along;
      for (size_t i = 0; i < n; i++) x[i] -= along * X[k * n + i];
    }
  const double left = sqrt(es_dot(n, x, x));
  R[j + j * width] = left;
  if (!(whole > (double)n * DBL_EPSILON * size && left > DEPENDENT * whole))
    return es_fail(diag, ES_BAD_VALUE,
                   "variable %zu does not vary, or follows from those before",
                   j + 1);
  for (size_t i = 0; i < n; i++) x[i] /= left;
  return ES_OK;
}

/* a = R⁻¹ Qᵀy from along = Qᵀy, in place; then a_0 from the means. */
static void solve(double *coefficient, const double *R, const double *mean,
                  double mean_y, size_t width) {
  double *a = coefficient + 1;
  coefficient[0] = mean_y;
  for (size_t k = width; k-- > 0;) {
    for (size_t j = k + 1; j < width; j++) a[k] -= R[k + j * width] * a[j];
    a[k] /= R[k + k * width];
    coefficient[0] -= a[k] * mean[k];
  }
}

static void measure(es_regression *out, size_t n, const double *y,
                    const double *fitted, const double *left_out) {
  const double mean = es_mean(n, y);
  double total = 0, in = 0, without = 0;
  for (size_t i = 0; i < n; i++) {
    total += (y[i] - mean) * (y[i] - mean);
    in += (y[i] - fitted[i]) * (y[i] - fitted[i]);
    without += (y[i] - left_out[i]) * (y[i] - left_out[i]);
  }
  *out = (es_regression){1 - in / total, sqrt(in / (double)n),
                         1 - without / total, sqrt(without / (double)n)};
}

static void predict(double *fitted, double *left_out, const double *along,
                    size_t n, size_t width, const double *y, const double *Q) {
  const double mean = es_mean(n, y);
  for (size_t i = 0; i < n; i++) {
    double lever = 1 / (double)n;
    fitted[i] = mean;
    for (size_t k = 0; k < width; k++) {
      fitted[i] += along[k] * Q[k * n + i];
      lever += Q[k * n + i] * Q[k * n + i];
    }
    const double own = 1 - lever;
    left_out[i] = own > DEPENDENT ? y[i] - (y[i] - fitted[i]) / own : NAN;
  }
}

es_status es_regression_fit(es_regression *out, double *coefficient,
                            double *fitted, double *left_out, size_t n,
                            size_t width, const double *y, double *X,
                            es_diag *diag) {
  es_status status = check(n, width, y, X, diag);
  if (status != ES_OK) return status;
  double *R = calloc(width * (width + 1) + 1, sizeof *R);
  if (R == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  double *mean = R + width * width;
  for (size_t k = 0; k < width; k++) mean[k] = es_mean(n, X + k * n);
  for (size_t k = 0; status == ES_OK && k < width; k++)
    status = orthonormalise(X, R, n, width, k, diag);
  if (status == ES_OK) {
    /* Columns of Q have the mean 0: y's does not count. */
    for (size_t k = 0; k < width; k++)
      coefficient[1 + k] = es_dot(n, X + k * n, y);
    predict(fitted, left_out, coefficient + 1, n, width, y, X);
    solve(coefficient, R, mean, es_mean(n, y), width);
    measure(out, n, y, fitted, left_out);
  }
  free(R);
  return status;
}
