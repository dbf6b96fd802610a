/* The CSV writer, and what it writes read back by the table reader. */
#include "temp.h"

#include "file/csv.h"

#include <float.h>
#include <locale.h>

static const char *const abc[] = {"t", "a,b", "say \"x\""};

static void bytes_are_exact(void **state) {
  es_diag diag = {0};
  es_csv csv;
  const double row[] = {0.1, -INFINITY, 1e300}, last[] = {-0.0, NAN, INFINITY};
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 3, &diag), diag);
  assert_ok(es_csv_row(&csv, row, 3, &diag), diag);
  assert_ok(es_csv_row(&csv, last, 3, &diag), diag);
  assert_ok(es_csv_cell(&csv, 3, &diag), diag);
  assert_ok(es_csv_cell_text(&csv, "word", &diag), diag);
  assert_ok(es_csv_cell_text(&csv, " two\nlines", &diag), diag);
  assert_ok(es_csv_close(&csv, &diag), diag);
  assert_content(at(state, "a.csv"),
                 "t,\"a,b\",\"say \"\"x\"\"\"\n"
                 "0.10000000000000001,-inf,1.0000000000000001e+300\n"
                 "-0,nan,inf\n"
                 "3,word,\" two\nlines\"\n");
  assert_false(es_file_exists(at(state, "a.csv.part")));
}

static void the_part_holds_whole_rows(void **state) {
  es_diag diag = {0};
  es_csv csv;
  const char *const names[] = {"x", "y"};
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, names, 2, &diag), diag);
  assert_content(at(state, "a.csv.part"), "x,y\n");
  assert_ok(es_csv_row(&csv, (double[]){1, 2}, 2, &diag), diag);
  assert_ok(es_csv_cell(&csv, 3, &diag), diag);
  assert_content(at(state, "a.csv.part"), "x,y\n1,2\n");
  assert_false(es_file_exists(at(state, "a.csv")));
  assert_ok(es_csv_close(&csv, &diag), diag);
  assert_content(at(state, "a.csv"), "x,y\n1,2\n");
}

static void an_abandoned_table_is_removed(void **state) {
  es_diag diag = {0};
  es_csv csv;
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 3, &diag), diag);
  es_csv_abandon(&csv);
  es_csv_abandon(&csv);
  assert_no_file(state, "a.csv");
}

static void shapes_are_checked(void **state) {
  es_diag diag = {0};
  es_csv csv;
  const double row[] = {1, 2, 3, 4};
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_status(es_csv_row(&csv, row, 1, &diag), ES_BAD_SHAPE);
  assert_status(es_csv_cell(&csv, 1, &diag), ES_BAD_SHAPE);
  assert_status(es_csv_header(&csv, abc, 0, &diag), ES_BAD_SHAPE);
  assert_ok(es_csv_header(&csv, abc, 3, &diag), diag);
  assert_status(es_csv_header(&csv, abc, 3, &diag), ES_BAD_SHAPE);
  assert_status(es_csv_row(&csv, row, 2, &diag), ES_BAD_SHAPE);
  assert_status(es_csv_row(&csv, row, 4, &diag), ES_BAD_SHAPE);
  assert_says(&diag, ES_BAD_SHAPE, "/a.csv: |4 values|3 columns");
  assert_ok(es_csv_cell(&csv, 1, &diag), diag);
  assert_status(es_csv_row(&csv, row, 3, &diag), ES_BAD_SHAPE);
  es_csv_abandon(&csv);
  assert_status(es_csv_open(&csv, NULL, NULL, &diag), ES_FILE_WRITE);
}

/* Doubles of every exponent, whole tables to the last bit. */
static void numbers_survive_to_the_last_bit(void **state) {
  enum { ROWS = 700, COLS = 3 };
  es_diag diag = {0};
  es_csv csv;
  double x[ROWS][COLS];
  uint64_t bits = 88172645463325252u;
  for (size_t i = 0; i < ROWS; i++)
    for (size_t j = 0; j < COLS; j++) {
      do { /* xorshift64 */
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&x[i][j], &bits, sizeof bits);
      } while (!isfinite(x[i][j]));
    }
  x[0][0] = DBL_MAX;
  x[0][1] = DBL_TRUE_MIN;
  x[0][2] = -DBL_MIN;
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, COLS, &diag), diag);
  for (size_t i = 0; i < ROWS; i++)
    assert_ok(es_csv_row(&csv, x[i], COLS, &diag), diag);
  assert_ok(es_csv_close(&csv, &diag), diag);
  es_table table;
  assert_ok(es_table_read(&table, at(state, "a.csv"), &diag), diag);
  assert_int_equal(table.rows, ROWS);
  assert_int_equal(table.columns, COLS);
  assert_memory_equal(table.value, x, sizeof x);
  for (size_t j = 0; j < COLS; j++) assert_string_equal(table.name[j], abc[j]);
  es_table_free(&table);
}

static void text_survives(void **state) {
  es_diag diag = {0};
  es_csv csv;
  const char *const cells[] = {"",     " x ", "\"",       "a\r\nb",
                               "1.5",  "#",   "\xc3\xb6", ",",
                               "\"\"", "-",   "\tx",      "x\t"};
  enum { N = sizeof cells / sizeof *cells };
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 1, &diag), diag);
  for (size_t i = 0; i < N; i++)
    assert_ok(es_csv_cell_text(&csv, cells[i], &diag), diag);
  assert_ok(es_csv_close(&csv, &diag), diag);
  es_table table;
  assert_ok(es_table_read(&table, at(state, "a.csv"), &diag), diag);
  assert_int_equal(table.rows, N);
  for (size_t i = 0; i < N; i++) assert_string_equal(table.text[i], cells[i]);
  assert_close(table.value[4], 1.5, 0, 0);
  es_table_free(&table);
}

static void a_wide_row_is_whole(void **state) {
  enum { N = 20000 };
  es_diag diag = {0};
  es_csv csv;
  const char **names = malloc(N * sizeof *names);
  double *row = malloc(N * sizeof *row);
  assert_true(names != NULL && row != NULL);
  for (size_t j = 0; j < N; j++) {
    names[j] = "x";
    row[j] = 1 / (1. + (double)j);
  }
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, names, N, &diag), diag);
  assert_ok(es_csv_row(&csv, row, N, &diag), diag);
  assert_ok(es_csv_close(&csv, &diag), diag);
  es_table table;
  assert_ok(es_table_read(&table, at(state, "a.csv"), &diag), diag);
  assert_int_equal(table.columns, N);
  assert_memory_equal(table.value, row, N * sizeof *row);
  es_table_free(&table);
  free(names);
  free(row);
}

/* Makes a locale with a decimal comma, as a library user may have set one, and
 * changes to it; few machines have one installed. */
static bool change_locale(void **state) {
  char command[512];
  const char *source = put_text(state, "source",
                                "LC_NUMERIC\ndecimal_point \",\"\n"
                                "thousands_sep \"\"\ngrouping -1\n"
                                "END LC_NUMERIC\n");
  snprintf(command, sizeof command,
           "localedef --no-archive -c -i %s %s >/dev/null 2>&1", source,
           at(state, "comma"));
  if (system(command) < 0 || setenv("LOCPATH", at(state, "."), 1) != 0)
    return false;
  const bool done = setlocale(LC_NUMERIC, "comma") != NULL;
  unsetenv("LOCPATH");
  return done;
}

static void numbers_have_a_point_in_every_locale(void **state) {
  es_diag diag = {0};
  es_csv csv;
  if (!change_locale(state)) skip();
  char text[8];
  snprintf(text, sizeof text, "%.1f", 1.5);
  assert_string_equal(text, "1,5");
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 1, &diag), diag);
  assert_ok(es_csv_cell(&csv, -1.5e-7, &diag), diag);
  assert_ok(es_csv_close(&csv, &diag), diag);
  assert_content(at(state, "a.csv"), "t\n-1.4999999999999999e-07\n");
  es_table table;
  assert_ok(es_table_read(&table, at(state, "a.csv"), &diag), diag);
  assert_close(table.value[0], -1.5e-7, 0, 0);
  es_table_free(&table);
  setlocale(LC_NUMERIC, "C");
}

static void a_callers_stream_stays_open(void **state) {
  es_diag diag = {0};
  es_csv csv;
  FILE *f = fopen(at(state, "out"), "w");
  assert_non_null(f);
  assert_ok(es_csv_open(&csv, NULL, f, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 1, &diag), diag);
  assert_ok(es_csv_cell(&csv, 2, &diag), diag);
  assert_content(at(state, "out"), "t\n2\n");
  assert_ok(es_csv_close(&csv, &diag), diag);
  fputs("more\n", f);
  assert_int_equal(fclose(f), 0);
  assert_content(at(state, "out"), "t\n2\nmore\n");
}

static void a_full_device_is_an_error(void **state) {
  (void)state;
  es_diag diag = {0};
  es_csv csv;
  FILE *f = fopen("/dev/full", "w");
  if (f == NULL) skip();
  assert_ok(es_csv_open(&csv, NULL, f, &diag), diag);
  assert_status(es_csv_header(&csv, abc, 1, &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "output: |No space left");
  assert_status(es_csv_close(&csv, &diag), ES_FILE_WRITE);
  fclose(f);
}

static void a_closed_pipe_is_an_error(void **state) {
  (void)state;
  es_diag diag = {0};
  es_csv csv;
  int ends[2];
  void (*before)(int) = signal(SIGPIPE, SIG_IGN);
  assert_int_equal(pipe(ends), 0);
  FILE *f = fdopen(ends[1], "w");
  assert_non_null(f);
  assert_ok(es_csv_open(&csv, NULL, f, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 1, &diag), diag);
  close(ends[0]);
  assert_status(es_csv_cell(&csv, 1, &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "Broken pipe");
  es_csv_abandon(&csv);
  fclose(f);
  signal(SIGPIPE, before);
}

/* Rows until the disk is full; a table with a gap must not get its name. */
static int fill(void **state) {
  es_diag diag = {0};
  es_csv csv;
  if (es_csv_open(&csv, at(state, "a.csv"), NULL, &diag) != ES_OK) return 1;
  if (es_csv_header(&csv, abc, 1, &diag) != ES_OK) return 2;
  int rows = 0;
  while (rows < 10000 && es_csv_cell(&csv, rows, &diag) == ES_OK) rows++;
  if (rows == 0 || rows == 10000) return 3;
  if (strstr(diag.message, "File too large") == NULL) return 4;
  return es_csv_close(&csv, &diag) == ES_FILE_WRITE ? 0 : 5;
}

static void a_full_disk_leaves_no_table(void **state) {
  assert_int_equal(with_full_disk(1 << 12, fill, state), 0);
  assert_no_file(state, "a.csv");
}

/* A table of two rows, synced, a third row behind it, left by its run; returns
 * the length that was synced. */
static uint64_t leave_table(void **state) {
  es_diag diag = {0};
  es_csv csv;
  uint64_t bytes;
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 3, &diag), diag);
  for (int i = 0; i < 3; i++) {
    const double row[] = {i, 1. / 3, i / 7.};
    if (i == 2) assert_ok(es_csv_sync(&csv, &bytes, &diag), diag);
    assert_ok(es_csv_row(&csv, row, 3, &diag), diag);
  }
  assert_ok(es_csv_cell(&csv, 4, &diag), diag); /* never ends a row */
  es_csv_leave(&csv);
  es_csv_leave(&csv);
  return bytes;
}

static void a_table_goes_on(void **state) {
  es_diag diag = {0};
  es_csv csv;
  const uint64_t bytes = leave_table(state);
  char *left = content(at(state, "a.csv.part"));
  assert_true(strlen(left) > bytes && left[strlen(left) - 1] == '\n');
  assert_false(es_file_exists(at(state, "a.csv")));
  const char *path = at(state, "a.csv");
  assert_ok(es_csv_reopen(&csv, path, bytes, abc, 3, &diag), diag);
  uint64_t again;
  assert_ok(es_csv_sync(&csv, &again, &diag), diag);
  assert_int_equal(again, bytes);
  assert_status(es_csv_header(&csv, abc, 3, &diag), ES_BAD_SHAPE);
  const double row[] = {2, 1. / 3, 2 / 7.};
  assert_ok(es_csv_row(&csv, row, 3, &diag), diag);
  assert_content(at(state, "a.csv.part"), left);
  assert_ok(es_csv_close(&csv, &diag), diag);
  assert_content(path, left);
  /* And once more, from the table that was ended. */
  assert_ok(es_csv_reopen(&csv, path, bytes, abc, 3, &diag), diag);
  assert_false(es_file_exists(path));
  assert_ok(es_csv_row(&csv, row, 3, &diag), diag);
  assert_ok(es_csv_close(&csv, &diag), diag);
  assert_content(path, left);
  assert_false(es_file_exists(at(state, "a.csv.part")));
  free(left);
}

/* Whether the part or the ended table is there, it is not changed. */
static void what_does_not_go_on_is_left_alone(void **state) {
  const uint64_t bytes = leave_table(state), all = UINT64_MAX;
  const char *const xbc[] = {"x", "a,b", "say \"x\""};
  const char *const less[] = {"t", "a,b"};
  const char *const cut[] = {"t", "a,b", "say"};
  const char *const more[] = {"t", "a,b", "say \"x\"", "more"};
  const struct {
    uint64_t bytes;
    const char *const *names;
    size_t n;
    es_status code;
    const char *says;
  } wrong[] = {{bytes, xbc, 3, ES_FILE_CORRUPT, "another header"},
               {bytes, less, 2, ES_FILE_CORRUPT, "another header"},
               {bytes, cut, 3, ES_FILE_CORRUPT, "another header"},
               {bytes, more, 4, ES_FILE_CORRUPT, "another header"},
               {0, abc, 3, ES_FILE_CORRUPT, "another header"},
               {19, abc, 3, ES_FILE_CORRUPT, "another header"},
               {bytes - 1, abc, 3, ES_FILE_CORRUPT, "no row ends at byte"},
               {bytes + 1, abc, 3, ES_FILE_CORRUPT, "no row ends at byte"},
               {all, abc, 3, ES_FILE_CORRUPT, "of 18446744073709551615 bytes"},
               {bytes, abc, 0, ES_BAD_SHAPE, "one header"}};
  char *left = content(at(state, "a.csv.part"));
  const char *path = at(state, "a.csv"), *part = at(state, "a.csv.part");
  for (int ended = 0; ended <= 1; ended++) {
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
      es_diag diag = {0};
      es_csv csv;
      assert_int_equal(es_csv_reopen(&csv, path, wrong[i].bytes, wrong[i].names,
                                     wrong[i].n, &diag),
                       wrong[i].code);
      assert_says(&diag, wrong[i].code, "/a.csv");
      assert_says(&diag, wrong[i].code, wrong[i].says);
      assert_content(ended ? path : part, left);
      assert_int_equal(es_file_exists(part), !ended);
      es_csv_abandon(&csv); /* nothing is held that could be removed */
    }
    if (ended == 0) assert_int_equal(rename(part, path), 0);
  }
  free(left);
}

static void a_header_alone_goes_on(void **state) {
  es_diag diag = {0};
  es_csv csv;
  uint64_t bytes;
  assert_ok(es_csv_open(&csv, at(state, "a.csv"), NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 1, &diag), diag);
  assert_ok(es_csv_sync(&csv, &bytes, &diag), diag);
  assert_int_equal(bytes, 2);
  es_csv_leave(&csv);
  assert_ok(es_csv_reopen(&csv, at(state, "a.csv"), 2, abc, 1, &diag), diag);
  assert_ok(es_csv_cell(&csv, 5, &diag), diag);
  assert_ok(es_csv_close(&csv, &diag), diag);
  assert_content(at(state, "a.csv"), "t\n5\n");
  const char *none = at(state, "none.csv");
  assert_status(es_csv_reopen(&csv, none, 2, abc, 1, &diag), ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "/none.csv: cannot be continued");
  assert_no_file(state, "none.csv");
}

static void a_stream_cannot_be_synced(void **state) {
  es_diag diag = {0};
  es_csv csv;
  uint64_t bytes = 7;
  FILE *f = fopen(at(state, "out"), "w");
  assert_non_null(f);
  assert_ok(es_csv_open(&csv, NULL, f, &diag), diag);
  assert_ok(es_csv_header(&csv, abc, 1, &diag), diag);
  assert_status(es_csv_sync(&csv, &bytes, &diag), ES_FILE_WRITE);
  assert_int_equal(bytes, 0);
  es_csv_leave(&csv);
  assert_int_equal(fclose(f), 0);
  assert_content(at(state, "out"), "t\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(bytes_are_exact),
      temp_test(the_part_holds_whole_rows),
      temp_test(an_abandoned_table_is_removed),
      temp_test(shapes_are_checked),
      temp_test(numbers_survive_to_the_last_bit),
      temp_test(text_survives),
      temp_test(a_wide_row_is_whole),
      temp_test(numbers_have_a_point_in_every_locale),
      temp_test(a_callers_stream_stays_open),
      cmocka_unit_test(a_full_device_is_an_error),
      cmocka_unit_test(a_closed_pipe_is_an_error),
      temp_test(a_full_disk_leaves_no_table),
      temp_test(a_table_goes_on),
      temp_test(what_does_not_go_on_is_left_alone),
      temp_test(a_header_alone_goes_on),
      temp_test(a_stream_cannot_be_synced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
