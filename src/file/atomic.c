/* Files that are whole or absent: see atomic.h. The part file is locked
 * (flock) while it is open, for two writers of one part would interleave their
 * bytes and rename a mixture. */
#include "file/atomic.h"

#include "file/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EARLIER = -1 }; /* in place of an errno that is gone */

static es_status cannot_write(const char *path, int error, es_diag *diag) {
  return es_file_fail(diag, ES_FILE_WRITE, path, "cannot be written: %s",
                      error == EARLIER ? "an earlier write failed"
                                       : strerror(error));
}

/* Renaming over a device or a pipe would replace it by a file. */
static es_status check_target(const char *path, es_diag *diag) {
  struct stat info;
  if (stat(path, &info) != 0 || S_ISREG(info.st_mode)) return ES_OK;
  return es_file_fail(diag, ES_FILE_WRITE, path, "cannot be written: it is %s",
                      S_ISDIR(info.st_mode) ? "a directory"
                                            : "a pipe or a device");
}

/* True if the descriptor is still what the name stands for. */
static bool still_named(int fd, const char *name) {
  struct stat a, b;
  return fstat(fd, &a) == 0 && stat(name, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

/* One attempt at opening and locking; *fd stays -1 where the part was renamed
 * by its former writer between the two. */
static es_status try_open(int *fd, const es_part *part, es_diag *diag) {
  const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const int opened = open(part->part_path, flags, 0666);
  if (opened < 0) return cannot_write(part->part_path, errno, diag);
  es_status status = ES_OK;
  struct stat info;
  if (fstat(opened, &info) != 0 || !S_ISREG(info.st_mode))
    status = es_file_fail(diag, ES_FILE_WRITE, part->part_path,
                          "is not a regular file");
  else if (flock(opened, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    status = es_file_fail(diag, ES_FILE_WRITE, part->part_path,
                          "is being written by another writer");
  else if (still_named(opened, part->part_path)) {
    if (ftruncate(opened, 0) == 0) {
      *fd = opened;
      return ES_OK;
    }
    status = cannot_write(part->part_path, errno, diag);
  }
  close(opened);
  return status;
}

static es_status open_stream(es_part *part, es_diag *diag) {
  int fd = -1;
  for (int attempt = 0; attempt < 100 && fd < 0; attempt++) {
    const es_status status = try_open(&fd, part, diag);
    if (status != ES_OK) return status;
  }
  if (fd < 0) return cannot_write(part->part_path, EAGAIN, diag);
  part->stream = fdopen(fd, "w");
  if (part->stream != NULL) return ES_OK;
  const int error = errno;
  close(fd);
  return cannot_write(part->path, error, diag);
}

static void forget(es_part *part) {
  free(part->path);
  free(part->part_path);
  *part = (es_part){0};
}

/* What a link points to, so that renaming replaces the file and not the link;
 * other names as they are. NULL without memory. */
static char *resolved(const char *path) {
  struct stat info;
  char *target = NULL;
  if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
    target = realpath(path, NULL);
  return target != NULL ? target : strdup(path);
}

es_status es_part_open(es_part *part, const char *path, es_diag *diag) {
  *part = (es_part){0};
  if (path[0] == '\0')
    return es_fail(diag, ES_FILE_WRITE, "an output file has an empty name");
  es_status status = check_target(path, diag);
  if (status != ES_OK) return status;
  part->path = resolved(path);
  const size_t n = part->path == NULL ? 0 : strlen(part->path);
  part->part_path = malloc(n + sizeof ".part");
  if (part->path == NULL || part->part_path == NULL) {
    status = es_file_fail(diag, ES_NO_MEMORY, path, "no memory for its name");
  } else {
    memcpy(part->part_path, part->path, n);
    memcpy(part->part_path + n, ".part", sizeof ".part");
    status = open_stream(part, diag);
  }
  if (status != ES_OK) forget(part);
  return status;
}

es_status es_part_write(es_part *part, const void *bytes, size_t n,
                        es_diag *diag) {
  errno = 0;
  if (fwrite(bytes, 1, n, part->stream) == n) return ES_OK;
  return cannot_write(part->path, errno, diag);
}

static int settle(FILE *stream) {
  if (ferror(stream)) return EARLIER;
  return fflush(stream) != 0 || fsync(fileno(stream)) != 0 ? errno : 0;
}

/* Makes the new name itself durable. Not every file system can sync a
 * directory, and the data are safe by now: a failure is no error. */
static void sync_directory(es_part *part) {
  char *slash = strrchr(part->path, '/');
  if (slash != NULL) slash[slash == part->path] = '\0';
  const int fd = open(slash != NULL ? part->path : ".",
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

es_status es_part_commit(es_part *part, es_diag *diag) {
  if (part->stream == NULL)
    return es_fail(diag, ES_FILE_WRITE, "an output file is not open");
  int error = settle(part->stream);
  /* A duplicate holds the lock over the rename: nobody truncates the part in
   * between. */
  const int lock = fcntl(fileno(part->stream), F_DUPFD_CLOEXEC, 0);
  if (fclose(part->stream) != 0 && error == 0) error = errno;
  part->stream = NULL;
  if (error == 0 && rename(part->part_path, part->path) != 0) error = errno;
  es_status status = ES_OK;
  if (error != 0) {
    status = cannot_write(part->path, error, diag);
    unlink(part->part_path);
  } else {
    sync_directory(part);
  }
  if (lock >= 0) close(lock);
  forget(part);
  return status;
}

void es_part_abandon(es_part *part) {
  if (part->stream != NULL) {
    unlink(part->part_path); /* first: it is still locked, and so still ours */
    fclose(part->stream);
  }
  forget(part);
}

es_status es_file_write(const char *path, const void *bytes, size_t n,
                        es_diag *diag) {
  es_part part;
  es_status status = es_part_open(&part, path, diag);
  if (status != ES_OK) return status;
  status = es_part_write(&part, bytes, n, diag);
  if (status == ES_OK) return es_part_commit(&part, diag);
  es_part_abandon(&part);
  return status;
}
