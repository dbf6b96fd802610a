/* Reading one array from a HDF5 file that is not trusted: see array.h. What a
 * file says of its sizes is held against the bytes it has before memory is
 * taken, and nothing outside of it is opened. */
#include "file/array.h"

#include "base/slab.h"
#include "file/h5_io.h"
#include "file/open.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Deflate packs at most 1032 bytes into one. */
static const size_t most_numbers = (size_t)1 << 31, most_ratio = 1032;

typedef struct reader {
  es_h5_io io;
  size_t file_size;
  hid_t file, set, how, type, space; /* -1: not open */
  bool met_external_link;
  const char *dataset, *path, *name; /* name: path and dataset */
  es_diag *diag;
} reader;

static es_status refuse(const reader *r, es_status code, const char *what) {
  if (r->io.error != 0)
    return es_file_fail(r->diag, ES_FILE_CORRUPT, r->path, "cannot be read: %s",
                        strerror(r->io.error));
  return es_file_fail(r->diag, code, r->name, "%s", what);
}

/* Called where a path leads into another file; failing ends the traversal. */
static herr_t at_external_link(const char *parent_file,
                               const char *parent_group, const char *file,
                               const char *object, unsigned *flags,
                               hid_t access, void *self) {
  (void)parent_file;
  (void)parent_group;
  (void)file;
  (void)object;
  (void)flags;
  (void)access;
  ((reader *)self)->met_external_link = true;
  return -1;
}

static es_status open_file(reader *r) {
  const hid_t access = es_h5_io_access(&r->io);
  if (access < 0) return refuse(r, ES_NO_MEMORY, "HDF5 has no file driver");
  r->file = H5Fopen(r->path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  if (r->file >= 0) return ES_OK;
  if (r->io.error != 0) return refuse(r, ES_FILE_CORRUPT, "");
  return es_file_fail(r->diag, ES_FILE_CORRUPT, r->path,
                      "is not a HDF5 file, or a damaged one");
}

static es_status open_dataset(reader *r) {
  const hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
  if (H5Pset_elink_cb(access, at_external_link, r) >= 0)
    r->set = H5Dopen2(r->file, r->dataset, access);
  H5Pclose(access);
  if (r->met_external_link)
    return refuse(r, ES_FILE_CORRUPT,
                  "is an external link, which is not followed");
  if (r->set < 0)
    return refuse(r, ES_FILE_DATA,
                  "there is no such dataset, or it is damaged");
  r->how = H5Dget_create_plist(r->set);
  r->type = H5Dget_type(r->set);
  if (r->how < 0 || r->type < 0)
    return refuse(r, ES_FILE_CORRUPT, "is damaged");
  return ES_OK;
}

/* Before the space is asked for, since a virtual dataset may open its sources
 * to tell it. */
static es_status check_layout(const reader *r) {
  if (H5Pget_layout(r->how) == H5D_VIRTUAL)
    return refuse(r, ES_FILE_CORRUPT,
                  "is a virtual dataset: other files are not followed");
  if (H5Pget_external_count(r->how) != 0)
    return refuse(r, ES_FILE_CORRUPT,
                  "has external storage: other files are not followed");
  return ES_OK;
}

static es_status check_type(const reader *r) {
  const H5T_class_t class = H5Tget_class(r->type);
  const size_t size = H5Tget_size(r->type);
  if ((class == H5T_INTEGER || class == H5T_FLOAT) && size >= 1 && size <= 16)
    return ES_OK;
  return refuse(r, ES_FILE_DATA, "does not hold integers or floats");
}

/* rows × cols; the first two of three dimensions make the rows together. */
static es_status get_shape(hsize_t shape[2], reader *r) {
  hsize_t dims[3] = {1, 1, 1};
  r->space = H5Dget_space(r->set);
  if (r->space < 0) return refuse(r, ES_FILE_CORRUPT, "is damaged");
  const int rank = H5Sget_simple_extent_ndims(r->space);
  if (H5Sget_simple_extent_type(r->space) != H5S_SIMPLE || rank < 1 || rank > 3)
    return refuse(r, ES_FILE_DATA, "has not 1, 2 or 3 dimensions");
  if (H5Sget_simple_extent_dims(r->space, dims, NULL) != rank)
    return refuse(r, ES_FILE_CORRUPT, "is damaged");
  shape[0] = rank == 3 ? dims[0] * dims[1] : dims[0];
  shape[1] = rank == 3 ? dims[2] : dims[1];
  if (dims[0] > most_numbers || dims[1] > most_numbers ||
      shape[0] > most_numbers || shape[1] > most_numbers ||
      shape[0] * shape[1] > most_numbers)
    return refuse(r, ES_FILE_DATA, "holds more than 2^31 numbers");
  return ES_OK;
}

/* Bytes of one chunk, which HDF5 holds in memory whole; 0 without chunks,
 * SIZE_MAX for a chunk beyond the dataset (H5S_UNLIMITED is the largest
 * number), whose packed bytes HDF5 1.10 would read past. */
static size_t chunk_bytes(const reader *r) {
  hsize_t chunk[3], most[3];
  size_t bytes = H5Tget_size(r->type);
  if (H5Pget_layout(r->how) != H5D_CHUNKED) return 0;
  const int rank = H5Sget_simple_extent_dims(r->space, NULL, most);
  if (H5Pget_chunk(r->how, 3, chunk) != rank) return SIZE_MAX;
  for (int k = 0; k < rank; k++)
    if (chunk[k] > most[k] || !es_size_mul(&bytes, bytes, chunk[k]))
      return SIZE_MAX;
  return bytes;
}

/* Only chunks can be packed. (HDF5 1.10 itself reads beyond a compact dataset
 * that is shorter than its dimensions say.) Both numbers are at most 2^31, an
 * item 16 bytes: no product overflows. */
static es_status check_storage(const hsize_t dims[2], const reader *r) {
  const size_t stored = H5Dget_storage_size(r->set);
  const size_t bytes = dims[0] * dims[1] * H5Tget_size(r->type);
  const size_t ratio = H5Pget_layout(r->how) == H5D_CHUNKED ? most_ratio : 1;
  if (bytes > 0 && stored == 0)
    return refuse(r, ES_FILE_DATA, "was never written");
  if (stored > r->file_size)
    return refuse(r, ES_FILE_CORRUPT, "claims more bytes than the file has");
  if (bytes / ratio > stored || chunk_bytes(r) / most_ratio > stored)
    return refuse(r, ES_FILE_CORRUPT,
                  "claims more numbers than its bytes can hold");
  return ES_OK;
}

static es_status read_dataset(es_array *out, reader *r) {
  hsize_t dims[2] = {0, 0};
  es_status status = open_file(r);
  if (status == ES_OK) status = open_dataset(r);
  if (status == ES_OK) status = check_layout(r);
  if (status == ES_OK) status = check_type(r);
  if (status == ES_OK) status = get_shape(dims, r);
  if (status == ES_OK) status = check_storage(dims, r);
  if (status == ES_OK)
    status = es_array_new(out, dims[0], dims[1], r->name, r->diag);
  if (status == ES_OK && H5Dread(r->set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL,
                                 H5P_DEFAULT, out->data) < 0)
    status = refuse(r, ES_FILE_CORRUPT,
                    "cannot be read: damaged, or packed in an unknown way");
  if (status == ES_OK) status = es_array_check(out, r->name, r->diag);
  return status;
}

static void close_all(reader *r) {
  const hid_t ids[] = {r->space, r->type, r->how, r->set, r->file};
  for (size_t k = 0; k < sizeof ids / sizeof *ids; k++)
    if (ids[k] >= 0) H5Idec_ref(ids[k]);
  es_h5_io_release(&r->io);
}

static es_status read_from(es_array *out, int fd, size_t size, const char *path,
                           const char *dataset, es_diag *diag) {
  const size_t n = strlen(path) + strlen(dataset) + 2;
  char *name = malloc(n);
  if (name == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for its name");
  snprintf(name, n, "%s:%s", path, dataset);
  reader r = {.io = {.fd = fd},
              .file_size = size,
              .file = -1,
              .set = -1,
              .how = -1,
              .type = -1,
              .space = -1,
              .dataset = dataset,
              .path = path,
              .name = name,
              .diag = diag};
  es_status status = ES_OK;
  H5E_BEGIN_TRY {
    status = read_dataset(out, &r);
    close_all(&r);
  }
  H5E_END_TRY
  free(name);
  return status;
}

es_status es_h5_read_array(es_array *out, const char *path, const char *dataset,
                           es_diag *diag) {
  int fd;
  size_t size;
  *out = (es_array){0};
  es_status status = es_file_open(&fd, &size, path, diag);
  if (status != ES_OK) return status;
  status = read_from(out, fd, size, path, dataset, diag);
  close(fd);
  if (status != ES_OK) es_array_free(out);
  return status;
}
