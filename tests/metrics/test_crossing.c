/* Step times: exact on a logistic rise, and whatever else a curve may do. */
#include "tests/check.h"

#include "base/random.h"
#include "metrics/crossing.h"

#include <string.h>

static const double u = 2.220446049250313e-16;

static double time_of(size_t n, const double *t, const double *y,
                      double level) {
  return es_crossing_time(n, t, 1, y, 1, level);
}

/* lambda = 1/(1 + e^{-8 gamma (t - tau)}) sampled at four wide apart times, in
 * a table of three columns. The logits are wrong by u/(1 - y) at most, 1e-14 at
 * y = .98, the largest here, of a slope 8 gamma = 2. */
static void a_logistic_rise_is_met_exactly(void **state) {
  (void)state;
  const double gamma = .25, tau = 3.3, levels[] = {1e-3, .1, .5, .9};
  double table[4][3];
  for (int i = 0; i < 4; i++) {
    table[i][0] = 1.75 * i;
    table[i][1] = -1;
    table[i][2] = 1 / (1 + exp(-8 * gamma * (table[i][0] - tau)));
  }
  assert_true(table[3][2] > .98 && table[3][2] < .99);
  for (int k = 1; k < 4; k++) {
    const double want = tau + log(levels[k] / (1 - levels[k])) / (8 * gamma);
    assert_close(es_crossing_time(4, table[0], 3, table[0] + 2, 3, levels[k]),
                 want, 0, 1e-14);
  }
  /* The start lies above the lowest level. */
  assert_true(table[0][2] > levels[0]);
  assert_close(es_crossing_time(4, table[0], 3, table[0] + 2, 3, levels[0]), 0,
               0, 0);
}

static void it_starts_above_or_never_gets_there(void **state) {
  (void)state;
  const double t[] = {2, 3, 4}, high[] = {.5, .1, .9}, low[] = {.1, .4999, .2};
  assert_close(time_of(3, t, high, .5), 2, 0, 0);
  assert_true(isnan(time_of(3, t, low, .5)));
  assert_true(isnan(time_of(0, t, low, .5)));
  assert_close(time_of(1, t, high, .5), 2, 0, 0);
}

/* A sample on the level is the time itself, to the last bit. */
static void touching_is_crossing(void **state) {
  (void)state;
  const double t[] = {.1, .3, .7, .9}, y[] = {.2, .1, .5, .3};
  assert_true(time_of(4, t, y, .5) == .7);
  const double outside[] = {-3, -2, 5, 1};
  assert_true(time_of(4, t, outside, 5) == .7);
  const double uneven[] = {-1, .1}; /* -1 + (.1 - -1) is not .1 */
  assert_true(time_of(2, uneven, y + 1, .5) == .1);
}

/* Dips, noise and a second rise do not matter: the first rise does. */
static void the_first_rise_counts(void **state) {
  (void)state;
  const double t[] = {0, 1, 2, 3, 4, 5}, y[] = {.4, .2, .8, .1, .9, .9};
  assert_close(time_of(6, t, y, .5), 1.5, 4 * u, 0);
}

/* Where a logit does not exist the line through the samples does. */
static void outside_the_unit_interval_it_is_linear(void **state) {
  (void)state;
  const double t[] = {0, 1}, over[] = {.25, 1.25}, under[] = {-.5, .75},
               one[] = {0, 1}, far[] = {10, 20};
  assert_close(time_of(2, t, over, .5), .25, 4 * u, 0);
  assert_close(time_of(2, t, under, .5), .8, 4 * u, 0);
  assert_close(time_of(2, t, one, .25), .25, 4 * u, 0);
  assert_close(time_of(2, t, far, 12.5), .25, 4 * u, 0);
}

static void what_is_no_number_is_skipped(void **state) {
  (void)state;
  const double t[] = {0, 1, 2, NAN, 4, 5, 6};
  const double y[] = {NAN, .2, NAN, .9, INFINITY, .8, -INFINITY};
  /* between t = 1 and t = 5, symmetric logits */
  assert_close(time_of(7, t, y, .5), 3, 4 * u, 0);
  const double late[] = {NAN, .6};
  assert_close(time_of(2, t, late, .5), 1, 0, 0);
  const double never[] = {NAN, NAN, NAN};
  assert_true(isnan(time_of(3, t, never, .5)));
}

/* Logits near 0: of numbers below the normal range, and of neighbours in the
 * last bits, which have one. */
static void near_zero(void **state) {
  (void)state;
  const double t[] = {1, 2}, y[] = {1e-320, 1 - u / 2};
  const double tiny = time_of(2, t, y, 1e-310);
  const double level = nextafter(1e-300, 1);
  const double close[] = {1e-300, nextafter(level, 1)};
  assert_true(log(close[0]) == log(close[1]));
  assert_true(tiny > 1 && tiny < 2);
  assert_true(time_of(2, t, close, level) == 2);
}

/* Whatever the curve, the time lies between the samples around the level. */
static void random_curves_keep_the_bracket(void **state) {
  (void)state;
  enum { N = 40 };
  for (uint64_t seed = 0; seed < 500; seed++) {
    double t[N] = {0}, y[N];
    const double level = es_random_uniform(seed, 1025, N);
    for (uint64_t i = 0; i < N; i++) {
      t[i] = (i > 0 ? t[i - 1] : -3.) + es_random_uniform(seed, 1026, i);
      y[i] = .5 + .4 * es_random_normal(seed, 1025, i);
    }
    size_t first = 0;
    while (first < N && !(y[first] >= level)) first++;
    const double got = time_of(N, t, y, level);
    if (first == N)
      assert_true(isnan(got));
    else if (first == 0)
      assert_true(got == t[0]);
    else
      assert_true(got >= t[first - 1] && got <= t[first]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_logistic_rise_is_met_exactly),
      cmocka_unit_test(it_starts_above_or_never_gets_there),
      cmocka_unit_test(touching_is_crossing),
      cmocka_unit_test(the_first_rise_counts),
      cmocka_unit_test(outside_the_unit_interval_it_is_linear),
      cmocka_unit_test(what_is_no_number_is_skipped),
      cmocka_unit_test(near_zero),
      cmocka_unit_test(random_curves_keep_the_bracket),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
