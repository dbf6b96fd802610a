/* Shards of a sweep, merged to the bytes of the whole or refused. */
#include "tests/sweep/tables.h"

/* Writes all shards of a division but `without` (from 1; 0: none). */
static void write_shards(void **state, const made *m, uint64_t count, bool h5,
                         uint64_t without) {
  for (uint64_t i = 1; i <= count; i++) {
    char name[64];
    uint64_t first, last;
    const es_shard shard = {i, count};
    if (i == without) continue;
    es_shard_cells(&shard, CELLS, &first, &last);
    snprintf(name, sizeof name, "sweep-%d-of-%d.%s", (int)i, (int)count,
             h5 ? "h5" : "csv");
    const es_output_where where = {.path = at(state, name), .h5 = h5};
    (void)write_rows(m, &where, first, last, last);
  }
}

static es_status merge(void **state, const made *m, bool h5, es_tally *tally,
                       es_diag *diag) {
  es_shard_list list = {0};
  es_status status = es_shard_list_add(&list, ((temp *)*state)->dir, h5, diag);
  if (status == ES_OK) status = es_shard_list_check(&list, CELLS, diag);
  if (status == ES_OK)
    status = es_shard_list_merge(&list, m->sweep, at(state, "merged"), h5,
                                 tally, NULL, diag);
  es_shard_list_free(&list);
  return status;
}

static void remove_shards(void **state, uint64_t count, bool h5) {
  for (uint64_t i = 1; i <= count; i++) {
    char name[64];
    snprintf(name, sizeof name, "sweep-%d-of-%d.%s", (int)i, (int)count,
             h5 ? "h5" : "csv");
    remove(at(state, name));
  }
}

static void test_shards_merge_to_the_whole(void **state) {
  made m = make(grid);
  for (int h5 = 0; h5 < 2; h5++) {
    const es_output_where whole = {.path = at(state, "whole"), .h5 = h5 != 0};
    (void)write_rows(&m, &whole, 0, CELLS, CELLS);
    for (uint64_t count = 1; count <= 25; count += 6) {
      es_diag diag = {0};
      es_tally tally;
      write_shards(state, &m, count, h5 != 0, 0);
      assert_ok(merge(state, &m, h5 != 0, &tally, &diag), diag);
      assert_tally(&tally);
      assert_same_file(at(state, "whole"), at(state, "merged"));
      remove_shards(state, count, h5 != 0);
    }
  }
  unmake(&m);
}

static void refused(void **state, const made *m, bool h5, es_status want,
                    const char *says) {
  es_diag diag = {0};
  es_tally tally;
  assert_status(merge(state, m, h5, &tally, &diag), want);
  if (strstr(diag.message, says) == NULL)
    fail_msg("'%s' does not say '%s'", diag.message, says);
  assert_no_file(state, "merged");
}

static void test_shards_that_are_not_there(void **state) {
  made m = make(grid);
  refused(state, &m, false, ES_FILE_MISSING, "all of 21 cells are missing");
  for (int h5 = 0; h5 < 2; h5++) {
    write_shards(state, &m, 5, h5 != 0, 1);
    refused(state, &m, h5 != 0, ES_FILE_MISSING,
            "shard 1/5 is missing: cells 1 to 4 of 21");
    write_shards(state, &m, 5, h5 != 0, 0);
    remove(at(state, h5 ? "sweep-5-of-5.h5" : "sweep-5-of-5.csv"));
    refused(state, &m, h5 != 0, ES_FILE_MISSING,
            "shard 5/5 is missing: cells 17 to 21 of 21");
    remove_shards(state, 5, h5 != 0);
  }
  write_shards(state, &m, 2, false, 0);
  write_shards(state, &m, 3, false, 0);
  refused(state, &m, false, ES_FILE_DATA, "another division");
  unmake(&m);
}

static void test_one_shard_twice(void **state) {
  es_diag diag = {0};
  made m = make(grid);
  es_shard_list list = {0};
  const char *dir = ((temp *)*state)->dir;
  write_shards(state, &m, 2, false, 0);
  assert_ok(es_shard_list_add(&list, dir, false, &diag), diag);
  assert_ok(es_shard_list_add(&list, dir, false, &diag), diag);
  assert_int_equal(list.n, 4);
  assert_status(es_shard_list_check(&list, CELLS, &diag), ES_FILE_DATA);
  assert_non_null(strstr(diag.message, "twice"));
  es_shard_list_free(&list);
  unmake(&m);
}

/* A shard cut at any byte, and one of another sweep. */
static void test_shards_that_are_damaged(void **state) {
  made m = make(grid),
       other = make((const char *[]){"sweep.y0=0.05,0.2,0.3,0.48,0.7,0.99,1.5",
                                     grid[1], "most=1", "rtol=1e-6", NULL});
  size_t n;
  for (int h5 = 0; h5 < 2; h5++) {
    const char *name = h5 ? "sweep-2-of-3.h5" : "sweep-2-of-3.csv";
    write_shards(state, &m, 3, h5 != 0, 0);
    unsigned char *bytes = bytes_of(at(state, name), &n);
    for (size_t cut = 0; cut < n; cut += h5 ? 701 : 41) {
      put(state, name, bytes, cut);
      refused(state, &m, h5 != 0, ES_FILE_CORRUPT, name);
    }
    put(state, name, bytes, n);
    es_diag diag = {0};
    es_tally tally;
    assert_ok(merge(state, &m, h5 != 0, &tally, &diag), diag);
    assert_int_equal(remove(at(state, "merged")), 0);
    free(bytes);
    remove_shards(state, 3, h5 != 0);
    write_shards(state, &other, 3, h5 != 0, 0);
    refused(state, &m, h5 != 0, ES_FILE_CORRUPT, "cells 19 to 21 of 21");
    remove_shards(state, 3, h5 != 0);
  }
  unmake(&other);
  unmake(&m);
}

/* A shard that has been renamed before its end; it can be gone on with. */
static void test_shards_that_end_early(void **state) {
  made m = make(grid);
  for (int h5 = 0; h5 < 2; h5++) {
    const char *name = h5 ? "sweep-2-of-3.h5" : "sweep-2-of-3.csv";
    char *path = strdup(at(state, name)), part[32];
    es_output_where where = {.path = path, .h5 = h5 != 0};
    es_diag diag = {0};
    es_tally tally;
    write_shards(state, &m, 3, h5 != 0, 2);
    (void)write_rows(&m, &where, 7, 14, 10);
    snprintf(part, sizeof part, "%s.part", name);
    assert_int_equal(rename(at(state, part), at(state, name)), 0);
    refused(state, &m, h5 != 0, ES_FILE_CORRUPT, "ends early");
    where.resume = true;
    (void)write_rows(&m, &where, 7, 14, 14);
    assert_no_file(state, part);
    assert_ok(merge(state, &m, h5 != 0, &tally, &diag), diag);
    assert_tally(&tally);
    assert_int_equal(remove(at(state, "merged")), 0);
    remove_shards(state, 3, h5 != 0);
    free(path);
  }
  unmake(&m);
}

static void test_shards_that_go_on(void **state) {
  made m = make(grid);
  size_t n;
  write_shards(state, &m, 3, false, 0);
  unsigned char *bytes = bytes_of(at(state, "sweep-2-of-3.csv"), &n);
  char *more = malloc(n + 8);
  assert_non_null(more);
  memcpy(more, bytes, n);
  memcpy(more + n, "0.5,\n", 6);
  put_text(state, "sweep-2-of-3.csv", more);
  refused(state, &m, false, ES_FILE_CORRUPT, "goes on behind its last cell");
  free(more);
  free(bytes);
  remove_shards(state, 3, false);
  unmake(&m);
}

/* Names that only look like shards'. */
static void test_what_is_no_shard(void **state) {
  es_diag diag = {0};
  es_shard_list list = {0};
  static const char *const names[] = {
      "sweep-0-of-2.csv",   "sweep-3-of-2.csv",
      "sweep-01-of-2.csv",  "sweep-1-of-2.csvx",
      "sweep-1-of-.csv",    "sweep--of-2.csv",
      "sweep-of-2.csv",     "sweep-1of-2.csv",
      "xsweep-1-of-2.csv",  "sweep-1-of-2.csv.part",
      "sweep-1e0-of-2.csv", "sweep-1-of-99999999999.csv",
      "sweep-1.of-of-2-of", "sweep-1-of-2",
      "sweep.csv-of-",      "sweep.csv"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    put_text(state, names[i], "");
  assert_ok(es_shard_list_add(&list, ((temp *)*state)->dir, false, &diag),
            diag);
  assert_int_equal(list.n, 0);
  put_text(state, "sweep-1-of-2.csv", "");
  assert_ok(es_shard_list_add(&list, ((temp *)*state)->dir, false, &diag),
            diag);
  assert_int_equal(list.n, 1);
  assert_status(es_shard_list_add(&list, at(state, "none"), false, &diag),
                ES_FILE_MISSING);
  es_shard_list_free(&list);
}

int main(void) {
  const struct CMUnitTest tests[] = {temp_test(test_shards_merge_to_the_whole),
                                     temp_test(test_shards_that_are_not_there),
                                     temp_test(test_one_shard_twice),
                                     temp_test(test_shards_that_are_damaged),
                                     temp_test(test_shards_that_end_early),
                                     temp_test(test_shards_that_go_on),
                                     temp_test(test_what_is_no_shard)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
