/* Where the rows of a sweep go: a table that grows in a folder, CSV or HDF5,
 * and a copy as CSV. */
#ifndef ES_SWEEP_OUTPUT_H
#define ES_SWEEP_OUTPUT_H

#include "sweep/format.h"

typedef struct es_output es_output;

typedef struct es_output_where {
  const char *path; /* of the table that can be resumed; NULL: none */
  bool h5;          /* it is HDF5, or another rank's table is */
  const char *csv;  /* copy: a path, "-" for standard output, NULL: none */
  bool resume;      /* go on with what is at path */
} es_output_where;

/* Opens the tables for cells first to last-1 of the sweep and writes headers.
 * With resume, rows that are there are kept, as far as they are rows of these
 * cells. */
es_status es_output_open(es_output **out, const es_sweep *sweep,
                         const es_output_where *where, uint64_t first,
                         uint64_t last, es_diag *diag) ES_MUST_USE;

/* The first cell that has no row yet. */
uint64_t es_output_next(const es_output *output);
/* Rows so far, those kept included. */
es_tally es_output_tally(const es_output *output);
es_sink es_output_sink(es_output *output);

/* Frees the output. ended: tables get their final names. Else what can be
 * resumed is left as it is; a copy is ended where keep says so and removed
 * where not. */
es_status es_output_close(es_output *output, bool ended, bool keep,
                          es_diag *diag) ES_MUST_USE;

#endif
