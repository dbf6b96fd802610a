/* Principal components of features made from known ones. */
#include "../check.h"

#include "base/random.h"
#include "metrics/components.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { N = 700, D = 3 };

static const double sigma[D] = {3, 1, 1e-3}, mean[D] = {1e3, -2, .5};
/* An orthogonal matrix, its largest entry in each row positive. */
static const double Q[D][D] = {{2. / 3, -1. / 3, 2. / 3},
                               {2. / 3, 2. / 3, -1. / 3},
                               {-1. / 3, 2. / 3, 2. / 3}};

/* x = mean + sum of sigma_k u_k Q_k, with columns u that are orthonormal and
 * centred: cosines of k + 1 half turns, over N. */
static double wave(int k, int i) {
  return sqrt(2) * cos(3.14159265358979323846 * (k + 1) * (i + .5) / N);
}

static void make(float *x) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < D; j++) {
      double sum = mean[j];
      for (int k = 0; k < D; k++) sum += sigma[k] * wave(k, i) * Q[k][j];
      x[i * D + j] = (float)sum;
    }
}

/* Floats near 1000 are rounded by up to 3e-5: each component is as wrong, and a
 * variance by 2 sigma times that. */
static void components_as_they_were_made(void **state) {
  (void)state;
  static float x[N * D], all[N * D], one[N], two[2 * N];
  es_components *c;
  es_diag diag = {0};
  make(x);
  assert_ok(es_components_new(&c, N, D, x, &diag), diag);
  for (int k = 0; k < D; k++)
    assert_close(es_components_variances(c)[k], sigma[k] * sigma[k], 0,
                 2 * sigma[k] * 1e-4 + 1e-9);
  es_components_of(c, all, N, x, 1, D);
  for (int i = 0; i < N; i++)
    for (int k = 0; k < 2; k++)
      assert_close((double)all[i * D + k], sigma[k] * wave(k, i), 0, 3e-4);
  es_components_of(c, one, N, x, 2, 2);
  es_components_of(c, two, N, x, 2, 3);
  for (int i = 0; i < N; i++) {
    /* The same products in other company: the last bits may differ. */
    assert_close((double)one[i], (double)all[i * D + 1], 1e-6, 1e-9);
    assert_close((double)two[2 * i], (double)all[i * D + 1], 1e-6, 1e-9);
    assert_close((double)two[2 * i + 1], (double)all[i * D + 2], 1e-6, 1e-9);
  }
  es_components_free(c);
}

/* x is of its exact size: a sanitizer sees what is read beyond. */
static void dead_components_are_zero(void **state) {
  (void)state;
  static float out[N * 2];
  float *x = calloc(N * 2, sizeof *x);
  es_components *c;
  es_diag diag = {0};
  assert_non_null(x);
  for (int i = 0; i < N; i++) x[2 * i] = x[2 * i + 1] = (float)(i % 7) * .1f;
  assert_ok(es_components_new(&c, N, 2, x, &diag), diag);
  es_components_of(c, out, N, x, 1, 2);
  for (int i = 0; i < N; i++) assert_true(out[2 * i + 1] == 0);
  assert_true(out[0] < 0 && out[12] > 0);
  es_components_free(c);
  /* So is a float's rounding beside a component. */
  for (int i = 0; i < N; i++) {
    x[2 * i] = (float)(i % 7 + 1);
    x[2 * i + 1] = nextafterf(x[2 * i], i % 2 ? 0 : 9);
  }
  assert_ok(es_components_new(&c, N, 2, x, &diag), diag);
  assert_true(es_components_variances(c)[1] > 0);
  es_components_of(c, out, N, x, 1, 2);
  for (int i = 0; i < N; i++) assert_true(out[2 * i + 1] == 0);
  es_components_free(c);
  for (int i = 0; i < 2 * N; i++) x[i] = .1f;
  assert_ok(es_components_new(&c, N, 2, x, &diag), diag);
  es_components_of(c, out, N, x, 1, 2);
  for (int i = 0; i < 2 * N; i++) assert_true(out[i] == 0);
  es_components_free(c);
  free(x);
}

static void bits_for_any_number_of_threads(void **state) {
  (void)state;
  enum { WIDE = 300 };
  static float x[N * WIDE], first[N * WIDE], out[N * WIDE];
  const int before = omp_get_max_threads();
  es_diag diag = {0};
  for (uint64_t k = 0; k < N * WIDE; k++)
    x[k] = (float)es_random_normal(1, ES_STREAM_USER, k);
  for (int threads = 1; threads <= 3; threads++) {
    es_components *c;
    omp_set_num_threads(threads);
    assert_ok(es_components_new(&c, N, WIDE, x, &diag), diag);
    es_components_of(c, out, N, x, 1, WIDE);
    if (threads == 1) memcpy(first, out, sizeof out);
    assert_memory_equal(first, out, sizeof out);
    es_components_free(c);
  }
  omp_set_num_threads(before);
}

static void refusals(void **state) {
  (void)state;
  const float x[] = {1, INFINITY};
  es_components *c;
  es_diag diag = {0};
  assert_status(es_components_new(&c, 0, 2, x, &diag), ES_BAD_SHAPE);
  assert_status(es_components_new(&c, 2, 0, x, &diag), ES_BAD_SHAPE);
  assert_status(es_components_new(&c, 2, 1, x, &diag), ES_NOT_FINITE);
  assert_null(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(components_as_they_were_made),
      cmocka_unit_test(dead_components_are_zero),
      cmocka_unit_test(bits_for_any_number_of_threads),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests_name("metrics/components", tests, NULL, NULL);
}
