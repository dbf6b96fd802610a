/* HDF5 files that are not to be trusted, read dataset by dataset: what
 * test_h5_read.c holds against the reader of one array. */
#include "small_h5.h"

static es_h5_source *source_of(const char *path) {
  es_diag diag = {0};
  es_h5_source *h5;
  assert_ok(es_h5_open(&h5, path, &diag), diag);
  return h5;
}

/* Refused by every reader, before anything is written to its output. */
static void refuse(es_h5_source *h5, const char *dataset, const size_t *dims,
                   size_t rank, es_status code, const char *says) {
  es_diag diag = {0};
  size_t n[4], r;
  double x[4] = {7};
  float y[4] = {7};
  assert_int_equal(es_h5_shape(h5, dataset, n, &r, &diag), code);
  assert_says(&diag, code, says);
  assert_true(r == 0 && n[0] == 0);
  assert_int_equal(es_h5_read(h5, dataset, x, dims, rank, &diag), code);
  assert_says(&diag, code, says);
  assert_int_equal(es_h5_read_float(h5, dataset, y, dims, rank, &diag), code);
  assert_says(&diag, code, says);
  assert_non_null(strstr(diag.message, dataset));
  assert_true(x[0] == 7 && y[0] == 7);
}

static void other_types_and_ranks_are_refused(void **state) {
  const hid_t file = raw_file(at(state, "a.h5"));
  const hid_t text = H5Tcopy(H5T_C_S1), pair = H5Tcreate(H5T_COMPOUND, 8);
  const hsize_t one[] = {1, 1, 1, 1, 1};
  const size_t ones[] = {1, 1, 1, 1, 1};
  const double x[4] = {1, 2, 3, 4};
  H5Tset_size(text, 4);
  H5Tinsert(pair, "a", 0, H5T_NATIVE_INT);
  H5Tinsert(pair, "b", 4, H5T_NATIVE_INT);
  raw_set(file, "/text", text, 1, one, H5P_DEFAULT, text, "abc");
  raw_set(file, "/pair", pair, 1, one, H5P_DEFAULT, pair, x);
  raw_set(file, "/null", H5T_IEEE_F64LE, -1, one, H5P_DEFAULT,
          H5T_NATIVE_DOUBLE, NULL);
  raw_set(file, "/five", H5T_IEEE_F64LE, 5, one, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
          x);
  H5Tclose(text);
  H5Tclose(pair);
  H5Fclose(file);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  refuse(h5, "/text", ones, 1, ES_FILE_DATA, "/a.h5:/text: |not hold integers");
  refuse(h5, "/pair", ones, 1, ES_FILE_DATA, "not hold integers or floats");
  refuse(h5, "/null", ones, 0, ES_FILE_CORRUPT, "/null: |not 0 to 4 dim");
  refuse(h5, "/five", ones, 5, ES_FILE_CORRUPT, "/five: |not 0 to 4 dim");
  assert_true(es_h5_has(h5, "/text") && es_h5_has(h5, "/five"));
  es_h5_close(h5);
}

/* Sizes that a few bytes claim: the caller would take memory for them. */
static void claims_are_held_against_the_bytes(void **state) {
  const hid_t file = raw_file(at(state, "a.h5"));
  const hid_t late = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t packed = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t huge[] = {1 << 10, 1 << 10, 1 << 5, 1 << 5};
  const hsize_t more[] = {1 << 10, 1 << 10, 1 << 5, 1 << 7};
  const hsize_t two[] = {2, 2, 2, 2}, start[] = {0, 0, 0, 0};
  const hsize_t chunk[] = {1, 1, 1, 1 << 27};
  const hsize_t most[] = {2, 2, 2, H5S_UNLIMITED};
  const hsize_t none[] = {0, (hsize_t)1 << 33};
  const hsize_t wrap[] = {(hsize_t)1 << 31, (hsize_t)1 << 33};
  H5Pset_alloc_time(late, H5D_ALLOC_TIME_LATE);
  raw_set(file, "/late", H5T_IEEE_F64LE, 4, huge, late, H5T_NATIVE_DOUBLE,
          NULL);
  raw_set(file, "/more", H5T_IEEE_F64LE, 4, more, late, H5T_NATIVE_DOUBLE,
          NULL);
  raw_set(file, "/none", H5T_IEEE_F64LE, 2, none, late, H5T_NATIVE_DOUBLE,
          NULL);
  raw_set(file, "/wrap", H5T_STD_I8LE, 2, wrap, late, H5T_NATIVE_DOUBLE, NULL);
  H5Pset_chunk(packed, 4, chunk); /* 1 GiB, in 8 bytes that are not packed */
  H5Pset_deflate(packed, 1);
  const hid_t space = H5Screate_simple(4, two, most);
  const hid_t set = H5Dcreate2(file, "/giant", H5T_IEEE_F64LE, space,
                               H5P_DEFAULT, packed, H5P_DEFAULT);
  assert_true(H5Dwrite_chunk(set, H5P_DEFAULT, 0, start, 8, "notdefla") >= 0);
  H5Dclose(set);
  H5Sclose(space);
  H5Pclose(late);
  H5Pclose(packed);
  H5Fclose(file);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  const size_t one[] = {1};
  refuse(h5, "/late", one, 1, ES_FILE_DATA, "/a.h5:/late: was never written");
  refuse(h5, "/more", one, 1, ES_FILE_DATA, "more than 2^31 numbers");
  refuse(h5, "/none", one, 1, ES_FILE_DATA, "more than 2^31 numbers");
  refuse(h5, "/wrap", one, 1, ES_FILE_DATA, "more than 2^31 numbers");
  refuse(h5, "/giant", one, 1, ES_FILE_CORRUPT, "claims more numbers");
  es_h5_close(h5);
}

static void replace(unsigned char *bytes, size_t n, size_t from, size_t to) {
  size_t found = 0;
  for (unsigned char *b = bytes;
       (b = memmem(b, n - (size_t)(b - bytes), &from, sizeof from)) != NULL;
       b += sizeof from, found++)
    memcpy(b, &to, sizeof to);
  assert_true(found > 0);
}

/* Dimensions and storage that agree, on more than there is. */
static void a_claim_that_agrees_with_itself_is_refused(void **state) {
  size_t n;
  unsigned char *bytes = make_small(at(state, "a.h5"), &n);
  replace(bytes, n, 6, 6 << 10);
  replace(bytes, n, 6 * sizeof(double), (6 << 10) * sizeof(double));
  es_h5_source *h5 = source_of(put(state, "a.h5", bytes, n));
  const size_t many[] = {6 << 10};
  refuse(h5, "/g/v", many, 1, ES_FILE_CORRUPT, "claims more bytes than");
  es_h5_close(h5);
  free(bytes);
}

static void chunks_of_four_dimensions_are_read(void **state) {
  es_diag diag = {0};
  const hid_t file = raw_file(at(state, "a.h5"));
  const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t dims[] = {5, 4, 3, 2}, chunk[] = {2, 3, 3, 2};
  double x[120], got[120];
  for (size_t i = 0; i < 120; i++) x[i] = 1 / (1. + (double)i);
  H5Pset_chunk(how, 4, chunk);
  H5Pset_deflate(how, 9);
  raw_set(file, "/x", H5T_IEEE_F64BE, 4, dims, how, H5T_NATIVE_DOUBLE, x);
  H5Lcreate_soft("/x", file, "/soft", H5P_DEFAULT, H5P_DEFAULT);
  H5Pclose(how);
  H5Fclose(file);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  assert_ok(es_h5_read(h5, "/soft", got, (size_t[]){5, 4, 3, 2}, 4, &diag),
            diag);
  assert_memory_equal(got, x, sizeof x);
  es_h5_close(h5);
}

/* Nothing that a file names may be opened, though it is there and readable. */
static void other_files_are_not_followed(void **state) {
  const double x[2] = {1, 2};
  const hsize_t two[] = {2};
  const char *other = at(state, "other.h5");
  hid_t file = raw_file(other);
  raw_set(file, "/x", H5T_IEEE_F64LE, 1, two, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
          x);
  H5Fclose(file);
  const char *bytes = put(state, "bytes", x, sizeof x);
  file = raw_file(at(state, "a.h5"));
  H5Lcreate_external(other, "/x", file, "/link", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external(other, "/", file, "/group", H5P_DEFAULT, H5P_DEFAULT);
  const hid_t outside = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t virtual = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t space = H5Screate_simple(1, two, NULL);
  assert_true(H5Pset_external(outside, bytes, 0, sizeof x) >= 0);
  assert_true(H5Pset_virtual(virtual, space, other, "/x", space) >= 0);
  raw_set(file, "/outside", H5T_IEEE_F64LE, 1, two, outside, 0, NULL);
  raw_set(file, "/virtual", H5T_IEEE_F64LE, 1, two, virtual, 0, NULL);
  H5Sclose(space);
  H5Pclose(outside);
  H5Pclose(virtual);
  H5Fclose(file);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  const size_t n[] = {2};
  refuse(h5, "/link", n, 1, ES_FILE_CORRUPT, "/link: is an external link");
  refuse(h5, "/group/x", n, 1, ES_FILE_CORRUPT, "external link");
  refuse(h5, "/outside", n, 1, ES_FILE_CORRUPT, "external storage");
  refuse(h5, "/virtual", n, 1, ES_FILE_CORRUPT, "virtual dataset");
  assert_false(es_h5_has(h5, "/link") || es_h5_has(h5, "/group/x"));
  es_h5_close(h5);
}

static void what_is_no_file_is_refused(void **state) {
  assert_int_equal(mkfifo(at(state, "pipe.h5"), 0600), 0);
  es_diag diag = {0};
  es_h5_source *h5;
  const char *const names[] = {"pipe.h5", ".", "no.h5"};
  const char *const says[] = {"/pipe.h5: is a pipe", "is a directory",
                              "/no.h5: |No such file"};
  for (size_t i = 0; i < 3; i++) {
    assert_status(es_h5_open(&h5, at(state, names[i]), &diag), ES_FILE_MISSING);
    assert_null(h5);
    assert_says(&diag, ES_FILE_MISSING, says[i]);
  }
}

static bool handler_is(H5E_auto2_t before) {
  H5E_auto2_t now;
  void *data;
  return H5Eget_auto2(H5E_DEFAULT, &now, &data) >= 0 && now == before;
}

/* A caller's own handling of HDF5's errors is as it was, after every call that
 * met one. */
static int meet_errors(void **state) {
  H5E_auto2_t before;
  void *data;
  size_t n, dims[4], rank;
  double x[1];
  es_h5_source *h5;
  if (freopen(at(state, "messages"), "w", stderr) == NULL) return 1;
  if (H5Eget_auto2(H5E_DEFAULT, &before, &data) < 0 || before == NULL) return 2;
  const char *text = put_text(state, "text.h5", "text");
  if (es_h5_open(&h5, text, NULL) == ES_OK) return 3;
  if (!handler_is(before)) return 21;
  free(make_small(at(state, "a.h5"), &n));
  if (es_h5_open(&h5, at(state, "a.h5"), NULL) != ES_OK) return 4;
  if (es_h5_has(h5, "/g/none/x")) return 5;
  if (!handler_is(before)) return 22;
  if (es_h5_shape(h5, "/none", dims, &rank, NULL) == ES_OK) return 6;
  if (es_h5_read(h5, "/none", x, dims, 1, NULL) == ES_OK) return 7;
  if (!handler_is(before)) return 23;
  es_h5_close(h5);
  return handler_is(before) ? 0 : 24;
}

static void errors_are_silent_and_the_handler_left_alone(void **state) {
  assert_int_equal(with_full_disk(1 << 20, meet_errors, state), 0);
  assert_content(at(state, "messages"), "");
}

static void every_cut_is_refused(void **state) {
  size_t n;
  es_diag diag = {0};
  es_h5_source *h5;
  unsigned char *bytes = make_small(at(state, "a.h5"), &n);
  for (size_t k = 0; k < n; k++) {
    const char *path = put(state, "a.h5", bytes, k);
    assert_status(es_h5_open(&h5, path, &diag), ES_FILE_CORRUPT);
    assert_null(h5);
  }
  free(bytes);
}

/* One look at a damaged file. A shape that is told must fit into the bytes
 * there are (an item has one or more), since the caller allocates by it. */
static int look(const char *path, size_t size) {
  es_diag diag = {0};
  es_h5_source *h5;
  size_t n[4], rank, count = 1;
  double x[6];
  es_status status = es_h5_open(&h5, path, &diag);
  if (status == ES_FILE_CORRUPT) return 0;
  if (status != ES_OK) return 10;
  es_h5_has(h5, "/g/v");
  status = es_h5_shape(h5, "/g/v", n, &rank, &diag);
  for (size_t k = 0; k < rank; k++) count *= n[k];
  int code = 0;
  if (status == ES_OK && count > size) code = 11;
  if (status != ES_OK && status != ES_FILE_CORRUPT && status != ES_FILE_DATA)
    code = 12;
  status = es_h5_read(h5, "/g/v", x, (size_t[]){6}, 1, &diag);
  if (status != ES_OK && status != ES_FILE_CORRUPT && status != ES_FILE_DATA)
    code = 13;
  if (status != ES_OK && diag.message[0] == '\0') code = 14;
  es_h5_close(h5);
  return code;
}

/* Every third bit of a file turned over, one at a time: of each three bytes
 * together all 8 places. Memory is watched where no sanitizer holds on to what
 * was freed. */
static int read_damaged(void **state) {
  size_t n;
  struct rusage before, after;
  const char *path = at(state, "a.h5");
  unsigned char *bytes = make_small(path, &n);
  FILE *f = fopen(path, "r+b");
  es_h5_quiet();
  if (f == NULL || freopen(at(state, "messages"), "w", stderr) == NULL)
    return 1;
  setvbuf(f, NULL, _IONBF, 0);
  getrusage(RUSAGE_SELF, &before);
  int code = 0;
  for (size_t k = 0; k < 8 * n && code == 0; k += 3) {
    fseek(f, (long)(k / 8), SEEK_SET);
    fputc(bytes[k / 8] ^ 1 << k % 8, f);
    code = look(path, n);
    fseek(f, (long)(k / 8), SEEK_SET);
    fputc(bytes[k / 8], f);
  }
  getrusage(RUSAGE_SELF, &after);
#ifndef __SANITIZE_ADDRESS__
  if (after.ru_maxrss - before.ru_maxrss > 32 << 10) code = 20; /* KiB */
#endif
  fclose(f);
  free(bytes);
  if (code == 0 && H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) != 0)
    code = 21;
  return code;
}

/* HDF5 1.10.8 itself reads some bytes beyond the names of a group whose sizes
 * are damaged, which only valgrind sees. */
static void damage_is_survived_in_silence(void **state) {
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip();
  assert_int_equal(with_full_disk(1 << 20, read_damaged, state), 0);
  assert_content(at(state, "messages"), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(other_types_and_ranks_are_refused),
      temp_test(claims_are_held_against_the_bytes),
      temp_test(a_claim_that_agrees_with_itself_is_refused),
      temp_test(chunks_of_four_dimensions_are_read),
      temp_test(other_files_are_not_followed),
      temp_test(what_is_no_file_is_refused),
      temp_test(errors_are_silent_and_the_handler_left_alone),
      temp_test(every_cut_is_refused),
      temp_test(damage_is_survived_in_silence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
