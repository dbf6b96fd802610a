/* Arrays from files by the ending of the name: see array.h. */
#include "file/array.h"

#include "base/slab.h"
#include "file/open.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

es_status es_array_new(es_array *out, size_t rows, size_t cols,
                       const char *name, es_diag *diag) {
  size_t n, bytes;
  *out = (es_array){0};
  if (rows == 0 || cols == 0)
    return es_file_fail(diag, ES_FILE_DATA, name, "holds no numbers");
  double *data = NULL;
  if (es_size_mul(&n, rows, cols) && es_size_mul(&bytes, n, sizeof *data))
    data = malloc(bytes);
  if (data == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, name,
                        "no memory for %zu x %zu numbers", rows, cols);
  *out = (es_array){rows, cols, data, 0};
  return ES_OK;
}

es_status es_array_check(const es_array *array, const char *name,
                         es_diag *diag) {
  const size_t n = array->rows * array->cols;
  size_t i = 0;
  while (i < n && isfinite(array->data[i])) i++;
  if (i == n) return ES_OK;
  const double bad = array->data[i];
  return es_file_fail(diag, ES_FILE_DATA, name,
                      "row %zu, column %zu: %s is not a finite number",
                      i / array->cols + 1, i % array->cols + 1,
                      isnan(bad) ? "nan"
                      : bad < 0  ? "-inf"
                                 : "inf");
}

void es_array_free(es_array *array) {
  free(array->data);
  *array = (es_array){0};
}

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n > m && strcmp(text + n - m, end) == 0;
}

/* Splits PATH.h5:/dataset; NULL where spec is of no such form. */
static const char *dataset_of(const char *spec) {
  const char *const marks[] = {".h5:/", ".hdf5:/"};
  for (size_t k = 0; k < 2; k++) {
    const char *mark = strstr(spec, marks[k]);
    if (mark != NULL && mark != spec) return mark + strlen(marks[k]) - 1;
  }
  return NULL;
}

static es_status read_h5(es_array *out, const char *spec, const char *dataset,
                         es_diag *diag) {
  char *path = strndup(spec, (size_t)(dataset - spec) - 1);
  if (path == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, spec, "no memory for its name");
  const es_status status = es_h5_read_array(out, path, dataset, diag);
  free(path);
  return status;
}

es_status es_array_read(es_array *out, const char *spec, es_diag *diag) {
  *out = (es_array){0};
  const char *dataset = dataset_of(spec);
  if (dataset != NULL) return read_h5(out, spec, dataset, diag);
  if (ends_with(spec, ".csv")) return es_csv_read_array(out, spec, diag);
  if (ends_with(spec, ".npy")) return es_npy_read(out, spec, diag);
  if (ends_with(spec, ".h5") || ends_with(spec, ".hdf5"))
    return es_file_fail(diag, ES_BAD_VALUE, spec,
                        "which dataset? write it behind a colon, as in "
                        "FILE.h5:/K");
  return es_file_fail(diag, ES_BAD_VALUE, spec,
                      "is none of PATH.csv, PATH.npy, PATH.h5:/dataset");
}
