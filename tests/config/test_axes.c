/* Axes: names, ranges and order; copies, and numbers set in them. */
#include "tests/check.h"

#include <eigenstep/config.h>

#include <string.h>

static const es_key keys[] = {
    {"model", "eta", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, NULL, "0.5", "rate"},
    {"model", "n", ES_SIZE, 0, 1, 10, NULL, NULL, "2", "count"},
    {"model", "list", ES_LIST, ES_RISING, 0, 100, NULL, NULL, "1,2", "list"},
    {"model", "M", ES_MATRIX, 0, 0, 9, NULL, NULL, "[[1,2],[3,4]]", "matrix"},
    {"model", "kind", ES_CHOICE, 0, 0, 0, "a|bc", NULL, "a", "choice"},
    {"model", "flag", ES_FLAG, 0, 0, 0, NULL, NULL, "off", "flag"},
    {"model", "both", ES_REAL, 0, 0, 1, NULL, NULL, NULL, "here and there"},
    {"time", "both", ES_REAL, 0, 5, 9, NULL, NULL, NULL, "there"},
    {"time", "twice", ES_REAL, 0, 0, 1, NULL, NULL, NULL, "two of these"},
    {"solver", "twice", ES_REAL, 0, 0, 1, NULL, NULL, NULL, "two of these"},
    {"solver", "rtol", ES_REAL, 0, 0, 1, NULL, NULL, "1e-9", "tolerance"},
    {"solver", "path", ES_TEXT, 0, 0, 0, NULL, NULL, "x y", "text"},
};
static const es_keys set = {keys, sizeof keys / sizeof *keys};

static int make(void **state) {
  es_config *config;
  if (es_config_new(&config, &set, 1, NULL) != ES_OK) return -1;
  *state = config;
  return es_config_add_axes(config, "sweep", NULL, NULL) == ES_OK ? 0 : -1;
}

static int unmake(void **state) {
  es_config_free(*state);
  return 0;
}

static void set_word(es_config *config, const char *word) {
  es_diag diag = {0};
  assert_ok(es_config_set(config, word, &diag), diag);
}

static void written(const es_config *config, char *text, size_t size) {
  es_diag diag = {0};
  FILE *out = fmemopen(text, size, "w");
  assert_non_null(out);
  assert_ok(es_config_write(config, out, &diag), diag);
  fclose(out);
}

static void assert_axis(const es_config *config, size_t k, const char *section,
                        const char *name, size_t n, double first) {
  es_axis axis;
  assert_true(es_config_axis(config, "sweep", k, &axis));
  assert_string_equal(axis.section, section);
  assert_string_equal(axis.name, name);
  assert_int_equal(axis.n, n);
  assert_close(axis.value[0], first, 0, 0);
}

static void test_order_is_that_of_setting(void **state) {
  es_config *config = *state;
  es_axis axis;
  set_word(config, "sweep.rtol=1e-3,1e-6");
  set_word(config, "sweep.eta=lin:0.1:0.9:9");
  set_word(config, "sweep.both=1");
  set_word(config, "sweep.rtol=1e-2,1e-4,1e-6"); /* stays the first */
  assert_axis(config, 0, "solver", "rtol", 3, 1e-2);
  assert_axis(config, 1, "model", "eta", 9, .1);
  assert_axis(config, 2, "model", "both", 1, 1);
  assert_false(es_config_axis(config, "sweep", 3, &axis));
  assert_false(es_config_axis(config, "box", 0, &axis));
}

static void test_what_is_an_axis(void **state) {
  es_config *config = *state;
  static const char *const none[] = {"sweep.M=1", "sweep.path=1",
                                     "sweep.twice=1", "sweep.sweep=1"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    assert_status(es_config_set(config, none[i], NULL), ES_UNKNOWN_KEY);
  set_word(config, "sweep.list=50,3"); /* axes need not rise */
  assert_status(es_config_set(config, "sweep.list=101", NULL), ES_BAD_VALUE);
  assert_status(es_config_set(config, "sweep.eta=0", NULL), ES_BAD_VALUE);
  assert_status(es_config_set(config, "sweep.both=7", NULL), ES_BAD_VALUE);
}

static void test_words_are_axes(void **state) {
  es_config *config = *state;
  es_axis axis;
  es_diag diag = {0};
  char text[2048] = "";
  set_word(config, "sweep.kind=bc, a");
  set_word(config, "sweep.flag=[on,off]");
  assert_true(es_config_axis(config, "sweep", 0, &axis));
  assert_string_equal(axis.choices, "a|bc");
  assert_int_equal(axis.n, 2);
  assert_close(axis.value[0], 1, 0, 0);
  assert_close(axis.value[1], 0, 0, 0);
  assert_true(es_config_axis(config, "sweep", 1, &axis));
  assert_close(axis.value[0], 1, 0, 0);
  written(config, text, sizeof text);
  assert_non_null(strstr(text, "sweep:\n  kind: [bc, a]\n  flag: [on, off]\n"));
  assert_ok(es_config_set_real(config, "model", "kind", 1, &diag), diag);
  assert_string_equal(es_config_text(config, "model", "kind"), "bc");
  assert_ok(es_config_set_real(config, "model", "flag", 1, &diag), diag);
  assert_true(es_config_flag(config, "model", "flag"));
  assert_ok(es_config_set_real(config, "model", "flag", 0, &diag), diag);
  assert_false(es_config_flag(config, "model", "flag"));
  static const char *const bad[] = {
      "sweep.kind=b",   "sweep.kind=a,,bc", "sweep.kind=a,",
      "sweep.kind=",    "sweep.kind=[]",    "sweep.flag=maybe",
      "sweep.kind=abc", "sweep.kind=[[a]]"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_status(es_config_set(config, bad[i], &diag), ES_BAD_VALUE);
  assert_ok(es_config_add_axes(config, "box", "model", &diag), diag);
  assert_status(es_config_set(config, "box.kind=a", &diag), ES_UNKNOWN_KEY);
}

static void test_only_one_section(void **state) {
  es_config *config = *state;
  es_diag diag = {0};
  assert_ok(es_config_add_axes(config, "box", "time", &diag), diag);
  set_word(config, "box.both=5,9");
  set_word(config, "box.twice=0,1");
  assert_status(es_config_set(config, "box.eta=0.5", &diag), ES_UNKNOWN_KEY);
}

static void test_bare_names_mean_no_axis(void **state) {
  es_config *config = *state;
  set_word(config, "eta=0.25");
  assert_close(es_config_real(config, "model", "eta"), .25, 0, 0);
  assert_false(es_config_has(config, "sweep", "eta"));
}

static void test_written_in_order(void **state) {
  char text[2048] = "";
  es_config *config = *state;
  set_word(config, "sweep.rtol=1e-3,1e-6");
  set_word(config, "sweep.eta=log:1e-3:1:4");
  written(config, text, sizeof text);
  const char *sweep = strstr(text, "sweep:\n");
  assert_non_null(sweep);
  assert_string_equal(sweep,
                      "sweep:\n  rtol: [0.001, 1e-06]\n  eta: log:1e-3:1:4\n");
}

static void test_copies_are_their_own(void **state) {
  char text[2048] = "", again[2048] = "";
  es_diag diag = {0};
  es_config *config = *state, *copy;
  set_word(config, "model.list=3,4,5");
  set_word(config, "model.M=[[7]]");
  written(config, text, sizeof text);
  set_word(config, "sweep.eta=0.1");
  assert_ok(es_config_copy(&copy, config, &diag), diag);
  written(copy, again, sizeof again);
  assert_string_equal(again, text); /* without axes */
  assert_true(es_config_given(copy, "model", "list"));
  assert_false(es_config_given(copy, "model", "eta"));
  assert_ok(es_config_set_real(copy, "model", "eta", .75, &diag), diag);
  assert_close(es_config_real(copy, "model", "eta"), .75, 0, 0);
  assert_close(es_config_real(config, "model", "eta"), .5, 0, 0);
  assert_true(es_config_given(copy, "model", "eta"));
  assert_status(es_config_set(copy, "sweep.eta=1", &diag), ES_UNKNOWN_KEY);
  es_config_free(copy);
}

static void test_numbers_are_set(void **state) {
  es_diag diag = {0};
  es_config *config = *state;
  size_t n;
  set_word(config, "model.list=lin:1:5:3");
  assert_ok(es_config_set_real(config, "model", "list", 42, &diag), diag);
  const double *list = es_config_list(config, "model", "list", &n);
  assert_int_equal(n, 1);
  assert_close(list[0], 42, 0, 0);
  assert_ok(es_config_set_real(config, "model", "n", 7, &diag), diag);
  assert_int_equal(es_config_size(config, "model", "n"), 7);
  assert_ok(es_config_set_real(config, "time", "twice", .1, &diag), diag);
  es_config_blame(config, "time", "twice", &diag, "no");
  assert_string_equal(diag.message, "time.twice=0.1: no");
  char text[2048] = "";
  written(config, text, sizeof text);
  assert_non_null(strstr(text, "  list: [42]\n"));
}

static void test_numbers_are_refused(void **state) {
  es_config *config = *state;
  static const struct {
    const char *section, *name;
    double x;
    es_status want;
  } bad[] = {{"model", "eta", 0, ES_BAD_VALUE},
             {"model", "eta", 1.5, ES_BAD_VALUE},
             {"model", "eta", NAN, ES_BAD_VALUE},
             {"model", "eta", -INFINITY, ES_BAD_VALUE},
             {"model", "n", 2.5, ES_BAD_VALUE},
             {"model", "n", 0, ES_BAD_VALUE},
             {"model", "list", 101, ES_BAD_VALUE},
             {"model", "M", 1, ES_UNKNOWN_KEY},
             {"model", "kind", 2, ES_BAD_VALUE},
             {"model", "kind", -1, ES_BAD_VALUE},
             {"model", "kind", .5, ES_BAD_VALUE},
             {"model", "flag", 2, ES_BAD_VALUE},
             {"model", "flag", NAN, ES_BAD_VALUE},
             {"model", "none", 1, ES_UNKNOWN_KEY},
             {"sweep", "eta", 1, ES_UNKNOWN_KEY}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    es_diag diag = {0};
    assert_status(es_config_set_real(config, bad[i].section, bad[i].name,
                                     bad[i].x, &diag),
                  bad[i].want);
    assert_int_equal(diag.code, bad[i].want);
    assert_non_null(strstr(diag.message, bad[i].name));
  }
  assert_close(es_config_real(config, "model", "eta"), .5, 0, 0);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)
  const struct CMUnitTest tests[] = {
      TEST(test_order_is_that_of_setting), TEST(test_what_is_an_axis),
      TEST(test_words_are_axes),           TEST(test_only_one_section),
      TEST(test_bare_names_mean_no_axis),  TEST(test_written_in_order),
      TEST(test_copies_are_their_own),     TEST(test_numbers_are_set),
      TEST(test_numbers_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
