/* Reading a run's files: see sources.h. */
#include "overlay/sources.h"

#include "file/open.h"

#include <stdio.h>
#include <stdlib.h>

void es_sources_free(es_sources *s) {
  free(s->prediction_path);
  free(s->trace_path);
  free(s->arrays_path);
  es_table_free(&s->prediction);
  es_table_free(&s->trace);
  es_array_free(&s->gamma);
  es_array_free(&s->Z0);
  *s = (es_sources){0};
}

es_status es_sources_check(const char *run, const char *prediction,
                           const char *trace, const char *arrays,
                           es_diag *diag) {
  if (!es_file_is_directory(run))
    return es_file_fail(diag, ES_FILE_MISSING, run, "no such run");
  if (prediction != NULL && !es_file_exists(prediction))
    return es_file_fail(diag, ES_FILE_MISSING, prediction,
                        "no prediction; train with train.predict=conjugate");
  if (!es_file_exists(trace))
    return es_file_fail(diag, ES_FILE_MISSING, trace,
                        "the run has not ended (train --resume goes on)");
  if (!es_file_exists(arrays))
    return es_file_fail(diag, ES_FILE_MISSING, arrays,
                        "no arrays; train with train.predict=conjugate");
  return ES_OK;
}

static es_status read_all(es_sources *s, const char *run, es_diag *diag) {
  s->prediction_path = es_file_join(run, "prediction.csv");
  s->trace_path = es_file_join(run, "trace.csv");
  s->arrays_path = es_file_join(run, "arrays.h5");
  if (s->prediction_path == NULL || s->trace_path == NULL ||
      s->arrays_path == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for paths");
  es_status status = es_sources_check(run, s->prediction_path, s->trace_path,
                                      s->arrays_path, diag);
  if (status == ES_OK)
    status = es_table_read(&s->prediction, s->prediction_path, diag);
  if (status == ES_OK) status = es_table_read(&s->trace, s->trace_path, diag);
  if (status == ES_OK)
    status =
        es_h5_read_array(&s->gamma, s->arrays_path, "/prediction/gamma", diag);
  if (status == ES_OK)
    status = es_h5_read_array(&s->Z0, s->arrays_path, "/prediction/Z0", diag);
  return status;
}

es_status es_sources_read(es_sources *out, const char *run, es_diag *diag) {
  *out = (es_sources){0};
  const es_status status = read_all(out, run, diag);
  if (status != ES_OK) es_sources_free(out);
  return status;
}

size_t es_sources_family(const es_table *table, const char *name) {
  char column[64];
  for (size_t j = 1;; j++) {
    snprintf(column, sizeof column, "%s_%zu", name, j);
    if (es_table_column(table, column) == table->columns) return j - 1;
  }
}

bool es_sources_take(double *out, size_t stride, const es_table *table,
                     const char *name) {
  const size_t c = es_table_column(table, name);
  if (c == table->columns) return false;
  for (size_t i = 0; i < table->rows; i++)
    out[i * stride] = table->value[i * table->columns + c];
  return true;
}

void es_sources_take_family(double *out, size_t width, const es_table *table,
                            const char *name) {
  char column[64];
  for (size_t j = 0; j < width; j++) {
    snprintf(column, sizeof column, "%s_%zu", name, j + 1);
    (void)es_sources_take(out + j, width, table, column);
  }
}
