/* One run joined with its prediction: curves, step times, overlaps, the files
 * that are written, and the runs that are refused. */
#include "fake.h"

static fake f;

/* A linear model trained by plain loops is its own prediction. Over 600 steps
 * of sums that are ordered differently the logit of a curve is off by at most
 * 600·40 roundings (5e-12), and the curve by a quarter of that. */
static void a_linear_model_follows_theory(void **state) {
  f = (fake){.d = 3, .m = 8, .rows = 601, .every = 1, .lr = 0.05};
  for (size_t j = 0; j < 8; j++) f.gamma[j] = pow(0.6, (double)j);
  f.gamma[7] = -0.05;
  fake_start(&f, 0.01, 3);
  fake_learn(&f, NULL);
  for (size_t j = 0; j < 3; j++) f.tau_generic[j] = half_time(&f, f.along + j);
  es_overlay *o = overlay_of(state, &f, "run");
  assert_int_equal(es_overlay_modes(o), 3);
  const es_overlay_step *step = es_overlay_steps(o, 0);
  for (size_t j = 0; j < 3; j++) {
    assert_close(step[j].mode, (double)j + 1, 0, 0);
    assert_close(step[j].gamma, f.gamma[j], 0, 0);
    assert_close(step[j].gap, 0.4, 1e-14, 0);
    assert_close(step[j].tau_predicted, f.tau_generic[j], 0, 0);
    assert_close(step[j].relative_error, 0, 0, 1e-10);
    const double *row =
        f.overlap + j + 3 * (size_t)(step[j].tau_measured / f.lr);
    assert_true(step[j].overlap >= fmin(row[0], row[3]) &&
                step[j].overlap <= fmax(row[0], row[3]));
  }
  assert_close(metric(o, "curve_error").value, 0, 0, 2e-12);
  assert_close(metric(o, "loss_error").value, 0, 0, 1e-11);
  assert_close(metric(o, "rank_correlation").value, 1, 1e-15, 0);
  assert_close(metric(o, "step_log_error").value, 0, 0, 1e-10);
  assert_close(metric(o, "modes_met").value, 3, 0, 0);
  /* The aligned formula knows the flow from an aligned start only. */
  assert_true(metric(o, "aligned_step_log_error").value > 1e-3);
  es_overlay_free(o);
}

static void step_times_and_overlaps(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  const double end = f.lr * (double)(f.every * (f.rows - 1));
  for (size_t i = 0; i < f.rows; i++)
    for (size_t j = 0; j < 4; j++) /* linear in t, so interpolated exactly */
      f.overlap[i * 4 + j] =
          0.5 + 0.01 * (double)(j + 1) * f.lr * (double)(f.every * i);
  es_overlay *o = overlay_of(state, &f, "run");
  const es_overlay_step *step = es_overlay_steps(o, 0);
  const double tau[] = {1.1, 1.8, 4}, error[] = {0.1, -0.1, 0};
  const double gap[] = {0.4, 1 - 0.4 / 0.6, 0.25, 1};
  for (size_t j = 0; j < 3; j++) {
    assert_close(step[j].tau_measured, tau[j], rounding, 0);
    assert_close(step[j].relative_error, error[j], 0, rounding);
    assert_close(step[j].overlap, 0.5 + 0.01 * (double)(j + 1) * tau[j],
                 rounding, 0);
  }
  for (size_t j = 0; j < 4; j++) assert_close(step[j].gap, gap[j], 1e-15, 0);
  /* The one that did not step says so, with its overlap at the end. */
  assert_true(isnan(step[3].tau_measured) && isnan(step[3].relative_error));
  assert_close(step[3].tau_predicted, 6, 0, 0);
  assert_close(step[3].overlap, 0.5 + 0.04 * end, rounding, 0);
  es_overlay_free(o);
}

/* Rows of a network that diverged, and modes without a positive gamma. */
static void what_is_not_a_number(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  f.gamma[3] = -0.1;
  f.tau[3] = f.tau_generic[3] = NAN;
  for (size_t i = 0; i < f.rows; i++)
    f.along[i * 4 + 3] = f.overlap[i * 4 + 3] = NAN;
  for (size_t i = 40; i < f.rows; i++) { /* from t = 1.6 on */
    f.loss[i] = NAN;
    for (size_t j = 0; j < 4; j++)
      f.along[i * 4 + j] = f.overlap[i * 4 + j] = f.lambda[i * 4 + j] = NAN;
  }
  es_overlay *o = overlay_of(state, &f, "run");
  const es_overlay_step *step = es_overlay_steps(o, 0);
  assert_close(step[0].tau_measured, 1.1, rounding, 0);
  assert_true(isnan(step[1].tau_measured) && step[1].overlap == 1);
  assert_true(isnan(step[3].gap) && isnan(step[3].overlap));
  assert_close(step[2].gap, 1, 0, 0); /* nothing positive behind it */
  assert_close(metric(o, "modes_predicted").value, 3, 0, 0);
  assert_close(metric(o, "modes_met").value, 1, 0, 0);
  assert_null(metric_of(o, "step_ratio_4"));
  es_overlay_free(o);
}

/* A run that starts beyond 1/2, as predicted: no step, and no error. */
static void a_step_at_the_start(void **state) {
  fake_four(&f, (double[]){-1, 2, 4, 6});
  f.tau_generic[0] = 0;
  es_overlay *o = overlay_of(state, &f, "run");
  const es_overlay_step *step = es_overlay_steps(o, 0);
  assert_close(step[0].tau_measured, 0, 0, 0);
  assert_close(step[0].relative_error, 0, 0, 0);
  assert_close(metric(o, "step_log_error").value, 0, 0, rounding);
  es_overlay_free(o);
}

/* The predicted curve of an aligned start, by its scalar recursion. */
static double scalar(double gamma, double s, double lr, size_t steps) {
  for (size_t k = 0; k < steps; k++)
    s += 4 * lr * gamma * s * (1 - gamma * s * s);
  return gamma * s * s;
}

static void curves_are_written(void **state) {
  es_diag diag = {0};
  es_table t;
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  es_overlay *o = overlay_of(state, &f, "run");
  assert_ok(es_overlay_write(o, at(state, "."), &diag), diag);
  es_overlay_free(o);
  assert_ok(es_table_read(&t, at(state, "overlay.csv"), &diag), diag);
  static const char *const names[] = {
      "run",         "step",           "t",
      "loss",        "predicted_loss", "measured_1",
      "measured_2",  "measured_3",     "measured_4",
      "predicted_1", "predicted_2",    "predicted_3",
      "predicted_4", "lambda_1",       "lambda_2",
      "lambda_3",    "lambda_4"};
  /* Behind them what kernels give, d columns each: the start's, in order; no
   * other one was kept. */
  enum { COLUMNS = 17 + 3 * 4 };
  assert_int_equal(t.columns, COLUMNS);
  assert_string_equal(t.name[17], "lambda_start_1");
  assert_string_equal(t.name[21], "lambda_end_1");
  assert_string_equal(t.name[25], "lambda_followed_1");
  assert_int_equal(t.rows, f.rows);
  for (size_t c = 0; c < 17; c++) assert_string_equal(t.name[c], names[c]);
  for (size_t i = 0; i < t.rows; i += 50) {
    const double *row = t.value + i * COLUMNS;
    assert_close(row[0], 1, 0, 0);
    assert_close(row[1], (double)(4 * i), 0, 0);
    assert_close(row[2], f.lr * (double)(4 * i), 0, 0);
    assert_close(row[3], f.loss[i], 0, 0);
    double loss = 0;
    for (size_t j = 0; j < 4; j++) {
      loss += pow(1 - row[9 + j], 2);
      assert_close(row[5 + j], f.along[i * 4 + j], 0, 0);
      /* 1000 steps of a few roundings each, as above. */
      assert_close(row[9 + j], scalar(f.gamma[j], f.Z0[j * 4 + j], f.lr, 4 * i),
                   1e-11, 0);
      assert_close(row[13 + j], f.lambda[i * 4 + j], 0, 0);
      assert_true(j == 0 || row[17 + j] <= row[16 + j]);
      assert_true(isnan(row[21 + j]) && isnan(row[25 + j]));
    }
    assert_close(row[17] + row[18] + row[19] + row[20],
                 row[9] + row[10] + row[11] + row[12], 1e-11, 0);
    assert_close(row[4], loss, 1e-11, 1e-11); /* aligned: the modes alone */
  }
  es_table_free(&t);
}

static void tables_are_written(void **state) {
  es_diag diag = {0};
  size_t n = 0;
  es_table t;
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  es_overlay *o = overlay_of(state, &f, "run");
  assert_ok(es_overlay_write(o, at(state, "."), &diag), diag);
  char *text = content(at(state, "steps.csv"));
  assert_int_equal(
      strncmp(text,
              "mode,gamma,gap,tau_predicted,tau_measured,relative_error,"
              "overlap\n1,1,0.4",
              72),
      0);
  assert_non_null(strstr(text, "\n4,0.29999999999999999,1,6,nan,nan,1\n"));
  free(text);
  text = content(at(state, "agreement.csv"));
  assert_int_equal(
      strncmp(text, "metric,value,low,high,null,verdict\nruns,1,", 42), 0);
  free(text);
  assert_ok(es_table_read(&t, at(state, "agreement.csv"), &diag), diag);
  const es_overlay_metric *m = es_overlay_agreement(o, &n);
  assert_int_equal(t.rows, n);
  for (size_t i = 0; i < n; i++) {
    const double want[] = {m[i].value, m[i].low, m[i].high, m[i].null};
    assert_string_equal(t.text[i * 6], m[i].metric);
    assert_string_equal(t.text[i * 6 + 5], m[i].verdict);
    assert_memory_equal(t.value + i * 6 + 1, want, sizeof want);
  }
  es_table_free(&t);
  es_overlay_free(o);
}

/* Replaces the first `from` in file `name` of the run. */
static void change(void **state, const char *name, const char *from,
                   const char *to) {
  char file[64];
  snprintf(file, sizeof file, "run/%s", name);
  char *text = content(at(state, file));
  char *here = strstr(text, from);
  assert_non_null(here);
  char *changed = NULL;
  assert_true(asprintf(&changed, "%.*s%s%s", (int)(here - text), text, to,
                       here + strlen(from)) >= 0);
  put_text(state, file, changed);
  free(changed);
  free(text);
}

static void refused(void **state, es_status code, const char *says) {
  es_diag diag = {0};
  es_overlay *o = (es_overlay *)&diag;
  const char *dir = at(state, "run");
  assert_status(es_overlay_new(&o, &dir, 1, &diag), code);
  assert_says(&diag, code, says);
  assert_null(o);
  assert_status(es_overlay_new(&o, &dir, 1, NULL), code);
}

static void again(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  fake_write(&f, at(state, "run"));
}

static void missing_files(void **state) {
  es_diag diag = {0};
  es_overlay *o = NULL;
  refused(state, ES_FILE_MISSING, "run: no such run");
  assert_status(es_overlay_new(&o, NULL, 0, &diag), ES_USAGE);
  static const char *const names[] = {"prediction.csv", "trace.csv",
                                      "arrays.h5"};
  static const char *const says[] = {
      "run/prediction.csv: |train.predict=conjugate",
      "run/trace.csv: |has not ended",
      "run/arrays.h5: |train.predict=conjugate"};
  for (int i = 0; i < 3; i++) {
    char file[64];
    again(state);
    snprintf(file, sizeof file, "run/%s", names[i]);
    assert_int_equal(remove(at(state, file)), 0);
    refused(state, ES_FILE_MISSING, says[i]);
    put_text(state, file, "\"");
    refused(state, ES_FILE_CORRUPT, names[i]);
  }
}

static void columns_that_are_missing(void **state) {
  static const struct {
    const char *file, *from, *to, *says;
  } cases[] = {
      {"trace.csv", "lr", "rate", "column lr"},
      {"trace.csv", "step", "steps", "columns step, t and loss"},
      {"trace.csv", "t,", "time,", "columns step, t and loss"},
      {"trace.csv", "loss", "l", "columns step, t and loss"},
      {"trace.csv", "along_4", "x", "along_j and overlap_j up to 4"},
      {"trace.csv", "overlap_2", "x", "along_j and overlap_j up to 4"},
      {"trace.csv", "lambda_4", "x", "Z0 is 4×4|for 3 eigenvalues"},
      {"prediction.csv", "mode", "m", "columns mode, gamma"},
      {"prediction.csv", "gamma", "m", "columns mode, gamma"},
      {"prediction.csv", "tau,", "m,", "columns mode, gamma"},
      {"prediction.csv", "tau_generic", "m", "columns mode, gamma"},
      {"prediction.csv", "step", "m", "columns mode, gamma"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    again(state);
    change(state, cases[i].file, cases[i].from, cases[i].to);
    refused(state, ES_FILE_CORRUPT, cases[i].says);
  }
}

static void tables_that_do_not_fit(void **state) {
  static const struct {
    const char *file, *from, *to, *says;
  } cases[] = {
      {"prediction.csv", "\n2,", "\n3,", "counted from 1"},
      {"prediction.csv", "\n2,0.5", "\n2,0.6", "gamma is not that of"},
      {"prediction.csv", "\n2,0.5", "\n2,nan0.5", "gamma is not that of"},
      {"prediction.csv", ",400\n", ",401\n", "predicted for steps of t = "},
      {"trace.csv", ",40,0,", ",40.5,0,", "whole numbers"},
      {"trace.csv", ",40,0,", ",nan,0,", "whole numbers"},
      {"trace.csv", ",40,0,", ",36,0,", "must rise"},
      {"trace.csv", ",40,0,", ",41,0,", "not proportional"},
      {"trace.csv", "\n0.04", "\nnan", "t finite"},
      {"trace.csv", "\n0.04", "\n-0.04", "must rise"},
      {"trace.csv", "\n0.04", "\n0.05", "not proportional"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    again(state);
    change(state, cases[i].file, cases[i].from, cases[i].to);
    refused(state, ES_FILE_CORRUPT, cases[i].says);
  }
  again(state);
  put_text(state, "run/prediction.csv", "mode,gamma,s0,tau,tau_generic,step\n");
  refused(state, ES_FILE_CORRUPT, "predicts no mode");
  again(state);
  char *header = content(at(state, "run/trace.csv"));
  header[strcspn(header, "\n") + 1] = '\0';
  put_text(state, "run/trace.csv", header);
  free(header);
  refused(state, ES_FILE_CORRUPT, "no row was logged");
  again(state);
  f.m = 3;
  fake_arrays(&f, at(state, "run"));
  f.m = 4;
  refused(state, ES_FILE_CORRUPT, "arrays.h5: |Z0 is 4×3 and|3×1");
}

static void learning_rates(void **state) {
  again(state);
  f.lr_end = 0.005;
  fake_trace(&f, at(state, "run"));
  refused(state, ES_FILE_DATA,
          "run/trace.csv: |learning rate varies (0.01, "
          "then 0.005)");
  f.lr_end = -1;
  fake_trace(&f, at(state, "run"));
  refused(state, ES_FILE_CORRUPT, "lr must be a positive number");
  /* A row at step 0 has no step behind it. */
  again(state);
  change(state, "trace.csv", ",0.01,", ",0,");
  es_diag diag = {0};
  es_overlay *o = NULL;
  const char *dir = at(state, "run");
  assert_ok(es_overlay_new(&o, &dir, 1, &diag), diag);
  es_overlay_free(o);
}

/* Momentum 1/2: every row says lr = .005, and t goes on by .01 a step. */
static void momentum(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  es_overlay *plain = overlay_of(state, &f, "run");
  char *text = content(at(state, "run/trace.csv"));
  for (char *lr = text; (lr = strstr(lr, ",0.01,")) != NULL; lr += 5)
    memcpy(lr, ",5e-3,", 6);
  put_text(state, "run/trace.csv", text);
  free(text);
  es_diag diag = {0};
  es_overlay *o = NULL;
  const char *dir = at(state, "run");
  assert_ok(es_overlay_new(&o, &dir, 1, &diag), diag);
  assert_close(metric(o, "curve_error").value,
               metric(plain, "curve_error").value, 1e-12, 0);
  es_overlay_free(o);
  es_overlay_free(plain);
}

static void a_descent_that_blows_up(void **state) {
  again(state);
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  f.lr = 1; /* twice over the limit 1/(2 gamma) of a settled mode */
  for (size_t i = 0; i < 4; i++) f.tau_generic[i] = NAN;
  fake_write(&f, at(state, "run"));
  refused(state, ES_NOT_FINITE, "run: ");
}

static void a_full_folder(void **state) {
  es_diag diag = {0};
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  es_overlay *o = overlay_of(state, &f, "run");
  static const char *const names[] = {"overlay.csv", "steps.csv",
                                      "agreement.csv"};
  for (int i = 0; i < 3; i++) {
    char file[64];
    snprintf(file, sizeof file, "out%d/%s", i, names[i]);
    assert_ok(es_file_mkdirs(at(state, file), &diag), diag);
    snprintf(file, sizeof file, "out%d", i);
    assert_status(es_overlay_write(o, at(state, file), &diag), ES_FILE_WRITE);
    assert_says(&diag, ES_FILE_WRITE, names[i]);
  }
  es_overlay_free(o);
  es_overlay_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(a_linear_model_follows_theory),
      temp_test(step_times_and_overlaps),
      temp_test(what_is_not_a_number),
      temp_test(a_step_at_the_start),
      temp_test(curves_are_written),
      temp_test(tables_are_written),
      temp_test(missing_files),
      temp_test(columns_that_are_missing),
      temp_test(tables_that_do_not_fit),
      temp_test(learning_rates),
      temp_test(momentum),
      temp_test(a_descent_that_blows_up),
      temp_test(a_full_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
