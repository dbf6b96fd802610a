/* The linear model of a last layer: moments, eigenbasis, start and
 * eigenfunctions against loops; what is stored and read back; errors. */
#include "tests/ntk/model.h"

#include <omp.h>

/* Sums of at most 80 products of numbers of size 5: 25·80 u at the very most,
 * and a modest multiple of m u for eigenvectors. */
static const double rounding = 1e-12;

static void the_eigenbasis_of_gamma(void **state) {
  (void)state;
  enum { M = 6, D = 3 };
  model *s = model_new(30, M, D, .8, .1, 1);
  es_held c = model_held(s);
  assert_true(c.d == D && c.m == M);
  for (size_t j = 0; j < M; j++) {
    const double *v = c.V + j * M;
    double largest = 0;
    if (j > 0) assert_true(c.gamma[j] < c.gamma[j - 1]);
    for (size_t k = 0; k < M; k++) {
      double dot = 0;
      for (size_t r = 0; r < M; r++) dot += v[r] * c.V[k * M + r];
      assert_close(dot, j == k, 0, rounding);
    }
    for (size_t r = 0; r < M; r++) {
      double Gv = 0;
      for (size_t q = 0; q < M; q++) Gv += s->Gamma[r * M + q] * v[q];
      assert_close(Gv, c.gamma[j] * v[r], 0, rounding);
      if (fabs(v[r]) > fabs(largest)) largest = v[r];
    }
    assert_true(largest > 0);
    assert_close(c.mean[j], s->mean[j], 0, rounding);
  }
  es_held_free(&c);
  assert_null(c.V);
  es_held_free(&c); /* a zeroed one */
  free(s);
}

/* Z0 = W V, and R_jj by Gram and Schmidt on its first columns. */
static void the_start_and_its_partner(void **state) {
  (void)state;
  enum { M = 6, D = 3 };
  model *s = model_new(30, M, D, .8, .1, 2);
  es_held c = model_held(s);
  double Q[D * D];
  for (size_t i = 0; i < D; i++)
    for (size_t j = 0; j < M; j++) {
      double WV = 0;
      for (size_t r = 0; r < M; r++) WV += s->W[i * M + r] * c.V[r + j * M];
      assert_close(c.Z0[i + j * D], WV, 0, rounding);
    }
  for (size_t j = 0; j < D; j++) {
    double *q = Q + j * D;
    memcpy(q, c.Z0 + j * D, D * sizeof *q);
    for (size_t k = 0; k < j; k++) {
      double dot = 0;
      for (size_t i = 0; i < D; i++) dot += Q[k * D + i] * q[i];
      for (size_t i = 0; i < D; i++) q[i] -= dot * Q[k * D + i];
    }
    const double length = es_norm(D, q);
    for (size_t i = 0; i < D; i++) q[i] /= length;
    assert_close(c.s0[j], length, rounding, 0);
  }
  es_held_free(&c);
  free(s);
}

/* (1/2n) sum_i phi_j(x_i) phi_k(x_i') + phi_j(x_i') phi_k(x_i) = gamma_j
 * delta_jk and mean 0: at sizes that fill no block of the computation. */
static void eigenfunctions_are_orthogonal(void **state) {
  (void)state;
  enum { N = 37, M = 70, K = 9 };
  model *s = model_new(N, M, 4, .9, .1, 3);
  es_held c = model_held(s);
  double phi[2 * N * K];
  es_held_functions(&c, 2 * N, s->features, K, phi);
  for (size_t j = 0; j < K; j++) {
    double mean = 0;
    for (size_t i = 0; i < 2 * N; i++) mean += phi[i * K + j] / (2 * N);
    assert_close(mean, 0, 0, rounding);
    for (size_t k = 0; k < K; k++) {
      double product = 0;
      for (size_t i = 0; i < 2 * N; i++)
        product += phi[i * K + j] * phi[(i + N) % (2 * N) * K + k] / (2 * N);
      assert_close(product, j == k ? c.gamma[j] : 0, 0, rounding);
    }
  }
  assert_true(c.gamma[K - 1] > .1);
  es_held_free(&c);
  free(s);
}

/* Features that are multiples of 2^-10, moved by 2^30, exactly: the same
 * moments and functions, but for the mean. */
static void a_large_mean_costs_nothing(void **state) {
  (void)state;
  enum { N = 20, M = 5, D = 2 };
  model *s = model_new(N, M, D, .8, .1, 4);
  double far[2 * N * M], here[2 * N * D], there[2 * N * D];
  es_held a, b;
  es_diag diag = {0};
  for (size_t i = 0; i < 2 * N * M; i++) {
    s->features[i] = nearbyint(s->features[i] * 1024) / 1024;
    far[i] = s->features[i] + 0x1p30;
  }
  a = model_held(s);
  assert_ok(es_held_new(&b, N, M, far, D, s->W, &diag), diag);
  assert_memory_equal(a.gamma, b.gamma, M * sizeof *a.gamma);
  assert_memory_equal(a.Z0, b.Z0, D * M * sizeof *a.Z0);
  es_held_functions(&a, 2 * N, s->features, D, here);
  es_held_functions(&b, 2 * N, far, D, there);
  /* The mean itself is a double of size 2^30, rounded to 2^-23; a function
   * sees that as one constant of at most M^(1/2) times as much. */
  for (size_t i = 0; i < 2 * N * D; i++)
    assert_close(here[i], there[i], 0, 0x1p-23 * sqrt(M));
  es_held_free(&a);
  es_held_free(&b);
  free(s);
}

/* Dead features, and fewer pairs than features: Gamma's null space is exactly
 * 0, neither small nor negative. */
static void the_null_space_is_exact(void **state) {
  (void)state;
  enum { N = 4, M = 12, D = 2 };
  model *s = model_new(N, M, D, 1, .1, 5);
  size_t zeros = 0;
  es_held c = model_held(s);
  /* 2n centred samples span 2n - 1 directions. */
  for (size_t j = 0; j < M; j++) zeros += c.gamma[j] == 0;
  assert_int_equal(zeros, M - (2 * N - 1));
  es_held_free(&c);
  free(s);
}

/* What a run stores is gamma and Z0, row by row. */
static void stored_and_restored(void **state) {
  (void)state;
  enum { M = 8, D = 3 };
  static const size_t at[] = {0, 10, 50};
  model *s = model_new(25, M, D, .8, .05, 6);
  es_held c = model_held(s), r;
  double Z0[D * M], curve[2][3 * D], values[2][3 * D];
  es_held_step step[2][D];
  const double lr = .2 / (4 * c.gamma[0]);
  es_diag diag = {0};
  for (size_t i = 0; i < D; i++)
    for (size_t j = 0; j < M; j++) Z0[i * M + j] = c.Z0[i + j * D];
  r = restored(M, c.gamma, D, Z0);
  assert_true(r.V == NULL && r.mean == NULL && r.m == M && r.d == D);
  memset(step, 0, sizeof step);
  for (int k = 0; k < 2; k++) {
    const es_held *which = k == 0 ? &c : &r;
    assert_ok(es_held_steps(which, lr, 2000, step[k], &diag), diag);
    assert_ok(
        es_held_descend(which, lr, at, 3,
                        &(es_held_path){.curve = curve[k], .values = values[k]},
                        &diag),
        diag);
  }
  assert_true(step[0][D - 1].tau_generic > 0);
  assert_memory_equal(step[0], step[1], sizeof step[0]);
  assert_memory_equal(curve[0], curve[1], sizeof curve[0]);
  assert_memory_equal(values[0], values[1], sizeof values[0]);
  es_held_free(&c);
  es_held_free(&r);
  free(s);
}

/* At m = 60 OpenBLAS's eigenvalues change with the number of threads. */
static void threads_do_not_change_a_bit(void **state) {
  (void)state;
  enum { M = 60, D = 4, N = 40 };
  static const size_t at[] = {30};
  const int before = omp_get_max_threads();
  model *s = model_new(N, M, D, .95, .05, 7);
  es_held c[2];
  double curve[2][D], values[2][D], phi[2][2 * N * D];
  es_diag diag = {0};
  for (int k = 0; k < 2; k++) {
    omp_set_num_threads(k + 1);
    c[k] = model_held(s);
    assert_ok(
        es_held_descend(c + k, .01, at, 1,
                        &(es_held_path){.curve = curve[k], .values = values[k]},
                        &diag),
        diag);
    es_held_functions(c + k, 2 * N, s->features, D, phi[k]);
    assert_int_equal(omp_get_max_threads(), k + 1);
  }
  omp_set_num_threads(before);
  assert_memory_equal(c[0].V, c[1].V, M * M * sizeof *c[0].V);
  assert_memory_equal(c[0].gamma, c[1].gamma, M * sizeof *c[0].gamma);
  assert_memory_equal(c[0].s0, c[1].s0, D * sizeof *c[0].s0);
  assert_memory_equal(curve[0], curve[1], sizeof curve[0]);
  assert_memory_equal(values[0], values[1], sizeof values[0]);
  assert_memory_equal(phi[0], phi[1], sizeof phi[0]);
  es_held_free(c);
  es_held_free(c + 1);
  free(s);
}

static void shapes_are_checked(void **state) {
  (void)state;
  const double x[12] = {1, 2, 3, 4, 1, 2};
  es_held c;
  es_diag diag = {0};
  assert_status(es_held_new(&c, 2, 3, x, 4, x, &diag), ES_BAD_SHAPE);
  assert_non_null(strstr(diag.message, "4 outputs of 3 features"));
  assert_null(c.gamma);
  assert_status(es_held_new(&c, 2, 3, x, 0, x, &diag), ES_BAD_SHAPE);
  assert_status(es_held_new(&c, 0, 3, x, 2, x, &diag), ES_BAD_SHAPE);
  assert_status(es_held_new(&c, (size_t)1 << 31, 3, x, 2, x, &diag),
                ES_BAD_SHAPE);
  assert_status(es_held_new(&c, 1, 40000, x, 2, x, &diag), ES_NO_MEMORY);
  assert_status(es_held_new(&c, 1, (size_t)1 << 40, x, 2, x, &diag),
                ES_BAD_SHAPE);
  assert_status(es_held_restore(&c, 2, x, 3, x, &diag), ES_BAD_SHAPE);
  assert_null(c.gamma);
}

static void what_cannot_be_used_is_an_error(void **state) {
  (void)state;
  const double bad[] = {NAN, INFINITY, 1e200};
  const double fine[12] = {1, 2, 3, 4, 1, 2, 5, 3, 2, 1, 0, 4};
  const double falling[3] = {3, 2, -1}, rising[3] = {3, 1, 2};
  es_held c;
  es_diag diag = {0};
  for (int k = 0; k < 3; k++) {
    double x[12];
    memcpy(x, fine, sizeof x);
    x[4] = bad[k];
    assert_status(es_held_new(&c, 2, 3, x, 2, fine, &diag), ES_NOT_FINITE);
    assert_non_null(strstr(diag.message, "features are not finite"));
    assert_null(c.gamma);
    if (k == 2) continue;
    assert_status(es_held_new(&c, 2, 3, fine, 2, x, &diag), ES_NOT_FINITE);
    assert_non_null(strstr(diag.message, "weight is not finite"));
    assert_status(es_held_restore(&c, 3, falling, 2, x, &diag), ES_FILE_DATA);
    assert_status(es_held_restore(&c, 3, x + 3, 2, fine, &diag), ES_FILE_DATA);
    assert_null(c.gamma);
  }
  assert_status(es_held_restore(&c, 3, rising, 2, fine, &diag), ES_FILE_DATA);
  assert_non_null(strstr(diag.message, "rises at mode 3"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_eigenbasis_of_gamma),
      cmocka_unit_test(the_start_and_its_partner),
      cmocka_unit_test(eigenfunctions_are_orthogonal),
      cmocka_unit_test(a_large_mean_costs_nothing),
      cmocka_unit_test(the_null_space_is_exact),
      cmocka_unit_test(stored_and_restored),
      cmocka_unit_test(threads_do_not_change_a_bit),
      cmocka_unit_test(shapes_are_checked),
      cmocka_unit_test(what_cannot_be_used_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
