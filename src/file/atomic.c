/* Files that are whole or absent: see atomic.h. The part file is locked
 * (flock) while it is open, for two writers of one part would interleave their
 * bytes and rename a mixture. */
#include "file/atomic.h"

#include "file/open.h"
#include "file/part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { EARLIER = -1 }; /* in place of an errno that is gone */

static es_status cannot_write(const char *path, int error, es_diag *diag) {
  return es_file_fail(diag, ES_FILE_WRITE, path, "cannot be written: %s",
                      error == EARLIER ? "an earlier write failed"
                                       : strerror(error));
}

int es_file_lack(const char *path) {
  enum { BUFFER = 1 << 16 }; /* has no room although there is some */
  struct rlimit most;
  struct stat info;
  struct statvfs disk;
  if (stat(path, &info) == 0 && getrlimit(RLIMIT_FSIZE, &most) == 0 &&
      most.rlim_cur != RLIM_INFINITY && (rlim_t)info.st_size >= most.rlim_cur)
    return EFBIG;
  if (statvfs(path, &disk) != 0 || disk.f_blocks == 0) return 0;
  return disk.f_bavail * disk.f_frsize < BUFFER ? ENOSPC : 0;
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

/* Opens and locks what has this name. *fd stays -1, without a failure, where
 * nothing has it (and create, O_CREAT or 0, makes nothing), or has it no more:
 * its former writer renamed it before the lock was ours. */
static es_status open_locked(int *fd, const char *name, int create,
                             es_diag *diag) {
  const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const int opened = open(name, flags | create, 0666);
  if (opened < 0 && errno == ENOENT && create == 0) return ES_OK;
  if (opened < 0) return cannot_write(name, errno, diag);
  es_status status = ES_OK;
  struct stat info;
  if (fstat(opened, &info) != 0 || !S_ISREG(info.st_mode))
    status = es_file_fail(diag, ES_FILE_WRITE, name, "is not a regular file");
  else if (flock(opened, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    status = es_file_fail(diag, ES_FILE_WRITE, name,
                          "is being written by another writer");
  else if (still_named(opened, name)) {
    *fd = opened;
    return ES_OK;
  }
  close(opened);
  return status;
}

/* Opens the part, which is made; or (create 0) the part as it is, and where
 * there is none, the file that it became. */
static es_status open_stream(es_part *part, int create, es_diag *diag) {
  int fd = -1;
  for (int attempt = 0; attempt < 100 && fd < 0; attempt++) {
    es_status status = open_locked(&fd, part->part_path, create, diag);
    if (status == ES_OK && fd < 0 && create == 0)
      status = open_locked(&fd, part->path, 0, diag);
    if (status != ES_OK) return status;
  }
  if (fd < 0 && create == 0)
    return es_file_fail(diag, ES_FILE_MISSING, part->path,
                        "cannot be continued: neither it nor its .part is "
                        "there");
  if (fd < 0) return cannot_write(part->part_path, EAGAIN, diag);
  part->stream = fdopen(fd, "w");
  if (part->stream != NULL) return ES_OK;
  if (create != 0) unlink(part->part_path); /* while it is locked, and ours */
  close(fd);
  return es_file_fail(diag, ES_NO_MEMORY, part->path, "no memory for it");
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

/* Sets both names of a part that is not open yet. */
static es_status set_names(es_part *part, const char *path, es_diag *diag) {
  *part = (es_part){0};
  if (path[0] == '\0')
    return es_fail(diag, ES_FILE_WRITE, "an output file has an empty name");
  const es_status status = check_target(path, diag);
  if (status != ES_OK) return status;
  part->path = resolved(path);
  const size_t n = part->path == NULL ? 0 : strlen(part->path);
  part->part_path = malloc(n + sizeof ".part");
  if (part->path == NULL || part->part_path == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for its name");
  memcpy(part->part_path, part->path, n);
  memcpy(part->part_path + n, ".part", sizeof ".part");
  return ES_OK;
}

es_status es_part_open(es_part *part, const char *path, es_diag *diag) {
  es_status status = set_names(part, path, diag);
  if (status == ES_OK) status = open_stream(part, O_CREAT, diag);
  if (status == ES_OK && ftruncate(fileno(part->stream), 0) != 0)
    status = cannot_write(part->part_path, errno, diag);
  if (status != ES_OK) es_part_abandon(part);
  return status;
}

es_status es_part_find(es_part *part, const char *path, uint64_t bytes,
                       es_diag *diag) {
  es_status status = set_names(part, path, diag);
  if (status == ES_OK) status = open_stream(part, 0, diag);
  if (status == ES_OK) {
    struct stat info = {0};
    const int fd = fileno(part->stream);
    if (fstat(fd, &info) != 0 || (uint64_t)info.st_size < bytes)
      status = es_file_fail(
          diag, ES_FILE_CORRUPT,
          still_named(fd, part->part_path) ? part->part_path : part->path,
          "cannot be continued: it has %" PRIu64 " of %" PRIu64 " bytes",
          (uint64_t)info.st_size, bytes);
  }
  if (status != ES_OK) es_part_leave(part);
  return status;
}

es_status es_part_write(es_part *part, const void *bytes, size_t n,
                        es_diag *diag) {
  errno = 0;
  if (fwrite(bytes, 1, n, part->stream) == n) return ES_OK;
  return cannot_write(part->path, errno, diag);
}

/* After a failed fsync the kernel may drop what it could not write and call the
 * next one good: such a part stays bad. */
static int settle(es_part *part) {
  if (part->failed || ferror(part->stream)) {
    const int lack = es_file_lack(part->part_path);
    return lack != 0 ? lack : EARLIER;
  }
  if (fflush(part->stream) == 0 && fsync(fileno(part->stream)) == 0) return 0;
  part->failed = true;
  return errno;
}

/* Makes the names in a file's folder themselves durable. Not every file system
 * can sync a directory, and the data are safe by now: a failure is no error. */
static void sync_directory(const char *path) {
  const char *slash = strrchr(path, '/');
  const size_t n = slash == NULL ? 0 : (size_t)(slash - path);
  char *folder = slash == NULL ? strdup(".") : strndup(path, n == 0 ? 1 : n);
  if (folder == NULL) return;
  const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

/* A part that was made meanwhile is another writer's; only a file system that
 * does not know RENAME_NOREPLACE may replace it. Durable before the cut: the
 * final name never stands for less than it did. */
static int take_part_name(const es_part *part) {
  if (renameat2(AT_FDCWD, part->path, AT_FDCWD, part->part_path,
                RENAME_NOREPLACE) != 0 &&
      ((errno != EINVAL && errno != ENOSYS) ||
       rename(part->path, part->part_path) != 0))
    return errno;
  sync_directory(part->path);
  return 0;
}

es_status es_part_cut(es_part *part, uint64_t bytes, es_diag *diag) {
  const int fd = fileno(part->stream);
  int error = still_named(fd, part->part_path) ? 0 : take_part_name(part);
  if (error == 0 && (ftruncate(fd, (off_t)bytes) != 0 ||
                     lseek(fd, (off_t)bytes, SEEK_SET) < 0))
    error = errno;
  if (error == 0) return ES_OK;
  const es_status status = cannot_write(part->part_path, error, diag);
  es_part_leave(part);
  return status;
}

es_status es_part_reopen(es_part *part, const char *path, uint64_t bytes,
                         es_diag *diag) {
  const es_status status = es_part_find(part, path, bytes, diag);
  return status == ES_OK ? es_part_cut(part, bytes, diag) : status;
}

static es_status not_open(es_diag *diag) {
  return es_fail(diag, ES_FILE_WRITE, "an output file is not open");
}

es_status es_part_sync(es_part *part, uint64_t *bytes, es_diag *diag) {
  *bytes = 0;
  if (part->stream == NULL) return not_open(diag);
  struct stat info;
  int error = settle(part);
  if (error == 0 && fstat(fileno(part->stream), &info) != 0) error = errno;
  if (error != 0) return cannot_write(part->path, error, diag);
  sync_directory(part->path); /* the part's own name may be new */
  part->kept = true;
  *bytes = (uint64_t)info.st_size;
  return ES_OK;
}

es_status es_part_commit(es_part *part, es_diag *diag) {
  if (part->stream == NULL) return not_open(diag);
  int error = settle(part);
  /* A duplicate holds the lock over the rename: nobody truncates the part in
   * between. */
  const int lock = fcntl(fileno(part->stream), F_DUPFD_CLOEXEC, 0);
  if (fclose(part->stream) != 0 && error == 0) error = errno;
  part->stream = NULL;
  if (error == 0 && rename(part->part_path, part->path) != 0) error = errno;
  es_status status = ES_OK;
  if (error != 0) {
    status = cannot_write(part->path, error, diag);
    if (!part->kept) unlink(part->part_path);
  } else {
    sync_directory(part->path);
  }
  if (lock >= 0) close(lock);
  forget(part);
  return status;
}

void es_part_leave(es_part *part) {
  if (part->stream != NULL) fclose(part->stream);
  forget(part);
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
