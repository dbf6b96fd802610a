/* Closed forms of an eigenmode against 30-digit references, theory.md's numbers
 * and identities. The contract is 1e-13; p and s are a number of 106 bits
 * rounded, with one division for s, and where p falls to 0 a product of five
 * rounded factors: 8 units of u = 2.2e-16 hold all, and are what is tested. */
#include "tests/check.h"

#include "models/linear/eigenmode.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

static const double claim = 8 * DBL_EPSILON;

/* Relative; below the normal range the promise is a unit of that. */
static double error(double got, const char *want) {
  const long double w = strtold(want, NULL);
  const long double size = fmaxl(fabsl(w), (long double)DBL_MIN);
  const double e = (double)(fabsl((long double)got - w) / size);
  return e == e ? e : 1;
}

static void closed_forms_to_the_last_digits(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/eigenmode.csv", "r");
  assert_non_null(file);
  char line[512], p[64], s[64];
  double worst = 0, t;
  int rows = 0;
  assert_non_null(fgets(line, sizeof line, file));
  while (fgets(line, sizeof line, file) != NULL) {
    es_eigenmode m = {0};
    assert_int_equal(sscanf(line,
                            "%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%63[^,],%63s",
                            &m.p0, &m.s0, &m.tau0, &m.alpha_p, &m.eta_p,
                            &m.lambda_s, &m.lambda_d, &t, p, s),
                     10);
    m.eta_s = m.eta_p;
    assert_true(es_eigenmode_has_exact(&m));
    const es_eigenmode_state got = es_eigenmode_exact(&m, t);
    const double e = fmax(error(got.p, p), error(got.s, s));
    if (!(e <= claim))
      fail_msg("%.17g and %.17g, off by %.2g: %s", got.p, got.s, e, line);
    assert_close(got.tau, m.tau0, 0, 0);
    worst = fmax(worst, e);
    rows++;
  }
  fclose(file);
  assert_int_equal(rows, 765);
  print_message("# closed forms: worst of %d rows %.2g\n", rows, worst);
}

/* sigma^2, eta, tau = 1, alpha_p = 1, on the parabola */
static es_eigenmode on_parabola(double sigma2, double eta, double p0) {
  return (es_eigenmode){.alpha_p = 1,
                        .eta_p = eta,
                        .eta_s = eta,
                        .lambda_s = 1 + sigma2,
                        .lambda_d = 1,
                        .p0 = p0,
                        .s0 = p0 * p0,
                        .tau0 = 1};
}

/* theory.md 4 (eta = 0) and 5 (c = 0, where s = p^2 is s of DirectSet). The
 * numbers belong to decimals: u/4 of p0 = .05 is worth 25 times that at t = 50,
 * the ratio of the slopes of ln p, and less than 4 elsewhere; they are printed
 * to half a unit of 1e-16. */
static void numbers_of_the_theory(void **state) {
  (void)state;
  es_eigenmode m = on_parabola(.5, 0, .2);
  m.alpha_p = 2;
  m.s0 = .1;
  assert_close(es_eigenmode_c(&m), .08, 1e-15, 0);
  assert_close(es_eigenmode_exact(&m, 1).p, .3382511302166433, 1e-15, 0);
  assert_close(es_eigenmode_exact(&m, 5).p, .6452975956889143, 1e-15, 0);
  assert_close(es_eigenmode_exact(&m, 1e300).s, .3022222222222222, 1e-15, 0);
  m = on_parabola(.09, .04, .05);
  assert_close(es_eigenmode_exact(&m, 10).p, .05482984697521003, 1e-15, 0);
  assert_close(es_eigenmode_exact(&m, 50).p, .5556331414368763, 2e-15, 0);
  m = on_parabola(.09, .04, .03);
  assert_close(es_eigenmode_exact(&m, 100).p, .001955173620566912, 1e-15, 0);
}

/* Where p ends is a root: p* to a rounding; and a start on a root that double
 * holds exactly stays. */
static void stationary_points_stay(void **state) {
  (void)state;
  es_eigenmode m = on_parabola(0, .01, .5);
  assert_close(es_eigenmode_exact(&m, 1e6).p, .98989794855663562, 2e-16, 0);
  m = on_parabola(.09, .04, 10);
  assert_close(es_eigenmode_exact(&m, 1e6).p, .875516208866075127, 2e-16, 0);
  const double stays[][3] = {
      {1, .125, .25}, {0, .1875, .25}, {0, .1875, .75}, {1, 0, .5}};
  for (size_t i = 0; i < sizeof stays / sizeof *stays; i++) {
    m = on_parabola(stays[i][0], stays[i][1], stays[i][2]);
    assert_close(es_eigenmode_exact(&m, 1e5).p, stays[i][2], 0, 0);
    assert_close(es_eigenmode_exact(&m, 1e5).s, m.s0, 0, 0);
  }
  /* The saddle's double is beside its root, and leaves it, to either side. */
  m = on_parabola(.09, .04, .0419149837944753313);
  const double one = es_eigenmode_exact(&m, 1e5).p;
  assert_true(one == 0 || one > .8);
}

/* A tenth of a unit of the start decides beside the saddle: after t the
 * distance is e^{(2 eta - tau p*)t} times what it was. */
static void saddle_repels_at_its_rate(void **state) {
  (void)state;
  const double low = 2 * .1875 / (1 + .5), rate = 2 * .1875 - low;
  for (int k = 20; k <= 50; k += 5) {
    const es_eigenmode m = on_parabola(0, .1875, low + ldexp(1, -k));
    const double t = 4 / rate, moved = es_eigenmode_exact(&m, t).p - low;
    /* p'' changes the rate by a share of the distance, e^4 2^-k, times 4;
     * subtracting low costs u/2 of low. */
    assert_close(moved, ldexp(exp(4), -k), 800 * ldexp(1, -k),
                 DBL_EPSILON * low);
  }
}

/* theory.md 4: at eta = 0, p0 > 0 escapes iff c > -p*^2/alpha_p, p0 < 0 iff
 * c > 0; to p*, or else s to 0. The slowest rate here is 2 (.01 p*) T. */
static void escape_without_decay(void **state) {
  (void)state;
  const double far = 1 / 1.09, edge = -far * far / 2;
  const struct {
    double p0, c;
    bool escapes;
  } cases[] = {{1.3, 1.02 * edge, false}, {1.3, .98 * edge, true},
               {1.3, -1e-6, true},        {1.3, 1e-6, true},
               {-1.3, .5 * edge, false},  {-1.3, -1e-6, false},
               {-1.3, 1e-6, true},        {-1.3, 1, true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    es_eigenmode m = on_parabola(.09, 0, cases[i].p0);
    m.alpha_p = 2;
    m.s0 = m.p0 * m.p0 / 2 + cases[i].c;
    const es_eigenmode_state end = es_eigenmode_exact(&m, 1e7);
    if (cases[i].escapes) {
      assert_close(end.p, far, claim, 0);
      /* c is s0's, to the rounding of s0. */
      assert_close(end.s, far * far / 2 + cases[i].c, claim, claim * m.s0);
    } else
      assert_true(end.s < 1e-300);
  }
}

/* The time at which p(t) is passed is t. p's rounding moves it by its own
 * condition, u |p/(t p')|, and the result is rounded itself. */
static void times_of_what_is_passed(void **state) {
  (void)state;
  const double etas[] = {0, 1e-300, 1e-9, .04, .229, .23, 3};
  const double starts[] = {-2, 1e-9, .03, .3, .9, 40, 1e9};
  for (size_t i = 0; i < sizeof etas / sizeof *etas; i++)
    for (size_t j = 0; j < sizeof starts / sizeof *starts; j++)
      for (double t = 1e-3; t < 30; t *= 3) {
        const es_eigenmode m = on_parabola(.09, etas[i], starts[j]);
        const es_eigenmode_state at = es_eigenmode_exact(&m, t);
        const double slope = at.p * at.p * (1 - 1.09 * at.p) - etas[i] * at.p;
        const double move = fabs(at.p / slope) * DBL_EPSILON;
        /* The slope itself is a difference. */
        if (move > 1e-6 * t) continue;
        assert_close(es_eigenmode_time(&m, at.p), t, DBL_EPSILON, 1.01 * move);
      }
  es_eigenmode m = on_parabola(.09, .04, .3);
  assert_close(es_eigenmode_time(&m, .3), 0, 0, 0);
  assert_true(es_eigenmode_time(&m, .2) == INFINITY);
  assert_true(es_eigenmode_time(&m, .88) == INFINITY);
  assert_true(es_eigenmode_time(&m, -.3) == INFINITY);
  m.s0 = 0;
  assert_close(es_eigenmode_time(&m, .15), log(2) / .04, DBL_EPSILON, 0);
  assert_true(es_eigenmode_time(&m, .31) == INFINITY);
  assert_true(es_eigenmode_time(&m, -.1) == INFINITY);
}

/* What has a closed form, and c. */
static void what_is_exact(void **state) {
  (void)state;
  es_eigenmode m = on_parabola(.09, .04, .1);
  assert_true(es_eigenmode_has_exact(&m));
  assert_close(es_eigenmode_c(&m), 0, 0, 0);
  m.s0 = .1 * .1 * (1 + 1e-14);
  assert_close(es_eigenmode_c(&m), 1e-16, .1, 0);
  assert_false(es_eigenmode_has_exact(&m));
  m.eta_p = m.eta_s = 0;
  assert_true(es_eigenmode_has_exact(&m));
  m.eta_s = .1;
  assert_false(es_eigenmode_has_exact(&m));
  m.s0 = 0;
  assert_true(es_eigenmode_has_exact(&m));
  m.ema = true;
  assert_false(es_eigenmode_has_exact(&m));
  m.p0 = 0;
  assert_true(es_eigenmode_has_exact(&m));
  m = on_parabola(.09, .04, 1e60);
  assert_false(es_eigenmode_has_exact(&m));
  /* A start typed as decimals lies on the parabola. */
  m = on_parabola(.09, .04, .1);
  m.s0 = .01;
  assert_close(es_eigenmode_c(&m), 0, 0, 0);
  m.alpha_p = .3;
  m.p0 = .03;
  m.s0 = .003;
  assert_close(es_eigenmode_c(&m), 0, 0, 0);
}

/* s0 = 0: p = p0 e^{-eta_p t}, with any eta_s; and p0 = s0 = 0, where tau goes
 * its own way: tau' = beta (1 - tau) + eta tau. */
static void without_s(void **state) {
  (void)state;
  es_eigenmode m = on_parabola(.09, .04, -.3);
  m.s0 = 0;
  m.eta_s = .7;
  assert_close(es_eigenmode_exact(&m, 50).p, -.3 * exp(-2), claim, 0);
  assert_close(es_eigenmode_exact(&m, 50).s, 0, 0, 0);
  assert_close(es_eigenmode_exact(&m, 1e300).p, 0, 0, 0);
  m = (es_eigenmode){.alpha_p = 1,
                     .eta_p = .04,
                     .eta_s = .04,
                     .beta = .4,
                     .lambda_s = 1.09,
                     .lambda_d = 1,
                     .tau0 = .5,
                     .ema = true};
  const double end = .4 / .36;
  assert_close(es_eigenmode_exact(&m, 5).tau, end + (.5 - end) * exp(-5 * .36),
               claim, 0);
  assert_close(es_eigenmode_exact(&m, 1e300).tau, end, claim, 0);
  m.eta_s = m.eta_p = .4;
  assert_close(es_eigenmode_exact(&m, 5).tau, .5 + 2, claim, 0);
  m.beta = 0;
  assert_close(es_eigenmode_exact(&m, 5).tau, .5 * exp(2), claim, 0);
  m.beta = .1;
  assert_close(es_eigenmode_exact(&m, 5).tau,
               .5 * exp(1.5) + .1 * expm1(1.5) / .3, claim, 0);
  assert_true(es_eigenmode_exact(&m, 1e300).tau == INFINITY);
  /* The rounding of the exponent, 600, would be worth some 300 units. */
  m.beta = .25;
  m.eta_s = .85;
  m.tau0 = 0;
  assert_close(es_eigenmode_exact(&m, 1000.7).tau, 2.392663269410019303e+260,
               claim,
               0); /* .25 expm1(.6 t)/.6 at 40 digits, of these doubles */
}

/* Nothing hangs or leaves the numbers, and collapse holds its relative accuracy
 * down to the last normal number: p e^{eta t} settles. */
static void extremes(void **state) {
  (void)state;
  const double etas[] = {0, 1e-300, 1e-30, 1e-3, .25, 1e30};
  const double starts[] = {-1e30, -1e-30, 1e-300, 1e-12, 1, 1e30};
  const double taus[] = {-1e20, 0, 1e-20, 1};
  const double times[] = {1e-300, 1e-20, 1, 1e20, 1e300};
  for (size_t i = 0; i < 6 * 6 * 4 * 5; i++) {
    es_eigenmode m = on_parabola(.09, etas[i % 6], starts[i / 6 % 6]);
    m.tau0 = taus[i / 36 % 4];
    const es_eigenmode_state at = es_eigenmode_exact(&m, times[i / 144]);
    assert_true(isfinite(at.p) && isfinite(at.s) && at.s >= 0);
    assert_true(at.p * m.p0 >= 0);
  }
  const es_eigenmode m = on_parabola(.09, .04, .03);
  const double half = log(2) / .04;
  for (double t = 2000; t < 17600; t += 400) {
    const double ratio =
        es_eigenmode_exact(&m, t).p / es_eigenmode_exact(&m, t + half).p;
    /* t + half is rounded: eta times a unit of t. */
    assert_close(ratio, 2, 2 * claim + .04 * t * DBL_EPSILON, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(closed_forms_to_the_last_digits),
      cmocka_unit_test(numbers_of_the_theory),
      cmocka_unit_test(stationary_points_stay),
      cmocka_unit_test(saddle_repels_at_its_rate),
      cmocka_unit_test(escape_without_decay),
      cmocka_unit_test(times_of_what_is_passed),
      cmocka_unit_test(what_is_exact),
      cmocka_unit_test(without_s),
      cmocka_unit_test(extremes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
