/* Stationary directions of the population flow: the point that is made of them
 * is at rest, whatever C and A are; r = 2 on axes and turned; which of them d
 * rows keep. */
#include "base/random.h"
#include "linalg/linalg.h"
#include "models/linear/population.h"
#include "tests/check.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { M = 9, MM = M * M };

static void draw(uint64_t seed, size_t n, double *x) {
  for (size_t i = 0; i < n; i++)
    x[i] = es_random_normal(seed, ES_STREAM_USER, i);
}

/* B B^T/rank (m×m) of a drawn B (m×rank), its axes multiplied by scale. */
static void draw_covariance(uint64_t seed, size_t rank, const double *scale,
                            double *C) {
  double B[MM];
  draw(seed, M * rank, B);
  for (size_t j = 0; j < rank; j++)
    for (size_t i = 0; i < M && scale != NULL; i++) B[i + j * M] *= scale[i];
  es_syrk(M, rank, 1 / (double)rank, B, 0, C);
}

static void draw_rotation(uint64_t seed, double *Q) {
  double R[MM];
  es_diag diag = {0};
  draw(seed, MM, Q);
  assert_ok(es_qr(M, M, Q, R, &diag), diag);
}

/* Q diag(value) Q^T, symmetric to the bit. */
static void turned(const double *Q, const double *value, double *C) {
  double T[MM];
  for (size_t j = 0; j < M; j++)
    for (size_t i = 0; i < M; i++) T[i + j * M] = Q[i + j * M] * value[j];
  es_gemm(false, true, M, M, M, 1, T, M, Q, M, 0, C, M);
  for (size_t j = 0; j < M; j++)
    for (size_t i = 0; i < j; i++) C[i + j * M] = C[j + i * M];
}

static void modes_of(const double *C, const double *A, es_population_mode *mode,
                     double *V) {
  es_diag diag = {0};
  assert_ok(es_population_modes(M, C, A, mode, V, &diag), diag);
}

/* The point of all modes that do not collapse: the largest entry of its push,
 * and of W C W^T - diag(s). */
static void at_rest(const double *C, const double *A, double tolerance) {
  es_population_mode mode[M];
  double V[MM], W[MM] = {0}, G[MM], T[MM], S[MM];
  size_t occupied = 0;
  modes_of(C, A, mode, V);
  for (size_t j = 0; j < M; j++) {
    assert_close(es_norm(M, V + j * M), 1, 4 * DBL_EPSILON, 0);
    const double length = mode[j].s > 0 ? sqrt(mode[j].s / mode[j].c) : 0;
    for (size_t i = 0; i < M; i++) W[j + i * M] = length * V[i + j * M];
    occupied += length > 0;
  }
  assert_true(occupied > 1);
  es_population *work;
  assert_status(es_population_new(&work, M, M, C, A, NULL), ES_OK);
  assert_status(es_population_push(work, W, G, NULL), ES_OK);
  es_gemm(false, false, M, M, M, 1, W, M, C, M, 0, T, M);
  es_gemm(false, true, M, M, M, 1, T, M, W, M, 0, S, M);
  for (size_t i = 0; i < MM; i++) {
    const double want = i % (M + 1) == 0 ? mode[i / M].s : 0;
    assert_close(G[i], 0, 0, tolerance * es_norm(MM, W));
    assert_close(S[i], mode[i / M].s > 0 || i % (M + 1) != 0 ? want : 0, 0,
                 tolerance * es_norm(MM, W) * es_norm(MM, W));
  }
  es_population_free(work);
}

/* C and A of order one with least eigenvalues of some percent: 1e-12 leaves
 * roundoff times the square of that condition. */
static void the_point_of_all_modes_is_at_rest(void **state) {
  (void)state;
  double C[MM], A[MM];
  for (uint64_t seed = 0; seed < 20; seed++) {
    draw_covariance(seed, M, NULL, C);
    draw_covariance(seed + 50, M, NULL, A);
    at_rest(C, A, 1e-12);
  }
}

/* Rank 5 of 9, exactly but for rounding: 4 directions collapse, c = 0 and last;
 * with A of rank 7, too. */
static void singular_covariances(void **state) {
  (void)state;
  double C[MM], A[MM];
  es_population_mode mode[M];
  for (uint64_t seed = 0; seed < 20; seed++) {
    draw_covariance(seed, 5, NULL, C);
    draw_covariance(seed + 50, M, NULL, A);
    for (size_t i = 0; i < MM; i++) A[i] *= .3;
    at_rest(C, A, 1e-12);
    modes_of(C, A, mode, NULL);
    for (size_t j = 0; j < M; j++) {
      assert_int_equal(mode[j].c == 0, j >= 5);
      assert_true(mode[j].a > 0);
      assert_true(j < 5 || mode[j].collapsed);
    }
    /* What nothing augments grows without end. */
    draw_covariance(seed, M, NULL, C);
    draw_covariance(seed + 50, 7, NULL, A);
    modes_of(C, A, mode, NULL);
    for (size_t j = 0; j < M; j++) {
      assert_int_equal(mode[j].a == 0, j < 2);
      assert_int_equal(isinf(mode[j].s), j < 2);
    }
  }
}

/* C with eigenvalues from 1 to 1e-8, turned; A = C^1/2 B C^1/2, so that many
 * ratios are below 2 and rows as long as 1e4: to roundoff of what W multiplies.
 */
static void nearly_singular_covariances(void **state) {
  (void)state;
  double C[MM], root[MM], A[MM], B[MM], T[MM], Q[MM], c[M], root_c[M];
  for (size_t j = 0; j < M; j++) {
    c[j] = pow(10, -(double)j);
    root_c[j] = sqrt(c[j]);
  }
  for (uint64_t seed = 0; seed < 20; seed++) {
    draw_rotation(seed + 80, Q);
    turned(Q, c, C);
    turned(Q, root_c, root);
    draw_covariance(seed, M, NULL, B);
    es_gemm(false, false, M, M, M, .5, root, M, B, M, 0, T, M);
    es_gemm(false, false, M, M, M, 1, T, M, root, M, 0, A, M);
    for (size_t j = 0; j < M; j++)
      for (size_t i = 0; i < j; i++) A[i + j * M] = A[j + i * M];
    at_rest(C, A, 1e-13);
  }
}

/* Both in one subspace of 5, which its directions do not leave: the other 4 are
 * moved by nothing. */
static void a_common_null_space(void **state) {
  (void)state;
  double C[MM], A[MM], Q[MM], V[MM];
  es_population_mode mode[M];
  static const double c[M] = {1, 2, .5, 1, 3}, a[M] = {.5, 5, .5, 1, .1};
  static const double r[5] = {.1 / 3, .5, 1, 1, 2.5};
  draw_rotation(4, Q);
  turned(Q, c, C);
  turned(Q, a, A);
  modes_of(C, A, mode, V);
  for (size_t j = 0; j < M; j++) {
    for (size_t k = 5; k < M && j < 5; k++) {
      double within = 0;
      for (size_t i = 0; i < M; i++) within += V[i + j * M] * Q[i + k * M];
      assert_close(within, 0, 0, 1e-14);
    }
    if (j < 5)
      assert_close(mode[j].a / mode[j].c, r[j], 1e-14, 0);
    else
      assert_true(mode[j].c == 0 && mode[j].a == 0 && isnan(mode[j].s) &&
                  !mode[j].collapsed);
    if (j < 5) assert_int_equal(mode[j].collapsed, j == 4);
  }
}

/* Axes of sizes from 1 to 1e-9, so that C has a condition of 1e18 and more: the
 * ratios are those of the matrices without the sizes. */
static void graded_axes(void **state) {
  (void)state;
  double scale[M], C[MM], A[MM], plain_C[MM], plain_A[MM];
  es_population_mode mode[M], plain[M];
  for (size_t i = 0; i < M; i++) scale[i] = pow(10, -(double)i * 9 / 8);
  for (uint64_t seed = 0; seed < 10; seed++) {
    draw_covariance(seed, M, scale, C);
    draw_covariance(seed + 50, M, scale, A);
    draw_covariance(seed, M, NULL, plain_C);
    draw_covariance(seed + 50, M, NULL, plain_A);
    modes_of(C, A, mode, NULL);
    modes_of(plain_C, plain_A, plain, NULL);
    for (size_t j = 0; j < M; j++) {
      const double r = plain[j].a / plain[j].c;
      assert_close(mode[j].a / mode[j].c, r, 1e-11 * (1 + r), 0);
    }
  }
}

/* C = I and r = .5, .75, … 3 (exact doubles): the collapsed are r >= 2 and no
 * others, s* to 1e-12; for C = I/3 and products rounded so that a = 2c to the
 * bit as well. Turned by a rotation, with rounding, all but r = 2. */
static void what_collapses(void **state) {
  (void)state;
  static const double r[M] = {.5, .75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3};
  static const double first_s[2] = {1.7320508075688773, 1};
  es_population_mode mode[M];
  double Q[MM], C[MM] = {0}, A[MM] = {0}, V[MM];
  for (int thirds = 0; thirds < 2; thirds++) {
    for (size_t j = 0; j < M; j++) {
      C[j + j * M] = thirds ? 1. / 3 : 1;
      A[j + j * M] = r[j] * C[j + j * M];
    }
    modes_of(C, A, mode, V);
    for (size_t j = 0; j < M; j++) {
      assert_int_equal(mode[j].collapsed, r[j] >= 2);
      const double want = (1 - 2 * r[j] + sqrt(1 + 4 * r[j])) / (2 * r[j]);
      assert_close(mode[j].s, r[j] < 2 ? want : 0, 1e-12, 0);
      if (j < 2) assert_close(mode[j].s, first_s[j], 1e-15, 0);
      for (size_t i = 0; i < M; i++) assert_true(V[i + j * M] == (i == j));
    }
  }
  double ones[M];
  for (size_t j = 0; j < M; j++) ones[j] = 1;
  for (uint64_t seed = 0; seed < 10; seed++) {
    draw_rotation(seed, Q);
    turned(Q, ones, C);
    turned(Q, r, A);
    modes_of(C, A, mode, V);
    for (size_t j = 0; j < M; j++) {
      if (r[j] != 2) assert_int_equal(mode[j].collapsed, r[j] >= 2);
      if (r[j] < 2)
        assert_close(mode[j].s, es_population_stable(1, r[j]), 1e-12, 0);
    }
  }
}

/* Energies of the points made of any two modes, by the loss: the least is that
 * of the two that are said to be kept, and a flow of two rows ends there. */
static void two_rows(void **state) {
  (void)state;
  enum { D = 2, STEPS = 20000 };
  double C[MM], A[MM], V[MM], W[D * M], G[D * M], S[D * D], loss, least = 0;
  es_population_mode mode[M];
  bool occupied[M];
  draw_covariance(7, M, NULL, C);
  draw_covariance(8, M, NULL, A);
  for (size_t i = 0; i < MM; i++) A[i] *= .5;
  modes_of(C, A, mode, V);
  assert_int_equal(es_population_occupied(M, mode, D, occupied), D);
  es_population *work;
  assert_status(es_population_new(&work, D, M, C, A, NULL), ES_OK);
  size_t best = 0;
  for (size_t pick = 0; pick < MM; pick++) {
    const size_t row[D] = {pick % M, pick / M};
    if (row[0] >= row[1] || !(mode[row[1]].s > 0)) continue;
    for (size_t i = 0; i < M; i++)
      for (size_t k = 0; k < D; k++)
        W[k + i * D] =
            sqrt(mode[row[k]].s / mode[row[k]].c) * V[i + row[k] * M];
    assert_status(es_population_push(work, W, G, &loss), ES_OK);
    for (size_t i = 0; i < D * M; i++) assert_close(G[i], 0, 0, 1e-11);
    if (loss < least) best = pick;
    least = fmin(least, loss);
  }
  assert_true(occupied[best % M] && occupied[best / M]);
  draw(9, D * M, W);
  for (size_t k = 0; k < STEPS; k++) {
    assert_status(es_population_push(work, W, G, &loss), ES_OK);
    for (size_t i = 0; i < D * M; i++) W[i] += .1 * G[i];
  }
  assert_close(loss, least, 1e-12, 0);
  double T[D * M];
  es_gemm(false, false, D, M, M, 1, W, D, C, M, 0, T, D);
  es_gemm(false, true, D, D, M, 1, T, D, W, D, 0, S, D);
  assert_close(S[0] + S[3], mode[best % M].s + mode[best / M].s, 1e-9, 0);
  es_population_free(work);
}

static void counts(void **state) {
  (void)state;
  const es_population_mode mode[] = {{1, 3, 0, true},         {1, 1, 1, false},
                                     {0, 0, NAN, false},      {1, .5, 2, false},
                                     {1, 0, INFINITY, false}, {1, 1, 1, false}};
  bool kept[6];
  assert_int_equal(es_population_occupied(6, mode, 0, kept), 0);
  assert_int_equal(es_population_occupied(6, mode, 9, kept), 4);
  assert_true(!kept[0] && kept[1] && !kept[2] && kept[3] && kept[4] && kept[5]);
  assert_int_equal(es_population_occupied(6, mode, 3, kept), 3);
  assert_true(kept[1] && kept[3] && kept[4] && !kept[5]);
}

static void what_is_not_semidefinite(void **state) {
  (void)state;
  es_population_mode mode[2];
  es_diag diag = {0};
  const double I[] = {1, 0, 0, 1}, negative[] = {1, 0, 0, -1e-3};
  const double turned_negative[] = {1, 2, 2, 1}, slight[] = {1, 0, 0, -1e-17};
  assert_status(es_population_modes(2, negative, I, mode, NULL, &diag),
                ES_BAD_VALUE);
  assert_status(es_population_modes(2, I, negative, mode, NULL, &diag),
                ES_BAD_VALUE);
  assert_status(es_population_modes(2, turned_negative, I, mode, NULL, &diag),
                ES_BAD_VALUE);
  assert_status(es_population_modes(2, I, turned_negative, mode, NULL, &diag),
                ES_BAD_VALUE);
  const double below[] = {-2, 1, 1, -2};
  assert_status(es_population_modes(2, below, below, mode, NULL, &diag),
                ES_BAD_VALUE);
  const double unknown[] = {1, NAN, NAN, 1};
  assert_true(es_population_modes(2, unknown, I, mode, NULL, &diag) != ES_OK);
  assert_status(es_population_modes(2, I, slight, mode, NULL, &diag), ES_OK);
  assert_true(isinf(mode[1].s) && mode[1].a == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_point_of_all_modes_is_at_rest),
      cmocka_unit_test(singular_covariances),
      cmocka_unit_test(nearly_singular_covariances),
      cmocka_unit_test(a_common_null_space),
      cmocka_unit_test(graded_axes),
      cmocka_unit_test(what_collapses),
      cmocka_unit_test(two_rows),
      cmocka_unit_test(counts),
      cmocka_unit_test(what_is_not_semidefinite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
