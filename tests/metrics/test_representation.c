/* Metrics of rows: of known spectra behind a mean, in blocks, and the
 * contract's edge cases. */
#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"
#include "metrics/representation.h"

#include <stdlib.h>
#include <string.h>

static const double u = 2.220446049250313e-16;

static double *normals(size_t n, uint64_t seed) {
  double *x = calloc(n, sizeof *x);
  assert_non_null(x);
  for (size_t k = 0; k < n; k++)
    x[k] = es_random_normal(seed, ES_STREAM_USER, k);
  return x;
}

/* n > d rows 1 mean^T + Q diag(sigma) V^T with Q's columns orthogonal to those
 * of ones: centred, their singular values are sigma. */
static double *rows_of(size_t n, size_t d, const double *sigma, double mean) {
  double *Q = normals(n * (d + 1), 3), *V = normals(d * d, 4);
  double *R = calloc((d + 1) * (d + 1), sizeof *R);
  double *rows = calloc(n * d, sizeof *rows);
  assert_true(R != NULL && rows != NULL);
  for (size_t i = 0; i < n; i++) Q[i] = 1;
  assert_status(es_qr(n, d + 1, Q, R, NULL), ES_OK);
  assert_status(es_qr(d, d, V, R, NULL), ES_OK);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) {
      double x = mean * (double)(j % 3);
      for (size_t k = 0; k < d; k++)
        x += Q[i + (k + 1) * n] * sigma[k] * V[j + k * d];
      rows[i * d + j] = x;
    }
  free(Q);
  free(V);
  free(R);
  return rows;
}

static es_collapse collapse(size_t n, size_t d, const double *data,
                            bool center) {
  const es_rows rows = {n, d, data, center};
  es_collapse got;
  es_diag diag = {0};
  assert_ok(es_collapse_of_rows(&got, &rows, NULL, &diag), diag);
  return got;
}

static void assert_same(es_collapse got, es_collapse want, double rtol) {
  assert_close(got.auc, want.auc, rtol, 0);
  assert_close(got.rankme, want.rankme, rtol, 0);
  assert_close(got.participation_ratio, want.participation_ratio, rtol, 0);
  assert_int_equal(got.n_dead, want.n_dead);
  if (isinf(want.alpha_req))
    assert_true(isinf(got.alpha_req) && got.alpha_req > 0);
  else
    assert_close(got.alpha_req, want.alpha_req, rtol, 0);
}

/* theory.md 8 as representations: values down to 1/850 of the first, each off
 * by some tens of roundoff times the first; the mean, 100 times the spread,
 * costs two digits of the rows. */
static void spectra_of_the_theory(void **state) {
  (void)state;
  double powers[64], flat[64];
  const double ramp[] = {4, 3, 2, 1};
  for (int j = 0; j < 64; j++) {
    powers[j] = pow(.9, j);
    flat[j] = 2;
  }
  for (int far = 0; far < 2; far++) {
    const double tolerance = far ? 1e-10 : 1e-12, mean = far ? 100 : 0;
    double *rows = rows_of(300, 64, powers, mean);
    es_collapse got = collapse(300, 64, rows, true);
    assert_close(got.auc, .860555410183167, tolerance, 0);
    assert_same(got, es_collapse_of(64, powers), tolerance);
    free(rows);
    rows = rows_of(9, 4, ramp, mean);
    got = collapse(9, 4, rows, true);
    assert_close(got.auc, .75, tolerance, 0);
    assert_same(got, es_collapse_of(4, ramp), tolerance);
    free(rows);
    rows = rows_of(100, 64, flat, mean);
    got = collapse(100, 64, rows, true);
    assert_close(got.auc, 65. / 128, tolerance, 0);
    assert_close(got.rankme, 64, tolerance, 0);
    assert_close(got.alpha_req, 0, 0, tolerance);
    free(rows);
  }
}

/* A Gram matrix would lose what is below 1e-8 of the first; here 2e-6 is alive,
 * and n_dead and the slope see it. */
static void small_values_are_seen(void **state) {
  (void)state;
  const double sigma[] = {1, 1e-3, 2e-6, 5e-7, 1e-9};
  double *rows = rows_of(50, 5, sigma, 0);
  const es_collapse got = collapse(50, 5, rows, true);
  assert_int_equal(got.n_dead, 2);
  assert_close(got.alpha_req, es_collapse_of(5, sigma).alpha_req, 1e-9, 0);
  free(rows);
}

/* Blocks of 2^18/100 rows, three of them and a rest, against the singular
 * values of the whole, centred by its exact mean: integers over 2^10. */
static void blocks_make_the_whole(void **state) {
  (void)state;
  enum { N = 8192, D = 100 };
  double *rows = normals((size_t)N * D, 9),
         *W = calloc((size_t)N * D, sizeof *W);
  double sigma[D];
  es_singular *work;
  es_diag diag = {0};
  assert_non_null(W);
  for (size_t k = 0; k < (size_t)N * D; k++)
    rows[k] = floor(rows[k] * 1024 / (double)(1 + k % D)) / 1024 + 3;
  for (int center = 0; center < 2; center++) {
    for (size_t j = 0; j < D; j++) {
      double sum = 0;
      for (size_t i = 0; i < N; i++) sum += rows[i * D + j];
      for (size_t i = 0; i < N; i++)
        W[i + j * N] = rows[i * D + j] - (center ? sum / N : 0);
    }
    assert_ok(es_singular_new(&work, N, D, &diag), diag);
    assert_status(es_singular_run(work, W, sigma), ES_OK);
    es_singular_free(work);
    assert_same(collapse(N, D, rows, center), es_collapse_of(D, sigma), 1e-12);
  }
  free(rows);
  free(W);
}

/* As many rows as columns or fewer: zeros stand behind, and count as dead. Each
 * row twice: sqrt(2) times the values. */
static void few_rows_and_duplicates(void **state) {
  (void)state;
  enum { D = 7 };
  double *rows = normals(6 * D, 2), twice[12 * D];
  for (size_t n = 2; n <= 6; n++) {
    for (size_t i = 0; i < n; i++)
      for (size_t k = 0; k < 2; k++)
        memcpy(twice + (2 * i + k) * D, rows + i * D, D * sizeof *rows);
    const es_collapse got = collapse(n, D, rows, true);
    assert_int_equal(got.n_dead, D - (n - 1));
    assert_int_equal(collapse(n, D, rows, false).n_dead, D - n);
    assert_same(collapse(2 * n, D, twice, true), got, 1e-12);
    assert_true(got.auc > (D + 1) / (2. * D) && got.auc <= 1);
  }
  /* +-x about the mean: one direction. */
  const es_collapse two = collapse(2, D, rows, true);
  assert_close(two.auc, 1, 4 * D * u, 0);
  assert_close(two.rankme, 1, 1e-13, 0);
  assert_true(isinf(two.alpha_req));
  /* Columns that are equal or opposite: one value for both. */
  double columns[40];
  for (size_t i = 0; i < 20; i++) columns[2 * i] = rows[i];
  for (size_t i = 0; i < 20; i++) columns[2 * i + 1] = -rows[i];
  assert_int_equal(collapse(20, 2, columns, true).n_dead, 1);
  free(rows);
}

static void assert_constant(es_collapse got, size_t d) {
  assert_close(got.auc, 1, 0, 0);
  assert_close(got.rankme, 1, 0, 0);
  assert_close(got.participation_ratio, 1, 0, 0);
  assert_true(isinf(got.alpha_req) && got.alpha_req > 0);
  assert_int_equal(got.n_dead, d);
}

/* Exactly so: numbers whose sums would be rounded. */
static void constant_representations(void **state) {
  (void)state;
  enum { N = 1000, D = 3 };
  const double row[D] = {.1, 1e300, -M_PI};
  double rows[N * D];
  for (size_t i = 0; i < N; i++) memcpy(rows + i * D, row, sizeof row);
  assert_constant(collapse(N, D, rows, true), D);
  assert_constant(collapse(3, D, rows, true), D);
  assert_constant(collapse(1, D, rows, true), D);
  assert_constant(collapse(1, 1, rows, true), 1);
  memset(rows, 0, sizeof rows);
  assert_constant(collapse(N, D, rows, false), D);
  for (size_t i = 0; i < N; i++) rows[i * D + 1] = .3;
  /* What is constant but for one number is not. */
  const es_collapse one = collapse(N, D, rows, false);
  assert_close(one.auc, 1, 8 * u, 0);
  assert_int_equal(one.n_dead, D - 1);
  rows[N * D - 1] = nextafter(0, 1);
  assert_int_equal(collapse(N, D, rows, true).n_dead, D - 1);
  const double line[4] = {1, 2, 3, 5};
  const es_collapse d1 = collapse(4, 1, line, true);
  assert_close(d1.auc, 1, 0, 0);
  assert_int_equal(d1.n_dead, 0);
  assert_true(isinf(d1.alpha_req));
}

/* Numbers whose differences leave the range of double, and numbers without all
 * their digits left: a power of two changes no bit. */
static void any_scale(void **state) {
  (void)state;
  double *rows = normals(40 * 6, 6), scaled[240];
  rows[0] = -3;
  rows[6] = 3;
  const es_collapse want = collapse(40, 6, rows, true);
  for (int power = -958; power <= 1022; power += 180) {
    for (size_t k = 0; k < 240; k++) scaled[k] = ldexp(rows[k], power);
    assert_same(collapse(40, 6, scaled, true), want, 0);
  }
  free(rows);
}

static bool stop(void *self) {
  (void)self;
  return true;
}

static void what_is_refused(void **state) {
  (void)state;
  double data[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13};
  const es_progress progress = {NULL, stop, NULL};
  es_rows rows = {4, 3, data, true};
  es_collapse got;
  es_diag diag = {0};
  assert_status(es_collapse_of_rows(&got, &rows, &progress, &diag),
                ES_INTERRUPTED);
  data[7] = NAN;
  assert_status(es_collapse_of_rows(&got, &rows, NULL, &diag), ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "row 3, column 2"));
  rows.n = 0;
  assert_status(es_collapse_of_rows(&got, &rows, NULL, &diag), ES_BAD_SHAPE);
  rows.n = 4;
  rows.d = 0;
  assert_status(es_collapse_of_rows(&got, &rows, NULL, &diag), ES_BAD_SHAPE);
}

/* The values themselves, of any scale, each to some tens of roundoff times the
 * first; refused as the metrics are. */
static void values_of_rows(void **state) {
  (void)state;
  const double sigma[] = {4, 3, 2, 1};
  double *data = rows_of(9, 4, sigma, 0), scaled[36], got[4];
  es_rows rows = {9, 4, scaled, true};
  es_diag diag = {0};
  for (int power = -900; power <= 900; power += 900) {
    for (size_t k = 0; k < 36; k++) scaled[k] = ldexp(data[k], power);
    assert_ok(es_singular_of_rows(got, &rows, NULL, &diag), diag);
    for (size_t j = 0; j < 4; j++)
      assert_close(ldexp(got[j], -power), sigma[j], 1e-13, 0);
  }
  scaled[35] = NAN;
  assert_status(es_singular_of_rows(got, &rows, NULL, &diag), ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "row 9, column 4"));
  rows.n = 0;
  assert_status(es_singular_of_rows(got, &rows, NULL, &diag), ES_BAD_SHAPE);
  free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spectra_of_the_theory),
      cmocka_unit_test(small_values_are_seen),
      cmocka_unit_test(blocks_make_the_whole),
      cmocka_unit_test(few_rows_and_duplicates),
      cmocka_unit_test(constant_representations),
      cmocka_unit_test(any_scale),
      cmocka_unit_test(what_is_refused),
      cmocka_unit_test(values_of_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
