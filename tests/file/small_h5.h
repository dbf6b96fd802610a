/* A small HDF5 file, the comparison with what a reader gives, and files made by
 * other means than those under test. */
#ifndef ES_TESTS_FILE_SMALL_H5_H
#define ES_TESTS_FILE_SMALL_H5_H

#include "temp.h"

#include "file/array.h"
#include "file/h5.h"

#include <float.h>
#include <hdf5.h>

static const double numbers[] = {0.1, -DBL_TRUE_MIN, DBL_MAX, 1, -0.0, 2. / 3};

static inline void check(const char *path, const char *dataset, size_t rows,
                         size_t cols, const double *want) {
  es_diag diag = {0};
  es_array a;
  assert_ok(es_h5_read_array(&a, path, dataset, &diag), diag);
  assert_int_equal(a.rows, rows);
  assert_int_equal(a.cols, cols);
  assert_memory_equal(a.data, want, rows * cols * sizeof *want);
  es_array_free(&a);
}

static inline unsigned char *make_small(const char *path, size_t *n) {
  es_diag diag = {0};
  es_h5 *h5;
  unsigned char *bytes;
  assert_ok(es_h5_create(&h5, path, &diag), diag);
  assert_ok(es_h5_write(h5, "/g/v", numbers, (size_t[]){6}, 1, &diag), diag);
  assert_ok(es_h5_commit(h5, &diag), diag);
  assert_ok(es_file_read(&bytes, n, path, 1 << 20, &diag), diag);
  return bytes;
}

/* By the HDF5 library itself. */
static inline hid_t raw_file(const char *path) {
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(file >= 0);
  return file;
}

/* rank -1: no extent; data NULL: not written. */
static inline void raw_set(hid_t file, const char *name, hid_t type, int rank,
                           const hsize_t *dims, hid_t how, hid_t memory,
                           const void *data) {
  const hid_t space = rank < 0    ? H5Screate(H5S_NULL)
                      : rank == 0 ? H5Screate(H5S_SCALAR)
                                  : H5Screate_simple(rank, dims, NULL);
  const hid_t set =
      H5Dcreate2(file, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
  assert_true(set >= 0);
  if (data != NULL)
    assert_true(H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >=
                0);
  H5Dclose(set);
  H5Sclose(space);
}

#endif
