/* The staircase by itself: which eigenvalues rise one at a time, and how flat
 * the loss is between them. */
#include "fake.h"

static fake f;

static double rise(double t, double half) { return 1 / (1 + exp(half - t)); }

/* Eigenvalues (of rate 1, each time t) that rise at the given times, the first
 * from `floor`; the loss falls along a straight line. */
static es_overlay *staircase(void **state, const double half[4], double floor) {
  fake_four(&f, (double[]){1, 2, 4, 6});
  f.lr = 0.1; /* to t = 99.6 */
  for (size_t j = 0; j < 4; j++) {
    f.tau_generic[j] = NAN;
    f.Z0[j * 4 + j] = 1e-3;
  }
  for (size_t i = 0; i < f.rows; i++) {
    const double t = f.lr * (double)(i * f.every);
    f.loss[i] = 4 - 0.04 * t;
    for (size_t j = 0; j < 4; j++)
      f.lambda[i * 4 + j] = fmax(rise(t, half[j]), j == 0 ? floor : 0);
  }
  return overlay_of(state, &f, "run");
}

static void one_at_a_time(void **state) {
  es_overlay *o = staircase(state, (double[]){20, 40, 60, 80}, 0);
  assert_metric(o, "eigenvalues_one_at_a_time", 4, 1);
  for (size_t j = 1; j <= 4; j++) {
    char name[48];
    snprintf(name, sizeof name, "not_separate_%zu", j);
    assert_null(metric_of(o, name));
  }
  /* Halfway at 30, 50, 70: |4 - .04 t - (4 - k)|, the worst at 30. */
  assert_metric(o, "plateau_distance", fabs(4 - 1.2 - 3), 0.25);
  es_overlay_free(o);
  /* The third passes .2 at 41 - ln 4, before the second is at 1/2. */
  o = staircase(state, (double[]){20, 40, 41, INFINITY}, 0);
  assert_metric(o, "eigenvalues_one_at_a_time", 2, 1);
  assert_null(metric_of(o, "not_separate_1"));
  assert_null(metric_of(o, "not_separate_3"));
  /* By a straight line across .4 of time: off by .4^2/8 of a curvature that is
   * at most .1. */
  assert_close(metric(o, "not_separate_2").value, rise(41 - log(4), 40), 0,
               2e-3);
  /* Halfway at 30 and 40.5. */
  assert_metric(o, "plateau_distance", fabs(4 - 0.04 * 40.5 - 2), 0.25);
  es_overlay_free(o);
  /* ln 4 apart they are not; just more, they are. */
  o = staircase(state, (double[]){20, 40, 40 + log(4) - 0.01, INFINITY}, 0);
  assert_non_null(metric_of(o, "not_separate_2"));
  es_overlay_free(o);
  o = staircase(state, (double[]){20, 40, 40 + log(4) + 0.01, INFINITY}, 0);
  assert_null(metric_of(o, "not_separate_2"));
  es_overlay_free(o);
}

static void what_was_never_low(void **state) {
  es_overlay *o = staircase(state, (double[]){20, 40, 60, 80}, 0.051);
  assert_true(metric(o, "eigenvalues_one_at_a_time").value == 3);
  assert_close(metric(o, "not_separate_1").value, 1, 0, 1e-6);
  es_overlay_free(o);
  o = staircase(state, (double[]){20, 40, 60, 80}, 0.049);
  assert_true(metric(o, "eigenvalues_one_at_a_time").value == 4);
  es_overlay_free(o);
  /* Low in the end, and not at its rise. */
  o = staircase(state, (double[]){20, 40, 60, 80}, 0.051);
  es_overlay_free(o);
  f.lambda[(f.rows - 1) * 4] = 0;
  o = overlay_of(state, &f, "run");
  assert_non_null(metric_of(o, "not_separate_1"));
  es_overlay_free(o);
  /* One that begins to rise under one that never gets to 1/2. */
  o = staircase(state, (double[]){INFINITY, INFINITY, INFINITY, INFINITY}, 0);
  es_overlay_free(o);
  for (size_t i = 0; i < f.rows; i++) {
    f.lambda[i * 4] = 0.4 * rise(f.lr * (double)(i * f.every), 20);
    f.lambda[i * 4 + 1] = 0.3 * rise(f.lr * (double)(i * f.every), 20);
  }
  o = overlay_of(state, &f, "run");
  assert_true(metric(o, "eigenvalues_one_at_a_time").value == 0);
  assert_non_null(metric_of(o, "not_separate_1"));
  assert_null(metric_of(o, "not_separate_2"));
  es_overlay_free(o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(one_at_a_time),
      temp_test(what_was_never_low),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
