/* Rows of a sweep as lines of CSV, written and read back: the axes, outcome,
 * the model's columns, t_settle, steps, status. What a cell's line begins with
 * follows from its number, so that a table can be held against the grid that it
 * says it is of. */
#ifndef ES_SWEEP_FORMAT_H
#define ES_SWEEP_FORMAT_H

#include "sweep/own.h"

/* What became of cells, counted. */
typedef struct es_tally {
  uint64_t cells, fate[4], failed;
} es_tally;
void es_tally_add(es_tally *tally, const es_cell *cell);

enum { ES_TEXT_MOST = 40 }; /* bytes of an axis value */

typedef struct es_format {
  const es_sweep *sweep;
  const char **name; /* n names of the header */
  size_t n, n_axes;
  const es_points *points;
  char (*text)[ES_TEXT_MOST]; /* the values of all axes of a grid, one after
                                 another */
  uint8_t *length;            /* of each */
  size_t *begin;              /* n_axes places in text */
} es_format;

/* Of a grid. */
es_status es_format_open(es_format *out, const es_sweep *sweep,
                         es_diag *diag) ES_MUST_USE;
void es_format_close(es_format *format);

/* Lines of rows, appended to bytes. ES_NO_MEMORY. */
es_status es_format_rows(const es_format *format, const es_rows *rows,
                         es_bytes *bytes) ES_MUST_USE;

/* Whether a line of n bytes, its end not counted, is a row of that cell; adds
 * it to tally. */
bool es_format_is_row(const es_format *format, uint64_t cell, const char *line,
                      size_t n, es_tally *tally);

#endif
