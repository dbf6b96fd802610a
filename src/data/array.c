/* Vectors of real values from a file, a sample a row: CSV, NPY, HDF5. Values
 * are taken as they are, and all views of a sample are equal but for noise. */
#include "file/array.h"

#include "data/source.h"
#include "file/atomic.h"

#include <stdlib.h>
#include <string.h>

static es_status take(es_source *source, es_array *array,
                      const es_config *config, es_diag *diag) {
  if (array->pages > 1) {
    es_array_free(array);
    return es_fail(diag, ES_FILE_DATA,
                   "data.path=%s: has three dimensions, expected two: a "
                   "sample a row",
                   es_config_text(config, "data", "path"));
  }
  source->count = array->rows;
  source->dim = array->cols;
  source->values = array->data;
  source->checksum =
      es_crc32(0, array->data, array->rows * array->cols * sizeof *array->data);
  return ES_OK;
}

static es_status open_array(es_source *source, const es_config *config,
                            es_diag *diag) {
  const char *path = es_config_text(config, "data", "path");
  es_array array;
  if (path == NULL)
    return es_fail(diag, ES_BAD_VALUE,
                   "data.path is not set: data.name=array needs FILE.csv, "
                   "FILE.npy or FILE.h5:/dataset, a sample a row");
  const es_status status = es_array_read(&array, path, diag);
  if (status == ES_BAD_VALUE)
    return es_config_blame(config, "data", "path", diag,
                           "expected FILE.csv, FILE.npy or FILE.h5:/dataset");
  return status == ES_OK ? take(source, &array, config, diag) : status;
}

static void array_view(const es_source *source, size_t i, const es_draws *draws,
                       double *x) {
  (void)draws;
  memcpy(x, source->values + i * source->dim, source->dim * sizeof *x);
}

const es_source_kind es_source_array = {
    .info = {"array", "vectors from FILE.csv, FILE.npy or FILE.h5:/dataset",
             "data.path", ""},
    .open = open_array,
    .view = array_view,
    .still = true,
};
