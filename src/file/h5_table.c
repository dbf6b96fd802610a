/* Tables that grow as HDF5: see h5_table.h. */
#include "file/h5_table.h"

#include "file/h5_layout.h"
#include "file/open.h"
#include "file/part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct es_h5_table {
  es_h5_layout layout;
  es_part part; /* when writing */
  int fd;       /* the part's, or its own when reading */
  bool reads;
  uint64_t rows;
  char *path;
};

static es_status cannot(const es_h5_table *t, int error, es_diag *diag) {
  return es_file_fail(diag, t->reads ? ES_FILE_CORRUPT : ES_FILE_WRITE, t->path,
                      "cannot be %s: %s", t->reads ? "read" : "written",
                      strerror(error));
}

static es_status make(es_h5_table **out, const char *path,
                      const es_h5_column *column, size_t n, uint64_t rows,
                      es_diag *diag) {
  es_h5_table *t = calloc(1, sizeof *t);
  *out = NULL;
  if (t == NULL) return es_file_fail(diag, ES_NO_MEMORY, path, "no memory");
  t->fd = t->layout.fd = -1;
  t->rows = rows;
  t->path = strdup(path);
  es_status status = t->path == NULL
                         ? es_file_fail(diag, ES_NO_MEMORY, path, "no memory")
                         : es_h5_layout_make(&t->layout, column, n, rows, diag);
  if (status == ES_OK)
    *out = t;
  else
    es_h5_table_leave(t);
  return status;
}

void es_h5_table_leave(es_h5_table *t) {
  if (t == NULL) return;
  if (t->reads && t->fd >= 0) close(t->fd);
  es_part_leave(&t->part);
  es_h5_layout_free(&t->layout);
  free(t->path);
  free(t);
}

void es_h5_table_abandon(es_h5_table *t) {
  if (t != NULL) es_part_abandon(&t->part);
  es_h5_table_leave(t);
}

/* Rows take their room one by one; what will never be there is said before
 * the first. Some file systems do not know how large they are. */
static es_status check_room(const es_h5_table *t, es_diag *diag) {
  struct statvfs disk;
  struct stat info;
  if (fstatvfs(t->fd, &disk) != 0 || disk.f_blocks == 0 ||
      fstat(t->fd, &info) != 0)
    return ES_OK;
  const double needs =
      (double)t->layout.size - (double)info.st_blocks * S_BLKSIZE;
  const double free = (double)disk.f_bavail * (double)disk.f_frsize;
  if (needs <= free) return ES_OK;
  return es_file_fail(diag, ES_FILE_WRITE, t->path,
                      "cannot be written: it needs %.3g GB, and %.3g GB "
                      "are free",
                      needs * 1e-9, free * 1e-9);
}

static es_status begin(es_h5_table *t, es_diag *diag) {
  es_status status = es_part_open(&t->part, t->path, diag);
  if (status != ES_OK) return status;
  t->fd = fileno(t->part.stream);
  status = check_room(t, diag);
  if (status == ES_OK) {
    const int error = es_h5_layout_copy(&t->layout, t->fd);
    status = error == 0 ? es_h5_table_sync(t, 0, diag) : cannot(t, error, diag);
  }
  if (status != ES_OK) es_part_abandon(&t->part);
  return status;
}

es_status es_h5_table_create(es_h5_table **out, const char *path,
                             const es_h5_column *column, size_t n,
                             uint64_t rows, es_diag *diag) {
  es_status status = make(out, path, column, n, rows, diag);
  if (status == ES_OK) status = begin(*out, diag);
  if (status == ES_OK) return ES_OK;
  es_h5_table_leave(*out);
  *out = NULL;
  return status;
}

/* The number of rows that a table of this layout has; ES_FILE_CORRUPT for
 * another. */
static es_status check(es_h5_table *t, uint64_t *done, es_diag *diag) {
  bool same = false;
  *done = 0;
  int error = es_h5_layout_compare(&t->layout, t->fd, &same);
  if (error == 0 && same)
    error =
        es_h5_pull(t->fd, done, sizeof *done, t->layout.extent[t->layout.n].at);
  if (error != 0) return cannot(t, error, diag);
  if (same && *done <= t->rows) return ES_OK;
  return es_file_fail(diag, ES_FILE_CORRUPT, t->path,
                      "is not a table of these columns and rows");
}

static es_status go_on(es_h5_table *t, uint64_t *done, es_diag *diag) {
  es_status status = es_part_find(&t->part, t->path, 0, diag);
  if (status != ES_OK) return status;
  t->fd = fileno(t->part.stream);
  const bool grows = es_file_exists(t->part.part_path);
  es_diag own = {0};
  status = check_room(t, diag);
  if (status != ES_OK) return status;
  status = check(t, done, &own);
  if (status == ES_FILE_CORRUPT && grows) {
    *done = 0;
    es_part_leave(&t->part);
    return begin(t, diag);
  }
  if (status == ES_OK) return es_part_cut(&t->part, t->layout.size, diag);
  return es_fail(diag, status, "%s", own.message);
}

es_status es_h5_table_reopen(es_h5_table **out, const char *path,
                             const es_h5_column *column, size_t n,
                             uint64_t rows, uint64_t *done, es_diag *diag) {
  es_status status = make(out, path, column, n, rows, diag);
  if (status == ES_OK) status = go_on(*out, done, diag);
  if (status == ES_OK) return ES_OK;
  es_h5_table_leave(*out);
  *out = NULL;
  return status;
}

es_status es_h5_table_open(es_h5_table **out, const char *path,
                           const es_h5_column *column, size_t n, uint64_t rows,
                           uint64_t *done, es_diag *diag) {
  size_t size;
  es_status status = make(out, path, column, n, rows, diag);
  if (status != ES_OK) return status;
  (*out)->reads = true;
  status = es_file_open(&(*out)->fd, &size, path, diag);
  if (status == ES_OK) status = check(*out, done, diag);
  if (status == ES_OK) return ES_OK;
  es_h5_table_leave(*out);
  *out = NULL;
  return status;
}

/* Where a row of a column lies; *bytes of one number. */
static uint64_t place(const es_h5_table *t, size_t column, uint64_t first,
                      size_t *bytes) {
  const es_h5_extent *e = &t->layout.extent[column];
  *bytes = t->rows == 0 ? 0 : (size_t)(e->bytes / t->rows);
  return e->at + first * *bytes;
}

es_status es_h5_table_write(es_h5_table *t, size_t column, uint64_t first,
                            const void *data, size_t n, es_diag *diag) {
  size_t bytes;
  const uint64_t at = place(t, column, first, &bytes);
  const int error = es_file_push_at(t->fd, data, n * bytes, at);
  return error == 0 ? ES_OK : cannot(t, error, diag);
}

es_status es_h5_table_read(es_h5_table *t, size_t column, uint64_t first,
                           void *out, size_t n, es_diag *diag) {
  size_t bytes;
  const uint64_t at = place(t, column, first, &bytes);
  const int error = es_h5_pull(t->fd, out, n * bytes, at);
  return error == 0 ? ES_OK : cannot(t, error, diag);
}

es_status es_h5_table_sync(es_h5_table *t, uint64_t done, es_diag *diag) {
  uint64_t length;
  const es_status status = es_part_sync(&t->part, &length, diag);
  if (status != ES_OK) return status;
  const int error = es_file_push_at(t->fd, &done, sizeof done,
                                    t->layout.extent[t->layout.n].at);
  return error == 0 ? ES_OK : cannot(t, error, diag);
}

es_status es_h5_table_commit(es_h5_table *t, es_diag *diag) {
  const es_status status = es_part_commit(&t->part, diag);
  es_h5_table_leave(t);
  return status;
}
