/* HDF5 written by the room and read back; the disk's end. */
#include "small_h5.h"

static void round_trips_to_the_last_bit(void **state) {
  es_diag diag = {0};
  es_h5 *h5;
  const char *path = at(state, "a.h5");
  assert_ok(es_h5_create(&h5, path, &diag), diag);
  assert_ok(es_h5_write(h5, "/v", numbers, (size_t[]){6}, 1, &diag), diag);
  assert_ok(es_h5_write(h5, "/params/deep/conv1.weight", numbers,
                        (size_t[]){2, 3}, 2, &diag),
            diag);
  assert_ok(es_h5_write_columns(h5, "/params/c", numbers, 3, 2, &diag), diag);
  assert_ok(
      es_h5_write(h5, "/images", numbers, (size_t[]){1, 2, 3, 1}, 4, &diag),
      diag);
  assert_false(es_file_exists(path));
  assert_ok(es_h5_commit(h5, &diag), diag);
  assert_false(es_file_exists(at(state, "a.h5.part")));
  const double rowwise[] = {numbers[0], numbers[3], numbers[1],
                            numbers[4], numbers[2], numbers[5]};
  check(path, "/v", 6, 1, numbers);
  check(path, "/params/deep/conv1.weight", 2, 3, numbers);
  check(path, "/params/c", 3, 2, rowwise);
  check(path, "params/c", 3, 2, rowwise);
}

static void a_large_block_is_exact(void **state) {
  enum { N = 300 };
  es_diag diag = {0};
  es_h5 *h5;
  double *x = malloc(N * N * sizeof *x), *want = malloc(N * N * sizeof *x);
  assert_true(x != NULL && want != NULL);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      want[i * N + j] = x[i + j * N] = 1 / (1. + (double)i * N + (double)j);
  const char *path = at(state, "a.h5");
  assert_ok(es_h5_create(&h5, path, &diag), diag);
  assert_ok(es_h5_write_columns(h5, "/K", x, N, N, &diag), diag);
  assert_ok(es_h5_commit(h5, &diag), diag);
  check(path, "/K", N, N, want);
  free(x);
  free(want);
}

/* A resumed run must end in the same bytes: no clock may enter. */
static void bytes_do_not_depend_on_the_time(void **state) {
  size_t n, m;
  unsigned char *a = make_small(at(state, "a.h5"), &n);
  usleep(1100000);
  unsigned char *b = make_small(at(state, "b.h5"), &m);
  assert_int_equal(n, m);
  assert_memory_equal(a, b, n);
  free(a);
  free(b);
}

static void two_files_may_be_open(void **state) {
  es_diag diag = {0};
  es_h5 *a, *b, *again;
  assert_ok(es_h5_create(&a, at(state, "a.h5"), &diag), diag);
  assert_ok(es_h5_create(&b, at(state, "b.h5"), &diag), diag);
  assert_status(es_h5_create(&again, at(state, "b.h5"), &diag), ES_FILE_WRITE);
  assert_null(again);
  assert_ok(es_h5_write(a, "/x", numbers, (size_t[]){2}, 1, &diag), diag);
  assert_ok(es_h5_write(b, "/x", numbers, (size_t[]){3}, 1, &diag), diag);
  es_h5_abandon(a);
  assert_no_file(state, "a.h5");
  assert_ok(es_h5_commit(b, &diag), diag);
  check(at(state, "b.h5"), "/x", 3, 1, numbers);
  es_h5_abandon(NULL);
}

static void a_failed_dataset_fails_the_file(void **state) {
  static const size_t dims[5] = {1, 1, 1, 1, 1}, huge[2] = {SIZE_MAX / 4, 3};
  for (int k = 0; k < 5; k++) {
    es_diag diag = {0};
    es_h5 *h5;
    assert_ok(es_h5_create(&h5, at(state, "a.h5"), &diag), diag);
    assert_ok(es_h5_write(h5, "/x", numbers, dims, 1, &diag), diag);
    const es_status status =
        k == 0   ? es_h5_write(h5, "/x", numbers, dims, 1, &diag)
        : k == 1 ? es_h5_write(h5, "/x/y", numbers, dims, 1, &diag)
        : k == 2 ? es_h5_write(h5, "/y", numbers, dims, 5, &diag)
        : k == 3 ? es_h5_write(h5, "/y", numbers, huge, 2, &diag)
                 : es_h5_write_float(h5, "/y", (float[]){1}, dims, 5, &diag);
    assert_int_equal(status, k < 2 ? ES_FILE_WRITE : ES_BAD_SHAPE);
    assert_says(&diag, status,
                k == 0 ? "/a.h5: /x cannot be written" : "/a.h5");
    assert_status(es_h5_commit(h5, &diag), ES_FILE_WRITE);
    assert_no_file(state, "a.h5");
  }
}

static void no_handle_stays_open(void **state) {
  es_diag diag = {0};
  es_array a;
  size_t n;
  const char *path = at(state, "a.h5");
  free(make_small(path, &n));
  assert_ok(es_h5_read_array(&a, path, "/g/v", &diag), diag);
  es_array_free(&a);
  assert_status(es_h5_read_array(&a, path, "/none", &diag), ES_FILE_DATA);
  assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

/* Reports in a child: whether the disk's end is met while writing a dataset,
 * or at the commit, HDF5 must be in order afterwards, to the exit. */
static int fill_disk(void **state) {
  static const double x[1 << 14];
  es_diag diag = {0};
  es_h5 *h5;
  if (es_h5_create(&h5, at(state, "a.h5"), &diag) != ES_OK) return 1;
  if (es_h5_write(h5, "/x", x, (size_t[]){1 << 14}, 1, &diag) != ES_FILE_WRITE)
    return 2;
  if (strstr(diag.message, "/x cannot be written: File too large") == NULL)
    return 3;
  if (es_h5_write(h5, "/y", x, (size_t[]){1}, 1, &diag) != ES_FILE_WRITE)
    return 4;
  if (es_h5_commit(h5, &diag) != ES_FILE_WRITE) return 5;
  return strstr(diag.message, "File too large") == NULL ? 6 : 0;
}

static int fill_disk_and_abandon(void **state) {
  static const double x[1 << 14];
  es_diag diag = {0};
  es_h5 *h5;
  if (es_h5_create(&h5, at(state, "a.h5"), &diag) != ES_OK) return 1;
  if (es_h5_write(h5, "/g/x", x, (size_t[]){1 << 14}, 1, &diag) == ES_OK)
    return 2;
  es_h5_abandon(h5);
  return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) == 0 ? 0 : 3;
}

/* Whatever the limit, no more than an error; the last is enough. */
static int write_small(void **state) {
  es_diag diag = {0};
  es_h5 *h5;
  if (es_h5_create(&h5, at(state, "a.h5"), &diag) != ES_OK) return 0;
  es_status status = es_h5_write(h5, "/g/v", numbers, (size_t[]){6}, 1, &diag);
  const es_status last = es_h5_commit(h5, &diag);
  if (status == ES_OK) status = last;
  if (last == ES_OK) return 42;
  return status == ES_FILE_WRITE ? 0 : 1;
}

static void a_full_disk_is_an_error(void **state) {
  assert_int_equal(with_full_disk(1 << 16, fill_disk, state), 0);
  assert_no_file(state, "a.h5");
  assert_int_equal(with_full_disk(1 << 16, fill_disk_and_abandon, state), 0);
  assert_no_file(state, "a.h5");
}

static void a_full_disk_at_every_byte(void **state) {
  size_t n;
  free(make_small(at(state, "whole.h5"), &n));
  for (rlim_t limit = 0; limit < n; limit += 97) {
    assert_int_equal(with_full_disk(limit, write_small, state), 0);
    assert_no_file(state, "a.h5");
  }
  assert_int_equal(with_full_disk(n, write_small, state), 42);
  check(at(state, "a.h5"), "/g/v", 6, 1, numbers);
}

static void the_version_is_told(void **state) {
  (void)state;
  char text[32];
  int major = 0, minor = 0;
  assert_int_equal(
      sscanf(es_h5_version(text, sizeof text), "%d.%d.", &major, &minor), 2);
  assert_true(major >= 1 && minor >= 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(round_trips_to_the_last_bit),
      temp_test(a_large_block_is_exact),
      temp_test(bytes_do_not_depend_on_the_time),
      temp_test(two_files_may_be_open),
      temp_test(a_failed_dataset_fails_the_file),
      temp_test(no_handle_stays_open),
      temp_test(a_full_disk_is_an_error),
      temp_test(a_full_disk_at_every_byte),
      cmocka_unit_test(the_version_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
