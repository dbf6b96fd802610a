/* Writing HDF5: see h5.h. */
#include "file/h5.h"

#include "base/slab.h"
#include "file/atomic.h"
#include "file/h5_io.h"
#include "file/open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct es_h5 {
  es_part part;
  es_h5_io io;
  hid_t file;
  bool failed; /* a dataset is missing or unfinished */
};

/* what: a dataset, or NULL for the file itself; why: where it is not the
 * system that refused. */
static es_status cannot_write(es_h5 *h5, const char *what, const char *why,
                              es_diag *diag) {
  h5->failed = true;
  if (h5->io.error > 0) why = strerror(h5->io.error);
  return es_file_fail(diag,
                      h5->io.error == ENOMEM ? ES_NO_MEMORY : ES_FILE_WRITE,
                      h5->part.path, "%s%scannot be written: %s",
                      what == NULL ? "" : what, what == NULL ? "" : " ", why);
}

static es_status create(es_h5 *h5, es_diag *diag) {
  h5->io.fd = fileno(h5->part.stream);
  const hid_t access = es_h5_io_access(&h5->io);
  if (access < 0)
    return cannot_write(h5, NULL, "HDF5 takes no file driver", diag);
  h5->file = H5Fcreate(h5->part.part_path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  if (h5->file < 0 || h5->io.error != 0)
    return cannot_write(h5, NULL, "HDF5 makes no file", diag);
  return ES_OK;
}

es_status es_h5_create(es_h5 **out, const char *path, es_diag *diag) {
  *out = NULL;
  es_h5 *h5 = calloc(1, sizeof *h5);
  if (h5 == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for writing it");
  h5->file = -1;
  es_status status = es_part_open(&h5->part, path, diag);
  if (status == ES_OK) {
    H5E_BEGIN_TRY { status = create(h5, diag); }
    H5E_END_TRY
  }
  if (status == ES_OK)
    *out = h5;
  else
    es_h5_abandon(h5);
  return status;
}

/* A number in memory, and as it is stored. */
typedef struct number {
  hid_t memory, stored;
  size_t size;
} number;

/* No modification times: the same content shall give the same bytes. */
static hid_t make_dataset(hid_t file, const char *name, hid_t type,
                          hid_t space) {
  const hid_t link = H5Pcreate(H5P_LINK_CREATE);
  const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
  hid_t set = -1;
  if (H5Pset_create_intermediate_group(link, 1) >= 0 &&
      H5Pset_obj_track_times(how, false) >= 0)
    set = H5Dcreate2(file, name, type, space, link, how, H5P_DEFAULT);
  H5Pclose(link);
  H5Pclose(how);
  return set;
}

static bool write_dataset(hid_t file, const char *name, const void *data,
                          const number *type, const hsize_t *dims,
                          size_t rank) {
  const hid_t space = rank == 0 ? H5Screate(H5S_SCALAR)
                                : H5Screate_simple((int)rank, dims, NULL);
  const hid_t set =
      space < 0 ? -1 : make_dataset(file, name, type->stored, space);
  bool good = set >= 0 && H5Dwrite(set, type->memory, H5S_ALL, H5S_ALL,
                                   H5P_DEFAULT, data) >= 0;
  if (set >= 0) good = H5Dclose(set) >= 0 && good;
  if (space >= 0) H5Sclose(space);
  return good;
}

static es_status write_numbers(es_h5 *file, const char *dataset,
                               const void *data, const number *type,
                               const size_t *dims, size_t rank, es_diag *diag) {
  hsize_t size[4];
  size_t bytes = type->size;
  bool fits = rank <= 4;
  for (size_t k = 0; fits && k < rank; k++) {
    size[k] = dims[k];
    fits = es_size_mul(&bytes, bytes, dims[k]);
  }
  if (!fits) {
    file->failed = true;
    return es_file_fail(diag, ES_BAD_SHAPE, file->part.path,
                        "%s has more than 4 dimensions, or too large ones",
                        dataset);
  }
  bool good = false;
  H5E_BEGIN_TRY {
    good = write_dataset(file->file, dataset, data, type, size, rank);
  }
  H5E_END_TRY
  if (good && file->io.error == 0) return ES_OK;
  return cannot_write(file, dataset,
                      "HDF5 refuses (is there one of that name?)", diag);
}

es_status es_h5_write(es_h5 *file, const char *dataset, const double *data,
                      const size_t *dims, size_t rank, es_diag *diag) {
  const number type = {H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, sizeof *data};
  return write_numbers(file, dataset, data, &type, dims, rank, diag);
}

es_status es_h5_write_float(es_h5 *file, const char *dataset, const float *data,
                            const size_t *dims, size_t rank, es_diag *diag) {
  const number type = {H5T_NATIVE_FLOAT, H5T_IEEE_F32LE, sizeof *data};
  return write_numbers(file, dataset, data, &type, dims, rank, diag);
}

es_status es_h5_write_columns(es_h5 *file, const char *dataset,
                              const double *column_major, size_t rows,
                              size_t cols, es_diag *diag) {
  const size_t dims[2] = {rows, cols};
  size_t n;
  double *rowwise = NULL;
  if (es_size_mul(&n, rows, cols) && n < SIZE_MAX / sizeof *rowwise)
    rowwise = malloc((n + 1) * sizeof *rowwise);
  if (rowwise == NULL) {
    file->failed = true;
    return es_file_fail(diag, ES_NO_MEMORY, file->part.path,
                        "%s: no memory for %zu x %zu numbers", dataset, rows,
                        cols);
  }
  for (size_t j = 0; j < cols; j++)
    for (size_t i = 0; i < rows; i++)
      rowwise[i * cols + j] = column_major[i + j * rows];
  const es_status status = es_h5_write(file, dataset, rowwise, dims, 2, diag);
  free(rowwise);
  return status;
}

/* Closes what HDF5 has; false where it does not let go of the file. */
static bool close_file(es_h5 *h5) {
  bool closed = true;
  H5E_BEGIN_TRY {
    if (h5->file >= 0) {
      if (H5Fflush(h5->file, H5F_SCOPE_LOCAL) < 0) h5->failed = true;
      closed = H5Fclose(h5->file) >= 0;
    }
    if (closed) es_h5_io_release(&h5->io);
  }
  H5E_END_TRY
  if (!closed) h5->failed = true;
  return closed;
}

/* Frees the handle. A file that HDF5 did not let go of keeps its driver and
 * the driver's state, which then takes no more writes. */
static void forget(es_h5 *h5, bool closed) {
  h5->io.fd = -1;
  h5->io.error = EBADF;
  if (closed) free(h5);
}

es_status es_h5_commit(es_h5 *file, es_diag *diag) {
  const bool closed = close_file(file);
  es_status status = ES_OK;
  if (file->failed || file->io.error != 0) {
    status = cannot_write(file, NULL, "an earlier write failed", diag);
    es_part_abandon(&file->part);
  } else {
    status = es_part_commit(&file->part, diag);
  }
  forget(file, closed);
  return status;
}

void es_h5_abandon(es_h5 *file) {
  if (file == NULL) return;
  if (file->io.error == 0) file->io.error = ECANCELED; /* write no more */
  const bool closed = close_file(file);
  es_part_abandon(&file->part);
  forget(file, closed);
}

void es_h5_quiet(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

const char *es_h5_version(char *out, size_t size) {
  unsigned major, minor, release;
  if (H5get_libversion(&major, &minor, &release) < 0) return "";
  snprintf(out, size, "%u.%u.%u", major, minor, release);
  return out;
}
