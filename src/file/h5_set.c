/* Datasets of files that are not trusted: see h5_set.h. */
#include "file/h5_set.h"

#include "base/slab.h"
#include "file/open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Deflate packs at most 1032 bytes into one. */
static const size_t most_numbers = (size_t)1 << 31, most_ratio = 1032;

static es_status refuse(const es_h5_set *s, es_status code, const char *what) {
  const int error = s->source->io.error;
  if (error != 0)
    return es_file_fail(s->diag, ES_FILE_CORRUPT, s->source->path,
                        "cannot be read: %s", strerror(error));
  return es_file_fail(s->diag, code, s->name, "%s", what);
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
  ((es_h5_set *)self)->met_external_link = true;
  return -1;
}

static es_status open_dataset(es_h5_set *s, const char *dataset,
                              es_status otherwise) {
  const hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
  if (H5Pset_elink_cb(access, at_external_link, s) >= 0)
    s->set = H5Dopen2(s->source->file, dataset, access);
  H5Pclose(access);
  if (s->met_external_link)
    return refuse(s, ES_FILE_CORRUPT,
                  "is an external link, which is not followed");
  if (s->set < 0)
    return refuse(s, otherwise, "there is no such dataset, or it is damaged");
  s->how = H5Dget_create_plist(s->set);
  s->type = H5Dget_type(s->set);
  if (s->how < 0 || s->type < 0)
    return refuse(s, ES_FILE_CORRUPT, "is damaged");
  return ES_OK;
}

/* Before the space is asked for, since a virtual dataset may open its sources
 * to tell it. */
static es_status check_layout(const es_h5_set *s) {
  if (H5Pget_layout(s->how) == H5D_VIRTUAL)
    return refuse(s, ES_FILE_CORRUPT,
                  "is a virtual dataset: other files are not followed");
  if (H5Pget_external_count(s->how) != 0)
    return refuse(s, ES_FILE_CORRUPT,
                  "has external storage: other files are not followed");
  return ES_OK;
}

/* Whether the parts of a number lie within its bytes. HDF5 1.10 checks that of
 * types that a program makes and not of those in files, and takes an exponent
 * into 64 bits on its stack (H5T__bit_get_d). */
static bool fits_its_bytes(hid_t type, bool is_float, size_t bits) {
  size_t sign, exponent, width, fraction, digits;
  const int offset = H5Tget_offset(type);
  const size_t precision = H5Tget_precision(type);
  if (offset < 0 || precision < 1 || precision > bits ||
      (size_t)offset > bits - precision)
    return false;
  if (!is_float) return true;
  if (H5Tget_fields(type, &sign, &exponent, &width, &fraction, &digits) < 0)
    return false;
  return sign < bits && width >= 1 && width <= 32 && exponent < bits &&
         width <= bits - exponent && digits >= 1 && fraction < bits &&
         digits <= bits - fraction;
}

static es_status check_type(const es_h5_set *s) {
  const H5T_class_t class = H5Tget_class(s->type);
  const size_t size = H5Tget_size(s->type);
  if ((class != H5T_INTEGER && class != H5T_FLOAT) || size < 1 || size > 16)
    return refuse(s, ES_FILE_DATA, "does not hold integers or floats");
  if (fits_its_bytes(s->type, class == H5T_FLOAT, 8 * size)) return ES_OK;
  return refuse(s, ES_FILE_CORRUPT, "has numbers of a damaged type");
}

static es_status check_rank(const es_h5_set *s, const es_h5_taken *taken) {
  const H5S_class_t class = H5Sget_simple_extent_type(s->space);
  const int rank = H5Sget_simple_extent_ndims(s->space);
  if ((class == H5S_SIMPLE || class == H5S_SCALAR) &&
      rank >= (int)taken->least && rank <= (int)taken->most)
    return ES_OK;
  char what[64];
  snprintf(what, sizeof what, "has not %zu to %zu dimensions", taken->least,
           taken->most);
  return refuse(s, taken->otherwise, what);
}

/* No product that counts overflows: it is one of two numbers up to 2^31. */
static es_status get_shape(es_h5_set *s, const es_h5_taken *taken) {
  hsize_t dims[4] = {0};
  s->space = H5Dget_space(s->set);
  if (s->space < 0) return refuse(s, ES_FILE_CORRUPT, "is damaged");
  const es_status status = check_rank(s, taken);
  if (status != ES_OK) return status;
  const int rank = H5Sget_simple_extent_dims(s->space, dims, NULL);
  if (rank < 0 || rank > 4) return refuse(s, ES_FILE_CORRUPT, "is damaged");
  s->rank = (size_t)rank;
  s->count = 1;
  bool fits = true;
  for (size_t k = 0; fits && k < s->rank; k++) {
    s->dims[k] = dims[k];
    s->count *= dims[k];
    fits = dims[k] <= most_numbers && s->count <= most_numbers;
  }
  return fits ? ES_OK : refuse(s, ES_FILE_DATA, "holds more than 2^31 numbers");
}

/* Bytes of one chunk, which HDF5 holds in memory whole; 0 without chunks,
 * SIZE_MAX for a chunk beyond the dataset (H5S_UNLIMITED is the largest
 * number), whose packed bytes HDF5 1.10 would read past. */
static size_t chunk_bytes(const es_h5_set *s) {
  hsize_t chunk[4], most[4];
  size_t bytes = H5Tget_size(s->type);
  if (H5Pget_layout(s->how) != H5D_CHUNKED) return 0;
  const int rank = H5Sget_simple_extent_dims(s->space, NULL, most);
  if (H5Pget_chunk(s->how, 4, chunk) != rank) return SIZE_MAX;
  for (int k = 0; k < rank; k++)
    if (chunk[k] > most[k] || !es_size_mul(&bytes, bytes, chunk[k]))
      return SIZE_MAX;
  return bytes;
}

/* Only chunks can be packed. (HDF5 1.10 itself reads beyond a compact dataset
 * that is shorter than its dimensions say.) The count is at most 2^31, an item
 * 16 bytes: the product does not overflow. */
static es_status check_storage(const es_h5_set *s) {
  const size_t stored = H5Dget_storage_size(s->set);
  const size_t bytes = s->count * H5Tget_size(s->type);
  const size_t ratio = H5Pget_layout(s->how) == H5D_CHUNKED ? most_ratio : 1;
  if (bytes > 0 && stored == 0)
    return refuse(s, ES_FILE_DATA, "was never written");
  if (stored > s->source->size)
    return refuse(s, ES_FILE_CORRUPT, "claims more bytes than the file has");
  if (bytes / ratio > stored || chunk_bytes(s) / most_ratio > stored)
    return refuse(s, ES_FILE_CORRUPT,
                  "claims more numbers than its bytes can hold");
  return ES_OK;
}

static es_status open_checked(es_h5_set *s, const char *dataset,
                              const es_h5_taken *taken) {
  /* What could not be read once is not to be had by asking again. */
  if (s->source->io.error != 0) return refuse(s, ES_FILE_CORRUPT, "");
  es_status status = open_dataset(s, dataset, taken->otherwise);
  if (status == ES_OK) status = check_layout(s);
  if (status == ES_OK) status = check_type(s);
  if (status == ES_OK) status = get_shape(s, taken);
  if (status == ES_OK) status = check_storage(s);
  return status;
}

/* Messages show no more than the end of a long name. */
static void set_name(es_h5_set *set, const char *dataset) {
  const char *path = set->source->path;
  const size_t room = sizeof set->name - 2, n = strlen(dataset);
  const size_t of_set = n < room ? n : room, m = strlen(path);
  const size_t of_path = m < room - of_set ? m : room - of_set;
  snprintf(set->name, sizeof set->name, "%s:%s", path + (m - of_path),
           dataset + (n - of_set));
}

es_status es_h5_set_open(es_h5_set *set, es_h5_source *source,
                         const char *dataset, const es_h5_taken *taken,
                         es_diag *diag) {
  es_status status;
  *set = (es_h5_set){.source = source,
                     .set = -1,
                     .how = -1,
                     .type = -1,
                     .space = -1,
                     .diag = diag};
  set_name(set, dataset);
  H5E_BEGIN_TRY { status = open_checked(set, dataset, taken); }
  H5E_END_TRY;
  return status;
}

es_status es_h5_set_read(void *out, hid_t memory_type, const es_h5_set *set) {
  bool good = false;
  H5E_BEGIN_TRY {
    good =
        H5Dread(set->set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
  }
  H5E_END_TRY
  if (good) return ES_OK;
  return refuse(set, ES_FILE_CORRUPT,
                "cannot be read: damaged, or packed in an unknown way");
}

void es_h5_set_close(es_h5_set *set) {
  const hid_t ids[] = {set->space, set->type, set->how, set->set};
  H5E_BEGIN_TRY {
    for (size_t k = 0; k < sizeof ids / sizeof *ids; k++)
      if (ids[k] >= 0) H5Idec_ref(ids[k]);
  }
  H5E_END_TRY
}
