/* The closed forms of the family (vicreg, spectral) and of the speed-ups (left,
 * log-det) against 50-digit references, limits and identities. The claim is 8
 * units of roundoff, u = 2.2e-16. */
#include "tests/check.h"

#include <eigenstep/barlow_twins.h>

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double u = 2.220446049250313e-16;

/* |got - want| in units of u*size; below the normal range the promise is only
 * that got is not above it either, and 0 or 1000 units are returned. */
static double units(double got, long double want, long double size) {
  if (fabsl(want) < (long double)DBL_MIN && fabsl(size) < (long double)DBL_MIN)
    return fabs(got) <= DBL_MIN ? 0 : 1000;
  const long double error = fabsl((long double)got - want) / fabsl(size);
  return error == error ? (double)(error / (long double)u) : 1000;
}

typedef struct row {
  char law[16];
  double gamma, a, b, s0, t;
  long double s, lambda, rest;
} row;

/* Errors of s, lambda and of what is left to 1. */
static void errors(const row *r, double out[3]) {
  double got[3];
  long double size = fabsl(r->rest);
  if (strcmp(r->law, "vicreg") == 0) {
    const es_barlow_family_mode m =
        es_barlow_vicreg_closed_form(r->gamma, r->a, r->b, r->s0, r->t);
    const double plateau = es_barlow_vicreg_rate(r->gamma, r->a, r->b) / r->a;
    got[0] = m.s;
    got[1] = m.lambda;
    got[2] = m.one_minus_cov;
    size = fmaxl(size, fabsl(1 - (long double)plateau));
    if (plateau < 0) size = fmaxl(size, 1);
    size = fmaxl(size, fabsl(r->rest + (long double)plateau - 1));
    const long double cov = (long double)r->a * r->s * r->s;
    const double e = units(m.cov_lambda, cov, cov);
    if (!(e <= 8)) fail_msg("cov_lambda: %.2f units", e);
  } else if (strcmp(r->law, "left") == 0) {
    const es_barlow_mode m =
        es_barlow_left_closed_form(r->gamma, r->a, r->s0, r->t);
    memcpy(got, &m, sizeof got);
  } else {
    const es_barlow_mode m =
        es_barlow_logdet_closed_form(r->gamma, r->a, r->b, r->s0, r->t);
    const double above = es_barlow_logdet_plateau(r->a, r->b) - 1;
    memcpy(got, &m, sizeof got);
    size = fmaxl(size, fabsl((long double)above));
  }
  out[0] = units(got[0], r->s, fabsl(r->s));
  out[1] = units(got[1], r->lambda, fabsl(r->lambda));
  out[2] = units(got[2], r->rest, size);
}

static void closed_forms_within_eight_units(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/barlow_family.csv", "r");
  assert_non_null(file);
  char line[768], s[128], lambda[128], rest[128];
  double worst[3] = {0};
  int rows = 0, bad = 0;
  assert_non_null(fgets(line, sizeof line, file));
  while (fgets(line, sizeof line, file) != NULL) {
    row r;
    double e[3];
    assert_int_equal(sscanf(line,
                            "%15[^,],%lf,%lf,%lf,%lf,%lf,%127[^,],%127[^,],"
                            "%127s",
                            r.law, &r.gamma, &r.a, &r.b, &r.s0, &r.t, s, lambda,
                            rest),
                     9);
    r.s = strtold(s, NULL);
    r.lambda = strtold(lambda, NULL);
    r.rest = strtold(rest, NULL);
    errors(&r, e);
    for (int i = 0; i < 3; i++) worst[i] = fmax(worst[i], e[i]);
    if (!(e[0] <= 8) || !(e[1] <= 8) || !(e[2] <= 8)) {
      bad++;
      print_message("# %s gamma=%g a=%g b=%g s0=%.10g t=%g: %.2f, %.2f and "
                    "%.2f units\n",
                    r.law, r.gamma, r.a, r.b, r.s0, r.t, e[0], e[1], e[2]);
    }
    rows++;
  }
  fclose(file);
  print_message("# worst of %d rows: %.2f, %.2f, %.2f units\n", rows, worst[0],
                worst[1], worst[2]);
  assert_int_equal(rows, 3056);
  assert_int_equal(bad, 0);
}

/* What would be lost without twice the precision: at ln(lambda/lambda0) = 700
 * the rounding of that logarithm alone is worth hundreds of units. */
static void plain_logarithms_would_fail(void **state) {
  (void)state;
  if (!long_double_is_wide()) skip();
  const double r = .01, s0 = 1e-160, t = .87;
  const double got = es_barlow_left_closed_form(1, r, s0, t).lambda;
  const long double l0 = (long double)s0 * s0;
  long double G = 8 * (long double)t / r;
  for (int i = 0; i < 60; i++) { /* Newton in long double */
    const long double l = l0 * expl(G);
    const long double rest =
        8 * (long double)t - r * G + (1 + (long double)r) * log1pl(-l);
    G += rest / (r + l * (1 + (long double)r) / (1 - l));
  }
  assert_true(units(got, l0 * expl(G), l0 * expl(G)) <= 8);
  assert_true(units(exp(log(s0 * s0) + (double)G), l0 * expl(G), l0 * expl(G)) >
              8);
}

/* theory.md 1: lambda0 = 1e-6, gamma = .4, r = .01: .2598 against 4.317. */
static void numbers_of_theory(void **state) {
  (void)state;
  const double s0 = sqrt(1e-6 / .4),
               half = es_barlow_left_half_time(.4, .01, s0);
  assert_close(half, .2598, 2e-4, 0);
  assert_close(half, (log(2 * (1 - 1e-6)) + .01 * log((1 - 1e-6) / 1e-6)) / 3.2,
               8 * u, 0);
  assert_close(es_barlow_half_time(.4, s0), 4.317, 1e-4, 0);
  assert_close(es_barlow_left_closed_form(.4, .01, s0, half).lambda, .5, 40 * u,
               0);
  /* plateau near 1 + mu/2: p - 1 = (mu/2)/(p + r) exactly */
  const double p = es_barlow_logdet_plateau(.01, .1);
  assert_close(p - 1, .05 / (p + .01), 1e-14, 0);
  assert_close(p, 1.05, .01, 0);
  const double t = es_barlow_logdet_half_time(.4, .01, .1, s0);
  assert_close(es_barlow_logdet_closed_form(.4, .01, .1, s0, t).lambda, p / 2,
               40 * u, 0);
  assert_close(es_barlow_logdet_closed_form(.4, .01, .1, s0, 1e9).lambda, p,
               2 * u, 0);
  /* plateaus gamma/sigma of the covariance, (gamma/sigma)^2 of C, at nu = 1 */
  const es_barlow_family_mode m =
      es_barlow_vicreg_closed_form(.4, .5, 1, s0, 1e9);
  assert_close(m.cov_lambda, .8, 4 * u, 0);
  assert_close(m.lambda, .64, 4 * u, 0);
  assert_close(m.one_minus_cov, .2, 4 * u, 0);
}

/* Limits in which one law is another: mu = 0 is the plain flow, nu = 0 and nu =
 * 1 with sigma = gamma too, the last two to the last bits of each other. */
static void laws_meet_in_their_limits(void **state) {
  (void)state;
  for (int i = 1; i < 60; i++) {
    const double t = .11 * i, s0 = 1e-3 * (i % 7 + 1), g = i % 2 ? .7 : -.2;
    const es_barlow_mode plain = es_barlow_closed_form(g, s0, t);
    assert_close(es_barlow_logdet_closed_form(g, .02, 0, s0, t).s, plain.s,
                 16 * u, 0);
    if (g < 0) continue;
    assert_close(es_barlow_vicreg_closed_form(g, g, 1, s0, t).s, plain.s,
                 16 * u, 0);
    assert_close(es_barlow_vicreg_closed_form(.1, g, 0, s0, t).s, plain.s,
                 16 * u, 0);
    assert_close(es_barlow_vicreg_half_time(g, g, 1, s0),
                 es_barlow_half_time(g, s0), 16 * u, 0);
  }
  assert_close(es_barlow_logdet_half_time(.7, .02, 0, 1e-3),
               es_barlow_half_time(.7, 1e-3), 16 * u, 0);
}

/* Semigroup: flowing t1 and then t2 is flowing t1 + t2, up to what s0's own
 * error of 8 units grows by (d ln s/d ln s0 <= 1 on the way to a plateau). */
static void semigroup(void **state) {
  (void)state;
  for (int i = 0; i < 40; i++) {
    const double g = i % 3 ? .05 * (i + 1) : -.01 * i, t = .125 * i;
    const double s0 = 1e-2 * (i + 1);
    const double s1 = es_barlow_left_closed_form(g, .3, s0, t).s;
    const double s2 = es_barlow_logdet_closed_form(g, .3, .2, s0, t).s;
    const double s3 = es_barlow_vicreg_closed_form(g, .6, .9, s0, t).s;
    assert_close(es_barlow_left_closed_form(g, .3, s1, .75).s,
                 es_barlow_left_closed_form(g, .3, s0, t + .75).s, 32 * u, 0);
    assert_close(es_barlow_logdet_closed_form(g, .3, .2, s2, .75).s,
                 es_barlow_logdet_closed_form(g, .3, .2, s0, t + .75).s, 32 * u,
                 0);
    assert_close(es_barlow_vicreg_closed_form(g, .6, .9, s3, .75).s,
                 es_barlow_vicreg_closed_form(g, .6, .9, s0, t + .75).s, 32 * u,
                 0);
  }
}

static void extremes_stay_finite(void **state) {
  (void)state;
  const double gammas[] = {1e150, 1e-300, -1e150, -1e-300, 5e-324, 1};
  const double starts[] = {1e-300, 5e-324, 1e-160, 0};
  const double times[] = {0, 1e-300, 1, 1e300};
  for (size_t i = 0; i < sizeof gammas / sizeof *gammas; i++)
    for (size_t j = 0; j < sizeof starts / sizeof *starts; j++)
      for (size_t k = 0; k < sizeof times / sizeof *times; k++) {
        const double g = gammas[i], s = starts[j], t = times[k];
        const es_barlow_mode a = es_barlow_left_closed_form(g, .01, s, t);
        const es_barlow_mode b = es_barlow_logdet_closed_form(g, .01, .1, s, t);
        const es_barlow_family_mode c =
            es_barlow_vicreg_closed_form(g, 1e20, 1, s, t);
        assert_true(a.s >= 0 && isfinite(a.s) && isfinite(a.lambda));
        assert_true(b.s >= 0 && isfinite(b.s) && isfinite(b.lambda));
        assert_true(c.s >= 0 && isfinite(c.s) && isfinite(c.one_minus_cov));
      }
  assert_close(es_barlow_left_closed_form(4, .01, 1e-300, 1e300).s, .5, 2 * u,
               0);
  assert_close(es_barlow_vicreg_closed_form(4, 8, 1, 1e-300, 1e300).s, .25,
               2 * u, 0);
}

static void what_never_steps(void **state) {
  (void)state;
  assert_true(isinf(es_barlow_left_half_time(-1, .1, .1)));
  assert_true(isinf(es_barlow_logdet_half_time(1, .1, .1, 0)));
  assert_true(isinf(es_barlow_vicreg_half_time(1, 2, 2, .1)));
  assert_true(isinf(es_barlow_vicreg_step_time(-.1, .2, 1, .1)));
  assert_true(isnan(es_barlow_left_half_time(1, .1, 1.5)));
  assert_true(isnan(es_barlow_vicreg_half_time(1, 2, 1, .6)));
  assert_true(es_barlow_left_half_time(1, .1, .9) < 0);
  assert_true(es_barlow_vicreg_half_time(1, 2, 1, .45) < 0);
}

/* Descent iterated here, against the step counts. */
static void descent_steps_match_iteration(void **state) {
  (void)state;
  const double g = .8, sigma = 1.1, lr = .05, start = 1e-8;
  double s = start;
  int k = 0;
  for (; sigma * sigma * s * s < .5 * g; k++)
    s += 4 * lr * s * (g - sigma * sigma * s * s);
  assert_close(k, es_barlow_vicreg_descent_steps(g, sigma, 1, start, lr), 0, 2);
  for (s = start, k = 0; g * s * s < .5; k++)
    s += 4 * lr * g * s * (1 - g * s * s) / (g * s * s + .1);
  assert_close(k, es_barlow_left_descent_steps(g, .1, start, lr), 0, 0);
  for (s = start, k = 0; g * s * s < es_barlow_logdet_plateau(.1, .3) / 2; k++)
    s += lr * g * s * (4 * (1 - g * s * s) + .6 / (g * s * s + .1));
  assert_close(k, es_barlow_logdet_descent_steps(g, .1, .3, start, lr), 0, 0);
  /* Beyond 10^6 steps the flow's own time over lr: continuous there within
   * what Euler's method is off, a share of 1e-6 or so. */
  const double half = es_barlow_left_half_time(g, .1, start);
  const double few = half / 999000, more = half / 1001000;
  assert_close(es_barlow_left_descent_steps(g, .1, start, few) * few,
               es_barlow_left_descent_steps(g, .1, start, more) * more, 1e-4,
               0);
}

/* From far above the plateau: log-det with mu = 0 is the plain flow whatever r
 * is, left with r = 0 falls like e^(-8 gamma t), and a stop on the way is none.
 * s takes half of lambda's relative error, a few units each in phase, slope and
 * the root; two steps double them. */
static void falls_from_afar(void **state) {
  (void)state;
  const double g = .7;
  for (double s0 = 4; s0 < 1e100; s0 *= 10)
    for (double x = 1e-20; x < 1e3; x *= 5) {
      const double t = x / s0, later = 3 / s0;
      for (double r = 1e-3; r < 1e4; r *= 1e3) {
        assert_close(es_barlow_logdet_closed_form(g, r, 0, s0, t).s,
                     es_barlow_closed_form(g, s0, t).s, 32 * u, 0);
        const double s1 = es_barlow_left_closed_form(g, r, s0, t).s;
        const double s2 = es_barlow_logdet_closed_form(g, r, .2, s0, t).s;
        assert_close(es_barlow_left_closed_form(g, r, s1, later).s,
                     es_barlow_left_closed_form(g, r, s0, t + later).s, 64 * u,
                     0);
        assert_close(es_barlow_logdet_closed_form(g, r, .2, s2, later).s,
                     es_barlow_logdet_closed_form(g, r, .2, s0, t + later).s,
                     64 * u, 0);
      }
      const double over = (g * s0 * s0 - 1) * exp(-8 * g * t);
      assert_close(es_barlow_left_closed_form(g, 1e-300, s0, t).lambda,
                   1 + over, 32 * u, 0);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(closed_forms_within_eight_units),
      cmocka_unit_test(plain_logarithms_would_fail),
      cmocka_unit_test(numbers_of_theory),
      cmocka_unit_test(laws_meet_in_their_limits),
      cmocka_unit_test(semigroup),
      cmocka_unit_test(extremes_stay_finite),
      cmocka_unit_test(falls_from_afar),
      cmocka_unit_test(what_never_steps),
      cmocka_unit_test(descent_steps_match_iteration),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
