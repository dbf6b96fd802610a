/* Reading one array from a HDF5 file: see array.h. */
#include "file/array.h"

#include "file/h5_set.h"

/* The first two of three dimensions make the rows together. */
static es_status read_array(es_array *out, const es_h5_set *set) {
  const size_t *n = set->dims;
  const size_t rows = set->rank == 3 ? n[0] * n[1] : n[0];
  const size_t cols = set->rank == 1 ? 1 : n[set->rank - 1];
  es_status status = es_array_new(out, rows, cols, set->name, set->diag);
  if (status == ES_OK && set->rank == 3) out->pages = n[0];
  if (status == ES_OK)
    status = es_h5_set_read(out->data, H5T_NATIVE_DOUBLE, set);
  if (status == ES_OK) status = es_array_check(out, set->name, set->diag);
  return status;
}

es_status es_h5_read_array(es_array *out, const char *path, const char *dataset,
                           es_diag *diag) {
  static const es_h5_taken taken = {1, 3, ES_FILE_DATA};
  es_h5_source *source;
  *out = (es_array){0};
  es_status status = es_h5_open(&source, path, diag);
  if (status != ES_OK) return status;
  es_h5_set set;
  status = es_h5_set_open(&set, source, dataset, &taken, diag);
  if (status == ES_OK) status = read_array(out, &set);
  es_h5_set_close(&set);
  es_h5_close(source);
  if (status != ES_OK) es_array_free(out);
  return status;
}
