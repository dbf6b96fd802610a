/* Stages run, kept and repeated, with commands that only count and record. */
#include "run/experiment.h"

#include "file/csv.h"

#include "tests/file/temp.h"

static const es_key some[] = {
    {"model", "a", ES_REAL, 0, 0, 100, NULL, NULL, "1", "a number"},
    {"model", "b", ES_REAL, 0, 0, 100, NULL, NULL, "2", "another"},
    {"data", "n", ES_REAL, 0, 0, 100, NULL, NULL, "3", "unused data"},
};
static size_t executed;
static double fails_at = -1; /* model.a of the run that fails at once */
static double breaks_at = -1;

static es_status configure(es_config **out, const char *target, es_diag *diag) {
  const es_keys keys = {some, sizeof some / sizeof *some};
  (void)target;
  return es_config_new(out, &keys, 1, diag);
}

/* Ends without a record at fails_at; has no use for data, unless b is 50. */
static es_status execute(const es_job *job, es_diag *diag) {
  char *text = NULL, *json = NULL;
  size_t n;
  const double a = es_config_real(job->config, "model", "a");
  executed++;
  if (a == fails_at) return es_fail(diag, ES_BUDGET, "out of budget");
  if (a == breaks_at) return es_fail(diag, ES_FILE_DATA, "broken");
  if (es_config_real(job->config, "model", "b") != 50)
    es_config_forget(job->config, "data", NULL);
  assert_ok(es_file_mkdirs(job->dir, diag), *diag);
  FILE *out = open_memstream(&text, &n);
  assert_ok(es_config_write(job->config, out, diag), *diag);
  fclose(out);
  char *path = es_file_join(job->dir, "config.yaml");
  assert_ok(es_file_write(path, text, n, diag), *diag);
  free(path);
  free(text);
  const int length = asprintf(&json,
                              "{\"command\": \"%s\", \"target\": \"%s\", "
                              "\"exit_code\": 0, \"summary\": {\"twice\": %g}}",
                              job->command->name, job->target, 2 * a);
  path = es_file_join(job->dir, "run.json");
  assert_ok(es_file_write(path, json, (size_t)length, diag), *diag);
  free(path);
  free(json);
  return ES_OK;
}

static const es_command commands[] = {
    {.name = "count",
     .options = ES_IS_STAGE,
     .configure = configure,
     .execute = execute},
    {.name = "tally",
     .options = ES_IS_STAGE,
     .configure = configure,
     .execute = execute},
};

static void say(const es_job *job, const char *line) {
  (void)job;
  (void)line;
}

static es_status run(void **state, const char *stages, bool resume,
                     es_diag *diag) {
  char *text = NULL, *target = strdup(at(state, "e.yaml")),
       *dir = strdup(at(state, "out"));
  assert_true(asprintf(&text, "experiment: {title: x}\nstages:\n%s", stages) >
              0);
  put_text(state, "e.yaml", text);
  const es_job job = {.target = target,
                      .dir = dir,
                      .resume = resume,
                      .force = !resume,
                      .say = say,
                      .threads = 1};
  executed = 0;
  const es_status status = es_experiment_run(
      &job, commands, sizeof commands / sizeof *commands, diag);
  free(text);
  free(target);
  free(dir);
  return status;
}

static size_t runs(void **state, const char *stages, bool resume) {
  es_diag diag = {0};
  assert_ok(run(state, stages, resume, &diag), diag);
  return executed;
}

#define STAGE "  - {name: s, command: count, target: x, plot: none"

static void resume_asks_for_the_same_settings(void **state) {
  const char *first = STAGE ", model: {a: 5}}\n";
  assert_int_equal(runs(state, first, false), 1);
  assert_int_equal(runs(state, first, true), 0);
  assert_int_equal(runs(state, STAGE ", model: {a: 5, b: 2}}\n", true), 0);
  assert_int_equal(runs(state, STAGE ", model: {a: 6}}\n", true), 1);
  assert_int_equal(runs(state, STAGE ", model: {a: 6}}\n", true), 0);
  /* Data that the run did not read are no setting of it; those it read are. */
  assert_int_equal(runs(state, STAGE ", model: {a: 6}, data: {n: 9}}\n", true),
                   0);
  const char *read = STAGE ", model: {b: 50}, data: {n: 9}}\n";
  assert_int_equal(runs(state, read, true), 1);
  assert_int_equal(runs(state, read, true), 0);
  assert_int_equal(runs(state, STAGE ", model: {b: 50}}\n", true), 1);
  assert_int_equal(runs(state,
                        "  - {name: s, command: tally, target: x, "
                        "plot: none, model: {b: 50}}\n",
                        true),
                   1);
  assert_int_equal(runs(state,
                        "  - {name: s, command: tally, target: y, "
                        "plot: none, model: {b: 50}}\n",
                        true),
                   1);
}

static void what_needs_a_new_stage_is_new(void **state) {
  const char *two = STAGE ", model: {a: %d}}\n"
                          "  - {name: u, command: count, target: x, "
                          "plot: none, needs: [s]}\n"
                          "  - {name: v, command: count, target: x, "
                          "plot: none}\n";
  char text[512];
  for (int a = 1; a <= 2; a++) {
    snprintf(text, sizeof text, two, a);
    assert_int_equal(runs(state, text, a > 1), a == 1 ? 3 : 2);
  }
  assert_int_equal(runs(state, text, true), 0);
}

static void resume_with_each(void **state) {
  const char *first = STAGE ", each: {model.a: [1, 2]}}\n";
  assert_int_equal(runs(state, first, false), 2);
  assert_int_equal(runs(state, first, true), 0);
  assert_int_equal(runs(state, STAGE ", each: {model.a: [1, 3]}}\n", true), 2);
  assert_int_equal(runs(state, STAGE ", each: {model.a: [1]}}\n", true), 1);
  /* The same runs, but the table wants a column more. */
  assert_int_equal(
      runs(state, STAGE ", each: {model.a: [1], model.b: [2]}}\n", true), 1);
  assert_int_equal(
      runs(state, STAGE ", each: {model.a: [1], model.b: [2]}}\n", true), 0);
  assert_int_equal(runs(state, STAGE ", model: {a: 1}}\n", true), 1);
}

/* A run that fails must not leave an older run's word for its own. */
static void records_do_not_outlive_a_run(void **state) {
  const char *stages = STAGE ", model: {a: 1}}\n"
                             "  - {name: u, command: count, target: x, plot: "
                             "none, each: {model.a: [2, 3]}}\n";
  es_diag diag = {0};
  assert_int_equal(runs(state, stages, false), 3);
  assert_true(es_file_exists(at(state, "out/u/table.csv")));
  breaks_at = 1;
  const es_status status = run(state, stages, false, &diag);
  breaks_at = -1;
  assert_int_equal(status, ES_FILE_DATA);
  assert_false(es_file_exists(at(state, "out/s/run.json")));
  assert_false(es_file_exists(at(state, "out/u/table.csv")));
  assert_false(es_file_exists(at(state, "out/verdict.csv")));
  assert_false(es_file_exists(at(state, "out/index.html")));
  assert_int_equal(runs(state, stages, true), 3);
  /* An item's record goes before the item runs. */
  breaks_at = 2;
  assert_int_equal(run(state, stages, false, &diag), ES_FILE_DATA);
  breaks_at = -1;
  assert_true(es_file_exists(at(state, "out/s/run.json")));
  assert_false(es_file_exists(at(state, "out/u/000/run.json")));
}

static void kept_stages_keep_their_records(void **state) {
  const char *stages = STAGE ", model: {a: 1}}\n"
                             "  - {name: u, command: count, target: x, plot: "
                             "none, model: {a: %d}}\n";
  char text[256];
  es_diag diag = {0};
  snprintf(text, sizeof text, stages, 2);
  assert_int_equal(runs(state, text, false), 2);
  snprintf(text, sizeof text, stages, 3);
  breaks_at = 3;
  assert_int_equal(run(state, text, true, &diag), ES_FILE_DATA);
  breaks_at = -1;
  assert_int_equal(executed, 1);
  assert_true(es_file_exists(at(state, "out/s/run.json")));
  assert_false(es_file_exists(at(state, "out/u/run.json")));
}

/* The figures' names come from the first item that has some. */
static void the_first_item_fails(void **state) {
  es_diag diag = {0};
  es_table t;
  fails_at = 1;
  assert_int_equal(runs(state, STAGE ", each: {model.a: [1, 2, 3]}}\n", false),
                   3);
  assert_ok(es_table_read(&t, at(state, "out/s/table.csv"), &diag), diag);
  assert_int_equal(t.columns, 3);
  assert_int_equal(t.rows, 3);
  assert_string_equal(t.name[2], "twice");
  assert_close(t.value[1], 4, 0, 0);
  assert_true(isnan(t.value[2]));
  assert_close(t.value[3 + 2], 4, 0, 0);
  assert_close(t.value[6 + 2], 6, 0, 0);
  es_table_free(&t);
  assert_int_equal(runs(state, STAGE ", each: {model.a: [1, 1]}}\n", false), 2);
  assert_ok(es_table_read(&t, at(state, "out/s/table.csv"), &diag), diag);
  assert_int_equal(t.columns, 2);
  assert_int_equal(t.rows, 2);
  es_table_free(&t);
  fails_at = -1;
}

/* twice = 2a, but of the item that fails, which does not count. */
static void a_fit_over_items(void **state) {
  es_diag diag = {0};
  es_table t;
  const char *stage = STAGE ", each: {model.a: [1, 2, 3, 9, 5]}%s}\n";
  char text[256];
  snprintf(text, sizeof text, stage, ", fit: {twice: [a]}");
  fails_at = 9;
  assert_int_equal(runs(state, text, false), 5);
  fails_at = -1;
  assert_ok(es_table_read(&t, at(state, "out/s/fit.csv"), &diag), diag);
  assert_int_equal(t.columns, 7);
  assert_int_equal(t.rows, 1);
  assert_string_equal(t.name[6], "a");
  /* Sums of a few numbers below 10. */
  const double want[] = {4, 1, 0, 1, 0, 0, 2};
  for (size_t k = 0; k < 7; k++)
    assert_close(t.value[k], want[k], 1e-13, 1e-13);
  es_table_free(&t);
  assert_ok(es_table_read(&t, at(state, "out/s/fitted.csv"), &diag), diag);
  assert_int_equal(t.rows, 4);
  assert_string_equal(t.name[3], "left_out");
  for (size_t k = 0; k < 4; k++)
    assert_close(t.value[3 * 4 + k], k == 1 ? 5 : 10, 1e-13, 0);
  es_table_free(&t);
  /* A kept stage is fitted again, and one that is not has no fit. */
  snprintf(text, sizeof text, stage, ", fit: {a: [twice]}");
  assert_int_equal(runs(state, text, true), 5); /* one had failed */
  assert_ok(es_table_read(&t, at(state, "out/s/fit.csv"), &diag), diag);
  assert_close(t.value[6], 0.5, 1e-13, 0);
  es_table_free(&t);
  /* Two columns that go together tell nothing apart. */
  snprintf(text, sizeof text, stage, ", fit: {a: [twice, a]}");
  assert_int_equal(runs(state, text, true), 0);
  assert_ok(es_table_read(&t, at(state, "out/s/fit.csv"), &diag), diag);
  assert_int_equal(t.rows, 0);
  es_table_free(&t);
  snprintf(text, sizeof text, stage, "");
  assert_int_equal(runs(state, text, true), 0);
  assert_false(es_file_exists(at(state, "out/s/fit.csv")));
  snprintf(text, sizeof text, stage, ", fit: {thrice: [a]}");
  assert_int_equal(run(state, text, true, &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "no column 'thrice'"));
  static const char *const bad[] = {"fit: x", "fit: [a]", "fit: {a: []}",
                                    "fit: {a: b}", "fit: {a: [b], b: [a]}"};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    snprintf(text, sizeof text, STAGE ", each: {model.a: [1]}, %s}\n", bad[k]);
    assert_int_equal(run(state, text, false, &diag), ES_BAD_VALUE);
    assert_int_equal(executed, 0);
  }
  assert_int_equal(run(state, STAGE ", fit: {a: [b]}}\n", false, &diag),
                   ES_BAD_VALUE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(resume_asks_for_the_same_settings),
      temp_test(what_needs_a_new_stage_is_new),
      temp_test(resume_with_each),
      temp_test(records_do_not_outlive_a_run),
      temp_test(kept_stages_keep_their_records),
      temp_test(the_first_item_fails),
      temp_test(a_fit_over_items),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
