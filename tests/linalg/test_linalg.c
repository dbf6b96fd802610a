/* Linalg: against plain loops, known spectra and the promise on small
 * eigenvalues. u = 2.2e-16. */
#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"

#include <limits.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double u = 2.220446049250313e-16;

static void fill(double *x, size_t n, uint64_t seed) {
  for (size_t i = 0; i < n; i++) x[i] = es_random_normal(seed, 1024, i);
}

static void gemm_and_syrk_match_loops(void **state) {
  (void)state;
  enum { M = 5, N = 4, K = 7 };
  double A[M * K], B[N * K], C[M * N], S[M * M];
  fill(A, M * K, 1);
  fill(B, N * K, 2);
  es_gemm(false, true, M, N, K, 2, A, M, B, N, 0, C, M);
  es_syrk(M, K, 1, A, 0, S);
  for (size_t i = 0; i < M; i++)
    for (size_t j = 0; j < M; j++) {
      double c = 0, s = 0;
      for (size_t k = 0; k < K; k++) {
        if (j < N) c += 2 * A[i + k * M] * B[j + k * N];
        s += A[i + k * M] * A[j + k * M];
      }
      if (j < N) assert_close(C[i + j * M], c, 0, 50 * u);
      assert_close(S[i + j * M], s, 0, 50 * u);
    }
}

static void syr2k_matches_loops(void **state) {
  (void)state;
  enum { N = 37, K = 5 }; /* more than a tile of the mirrored triangle */
  double A[N * K], B[N * K], C[N * N];
  fill(A, N * K, 1);
  fill(B, N * K, 2);
  for (size_t i = 0; i < N * N; i++) C[i] = NAN; /* not read */
  es_syr2k(N, K, .5, A, B, C);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++) {
      double c = 0;
      for (size_t k = 0; k < K; k++)
        c += .5 * (A[i + k * N] * B[j + k * N] + B[i + k * N] * A[j + k * N]);
      assert_close(C[i + j * N], c, 0, 50 * u);
    }
}

/* A x = b with rows to be exchanged (the first pivot is 0). The solution is
 * backward stable: the residual is some n roundings of |A| |x|. */
static void lu_solves(void **state) {
  (void)state;
  enum { N = 60 };
  static double A[N * N], LU[N * N];
  double x[N], b[N];
  int pivot[N];
  fill(A, N * N, 1);
  fill(b, N, 2);
  A[0] = 0;
  memcpy(LU, A, sizeof A);
  memcpy(x, b, sizeof b);
  assert_int_equal(es_lu_factor(N, LU, pivot), ES_OK);
  es_lu_solve(N, LU, pivot, x);
  for (size_t i = 0; i < N; i++) {
    double sum = 0, size = 0;
    for (size_t j = 0; j < N; j++) {
      sum += A[i + j * N] * x[j];
      size += fabs(A[i + j * N] * x[j]);
    }
    assert_close(sum, b[i], 0, N * u * size);
  }
}

static void lu_refuses(void **state) {
  (void)state;
  double A[4] = {1, 2, 2, 4};
  int pivot[2];
  assert_int_equal(es_lu_factor(2, A, pivot), ES_NO_CONVERGENCE);
  assert_int_equal(es_lu_factor(ES_LU_ORDER + 1, NULL, NULL), ES_NO_MEMORY);
}

/* Eigenvalues 2 - 2cos(k pi/(n+1)) of the second difference; A v = lambda v. */
static void symmetric_eigenproblem(void **state) {
  (void)state;
  enum { N = 20 };
  double A[N * N] = {0}, values[N];
  es_diag diag = {0};
  for (size_t i = 0; i < N; i++) {
    A[i + i * N] = 2;
    if (i > 0) A[i - 1 + i * N] = A[i + (i - 1) * N] = -1;
  }
  assert_ok(es_eigen_symmetric(N, A, values, true, &diag), diag);
  for (size_t k = 0; k < N; k++) {
    assert_close(values[k], 2 - 2 * cos((double)(k + 1) * M_PI / (N + 1)), 0,
                 40 * u);
    for (size_t i = 1; i + 1 < N; i++)
      assert_close(2 * A[i + k * N] - A[i - 1 + k * N] - A[i + 1 + k * N],
                   values[k] * A[i + k * N], 0, 100 * u);
  }
}

/* A planned run gives the bits of the function that plans for itself, whatever
 * larger order was planned; and orders beyond the plan are refused. */
static void planned_eigenproblems(void **state) {
  (void)state;
  enum { MOST = 90 };
  static const size_t orders[] = {1, 2, 7, 40, MOST};
  double A[MOST * MOST], B[MOST * MOST], want[MOST], got[MOST];
  es_diag diag = {0};
  es_eigen *large, *values_only;
  const int threads = es_blas_serial(); /* small: a second one only waits */
  assert_ok(es_eigen_new(&large, MOST, true, &diag), diag);
  assert_ok(es_eigen_new(&values_only, MOST, false, &diag), diag);
  for (size_t k = 0; k < sizeof orders / sizeof *orders; k++)
    for (int vectors = 0; vectors < 2; vectors++) {
      const size_t n = orders[k];
      fill(A, n * n, k);
      for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < j; i++) A[j + i * n] = A[i + j * n];
      memcpy(B, A, sizeof A);
      assert_ok(es_eigen_symmetric(n, A, want, vectors, &diag), diag);
      assert_ok(es_eigen_run(vectors ? large : values_only, n, B, got, vectors,
                             &diag),
                diag);
      assert_memory_equal(got, want, n * sizeof *got);
      assert_memory_equal(A, B, n * n * sizeof *A);
    }
  es_blas_resume(threads);
  assert_status(es_eigen_run(large, MOST + 1, A, got, true, &diag),
                ES_BAD_SHAPE);
  assert_status(es_eigen_run(values_only, 2, A, got, true, &diag),
                ES_BAD_SHAPE);
  es_eigen_free(large);
  es_eigen_free(values_only);
  es_eigen_free(NULL);
  assert_status(es_eigen_new(&large, 0, true, &diag), ES_BAD_SHAPE);
  assert_non_null(strstr(diag.message, "a matrix of order 0")); /* not LAPACK */
  assert_null(large);
}

static void falling_order_and_signs(void **state) {
  (void)state;
  double values[3] = {1, 2, 3}, alone[4] = {1, 2, 3, 4};
  double V[9] = {1, 0, 0, 0, .6, -.8, 0, -.8, -.6};
  const double want[9] = {0, .8, .6, 0, -.6, .8, 1, 0, 0};
  es_eigen_falling(3, values, V);
  assert_true(values[0] == 3 && values[1] == 2 && values[2] == 1);
  for (int i = 0; i < 9; i++) assert_close(V[i], want[i], 0, 0);
  es_eigen_falling(4, alone, NULL);
  assert_true(alone[0] == 4 && alone[1] == 3 && alone[2] == 2 && alone[3] == 1);
}

/* Eigenvalues of order 60 change in their last bits from one thread to two;
 * in between the two calls they do not. */
static void serial_results_know_no_threads(void **state) {
  (void)state;
  enum { N = 60 };
  const int before = omp_get_max_threads();
  double A[N * N], copy[N * N], one[N], two[N];
  es_diag diag = {0};
  fill(A, N * N, 5);
  memcpy(copy, A, sizeof A);
  omp_set_num_threads(1);
  assert_ok(es_eigen_symmetric(N, A, one, false, &diag), diag);
  omp_set_num_threads(2);
  const int threads = es_blas_serial();
  assert_int_equal(omp_get_max_threads(), 1);
  assert_ok(es_eigen_symmetric(N, copy, two, false, &diag), diag);
  es_blas_resume(threads);
  assert_int_equal(omp_get_max_threads(), 2);
  assert_memory_equal(one, two, sizeof one);
  omp_set_num_threads(before);
}

static void qr_has_positive_diagonal_and_restores(void **state) {
  (void)state;
  enum { M = 6, N = 4 };
  double A[M * N], Q[M * N], R[N * N], P[M * N];
  es_diag diag = {0};
  fill(A, M * N, 3);
  memcpy(Q, A, sizeof A);
  assert_ok(es_qr(M, N, Q, R, &diag), diag);
  for (size_t j = 0; j < N; j++) {
    assert_true(R[j + j * N] > 0);
    for (size_t i = j + 1; i < N; i++) assert_close(R[i + j * N], 0, 0, 0);
  }
  es_gemm(false, false, M, N, N, 1, Q, M, R, N, 0, P, M);
  for (size_t i = 0; i < M * N; i++) assert_close(P[i], A[i], 0, 30 * u);
}

/* Z = U S with random orthogonal U and s over 20 decades: eigenvalues are
 * gamma s^2. Rounding Z itself perturbs each column by u relative, so the
 * factored eigenvalues hold to a modest multiple of u; 200 u covers d = 8. */
static void factored_keeps_small_eigenvalues(void **state) {
  (void)state;
  enum { D = 8, M = 8 };
  double U[D * D], R[D * D], Z[D * M], gamma[M], values[D];
  es_diag diag = {0};
  es_congruence *work;
  fill(U, D * D, 4);
  assert_ok(es_qr(D, D, U, R, &diag), diag);
  for (size_t j = 0; j < M; j++) {
    gamma[j] = 1. / (double)(j + 1);
    for (size_t i = 0; i < D; i++)
      Z[i + j * D] = U[i + j * D] * pow(10, -2.5 * (double)j);
  }
  assert_ok(es_congruence_new(&work, D, M, &diag), diag);
  assert_status(es_congruence_factored(work, Z, gamma, values), ES_OK);
  for (size_t j = 0; j < M; j++)
    assert_close(values[j], gamma[j] * pow(10, -5. * (double)j), 200 * u, 0);
  es_congruence_free(work);
  es_congruence_free(NULL);
}

/* A small negative gamma: C stays positive definite, and C = Z G Z^T by loops
 * in long double gives trace and determinant of the 2×2 case. */
static void factored_with_negative_gamma(void **state) {
  (void)state;
  const double Z[6] = {1, .5, -.3, .8, .2, -.1}, gamma[3] = {1, .4, -.2};
  double values[2], plain[2], vectors[4];
  long double c[2][2] = {{0}};
  es_diag diag = {0};
  es_congruence *work;
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++)
      for (int k = 0; k < 3; k++)
        c[i][j] += (long double)gamma[k] * Z[i + 2 * k] * Z[j + 2 * k];
  assert_ok(es_congruence_new(&work, 2, 3, &diag), diag);
  assert_status(es_congruence_factored(work, Z, gamma, values), ES_OK);
  assert_status(es_congruence_eigen(work, Z, gamma, plain, vectors), ES_OK);
  assert_close(values[0] + values[1], (double)(c[0][0] + c[1][1]), 20 * u, 0);
  assert_close(values[0] * values[1],
               (double)(c[0][0] * c[1][1] - c[0][1] * c[0][1]), 40 * u, 0);
  for (int k = 0; k < 2; k++) {
    assert_close(plain[k], values[k], 40 * u, 0);
    assert_close((double)c[0][0] * vectors[2 * k] +
                     (double)c[0][1] * vectors[2 * k + 1],
                 values[k] * vectors[2 * k], 0, 20 * u);
  }
  es_congruence_free(work);
}

/* An indefinite C falls back to C itself. */
static void indefinite_congruence(void **state) {
  (void)state;
  const double Z[4] = {1, 0, 0, 1}, gamma[2] = {.5, -.25};
  double values[2];
  es_diag diag = {0};
  es_congruence *work;
  assert_ok(es_congruence_new(&work, 2, 2, &diag), diag);
  assert_status(es_congruence_factored(work, Z, gamma, values), ES_OK);
  assert_close(values[0], .5, 2 * u, 0);
  assert_close(values[1], -.25, 2 * u, 0);
  es_congruence_free(work);
  assert_status(es_congruence_new(&work, 3, 2, &diag), ES_BAD_SHAPE);
}

static void blas_is_the_openmp_build(void **state) {
  (void)state;
  char version[32];
  assert_int_equal(es_blas_parallel(), 2);
  assert_int_equal(es_blas_version(version, sizeof version)[0], '0');
  es_blas_threads(1);
}

/* Sizes whose work is beyond an int are refused before anything is touched. */
static void orders_beyond_an_int(void **state) {
  (void)state;
  double x = 0;
  es_diag diag = {0};
  assert_int_equal(es_eigen_symmetric(32767, &x, &x, true, &diag),
                   ES_NO_MEMORY);
  assert_non_null(strstr(diag.message, "32767"));
  const size_t n = INT_MAX / 65 + 1;
  assert_int_equal(es_qr(n, n, &x, &x, &diag), ES_NO_MEMORY);
}

/* 200,000 rows by rising size, the worst order for a sort by insertion (2e10
 * moves). The sum of squares is known. */
static void many_rows_are_sorted_fast(void **state) {
  (void)state;
  enum { M = 200000 };
  double *Z = malloc(2 * M * sizeof *Z), *gamma = Z + M, value;
  es_congruence *work;
  es_diag diag = {0};
  assert_non_null(Z);
  for (size_t j = 0; j < M; j++) {
    Z[j] = (double)(j + 1);
    gamma[j] = 1;
  }
  assert_ok(es_congruence_new(&work, 1, M, &diag), diag);
  const clock_t begun = clock();
  assert_int_equal(es_congruence_factored(work, Z, gamma, &value), ES_OK);
  assert_true(clock() - begun < 4 * CLOCKS_PER_SEC);
  assert_close(value, M / 6. * (M + 1.) * (2. * M + 1), 1e-12, 0);
  es_congruence_free(work);
  free(Z);
}

/* Rows in any order, of any number, give the same bits. */
static void order_of_rows_does_not_matter(void **state) {
  (void)state;
  enum { D = 3, MOST = 19 };
  for (size_t m = D; m <= MOST; m++) {
    double Z[D * MOST], turned[D * MOST], gamma[MOST], other[MOST];
    double want[D], got[D];
    es_congruence *work;
    es_diag diag = {0};
    fill(Z, D * m, m);
    for (size_t j = 0; j < m; j++) gamma[j] = 1 + (double)j;
    assert_ok(es_congruence_new(&work, D, m, &diag), diag);
    assert_int_equal(es_congruence_factored(work, Z, gamma, want), ES_OK);
    for (size_t shift = 1; shift < m; shift++) {
      for (size_t j = 0; j < m; j++) {
        const size_t to = (m - 1 - j + shift) % m;
        memcpy(turned + D * to, Z + D * j, D * sizeof *Z);
        other[to] = gamma[j];
      }
      assert_int_equal(es_congruence_factored(work, turned, other, got), ES_OK);
      assert_memory_equal(got, want, sizeof want);
    }
    es_congruence_free(work);
  }
}

/* [[4,2],[2,3]] X = B by hand, only the lower triangle read; what is not
 * positive definite is told and leaves B alone. */
static void cholesky(void **state) {
  (void)state;
  double A[4] = {4, 2, NAN, 3}, B[4] = {8, 8, 4, 2};
  double indefinite[4] = {1, 2, 2, 1}, kept[2] = {5, 7};
  assert_status(es_cholesky_solve(2, A, 2, B), ES_OK);
  const double want[4] = {1, 2, 1, 0};
  for (int i = 0; i < 4; i++) assert_close(B[i], want[i], 0, 1e-15);
  double again[2] = {4, 2};
  es_cholesky_again(2, A, 1, again);
  for (int i = 0; i < 2; i++) assert_close(again[i], want[i + 2], 0, 1e-15);
  assert_status(es_cholesky_solve(2, indefinite, 1, kept), ES_NO_CONVERGENCE);
  assert_close(kept[0], 5, 0, 0);
  assert_close(kept[1], 7, 0, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orders_beyond_an_int),
      cmocka_unit_test(many_rows_are_sorted_fast),
      cmocka_unit_test(order_of_rows_does_not_matter),
      cmocka_unit_test(gemm_and_syrk_match_loops),
      cmocka_unit_test(syr2k_matches_loops),
      cmocka_unit_test(lu_solves),
      cmocka_unit_test(lu_refuses),
      cmocka_unit_test(symmetric_eigenproblem),
      cmocka_unit_test(planned_eigenproblems),
      cmocka_unit_test(falling_order_and_signs),
      cmocka_unit_test(serial_results_know_no_threads),
      cmocka_unit_test(qr_has_positive_diagonal_and_restores),
      cmocka_unit_test(factored_keeps_small_eigenvalues),
      cmocka_unit_test(factored_with_negative_gamma),
      cmocka_unit_test(indefinite_congruence),
      cmocka_unit_test(blas_is_the_openmp_build),
      cmocka_unit_test(cholesky),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
