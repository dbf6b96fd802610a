/* HDF5 through its serial C library, whose own error printing is switched off
 * for the time of each call. Files are written under NAME.part and renamed when
 * closed; the same content gives the same bytes (no times are stored). Call
 * from one thread at a time, unless H5is_library_threadsafe says otherwise.
 * Arrays are read by es_h5_read_array (array.h). */
#ifndef ES_FILE_H5_H
#define ES_FILE_H5_H

#include <eigenstep/status.h>
#include <stdbool.h>

typedef struct es_h5 es_h5; /* a file being written */

/* Begins PATH.part; refused as es_part_open refuses it. End it with
 * es_h5_commit or es_h5_abandon. */
es_status es_h5_create(es_h5 **out, const char *path,
                       es_diag *diag) ES_MUST_USE;

/* Writes a dataset of rank 0 to 4, row-major; missing groups are made. Rank 0
 * is a single number, and dims may be NULL. After a failure the file can only
 * be abandoned: es_h5_commit fails too. */
es_status es_h5_write(es_h5 *file, const char *dataset, const double *data,
                      const size_t *dims, size_t rank,
                      es_diag *diag) ES_MUST_USE;

/* Writes an es_matrix-shaped column-major block as a rows×cols dataset. */
es_status es_h5_write_columns(es_h5 *file, const char *dataset,
                              const double *column_major, size_t rows,
                              size_t cols, es_diag *diag) ES_MUST_USE;

/* Writes 32-bit floats of rank 0 to 4, row-major, stored as such. */
es_status es_h5_write_float(es_h5 *file, const char *dataset, const float *data,
                            const size_t *dims, size_t rank,
                            es_diag *diag) ES_MUST_USE;

/* Flushes, syncs, closes, renames. The handle is freed in every case; on
 * failure the .part file is removed. */
es_status es_h5_commit(es_h5 *file, es_diag *diag) ES_MUST_USE;
void es_h5_abandon(es_h5 *file); /* NULL accepted */

/* A file being read, dataset by dataset, into memory of known shape.
 * ES_FILE_MISSING as es_file_open, ES_FILE_CORRUPT for what is no HDF5. */
typedef struct es_h5_source es_h5_source;
es_status es_h5_open(es_h5_source **out, const char *path,
                     es_diag *diag) ES_MUST_USE;
void es_h5_close(es_h5_source *file); /* NULL accepted */

/* Records "path: reason" and returns code, for callers that have no use for the
 * numbers they read. */
es_status es_h5_refuse(const es_h5_source *file, es_diag *diag, es_status code,
                       const char *format, ...) ES_PRINTF(4, 5);

/* Reads a dataset of exactly these dimensions (rank 0 to 4), converting
 * integers and floats. ES_FILE_CORRUPT names the dataset that is missing, or
 * the shape found and the one expected; ES_FILE_DATA for a number that is not
 * finite, or beyond the range of a float. What es_h5_read_array refuses is
 * refused here too. */
es_status es_h5_read(es_h5_source *file, const char *dataset, double *out,
                     const size_t *dims, size_t rank,
                     es_diag *diag) ES_MUST_USE;
es_status es_h5_read_float(es_h5_source *file, const char *dataset, float *out,
                           const size_t *dims, size_t rank,
                           es_diag *diag) ES_MUST_USE;

/* True if the file has a dataset of that name; also where the file could not be
 * read, which reading the dataset then says. */
bool es_h5_has(es_h5_source *file, const char *dataset);

/* The dimensions of a dataset (rank 0 to 4), for callers that size their memory
 * by the file: sizes are checked against the file's own as es_h5_read_array
 * does. */
es_status es_h5_shape(es_h5_source *file, const char *dataset, size_t dims[4],
                      size_t *rank, es_diag *diag) ES_MUST_USE;

/* Switches HDF5's own messages off for the rest of the calling thread's life.
 * For a program's main, not for a library: once it has met a damaged file, HDF5
 * prints "infinite loop closing library" when the process ends. */
void es_h5_quiet(void);

/* "1.10.8" of the library that is linked. */
const char *es_h5_version(char *out, size_t size);

#endif
