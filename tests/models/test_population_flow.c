/* The population flow of matrices: theory.md 6's check, the push against X and
 * against differences of the loss, symmetries, singular C. */
#include "base/random.h"
#include "linalg/linalg.h"
#include "models/linear/population.h"
#include "tests/check.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 * 8 };

/* n numbers of the standard normal distribution times scale. */
static void draw(uint64_t seed, size_t n, double scale, double *x) {
  for (size_t i = 0; i < n; i++)
    x[i] = scale * es_random_normal(seed, ES_STREAM_USER, i);
}

/* B B^T (m×m) of a drawn B (m×rank). */
static void draw_covariance(uint64_t seed, size_t m, size_t rank, double scale,
                            double *C) {
  double B[MOST];
  draw(seed, m * rank, scale / sqrt((double)rank), B);
  es_syrk(m, rank, 1, B, 0, C);
}

static es_population *open_flow(size_t d, size_t m, const double *C,
                                const double *A) {
  es_population *work;
  es_diag diag = {0};
  assert_ok(es_population_new(&work, d, m, C, A, &diag), diag);
  return work;
}

/* Half a unit of the last digit printed, and roundoff of numbers of order one.
 */
static void check_of_section_6(void **state) {
  (void)state;
  static const double C[] = {1, .3, .3, .5}, A[] = {.2, 0, 0, .4};
  static const double W[] = {1, -.25, .5, .75};
  static const double want[] = {.464677602274616, .028096976615353,
                                .028096976615353, .134441744137739};
  double X[4];
  es_population *work = open_flow(2, 2, C, A);
  assert_status(es_population_x(work, W, X), ES_OK);
  for (size_t i = 0; i < 4; i++)
    assert_close(X[i], want[i], 0, 5e-16 + 2 * DBL_EPSILON);
  es_population_free(work);
}

typedef struct shape {
  size_t d, m, rank;
} shape;

static const shape shapes[] = {{1, 1, 1}, {3, 5, 5}, {5, 3, 3},
                               {4, 4, 2}, {8, 8, 8}, {2, 6, 1}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Numbers of order one, sums of 8 terms, a condition of I + S below 100: 1e-12.
 */
static void a_push_is_w_times_x(void **state) {
  (void)state;
  for (size_t k = 0; k < SHAPES; k++) {
    const shape s = shapes[k];
    double C[MOST], A[MOST], W[MOST], G[MOST], X[MOST], WX[MOST];
    draw_covariance(k, s.m, s.rank, 1, C);
    draw_covariance(k + 100, s.m, s.m, .5, A);
    draw(k + 200, s.d * s.m, 1, W);
    es_population *work = open_flow(s.d, s.m, C, A);
    assert_status(es_population_push(work, W, G, NULL), ES_OK);
    assert_status(es_population_x(work, W, X), ES_OK);
    es_gemm(false, false, s.d, s.m, s.m, 1, W, s.d, X, s.m, 0, WX, s.d);
    for (size_t i = 0; i < s.d * s.m; i++) assert_close(G[i], WX[i], 0, 1e-12);
    for (size_t j = 0; j < s.m; j++)
      for (size_t i = 0; i < s.m; i++)
        assert_true(X[i + j * s.m] == X[j + i * s.m]);
    es_population_free(work);
  }
}

static double loss_of(es_population *work, const double *W) {
  double G[MOST], loss;
  assert_status(es_population_push(work, W, G, &loss), ES_OK);
  return loss;
}

/* -G against differences of sixth order with h = .01: their error is h^6 times
 * a seventh derivative over 140, below 1e-14 times some ten thousands, and
 * roundoff 1e-16/h times the loss. */
static void a_push_falls_along_the_loss(void **state) {
  (void)state;
  const double h = .01, weight[] = {.75, -.15, 1. / 60};
  for (size_t k = 0; k < SHAPES; k++) {
    const shape s = shapes[k];
    double C[MOST], A[MOST], W[MOST], G[MOST];
    draw_covariance(k, s.m, s.rank, 1, C);
    draw_covariance(k + 100, s.m, s.m, .5, A);
    draw(k + 200, s.d * s.m, 1, W);
    es_population *work = open_flow(s.d, s.m, C, A);
    assert_status(es_population_push(work, W, G, NULL), ES_OK);
    for (size_t i = 0; i < s.d * s.m; i++) {
      const double w = W[i];
      double slope = 0;
      for (size_t n = 0; n < 3; n++) {
        const double step = (double)(n + 1) * h;
        W[i] = w + step;
        slope += weight[n] * loss_of(work, W);
        W[i] = w - step;
        slope -= weight[n] * loss_of(work, W);
      }
      W[i] = w;
      assert_close(-G[i], slope / h, 0, 1e-8);
    }
    es_population_free(work);
  }
}

/* For S of order x the loss is tr(W A W^T)/2 - tr S + 3 tr S^2/4 - …, to its
 * last digits: with A = 0 and one row it is -ln(1+s)/2 - s/(2(1+s)). */
static void the_loss_keeps_its_digits(void **state) {
  (void)state;
  static const double scales[] = {1e-150, 1e-20, 1e-8, 1e-3, 1, 1e6};
  static const double C[] = {2, .5, .5, 1}, zero[4] = {0};
  es_population *work = open_flow(3, 2, C, zero);
  for (size_t k = 0; k < 6; k++) {
    const double w = scales[k], s = 2 * w * w, u = w * w;
    const double W[] = {w, 0, 0, 0, 0, 0}; /* S = diag(2w^2, 0, 0) */
    const double want = -(log1p(s) + s / (1 + s)) / 2;
    assert_close(loss_of(work, W), want, 8 * DBL_EPSILON, 0);
    /* Three rows: S is v v^T times (2 w^2 + …): rank one, tr S = 3·2 u. */
    const double V[] = {w, w, w, 0, 0, 0}, sum = 6 * u;
    assert_close(loss_of(work, V), -(log1p(sum) + sum / (1 + sum)) / 2,
                 64 * DBL_EPSILON, 0);
  }
  es_population_free(work);
}

/* W -> Q W turns the push by Q; W -> W O^T with O C O^T, O A O^T likewise. */
static void turned(void **state) {
  (void)state;
  enum { D = 3, M = 5 };
  double C[MOST], A[MOST], W[MOST], G[MOST], Q[MOST], R[MOST], QW[MOST];
  double turned_G[MOST], want[MOST], T[MOST], OC[MOST], OA[MOST];
  es_diag diag = {0};
  draw_covariance(1, M, M, 1, C);
  draw_covariance(2, M, M, .5, A);
  draw(3, D * M, 1, W);
  draw(4, D * D, 1, Q);
  assert_ok(es_qr(D, D, Q, R, &diag), diag);
  es_population *work = open_flow(D, M, C, A);
  double loss, turned_loss;
  assert_status(es_population_push(work, W, G, &loss), ES_OK);
  es_gemm(false, false, D, M, D, 1, Q, D, W, D, 0, QW, D);
  es_gemm(false, false, D, M, D, 1, Q, D, G, D, 0, want, D);
  assert_status(es_population_push(work, QW, turned_G, &turned_loss), ES_OK);
  assert_close(turned_loss, loss, 0, 1e-13);
  for (size_t i = 0; i < D * M; i++)
    assert_close(turned_G[i], want[i], 0, 1e-13);
  es_population_free(work);
  draw(5, M * M, 1, Q);
  assert_ok(es_qr(M, M, Q, R, &diag), diag);
  es_gemm(false, false, M, M, M, 1, Q, M, C, M, 0, T, M);
  es_gemm(false, true, M, M, M, 1, T, M, Q, M, 0, OC, M);
  es_gemm(false, false, M, M, M, 1, Q, M, A, M, 0, T, M);
  es_gemm(false, true, M, M, M, 1, T, M, Q, M, 0, OA, M);
  es_gemm(false, true, D, M, M, 1, W, D, Q, M, 0, QW, D);
  es_gemm(false, true, D, M, M, 1, G, D, Q, M, 0, want, D);
  work = open_flow(D, M, OC, OA);
  assert_status(es_population_push(work, QW, turned_G, &turned_loss), ES_OK);
  assert_close(turned_loss, loss, 0, 1e-13);
  for (size_t i = 0; i < D * M; i++)
    assert_close(turned_G[i], want[i], 0, 1e-13);
  es_population_free(work);
}

static void what_is_not_finite(void **state) {
  (void)state;
  static const double C[] = {1}, A[] = {.5};
  const double bad[] = {NAN, INFINITY, 1e200};
  es_population *work = NULL;
  double G, X;
  es_diag diag = {0};
  assert_status(es_population_new(&work, 0, 1, C, A, &diag), ES_BAD_SHAPE);
  assert_null(work);
  assert_status(es_population_new(&work, (size_t)1 << 40, 1 << 20, C, A, &diag),
                ES_NO_MEMORY);
  es_population_free(NULL);
  work = open_flow(1, 1, C, A);
  for (size_t k = 0; k < 3; k++) {
    assert_status(es_population_push(work, &bad[k], &G, NULL), ES_NOT_FINITE);
    assert_status(es_population_x(work, &bad[k], &X), ES_NOT_FINITE);
  }
  es_population_free(work);
  /* S is a number, but W A is none; nor 2C, which is X at W = 0. */
  const double wide = 10, large = 1e308, small = 1e-3, nothing = 0;
  work = open_flow(1, 1, &small, &large);
  assert_status(es_population_push(work, &wide, &G, NULL), ES_NOT_FINITE);
  es_population_free(work);
  work = open_flow(1, 1, &large, A);
  assert_status(es_population_push(work, &nothing, &G, NULL), ES_OK);
  assert_status(es_population_x(work, &nothing, &X), ES_NOT_FINITE);
  es_population_free(work);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(check_of_section_6),
      cmocka_unit_test(a_push_is_w_times_x),
      cmocka_unit_test(a_push_falls_along_the_loss),
      cmocka_unit_test(the_loss_keeps_its_digits),
      cmocka_unit_test(turned),
      cmocka_unit_test(what_is_not_finite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
