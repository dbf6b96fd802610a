/* A library to preload: ends a program at a chosen file operation, so that a
 * test can put a kill between any two of them.
 *
 *   KILL_AT=OP:NAME:K:WHEN[:SIGNAL]
 *
 * OP is open, write (fwrite and pwrite), fsync, ftruncate, rename or unlink;
 * NAME the last part of the file's name, of the new one for rename; K counts
 * such operations from 1; WHEN is before, after, half (of a write) or fail
 * (with ENOSPC and no signal); SIGNAL is a number, 9 where it is not given.
 *
 *   KILL_LOG=FILE
 *
 * gets a line "OP NAME" for each operation that was done. open is counted where
 * it may make a file. stdio's own calls of write(2) stay inside libc and are
 * not seen; fwrite is. Built by the tests that preload it. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef enum moment { NEVER, BEFORE, AFTER, HALF, FAIL } moment;

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static void name_of(char out[PATH_MAX], int fd) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, out, PATH_MAX - 1);
  out[n < 0 ? 0 : n] = '\0';
}

static moment named(const char *when) {
  static const char *const names[] = {"never", "before", "after", "half",
                                      "fail"};
  for (int k = BEFORE; k <= FAIL; k++)
    if (strcmp(when, names[k]) == 0) return (moment)k;
  return NEVER;
}

static int the_signal = SIGKILL;

/* Whether this operation is the one, and what shall become of it. */
static moment meet(const char *op, const char *path) {
  static long seen;
  char want_op[16], want_name[256], when[16];
  long count;
  const char *order = getenv("KILL_AT");
  if (order == NULL ||
      sscanf(order, "%15[^:]:%255[^:]:%ld:%15[^:]:%d", want_op, want_name,
             &count, when, &the_signal) < 4 ||
      strcmp(op, want_op) != 0 || strcmp(want_name, last_part(path)) != 0)
    return NEVER;
  return ++seen == count ? named(when) : NEVER;
}

static void strike(moment now, moment when) {
  if (now == when) raise(the_signal);
}

static void note(const char *op, const char *path) {
  char line[PATH_MAX + 32];
  const char *file = getenv("KILL_LOG");
  if (file == NULL) return;
  const long fd = syscall(SYS_openat, AT_FDCWD, file,
                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return;
  const int n = snprintf(line, sizeof line, "%s %s\n", op, last_part(path));
  (void)!syscall(SYS_write, fd, line, (size_t)n);
  syscall(SYS_close, fd);
}

/* False where the operation shall fail. */
static bool begin(moment *here, const char *op, const char *path) {
  *here = meet(op, path);
  strike(*here, BEFORE);
  if (*here == FAIL) errno = ENOSPC;
  return *here != FAIL;
}

static void end(moment here, const char *op, const char *path) {
  const int error = errno;
  note(op, path);
  strike(here, HALF);
  strike(here, AFTER);
  errno = error;
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  moment here = NEVER;
  const bool makes = (flags & O_CREAT) != 0;
  if (makes) {
    va_list args;
    va_start(args, flags);
    mode = va_arg(args, mode_t);
    va_end(args);
  }
  if (makes && !begin(&here, "open", path)) return -1;
  const long fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (makes) end(here, "open", path);
  return (int)fd;
}

int fsync(int fd) {
  char path[PATH_MAX];
  moment here;
  name_of(path, fd);
  if (!begin(&here, "fsync", path)) return -1;
  const long result = syscall(SYS_fsync, fd);
  end(here, "fsync", path);
  return (int)result;
}

int ftruncate(int fd, off_t size) {
  char path[PATH_MAX];
  moment here;
  name_of(path, fd);
  if (!begin(&here, "ftruncate", path)) return -1;
  const long result = syscall(SYS_ftruncate, fd, size);
  end(here, "ftruncate", path);
  return (int)result;
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to,
              unsigned flags) {
  moment here;
  if (!begin(&here, "rename", to)) return -1;
  const long result = syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
  end(here, "rename", to);
  return (int)result;
}

int rename(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
  moment here;
  if (!begin(&here, "unlink", path)) return -1;
  const long result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  end(here, "unlink", path);
  return (int)result;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
  char path[PATH_MAX];
  moment here;
  name_of(path, fd);
  if (!begin(&here, "write", path)) return -1;
  const long done =
      syscall(SYS_pwrite64, fd, bytes, here == HALF ? n / 2 : n, at);
  end(here, "write", path);
  return done;
}

size_t fwrite(const void *bytes, size_t size, size_t n, FILE *stream) {
  static size_t (*next)(const void *, size_t, size_t, FILE *);
  char path[PATH_MAX];
  moment here;
  if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, "fwrite");
  name_of(path, fileno(stream));
  if (!begin(&here, "write", path)) return 0;
  const size_t done = here == HALF ? next(bytes, 1, size * n / 2, stream)
                                   : next(bytes, size, n, stream);
  if (here == HALF) fflush(stream);
  end(here, "write", path);
  return done;
}
