/* A table as HDF5, one dataset for each column, that grows row by row in place
 * and can be gone on with after a kill: the number of rows that are durable is
 * in the file (/rows_written). The same content gives the same bytes. From one
 * thread at a time. */
#ifndef ES_FILE_H5_TABLE_H
#define ES_FILE_H5_TABLE_H

#include <eigenstep/status.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct es_h5_column {
  const char *name; /* "/eta" */
  /* Numbers from 0 that stand for words, stored in one byte each; the words
   * are the dataset NAME_names, of fixed length. n_words 0: doubles. */
  const char *const *word;
  size_t n_words;
} es_h5_column;

typedef struct es_h5_table es_h5_table;

/* Begins NAME.part with room for all rows. ES_FILE_WRITE at once where the disk
 * has not as much free; what others take meanwhile fails when it is full. */
es_status es_h5_table_create(es_h5_table **out, const char *path,
                             const es_h5_column *column, size_t n,
                             uint64_t rows, es_diag *diag) ES_MUST_USE;

/* Goes on with NAME.part, or with the table under its final name where there is
 * no part: *done is the number of rows that it has. A part that was not wholly
 * begun is begun anew. ES_FILE_WRITE as above, ES_FILE_MISSING where there is
 * neither, ES_FILE_CORRUPT for a table that is not this one. */
es_status es_h5_table_reopen(es_h5_table **out, const char *path,
                             const es_h5_column *column, size_t n,
                             uint64_t rows, uint64_t *done,
                             es_diag *diag) ES_MUST_USE;

/* Opens a table under its final name for reading. */
es_status es_h5_table_open(es_h5_table **out, const char *path,
                           const es_h5_column *column, size_t n, uint64_t rows,
                           uint64_t *done, es_diag *diag) ES_MUST_USE;

/* n numbers of a column from row `first` on: doubles, or bytes where the column
 * has words. The caller keeps within the table. */
es_status es_h5_table_write(es_h5_table *table, size_t column, uint64_t first,
                            const void *data, size_t n,
                            es_diag *diag) ES_MUST_USE;
es_status es_h5_table_read(es_h5_table *table, size_t column, uint64_t first,
                           void *out, size_t n, es_diag *diag) ES_MUST_USE;

/* Makes the rows so far durable, then their number. */
es_status es_h5_table_sync(es_h5_table *table, uint64_t done,
                           es_diag *diag) ES_MUST_USE;

/* All free the table. Commit renames it, abandon removes it, leave keeps the
 * part as it is. */
es_status es_h5_table_commit(es_h5_table *table, es_diag *diag) ES_MUST_USE;
void es_h5_table_abandon(es_h5_table *table); /* NULL accepted */
void es_h5_table_leave(es_h5_table *table);   /* NULL accepted */

#endif
