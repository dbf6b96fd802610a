/* The driver: see h5_io.h. */
#include "file/h5_io.h"

#include "file/h5_guard.h"
#include "file/open.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

typedef struct file {
  H5FD_t base; /* HDF5's part; must come first */
  es_h5_io *io;
  haddr_t eoa, eof; /* end of what is allocated, of what was written */
  bool written;     /* and not just read */
  haddr_t header, header_end; /* what was read last of an object header */
  int rank;                   /* of the dataset that it is of; -1: not known */
} file;

static const haddr_t farthest = (haddr_t)1 << 62;

static void take_down(es_h5_io *io, int error) {
  if (io->error == 0) io->error = error;
}

static H5FD_t *open_file(const char *name, unsigned flags, hid_t access,
                         haddr_t maxaddr) {
  (void)name;
  (void)maxaddr;
  es_h5_io *const *io = H5Pget_driver_info(access);
  struct stat info;
  if (io == NULL || fstat((*io)->fd, &info) != 0) return NULL;
  file *f = calloc(1, sizeof *f);
  if (f == NULL) take_down(*io, ENOMEM);
  if (f == NULL) return NULL;
  f->io = *io;
  f->eof = (flags & H5F_ACC_TRUNC) != 0 ? 0 : (haddr_t)info.st_size;
  f->written = (flags & H5F_ACC_RDWR) != 0;
  f->rank = -1;
  return &f->base;
}

static herr_t close_file(H5FD_t *base) {
  free(base); /* the descriptor is its opener's */
  return 0;
}

static int compare(const H5FD_t *a, const H5FD_t *b) {
  const uintptr_t x = (uintptr_t)((const file *)a)->io;
  const uintptr_t y = (uintptr_t)((const file *)b)->io;
  return (x > y) - (x < y);
}

/* A file that is read is not to be trusted, and HDF5's accumulator of metadata
 * adds address and size without a look at overflow (H5F__accum_read in 1.10):
 * an address near 2^64 in a file would crash it. */
static herr_t query(const H5FD_t *base, unsigned long *flags) {
  const file *f = (const file *)base;
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA;
  if (f == NULL || f->written) *flags |= H5FD_FEAT_ACCUMULATE_METADATA;
  return 0;
}

static haddr_t get_eoa(const H5FD_t *base, H5FD_mem_t type) {
  (void)type;
  return ((const file *)base)->eoa;
}

static herr_t set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t eoa) {
  (void)type;
  ((file *)base)->eoa = eoa;
  return 0;
}

static haddr_t get_eof(const H5FD_t *base, H5FD_mem_t type) {
  (void)type;
  return ((const file *)base)->eof;
}

/* HDF5 reads the first bytes of an object header, then the rest, if any: both
 * are looked at together too. What is beyond the end of the file is zeros. */
static bool is_bad(file *f, haddr_t at, size_t n, const void *bytes) {
  const bool goes_on = at == f->header_end && at > 0;
  const haddr_t first = f->header;
  f->header = at;
  f->header_end = at + n;
  if (es_h5_is_bad_header(bytes, n, f->eof, &f->rank)) return true;
  if (!goes_on) return false;
  const size_t size = (size_t)(f->header_end - first);
  size_t read;
  unsigned char *all = calloc(size, 1);
  const int error = all == NULL
                        ? ENOMEM
                        : es_file_pull_at(f->io->fd, all, size, first, &read);
  if (error != 0) take_down(f->io, error);
  const bool bad =
      error != 0 || es_h5_is_bad_header(all, size, f->eof, &f->rank);
  free(all);
  return bad;
}

static bool is_refused(file *f, H5FD_mem_t type, haddr_t at, size_t n,
                       const void *bytes) {
  if (f->written) return false;
  return type == H5FD_MEM_LHEAP  ? es_h5_is_endless_heap(bytes, n, f->eof)
         : type == H5FD_MEM_OHDR ? is_bad(f, at, n, bytes)
                                 : false;
}

/* Beyond the end of the file there are zeros, as HDF5 expects. */
static herr_t read_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer,
                         haddr_t at, size_t n, void *out) {
  (void)transfer;
  es_h5_io *io = ((file *)base)->io;
  if (at > farthest || n > farthest - at) return -1;
  size_t got;
  const int error = es_file_pull_at(io->fd, out, n, at, &got);
  if (error != 0) {
    take_down(io, error);
    return -1;
  }
  memset((unsigned char *)out + got, 0, n - got);
  return is_refused((file *)base, type, at, n, out) ? -1 : 0;
}

static herr_t write_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer,
                          haddr_t at, size_t n, const void *from) {
  (void)type;
  (void)transfer;
  file *f = (file *)base;
  if (at > farthest || n > farthest - at) return -1;
  if (at + n > f->eof) f->eof = at + n;
  const int error =
      f->io->error == 0 ? es_file_push_at(f->io->fd, from, n, at) : 0;
  if (error != 0) take_down(f->io, error);
  return 0;
}

/* HDF5 allocates more than it fills: the file ends where the allocation does.
 */
static herr_t truncate_file(H5FD_t *base, hid_t transfer, hbool_t closing) {
  (void)transfer;
  (void)closing;
  file *f = (file *)base;
  if (f->eof == f->eoa) return 0;
  if (f->io->error == 0 && ftruncate(f->io->fd, (off_t)f->eoa) != 0)
    take_down(f->io, errno);
  f->eof = f->eoa;
  return 0;
}

static const H5FD_class_t driver_class = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value =
        (H5FD_class_value_t)H5_VFD_RESERVED, /* the first for private use */
#endif
    .name = "eigenstep",
    .maxaddr = (haddr_t)1 << 62,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(es_h5_io *),
    .open = open_file,
    .close = close_file,
    .cmp = compare,
    .query = query,
    .get_eoa = get_eoa,
    .set_eoa = set_eoa,
    .get_eof = get_eof,
    .read = read_bytes,
    .write = write_bytes,
    .truncate = truncate_file,
    .fl_map = H5FD_FLMAP_DICHOTOMY};

hid_t es_h5_io_access(es_h5_io *io) {
  const hid_t driver = H5FDregister(&driver_class);
  if (driver < 0) return -1;
  io->driver = driver;
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0 || (H5Pset_driver(access, driver, &io) >= 0 &&
                     H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0))
    return access;
  H5Pclose(access);
  return -1;
}

void es_h5_io_release(es_h5_io *io) {
  if (io->driver > 0) H5FDunregister(io->driver);
  io->driver = 0;
}
