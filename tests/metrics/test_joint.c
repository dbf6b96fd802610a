/* Joint diagonalisation. */
#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"
#include "metrics/joint.h"

#include <string.h>

enum { N = 6 };

/* An orthogonal matrix. */
static void orthogonal(double *Q, uint64_t seed) {
  double R[N * N];
  for (size_t k = 0; k < N * N; k++)
    Q[k] = es_random_normal(seed, ES_STREAM_USER, k);
  assert_status(es_qr(N, N, Q, R, NULL), ES_OK);
}

/* A = Q diag(value) Q^T. */
static void compose(const double *Q, const double *value, double *A) {
  for (size_t j = 0; j < N; j++)
    for (size_t i = 0; i < N; i++) {
      A[i + j * N] = 0;
      for (size_t k = 0; k < N; k++)
        A[i + j * N] += Q[i + k * N] * value[k] * Q[j + k * N];
    }
}

static void identity(double *U) {
  for (size_t k = 0; k < N * N; k++) U[k] = k % (N + 1) == 0;
}

static double off_diagonal(const double *A, size_t count) {
  double most = 0;
  for (size_t k = 0; k < count * N * N; k++)
    if (k % (N * N) % (N + 1) != 0) most = fmax(most, fabs(A[k]));
  return most;
}

/* Each of the two has equal eigenvalues that the other tells apart. */
static void common_axes_are_found(void **state) {
  static const double first[N] = {2, 2, 2, -1, -1, 0},
                      second[N] = {1, 3, .5, .25, 4, 7};
  double Q[N * N], A[2 * N * N], U[N * N], work[N * N];
  (void)state;
  orthogonal(Q, 3);
  compose(Q, first, A);
  compose(Q, second, A + N * N);
  identity(U);
  es_joint_axes(N, 2, A, U, work);
  assert_close(off_diagonal(A, 2), 0, 0, 1e-14 * 7);
  for (size_t j = 0; j < N; j++) {
    double found = 0, norm = 0;
    for (size_t k = 0; k < N; k++) {
      double dot = 0;
      for (size_t i = 0; i < N; i++) dot += U[i + j * N] * Q[i + k * N];
      norm += dot * dot;
      if (fabs(dot) < .5) continue;
      found++;
      assert_close(A[j * (N + 1)], first[k], 0, 1e-13);
      assert_close(A[N * N + j * (N + 1)], second[k], 0, 1e-13);
    }
    assert_close(found, 1, 0, 0);
    assert_close(norm, 1, 0, 1e-13);
  }
}

/* 45 degrees, where diagonals are equal: tan(4 theta) is 0 of 0. */
static void equal_diagonals_turn(void **state) {
  double A[4] = {1, .5, .5, 1}, U[4] = {1, 0, 0, 1}, work[4];
  (void)state;
  es_joint_axes(2, 1, A, U, work);
  assert_close(A[1], 0, 0, 1e-15);
  assert_close(fabs(U[0]), sqrt(.5), 1e-15, 0);
  assert_close(fabs(A[0] - 1), .5, 1e-15, 0);
}

/* Of two that do not commute the sum of squares is stationary: any turn by a
 * small angle in a plane adds to it. */
static void the_least_is_next_to_the_start(void **state) {
  double A[2 * N * N], first[2 * N * N], U[N * N], work[N * N];
  (void)state;
  for (size_t m = 0; m < 2; m++)
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j <= i; j++)
        first[m * N * N + i + j * N] = first[m * N * N + j + i * N] =
            (i == j ? (double)(i + 1) * (m ? 1 : -1) : 0) +
            .05 * es_random_normal(m, ES_STREAM_USER, i * N + j);
  memcpy(A, first, sizeof A);
  identity(U);
  es_joint_axes(N, 2, A, U, work);
  for (size_t i = 0; i < N; i++) assert_true(U[i * (N + 1)] > .9);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < i; j++) {
      double slope = 0;
      for (size_t m = 0; m < 2; m++) {
        const double *B = A + m * N * N;
        slope += B[i + j * N] * (B[i * (N + 1)] - B[j * (N + 1)]);
      }
      assert_close(slope, 0, 0, 1e-12);
    }
}

/* What is already diagonal, and a multiple of the identity with rounding. */
static void nothing_turns_without_need(void **state) {
  double A[N * N], U[N * N], work[N * N];
  (void)state;
  identity(A);
  A[1] = A[N] = 1e-17;
  identity(U);
  es_joint_axes(N, 1, A, U, work);
  for (size_t k = 0; k < N * N; k++) assert_close(U[k], k % (N + 1) == 0, 0, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(common_axes_are_found),
      cmocka_unit_test(equal_diagonals_turn),
      cmocka_unit_test(the_least_is_next_to_the_start),
      cmocka_unit_test(nothing_turns_without_need),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
