/* What HDF5 1.10 itself does not check in a file before it computes with it.
 * Private to the room; the driver (h5_io.c) shows it what HDF5 reads. Lengths
 * of 8 bytes are taken for granted, as all files have them that were not made
 * to differ. Reference: "HDF5 File Format Specification", IV.A. */
#ifndef ES_FILE_H5_GUARD_H
#define ES_FILE_H5_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of a group (a local heap) of more bytes than the file, whose end this
 * is: HDF5 takes memory for them, and copies beyond it where sums wrap. */
bool es_h5_is_endless_heap(const unsigned char *bytes, size_t n, uint64_t end);

/* A header of an object, or what continues it,
 * - that is longer than the file, or goes on in a piece that is, or does not
 * say where: HDF5 reads on beyond its bytes, and takes as much memory as it
 * finds there (H5O__chunk_deserialize);
 * - or in which a dataset's layout has chunks without extent or of another rank
 *   than the dataset, by which HDF5 divides (H5D__chunk_set_info), or is cut
 * off. *rank: the dataset's, as far as it is known from the pieces of this
 * header before (-1: it is not). */
bool es_h5_is_bad_header(const unsigned char *bytes, size_t n, uint64_t end,
                         int *rank);

#endif
