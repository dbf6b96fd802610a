/* Rows of a sweep on their way from the threads that solve cells to whoever
 * takes them. Private to the library and the program. */
#ifndef ES_SWEEP_ROWS_H
#define ES_SWEEP_ROWS_H

#include <eigenstep/sweep.h>

/* Consecutive cells. */
typedef struct es_rows {
  uint64_t first; /* number of the first in the grid */
  size_t n;
  const double *axes;    /* n × axes, cell by cell */
  const double *columns; /* n × columns, cell by cell */
  const es_cell *cell;   /* n */
} es_rows;

/* Memory that grows. */
typedef struct es_bytes {
  char *data;
  size_t n, room;
} es_bytes;

/* What becomes of rows. prepare (NULL: nothing) turns them into bytes and is
 * called by many threads at a time; take gets rows and bytes in order, one call
 * at a time, not always from one thread. Anything but ES_OK ends the sweep. */
typedef struct es_sink {
  es_status (*prepare)(const void *context, const es_rows *rows,
                       es_bytes *bytes);
  es_status (*take)(void *context, const es_rows *rows, const es_bytes *bytes,
                    es_diag *diag);
  void *context;
} es_sink;

/* es_sweep_run with rows in blocks. */
es_status es_sweep_run_rows(es_sweep *sweep, uint64_t first, uint64_t last,
                            size_t threads, const es_watch *watch,
                            const es_sink *sink, es_diag *diag) ES_MUST_USE;

#endif
