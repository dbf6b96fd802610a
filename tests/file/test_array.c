/* Arrays from text, and the choice of a reader by the ending. */
#include "temp.h"

#include "file/array.h"

static void check(void **state, const char *text, size_t rows, size_t cols,
                  const double *want) {
  es_diag diag = {0};
  es_array a;
  assert_ok(es_array_read(&a, put_text(state, "a.csv", text), &diag), diag);
  assert_int_equal(a.rows, rows);
  assert_int_equal(a.cols, cols);
  assert_memory_equal(a.data, want, rows * cols * sizeof *want);
  es_array_free(&a);
  es_array_free(&a);
}

static void text_of_many_styles(void **state) {
  const double m[] = {1, -2.5, 3e-300, 4, 5, 0.1};
  check(state, "1,-2.5,3e-300\n4,5,0.1\n", 2, 3, m);
  check(state, "1 -2.5\t3e-300\r\n\r\n  4  5 0.1 ", 2, 3, m);
  check(state, "# made by hand\nx, y,z\n1 , -2.5 ,3e-300 # first\n4,5,.1\n", 2,
        3, m);
  check(state, "\xef\xbb\xbf\"a b\",c,d\n1,-2.5 3e-300\n4,5,+.1\n", 2, 3, m);
  check(state, "1\n-2.5\n3e-300\n4\n5\n0.1", 6, 1, m);
  check(state, "1,-2.5,3e-300,4,5,0.1", 1, 6, m);
}

static void many_numbers(void **state) {
  enum { N = 3000 };
  char *text = malloc(N * 8);
  double want[N];
  assert_non_null(text);
  size_t used = 0;
  for (int i = 0; i < N; i++) {
    want[i] = i;
    used += (size_t)sprintf(text + used, "%d%c", i, i % 3 == 2 ? '\n' : ' ');
  }
  check(state, text, N / 3, 3, want);
  free(text);
}

static void bad_text_is_named_by_place(void **state) {
  static const struct {
    const char *text, *says;
    es_status code;
  } cases[] = {
      {"", "holds no numbers", ES_FILE_DATA},
      {"# only\n\na,b\n", "holds no numbers", ES_FILE_DATA},
      {"x,y\n1,2\n3,nan\n", "row 2, column 2 (line 3): 'nan' is not a finite",
       ES_FILE_DATA},
      {"nan,nan\n1,2\n", "row 1, column 1 (line 1): 'nan'", ES_FILE_DATA},
      {"1 2\n-Inf 3\n", "row 2, column 1|'-Inf' is not a finite", ES_FILE_DATA},
      {"1 1e999\n", "row 1, column 2|'1e999' is not a", ES_FILE_DATA},
      {"1,2\n3,x\n", "row 2, column 2 (line 2): 'x' is not a number",
       ES_FILE_DATA},
      {"1,x\n3,4\n", "row 1, column 2", ES_FILE_DATA},
      {"1,,2\n", "row 1, column 2 (line 1) is empty", ES_FILE_DATA},
      {"1,2,\n", "row 1, column 3 (line 1) is empty", ES_FILE_DATA},
      {",1\n", "row 1, column 1 (line 1) is empty", ES_FILE_DATA},
      {"1,2\n\n3\n", "row 2 (line 3) has 1 numbers, row 1 has 2",
       ES_FILE_CORRUPT},
      {"1,2\n3,4,5\n", "row 2|has 3 numbers", ES_FILE_CORRUPT},
      {"1;2\n3;4\n", "row 1, column 1|'3;4' is not a number", ES_FILE_DATA},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    es_diag diag = {0};
    es_array a = {.rows = 7};
    const char *path = put_text(state, "bad.csv", cases[i].text);
    const es_status status = es_csv_read_array(&a, path, &diag);
    assert_int_equal(status, cases[i].code);
    assert_says(&diag, cases[i].code, cases[i].says);
    assert_non_null(strstr(diag.message, "/bad.csv: "));
    assert_true(a.rows == 0 && a.cols == 0 && a.data == NULL);
  }
}

static void endings_choose_the_reader(void **state) {
  es_diag diag = {0};
  es_array a;
  const char *const bad[] = {"x.txt",  "x",      ".csv",   "x.csv.gz",
                             "x.h5",   "x.hdf5", "",       ".npy",
                             ".h5:/x", "x.h5:K", "x.H5:/K"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_status(es_array_read(&a, bad[i], &diag), ES_BAD_VALUE);
    assert_non_null(strstr(diag.message, bad[i]));
  }
  put_text(state, "a.csv", "1");
  put_text(state, "a.npy", "1");
  put_text(state, "a.h5", "1");
  put_text(state, "a:b.hdf5", "1");
  assert_ok(es_array_read(&a, at(state, "a.csv"), &diag), diag);
  es_array_free(&a);
  assert_status(es_array_read(&a, at(state, "a.npy"), &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "a.npy: is not a NPY");
  assert_status(es_array_read(&a, at(state, "a.h5:/K"), &diag),
                ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "a.h5: is not a HDF5");
  assert_status(es_array_read(&a, at(state, "a:b.hdf5:/x.csv"), &diag),
                ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "a:b.hdf5: is not a HDF5");
  assert_status(es_array_read(&a, at(state, "none.csv"), &diag),
                ES_FILE_MISSING);
  assert_status(es_array_read(&a, at(state, "no.h5:/K"), &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "/no.h5: |No such file");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(text_of_many_styles),
      temp_test(many_numbers),
      temp_test(bad_text_is_named_by_place),
      temp_test(endings_choose_the_reader),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
