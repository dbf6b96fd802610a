/* Left singular vectors against what defines them: U orthogonal, U^T W with
 * orthogonal rows of norms sigma, which fall; small ones beside large ones. */
#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"

#include <stdlib.h>
#include <string.h>

typedef struct found {
  size_t n, m;
  double *W, *sigma, *U, *Y; /* Y = U^T W */
} found;

static found find(const double *W, size_t n, size_t m) {
  es_diag diag = {0};
  es_svd *svd;
  found f = {n,
             m,
             calloc(n * m, sizeof(double)),
             calloc(n, sizeof(double)),
             calloc(n * n, sizeof(double)),
             calloc(n * m, sizeof(double))};
  assert_true(f.W != NULL && f.sigma != NULL && f.U != NULL && f.Y != NULL);
  memcpy(f.W, W, n * m * sizeof *W);
  assert_ok(es_svd_new(&svd, n, m, &diag), diag);
  for (int twice = 0; twice < 2; twice++) /* scratch is left fit for use */
    assert_status(es_svd_left(svd, f.W, f.sigma, f.U), ES_OK);
  assert_memory_equal(f.W, W, n * m * sizeof *W);
  es_svd_free(svd);
  es_gemm(true, false, n, m, n, 1, f.U, n, W, n, 0, f.Y, n);
  return f;
}

static void found_free(found *f) {
  free(f->W);
  free(f->sigma);
  free(f->U);
  free(f->Y);
}

/* Within some tens of roundoff for orders up to 100, of vectors of norm one and
 * of the largest singular value. */
static void check(const found *f) {
  const double tolerance = 1e-13;
  for (size_t i = 0; i < f->n; i++)
    for (size_t j = 0; j <= i; j++) {
      double u = 0, y = 0;
      for (size_t k = 0; k < f->n; k++)
        u += f->U[k + i * f->n] * f->U[k + j * f->n];
      for (size_t k = 0; k < f->m; k++)
        y += f->Y[i + k * f->n] * f->Y[j + k * f->n];
      assert_close(u, i == j, 0, tolerance);
      assert_close(y, i == j ? f->sigma[i] * f->sigma[i] : 0, 0,
                   tolerance * f->sigma[0] * f->sigma[0]);
    }
  for (size_t j = 1; j < f->n; j++) assert_true(f->sigma[j] <= f->sigma[j - 1]);
  for (size_t j = f->m; j < f->n; j++)
    assert_close(f->sigma[j], 0, 0, tolerance * f->sigma[0]);
}

static double *drawn(size_t n, size_t m) {
  double *W = calloc(n * m, sizeof *W);
  assert_non_null(W);
  for (size_t k = 0; k < n * m; k++)
    W[k] = es_random_normal(5, ES_STREAM_USER, k);
  return W;
}

/* Orders on both sides of 64, where the method changes. */
static void any_shape(void **state) {
  (void)state;
  static const size_t shape[][2] = {{1, 1}, {1, 4},  {4, 1},  {3, 5},   {5, 3},
                                    {8, 8}, {64, 9}, {65, 9}, {66, 100}};
  for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
    double *W = drawn(shape[k][0], shape[k][1]);
    found f = find(W, shape[k][0], shape[k][1]);
    check(&f);
    found_free(&f);
    free(W);
  }
}

static void less_than_full_rank(void **state) {
  (void)state;
  for (size_t n = 5; n <= 70; n += 65) {
    double *W = calloc(n * 7, sizeof *W), *b = drawn(n, 2);
    found zero = find(W, n, 7);
    check(&zero);
    assert_close(zero.sigma[0], 0, 0, 0);
    found_free(&zero);
    for (size_t j = 0; j < 7; j++)
      for (size_t i = 0; i < n; i++)
        W[i + j * n] = b[i] * (double)(j + 1) + b[i + n] * (double)(j % 2);
    found f = find(W, n, 7);
    check(&f);
    assert_true(f.sigma[1] > 1e-3 && f.sigma[2] < 1e-13 * f.sigma[0]);
    found_free(&f);
    free(W);
    free(b);
  }
}

/* Rows of norms 1, 1e-20, … 1e-100 along orthogonal directions: those are the
 * singular values, each to roundoff; and at the end of the range, where
 * OpenBLAS's norms have their 80 bits. */
static void graded_rows(void **state) {
  (void)state;
  double Q[6 * 6], R[36], W[36];
  double *drawn_ones = drawn(6, 6);
  memcpy(Q, drawn_ones, sizeof Q);
  free(drawn_ones);
  assert_status(es_qr(6, 6, Q, R, NULL), ES_OK);
  static const size_t order[6] = {2, 0, 5, 1, 4, 3};
  const int ranges = long_double_is_wide() ? 2 : 1;
  for (int big = 0; big < ranges; big++) {
    for (size_t i = 0; i < 6; i++)
      for (size_t j = 0; j < 6; j++)
        W[i + 6 * j] =
            pow(10, (big ? 306 : 0) - 20. * (double)order[i]) * Q[j + 6 * i];
    found f = find(W, 6, 6);
    for (size_t j = 0; j < 6; j++)
      assert_close(f.sigma[j], pow(10, (big ? 306 : 0) - 20. * (double)j),
                   1e-14, 0);
    found_free(&f);
  }
}

static void out_of_range(void **state) {
  (void)state;
  es_svd *svd;
  es_diag diag = {0};
  assert_status(es_svd_new(&svd, 0, 3, &diag), ES_BAD_SHAPE);
  assert_null(svd);
  assert_status(es_svd_new(&svd, 3, 0, &diag), ES_BAD_SHAPE);
  assert_status(es_svd_new(&svd, 40000, 3, &diag), ES_BAD_SHAPE);
  es_svd_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_shape), cmocka_unit_test(less_than_full_rank),
      cmocka_unit_test(graded_rows), cmocka_unit_test(out_of_range)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
