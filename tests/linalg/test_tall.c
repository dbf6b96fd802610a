/* Singular values of rows in blocks: those of the whole, however it is cut. */
#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"

#include <stdlib.h>
#include <string.h>

enum { N = 150, D = 70 };

static double *drawn(void) {
  double *W = calloc(N * D, sizeof *W);
  assert_non_null(W);
  for (size_t k = 0; k < N * D; k++)
    W[k] = es_random_normal(5, ES_STREAM_USER, k) * pow(.8, (double)(k / N));
  return W;
}

/* Rows from, … of W (N×D) as a block. */
static void add(es_tall *tall, const double *W, size_t from, size_t count) {
  double *block = calloc(count * D + 1, sizeof *block);
  assert_non_null(block);
  for (size_t j = 0; j < D; j++)
    memcpy(block + j * count, W + from + j * N, count * sizeof *block);
  assert_status(es_tall_add(tall, count, block), ES_OK);
  free(block);
}

/* Against one-sided Jacobi on the whole; roundoff times the largest, some tens
 * of it. Cut anywhere, in blocks of fewer rows than columns and of more; and
 * the same work again, which has begun anew. */
static void any_cut(void **state) {
  (void)state;
  static const size_t cuts[][4] = {
      {150, 0, 0, 0}, {70, 80, 0, 0}, {1, 148, 1, 0}, {0, 33, 117, 0}};
  double *W = drawn(), want[D], got[D];
  es_diag diag = {0};
  es_singular *whole;
  es_tall *tall;
  assert_ok(es_singular_new(&whole, N, D, &diag), diag);
  assert_status(es_singular_run(whole, W, want), ES_OK);
  es_singular_free(whole);
  assert_ok(es_tall_new(&tall, D, &diag), diag);
  for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
    size_t from = 0;
    for (size_t b = 0; b < 4; from += cuts[k][b++])
      add(tall, W, from, cuts[k][b]);
    assert_status(es_tall_values(tall, got), ES_OK);
    for (size_t j = 0; j < D; j++)
      assert_close(got[j], want[j], 0, 1e-14 * want[0]);
  }
  assert_status(es_tall_values(tall, got), ES_OK); /* of no rows */
  for (size_t j = 0; j < D; j++) assert_close(got[j], 0, 0, 0);
  add(tall, W, 3, 2); /* fewer than columns: two values and zeros */
  assert_status(es_tall_values(tall, got), ES_OK);
  assert_true(got[1] > .1 && got[2] < 1e-14 && got[D - 1] >= 0);
  es_tall_free(tall);
  free(W);
}

static void one_column(void **state) {
  (void)state;
  es_diag diag = {0};
  es_tall *tall;
  double block[2] = {3, -4}, more[1] = {12}, sigma;
  assert_ok(es_tall_new(&tall, 1, &diag), diag);
  assert_status(es_tall_add(tall, 2, block), ES_OK);
  assert_status(es_tall_add(tall, 1, more), ES_OK);
  assert_status(es_tall_values(tall, &sigma), ES_OK);
  assert_close(sigma, 13, 1e-15, 0);
  block[0] = NAN;
  assert_status(es_tall_add(tall, 2, block), ES_OK);
  assert_status(es_tall_values(tall, &sigma), ES_NO_CONVERGENCE);
  es_tall_free(tall);
  assert_status(es_tall_new(&tall, 0, &diag), ES_BAD_SHAPE);
  assert_null(tall);
  assert_status(es_tall_new(&tall, 40000, &diag), ES_BAD_SHAPE);
  es_tall_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_cut),
                                     cmocka_unit_test(one_column)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
