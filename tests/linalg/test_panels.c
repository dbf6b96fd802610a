/* Products of few rows and many columns, which are cut into panels. */
#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"

#include <string.h>

/* Few rows and many columns: cut into panels, which sum to the same within k
 * units of roundoff of the sum of sizes, with leading dimensions and beta; and
 * the bits do not depend on the number of threads. */
static void wide_products(void **state) {
  (void)state;
  enum { D = 60, LD = 64, K = 1111 };
  static double A[LD * K], B[LD * K], R[LD * LD], got[2][LD * K];
  for (uint64_t i = 0; i < LD * K; i++) {
    A[i] = es_random_normal(1, ES_STREAM_USER, i);
    B[i] = es_random_normal(2, ES_STREAM_USER, i);
  }
  for (uint64_t i = 0; i < LD * LD; i++)
    R[i] = es_random_normal(3, ES_STREAM_USER, i);
  for (int t = 0; t < 2; t++) {
    es_blas_threads(t == 0 ? 1 : 2);
    memcpy(got[t], R, sizeof R);
    es_gemm(false, true, D, D, K, -4, A, LD, B, LD, .5, got[t], LD);
  }
  assert_memory_equal(got[0], got[1], sizeof R);
  for (size_t j = 0; j < D; j++)
    for (size_t i = 0; i < D; i++) {
      double sum = 0, size = 0;
      for (size_t c = 0; c < K; c++) {
        sum += A[i + c * LD] * B[j + c * LD];
        size += fabs(A[i + c * LD] * B[j + c * LD]);
      }
      assert_close(got[0][i + j * LD], -4 * sum + .5 * R[i + j * LD], 0,
                   K * 2.2e-16 * 4 * size);
    }
  for (int t = 0; t < 2; t++) {
    es_blas_threads(t == 0 ? 1 : 2);
    memcpy(got[t], B, sizeof B);
    es_gemm(false, false, D, K, D, 2, R, LD, A, LD, 1, got[t], LD);
  }
  assert_memory_equal(got[0], got[1], sizeof B);
  for (size_t j = 0; j < K; j++)
    for (size_t i = 0; i < LD; i++) {
      double sum = 0, size = 1;
      for (size_t c = 0; c < D && i < D; c++) {
        sum += R[i + c * LD] * A[c + j * LD];
        size += fabs(R[i + c * LD] * A[c + j * LD]);
      }
      assert_close(got[0][i + j * LD], B[i + j * LD] + 2 * sum, 0,
                   D * 2.2e-16 * 4 * size);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wide_products),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
