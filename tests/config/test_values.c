/* Values: every kind, its bounds, matrices, files, and the one line that each
 * mistake gives. Lists: test_lists.c. */
#include "config/value.h"
#include "fixture.h"

static void scalars(void **state) {
  (void)state;
  es_config *c = new_config();
  assert_close(es_config_real(c, "model", "eta"), 0.04, 0, 0);
  set(c, "model.eta=1");
  assert_close(es_config_real(c, "model", "eta"), 1, 0, 0);
  set(c, "model.eta=2.5e-3");
  assert_close(es_config_real(c, "model", "eta"), 2.5e-3, 0, 0);
  set(c, "model.seed=1e6");
  assert_int_equal(es_config_size(c, "model", "seed"), 1000000);
  set(c, "model.ema=off");
  assert_false(es_config_flag(c, "model", "ema"));
  const char *const on[] = {"model.ema=true", "model.ema=yes", "model.ema=on"};
  const char *const off[] = {"model.ema=false", "model.ema=no",
                             "model.ema=off"};
  for (size_t i = 0; i < 3; i++) {
    set(c, on[i]);
    assert_true(es_config_flag(c, "model", "ema"));
    set(c, off[i]);
    assert_false(es_config_flag(c, "model", "ema"));
  }
  set(c, "model.init=aligned");
  assert_string_equal(es_config_text(c, "model", "init"), "aligned");
  assert_true(es_config_is(c, "model", "init", "aligned"));
  assert_false(es_config_is(c, "model", "init", "align"));
  set(c, "data.path=a=b.c: d");
  assert_string_equal(es_config_text(c, "data", "path"), "a=b.c: d");
  es_config_free(c);
}

static void scalars_refused(void **state) {
  (void)state;
  es_config *c = new_config();
  refused(c, "model.eta=0", ES_BAD_VALUE,
          "model.eta=0: out of range; accepts a number in (0, 1]");
  refused(c, "model.eta=1.0000001", ES_BAD_VALUE,
          "model.eta=1.0000001: out of range; accepts a number in (0, 1]");
  refused(c, "model.eta=nan", ES_BAD_VALUE,
          "model.eta=nan: not a finite number; accepts a number in (0, 1]");
  refused(c, "model.shift=-inf", ES_BAD_VALUE,
          "model.shift=-inf: not a finite number; accepts a number");
  refused(c, "model.shift=1,2", ES_BAD_VALUE,
          "model.shift=1,2: one number is wanted and not a list; accepts a "
          "number");
  refused(c, "model.shift=[1]", ES_BAD_VALUE,
          "model.shift=[1]: not a finite number; accepts a number");
  refused(c, "model.shift=", ES_BAD_VALUE,
          "model.shift=: an empty value; accepts a number");
  refused(c, "model.mu=2", ES_BAD_VALUE,
          "model.mu=2: out of range; accepts a number < 2");
  refused(c, "model.d=0", ES_BAD_VALUE,
          "model.d=0: out of range; accepts a whole number, 1 or more");
  refused(c, "model.d=1.5", ES_BAD_VALUE,
          "model.d=1.5: not a whole number; accepts a whole number, 1 or more");
  refused(c, "model.d=x", ES_BAD_VALUE,
          "model.d=x: not a whole number; accepts a whole number, 1 or more");
  refused(c, "model.d=9007199254740993", ES_BAD_VALUE,
          "model.d=9007199254740993: beyond 2^53 = 9007199254740992; accepts a "
          "whole number, 1 or more");
  refused(c, "model.d=2,3", ES_BAD_VALUE,
          "model.d=2,3: one number is wanted and not a list; accepts a whole "
          "number, 1 or more");
  refused(c, "time.n=1e7", ES_BAD_VALUE,
          "time.n=1e7: out of range; accepts a whole number from 2 to 1000000");
  refused(c, "model.ema=maybe", ES_BAD_VALUE,
          "model.ema=maybe: neither on nor off; accepts on|off");
  refused(
      c, "model.init=gausian", ES_BAD_VALUE,
      "model.init=gausian: no such choice (did you mean gaussian?); accepts "
      "one of gaussian|aligned|off");
  refused(c, "model.init=zzzzzzzz", ES_BAD_VALUE,
          "model.init=zzzzzzzz: no such choice; accepts one of "
          "gaussian|aligned|off");
  refused(c, "data.path=\xe9", ES_BAD_VALUE,
          "data.path=\xe9: not valid UTF-8; accepts text");
  refused(c, "data.path=", ES_BAD_VALUE,
          "data.path=: an empty value; accepts text");
  assert_close(es_config_real(c, "model", "eta"), 0.04, 0, 0);
  assert_false(es_config_given(c, "model", "eta"));
  es_config_free(c);
}

static void long_and_strange_values_stay_one_line(void **state) {
  (void)state;
  es_config *c = new_config();
  char word[4096] = "model.eta=a\nb\033[";
  const size_t n = strlen(word);
  memset(word + n, 'x', sizeof word - n - 1);
  word[sizeof word - 1] = '\0';
  es_diag diag = {0};
  assert_status(es_config_set(c, word, &diag), ES_BAD_VALUE);
  assert_null(strpbrk(diag.message, "\n\033"));
  assert_memory_equal(diag.message, "model.eta=a?b?[xxx", 18);
  assert_non_null(strstr(diag.message, "xxx...: not a finite number; accepts "
                                       "a number in (0, 1]"));
  es_config_free(c);
}

static void matrices(void **state) {
  (void)state;
  es_config *c = new_config();
  set(c, "model.W0=[[1,0.5,2],[0,1,-3]]");
  const es_matrix *W = es_config_matrix(c, "model", "W0");
  const double want[] = {1, 0, .5, 1, 2, -3}; /* column by column */
  assert_int_equal(W->rows, 2);
  assert_int_equal(W->cols, 3);
  for (size_t k = 0; k < 6; k++) assert_close(W->data[k], want[k], 0, 0);
  set(c, "model.W0=[[4]]");
  W = es_config_matrix(c, "model", "W0");
  assert_int_equal(W->rows * W->cols, 1);
  assert_close(W->data[0], 4, 0, 0);
  es_config_free(c);
}

static void symmetric_matrices(void **state) {
  (void)state;
  es_config *c = new_config();
  set(c, "model.Gamma=[[2,0.5],[0.5000000000005,1]]");
  const es_matrix *G = es_config_matrix(c, "model", "Gamma");
  assert_true(G->data[1] == G->data[2]);
  assert_true(G->data[1] == (0.5 + 0.5000000000005) / 2);
  set(c, "model.Gamma=[[0,0],[0,0]]");
  set(c, "model.Gamma=[[1e308,1.7e308],[1.7e308,1e308]]");
  G = es_config_matrix(c, "model", "Gamma");
  assert_close(G->data[1], 1.7e308, 0, 0);
  const char accepts[] = "accepts a symmetric matrix as [[1,0.5],[0.5,1]] or "
                         "file:PATH";
  char line[256];
  snprintf(line, sizeof line,
           "model.Gamma=[[1,2],[0,1]]: not symmetric: |M-M^T| = 1.15 |M|; %s",
           accepts);
  refused(c, "model.Gamma=[[1,2],[0,1]]", ES_BAD_VALUE, line);
  snprintf(line, sizeof line,
           "model.Gamma=[[1,0,0],[0,1,0]]: 2 x 3 is not square; %s", accepts);
  refused(c, "model.Gamma=[[1,0,0],[0,1,0]]", ES_BAD_VALUE, line);
  es_config_free(c);
}

/* The limit itself: 1e-12 of the Frobenius norm, from both sides. */
static void symmetry_limit(void **state) {
  (void)state;
  es_config *c = new_config();
  /* |M - M^T|_F = sqrt(2) e, |M|_F = sqrt(2) */
  set(c, "model.Gamma=[[1,0.99e-12],[0,1]]");
  es_diag diag = {0};
  assert_status(es_config_set(c, "model.Gamma=[[1,1.01e-12],[0,1]]", &diag),
                ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "|M-M^T| = 1.01e-12 |M|"));
  es_config_free(c);
}

static void matrices_refused(void **state) {
  (void)state;
  es_config *c = new_config();
  const char *const rows[][2] = {
      {"", "an empty value"},
      {"1", "a matrix is wanted: [[1]] is one of size 1"},
      {"1,2", "a matrix is wanted: [[1]] is one of size 1"},
      {"[]", "an empty matrix"},
      {"[[]]", "an empty matrix"},
      {"[1,2]", "row 1 is not a list"},
      {"[[1],2]", "row 2 is not a list"},
      {"[[1,2],[3]]", "row 2 has 1 numbers and row 1 has 2"},
      {"[[1,x]]", "row 1, column 2, x, is not a finite number"},
      {"[[1],[inf]]", "row 2, column 1, inf, is not a finite number"},
      {"[[[1]]]", "row 1, column 1 is not a number"},
      {"[[1,6]]", "row 1, column 2, 6, is out of range"}};
  for (size_t i = 0; i < N_OF(rows); i++) {
    char word[128], line[512];
    snprintf(word, sizeof word, "model.W0=%s", rows[i][0]);
    snprintf(line, sizeof line,
             "%s: %s; accepts a matrix of numbers in [-5, 5] as "
             "[[1,0.5],[0,1]] or file:PATH",
             word, rows[i][1]);
    refused(c, word, ES_BAD_VALUE, line);
  }
  es_config_free(c);
}

static void files(void **state) {
  (void)state;
  es_config *c = new_config();
  put_text("column.csv", "1\n2\n5\n");
  put_text("row.csv", "1,2,5\n");
  put_text("matrix.csv", "1,0.5,2\n0,1,-3\n");
  const double want[] = {1, 2, 5};
  set(c, "model.gamma=file:column.csv");
  assert_list(c, "model", "gamma", want, 3);
  assert_true(es_config_from_file(c, "model", "gamma"));
  set(c, "model.gamma=file:row.csv");
  assert_list(c, "model", "gamma", want, 3);
  set(c, "model.gamma=1,2,5");
  assert_false(es_config_from_file(c, "model", "gamma"));
  set(c, "model.W0=file:matrix.csv");
  const es_matrix *W = es_config_matrix(c, "model", "W0");
  const double columns[] = {1, 0, .5, 1, 2, -3};
  assert_int_equal(W->rows, 2);
  assert_int_equal(W->cols, 3);
  for (size_t k = 0; k < 6; k++) assert_close(W->data[k], columns[k], 0, 0);
  es_config_free(c);
}

/* What is wrong inside a file is a data error (exit 3). */
static void files_refused(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  put_text("negative.csv", "1\n-2\n");
  put_text("skew.csv", "1,2\n0,1\n");
  put_text("nan.csv", "1\nnan\n");
  put_text("wide.csv", "1,2\n3,4\n");
  put_text("other.txt", "1\n");
  char line[256];
  snprintf(line, sizeof line,
           "model.gamma=file:negative.csv: entry 2, -2, is out of range; "
           "accepts numbers >= 0, %s",
           LIST_FORM);
  refused(c, "model.gamma=file:negative.csv", ES_FILE_DATA, line);
  snprintf(line, sizeof line,
           "model.gamma=file:wide.csv: a vector is wanted and not 2 x 2 "
           "numbers; accepts numbers >= 0, %s",
           LIST_FORM);
  refused(c, "model.gamma=file:wide.csv", ES_FILE_DATA, line);
  refused(c, "model.Gamma=file:skew.csv", ES_FILE_DATA,
          "model.Gamma=file:skew.csv: not symmetric: |M-M^T| = 1.15 |M|; "
          "accepts a symmetric matrix as [[1,0.5],[0.5,1]] or file:PATH");
  assert_status(es_config_set(c, "model.gamma=file:nan.csv", &diag),
                ES_FILE_DATA);
  assert_memory_equal(diag.message, "model.gamma=file:nan.csv: nan.csv:", 34);
  assert_status(es_config_set(c, "model.gamma=file:absent.csv", &diag),
                ES_FILE_MISSING);
  assert_memory_equal(diag.message, "model.gamma=file:absent.csv: ", 29);
  assert_status(es_config_set(c, "model.W0=file:absent.csv", NULL),
                ES_FILE_MISSING);
  assert_status(es_config_set(c, "model.gamma=file:other.txt", &diag),
                ES_BAD_VALUE);
  assert_status(es_config_set(c, "model.gamma=file:", &diag), ES_BAD_VALUE);
  assert_false(es_config_has(c, "model", "gamma"));
  es_config_free(c);
}

static void accepts(const es_key *key, const char *want) {
  char line[256];
  assert_string_equal(es_key_accepts(line, sizeof line, key), want);
}

static void what_keys_accept(void **state) {
  (void)state;
  es_key k = {"a", "b", ES_REAL, 0, ANY, "x|y", NULL, NULL, ""};
  accepts(&k, "a number");
  k.low = 0;
  accepts(&k, "a number >= 0");
  k.flags = ES_OPEN_LOW;
  accepts(&k, "a number > 0");
  k.high = 1;
  accepts(&k, "a number in (0, 1]");
  k.flags = ES_OPEN_HIGH;
  accepts(&k, "a number in [0, 1)");
  k.low = -INFINITY;
  accepts(&k, "a number < 1");
  k.flags = 0;
  k.high = 0.1;
  accepts(&k, "a number <= 0.1");
  k.kind = ES_SIZE;
  k.low = 0.5;
  k.high = INFINITY;
  accepts(&k, "a whole number, 1 or more");
  k.flags = ES_OPEN_LOW | ES_OPEN_HIGH;
  k.low = 1;
  k.high = 9;
  accepts(&k, "a whole number from 2 to 8");
  k.low = -INFINITY;
  accepts(&k, "a whole number from 0 to 8");
  k.kind = ES_CHOICE;
  accepts(&k, "one of x|y");
  k.kind = ES_FLAG;
  accepts(&k, "on|off");
  k.kind = ES_TEXT;
  accepts(&k, "text");
  k = (es_key){"a", "b", ES_LIST, ES_RISING, ANY, NULL, NULL, NULL, ""};
  accepts(&k, "never falling numbers, as 1,2,5 or lin:a:b:n or log:a:b:n or "
              "file:PATH");
  k.kind = ES_MATRIX;
  accepts(&k, "a matrix as [[1,0.5],[0,1]] or file:PATH");
  k.low = 0;
  k.flags = ES_SYMMETRIC;
  accepts(&k, "a symmetric matrix of numbers >= 0 as [[1,0.5],[0.5,1]] or "
              "file:PATH");
}

/* Sizes whose product does not fit are refused before anything is allocated. */
static void sizes_that_overflow(void **state) {
  (void)state;
  const es_key key = {"a", "b", ES_MATRIX, 0, ANY, NULL, NULL, NULL, ""};
  es_value value = {.shown = "[[]]"};
  es_diag diag = {0};
  const es_reading r = {&key, &value, &diag};
  assert_status(es_value_reserve(&r, SIZE_MAX / 8, 16), ES_NO_MEMORY);
  assert_string_equal(diag.message, "a.b=[[]]: not enough memory");
  assert_status(es_value_reserve(&r, SIZE_MAX / 8, 2), ES_NO_MEMORY);
  assert_null(value.array.data);
}

static void shortest_numbers(void **state) {
  (void)state;
  char out[ES_REAL_SIZE];
  assert_string_equal(es_value_format(out, 0.04), "0.04");
  assert_string_equal(es_value_format(out, 0.1 + 0.2), "0.30000000000000004");
  assert_string_equal(es_value_format(out, -0.0), "-0");
  assert_string_equal(es_value_format(out, 5e-324), "4.94065645841247e-324");
  assert_string_equal(es_value_format(out, 0x1p53 - 1), "9007199254740991");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scalars),
      cmocka_unit_test(scalars_refused),
      cmocka_unit_test(long_and_strange_values_stay_one_line),
      cmocka_unit_test(matrices),
      cmocka_unit_test(symmetric_matrices),
      cmocka_unit_test(symmetry_limit),
      cmocka_unit_test(matrices_refused),
      cmocka_unit_test(files),
      cmocka_unit_test(files_refused),
      cmocka_unit_test(what_keys_accept),
      cmocka_unit_test(sizes_that_overflow),
      cmocka_unit_test(shortest_numbers),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
