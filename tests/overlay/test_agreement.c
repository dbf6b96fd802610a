/* Rows of agreement.csv by hand: from curves whose step times are known, for
 * one run and for several. */
#include "fake.h"

static fake f;

static void assert_infinite(const es_overlay *o, const char *name) {
  const es_overlay_metric m = metric(o, name);
  assert_true(isinf(m.value) && m.value > 0);
}

static void one_step_is_missing(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  es_overlay *o = overlay_of(state, &f, "run");
  assert_true(metric(o, "runs").value == 1);
  assert_true(metric(o, "modes_predicted").value == 4);
  assert_true(metric(o, "modes_met").value == 3);
  assert_true(metric(o, "modes_unforeseen").value == 0);
  /* Errors .1, .1, 0 and the missing one, infinite. The null knows the mean of
   * the logs, m = 1.99: its errors |t/m - 1| are .45, .10 and 1.01. */
  const double mean = cbrt(1.1 * 1.8 * 4);
  assert_metric(o, "median_step_error_first_4", 0.1, 1 - 1.1 / mean);
  assert_string_equal(metric(o, "median_step_error_first_4").verdict, "holds");
  assert_metric(o, "rank_correlation", 1, 0);
  const double a = log(1.1), b = log(0.9), l = log(2);
  const double null = sqrt((pow(log(1.1 / mean), 2) + pow(log(1.8 / mean), 2) +
                            pow(log(4 / mean), 2)) /
                           3);
  assert_metric(o, "step_log_error", sqrt((a * a + b * b) / 3), null);
  assert_metric(o, "aligned_step_log_error",
                sqrt((pow(a - l, 2) + pow(b - l, 2) + l * l) / 3), null);
  assert_close(metric(o, "step_ratio_1").value, 1.1, rounding, 0);
  assert_close(metric(o, "step_ratio_2").value, 0.9, rounding, 0);
  assert_close(metric(o, "step_ratio_3").value, 1, rounding, 0);
  assert_infinite(o, "step_ratio_4");
  assert_true(isnan(metric(o, "step_ratio_1").null));
  es_overlay_free(o);
}

static void bar(void **state, double ratio, const char *verdict) {
  fake_four(&f, (double[]){ratio, 2 * ratio, 4 * ratio, 6 * ratio});
  es_overlay *o = overlay_of(state, &f, "run");
  const es_overlay_metric m = metric(o, "median_step_error_first_4");
  assert_close(m.value, fabs(ratio - 1), 0, rounding);
  assert_string_equal(m.verdict, verdict);
  es_overlay_free(o);
}

static void verdicts(void **state) {
  bar(state, 1.149, "holds");
  bar(state, 0.851, "holds");
  bar(state, 1.151, "fails");
  bar(state, 0.849, "fails");
}

/* Fewer than four modes at all. */
static void three_modes(void **state) {
  fake_four(&f, (double[]){1, 2, 4, 6});
  f.d = 3;
  f.m = 3;
  f.Z0[4] = f.Z0[5];
  f.Z0[8] = f.Z0[10];
  memset(f.Z0 + 1, 0, 3 * sizeof *f.Z0);
  fake_rises(&f, (double[]){1, 2, 4});
  es_overlay *o = overlay_of(state, &f, "run");
  assert_string_equal(metric(o, "median_step_error_first_4").verdict,
                      "inconclusive");
  assert_close(metric(o, "rank_correlation").value, 1, rounding, 0);
  es_overlay_free(o);
}

/* Spearman's rho, 1 - 6 sum d^2/(n(n^2 - 1)) without ties. */
static void ranks(void **state) {
  fake_four(&f, (double[]){2.1, 1, 4, 6});
  es_overlay *o = overlay_of(state, &f, "run");
  assert_metric(o, "rank_correlation", 1 - 6 * 2 / 60.0, 0);
  es_overlay_free(o);
  fake_four(&f, (double[]){6, 4, 2, 1});
  o = overlay_of(state, &f, "run");
  assert_metric(o, "rank_correlation", -1, 0);
  es_overlay_free(o);
  /* Ties share ranks 1.5: sums 4.5, 4.5 and 5 by hand. */
  fake_four(&f, (double[]){1, 2, 4, 6});
  f.tau_generic[1] = 1;
  o = overlay_of(state, &f, "run");
  assert_metric(o, "rank_correlation", 4.5 / sqrt(4.5 * 5), 0);
  es_overlay_free(o);
  /* Two modes are always in some order. */
  fake_four(&f, (double[]){1, 2, INFINITY, INFINITY});
  o = overlay_of(state, &f, "run");
  assert_true(isnan(metric(o, "rank_correlation").value));
  es_overlay_free(o);
}

/* Predicted never, or for later than the run, and stepped all the same: neither
 * met nor missing, and told. */
static void unforeseen(void **state) {
  fake_four(&f, (double[]){1, 2, 3, 9});
  f.tau_generic[2] = NAN;
  f.tau_generic[3] = 20;
  es_overlay *o = overlay_of(state, &f, "run");
  assert_true(metric(o, "modes_predicted").value == 2);
  assert_true(metric(o, "modes_met").value == 2);
  assert_true(metric(o, "modes_unforeseen").value == 2);
  assert_null(metric_of(o, "step_ratio_3"));
  assert_null(metric_of(o, "step_ratio_4"));
  /* Errors 0, 0, not defined, .55. */
  assert_close(metric(o, "median_step_error_first_4").value, 0, 0, rounding);
  assert_string_equal(metric(o, "median_step_error_first_4").verdict,
                      "inconclusive");
  es_overlay_free(o);
}

/* A mean of one time is no guess. */
static void one_is_met(void **state) {
  fake_four(&f, (double[]){1.1, INFINITY, INFINITY, INFINITY});
  es_overlay *o = overlay_of(state, &f, "run");
  assert_close(metric(o, "step_log_error").value, log(1.1), rounding, 0);
  assert_true(isnan(metric(o, "step_log_error").null));
  assert_true(isnan(metric(o, "median_step_error_first_4").null));
  es_overlay_free(o);
}

static void nothing_is_met(void **state) {
  fake_four(&f, (double[]){INFINITY, INFINITY, INFINITY, INFINITY});
  es_overlay *o = overlay_of(state, &f, "run");
  static const char *const undefined[] = {"rank_correlation", "step_log_error",
                                          "aligned_step_log_error",
                                          "overlap_median", "plateau_distance"};
  for (size_t i = 0; i < 5; i++)
    assert_true(isnan(metric(o, undefined[i]).value));
  assert_infinite(o, "median_step_error_first_4");
  assert_true(metric(o, "eigenvalues_one_at_a_time").value == 0);
  assert_true(metric(o, "eigenvalues_one_at_a_time").null == 0);
  es_overlay_free(o);
}

/* The loss against the descent's, without the row that is not a number. */
static void losses(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, 6});
  double mean = 0, error = 0, spread = 0;
  f.loss[7] = NAN;
  for (size_t i = 0; i < 250; i++)
    if (i != 7) mean += f.loss[i] / 249;
  double s[4], total = 0;
  for (size_t j = 0; j < 4; j++) s[j] = f.Z0[j * 4 + j];
  for (size_t i = 0; i < 250; i++, total = 0) {
    for (size_t j = 0; j < 4; j++) {
      total += pow(1 - f.gamma[j] * s[j] * s[j], 2);
      for (size_t k = 0; k < f.every; k++)
        s[j] += 4 * f.lr * f.gamma[j] * s[j] * (1 - f.gamma[j] * s[j] * s[j]);
    }
    if (i == 7) continue;
    error += pow(f.loss[i] - total, 2);
    spread += pow(f.loss[i] - mean, 2);
  }
  es_overlay *o = overlay_of(state, &f, "run");
  assert_metric(o, "loss_error", sqrt(error / 249), sqrt(spread / 249));
  es_overlay_free(o);
}

/* Root mean squares over the rows and the modes predicted within the run, which
 * the fourth is not; a row that is not a number is left out. */
static void curves(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, 6});
  f.tau_generic[3] = 20;
  f.along[100 * 4 + 1] = NAN;
  double error = 0, spread = 0;
  for (size_t j = 0; j < 3; j++) {
    double s = f.Z0[j * 4 + j], mean = 0;
    const double rows = j == 1 ? 249 : 250;
    for (size_t i = 0; i < 250; i++) {
      const double y = f.along[i * 4 + j];
      if (!isnan(y)) {
        error += pow(y - f.gamma[j] * s * s, 2);
        mean += y / rows;
      }
      for (size_t k = 0; k < f.every; k++)
        s += 4 * f.lr * f.gamma[j] * s * (1 - f.gamma[j] * s * s);
    }
    for (size_t i = 0; i < 250; i++) {
      const double y = f.along[i * 4 + j];
      if (!isnan(y)) spread += pow(y - mean, 2);
    }
  }
  es_overlay *o = overlay_of(state, &f, "run");
  assert_metric(o, "curve_error", sqrt(error / 749), sqrt(spread / 749));
  es_overlay_free(o);
}

/* Overlaps .9, .8, .3 and .01 t, at three steps: their median; and the
 * participation ratio of eigenvalues 1, 1, .5, -.1 (as 0) over four. */
static void overlaps(void **state) {
  static const double value[] = {1, 1, 0.5, -0.1},
                      overlap[] = {0.9, 0.8, 0.3, 0.1};
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  for (size_t i = 0; i < f.rows * 4; i++) {
    f.lambda[i] = value[i % 4];
    f.overlap[i] = overlap[i % 4] + 0.01 * f.lr * (double)(i / 4 * f.every);
  }
  es_overlay *o = overlay_of(state, &f, "run");
  assert_metric(o, "overlap_median", 0.818, 2.5 * 2.5 / (4 * 2.25));
  es_overlay_free(o);
}

/* Three runs; mode 3 is not met in one, and mode 4 in two. */
static es_overlay *three_runs(void **state) {
  static const double half[3][4] = {{1.1, 1.8, 4, 6},
                                    {1.2, 2.2, 4.4, INFINITY},
                                    {0.8, 2.0, INFINITY, INFINITY}};
  static const char *const names[] = {"a", "b", "c"};
  const char *dirs[3];
  es_diag diag = {0};
  es_overlay *o = NULL;
  for (size_t r = 0; r < 3; r++) {
    fake_four(&f, half[r]);
    dirs[r] = at(state, names[r]);
    fake_write(&f, dirs[r]);
  }
  assert_ok(es_overlay_new(&o, dirs, 3, &diag), diag);
  return o;
}

static void several_runs(void **state) {
  es_overlay *o = three_runs(state);
  assert_true(metric(o, "runs").value == 3);
  const es_overlay_metric met = metric(o, "modes_met");
  assert_true(met.value == 3 && met.low == 2 && met.high == 4);
  /* Errors .1 .1 0 0, .2 .1 .1 inf, .2 0 inf inf: medians .05, .15, inf; over
   * all of them .1. */
  const es_overlay_metric error = metric(o, "median_step_error_first_4");
  assert_close(error.value, 0.1, 0, rounding);
  assert_close(error.low, 0.05, 0, rounding);
  assert_true(isinf(error.high));
  assert_string_equal(error.verdict, "holds");
  const es_overlay_metric ratio = metric(o, "step_ratio_3");
  assert_close(ratio.value, 1.1, rounding, 0);
  assert_close(ratio.low, 1, rounding, 0);
  assert_true(isinf(ratio.high));
  assert_infinite(o, "step_ratio_4");
  /* Left out of a row where it is not defined: the run with two modes. */
  assert_close(metric(o, "rank_correlation").value, 1, rounding, 0);
  assert_close(es_overlay_steps(o, 1)[1].tau_measured, 2.2, rounding, 0);
  es_overlay_free(o);
}

static void medians_are_written(void **state) {
  es_diag diag = {0};
  es_table t;
  es_overlay *o = three_runs(state);
  assert_ok(es_overlay_write(o, at(state, "."), &diag), diag);
  es_overlay_free(o);
  assert_ok(es_table_read(&t, at(state, "steps.csv"), &diag), diag);
  static const char *const names[] = {
      "mode",           "gamma",   "gap",     "tau_predicted", "tau_measured",
      "relative_error", "overlap", "tau_low", "tau_high"};
  static const double want[4][9] = {{1, 1, 0.4, 1, 1.1, 0.1, 1, 0.8, 1.2},
                                    {2, 0.6, 1. / 3, 2, 2, 0, 1, 1.8, 2.2},
                                    {3, 0.4, 0.25, 4, 4.4, 0.1, 1, 4, INFINITY},
                                    {4, 0.3, 1, 6, NAN, NAN, 1, 6, INFINITY}};
  assert_int_equal(t.rows, 4);
  assert_int_equal(t.columns, 9);
  for (size_t c = 0; c < 9; c++) {
    assert_string_equal(t.name[c], names[c]);
    for (size_t j = 0; j < 4; j++) {
      const double got = t.value[j * 9 + c];
      if (isfinite(want[j][c]))
        assert_close(got, want[j][c], rounding, rounding);
      else
        assert_true(isnan(want[j][c]) ? isnan(got) : isinf(got));
    }
  }
  es_table_free(&t);
  assert_ok(es_table_read(&t, at(state, "overlay.csv"), &diag), diag);
  assert_int_equal(t.rows, 750);
  for (size_t i = 0; i < 750; i++)
    assert_close(t.value[i * t.columns], (double)(i / 250 + 1), 0, 0);
  es_table_free(&t);
}

/* What one of the runs has is a row, also where the other has not. */
static void rows_of_one_run(void **state) {
  es_diag diag = {0};
  es_overlay *o = NULL;
  const char *dirs[] = {at(state, "a"), at(state, "b")};
  fake_four(&f, (double[]){1, 2, 4, 6});
  for (size_t i = 0; i < f.rows; i++) f.lambda[i * 4 + 1] = f.lambda[i * 4];
  fake_write(&f, dirs[0]);
  fake_four(&f, (double[]){1, 2, 4, 6});
  f.tau_generic[3] = 20;
  for (size_t i = 0; i < f.rows * 4; i++) f.lambda[i] = 0;
  fake_write(&f, dirs[1]);
  assert_ok(es_overlay_new(&o, dirs, 2, &diag), diag);
  assert_close(metric(o, "step_ratio_4").high, 1, 0, rounding);
  /* By a straight line across .04 of time: off by .04^2/8 of a curvature that
   * is at most 64·.1. */
  assert_close(metric(o, "not_separate_1").value, 0.2, 0, 1.3e-3);
  es_overlay_free(o);
}

static void assert_misfit(void **state, const char *says) {
  es_diag diag = {0};
  es_overlay *o = NULL;
  const char *dirs[] = {at(state, "a"), at(state, "b")};
  assert_status(es_overlay_new(&o, dirs, 2, &diag), ES_BAD_SHAPE);
  assert_says(&diag, ES_BAD_SHAPE, says);
  assert_null(o);
}

static void small(size_t d) {
  f = (fake){.d = d, .m = 5, .rows = 5, .every = 1, .lr = 0.01};
  for (size_t j = 0; j < 5; j++) f.gamma[j] = 1 / (double)(j + 1);
  fake_start(&f, 0.1, 1);
  fake_learn(&f, NULL);
  for (size_t j = 0; j < d; j++) f.tau_generic[j] = NAN;
}

/* Fewer outputs, fewer predicted modes, or both. */
static void different_shapes(void **state) {
  small(4);
  fake_write(&f, at(state, "a"));
  small(3);
  fake_write(&f, at(state, "b"));
  assert_misfit(state, "/b: 3 modes of 3 outputs, and 4 of 4 in ");
  small(4);
  fake_write(&f, at(state, "b"));
  f.d = 3;
  fake_prediction(&f, at(state, "b"), "prediction.csv");
  assert_misfit(state, "/b: 3 modes of 4 outputs, and 4 of 4 in ");
  small(3);
  fake_write(&f, at(state, "a"));
  assert_misfit(state, "/b: 3 modes of 4 outputs, and 3 of 3 in ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(one_step_is_missing),
      temp_test(verdicts),
      temp_test(three_modes),
      temp_test(ranks),
      temp_test(unforeseen),
      temp_test(one_is_met),
      temp_test(nothing_is_met),
      temp_test(curves),
      temp_test(losses),
      temp_test(overlaps),
      temp_test(several_runs),
      temp_test(medians_are_written),
      temp_test(rows_of_one_run),
      temp_test(different_shapes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
