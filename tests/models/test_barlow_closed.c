/* The aligned closed form against 50-digit references, limits and identities.
 * The claim is 8 units of roundoff, u = 2.2e-16. */
#include "tests/check.h"

#include <eigenstep/barlow_twins.h>

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double u = 2.220446049250313e-16;

/* |got - want| in units of u*|want|; below the normal range the promise is only
 * that got is not above it either, and 0 or 1000 units are returned. */
static double units(double got, long double want) {
  if (fabsl(want) < (long double)DBL_MIN)
    return fabs(got) <= DBL_MIN ? 0 : 1000;
  const long double error = fabsl((long double)got - want) / fabsl(want);
  return error == error ? (double)(error / (long double)u) : 1000;
}

static void closed_form_within_eight_units(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/barlow_closed.csv", "r");
  assert_non_null(file);
  char line[768], s[128], lambda[128], rest[128];
  double gamma, s0, t, worst = 0;
  int rows = 0;
  assert_non_null(fgets(line, sizeof line, file));
  while (fgets(line, sizeof line, file) != NULL) {
    assert_int_equal(sscanf(line, "%lf,%lf,%lf,%127[^,],%127[^,],%127s", &gamma,
                            &s0, &t, s, lambda, rest),
                     6);
    const es_barlow_mode got = es_barlow_closed_form(gamma, s0, t);
    const double es = units(got.s, strtold(s, NULL));
    const double el = units(got.lambda, strtold(lambda, NULL));
    const double er = units(got.one_minus_lambda, strtold(rest, NULL));
    if (!(es <= 8) || !(el <= 8) || !(er <= 8))
      fail_msg("gamma=%g s0=%g t=%g: %.2f, %.2f and %.2f units", gamma, s0, t,
               es, el, er);
    worst = fmax(worst, fmax(er, fmax(es, el)));
    rows++;
  }
  fclose(file);
  assert_int_equal(rows, 700);
  print_message("# closed form: worst of %d rows %.2f units\n", rows, worst);
}

/* The uncompensated product is worth more than 8 units somewhere: shows that
 * the test above would notice. */
static void plain_product_would_fail(void **state) {
  (void)state;
  const double gamma = .1, t = 41.7, s0 = 1e-10;
  const long double x = 8 * (long double)gamma * (long double)t;
  const long double l0 = (long double)gamma * (long double)s0 * (long double)s0;
  const long double want = l0 / (l0 + (1 - l0) * expl(-x));
  const double plain =
      gamma * s0 * s0 /
      (gamma * s0 * s0 + (1 - gamma * s0 * s0) * exp(-(8 * gamma * t)));
  assert_true(units(es_barlow_closed_form(gamma, s0, t).lambda, want) <= 8);
  assert_true(units(plain, want) > 8);
}

static void extremes_stay_finite(void **state) {
  (void)state;
  const double gammas[] = {1e300, 1e-300, -1e300, -1e-300, 5e-324, 1};
  const double starts[] = {1e300, 1e-300, 5e-324, 1, 0};
  const double times[] = {0, 1e-300, 1, 1e300};
  for (size_t i = 0; i < sizeof gammas / sizeof *gammas; i++)
    for (size_t j = 0; j < sizeof starts / sizeof *starts; j++)
      for (size_t k = 0; k < sizeof times / sizeof *times; k++) {
        const es_barlow_mode m =
            es_barlow_closed_form(gammas[i], starts[j], times[k]);
        assert_true(m.s >= 0 && isfinite(m.s));
        assert_false(isnan(m.lambda) || isnan(m.one_minus_lambda));
      }
  /* gamma > 0 ends at lambda = 1, s = gamma^-1/2, from whatever start. */
  assert_close(es_barlow_closed_form(4, 1e-300, 1e300).s, .5, 2 * u, 0);
  assert_close(es_barlow_closed_form(4, 1e-300, 1e300).lambda, 1, 2 * u, 0);
  assert_close(es_barlow_closed_form(4, 1e-300, 1e300).one_minus_lambda, 0, 0,
               0);
}

/* Semigroup: flowing t1 and then t2 is flowing t1 + t2. */
static void semigroup(void **state) {
  (void)state;
  for (int i = 0; i < 40; i++) {
    const double gamma = i % 2 == 0 ? .05 * (i + 1) : -.03 * i, t1 = .125 * i;
    const double s0 = 1e-3 * (i + 1);
    const double half = es_barlow_closed_form(gamma, s0, t1).s;
    const double whole = es_barlow_closed_form(gamma, s0, t1 + .75).s;
    /* s0's error of 4 units can grow by d ln s/d ln s0 <= 1. */
    assert_close(es_barlow_closed_form(gamma, half, .75).s, whole, 16 * u, 0);
  }
}

/* d lambda/dt = 8 gamma lambda (1 - lambda) by central differences: truncation
 * h^2/6 |lambda'''| <= h^2 (8 gamma)^3/6/8, rounding u/h. */
static void closed_form_obeys_its_equation(void **state) {
  (void)state;
  const double gamma = .7, s0 = .02, h = 1e-4;
  for (double t = .1; t < 3; t += .1) {
    const es_barlow_mode m = es_barlow_closed_form(gamma, s0, t);
    const double slope = (es_barlow_closed_form(gamma, s0, t + h).lambda -
                          es_barlow_closed_form(gamma, s0, t - h).lambda) /
                         (2 * h);
    assert_close(slope, 8 * gamma * m.lambda * m.one_minus_lambda, 0,
                 h * h * pow(8 * gamma, 3) / 48 + 8 * u / h);
  }
}

static void step_times(void **state) {
  (void)state;
  /* theory.md 1: lambda0 = 1e-6, gamma = .4 gives 4.317 plain. */
  const double s0 = sqrt(1e-6 / .4);
  assert_close(es_barlow_step_time(.4, s0), 4.3173, 2e-5, 0);
  const double half = es_barlow_half_time(.4, s0);
  assert_close(half, log((1 - 1e-6) / 1e-6) / 3.2, 4 * u, 0);
  assert_close(es_barlow_closed_form(.4, s0, half).lambda, .5, 40 * u, 0);
  assert_true(isinf(es_barlow_step_time(-1, .1)));
  assert_true(isinf(es_barlow_half_time(0, .1)));
  assert_true(isinf(es_barlow_half_time(1, 0)));
  assert_true(isinf(es_barlow_descent_steps(-1, .1, .1)));
  assert_true(isnan(es_barlow_half_time(1, 1.5)));
  assert_true(es_barlow_half_time(1, .9) < 0);
  /* beyond the range of the product: ln gamma + 2 ln s0 */
  assert_close(es_barlow_step_time(2, 1e-200), (400 * M_LN10 - M_LN2) / 16,
               4 * u, 0);
}

/* s <- s + 4 lr gamma s (1 - gamma s^2), iterated, against the step count. */
static void descent_steps_match_iteration(void **state) {
  (void)state;
  const double gamma = .8, lr = .05, start = 1e-8;
  double s = start;
  int k = 0;
  while (gamma * s * s < .5) {
    s += 4 * lr * gamma * s * (1 - gamma * s * s);
    k++;
  }
  /* At tau growth without saturation reaches 1; half comes within a step or
   * two of it. */
  assert_close(k, es_barlow_descent_steps(gamma, start, lr), 0, 2);
  assert_close(es_barlow_lr_limit(2, -.5), .125, 0, 0);
  assert_close(es_barlow_lr_limit(.1, -4), .125, 0, 0);
  assert_true(isinf(es_barlow_lr_limit(0, 0)));
}

/* theory.md 1: of a mode's part of the loss, (1 - lambda)^2, half has gone .881
 * over 8 gamma before the exact half time, and it falls fastest ln 2 over 8
 * gamma before. Starts of 1e-12 leave 1e-12 of these. */
static double loss_at(double gamma, double s0, double t) {
  const double left = es_barlow_closed_form(gamma, s0, t).one_minus_lambda;
  return left * left;
}

static void loss_drops_before_the_mode_steps(void **state) {
  (void)state;
  const double gamma = .4, s0 = 1e-6, rate = 8 * gamma;
  const double half = es_barlow_half_time(gamma, s0);
  /* ln(sqrt(2) + 1) = .8813735870195430 */
  const double gone = half - .88137358701954305 / rate;
  assert_close(loss_at(gamma, s0, gone), .5, 1e-11, 0);
  const double steepest = half - M_LN2 / rate, e = 1e-3 / rate;
  double fall[3];
  for (int k = 0; k < 3; k++) {
    const double t = steepest + (k - 1) * 10 * e;
    fall[k] = loss_at(gamma, s0, t - e) - loss_at(gamma, s0, t + e);
  }
  /* A maximum: 1e-2 to either side, alike to the third order. */
  assert_true(fall[1] > fall[0] && fall[1] > fall[2]);
  assert_close(fall[0], fall[2], 1e-5, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loss_drops_before_the_mode_steps),
      cmocka_unit_test(closed_form_within_eight_units),
      cmocka_unit_test(plain_product_would_fail),
      cmocka_unit_test(extremes_stay_finite),
      cmocka_unit_test(semigroup),
      cmocka_unit_test(closed_form_obeys_its_equation),
      cmocka_unit_test(step_times),
      cmocka_unit_test(descent_steps_match_iteration),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
