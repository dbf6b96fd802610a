/* Arrays of doubles from files: CSV, NPY, HDF5 by the ending of the name.
 * Sizes in headers are checked against the file's own size before anything is
 * allocated. Numbers must be finite. */
#ifndef ES_FILE_ARRAY_H
#define ES_FILE_ARRAY_H

#include <eigenstep/status.h>

/* Row-major as on disk: element (i,j) at data[i*cols + j]. A vector has
 * cols = 1; of three dimensions the first two make the rows. */
typedef struct es_array {
  size_t rows, cols;
  double *data;
  size_t pages; /* the first of three dimensions; 0: there are fewer */
} es_array;

/* In every reader an array without a number is ES_FILE_DATA, and *out is zeroed
 * on failure.
 *
 * spec is PATH.csv, PATH.npy or PATH.h5:/dataset (also .hdf5). Free with
 * es_array_free. ES_FILE_MISSING, ES_FILE_CORRUPT, ES_FILE_DATA (NaN or inf,
 * with row and column from 1), ES_BAD_VALUE for an unknown ending. */
es_status es_array_read(es_array *out, const char *spec,
                        es_diag *diag) ES_MUST_USE;
void es_array_free(es_array *array);

/* The readers behind it. CSV: an optional header line (one without a number),
 * comma or white space between numbers, '#' comments; at most 2 GiB. NPY:
 * versions 1 to 3, little- or big-endian f4, f8, i1 to i8, u1 to u8, C or
 * Fortran order, 1 or 2 dimensions, and nothing behind the data. HDF5: integers
 * or floats, 1 to 3 dimensions, at most 2^31 numbers; external links, external
 * storage and virtual datasets are refused. */
es_status es_csv_read_array(es_array *out, const char *path,
                            es_diag *diag) ES_MUST_USE;
es_status es_npy_read(es_array *out, const char *path,
                      es_diag *diag) ES_MUST_USE;
es_status es_h5_read_array(es_array *out, const char *path, const char *dataset,
                           es_diag *diag) ES_MUST_USE;

/* What the readers share: room for rows*cols numbers (ES_FILE_DATA for none of
 * them), and ES_FILE_DATA naming the first that is not finite. */
es_status es_array_new(es_array *out, size_t rows, size_t cols,
                       const char *name, es_diag *diag) ES_MUST_USE;
es_status es_array_check(const es_array *array, const char *name,
                         es_diag *diag) ES_MUST_USE;

/* Writes rows×cols doubles (row-major) as NPY version 1, atomically. */
es_status es_npy_write(const char *path, const double *data, size_t rows,
                       size_t cols, es_diag *diag) ES_MUST_USE;

#endif
