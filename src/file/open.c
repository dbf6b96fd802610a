/* Opening and reading regular files: see open.h. */
#include "file/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_PATH = 200 };

#undef es_file_fail
es_status es_file_fail(es_diag *diag, es_status code, const char *path,
                       const char *format, ...) {
  char reason[256];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  const size_t n = strlen(path);
  const char *cut = n > SHOWN_PATH ? "..." : "";
  const char *tail = n > SHOWN_PATH ? path + n - SHOWN_PATH : path;
  return es_fail(diag, code, "%s%s: %s", cut, tail, reason);
}

/* Says what is not a regular file, or NULL. */
static const char *kind_of(mode_t mode) {
  if (S_ISREG(mode)) return NULL;
  return S_ISDIR(mode) ? "is a directory, not a file"
                       : "is a pipe or a device, not a file";
}

es_status es_file_open(int *fd, size_t *size, const char *path, es_diag *diag) {
  struct stat info;
  *fd = -1;
  /* O_NONBLOCK: opening a pipe must not wait for its other end. */
  const int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (opened < 0 || fstat(opened, &info) != 0) {
    const int error = errno;
    if (opened >= 0) close(opened);
    return es_file_fail(diag, ES_FILE_MISSING, path, "cannot be opened: %s",
                        strerror(error));
  }
  const char *wrong = kind_of(info.st_mode);
  if (wrong != NULL) {
    close(opened);
    return es_file_fail(diag, ES_FILE_MISSING, path, "%s", wrong);
  }
  *fd = opened;
  *size = (size_t)info.st_size;
  return ES_OK;
}

int es_file_pull(int fd, void *out, size_t n, size_t *got) {
  unsigned char *bytes = out;
  *got = 0;
  while (*got < n) {
    const ssize_t r = read(fd, bytes + *got, n - *got);
    if (r == 0) return 0;
    if (r < 0 && errno != EINTR) return errno;
    if (r > 0) *got += (size_t)r;
  }
  return 0;
}

int es_file_pull_at(int fd, void *out, size_t n, uint64_t at, size_t *got) {
  unsigned char *bytes = out;
  *got = 0;
  while (*got < n) {
    const ssize_t r = pread(fd, bytes + *got, n - *got, (off_t)(at + *got));
    if (r < 0 && errno == EINTR) continue;
    if (r < 0) return errno;
    if (r == 0) return 0;
    *got += (size_t)r;
  }
  return 0;
}

int es_file_push_at(int fd, const void *bytes, size_t n, uint64_t at) {
  for (const unsigned char *from = bytes; n > 0;) {
    const ssize_t r = pwrite(fd, from, n, (off_t)at);
    if (r < 0 && errno == EINTR) continue;
    if (r <= 0) return r < 0 ? errno : ENOSPC;
    from += r, n -= (size_t)r, at += (uint64_t)r;
  }
  return 0;
}
