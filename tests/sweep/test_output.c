/* Tables of sweeps on disk: written, and gone on with after a cut at any byte,
 * with the same bytes. */
#include "tests/sweep/tables.h"

#include "file/csv.h"
#include "file/h5.h"

static void test_csv_holds_the_rows(void **state) {
  es_diag diag = {0};
  es_table t;
  made m = make(grid);
  const es_output_where where = {.path = at(state, "t.csv")};
  const es_tally tally = write_rows(&m, &where, 0, CELLS, CELLS);
  assert_tally(&tally);
  assert_ok(es_table_read(&t, at(state, "t.csv"), &diag), diag);
  static const char *const names[] = {"y0",       "a",     "outcome", "y",
                                      "t_settle", "steps", "status"};
  const double thresholds[] = {.1, .5, .9};
  assert_int_equal(t.columns, 7);
  assert_int_equal(t.rows, CELLS);
  for (size_t j = 0; j < 7; j++) assert_string_equal(t.name[j], names[j]);
  for (size_t i = 0; i < t.rows; i++) {
    const double *row = t.value + i * 7;
    const double y0 = row[0], a = row[1];
    const bool failed = y0 > 1;
    assert_close(a, thresholds[i % 3], 0, 0);
    assert_string_equal(t.text[i * 7 + 2], failed   ? "undecided"
                                           : y0 < a ? "collapsed"
                                                    : "stable");
    assert_close(row[6], failed ? ES_BAD_VALUE : 0, 0, 0);
    if (failed)
      assert_true(isnan(row[3]) && isnan(row[4]));
    else
      assert_close(row[3], y0 < a ? 0 : 1, 0, 0);
  }
  es_table_free(&t);
  unmake(&m);
}

/* A kill may cut the part at any byte. Steps of 3 within the header and the
 * first rows, then of 29, which meet every part of a row. */
static void test_csv_goes_on_from_any_byte(void **state) {
  made m = make(grid);
  size_t n;
  const es_output_where whole = {.path = at(state, "whole.csv")};
  (void)write_rows(&m, &whole, 0, CELLS, CELLS);
  unsigned char *bytes = bytes_of(at(state, "whole.csv"), &n);
  for (size_t cut = 0; cut <= n; cut += cut < 130 ? 3 : 29) {
    put(state, "t.csv.part", bytes, cut);
    const es_output_where where = {.path = at(state, "t.csv"), .resume = true};
    const es_tally tally = write_rows(&m, &where, 0, CELLS, CELLS);
    assert_tally(&tally);
    assert_same_file(at(state, "t.csv"), at(state, "whole.csv"));
    assert_false(es_file_exists(at(state, "t.csv.part")));
    assert_int_equal(remove(at(state, "t.csv")), 0);
  }
  free(bytes);
  unmake(&m);
}

/* What is not a row of the next cell is not kept. */
static void test_csv_drops_damage(void **state) {
  made m = make(grid);
  const es_output_where whole = {.path = at(state, "whole.csv")};
  (void)write_rows(&m, &whole, 0, CELLS, CELLS);
  static const char *const bad[] = {
      "",
      "0.2,",
      "0.20000000000000001,0.5,stable",
      ",,,,,,",
      "0.20000000000000001,0.5,stabil,0,0,0,0",
      "0.20000000000000001,0.5,stable,0,0,0",
      "0.20000000000000001,0.5,stable,0,0,0,99",
      "0.20000000000000001,0.5,stable,0x1,0,0,0",
      "0.20000000000000001,0.5,stable,0,1e5,0,0",
      "0.20000000000000001,0.5,stable,-,0,0,0",
      "0.20000000000000001,0.5,stable,-.5,0,0,0",
      "0.20000000000000001,0.5,stable,1.,0,0,0",
      "0.20000000000000001,0.5,stable,1.x,0,0,0",
      "0.20000000000000001,0.5,stable,1e,0,0,0",
      "0.20000000000000001,0.5,stable,1ee05,0,0,0",
      "0.20000000000000001,0.5,stable,1e*05,0,0,0",
      "0.20000000000000001,0.5,stable,1e+5,0,0,0",
      "0.20000000000000001,0.5,stable,1e+05x,0,0,0",
      "0.20000000000000001,0.5,stable,infx,0,0,0",
      "0.20000000000000001,0.5,stable,1x,0,0,0",
      "0.20000000000000001,0.5,stable,-inf,inf,nan,99",
      "0.20000000000000001,0.5,stable,-1.5e-07,0,0",
      "0.20000000000000001,0.5,stable,-1.5e-07,0,0,x",
      "0.20000000000000001,0.5,stable,-1.5e-07,0,0,0,0",
      "0.2,0.5,stable,0,0,0,0",
      "0.20000000000000001,0.5,stable,0,0,0,0,0"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *text = content(at(state, "whole.csv")), *line = text;
    for (int k = 0; k < 5; k++) line = strchr(line, '\n') + 1;
    char *rest = strdup(strchr(line, '\n'));
    assert_non_null(rest);
    sprintf(line, "%s%s", bad[i], rest);
    put_text(state, "t.csv.part", text);
    free(text);
    free(rest);
    const es_output_where where = {.path = at(state, "t.csv"), .resume = true};
    (void)write_rows(&m, &where, 0, CELLS, CELLS);
    assert_same_file(at(state, "t.csv"), at(state, "whole.csv"));
  }
  es_diag diag = {0};
  es_output *output;
  static const char *const headers[] = {
      "y0,b,outcome,y,t_settle,steps,status\n", "y0,a,out\n", "y0,a,oux",
      "y0;a", "y0,a,outcome,y,t_settle,steps,statuses\n"};
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
    put_text(state, "t.csv.part", headers[i]);
    const es_output_where where = {.path = at(state, "t.csv"), .resume = true};
    assert_status(es_output_open(&output, m.sweep, &where, 0, CELLS, &diag),
                  ES_FILE_CORRUPT);
  }
  remove(at(state, "t.csv.part"));
  /* what stands behind the last row */
  char *text = content(at(state, "whole.csv")), *more;
  assert_true(asprintf(&more, "%s0.5,\n", text) > 0);
  put_text(state, "t.csv", more);
  const es_output_where ended = {.path = at(state, "t.csv"), .resume = true};
  (void)write_rows(&m, &ended, 0, CELLS, CELLS);
  assert_same_file(at(state, "t.csv"), at(state, "whole.csv"));
  free(more);
  free(text);
  unmake(&m);
}

/* What is at its end is not written again. */
static void test_an_ended_table_is_left(void **state) {
  struct stat before, after;
  made m = make(grid);
  for (int h5 = 0; h5 < 2; h5++) {
    es_output_where where = {.path = at(state, h5 ? "t.h5" : "t.csv"),
                             .h5 = h5 != 0};
    (void)write_rows(&m, &where, 0, CELLS, CELLS);
    assert_int_equal(stat(where.path, &before), 0);
    where.resume = true;
    const es_tally tally = write_rows(&m, &where, 0, CELLS, CELLS);
    assert_tally(&tally);
    assert_int_equal(stat(where.path, &after), 0);
    assert_true(before.st_ino == after.st_ino);
    assert_true(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
  }
  unmake(&m);
}

static void test_h5_holds_what_csv_does(void **state) {
  es_diag diag = {0};
  es_table t;
  es_h5_source *file;
  double x[CELLS], y;
  const size_t n = CELLS;
  made m =
      make((const char *[]){grid[0], grid[1], "rtol=1e-6", "most=3", NULL});
  const es_output_where csv = {.path = at(state, "t.csv")};
  const es_output_where h5 = {.path = at(state, "t.h5"), .h5 = true};
  (void)write_rows(&m, &csv, 0, CELLS, CELLS);
  (void)write_rows(&m, &h5, 0, CELLS, CELLS);
  assert_ok(es_table_read(&t, csv.path, &diag), diag);
  assert_ok(es_h5_open(&file, h5.path, &diag), diag);
  for (size_t j = 0; j < t.columns; j++) {
    char name[32];
    snprintf(name, sizeof name, "/%s", t.name[j]);
    assert_ok(es_h5_read(file, name, x, &n, 1, &diag), diag);
    for (size_t i = 0; i < n; i++) {
      if (j == 2)
        assert_string_equal(es_fate_name((es_fate)x[i]), t.text[i * 7 + j]);
      else
        assert_close(x[i], t.value[i * 7 + j], 0, 0);
    }
  }
  const size_t one = 1;
  assert_ok(es_h5_read(file, "/rows_written", &y, &one, 1, &diag), diag);
  assert_close(y, CELLS, 0, 0);
  es_h5_close(file);
  es_table_free(&t);
  unmake(&m);
}

/* Axes of words are words in CSV and numbers with names in HDF5. */
static void test_axes_of_words(void **state) {
  es_diag diag = {0};
  es_h5_source *file;
  double x[6];
  const size_t n = 6;
  made m = make((const char *[]){"sweep.method=tsit5,dop853,rosenbrock",
                                 "sweep.y0=0.1,0.9", "t_end=2", NULL});
  const es_output_where csv = {.path = at(state, "t.csv")};
  (void)write_rows(&m, &csv, 0, n, n);
  char *text = content(at(state, "t.csv"));
  assert_non_null(strstr(text, "\ntsit5,0.90000000000000002,stable,"));
  assert_non_null(strstr(text, "\nrosenbrock,0.10000000000000001,collapsed,"));
  put(state, "t2.csv.part", text, strlen(text) - 40);
  const es_output_where again = {.path = at(state, "t2.csv"), .resume = true};
  (void)write_rows(&m, &again, 0, n, n);
  assert_content(at(state, "t2.csv"), text);
  free(text);
  es_output_where h5 = {.path = at(state, "t.h5"), .h5 = true};
  (void)write_rows(&m, &h5, 0, n, 3);
  h5.resume = true;
  h5.path = at(state, "t.h5");
  (void)write_rows(&m, &h5, 0, n, n);
  assert_ok(es_h5_open(&file, at(state, "t.h5"), &diag), diag);
  assert_ok(es_h5_read(file, "/method", x, &n, 1, &diag), diag);
  const es_axis *axis = m.sweep->axis;
  for (size_t i = 0; i < n; i++) assert_close(x[i], axis->value[i / 2], 0, 0);
  assert_ok(es_h5_read(file, "/y0", x, &n, 1, &diag), diag);
  for (size_t i = 0; i < n; i++) assert_close(x[i], i % 2 == 0 ? .1 : .9, 0, 0);
  es_h5_close(file);
  es_shard_list list = {0};
  es_tally tally;
  for (uint64_t i = 1; i <= 2; i++) {
    const es_output_where part = {
        .path = at(state, i == 1 ? "sweep-1-of-2.h5" : "sweep-2-of-2.h5"),
        .h5 = true};
    (void)write_rows(&m, &part, 3 * i - 3, 3 * i, 3 * i);
  }
  assert_ok(es_shard_list_add(&list, ((temp *)*state)->dir, true, &diag), diag);
  assert_ok(es_shard_list_check(&list, n, &diag), diag);
  assert_ok(es_shard_list_merge(&list, m.sweep, at(state, "m.h5"), true, &tally,
                                NULL, &diag),
            diag);
  assert_same_file(at(state, "m.h5"), at(state, "t.h5"));
  es_shard_list_free(&list);
  unmake(&m);
}

static void test_h5_goes_on_from_any_row(void **state) {
  made m = make(grid);
  const es_output_where whole = {.path = at(state, "whole.h5"), .h5 = true};
  (void)write_rows(&m, &whole, 0, CELLS, CELLS);
  for (uint64_t stop = 0; stop < CELLS; stop++) {
    es_output_where where = {.path = at(state, "t.h5"), .h5 = true};
    (void)write_rows(&m, &where, 0, CELLS, stop);
    assert_true(es_file_exists(at(state, "t.h5.part")));
    where.resume = true;
    where.path = at(state, "t.h5");
    const es_tally tally = write_rows(&m, &where, 0, CELLS, CELLS);
    assert_tally(&tally);
    assert_same_file(at(state, "t.h5"), at(state, "whole.h5"));
    assert_int_equal(remove(at(state, "t.h5")), 0);
  }
  unmake(&m);
}

/* Cut, or with a byte of HDF5's own changed: begun anew. The rows behind the
 * counted ones are nobody's. */
static void test_h5_begun_in_part(void **state) {
  made m = make(grid);
  size_t n;
  const es_output_where whole = {.path = at(state, "whole.h5"), .h5 = true};
  (void)write_rows(&m, &whole, 0, CELLS, CELLS);
  unsigned char *bytes = bytes_of(at(state, "whole.h5"), &n);
  for (size_t cut = 0; cut < n; cut += 509) {
    put(state, "t.h5.part", bytes, cut);
    const es_output_where where = {
        .path = at(state, "t.h5"), .h5 = true, .resume = true};
    (void)write_rows(&m, &where, 0, CELLS, CELLS);
    assert_same_file(at(state, "t.h5"), at(state, "whole.h5"));
  }
  /* another number of rows, wherever it stands: 99 are more than there are */
  const uint64_t rows = CELLS, many = 99;
  for (size_t k = 0; k + sizeof rows <= n; k++) {
    if (memcmp(bytes + k, &rows, sizeof rows) != 0) continue;
    memcpy(bytes + k, &many, sizeof many);
    put(state, "t.h5.part", bytes, n);
    memcpy(bytes + k, &rows, sizeof rows);
    const es_output_where told = {
        .path = at(state, "t.h5"), .h5 = true, .resume = true};
    (void)write_rows(&m, &told, 0, CELLS, CELLS);
    assert_same_file(at(state, "t.h5"), at(state, "whole.h5"));
  }
  bytes[9] ^= 1;
  put(state, "t.h5.part", bytes, n);
  const es_output_where where = {
      .path = at(state, "t.h5"), .h5 = true, .resume = true};
  (void)write_rows(&m, &where, 0, CELLS, CELLS);
  assert_same_file(at(state, "t.h5"), at(state, "whole.h5"));
  /* Under its final name it is somebody's, and refused. */
  es_diag diag = {0};
  es_output *output;
  put(state, "t.h5", bytes, n);
  assert_status(es_output_open(&output, m.sweep, &where, 0, CELLS, &diag),
                ES_FILE_CORRUPT);
  free(bytes);
  unmake(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(test_csv_holds_the_rows),
      temp_test(test_csv_goes_on_from_any_byte),
      temp_test(test_csv_drops_damage),
      temp_test(test_an_ended_table_is_left),
      temp_test(test_h5_holds_what_csv_does),
      temp_test(test_axes_of_words),
      temp_test(test_h5_goes_on_from_any_row),
      temp_test(test_h5_begun_in_part),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
