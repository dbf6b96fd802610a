/* The store: which key a word means, hints, suggestions, where a value came
 * from, and config.yaml there and back. */
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

/* The configuration as text, freed by the caller. */
static char *written(const es_config *config) {
  char *text = NULL;
  size_t n = 0;
  es_diag diag = {0};
  FILE *out = open_memstream(&text, &n);
  assert_non_null(out);
  assert_ok(es_config_write(config, out, &diag), diag);
  assert_int_equal(fclose(out), 0);
  return text;
}

static es_config *reread(const es_config *config) {
  es_config *again = new_config();
  es_diag diag = {0};
  char *text = written(config);
  put_text("config.yaml", text);
  assert_ok(es_config_load(again, "config.yaml", &diag), diag);
  char *twice = written(again);
  assert_string_equal(twice, text);
  free(twice);
  free(text);
  return again;
}

static void written_form(void **state) {
  (void)state;
  es_config *c = new_config();
  put_text("g.csv", "1\n2\n");
  set(c, "model.gamma=log:1e-3:1:200");
  set(c, "model.s0=file:g.csv");
  set(c, "model.W0=[[1,0.5],[0,-3e-9]]");
  set(c, "time.t=0,1e6");
  set(c, "model.init=off");
  set(c, "model.late=1");
  set(c, "data.path=/tmp/a b");
  char *text = written(c);
  assert_string_equal(text, "model:\n"
                            "  eta: 0.04\n"
                            "  seed: 0\n"
                            "  gamma: log:1e-3:1:200\n"
                            "  s0: file:g.csv\n"
                            "  W0: [[1, 0.5], [0, -3e-09]]\n"
                            "  ema: on\n"
                            "  init: 'off'\n"
                            "  late: 1\n"
                            "data:\n"
                            "  path: '/tmp/a b'\n"
                            "  seed: 7\n"
                            "time:\n"
                            "  t: [0, 1000000]\n"
                            "  n: 200\n");
  free(text);
  es_config *again = reread(c);
  assert_true(es_config_from_file(again, "model", "s0"));
  assert_list(again, "model", "s0", (const double[]){1, 2}, 2);
  es_config_free(again);
  es_config_free(c);
}

/* Random bits as doubles, signs, subnormals: equal to the last bit. */
static void numbers_survive(void **state) {
  (void)state;
  enum { N = 500 };
  char word[N * 26 + 32] = "model.s0=";
  size_t used = strlen(word), n, m;
  uint64_t bits = 88172645463325252u;
  for (int i = 0; i < N; i++) {
    double x;
    do {
      bits ^= bits << 13;
      bits ^= bits >> 7;
      bits ^= bits << 17;
      memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    used += (size_t)sprintf(word + used, "%s%.17g", i == 0 ? "" : ",", x);
  }
  es_config *c = new_config();
  set(c, word);
  set(c, "time.t=log:1e-3:7:333");
  set(c, "model.Gamma=[[0.1,0.30000000000000004],[0.3,-0.0]]");
  set(c, "model.shift=-4.9e-324");
  set(c, "model.seed=9007199254740991");
  es_config *again = reread(c);
  const double *x = es_config_list(c, "model", "s0", &n);
  assert_int_equal(n, N);
  assert_memory_equal(x, es_config_list(again, "model", "s0", &m),
                      n * sizeof *x);
  x = es_config_list(c, "time", "t", &n);
  assert_memory_equal(x, es_config_list(again, "time", "t", &m), n * sizeof *x);
  assert_int_equal(n, m);
  assert_memory_equal(es_config_matrix(c, "model", "Gamma")->data,
                      es_config_matrix(again, "model", "Gamma")->data,
                      4 * sizeof *x);
  assert_true(es_config_real(again, "model", "shift") == -4.9e-324);
  assert_int_equal(es_config_size(again, "model", "seed"), 9007199254740991);
  es_config_free(again);
  es_config_free(c);
}

static void any_text_survives(void **state) {
  (void)state;
  const char *const texts[] = {"plain",
                               "a: b",
                               "a #b",
                               "#a",
                               "@x",
                               "it's",
                               "\"q\" \\",
                               " lead",
                               "trail ",
                               "line\nline\n",
                               "\ttab\r",
                               "1.5",
                               "null",
                               "~",
                               "true",
                               "a:",
                               "[1]",
                               "{a: b}",
                               "*x",
                               "&x",
                               "!x",
                               "- a",
                               "? a",
                               "|",
                               ">",
                               "%x",
                               "`",
                               "---",
                               "...",
                               "a, b",
                               "\xc3\xa9",
                               "\xe2\x80\xa8",
                               "\xf0\x9f\x98\x80",
                               "\x01\x7f",
                               "\xef\xbb\xbf*bom",
                               "\xc2\x85",
                               "'",
                               "''",
                               "C:\\x",
                               "file:a.csv",
                               "=",
                               "<<",
                               "\xef\xbf\xbf",
                               "a\n'\"b",
                               "x:y",
                               "/a/b.c",
                               "-1",
                               "\n"};
  es_config *c = new_config();
  for (size_t i = 0; i < N_OF(texts); i++) {
    char word[64];
    snprintf(word, sizeof word, "data.path=%s", texts[i]);
    set(c, word);
    es_config *again = reread(c);
    assert_string_equal(es_config_text(again, "data", "path"), texts[i]);
    es_config_free(again);
  }
  put_text("a #1: 'x'.csv", "4\n5\n");
  set(c, "model.gamma=file:a #1: 'x'.csv");
  es_config *again = reread(c);
  assert_list(again, "model", "gamma", (const double[]){4, 5}, 2);
  assert_true(es_config_from_file(again, "model", "gamma"));
  es_config_free(again);
  es_config_free(c);
}

static void nothing_set_writes_nothing(void **state) {
  (void)state;
  es_config *c = NULL;
  es_diag diag = {0};
  assert_ok(es_config_new(&c, &key_sets[2], 1, &diag), diag);
  char *text = written(c);
  assert_string_equal(text, "");
  free(text);
  es_config_free(c);
}

static void a_full_disk_is_reported(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  FILE *full = fopen("/dev/full", "w");
  assert_non_null(full);
  assert_status(es_config_write(c, full, &diag), ES_FILE_WRITE);
  assert_string_equal(diag.message, "the configuration cannot be written");
  fclose(full);
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
      cmocka_unit_test(written_form),
      cmocka_unit_test(numbers_survive),
      cmocka_unit_test(any_text_survives),
      cmocka_unit_test(nothing_set_writes_nothing),
      cmocka_unit_test(a_full_disk_is_reported),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
