/* What HDF5 1.10 itself does not check in a file before it computes with it.
 * Private to the room; the driver (h5_io.c) shows it what HDF5 reads. Lengths
 * of 8 bytes are taken for granted, as all files have them that were not made
 * to differ. Reference: "HDF5 File Format Specification", IV.A. */
#ifndef ES_FILE_H5_GUARD_H
#define ES_FILE_H5_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Names of a group (a local heap) of a size at which sums wrap: HDF5 copies
 * beyond what it took. */
bool es_h5_is_endless_heap(const unsigned char *bytes, size_t n);

/* A header of an object, or what continues it, in which a dataset's layout has
 * chunks without extent or of another rank than the dataset, by which HDF5
 * divides (H5D__chunk_set_info), or is cut off. *rank: the dataset's, as far as
 * it is known from the pieces of this header before (-1: it is not). */
bool es_h5_is_flat_header(const unsigned char *bytes, size_t n, int *rank);

#endif
