/* Rows of a sweep column by column, as they lie in HDF5. */
#ifndef ES_SWEEP_PACKING_H
#define ES_SWEEP_PACKING_H

#include "file/h5_table.h"
#include "sweep/format.h"

typedef struct es_packing {
  const es_format *format;
  es_h5_column *column; /* n, in the order of the CSV's */
  size_t n;
  char (*name)[64];  /* their names, with a slash */
  char *words;       /* memory of the words of axes */
  const char **word; /* pointers to them */
} es_packing;

/* format is borrowed. */
es_status es_packing_open(es_packing *out, const es_format *format,
                          es_diag *diag) ES_MUST_USE;
void es_packing_close(es_packing *packing); /* a zeroed one is accepted */

/* Rows to bytes: column after column. ES_NO_MEMORY. */
es_status es_packing_rows(const es_packing *packing, const es_rows *rows,
                          es_bytes *bytes) ES_MUST_USE;
/* Those bytes, of n rows, into a table. */
es_status es_packing_write(const es_packing *packing, es_h5_table *table,
                           uint64_t first_row, size_t n, const char *bytes,
                           es_diag *diag) ES_MUST_USE;
/* And n rows from a table into bytes; es_packing_size says how many. */
es_status es_packing_read(const es_packing *packing, es_h5_table *table,
                          uint64_t first_row, size_t n, char *bytes,
                          es_diag *diag) ES_MUST_USE;
size_t es_packing_size(const es_packing *packing); /* bytes of a row */

/* How many of n rows as bytes, from the first on, are those of cells from
 * `first` on, as far as axes and the numbers of words go; adds them to tally.
 */
size_t es_packing_check(const es_packing *packing, uint64_t first, size_t n,
                        const char *bytes, es_tally *tally);

/* Counts the first rows of a table. */
es_status es_packing_count(const es_packing *packing, es_h5_table *table,
                           uint64_t rows, es_tally *tally,
                           es_diag *diag) ES_MUST_USE;

#endif
