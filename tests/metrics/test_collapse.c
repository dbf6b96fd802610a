/* Collapse metrics against theory.md 8, the definitions written out, and the
 * contract's edge cases. */
#include "tests/check.h"

#include "base/random.h"
#include "metrics/collapse.h"

#include <stdio.h>
#include <stdlib.h>

static const double u = 2.220446049250313e-16;

/* theory.md 8. Sums of d terms of one sign: d u at most. */
static void areas_of_the_theory(void **state) {
  (void)state;
  double flat[512], one[16] = {3}, powers[64];
  const double ramp[] = {4, 3, 2, 1};
  for (int j = 0; j < 512; j++) flat[j] = .125;
  for (int j = 0; j < 64; j++) powers[j] = pow(.9, j);
  assert_close(es_collapse_of(512, flat).auc, .5009765625, 512 * u, 0);
  assert_close(es_collapse_of(16, one).auc, 1, 0, 0);
  assert_close(es_collapse_of(4, ramp).auc, .75, 4 * u, 0);
  assert_close(es_collapse_of(64, powers).auc, .860555410183167, 5e-15, 0);
}

/* Spectra of mpmath (tests/oracle/collapse.py), to 50 digits. Errors: sums of d
 * terms of one sign, each some roundoff; in exp(entropy) as much again times
 * the entropy, below 7; in the slope, roundoff of ln(sigma_1/sigma_j) < 14
 * beside slopes of 1 and more. */
static void digits_of_mpmath(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/collapse.csv", "r");
  static char line[16384], rest[16384];
  double sigma[512], want[4];
  size_t dead, cases = 0;
  assert_non_null(file);
  assert_non_null(fgets(line, sizeof line, file));
  for (; fgets(line, sizeof line, file) != NULL; cases++) {
    size_t d = 0;
    assert_int_equal(sscanf(line, "%*[^,],%lf,%lf,%lf,%lf,%zu,%16383[^\n]",
                            &want[0], &want[1], &want[2], &want[3], &dead,
                            rest),
                     6);
    char *end = rest;
    for (; *end != '\0'; d++) sigma[d] = strtod(end, &end);
    const es_collapse got = es_collapse_of(d, sigma);
    const double terms = (double)d * u;
    assert_close(got.auc, want[0], 2 * terms, 0);
    assert_close(got.rankme, want[1], 10 * terms, 0);
    assert_close(got.participation_ratio, want[3], 4 * terms, 0);
    assert_int_equal(got.n_dead, dead);
    if (isinf(want[2]))
      assert_true(got.alpha_req > 0 && isinf(got.alpha_req));
    else
      assert_close(got.alpha_req, want[2], 20 * u + terms, 0);
  }
  fclose(file);
  assert_int_equal(cases, 9);
}

/* [4,3,2,1]: q = .4, .3, .2, .1; 30^2/354; the slope by
 * least squares in Python. */
static void the_others_on_a_ramp(void **state) {
  (void)state;
  const double ramp[] = {4, 3, 2, 1};
  const es_collapse got = es_collapse_of(4, ramp);
  assert_close(got.rankme,
               pow(.4, -.4) * pow(.3, -.3) * pow(.2, -.2) * pow(.1, -.1),
               10 * u, 0);
  assert_close(got.participation_ratio, 900. / 354, 10 * u, 0);
  assert_close(got.alpha_req, 1.8483667057129392, 20 * u, 0);
  assert_int_equal(got.n_dead, 0);
}

static void flat_and_rank_one(void **state) {
  (void)state;
  double flat[100], one[8] = {.3};
  for (int j = 0; j < 100; j++) flat[j] = 1e-3;
  es_collapse got = es_collapse_of(100, flat);
  assert_close(got.rankme, 100, 200 * u, 0);
  assert_close(got.participation_ratio, 100, 200 * u, 0);
  assert_close(got.alpha_req, 0, 0, 0);
  assert_int_equal(got.n_dead, 0);
  got = es_collapse_of(8, one);
  assert_close(got.rankme, 1, 0, 0);
  assert_close(got.participation_ratio, 1, 0, 0);
  assert_true(isinf(got.alpha_req));
  assert_int_equal(got.n_dead, 7);
  got = es_collapse_of(1, one);
  assert_close(got.auc, 1, 0, 0);
  assert_true(isinf(got.alpha_req));
  assert_int_equal(got.n_dead, 0);
}

/* sigma_j^2 = j^-a: the slope is a. */
static void power_laws(void **state) {
  (void)state;
  enum { D = 40 };
  for (double a = .25; a < 4; a *= 2) {
    double sigma[D];
    for (int j = 0; j < D; j++) sigma[j] = pow(j + 1, -a / 2);
    assert_close(es_collapse_of(D, sigma).alpha_req, a, 1e-13, 0);
  }
}

static int falling(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

/* The definitions as theory.md and docs/metrics.md write them. */
static void definitions_written_out(void **state) {
  (void)state;
  enum { D = 23 };
  for (uint64_t seed = 0; seed < 20; seed++) {
    double sigma[D], sum = 0, auc = 0, entropy = 0, s2 = 0, s4 = 0;
    for (uint64_t j = 0; j < D; j++)
      sigma[j] = exp(2 * es_random_normal(seed, 1024, j));
    qsort(sigma, D, sizeof *sigma, falling);
    for (int j = 0; j < D; j++) sum += sigma[j];
    for (int j = 0; j < D; j++) {
      double cumulative = 0;
      for (int i = 0; i <= j; i++) cumulative += sigma[i];
      auc += cumulative / sum / D;
      entropy -= sigma[j] / sum * log(sigma[j] / sum);
      s2 += sigma[j] * sigma[j];
      s4 += pow(sigma[j], 4);
    }
    const es_collapse got = es_collapse_of(D, sigma);
    assert_close(got.auc, auc, 3 * D * u, 0);
    assert_close(got.rankme, exp(entropy), 10 * D * u, 0);
    assert_close(got.participation_ratio, s2 * s2 / s4, 3 * D * u, 0);
    assert_true(got.auc >= (D + 1) / (2. * D) && got.auc <= 1);
  }
}

/* Only sigma below 1e-6 of the first is dead, only above it fits the slope: a
 * value on the bound is neither. */
static void thresholds(void **state) {
  (void)state;
  const double bound = 1e-6 * 4;
  const double sigma[] = {4, 1, bound, nextafter(bound, 0), 1e-9, 0};
  const es_collapse got = es_collapse_of(6, sigma);
  assert_int_equal(got.n_dead, 3);
  /* through (ln 1, ln 16) and (ln 2, ln 1) */
  assert_close(got.alpha_req, 4, 20 * u, 0);
  const double above[] = {4, nextafter(bound, 1)};
  assert_true(isfinite(es_collapse_of(2, above).alpha_req));
}

static void assert_constant(es_collapse got, size_t d) {
  assert_close(got.auc, 1, 0, 0);
  assert_close(got.rankme, 1, 0, 0);
  assert_close(got.participation_ratio, 1, 0, 0);
  assert_true(isinf(got.alpha_req) && got.alpha_req > 0);
  assert_int_equal(got.n_dead, d);
}

static void constant_representation(void **state) {
  (void)state;
  const double zero[5] = {0}, below[3] = {-0., -1e-18, -1e-17};
  assert_constant(es_collapse_of(5, zero), 5);
  assert_constant(es_collapse_of_variances(3, below), 3);
  assert_constant(es_collapse_of(0, zero), 0);
}

/* sigma = sqrt(variance); what rounding made negative counts as 0. */
static void of_variances(void **state) {
  (void)state;
  const double variance[] = {16, 9, 4, 1, -1e-17}, sigma[] = {4, 3, 2, 1, 0};
  const es_collapse a = es_collapse_of_variances(5, variance);
  const es_collapse b = es_collapse_of(5, sigma);
  assert_close(a.auc, b.auc, 0, 0);
  assert_close(a.rankme, b.rankme, 0, 0);
  assert_close(a.participation_ratio, b.participation_ratio, 0, 0);
  assert_close(a.alpha_req, b.alpha_req, 0, 0);
  assert_int_equal(a.n_dead, 1);
}

/* Any scale, also where squares leave the range of double. */
static void scale_does_not_matter(void **state) {
  (void)state;
  const double scales[] = {0x1p-900, 0x1p900};
  const double ramp[] = {4, 3, 2, 1};
  const es_collapse want = es_collapse_of(4, ramp);
  for (int k = 0; k < 2; k++) {
    double sigma[4];
    for (int j = 0; j < 4; j++) sigma[j] = ramp[j] * scales[k];
    const es_collapse got = es_collapse_of(4, sigma);
    assert_close(got.auc, want.auc, 0, 0);
    assert_close(got.rankme, want.rankme, 0, 0);
    assert_close(got.participation_ratio, want.participation_ratio, 0, 0);
    assert_close(got.alpha_req, want.alpha_req, 0, 0);
  }
}

/* A spectrum that is not finite is not a collapsed one. */
static void not_a_number_stays_one(void **state) {
  (void)state;
  const double bad[][3] = {{NAN, 1, 0}, {2, NAN, 0}, {INFINITY, 1, 0}};
  for (int k = 0; k < 3; k++) {
    const es_collapse got = es_collapse_of(3, bad[k]);
    assert_true(isnan(got.auc) && isnan(got.rankme));
    assert_true(isnan(got.participation_ratio) && isnan(got.alpha_req));
    assert_true(isnan(es_collapse_of_variances(3, bad[k]).auc));
  }
}

/* Of +-e_1, +-e_2 in the plane each dimension has variance 1/2: spread 1, at
 * any lengths. Rows alike have exactly 0, zeros too; one row of zeros among n-1
 * ones x = e_1 of length one has variance (n-1)/n^2 in one dimension of d. */
static void spread_of_directions(void **state) {
  (void)state;
  const double cross[] = {3, 0, -1e-30, 0, 0, 1e30, 0, -2};
  const double alike[] = {.3, .7, .1, .3, .7, .1, .3, .7, .1};
  const double zeros[9] = {0}, one[] = {1, 0, 0, 0, 5, 0, 2, 0};
  double scratch[9];
  assert_close(es_collapse_spread(4, 2, cross, scratch), 1, 8 * u, 0);
  assert_close(es_collapse_spread(3, 3, alike, scratch), 0, 0, 0);
  assert_close(es_collapse_spread(3, 3, zeros, scratch), 0, 0, 0);
  assert_close(es_collapse_spread(4, 2, one, scratch), sqrt(3. / 16) / sqrt(2),
               8 * u, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(areas_of_the_theory),
      cmocka_unit_test(digits_of_mpmath),
      cmocka_unit_test(the_others_on_a_ramp),
      cmocka_unit_test(flat_and_rank_one),
      cmocka_unit_test(power_laws),
      cmocka_unit_test(definitions_written_out),
      cmocka_unit_test(thresholds),
      cmocka_unit_test(constant_representation),
      cmocka_unit_test(of_variances),
      cmocka_unit_test(scale_does_not_matter),
      cmocka_unit_test(not_a_number_stays_one),
      cmocka_unit_test(spread_of_directions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
