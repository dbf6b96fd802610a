/* Reading back the table of a sweep. */
#ifndef ES_SWEEP_SCAN_H
#define ES_SWEEP_SCAN_H

#include "sweep/format.h"

typedef struct es_scan {
  uint64_t bytes; /* of the header and the rows below; 0: the file ends within
                     what may have become the header */
  uint64_t next;  /* the first cell that has no row */
  bool whole;     /* the file ends with the last row */
} es_scan;

/* Gets n bytes of whole rows, in order. */
typedef es_status (*es_scan_take)(void *context, const char *rows, size_t n,
                                  es_diag *diag);

/* Reads rows from the front for as long as they are those of cells first to
 * last-1 in order, counts them in tally and hands them on (take NULL: not).
 * ES_FILE_CORRUPT for another header. */
es_status es_scan_csv(es_scan *out, const es_format *format, const char *path,
                      uint64_t first, uint64_t last, es_tally *tally,
                      es_scan_take take, void *context,
                      es_diag *diag) ES_MUST_USE;

#endif
