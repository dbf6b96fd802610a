/* A HDF5 file driver over an open descriptor. Two things need it. When a
 * driver tells HDF5 that a write failed, the library keeps the file open with
 * data it cannot flush, and tries again, or crashes, when the process ends; so
 * this one takes the error down, drops what follows and lets HDF5 close in
 * peace. And the descriptor is one that we opened, checked and locked, so that
 * pipes, file locking and error messages are the same as for other files.
 * Reference: "HDF5 Virtual File Layer" and H5FDpublic.h. */
#ifndef ES_FILE_H5_IO_H
#define ES_FILE_H5_IO_H

#include <hdf5.h>

/* Must live until the file is closed. */
typedef struct es_h5_io {
  int fd;
  int error;    /* errno of the first failure, or 0 */
  hid_t driver; /* 0: none */
} es_h5_io;

/* A file access property list that uses the driver (H5Pclose it), or a
 * negative number. A file closes with all that is open in it. */
hid_t es_h5_io_access(es_h5_io *io);

/* Takes the driver away, after the file was closed and not before: HDF5 reads
 * its table once more when the last file of a driver closes, and the file's own
 * reference to it is gone by then (H5FD_close in 1.10). */
void es_h5_io_release(es_h5_io *io);

#endif
