/* Names, directories, whole-file reading and CRC-32: see atomic.h. */
#include "file/atomic.h"

#include "file/open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Reads size bytes and looks whether the file ends there. */
static es_status read_whole(unsigned char *bytes, size_t size, int fd,
                            const char *path, es_diag *diag) {
  size_t got, beyond = 0;
  unsigned char extra;
  int error = es_file_pull(fd, bytes, size, &got);
  if (error == 0 && got == size) error = es_file_pull(fd, &extra, 1, &beyond);
  if (error != 0)
    return es_file_fail(diag, ES_FILE_CORRUPT, path, "cannot be read: %s",
                        strerror(error));
  if (got != size || beyond != 0)
    return es_file_fail(diag, ES_FILE_CORRUPT, path,
                        "%s while it was read (%zu bytes at first)",
                        beyond != 0 ? "grew" : "shrank", size);
  bytes[size] = '\0';
  return ES_OK;
}

es_status es_file_read(unsigned char **out, size_t *n, const char *path,
                       size_t max, es_diag *diag) {
  int fd;
  *out = NULL;
  *n = 0;
  size_t size;
  es_status status = es_file_open(&fd, &size, path, diag);
  if (status != ES_OK) return status;
  unsigned char *bytes = NULL;
  if (size > max)
    status = es_file_fail(diag, ES_FILE_CORRUPT, path,
                          "is too large: %zu bytes, at most %zu are read", size,
                          max);
  else if (size == SIZE_MAX || (bytes = malloc(size + 1)) == NULL)
    status =
        es_file_fail(diag, ES_NO_MEMORY, path, "no memory for %zu bytes", size);
  else
    status = read_whole(bytes, size, fd, path, diag);
  close(fd);
  if (status != ES_OK) {
    free(bytes);
    return status;
  }
  *out = bytes;
  *n = size;
  return ES_OK;
}

es_status es_file_read_any(unsigned char **out, size_t *n, const char *path,
                           size_t max, es_diag *diag) {
  *out = NULL;
  *n = 0;
  return es_file_exists(path) ? es_file_read(out, n, path, max, diag) : ES_OK;
}

bool es_file_exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0;
}

bool es_file_has(const char *dir, const char *name) {
  char path[PATH_MAX]; /* what is longer nothing can have */
  const int n = snprintf(path, sizeof path, "%s/%s", dir, name);
  return n > 0 && (size_t)n < sizeof path && es_file_exists(path);
}

bool es_file_is_directory(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static es_status make_directory(const char *path, es_diag *diag) {
  if (es_file_is_directory(path) || mkdir(path, 0777) == 0) return ES_OK;
  /* Another process may have made it just now. */
  const int error = errno;
  if (es_file_is_directory(path)) return ES_OK;
  return es_file_fail(diag, ES_FILE_WRITE, path,
                      "the directory cannot be made: %s", strerror(error));
}

es_status es_file_mkdirs(const char *path, es_diag *diag) {
  if (path[0] == '\0')
    return es_fail(diag, ES_FILE_WRITE, "a directory has an empty name");
  char *copy = strdup(path);
  if (copy == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for its name");
  es_status status = ES_OK;
  for (char *c = copy + 1; status == ES_OK && *c != '\0'; c++)
    if (*c == '/') {
      *c = '\0';
      status = make_directory(copy, diag);
      *c = '/';
    }
  if (status == ES_OK) status = make_directory(copy, diag);
  free(copy);
  return status;
}

es_status es_file_hold(int *fd, const char *dir, bool shared, es_diag *diag) {
  *fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*fd < 0 || flock(*fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
    return ES_OK;
  const bool taken = errno == EWOULDBLOCK;
  close(*fd);
  *fd = -1;
  return taken ? es_file_fail(diag, ES_FILE_WRITE, dir,
                              "is being written by another run")
               : ES_OK;
}

char *es_file_join(const char *dir, const char *name) {
  const size_t a = strlen(dir), b = strlen(name);
  const size_t slash = a > 0 && dir[a - 1] != '/';
  char *path = malloc(a + slash + b + 1);
  if (path == NULL) return NULL;
  memcpy(path, dir, a);
  if (slash) path[a] = '/';
  memcpy(path + a + slash, name, b + 1);
  return path;
}

uint32_t es_crc32(uint32_t crc, const void *bytes, size_t n) {
  /* zlib takes a null pointer for a request of the initial value. */
  return n == 0 ? crc : (uint32_t)crc32_z(crc, bytes, n);
}

es_status es_file_remove(const char *dir, const char *name, es_diag *diag) {
  if (dir == NULL) return ES_OK;
  char *path = es_file_join(dir, name);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const bool gone = unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR;
  const es_status status =
      gone ? ES_OK
           : es_fail(diag, ES_FILE_WRITE, "%s: cannot be removed: %s", path,
                     strerror(errno));
  free(path);
  return status;
}
