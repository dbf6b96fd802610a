/* HDF5 through its serial C library, whose own error printing is switched off
 * for the time of each call. Files are written under NAME.part and renamed when
 * closed; the same content gives the same bytes (no times are stored). Call
 * from one thread at a time, unless H5is_library_threadsafe says otherwise.
 * Arrays are read by es_h5_read_array (array.h). */
#ifndef ES_FILE_H5_H
#define ES_FILE_H5_H

#include <eigenstep/status.h>

typedef struct es_h5 es_h5; /* a file being written */

es_status es_h5_create(es_h5 **out, const char *path,
                       es_diag *diag) ES_MUST_USE;

/* Writes a dataset of rank 1 to 4, row-major; missing groups are made. After a
 * failure the file can only be abandoned: es_h5_commit fails too. */
es_status es_h5_write(es_h5 *file, const char *dataset, const double *data,
                      const size_t *dims, size_t rank,
                      es_diag *diag) ES_MUST_USE;

/* Writes an es_matrix-shaped column-major block as a rows×cols dataset. */
es_status es_h5_write_columns(es_h5 *file, const char *dataset,
                              const double *column_major, size_t rows,
                              size_t cols, es_diag *diag) ES_MUST_USE;

/* Flushes, syncs, closes, renames. The handle is freed in every case; on
 * failure the .part file is removed. */
es_status es_h5_commit(es_h5 *file, es_diag *diag) ES_MUST_USE;
void es_h5_abandon(es_h5 *file); /* NULL accepted */

/* Switches HDF5's own messages off for the rest of the calling thread's life.
 * For a program's main, not for a library: once it has met a damaged file, HDF5
 * prints "infinite loop closing library" when the process ends. */
void es_h5_quiet(void);

/* "1.10.8" of the library that is linked. */
const char *es_h5_version(char *out, size_t size);

#endif
