/* Reading a HDF5 file dataset by dataset, into memory of known shape: see
 * h5.h. */
#include "file/h5.h"

#include "file/h5_set.h"
#include "file/open.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const es_h5_taken taken = {0, 4, ES_FILE_CORRUPT};

static es_status open_file(es_h5_source *source, es_diag *diag) {
  const hid_t access = es_h5_io_access(&source->io);
  if (access < 0)
    return es_file_fail(diag, ES_NO_MEMORY, source->path,
                        "HDF5 has no file driver");
  source->file = H5Fopen(source->path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  const int error = source->io.error;
  if (source->file >= 0) return ES_OK;
  return es_file_fail(diag, error == ENOMEM ? ES_NO_MEMORY : ES_FILE_CORRUPT,
                      source->path, "%s%s",
                      error != 0 ? "cannot be read: "
                                 : "is not a HDF5 file, or a damaged one",
                      error != 0 ? strerror(error) : "");
}

es_status es_h5_open(es_h5_source **out, const char *path, es_diag *diag) {
  int fd;
  size_t size;
  *out = NULL;
  es_status status = es_file_open(&fd, &size, path, diag);
  if (status != ES_OK) return status;
  es_h5_source *source = malloc(sizeof *source);
  char *name = strdup(path);
  if (source == NULL || name == NULL) {
    free(source);
    free(name);
    close(fd);
    return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for reading it");
  }
  *source =
      (es_h5_source){.io = {.fd = fd}, .size = size, .file = -1, .path = name};
  H5E_BEGIN_TRY { status = open_file(source, diag); }
  H5E_END_TRY
  if (status == ES_OK)
    *out = source;
  else
    es_h5_close(source);
  return status;
}

/* A file that HDF5 does not let go of keeps its driver and the driver's state,
 * which then reads no more. */
void es_h5_close(es_h5_source *file) {
  if (file == NULL) return;
  bool closed = true;
  H5E_BEGIN_TRY {
    if (file->file >= 0) closed = H5Fclose(file->file) >= 0;
    if (closed) es_h5_io_release(&file->io);
  }
  H5E_END_TRY
  close(file->io.fd);
  file->io.fd = -1;
  file->io.error = EBADF;
  free(file->path);
  if (closed) free(file);
}

es_status es_h5_refuse(const es_h5_source *file, es_diag *diag, es_status code,
                       const char *format, ...) {
  char reason[256];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return es_file_fail(diag, code, file->path, "%s", reason);
}

/* "(2, 3)", as NumPy writes it; "()" for a single number. */
static void write_shape(char out[128], const size_t *dims, size_t rank) {
  size_t n = 0;
  out[n++] = '(';
  for (size_t k = 0; k < rank && k < 4; k++)
    n += (size_t)snprintf(out + n, 128 - n, k == 0 ? "%zu" : ", %zu", dims[k]);
  snprintf(out + n, 128 - n, ")");
}

static es_status check_shape(const es_h5_set *set, const size_t *dims,
                             size_t rank) {
  bool same = set->rank == rank;
  for (size_t k = 0; same && k < rank; k++) same = set->dims[k] == dims[k];
  if (same) return ES_OK;
  char found[128], wanted[128];
  write_shape(found, set->dims, set->rank);
  write_shape(wanted, dims, rank);
  return es_file_fail(set->diag, ES_FILE_CORRUPT, set->name,
                      "has the shape %s where %s is expected", found, wanted);
}

static es_status check_finite(const void *data, bool single,
                              const es_h5_set *set) {
  for (size_t i = 0; i < set->count; i++) {
    const double x =
        single ? ((const float *)data)[i] : ((const double *)data)[i];
    if (!isfinite(x))
      return es_file_fail(set->diag, ES_FILE_DATA, set->name,
                          "number %zu of %zu is %s", i + 1, set->count,
                          isnan(x) ? "nan"
                          : x < 0  ? "-inf"
                                   : "inf");
  }
  return ES_OK;
}

static es_status read_numbers(es_h5_source *file, const char *dataset,
                              void *out, bool single, const size_t *dims,
                              size_t rank, es_diag *diag) {
  es_h5_set set;
  es_status status = es_h5_set_open(&set, file, dataset, &taken, diag);
  if (status == ES_OK) status = check_shape(&set, dims, rank);
  if (status == ES_OK)
    status = es_h5_set_read(out, single ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE,
                            &set);
  if (status == ES_OK) status = check_finite(out, single, &set);
  es_h5_set_close(&set);
  return status;
}

es_status es_h5_read(es_h5_source *file, const char *dataset, double *out,
                     const size_t *dims, size_t rank, es_diag *diag) {
  return read_numbers(file, dataset, out, false, dims, rank, diag);
}

es_status es_h5_read_float(es_h5_source *file, const char *dataset, float *out,
                           const size_t *dims, size_t rank, es_diag *diag) {
  return read_numbers(file, dataset, out, true, dims, rank, diag);
}

bool es_h5_has(es_h5_source *file, const char *dataset) {
  es_h5_set set;
  const bool sound = es_h5_set_open(&set, file, dataset, &taken, NULL) == ES_OK;
  const bool there = sound || set.set >= 0 || file->io.error != 0;
  es_h5_set_close(&set);
  return there;
}

es_status es_h5_shape(es_h5_source *file, const char *dataset, size_t dims[4],
                      size_t *rank, es_diag *diag) {
  es_h5_set set;
  const es_status status = es_h5_set_open(&set, file, dataset, &taken, diag);
  *rank = status == ES_OK ? set.rank : 0;
  for (size_t k = 0; k < 4; k++) dims[k] = k < *rank ? set.dims[k] : 0;
  es_h5_set_close(&set);
  return status;
}
