/* HDF5 files read dataset by dataset, into memory of known shape. */
#include "small_h5.h"

#include <dirent.h>

enum { LARGEST = 24 }; /* 2 x 3 x 1 x 4 */
static const size_t dims[] = {2, 3, 1, 4};
static const size_t sizes[] = {1, 2, 6, 6, 24}; /* by rank */
static const char *const ranks[] = {"/r0", "/r1", "/g/r2", "/g/h/r3", "r4"};

static es_h5_source *source_of(const char *path) {
  es_diag diag = {0};
  es_h5_source *h5;
  assert_ok(es_h5_open(&h5, path, &diag), diag);
  return h5;
}

/* A file of one dataset for each rank, doubles or floats. */
static void write_ranks(const char *path, const double *x, const float *y) {
  es_diag diag = {0};
  es_h5 *h5;
  assert_ok(es_h5_create(&h5, path, &diag), diag);
  for (size_t r = 0; r <= 4; r++) {
    const size_t *d = r == 0 ? NULL : dims;
    if (x != NULL) assert_ok(es_h5_write(h5, ranks[r], x, d, r, &diag), diag);
    if (y != NULL)
      assert_ok(es_h5_write_float(h5, ranks[r], y, d, r, &diag), diag);
  }
  assert_ok(es_h5_commit(h5, &diag), diag);
}

static void doubles_round_trip_in_every_rank(void **state) {
  es_diag diag = {0};
  double x[LARGEST], got[LARGEST + 1];
  for (size_t i = 0; i < LARGEST; i++) x[i] = numbers[i % 6] / (double)(i + 1);
  write_ranks(at(state, "a.h5"), x, NULL);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  for (size_t r = 0; r <= 4; r++) {
    for (size_t i = 0; i <= LARGEST; i++) got[i] = 7;
    const size_t *d = r == 0 ? NULL : dims;
    assert_ok(es_h5_read(h5, ranks[r], got, d, r, &diag), diag);
    assert_memory_equal(got, x, sizes[r] * sizeof *x);
    assert_close(got[sizes[r]], 7, 0, 0);
  }
  es_h5_close(h5);
}

/* Values that a float holds are the same in either type; the others, and a
 * double from a float, are rounded as a cast rounds. */
static void floats_round_trip_in_every_rank(void **state) {
  es_diag diag = {0};
  float y[LARGEST], got[LARGEST];
  double wide[LARGEST];
  for (size_t i = 0; i < LARGEST; i++) y[i] = 1 / ((float)i - 2.5f);
  y[1] = FLT_MAX;
  y[0] = FLT_TRUE_MIN;
  write_ranks(at(state, "a.h5"), NULL, y);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  for (size_t r = 0; r <= 4; r++) {
    memset(got, 0, sizeof got);
    assert_ok(es_h5_read_float(h5, ranks[r], got, dims, r, &diag), diag);
    assert_memory_equal(got, y, sizes[r] * sizeof *y);
    assert_ok(es_h5_read(h5, ranks[r], wide, dims, r, &diag), diag);
    for (size_t i = 0; i < sizes[r]; i++) assert_close(wide[i], y[i], 0, 0);
  }
  es_h5_close(h5);
  const double third[] = {1. / 3};
  const hid_t file = raw_file(at(state, "b.h5"));
  raw_set(file, "/x", H5T_IEEE_F64LE, 0, NULL, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
          third);
  H5Fclose(file);
  h5 = source_of(at(state, "b.h5"));
  assert_ok(es_h5_read_float(h5, "/x", got, NULL, 0, &diag), diag);
  assert_close(got[0], (float)third[0], 0, 0);
  es_h5_close(h5);
}

/* What other programs see: the type that was meant, and the shape. */
static void the_stored_type_and_shape_are_what_was_meant(void **state) {
  const double x[LARGEST] = {0};
  const float y[LARGEST] = {0};
  for (int single = 0; single <= 1; single++) {
    write_ranks(at(state, "a.h5"), single ? NULL : x, single ? y : NULL);
    const hid_t file = H5Fopen(at(state, "a.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    for (int r = 0; r <= 4; r++) {
      hsize_t got[4] = {0};
      const hid_t set = H5Dopen2(file, ranks[r], H5P_DEFAULT);
      const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
      assert_true(H5Tequal(type, single ? H5T_IEEE_F32LE : H5T_IEEE_F64LE) > 0);
      assert_int_equal(H5Sget_simple_extent_type(space),
                       r == 0 ? H5S_SCALAR : H5S_SIMPLE);
      assert_int_equal(H5Sget_simple_extent_dims(space, got, NULL), r);
      for (int k = 0; k < r; k++) assert_int_equal(got[k], dims[k]);
      H5Sclose(space);
      H5Tclose(type);
      H5Dclose(set);
    }
    H5Fclose(file);
  }
}

static void shapes_and_names_are_told(void **state) {
  es_diag diag = {0};
  const double x[LARGEST] = {0};
  size_t got[4], rank;
  write_ranks(at(state, "a.h5"), x, NULL);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  for (size_t r = 0; r <= 4; r++) {
    assert_true(es_h5_has(h5, ranks[r]));
    assert_ok(es_h5_shape(h5, ranks[r], got, &rank, &diag), diag);
    assert_int_equal(rank, r);
    for (size_t k = 0; k < 4; k++)
      assert_int_equal(got[k], k < r ? dims[k] : 0);
  }
  const char *const none[] = {"/none", "/g/none", "/g", "/", "", "/r1/x"};
  for (size_t i = 0; i < 6; i++) {
    assert_false(es_h5_has(h5, none[i]));
    assert_status(es_h5_shape(h5, none[i], got, &rank, &diag), ES_FILE_CORRUPT);
    assert_says(&diag, ES_FILE_CORRUPT, "/a.h5:|there is no such dataset");
    assert_non_null(strstr(diag.message, none[i]));
  }
  es_h5_close(h5);
  es_h5_close(NULL);
}

static void another_shape_is_refused(void **state) {
  es_diag diag = {0};
  double x[LARGEST] = {0};
  float y[LARGEST] = {0};
  write_ranks(at(state, "a.h5"), x, NULL);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  const struct {
    const char *name;
    size_t dims[4], rank;
    const char *says;
  } wrong[] = {{"/g/r2", {3, 2}, 2, "(2, 3)|(3, 2) is expected"},
               {"/g/r2", {6}, 1, "(2, 3)|(6) is"},
               {"/r1", {3}, 1, "(2) where (3)"},
               {"/r1", {0}, 0, "(2) where ()"},
               {"/r0", {1}, 1, "() where (1)"},
               {"r4", {2, 3, 1, 5}, 4, "(2, 3, 1, 4) where (2, 3, 1, 5)"},
               {"/g/h/r3", {2, 3, 1, 1}, 4, "(2, 3, 1) where (2, 3, 1, 1)"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    x[0] = y[0] = 7;
    assert_status(
        es_h5_read(h5, wrong[i].name, x, wrong[i].dims, wrong[i].rank, &diag),
        ES_FILE_CORRUPT);
    assert_says(&diag, ES_FILE_CORRUPT, wrong[i].says);
    assert_non_null(strstr(diag.message, wrong[i].name));
    assert_status(es_h5_read_float(h5, wrong[i].name, y, wrong[i].dims,
                                   wrong[i].rank, NULL),
                  ES_FILE_CORRUPT);
    assert_true(x[0] == 7 && y[0] == 7);
  }
  assert_status(es_h5_read(h5, "/gone", x, dims, 2, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a.h5:/gone: there is no such dataset");
  es_h5_close(h5);
}

static void what_is_not_finite_is_refused(void **state) {
  es_diag diag = {0};
  double x[] = {1, 2, NAN}, big[] = {1e300, 1, 1};
  float y[] = {1, -INFINITY, 3};
  const size_t three[] = {3};
  es_h5 *out;
  assert_ok(es_h5_create(&out, at(state, "a.h5"), &diag), diag);
  assert_ok(es_h5_write(out, "/x", x, three, 1, &diag), diag);
  assert_ok(es_h5_write(out, "/big", big, three, 1, &diag), diag);
  assert_ok(es_h5_write_float(out, "/y", y, three, 1, &diag), diag);
  assert_ok(es_h5_commit(out, &diag), diag);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  assert_status(es_h5_read(h5, "/x", x, three, 1, &diag), ES_FILE_DATA);
  assert_says(&diag, ES_FILE_DATA, "/a.h5:/x: number 3 of 3 is nan");
  assert_status(es_h5_read(h5, "/y", x, three, 1, &diag), ES_FILE_DATA);
  assert_status(es_h5_read_float(h5, "/x", y, three, 1, &diag), ES_FILE_DATA);
  assert_status(es_h5_read_float(h5, "/y", y, three, 1, &diag), ES_FILE_DATA);
  assert_says(&diag, ES_FILE_DATA, "number 2 of 3 is -inf");
  assert_ok(es_h5_read(h5, "/big", x, three, 1, &diag), diag);
  assert_status(es_h5_read_float(h5, "/big", y, three, 1, &diag), ES_FILE_DATA);
  assert_says(&diag, ES_FILE_DATA, "number 1 of 3 is inf");
  es_h5_close(h5);
}

static void integers_are_converted(void **state) {
  es_diag diag = {0};
  const hsize_t two[] = {2};
  const int x[] = {-3, 100};
  const hid_t types[] = {H5T_STD_I8BE, H5T_STD_I32LE, H5T_STD_I64BE,
                         H5T_STD_I16LE};
  const char *const names[] = {"/i1", "/i4", "/i8", "/i2"};
  const hid_t file = raw_file(at(state, "a.h5"));
  for (size_t i = 0; i < 4; i++)
    raw_set(file, names[i], types[i], 1, two, H5P_DEFAULT, H5T_NATIVE_INT, x);
  H5Fclose(file);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  for (size_t i = 0; i < 4; i++) {
    double d[2];
    float f[2];
    assert_ok(es_h5_read(h5, names[i], d, (size_t[]){2}, 1, &diag), diag);
    assert_ok(es_h5_read_float(h5, names[i], f, (size_t[]){2}, 1, &diag), diag);
    for (size_t k = 0; k < 2; k++) {
      assert_close(d[k], x[k], 0, 0);
      assert_close(f[k], x[k], 0, 0);
    }
  }
  es_h5_close(h5);
}

/* A dimension of 0 holds no numbers, and is read as such. */
static void no_numbers_are_a_shape_too(void **state) {
  es_diag diag = {0};
  const size_t none[] = {2, 0};
  size_t got[4], rank;
  double x[] = {7};
  es_h5 *out;
  assert_ok(es_h5_create(&out, at(state, "a.h5"), &diag), diag);
  assert_ok(es_h5_write(out, "/x", x, none, 2, &diag), diag);
  assert_ok(es_h5_commit(out, &diag), diag);
  es_h5_source *h5 = source_of(at(state, "a.h5"));
  assert_ok(es_h5_shape(h5, "/x", got, &rank, &diag), diag);
  assert_true(rank == 2 && got[0] == 2 && got[1] == 0);
  assert_ok(es_h5_read(h5, "/x", x, none, 2, &diag), diag);
  assert_close(x[0], 7, 0, 0);
  es_h5_close(h5);
}

/* Readers and writers beside each other, and nothing is left open. */
static size_t open_files(void) {
  size_t n = 0;
  DIR *dir = opendir("/proc/self/fd");
  if (dir == NULL) return 0;
  while (readdir(dir) != NULL) n++;
  closedir(dir);
  return n;
}

/* HDF5 numbers what it makes in order: none between the two is alive. */
static void none_between(hid_t first, hid_t last) {
  assert_true(last > first + 1);
  for (hid_t id = first + 1; id < last; id++) assert_false(H5Iis_valid(id) > 0);
}

static void no_handle_stays_open(void **state) {
  es_diag diag = {0};
  size_t n;
  double x[6];
  const char *path = at(state, "a.h5");
  free(make_small(path, &n));
  const char *text = put_text(state, "text.h5", "text");
  const size_t before = open_files();
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t list = H5Pcreate(H5P_DATASET_ACCESS);
  es_h5_source *a = source_of(path), *b = source_of(path), *c;
  es_h5 *out;
  assert_ok(es_h5_create(&out, path, &diag), diag);
  assert_ok(es_h5_read(a, "/g/v", x, (size_t[]){6}, 1, &diag), diag);
  es_h5_close(a);
  assert_status(es_h5_open(&c, text, &diag), ES_FILE_CORRUPT);
  assert_null(c);
  assert_says(&diag, ES_FILE_CORRUPT, "/text.h5: is not a HDF5 file");
  es_h5_abandon(out);
  assert_false(es_h5_has(b, "/none"));
  assert_ok(es_h5_read(b, "g/v", x, (size_t[]){6}, 1, &diag), diag);
  assert_memory_equal(x, numbers, sizeof x);
  es_h5_close(b);
  assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
  const hid_t last_space = H5Screate(H5S_SCALAR);
  const hid_t last_list = H5Pcreate(H5P_DATASET_ACCESS);
  none_between(space, last_space);
  none_between(list, last_list);
  H5Sclose(space);
  H5Sclose(last_space);
  H5Pclose(list);
  H5Pclose(last_list);
  assert_int_equal(open_files(), before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(doubles_round_trip_in_every_rank),
      temp_test(floats_round_trip_in_every_rank),
      temp_test(the_stored_type_and_shape_are_what_was_meant),
      temp_test(shapes_and_names_are_told),
      temp_test(another_shape_is_refused),
      temp_test(what_is_not_finite_is_refused),
      temp_test(integers_are_converted),
      temp_test(no_numbers_are_a_shape_too),
      temp_test(no_handle_stays_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
