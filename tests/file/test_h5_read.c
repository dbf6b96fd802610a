/* HDF5 files from elsewhere, which are not to be trusted: made with the HDF5
 * library itself, or damaged. */
#include "small_h5.h"

/* A caller's own handling of HDF5's errors must be as it was. */
static void the_error_handler_is_left_alone(void **state) {
  es_diag diag = {0};
  es_array a;
  H5E_auto2_t before, after;
  void *data;
  assert_true(H5Eget_auto2(H5E_DEFAULT, &before, &data) >= 0);
  assert_true(before != NULL);
  const char *path = put_text(state, "a.h5", "text");
  assert_status(es_h5_read_array(&a, path, "/x", &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a.h5: is not a HDF5 file");
  assert_true(H5Eget_auto2(H5E_DEFAULT, &after, &data) >= 0);
  assert_true(after == before);
}

static void every_number_type_is_converted(void **state) {
  const char *path = at(state, "a.h5");
  const hid_t file = raw_file(path);
  const hsize_t two[] = {2};
  const int x[] = {-3, 100};
  const double want[] = {-3, 100}, unsigned_want[] = {0, 100};
  const struct {
    const char *name;
    hid_t type;
  } types[] = {{"/i1", H5T_STD_I8BE},       {"/i2", H5T_STD_I16LE},
               {"/i4", H5T_STD_I32BE},      {"/i8", H5T_STD_I64LE},
               {"/f4", H5T_IEEE_F32BE},     {"/f8", H5T_IEEE_F64LE},
               {"/ld", H5T_NATIVE_LDOUBLE}, {"/u1", H5T_STD_U8LE},
               {"/u8", H5T_STD_U64BE}};
  for (size_t i = 0; i < 9; i++)
    raw_set(file, types[i].name, types[i].type, 1, two, H5P_DEFAULT,
            H5T_NATIVE_INT, x);
  H5Fclose(file);
  for (size_t i = 0; i < 9; i++)
    check(path, types[i].name, 2, 1, i < 7 ? want : unsigned_want);
}

static void chunks_and_links_inside_are_read(void **state) {
  const char *path = at(state, "a.h5");
  const hid_t file = raw_file(path), how = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t dims[] = {400, 50}, chunk[] = {64, 50};
  double *zeros = calloc(400 * 50, sizeof *zeros);
  assert_non_null(zeros);
  H5Pset_chunk(how, 2, chunk);
  H5Pset_deflate(how, 9);
  raw_set(file, "/z", H5T_IEEE_F64LE, 2, dims, how, H5T_NATIVE_DOUBLE, zeros);
  assert_true(H5Lcreate_soft("/z", file, "/soft", H5P_DEFAULT, H5P_DEFAULT) >=
              0);
  H5Pclose(how);
  H5Fclose(file);
  check(path, "/z", 400, 50, zeros);
  check(path, "/soft", 400, 50, zeros);
  free(zeros);
}

static void refuse(const char *path, const char *dataset, es_status code,
                   const char *says) {
  es_diag diag = {0};
  es_array a = {.rows = 7};
  const es_status status = es_h5_read_array(&a, path, dataset, &diag);
  if (status != code)
    fail_msg("%s: %s %s", dataset, es_status_name(status), diag.message);
  assert_says(&diag, code, says);
  assert_non_null(strstr(diag.message, "/a.h5:"));
  assert_true(a.data == NULL && a.rows == 0);
}

static void other_types_and_ranks_are_refused(void **state) {
  const char *path = at(state, "a.h5");
  const hid_t file = raw_file(path);
  const hid_t text = H5Tcopy(H5T_C_S1), longer = H5Tcopy(H5T_C_S1);
  const hid_t pair = H5Tcreate(H5T_COMPOUND, 8);
  const hsize_t dims[] = {2, 2, 2, 1}, none[] = {0, 2};
  H5Tset_size(text, 4);
  H5Tset_size(longer, H5T_VARIABLE);
  H5Tinsert(pair, "a", 0, H5T_NATIVE_INT);
  H5Tinsert(pair, "b", 4, H5T_NATIVE_INT);
  const double x[8] = {1, 2, 3, INFINITY, NAN};
  raw_set(file, "/text", text, 1, dims, H5P_DEFAULT, text, "abc\0abc");
  raw_set(file, "/longer", longer, 1, dims, H5P_DEFAULT, longer, NULL);
  raw_set(file, "/pair", pair, 1, dims, H5P_DEFAULT, pair, x);
  raw_set(file, "/scalar", H5T_IEEE_F64LE, 0, dims, H5P_DEFAULT,
          H5T_NATIVE_DOUBLE, x);
  raw_set(file, "/null", H5T_IEEE_F64LE, -1, dims, H5P_DEFAULT,
          H5T_NATIVE_DOUBLE, NULL);
  raw_set(file, "/cube", H5T_IEEE_F64LE, 4, dims, H5P_DEFAULT,
          H5T_NATIVE_DOUBLE, x);
  raw_set(file, "/none", H5T_IEEE_F64LE, 2, none, H5P_DEFAULT,
          H5T_NATIVE_DOUBLE, NULL);
  raw_set(file, "/inf", H5T_IEEE_F64LE, 2, dims, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
          x);
  raw_set(file, "/nan", H5T_IEEE_F64LE, 1, dims, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
          x + 3);
  H5Tclose(text);
  H5Tclose(longer);
  H5Tclose(pair);
  H5Fclose(file);
  refuse(path, "/text", ES_FILE_DATA, "/a.h5:/text: |not hold integers");
  refuse(path, "/longer", ES_FILE_DATA, "not hold integers or floats");
  refuse(path, "/pair", ES_FILE_DATA, "not hold integers or floats");
  refuse(path, "/scalar", ES_FILE_DATA, "not 1 to 3 dimensions");
  refuse(path, "/null", ES_FILE_DATA, "not 1 to 3 dimensions");
  refuse(path, "/cube", ES_FILE_DATA, "not 1 to 3 dimensions");
  refuse(path, "/none", ES_FILE_DATA, "holds no numbers");
  refuse(path, "/inf", ES_FILE_DATA, "row 2, column 2: inf");
  refuse(path, "/nan", ES_FILE_DATA, "row 1, column 1: inf");
  refuse(path, "/absent", ES_FILE_DATA, "/a.h5:/absent: there is no such");
  refuse(path, "/", ES_FILE_DATA, "there is no such");
  refuse(path, "", ES_FILE_DATA, "there is no such");
}

/* Sizes that a few bytes claim: late allocation, fill values, chunks. */
static void claims_are_held_against_the_bytes(void **state) {
  const char *path = at(state, "a.h5");
  const hid_t file = raw_file(path);
  const hid_t late = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t sparse = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t giant = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t huge[] = {1 << 20, 1 << 10}, more[] = {1 << 21, 1 << 11};
  const hsize_t two[] = {2, 2}, small[] = {4, 4}, large[] = {1 << 14, 1 << 14};
  const hsize_t start[] = {0, 0};
  const double x[] = {1, 2, 3, 4};
  H5Pset_alloc_time(late, H5D_ALLOC_TIME_LATE);
  raw_set(file, "/late", H5T_IEEE_F64LE, 2, huge, late, H5T_NATIVE_DOUBLE,
          NULL);
  raw_set(file, "/more", H5T_IEEE_F64LE, 2, more, late, H5T_NATIVE_DOUBLE,
          NULL);
  H5Pset_chunk(sparse, 2, small);
  const hid_t space = H5Screate_simple(2, huge, NULL);
  const hid_t memory = H5Screate_simple(2, two, NULL);
  const hid_t set = H5Dcreate2(file, "/sparse", H5T_IEEE_F64LE, space,
                               H5P_DEFAULT, sparse, H5P_DEFAULT);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, two, NULL);
  assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, x) >=
              0);
  H5Dclose(set);
  H5Sclose(space);
  H5Sclose(memory);
  H5Pset_chunk(giant, 2, large); /* 2 GiB of zeros, packed into 2 MB */
  H5Pset_fill_time(giant, H5D_FILL_TIME_NEVER);
  raw_set(file, "/giant", H5T_IEEE_F64LE, 2, large, giant, H5T_NATIVE_DOUBLE,
          NULL);
  H5Pclose(late);
  H5Pclose(sparse);
  H5Pclose(giant);
  H5Fclose(file);
  refuse(path, "/late", ES_FILE_DATA, "/a.h5:/late: was never written");
  refuse(path, "/more", ES_FILE_DATA, "more than 2^31 numbers");
  refuse(path, "/sparse", ES_FILE_CORRUPT, "claims more numbers");
  refuse(path, "/giant", ES_FILE_DATA, "was never written");
}

/* One chunk of 1 GiB whose few packed bytes hold nothing of the kind. */
static void a_giant_chunk_is_not_unpacked(void **state) {
  const char *path = at(state, "a.h5");
  const hid_t file = raw_file(path), how = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t two[] = {2, 2}, chunk[] = {1 << 13, 1 << 14}, start[] = {0, 0};
  const hsize_t most[] = {H5S_UNLIMITED, H5S_UNLIMITED};
  H5Pset_chunk(how, 2, chunk);
  H5Pset_deflate(how, 1);
  const hid_t space = H5Screate_simple(2, two, most);
  const hid_t set = H5Dcreate2(file, "/x", H5T_IEEE_F64LE, space, H5P_DEFAULT,
                               how, H5P_DEFAULT);
  assert_true(H5Dwrite_chunk(set, H5P_DEFAULT, 0, start, 8, "notdefla") >= 0);
  H5Dclose(set);
  H5Sclose(space);
  H5Pclose(how);
  H5Fclose(file);
  refuse(path, "/x", ES_FILE_CORRUPT, "claims more numbers");
}

/* Nothing that a file names may be opened, though it is there and readable. */
static void other_files_are_not_followed(void **state) {
  const double x[4] = {1, 2, 3, 4};
  const hsize_t dims[] = {2, 2};
  const char *other = at(state, "other.h5");
  hid_t file = raw_file(other);
  raw_set(file, "/x", H5T_IEEE_F64LE, 2, dims, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
          x);
  H5Fclose(file);
  const char *bytes = put(state, "bytes", x, sizeof x);
  const char *path = at(state, "a.h5");
  file = raw_file(path);
  H5Lcreate_external(other, "/x", file, "/link", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external(other, "/", file, "/group", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/group/x", file, "/soft", H5P_DEFAULT, H5P_DEFAULT);
  const hid_t outside = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t virtual = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t space = H5Screate_simple(2, dims, NULL);
  assert_true(H5Pset_external(outside, bytes, 0, sizeof x) >= 0);
  assert_true(H5Pset_virtual(virtual, space, other, "/x", space) >= 0);
  raw_set(file, "/outside", H5T_IEEE_F64LE, 2, dims, outside, 0, NULL);
  raw_set(file, "/virtual", H5T_IEEE_F64LE, 2, dims, virtual, 0, NULL);
  H5Sclose(space);
  H5Pclose(outside);
  H5Pclose(virtual);
  H5Fclose(file);
  refuse(path, "/link", ES_FILE_CORRUPT, "/link: is an external link");
  refuse(path, "/group/x", ES_FILE_CORRUPT, "external link");
  refuse(path, "/soft", ES_FILE_CORRUPT, "external link");
  refuse(path, "/outside", ES_FILE_CORRUPT, "external storage");
  refuse(path, "/virtual", ES_FILE_CORRUPT, "virtual dataset");
}

/* The chunk is as large as it ever was, but says that it is larger, and an
 * integer of 2 bytes in the dataset's header is all there is to change. */
static void a_chunk_beyond_the_dataset_is_refused(void **state) {
  const char *path = at(state, "a.h5");
  const hid_t file = raw_file(path), how = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t dims[] = {20, 20}, chunk[] = {7, 19};
  double x[400] = {0};
  H5Pset_chunk(how, 2, chunk);
  H5Pset_shuffle(how);
  raw_set(file, "/x", H5T_IEEE_F64LE, 2, dims, how, H5T_NATIVE_DOUBLE, x);
  H5Pclose(how);
  H5Fclose(file);
  check(path, "/x", 20, 20, x);
  unsigned char *bytes;
  size_t n;
  assert_ok(es_file_read(&bytes, &n, path, 1 << 20, &(es_diag){0}),
            (es_diag){0});
  unsigned char *layout = memmem(bytes, n, "\7\0\0\0\23\0\0\0\10\0\0", 11);
  assert_non_null(layout);
  layout[4] = 21;
  refuse(put(state, "a.h5", bytes, n), "/x", ES_FILE_CORRUPT,
         "claims more numbers");
  free(bytes);
}

static void what_is_no_file_is_refused(void **state) {
  assert_int_equal(mkfifo(at(state, "a.h5"), 0600), 0);
  es_diag diag = {0};
  es_array a;
  assert_status(es_h5_read_array(&a, at(state, "a.h5"), "/x", &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "/a.h5: is a pipe");
  assert_status(es_h5_read_array(&a, at(state, "."), "/x", &diag),
                ES_FILE_MISSING);
  assert_status(es_h5_read_array(&a, at(state, "no.h5"), "/x", &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "/no.h5: |No such file");
  es_h5 *h5;
  assert_status(es_h5_create(&h5, at(state, "no/x.h5"), &diag), ES_FILE_WRITE);
  assert_null(h5);
  assert_says(&diag, ES_FILE_WRITE, "/no/x.h5|No such file");
}

static void every_cut_is_refused(void **state) {
  size_t n;
  es_diag diag = {0};
  es_array a;
  unsigned char *bytes = make_small(at(state, "a.h5"), &n);
  for (size_t k = 0; k < n; k += 7) {
    const char *path = put(state, "a.h5", bytes, k);
    assert_status(es_h5_read_array(&a, path, "/g/v", &diag), ES_FILE_CORRUPT);
  }
  free(bytes);
}

/* Every byte of a file damaged in turn: refused, or read all the same, and the
 * process ends well and in silence. */
static int read_damaged(void **state) {
  size_t n;
  unsigned char *bytes = make_small(at(state, "a.h5"), &n);
  es_h5_quiet();
  if (freopen(at(state, "messages"), "w", stderr) == NULL) return 1;
  for (size_t k = 0; k < n; k++) {
    es_diag diag = {0};
    es_array a;
    bytes[k] ^= 0xff;
    const es_status status =
        es_h5_read_array(&a, put(state, "a.h5", bytes, n), "/g/v", &diag);
    bytes[k] ^= 0xff;
    es_array_free(&a);
    if (status != ES_OK && status != ES_FILE_CORRUPT && status != ES_FILE_DATA)
      return 2;
  }
  free(bytes);
  return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) == 0 ? 0 : 3;
}

static void damage_is_survived_in_silence(void **state) {
  assert_int_equal(with_full_disk(1 << 20, read_damaged, state), 0);
  assert_content(at(state, "messages"), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(the_error_handler_is_left_alone),
      temp_test(every_number_type_is_converted),
      temp_test(chunks_and_links_inside_are_read),
      temp_test(other_types_and_ranks_are_refused),
      temp_test(claims_are_held_against_the_bytes),
      temp_test(a_giant_chunk_is_not_unpacked),
      temp_test(a_chunk_beyond_the_dataset_is_refused),
      temp_test(other_files_are_not_followed),
      temp_test(what_is_no_file_is_refused),
      temp_test(every_cut_is_refused),
      temp_test(damage_is_survived_in_silence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
