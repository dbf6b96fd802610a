/* Where the bytes of a HDF5 table lie, private to the room. HDF5 makes an empty
 * table in memory, of which everything but the columns' own bytes is kept: a
 * table on disk begins as a copy of that, grows by plain writes into its
 * columns, and is recognised by holding it; so HDF5 never reads a file of which
 * one does not know who wrote it. */
#ifndef ES_FILE_H5_LAYOUT_H
#define ES_FILE_H5_LAYOUT_H

#include "file/h5_table.h"

typedef struct es_h5_extent {
  uint64_t at, bytes;
} es_h5_extent;

typedef struct es_h5_layout {
  int fd;               /* of the empty table; -1: none */
  uint64_t size;        /* bytes of a table */
  es_h5_extent *extent; /* of n columns, and last of the number of rows */
  es_h5_extent *rising; /* the same by place */
  size_t n;
} es_h5_layout;

es_status es_h5_layout_make(es_h5_layout *out, const es_h5_column *column,
                            size_t n, uint64_t rows, es_diag *diag) ES_MUST_USE;
void es_h5_layout_free(es_h5_layout *layout); /* a zeroed one: fd must be -1 */

/* Copies into fd, or compares with it, all that is outside the extents. Returns
 * 0 or an errno. */
int es_h5_layout_copy(const es_h5_layout *layout, int fd);
int es_h5_layout_compare(const es_h5_layout *layout, int fd, bool *same);

/* All of n bytes at a place; 0 or an errno, EIO for a file that is shorter. */
int es_h5_pull(int fd, void *out, size_t n, uint64_t at);

#endif
