/* The empty table: see h5_layout.h. It lives in a file in memory that is empty
 * but for HDF5's own bytes, however many rows it has. */
#include "file/h5_layout.h"

#include "base/slab.h"
#include "file/h5_io.h"
#include "file/open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS "/rows_written"

/* Early: the bytes have their place before there are any. Never filled: the
 * file stays empty there. No times: the same table gives the same bytes. */
static hid_t early(void) {
  const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
  if (H5Pset_alloc_time(how, H5D_ALLOC_TIME_EARLY) >= 0 &&
      H5Pset_fill_time(how, H5D_FILL_TIME_NEVER) >= 0 &&
      H5Pset_obj_track_times(how, false) >= 0)
    return how;
  H5Pclose(how);
  return -1;
}

static bool make_set(hid_t file, const char *name, hid_t type, uint64_t rows,
                     es_h5_extent *out, const void *data) {
  const hsize_t dims = rows;
  const hid_t how = early();
  const hid_t space = H5Screate_simple(1, &dims, NULL);
  const hid_t set =
      H5Dcreate2(file, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
  bool good = set >= 0;
  if (good && data != NULL)
    good = H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
  if (good && out != NULL) {
    *out = (es_h5_extent){H5Dget_offset(set), H5Dget_storage_size(set)};
    good = rows == 0 || (out->at != HADDR_UNDEF && out->bytes > 0);
  }
  if (rows == 0 && out != NULL) *out = (es_h5_extent){0, 0};
  if (set >= 0) H5Dclose(set);
  if (space >= 0) H5Sclose(space);
  if (how >= 0) H5Pclose(how);
  return good;
}

/* What is no memory of ours is noted in *error. */
static bool make_words(hid_t file, const es_h5_column *column, int *error) {
  char name[256];
  size_t longest = 1;
  snprintf(name, sizeof name, "%s_names", column->name);
  for (size_t i = 0; i < column->n_words; i++)
    if (strlen(column->word[i]) > longest) longest = strlen(column->word[i]);
  char *text = es_zeroed(column->n_words, longest, 1);
  if (text == NULL) *error = ENOMEM;
  const hid_t type = H5Tcopy(H5T_C_S1);
  bool good = text != NULL && H5Tset_size(type, longest) >= 0 &&
              H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0;
  for (size_t i = 0; good && i < column->n_words; i++)
    memcpy(text + i * longest, column->word[i], strlen(column->word[i]));
  good = good && make_set(file, name, type, column->n_words, NULL, text);
  H5Tclose(type);
  free(text);
  return good;
}

static bool make_all(es_h5_layout *l, hid_t file, const es_h5_column *column,
                     uint64_t rows, int *error) {
  const uint64_t none = 0;
  bool good = true;
  for (size_t j = 0; good && j < l->n; j++) {
    const bool words = column[j].n_words > 0;
    good = make_set(file, column[j].name,
                    words ? H5T_NATIVE_INT8 : H5T_NATIVE_DOUBLE, rows,
                    &l->extent[j], NULL);
    if (good && words) good = make_words(file, &column[j], error);
  }
  return good &&
         make_set(file, ROWS, H5T_NATIVE_UINT64, 1, &l->extent[l->n], &none);
}

/* 0, or an error: EFBIG for what HDF5 alone refuses. */
static int make_file(es_h5_layout *l, const es_h5_column *column,
                     uint64_t rows) {
  es_h5_io io = {.fd = l->fd};
  struct stat info;
  const hid_t access = es_h5_io_access(&io);
  if (access < 0) return EFBIG;
  const hid_t file = H5Fcreate("table", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  bool good = file >= 0 && make_all(l, file, column, rows, &io.error);
  if (file >= 0) good = H5Fclose(file) >= 0 && good;
  es_h5_io_release(&io);
  if (io.error != 0) return io.error;
  if (!good) return EFBIG;
  if (fstat(l->fd, &info) != 0) return errno;
  l->size = (uint64_t)info.st_size;
  return 0;
}

static int by_place(const void *a, const void *b) {
  const uint64_t x = ((const es_h5_extent *)a)->at;
  const uint64_t y = ((const es_h5_extent *)b)->at;
  return (x > y) - (x < y);
}

es_status es_h5_layout_make(es_h5_layout *out, const es_h5_column *column,
                            size_t n, uint64_t rows, es_diag *diag) {
  *out = (es_h5_layout){.fd = memfd_create("table", MFD_CLOEXEC), .n = n};
  out->extent = es_zeroed(n + 1, 1, sizeof *out->extent);
  out->rising = es_zeroed(n + 1, 1, sizeof *out->rising);
  int error = out->fd >= 0 ? 0 : errno;
  if (error == 0 && (out->extent == NULL || out->rising == NULL))
    error = ENOMEM;
  if (error == 0) {
    H5E_BEGIN_TRY { error = make_file(out, column, rows); }
    H5E_END_TRY
  }
  if (error != 0) es_h5_layout_free(out);
  if (error == ENOMEM)
    return es_fail(diag, ES_NO_MEMORY, "no memory for a table");
  if (error != 0)
    return es_fail(diag, ES_FILE_WRITE, "HDF5 makes no table of that size: %s",
                   strerror(error));
  memcpy(out->rising, out->extent, (n + 1) * sizeof *out->rising);
  qsort(out->rising, n + 1, sizeof *out->rising, by_place);
  return ES_OK;
}

void es_h5_layout_free(es_h5_layout *layout) {
  if (layout->fd >= 0) close(layout->fd);
  free(layout->extent);
  free(layout->rising);
  *layout = (es_h5_layout){.fd = -1};
}

int es_h5_pull(int fd, void *out, size_t n, uint64_t at) {
  size_t got;
  const int error = es_file_pull_at(fd, out, n, at, &got);
  return error == 0 && got < n ? EIO : error;
}

/* What is done with a piece of the empty table. */
typedef int (*piece)(int fd, const void *bytes, size_t n, uint64_t at,
                     void *context);

static int between(const es_h5_layout *l, uint64_t from, uint64_t to, int fd,
                   piece use, void *context) {
  unsigned char bytes[4096];
  while (from < to) {
    const size_t n =
        to - from < sizeof bytes ? (size_t)(to - from) : sizeof bytes;
    int error = es_h5_pull(l->fd, bytes, n, from);
    if (error == 0) error = use(fd, bytes, n, from, context);
    if (error != 0) return error;
    from += n;
  }
  return 0;
}

static int outside(const es_h5_layout *l, int fd, piece use, void *context) {
  uint64_t at = 0;
  int error = 0;
  for (size_t i = 0; error == 0 && i <= l->n; i++) {
    if (l->rising[i].bytes == 0) continue;
    error = between(l, at, l->rising[i].at, fd, use, context);
    at = l->rising[i].at + l->rising[i].bytes;
  }
  return error == 0 ? between(l, at, l->size, fd, use, context) : error;
}

static int copy(int fd, const void *bytes, size_t n, uint64_t at,
                void *context) {
  (void)context;
  return es_file_push_at(fd, bytes, n, at);
}

int es_h5_layout_copy(const es_h5_layout *layout, int fd) {
  if (ftruncate(fd, (off_t)layout->size) != 0) return errno;
  return outside(layout, fd, copy, NULL);
}

static int compare(int fd, const void *bytes, size_t n, uint64_t at,
                   void *same) {
  unsigned char there[4096];
  const int error = es_h5_pull(fd, there, n, at);
  if (error == 0 && memcmp(there, bytes, n) != 0) *(bool *)same = false;
  return error;
}

int es_h5_layout_compare(const es_h5_layout *layout, int fd, bool *same) {
  struct stat info;
  *same = true;
  if (fstat(fd, &info) != 0) return errno;
  if ((uint64_t)info.st_size != layout->size) {
    *same = false;
    return 0;
  }
  return outside(layout, fd, compare, same);
}
