/* The files of a run that has a prediction. Private to the room. */
#ifndef ES_OVERLAY_SOURCES_H
#define ES_OVERLAY_SOURCES_H

#include "file/array.h"
#include "file/csv.h"

typedef struct es_sources {
  char *prediction_path, *trace_path, *arrays_path;
  es_table prediction, trace;
  es_array gamma, Z0; /* /prediction/gamma and /prediction/Z0 */
} es_sources;

/* Whether folder `run` and those files of it are there; ES_FILE_MISSING says
 * what makes the file. prediction NULL: not needed. */
es_status es_sources_check(const char *run, const char *prediction,
                           const char *trace, const char *arrays,
                           es_diag *diag) ES_MUST_USE;

/* Reads them from folder `run`, checked so. */
es_status es_sources_read(es_sources *out, const char *run,
                          es_diag *diag) ES_MUST_USE;
void es_sources_free(es_sources *s); /* a zeroed one accepted */

/* Size of the family name_1, name_2, … of columns. */
size_t es_sources_family(const es_table *table, const char *name);

/* Column `name` into out[i*stride], false if there is none; and the family
 * name_1, …, name_width, which is there, into rows of that width. */
bool es_sources_take(double *out, size_t stride, const es_table *table,
                     const char *name);
void es_sources_take_family(double *out, size_t width, const es_table *table,
                            const char *name);

#endif
