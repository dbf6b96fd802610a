/* The IDX format of MNIST: magic 0, 0, type, rank; rank big-endian 32-bit
 * sizes; values, the last index fastest. */
#ifndef ES_DATA_IDX_H
#define ES_DATA_IDX_H

#include "data/source.h"

/* Reads images of bytes, N×H×W or N×C×H×W, from a plain or gzip file, or
 * of a blank source their sizes alone. The checksum is that of the unpacked
 * file, as `gzip -lv` prints it. */
es_status es_idx_read(es_source *out, const char *path,
                      es_diag *diag) ES_MUST_USE;

/* Reads the classes of the out->count images that were read before. */
es_status es_idx_read_labels(es_source *out, const char *path,
                             es_diag *diag) ES_MUST_USE;

#endif
