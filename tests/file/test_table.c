/* The table reader on text that it did not write itself. */
#include "temp.h"

#include "file/csv.h"

static void words_numbers_and_names(void **state) {
  es_diag diag = {0};
  es_table t;
  const char *path = put_text(state, "a.csv",
                              "\xef\xbb\xbfmode, gamma ,\"x,\"\"y\"\"\"\r\n"
                              "\r\n"
                              "1,0.1,high\r\n"
                              "  2 , nan,-inf\n"
                              " \n"
                              "\"3\" ,,\"a\nb\"");
  assert_ok(es_table_read(&t, path, &diag), diag);
  assert_int_equal(t.rows, 3);
  assert_int_equal(t.columns, 3);
  assert_string_equal(t.name[0], "mode");
  assert_string_equal(t.name[1], "gamma");
  assert_string_equal(t.name[2], "x,\"y\"");
  assert_close(t.value[1], 0.1, 0, 0);
  assert_string_equal(t.text[1], "0.1");
  assert_string_equal(t.text[2], "high");
  assert_true(isnan(t.value[2]) && isnan(t.value[4]) && isnan(t.value[7]));
  assert_true(t.value[5] < 0 && isinf(t.value[5]));
  assert_close(t.value[6], 3, 0, 0);
  assert_string_equal(t.text[7], "");
  assert_string_equal(t.text[8], "a\nb");
  assert_int_equal(es_table_column(&t, "gamma"), 1);
  assert_int_equal(es_table_column(&t, "none"), 3);
  es_table_free(&t);
  es_table_free(&t);
  assert_int_equal(t.rows + t.columns, 0);
}

static void a_header_alone_is_a_table(void **state) {
  es_diag diag = {0};
  es_table t;
  assert_ok(es_table_read(&t, put_text(state, "a", "x,y\n"), &diag), diag);
  assert_int_equal(t.rows, 0);
  assert_int_equal(t.columns, 2);
  es_table_free(&t);
}

static void damage_is_named_by_line(void **state) {
  static const struct {
    const char *text, *says;
    size_t n;
  } cases[] = {
      {"", "is empty", 0},
      {" \r\n\n", "is empty", 0},
      {"x,y\n1,2\n\n3\n", "line 4: 1 cells under a header of 2", 0},
      {"x,y\n1,2,3\n", "line 2: 3 cells under a header of 2", 0},
      {"x,y\n1,2,\n", "line 2: 3 cells", 0},
      {"x\n\"a\n\n", "line 2: a quote is not closed", 0},
      {"x\n\"a\nb\"\n\"c\"d\n", "line 4: text follows", 0},
      {"x,y\n\"a\nb\",2\n1\n", "line 4: 1 cells", 0},
      {"x\n1\0002\n", "byte 0", 6},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    es_diag diag = {0};
    es_table t = {.rows = 7};
    const size_t n = cases[i].n == 0 ? strlen(cases[i].text) : cases[i].n;
    const char *path = put(state, "bad.csv", cases[i].text, n);
    assert_status(es_table_read(&t, path, &diag), ES_FILE_CORRUPT);
    assert_says(&diag, ES_FILE_CORRUPT, cases[i].says);
    assert_non_null(strstr(diag.message, "/bad.csv: "));
    assert_true(t.rows == 0 && t.name == NULL && t.value == NULL);
  }
}

static void what_is_missing_is_said(void **state) {
  es_diag diag = {0};
  es_table t;
  assert_status(es_table_read(&t, at(state, "none.csv"), &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "/none.csv: |No such file");
  assert_status(es_table_read(&t, at(state, ""), &diag), ES_FILE_MISSING);
}

/* Every cut and every changed byte of a small table is read or refused. */
static void no_damage_crashes(void **state) {
  static const char text[] = "x,\"y\"\n1,\"a\"\"b\"\n2,\"c\nd\"\n";
  char copy[sizeof text];
  for (size_t n = 0; n < sizeof text; n++)
    for (int c = -1; c < 256; c += 13) {
      es_diag diag = {0};
      es_table t;
      memcpy(copy, text, sizeof text);
      if (c >= 0) copy[n] = (char)c;
      const size_t size = c >= 0 ? sizeof text - 1 : n;
      const char *path = put(state, "a.csv", copy, size);
      const es_status status = es_table_read(&t, path, &diag);
      assert_true(status == ES_OK || status == ES_FILE_CORRUPT);
      es_table_free(&t);
    }
}

/* What follows the header is not looked at: it may be larger than memory. */
static void header_only(void **state) {
  es_diag diag = {0};
  es_table t;
  assert_ok(es_table_header(&t,
                            put_text(state, "a",
                                     "\xef\xbb\xbf\n \n a ,\"b\n"
                                     "\"\"c\"\r\n1\n\"2"),
                            &diag),
            diag);
  assert_int_equal(t.columns, 2);
  assert_int_equal(t.rows, 0);
  assert_string_equal(t.name[0], "a");
  assert_string_equal(t.name[1], "b\n\"c");
  es_table_free(&t);
  assert_ok(es_table_header(&t, put_text(state, "a", "x"), &diag), diag);
  assert_int_equal(t.columns, 1);
  es_table_free(&t);
  static const char *const bad[] = {"", "\n \n", "a,\"b", "\"a\"b\n"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(es_table_header(&t, put_text(state, "a", bad[i]), &diag),
                     ES_FILE_CORRUPT);
  assert_int_equal(es_table_header(&t, at(state, "none"), &diag),
                   ES_FILE_MISSING);
}

static void long_headers(void **state) {
  es_diag diag = {0};
  es_table t;
  const size_t n = (size_t)1 << 25;
  char *text = malloc(n + 1);
  assert_non_null(text);
  memset(text, 'x', n);
  text[n] = '\0';
  text[50000] = ',';
  text[100000] = '\n';
  assert_ok(es_table_header(&t, put_text(state, "a", text), &diag), diag);
  assert_int_equal(t.columns, 2);
  assert_int_equal(strlen(t.name[1]), 100000 - 50001);
  es_table_free(&t);
  text[100000] = 'x';
  assert_int_equal(es_table_header(&t, put_text(state, "a", text), &diag),
                   ES_FILE_CORRUPT);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(header_only),
      temp_test(long_headers),
      temp_test(words_numbers_and_names),
      temp_test(a_header_alone_is_a_table),
      temp_test(damage_is_named_by_line),
      temp_test(what_is_missing_is_said),
      temp_test(no_damage_crashes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
