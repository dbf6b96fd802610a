/* Variance along given functions: of linear maps, where theory.md 1 says what
 * it is, under rotations, and where it is not defined. */
#include "tests/metrics/pairs.h"

#include "linalg/linalg.h"

#include <string.h>

enum { N = 200, M = 5, K = 3 };

/* Gamma of centred inputs x (2N×M), its eigenpairs, falling, and phi_j = v_j^T
 * x: all by loops but the eigenproblem. */
typedef struct inputs {
  double x[2 * N * M], phi[2 * N * M];
  double Gamma[M * M], gamma[M], V[M * M]; /* v_j in row j */
} inputs;

/* anti: the last input has the opposite sign in the second view. */
static inputs *make_inputs(uint64_t seed, bool anti) {
  inputs *in = calloc(1, sizeof *in);
  double *x = make_pairs(N, M, .8, seed), *Gamma;
  es_diag diag = {0};
  assert_non_null(in);
  for (size_t j = 0; j < M; j++) {
    double mean = 0;
    for (size_t i = 0; anti && j == M - 1 && i < N; i++)
      x[(N + i) * M + j] = -x[i * M + j];
    for (size_t i = 0; i < 2 * N; i++) mean += x[i * M + j] / (2 * N);
    for (size_t i = 0; i < 2 * N; i++) in->x[i * M + j] = x[i * M + j] - mean;
  }
  Gamma = naive_moment(2 * N, M, in->x, true);
  memcpy(in->Gamma, Gamma, sizeof in->Gamma);
  memcpy(in->V, Gamma, sizeof in->V);
  assert_ok(es_eigen_symmetric(M, in->V, in->gamma, true, &diag), diag);
  es_eigen_falling(M, in->gamma, in->V);
  for (size_t i = 0; i < 2 * N; i++)
    for (size_t j = 0; j < M; j++)
      for (size_t r = 0; r < M; r++)
        in->phi[i * M + j] += in->V[j * M + r] * in->x[i * M + r];
  free(Gamma);
  free(x);
  return in;
}

/* z = W x for W (d×M, row-major). Free it. */
static double *map(const inputs *in, size_t d, const double *W) {
  double *z = calloc(2 * N * d, sizeof *z);
  assert_non_null(z);
  for (size_t i = 0; i < 2 * N; i++)
    for (size_t a = 0; a < d; a++)
      for (size_t r = 0; r < M; r++)
        z[i * d + a] += W[a * M + r] * in->x[i * M + r];
  return z;
}

static void along(double *out, double *overlap, const inputs *in, size_t d,
                  const double *z) {
  es_spectra *work = make_spectra(2 * N, M);
  es_diag diag = {0};
  assert_ok(es_spectra_along(work, N, d, M, z, in->phi, in->gamma, out, overlap,
                             &diag),
            diag);
  es_spectra_free(work);
}

/* Sums of 2N products of numbers of size 4·4 at most. */
static const double rounding = 16 * 2 * N * 2.220446049250313e-16;

/* gamma_j |W v_j|^2 of a random map; the sum over all modes is the trace of C,
 * and no overlap is above 1, since all gamma are positive. */
static void a_linear_map(void **state) {
  (void)state;
  double W[K * M], got[M], overlap[M], values[K], sum = 0, trace = 0;
  inputs *in = make_inputs(1, false);
  es_diag diag = {0};
  for (uint64_t i = 0; i < K * M; i++) W[i] = es_random_normal(7, 1024, i);
  double *z = map(in, K, W);
  along(got, overlap, in, K, z);
  assert_true(in->gamma[M - 1] > .05);
  for (size_t j = 0; j < M; j++) {
    double square = 0;
    for (size_t a = 0; a < K; a++) {
      double Wv = 0;
      for (size_t r = 0; r < M; r++) Wv += W[a * M + r] * in->V[j * M + r];
      square += Wv * Wv;
    }
    assert_close(got[j], in->gamma[j] * square, 0, 10 * rounding);
    assert_true(overlap[j] > 0 && overlap[j] < 1);
    sum += got[j];
  }
  es_spectra *work = make_spectra(2 * N, K);
  assert_ok(es_spectra_cross(work, N, K, z, values, NULL, &diag), diag);
  for (size_t k = 0; k < K; k++) trace += values[k];
  assert_close(sum, trace, 0, 10 * rounding);
  es_spectra_free(work);
  free(z);
  free(in);
}

/* W = U diag(s) V^T: the direction of mode j is mode j's alone. */
static void an_aligned_map(void **state) {
  (void)state;
  const double s[K] = {1.5, .7, .2};
  double W[K * M] = {0}, U[K * K], R[K * K], got[M], overlap[M];
  inputs *in = make_inputs(2, false);
  es_diag diag = {0};
  for (uint64_t i = 0; i < K * K; i++) U[i] = es_random_normal(8, 1024, i);
  assert_ok(es_qr(K, K, U, R, &diag), diag);
  for (size_t a = 0; a < K; a++)
    for (size_t r = 0; r < M; r++)
      for (size_t j = 0; j < K; j++)
        W[a * M + r] += U[a + j * K] * s[j] * in->V[j * M + r];
  double *z = map(in, K, W);
  along(got, overlap, in, K, z);
  for (size_t j = 0; j < K; j++) {
    assert_close(got[j], in->gamma[j] * s[j] * s[j], 0, 10 * rounding);
    assert_close(overlap[j], 1, 0, 1e-11);
  }
  for (size_t j = K; j < M; j++) assert_close(got[j], 0, 0, rounding);
  free(z);
  free(in);
}

/* z = phi_1 + phi_2: the squared cosines are gamma_j/(gamma_1 + gamma_2). */
static void a_mixture_of_two(void **state) {
  (void)state;
  double z[2 * N], got[M], overlap[M];
  inputs *in = make_inputs(3, false);
  for (size_t i = 0; i < 2 * N; i++) z[i] = in->phi[i * M] + in->phi[i * M + 1];
  along(got, overlap, in, 1, z);
  for (size_t j = 0; j < 2; j++) {
    assert_close(got[j], in->gamma[j], 0, 10 * rounding);
    assert_close(overlap[j], in->gamma[j] / (in->gamma[0] + in->gamma[1]), 0,
                 10 * rounding);
  }
  free(in);
}

/* Outputs turned by an orthogonal Q, and moved: nothing changes. */
static void outputs_may_be_turned(void **state) {
  (void)state;
  double Q[K * K], R[K * K], a[2][M], b[2][M];
  double turned[2 * N * K];
  inputs *in = make_inputs(4, false);
  double *z = make_pairs(N, K, .9, 4);
  es_diag diag = {0};
  for (uint64_t i = 0; i < K * K; i++) Q[i] = es_random_normal(9, 1024, i);
  assert_ok(es_qr(K, K, Q, R, &diag), diag);
  for (size_t i = 0; i < 2 * N; i++)
    for (size_t p = 0; p < K; p++) {
      turned[i * K + p] = 3;
      for (size_t q = 0; q < K; q++)
        turned[i * K + p] += Q[p + q * K] * z[i * K + q];
    }
  along(a[0], a[1], in, K, z);
  along(b[0], b[1], in, K, turned);
  for (size_t j = 0; j < M; j++) {
    assert_close(a[0][j], b[0][j], 0, 10 * rounding);
    assert_close(a[1][j], b[1][j], 0, 10 * rounding);
    assert_true(a[0][j] > 1e-6);
  }
  free(z);
  free(in);
}

/* A mode that the views disagree on has gamma < 0: not defined, and neither is
 * an overlap without an embedding or with one of no variance. */
static void where_it_is_not_defined(void **state) {
  (void)state;
  double z[2 * N], got[M], overlap[M];
  inputs *in = make_inputs(5, true);
  assert_true(in->gamma[M - 1] < -.01 && in->gamma[M - 2] > 0);
  for (size_t i = 0; i < 2 * N; i++) z[i] = 1;
  along(got, overlap, in, 1, z);
  for (size_t j = 0; j + 1 < M; j++) {
    assert_close(got[j], 0, 0, 0);
    assert_true(isnan(overlap[j]));
  }
  assert_true(isnan(got[M - 1]) && isnan(overlap[M - 1]));
  /* Along phi_1, with so much of the last that C < 0. */
  const double much = 2 * sqrt(-in->gamma[0] / in->gamma[M - 1]);
  for (size_t i = 0; i < 2 * N; i++)
    z[i] = in->phi[i * M] + much * in->phi[i * M + M - 1];
  along(got, overlap, in, 1, z);
  assert_close(got[0], in->gamma[0], 0, 10 * rounding);
  assert_true(isnan(overlap[0]));
  in->gamma[0] = 0;
  along(got, overlap, in, 1, z);
  assert_true(isnan(got[0]) && isnan(overlap[0]));
  free(in);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_linear_map),
      cmocka_unit_test(an_aligned_map),
      cmocka_unit_test(a_mixture_of_two),
      cmocka_unit_test(outputs_may_be_turned),
      cmocka_unit_test(where_it_is_not_defined),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
