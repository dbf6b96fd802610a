/* The store: which key a word means, hints, suggestions, and where a value came
 * from. */
#include "fixture.h"

static void defaults(void **state) {
  (void)state;
  es_config *c = new_config();
  size_t n = 9;
  assert_close(es_config_real(c, "model", "eta"), 0.04, 0, 0); /* first row */
  assert_int_equal(es_config_size(c, "time", "n"), 200);
  assert_true(es_config_flag(c, "model", "ema"));
  assert_true(es_config_has(c, "model", "eta"));
  assert_false(es_config_given(c, "model", "eta"));
  assert_false(es_config_has(c, "model", "gamma"));
  /* unset, unknown, or of another kind */
  assert_true(isnan(es_config_real(c, "model", "shift")));
  assert_true(isnan(es_config_real(c, "model", "none")));
  assert_true(isnan(es_config_real(c, "model", "seed")));
  assert_int_equal(es_config_size(c, "model", "d"), 0);
  assert_int_equal(es_config_size(c, "none", "d"), 0);
  assert_false(es_config_flag(c, "model", "none"));
  assert_null(es_config_text(c, "data", "path"));
  assert_null(es_config_text(c, "model", "eta"));
  assert_false(es_config_is(c, "data", "path", ""));
  assert_false(es_config_is(c, "model", "eta", ""));
  assert_null(es_config_list(c, "model", "gamma", &n));
  assert_int_equal(n, 0);
  assert_null(es_config_list(c, "model", "eta", &n));
  assert_null(es_config_matrix(c, "model", "W0"));
  assert_null(es_config_matrix(c, "none", "W0"));
  assert_false(es_config_has(c, "none", "eta"));
  assert_false(es_config_from_file(c, "none", "eta"));
  es_config_free(c);
  es_config_free(NULL);
}

static void a_bad_default_is_reported(void **state) {
  (void)state;
  const es_key key = {"a", "b", ES_REAL, 0, ANY, NULL, NULL, "x", ""};
  const es_keys sets = {&key, 1};
  es_config *c = (es_config *)&key;
  es_diag diag = {0};
  assert_status(es_config_new(&c, &sets, 1, &diag), ES_BAD_VALUE);
  assert_string_equal(diag.message,
                      "a.b=x: not a finite number; accepts a number");
  assert_null(c);
  assert_ok(es_config_new(&c, NULL, 0, &diag), diag);
  refused(c, "a.b=1", ES_UNKNOWN_KEY, "a.b: no such section");
  es_config_free(c);
}

static void words(void **state) {
  (void)state;
  es_config *c = new_config();
  set(c, "eta=0.5"); /* model.eta: sweep.eta does not count */
  assert_close(es_config_real(c, "model", "eta"), 0.5, 0, 0);
  assert_true(es_config_given(c, "model", "eta"));
  assert_false(es_config_has(c, "sweep", "eta"));
  set(c, "gamma=1,2"); /* nor does experiment.gamma */
  assert_list(c, "model", "gamma", (const double[]){1, 2}, 2);
  set(c, "late=3");
  assert_close(es_config_real(c, "model", "late"), 3, 0, 0);
  set(c, "sweep.eta=1,2,3");
  assert_list(c, "sweep", "eta", (const double[]){1, 2, 3}, 3);
  refused(c, "seed=3", ES_BAD_VALUE,
          "seed: several sections have this key, name one of them: "
          "model.seed, data.seed");
  refused(c, "only=3", ES_UNKNOWN_KEY,
          "only: no such key; did you mean sweep.only?");
  refused(c, "gama=3", ES_UNKNOWN_KEY,
          "gama: no such key; did you mean model.gamma?");
  refused(c, "model.gama=3", ES_UNKNOWN_KEY,
          "model.gama: no such key; did you mean model.gamma?");
  refused(c, "modle.gamma=3", ES_UNKNOWN_KEY,
          "modle.gamma: no such section; did you mean model.gamma?");
  refused(c, "data.init=3", ES_UNKNOWN_KEY,
          "data.init: no such key; did you mean model.init?");
  refused(c, "model.qwertyuiop=3", ES_UNKNOWN_KEY,
          "model.qwertyuiop: no such key");
  refused(c, "qwertyuiop=3", ES_UNKNOWN_KEY, "qwertyuiop: no such key");
  refused(c, "a.b.c=3", ES_UNKNOWN_KEY, "a.b.c: no such section");
  refused(c, ".eta=3", ES_UNKNOWN_KEY,
          ".eta: no such section; did you mean model.eta?");
  refused(c, "model.=3", ES_UNKNOWN_KEY,
          "model.: no such key; did you mean model.d?");
  refused(c, "eta", ES_USAGE, "eta: a setting is section.key=value");
  refused(c, "=3", ES_USAGE, "=3: a setting is section.key=value");
  refused(c, "", ES_USAGE, ": a setting is section.key=value");
  es_config_free(c);
}

static void a_refused_word_changes_nothing(void **state) {
  (void)state;
  es_config *c = new_config();
  set(c, "model.gamma=1,2");
  assert_status(es_config_set(c, "model.gamma=1,x", NULL), ES_BAD_VALUE);
  assert_list(c, "model", "gamma", (const double[]){1, 2}, 2);
  assert_status(es_config_set(c, "model.gamma=file:absent.csv", NULL),
                ES_FILE_MISSING);
  assert_false(es_config_from_file(c, "model", "gamma"));
  es_config_free(c);
}

static void suggestions(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  assert_ok(es_config_suggest(c, "model", "eta", "0.3", &diag), diag);
  assert_close(es_config_real(c, "model", "eta"), 0.3, 0, 0);
  assert_false(es_config_given(c, "model", "eta"));
  assert_ok(es_config_suggest(c, "model", "eta", "0.2", &diag), diag);
  assert_close(es_config_real(c, "model", "eta"), 0.2, 0, 0);
  es_config *fresh = new_config();
  assert_ok(es_config_restore(c, "model", "eta", &diag), diag);
  assert_close(es_config_real(c, "model", "eta"),
               es_config_real(fresh, "model", "eta"), 0, 0);
  es_config_free(fresh);
  set(c, "model.eta=0.6");
  assert_ok(es_config_restore(c, "model", "eta", &diag), diag);
  assert_ok(es_config_suggest(c, "model", "eta", "0.1", &diag), diag);
  assert_close(es_config_real(c, "model", "eta"), 0.6, 0, 0);
  assert_ok(es_config_suggest(c, "model", "none", "0.1", &diag), diag);
  assert_status(es_config_suggest(c, "model", "d", "0", &diag), ES_BAD_VALUE);
  assert_string_equal(
      diag.message,
      "model.d=0: out of range; accepts a whole number, 1 or more");
  assert_ok(es_config_suggest(c, "model", "W0", "[[1,2]]", &diag), diag);
  assert_int_equal(es_config_matrix(c, "model", "W0")->cols, 2);
  es_config_free(c);
}

static void forgetting(void **state) {
  (void)state;
  es_config *c = new_config();
  set(c, "model.eta=0.6");
  set(c, "model.d=3");
  es_config_forget(c, "model", "eta");
  es_config_forget(c, "model", "none");
  assert_false(es_config_has(c, "model", "eta"));
  assert_false(es_config_given(c, "model", "eta"));
  assert_int_equal(es_config_size(c, "model", "d"), 3);
  es_config_forget(c, "model", NULL);
  assert_false(es_config_has(c, "model", "d"));
  assert_false(es_config_given(c, "model", NULL));
  es_config_free(c);
}

static void what_differs(void **state) {
  (void)state;
  static const struct {
    const char *word, *section, *name;
    bool differs;
  } table[] = {
      {"model.eta=0.04", "model", "eta", false},
      {"model.eta=4e-2", "model", "eta", false},
      {"model.eta=0.05", "model", "eta", true},
      {"data.seed=7", "data", "seed", false},
      {"data.seed=8", "data", "seed", true},
      {"model.ema=on", "model", "ema", false},
      {"model.ema=off", "model", "ema", true},
      {"model.init=off", "model", "init", true},
      {"model.gamma=1,2", "model", "gamma", true},
  };
  es_config *c = new_config();
  for (size_t i = 0; i < N_OF(table); i++) {
    set(c, table[i].word);
    assert_true(es_config_given(c, table[i].section, table[i].name));
    assert_int_equal(es_config_differs(c, table[i].section, table[i].name),
                     table[i].differs);
  }
  assert_false(es_config_differs(c, "time", "n"));
  assert_false(es_config_differs(c, "model", "none"));
  es_config_free(c);
}

static void blame(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  set(c, "model.gamma=1,2");
  assert_status(
      es_config_blame(c, "model", "gamma", &diag, "%d numbers, not %d", 2, 3),
      ES_BAD_VALUE);
  assert_string_equal(diag.message, "model.gamma=1,2: 2 numbers, not 3");
  put_text("g.csv", "1\n2\n");
  set(c, "model.gamma=file:g.csv");
  assert_status(es_config_blame(c, "model", "gamma", &diag, "too few"),
                ES_FILE_DATA);
  assert_string_equal(diag.message, "model.gamma=file:g.csv: too few");
  assert_status(es_config_blame(c, "model", "d", &diag, "missing"),
                ES_BAD_VALUE);
  assert_string_equal(diag.message, "model.d: missing");
  assert_status(es_config_blame(c, "model", "none", NULL, "x"), ES_BAD_VALUE);
  es_config_free(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults),
      cmocka_unit_test(a_bad_default_is_reported),
      cmocka_unit_test(words),
      cmocka_unit_test(a_refused_word_changes_nothing),
      cmocka_unit_test(suggestions),
      cmocka_unit_test(forgetting),
      cmocka_unit_test(what_differs),
      cmocka_unit_test(blame),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
