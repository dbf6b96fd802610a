/* Tables as CSV: one header row, then rows of numbers or words. */
#ifndef ES_FILE_CSV_H
#define ES_FILE_CSV_H

#include "file/atomic.h"

/* A writer to a final file (through NAME.part) or to a stream that the caller
 * owns (standard output). */
typedef struct es_csv {
  es_part part; /* used when writing to a path */
  FILE *stream;
  size_t columns, filled; /* cells of the current row */
  char *line;             /* the current row; grows, then stays */
  size_t used, room;
} es_csv;

/* path NULL: write to stream, which is flushed and checked but never closed.
 * SIGPIPE and SIGXFSZ are the caller's: ignored, they become ES_FILE_WRITE. */
es_status es_csv_open(es_csv *csv, const char *path, FILE *stream,
                      es_diag *diag) ES_MUST_USE;

/* The same with the path DIR/name. */
es_status es_csv_open_in(es_csv *csv, const char *dir, const char *name,
                         es_diag *diag) ES_MUST_USE;

/* The header; fixes the number of columns. Names are quoted where needed. */
es_status es_csv_header(es_csv *csv, const char *const *names, size_t n,
                        es_diag *diag) ES_MUST_USE;

/* A row of numbers as %.17g (nan, inf and -inf in those words, a decimal point
 * in every locale), flushed as a whole line so that a .part file holds whole
 * rows only. ES_BAD_SHAPE if n is not the number of columns. */
es_status es_csv_row(es_csv *csv, const double *values, size_t n,
                     es_diag *diag) ES_MUST_USE;

/* A number as it stands in a cell (below), not terminated; returns its length,
 * 24 at most. */
size_t es_csv_number(char out[64], double value);

/* Rows that were made elsewhere, n bytes of them, in one write: cells of as
 * many columns as the header has, the last row ended. */
es_status es_csv_append(es_csv *csv, const char *rows, size_t n,
                        es_diag *diag) ES_MUST_USE;

/* Rows of mixed cells: n calls, the last of which ends the row. */
es_status es_csv_cell_text(es_csv *csv, const char *text,
                           es_diag *diag) ES_MUST_USE;
es_status es_csv_cell(es_csv *csv, double value, es_diag *diag) ES_MUST_USE;

/* Ends the table: flush, check, and for a path sync and rename. Rows written
 * before a reported failure of the computation are kept by closing; cells of
 * an unfinished row are dropped. A table that failed to be written is removed.
 */
es_status es_csv_close(es_csv *csv, es_diag *diag) ES_MUST_USE;
void es_csv_abandon(es_csv *csv); /* removes what was begun */

/* Closes the table where its rows went well, else abandons it and returns the
 * status they ended with. */
es_status es_csv_end(es_csv *csv, es_status status, es_diag *diag) ES_MUST_USE;

/* A table that grows across several runs of the program. es_csv_sync makes the
 * rows so far durable and gives their length; es_csv_reopen goes on behind that
 * length, as es_part_reopen does, if this header is what the file begins with
 * and a row ends there (ES_FILE_CORRUPT else, and nothing is changed);
 * es_csv_leave closes and leaves NAME.part as it is, which is what to do after
 * a failure as well, since es_csv_close would remove it. */
es_status es_csv_sync(es_csv *csv, uint64_t *bytes, es_diag *diag) ES_MUST_USE;
es_status es_csv_reopen(es_csv *csv, const char *path, uint64_t bytes,
                        const char *const *names, size_t n,
                        es_diag *diag) ES_MUST_USE;
void es_csv_leave(es_csv *csv);

/* A table in memory, columns of numbers; cells that are not numbers are NaN
 * with their text kept. The words nan, inf and -inf are read as such. */
typedef struct es_table {
  size_t rows, columns;
  char **name;   /* columns names */
  double *value; /* value[i*columns + j] */
  char **text;   /* text[i*columns + j], as in the file but unquoted */
  char *bytes;   /* what name and text point into */
} es_table;

/* Reads a table of at most 2 GiB as RFC 4180 describes it: every row must have
 * as many cells as the header. Blanks around cells that are not quoted and
 * blank lines are skipped. ES_FILE_CORRUPT names the line. */
es_status es_table_read(es_table *out, const char *path,
                        es_diag *diag) ES_MUST_USE;

/* Reads the header alone, however long the table is: a table without rows. The
 * header may have at most 16 MiB. */
es_status es_table_header(es_table *out, const char *path,
                          es_diag *diag) ES_MUST_USE;
void es_table_free(es_table *table);

/* Index of a column, or table->columns. */
size_t es_table_column(const es_table *table, const char *name);

#endif
