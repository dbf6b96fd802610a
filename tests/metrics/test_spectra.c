/* Spectra of pairs against the definitions by loops, with large means, for any
 * number of threads, and every error. Sums of r products of numbers of size 4
 * at most, by loops or here, are wrong by 16 r u at the very most; what is said
 * of eigenvalues adds a modest multiple of d u. */
#include "tests/metrics/pairs.h"

#include "linalg/linalg.h"
#include "metrics/collapse.h"

#include <omp.h>
#include <string.h>

enum { N = 37, D = 6 };
static const double rounding = 16 * 2 * N * 2.220446049250313e-16;

/* Eigenpairs of the C that loops give: residuals, order, length and sign. */
static void cross_matches_the_definition(void **state) {
  (void)state;
  double *z = make_pairs(N, D, .7, 1), *C = naive_moment(2 * N, D, z, true);
  double values[D], vectors[D * D], alone[D];
  es_diag diag = {0};
  es_spectra *work = make_spectra(2 * N, D);
  assert_ok(es_spectra_cross(work, N, D, z, values, vectors, &diag), diag);
  assert_ok(es_spectra_cross(work, N, D, z, alone, NULL, &diag), diag);
  for (size_t k = 0; k < D; k++) {
    const double *v = vectors + k * D;
    double length = 0, largest = 0;
    if (k > 0) assert_true(values[k] < values[k - 1]);
    assert_close(alone[k], values[k], 0, rounding);
    for (size_t a = 0; a < D; a++) {
      double Cv = 0;
      for (size_t b = 0; b < D; b++) Cv += C[a * D + b] * v[b];
      assert_close(Cv, values[k] * v[a], 0, rounding);
      length += v[a] * v[a];
      if (fabs(v[a]) > fabs(largest)) largest = v[a];
    }
    assert_close(length, 1, 0, 20 * D * u);
    assert_true(largest > 0);
  }
  es_spectra_free(work);
  free(C);
  free(z);
}

/* Views that are negatives of each other: C = -Sigma, and the order turns. */
static void cross_may_be_negative(void **state) {
  (void)state;
  const double z[] = {3, 0, 0, 1, -3, 0, 0, -1}; /* pairs (3,0), (0,1) */
  double values[2];
  es_diag diag = {0};
  es_spectra *work = make_spectra(4, 2);
  assert_ok(es_spectra_cross(work, 2, 2, z, values, NULL, &diag), diag);
  assert_close(values[0], -.5, 4 * u, 0);
  assert_close(values[1], -4.5, 4 * u, 0);
  es_spectra_free(work);
}

static void covariance_matches_the_definition(void **state) {
  (void)state;
  double *z = make_pairs(N, D, .7, 2), *C = naive_moment(2 * N, D, z, false);
  double values[D], want[D];
  es_diag diag = {0};
  es_spectra *work = make_spectra(2 * N, D);
  assert_ok(es_spectra_covariance(work, 2 * N, D, z, values, &diag), diag);
  assert_ok(es_eigen_symmetric(D, C, want, false, &diag), diag);
  for (size_t k = 0; k < D; k++)
    assert_close(values[k], want[D - 1 - k], 0, rounding);
  es_spectra_free(work);
  free(C);
  free(z);
}

/* Three samples span two directions: the rest is 0 or rounding, never below. */
static void rounding_is_not_negative(void **state) {
  (void)state;
  double *z = make_pairs(2, 40, .5, 3), values[40];
  es_diag diag = {0};
  es_spectra *work = make_spectra(3, 40);
  assert_ok(es_spectra_covariance(work, 3, 40, z, values, &diag), diag);
  assert_true(values[1] > 1e-3);
  for (size_t k = 2; k < 40; k++)
    assert_true(values[k] >= 0 && values[k] < 100 * u * values[0]);
  es_spectra_free(work);
  free(z);
}

/* Samples that are multiples of 2^-10 with 2^30 added are exact in double, and
 * so are their differences: not a bit may change. */
static void a_large_mean_costs_nothing(void **state) {
  (void)state;
  double *z = make_pairs(N, D, .7, 4), *far = make_pairs(N, D, .7, 4);
  double here[3][D], there[3][D], gamma[D];
  es_diag diag = {0};
  es_spectra *work = make_spectra(2 * N, D);
  for (size_t i = 0; i < 2 * N * D; i++) {
    z[i] = nearbyint(z[i] * 1024) / 1024;
    far[i] = z[i] + 0x1p30;
  }
  for (size_t j = 0; j < D; j++) gamma[j] = 1;
  assert_ok(es_spectra_cross(work, N, D, z, here[0], NULL, &diag), diag);
  assert_ok(es_spectra_cross(work, N, D, far, there[0], NULL, &diag), diag);
  assert_ok(es_spectra_covariance(work, 2 * N, D, z, here[1], &diag), diag);
  assert_ok(es_spectra_covariance(work, 2 * N, D, far, there[1], &diag), diag);
  assert_ok(
      es_spectra_along(work, N, D, D, z, z, gamma, here[2], here[2], &diag),
      diag);
  assert_ok(
      es_spectra_along(work, N, D, D, far, z, gamma, there[2], there[2], &diag),
      diag);
  assert_memory_equal(here, there, sizeof here);
  assert_true(here[0][D - 1] > 0 && here[2][D - 1] > 0);
  es_spectra_free(work);
  free(far);
  free(z);
}

/* 0.1 has no exact mean over 74 samples, but is constant. */
static void a_constant_is_exactly_zero(void **state) {
  (void)state;
  double z[2 * N * D], values[D];
  es_diag diag = {0};
  es_spectra *work = make_spectra(2 * N, D);
  for (size_t i = 0; i < 2 * N * D; i++) z[i] = .1 + (double)(i % D);
  assert_ok(es_spectra_covariance(work, 2 * N, D, z, values, &diag), diag);
  for (size_t k = 0; k < D; k++) assert_close(values[k], 0, 0, 0);
  assert_int_equal(es_collapse_of_variances(D, values).n_dead, D);
  es_spectra_free(work);
}

/* Everything, at a size at which OpenBLAS's products and LAPACK's eigenvalues
 * do change with the number of threads. */
enum { WIDE = 101, MANY = 130 };
typedef struct results {
  double cross[WIDE], vectors[WIDE * WIDE], covariance[WIDE], along[10],
      overlap[10];
} results;

static void compute(results *out, es_spectra *work, const double *z,
                    const double *phi) {
  const double gamma[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  es_diag diag = {0};
  assert_ok(
      es_spectra_cross(work, MANY, WIDE, z, out->cross, out->vectors, &diag),
      diag);
  assert_ok(
      es_spectra_covariance(work, 2 * MANY, WIDE, z, out->covariance, &diag),
      diag);
  assert_ok(es_spectra_along(work, MANY, WIDE, 10, z, phi, gamma, out->along,
                             out->overlap, &diag),
            diag);
}

static void threads_and_plans_do_not_change_a_bit(void **state) {
  (void)state;
  const int before = omp_get_max_threads();
  double *z = make_pairs(MANY, WIDE, .6, 5), *phi = make_pairs(MANY, 10, .6, 6);
  es_spectra *exact = make_spectra(2 * MANY, WIDE);
  es_spectra *roomy = make_spectra(2 * MANY + 9, WIDE + 40);
  results *one = calloc(3, sizeof *one);
  assert_non_null(one);
  omp_set_num_threads(1);
  compute(one, exact, z, phi);
  omp_set_num_threads(2);
  compute(one + 1, exact, z, phi);
  compute(one + 2, roomy, z, phi);
  assert_int_equal(omp_get_max_threads(), 2); /* as it was */
  omp_set_num_threads(before);
  assert_memory_equal(one + 1, one, sizeof *one);
  assert_memory_equal(one + 2, one, sizeof *one);
  es_spectra_free(exact);
  es_spectra_free(roomy);
  free(one);
  free(phi);
  free(z);
}

static void shapes_are_checked(void **state) {
  (void)state;
  const double z[12] = {1, 2, 3}, gamma[3] = {1, 1, 1};
  double values[3];
  es_diag diag = {0};
  es_spectra *work;
  assert_status(es_spectra_new(&work, 0, 3, &diag), ES_BAD_SHAPE);
  assert_null(work);
  assert_status(es_spectra_new(&work, 3, 0, &diag), ES_BAD_SHAPE);
  assert_status(es_spectra_new(&work, 3, 40000, &diag), ES_NO_MEMORY);
  assert_status(es_spectra_new(&work, (size_t)1 << 31, 30000, &diag),
                ES_BAD_SHAPE);
  es_spectra_free(NULL);
  work = make_spectra(4, 2);
  assert_status(es_spectra_cross(work, 3, 2, z, values, NULL, &diag),
                ES_BAD_SHAPE);
  assert_non_null(strstr(diag.message, "6 samples of 2 values"));
  assert_status(es_spectra_cross(work, SIZE_MAX, 2, z, values, NULL, &diag),
                ES_BAD_SHAPE);
  assert_status(es_spectra_cross(work, 0, 2, z, values, NULL, &diag),
                ES_BAD_SHAPE);
  assert_status(es_spectra_covariance(work, 4, 3, z, values, &diag),
                ES_BAD_SHAPE);
  assert_status(es_spectra_covariance(work, 4, 0, z, values, &diag),
                ES_BAD_SHAPE);
  assert_status(
      es_spectra_along(work, 2, 2, 3, z, z, gamma, values, values, &diag),
      ES_BAD_SHAPE);
  assert_non_null(strstr(diag.message, "3 functions"));
  assert_ok(es_spectra_along(work, 2, 2, 0, z, NULL, NULL, NULL, NULL, &diag),
            diag);
  es_spectra_free(work);
}

/* One bad number, or squares beyond the range. */
static void what_is_not_finite_is_an_error(void **state) {
  (void)state;
  const double bad[] = {NAN, INFINITY, 1e200}, gamma[] = {1, 1};
  es_diag diag = {0};
  es_spectra *work = make_spectra(4, 2);
  for (int k = 0; k < 3; k++) {
    const double fine[8] = {1, 2, 3, 4, 5, 7, 7, 9};
    double z[8] = {1, 2, 3, 4, 5, 7, 7, 9}, values[2], other[2];
    z[5] = bad[k];
    assert_status(es_spectra_cross(work, 2, 2, z, values, NULL, &diag),
                  ES_NOT_FINITE);
    assert_non_null(strstr(diag.message, "not finite"));
    assert_status(es_spectra_covariance(work, 4, 2, z, values, &diag),
                  ES_NOT_FINITE);
    assert_status(
        es_spectra_along(work, 2, 2, 2, z, fine, gamma, values, other, &diag),
        ES_NOT_FINITE);
    if (k < 2)
      assert_status(
          es_spectra_along(work, 2, 2, 2, fine, z, gamma, values, other, &diag),
          ES_NOT_FINITE);
  }
  es_spectra_free(work);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cross_matches_the_definition),
      cmocka_unit_test(cross_may_be_negative),
      cmocka_unit_test(covariance_matches_the_definition),
      cmocka_unit_test(rounding_is_not_negative),
      cmocka_unit_test(a_large_mean_costs_nothing),
      cmocka_unit_test(a_constant_is_exactly_zero),
      cmocka_unit_test(threads_and_plans_do_not_change_a_bit),
      cmocka_unit_test(shapes_are_checked),
      cmocka_unit_test(what_is_not_finite_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
