/* Singular values alone: digits of small ones beside large ones against mpmath
 * (tests/oracle/singular.py), shapes, ranks, the ends of double's range. */
#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double u = DBL_EPSILON / 2;

/* Values of W, which must stay as it is, the second time of the same scratch.
 */
static double *values(const double *W, size_t n, size_t m) {
  es_diag diag = {0};
  es_singular *work;
  double *sigma = calloc(n < m ? n : m, sizeof *sigma);
  double *copy = calloc(n * m, sizeof *copy);
  assert_true(sigma != NULL && copy != NULL);
  memcpy(copy, W, n * m * sizeof *W);
  assert_ok(es_singular_new(&work, n, m, &diag), diag);
  for (int twice = 0; twice < 2; twice++)
    assert_status(es_singular_run(work, copy, sigma), ES_OK);
  assert_memory_equal(copy, W, n * m * sizeof *W);
  es_singular_free(work);
  free(copy);
  return sigma;
}

/* In units of roundoff times how far roundoff in W's entries reaches into the
 * value: what no algorithm that reads W can go below by much. */
static double worst_of(const double *W, size_t n, size_t m, const double *sigma,
                       const double *share) {
  const size_t d = n < m ? n : m;
  double worst = 0, *got = values(W, n, m);
  for (size_t j = 0; j < d; j++) {
    const double units = fabs(got[j] / sigma[j] - 1) / (u * share[j]);
    worst = units <= worst ? worst : units;
  }
  free(got);
  return worst;
}

typedef struct kase {
  char name[32];
  size_t n, m;
  double W[400], turned[400], sigma[20], share[20];
} kase;

/* Householder's errors grow with the length of the sums, slower than in
 * proportion: a unit for each of max(n, m) terms, and a few. */
static void check(const kase *k) {
  const double most = (double)(k->n > k->m ? k->n : k->m) + 4;
  const double here = worst_of(k->W, k->n, k->m, k->sigma, k->share);
  const double there = worst_of(k->turned, k->m, k->n, k->sigma, k->share);
  print_message("# %s: %.2f and, turned, %.2f units\n", k->name, here, there);
  /* Whose columns' squares leave the range of double, not that of OpenBLAS's
   * x87 norms, which valgrind rounds to double. */
  if (strcmp(k->name, "farthest") == 0 && !long_double_is_wide()) return;
  assert_true(here <= most && there <= most);
}

static void take(kase *k, const char *what, size_t i, size_t j, double x) {
  if (strcmp(what, "W") == 0) {
    assert_true(i < k->n && j < k->m && k->n * k->m <= 400);
    k->W[i + j * k->n] = k->turned[j + i * k->m] = x;
  } else {
    assert_true(j < 20);
    (strcmp(what, "sigma") == 0 ? k->sigma : k->share)[j] = x;
  }
}

static void digits_of_mpmath(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/singular.csv", "r");
  char line[256], name[32], what[8], place[16];
  size_t n, m, j, cases = 0;
  double x;
  kase *k = calloc(1, sizeof *k);
  assert_true(file != NULL && k != NULL);
  assert_non_null(fgets(line, sizeof line, file));
  while (fgets(line, sizeof line, file) != NULL) {
    const char *i = strstr(line, "W,");
    if (i == NULL)
      assert_int_equal(sscanf(line, "%31[^,],%zu,%zu,%7[^,],,%zu,%lf", name, &n,
                              &m, what, &j, &x),
                       6);
    else
      assert_int_equal(sscanf(line, "%31[^,],%zu,%zu,%7[^,],%15[^,],%zu,%lf",
                              name, &n, &m, what, place, &j, &x),
                       7);
    if (strcmp(name, k->name) != 0) {
      if (cases++ > 0) check(k);
      *k = (kase){.n = n, .m = m};
      strcpy(k->name, name);
    }
    take(k, what, i == NULL ? 0 : (size_t)strtoul(place, NULL, 10), j, x);
  }
  assert_int_equal(cases, 13);
  check(k);
  fclose(file);
  free(k);
}

static double *drawn(size_t n, size_t m) {
  double *W = calloc(n * m, sizeof *W);
  assert_non_null(W);
  for (size_t k = 0; k < n * m; k++)
    W[k] = es_random_normal(5, ES_STREAM_USER, k);
  return W;
}

/* Rows of norms 10^0 … 10^-60 along orthogonal directions, and columns alike:
 * those are the singular values, to what the directions lack of orthogonality,
 * at an order that has blocks. */
static void high_order(void **state) {
  (void)state;
  enum { N = 300 };
  double *Q = drawn(N, N), *R = calloc(N * N, sizeof *R);
  double *W = calloc(N * N, sizeof *W);
  assert_true(R != NULL && W != NULL);
  assert_status(es_qr(N, N, Q, R, NULL), ES_OK);
  for (int columns = 0; columns < 2; columns++) {
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < N; j++) {
        const size_t place = (columns ? j : i) * 7 % N;
        W[i + N * j] = Q[i + N * j] * pow(10, -60. * (double)place / N);
      }
    double *sigma = values(W, N, N);
    for (size_t j = 0; j < N; j++)
      assert_close(sigma[j], pow(10, -60. * (double)j / N), 1e-13, 0);
    free(sigma);
  }
  free(Q);
  free(R);
  free(W);
}

/* The product of the singular values is the determinant, D1's and D2's times
 * B's: all 130 digits of range between, from LU of B alone. The order of rows
 * and columns has no effect. B has a heavy diagonal, in the order of the
 * grading, so that its minors are well conditioned. */
static void determinant(void **state) {
  (void)state;
  enum { N = 200 };
  double *B = drawn(N, N), *W = calloc(N * N, sizeof *W), grades = 0;
  int pivot[N];
  assert_non_null(W);
  for (size_t i = 0; i < N; i++) B[i + N * i] += 60;
  for (size_t i = 0; i < N; i++) {
    grades -= 130. * (double)i / N * log(10);
    for (size_t j = 0; j < N; j++)
      W[i * 3 % N + N * (j * 7 % N)] =
          B[i + N * j] * pow(10, -65. * (double)(i + j) / N);
  }
  double *sigma = values(W, N, N);
  double sum = 0, want = 0;
  assert_status(es_lu_factor(N, B, pivot), ES_OK);
  for (size_t j = 0; j < N; j++) {
    sum += log(sigma[j]);
    want += log(fabs(B[j + N * j]));
    assert_true(j == 0 || sigma[j] <= sigma[j - 1]);
  }
  /* Sums of 200 logarithms of up to 300, and 200 values of some units each. */
  assert_close(sum, want + grades, 0, 200 * 300 * u + 200 * 20 * u);
  free(B);
  free(W);
  free(sigma);
}

/* Zeros are exact where rows or columns are zero or equal up to a power of two;
 * elsewhere roundoff beside the largest. */
static void ranks(void **state) {
  (void)state;
  const double none[6] = {0};
  double *sigma = values(none, 2, 3);
  assert_true(sigma[0] == 0 && sigma[1] == 0);
  free(sigma);
  const double W[12] = {0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1e-200};
  sigma = values(W, 4, 3);
  assert_close(sigma[0], 5, 4 * u, 0);
  assert_close(sigma[1], 6e-201, 8 * u, 0);
  assert_true(sigma[2] == 0);
  free(sigma);
  double *a = drawn(70, 1), *b = drawn(90, 1), outer[70 * 90];
  for (size_t j = 0; j < 90; j++)
    for (size_t i = 0; i < 70; i++) outer[i + 70 * j] = a[i] * b[j];
  sigma = values(outer, 70, 90);
  assert_close(sigma[0], es_norm(70, a) * es_norm(90, b), 1e-14, 0);
  for (size_t j = 1; j < 70; j++)
    assert_true(sigma[j] >= 0 && sigma[j] < 1e-14 * sigma[0]);
  free(sigma);
  free(a);
  free(b);
}

/* Scaling by a power of two changes nothing but the scale, down to numbers that
 * are not normal and up to the largest. */
static void ends_of_the_range(void **state) {
  (void)state;
  double *W = drawn(6, 5), scaled[30];
  double *want = values(W, 6, 5);
  for (int power = -1000; power <= 1000; power += 250) {
    for (size_t k = 0; k < 30; k++) scaled[k] = ldexp(W[k], power);
    double *got = values(scaled, 6, 5);
    for (size_t j = 0; j < 5; j++) assert_true(got[j] == ldexp(want[j], power));
    free(got);
  }
  const double tiny[4] = {DBL_TRUE_MIN, 0, 0, 3 * DBL_TRUE_MIN};
  double *got = values(tiny, 2, 2);
  assert_true(got[0] == 3 * DBL_TRUE_MIN && got[1] == DBL_TRUE_MIN);
  free(got);
  free(want);
  free(W);
}

static void not_finite(void **state) {
  (void)state;
  es_diag diag = {0};
  es_singular *work;
  double sigma[2], good[6] = {1, 0, 0, 1, 0, 0};
  assert_ok(es_singular_new(&work, 2, 3, &diag), diag);
  for (size_t k = 0; k < 6; k++)
    for (int kind = 0; kind < 2; kind++) {
      double W[6] = {1, 2, 3, 4, 5, 7};
      W[k] = kind ? NAN : -INFINITY;
      assert_status(es_singular_run(work, W, sigma), ES_NO_CONVERGENCE);
    }
  assert_status(es_singular_run(work, good, sigma), ES_OK);
  assert_true(sigma[0] == 1 && sigma[1] == 1);
  for (size_t k = 0; k < 6; k++) good[k] = DBL_MAX; /* times sqrt(6) */
  assert_status(es_singular_run(work, good, sigma), ES_NO_CONVERGENCE);
  es_singular_free(work);
  assert_status(es_singular_new(&work, 0, 3, &diag), ES_BAD_SHAPE);
  assert_null(work);
  assert_status(es_singular_new(&work, 3, 0, &diag), ES_BAD_SHAPE);
  assert_status(es_singular_new(&work, 40000, 40000, &diag), ES_BAD_SHAPE);
  assert_status(es_singular_new(&work, SIZE_MAX, 2, &diag), ES_BAD_SHAPE);
  es_singular_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(digits_of_mpmath),  cmocka_unit_test(high_order),
      cmocka_unit_test(determinant),       cmocka_unit_test(ranks),
      cmocka_unit_test(ends_of_the_range), cmocka_unit_test(not_finite)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
