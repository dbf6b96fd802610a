/* The program with faults: linked in front of what our own objects call (the
 * names that have a __wrap_ below, by the linker's --wrap), so that the k-th
 * call of a family fails and what libraries do inside is left alone. HDF5
 * writes through our driver, and so through here too.
 *
 * Its main is a server: for every line "FAMILY K MODE" of its input it forks a
 * child that runs the program with its arguments, and answers with "STATUS
 * CALLS FRAMES…": what waitpid said, how often the family was called, and where
 * the failed call came from, innermost first (none: it was not reached), as
 * offsets into the program. MODE is one (call K alone fails) or rest (all from
 * K on do, as on a full disk). The child's output goes to the files stdout and
 * stderr; it gets LIMIT seconds. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASK = STDIN_FILENO, ANSWER = STDOUT_FILENO, LIMIT = 60, DEPTH = 12 };

typedef enum family { ALLOC, WRITE, FLUSH, NAME, READ, FAMILIES } family;
static const char *const family_name[] = {"alloc", "write", "flush", "name",
                                          "read"};
static const int family_error[] = {ENOMEM, ENOSPC, EIO, EACCES, EIO};

typedef struct report { /* shared with the server */
  long calls;
  int depth;
  uintptr_t frame[DEPTH];
} report;

static report nowhere, *told = &nowhere;
static family fails = FAMILIES;
static long fails_at;
static bool fails_on;

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
enum { CHAINED = 1 };
#else
enum { CHAINED = 0 };
#endif

extern const char __executable_start, etext;

/* The frames in the program as -fno-omit-frame-pointer (or no optimization)
 * chains them; without it the first alone. */
static void note_frames(const void *from, uintptr_t *frame) {
  const uintptr_t base = (uintptr_t)&__executable_start;
  const uintptr_t end = (uintptr_t)&etext;
  uintptr_t at = (uintptr_t)from;
  while (told->depth < DEPTH && at >= base && at < end) {
    told->frame[told->depth++] = at - base - 1; /* the call, not what follows */
    if (!CHAINED) return;
    at = frame[1];
    frame = (uintptr_t *)frame[0];
  }
}

__attribute__((noinline)) static bool strike(family f, const void *from,
                                             void *frame) {
  if (f != fails) return false;
  const long call = __atomic_add_fetch(&told->calls, 1, __ATOMIC_RELAXED);
  if (call < fails_at || (call > fails_at && !fails_on)) return false;
  if (call == fails_at) note_frames(from, *(uintptr_t **)frame);
  errno = family_error[f];
  return true;
}
#define FAILS(f)                                                               \
  strike(f, __builtin_return_address(0), __builtin_frame_address(0))

/* As a failed write leaves a stream. */
static bool spoils(FILE *stream, const void *from, void *frame, family f) {
  if (stream == stderr || !strike(f, from, frame)) return false;
  stream->_flags |= 0x20; /* glibc's mark that ferror looks at */
  return true;
}
#define SPOILS(f, stream)                                                      \
  spoils(stream, __builtin_return_address(0), __builtin_frame_address(0), f)

/* A function of the family that returns `bad` where it fails. */
#define WRAP(f, type, name, params, args, bad)                                 \
  type __real_##name params;                                                   \
  type __wrap_##name params;                                                   \
  type __wrap_##name params { return FAILS(f) ? (bad) : __real_##name args; }
#define WRAP_STREAM(f, type, name, params, args, bad)                          \
  type __real_##name params;                                                   \
  type __wrap_##name params;                                                   \
  type __wrap_##name params {                                                  \
    return SPOILS(f, stream) ? (bad) : __real_##name args;                     \
  }

WRAP(ALLOC, void *, malloc, (size_t n), (n), NULL)
WRAP(ALLOC, void *, calloc, (size_t n, size_t m), (n, m), NULL)
WRAP(ALLOC, void *, realloc, (void *p, size_t n), (p, n), NULL)
WRAP(ALLOC, void *, aligned_alloc, (size_t a, size_t n), (a, n), NULL)
WRAP(ALLOC, char *, strdup, (const char *s), (s), NULL)
WRAP(ALLOC, char *, strndup, (const char *s, size_t n), (s, n), NULL)
WRAP(ALLOC, FILE *, open_memstream, (char **s, size_t *n), (s, n), NULL)
WRAP(ALLOC, FILE *, fdopen, (int fd, const char *mode), (fd, mode), NULL)
WRAP(ALLOC, char *, realpath, (const char *p, char *q), (p, q), NULL)
WRAP(ALLOC, int, scandir,
     (const char *d, struct dirent ***list,
      int (*filter)(const struct dirent *),
      int (*order)(const struct dirent **, const struct dirent **)),
     (d, list, filter, order), -1)
int __wrap_asprintf(char **out, const char *format, ...);
int __wrap_asprintf(char **out, const char *format, ...) {
  if (FAILS(ALLOC)) return -1;
  va_list args;
  va_start(args, format);
  const int n = vasprintf(out, format, args);
  va_end(args);
  return n;
}

WRAP(WRITE, ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n), -1)
WRAP(WRITE, ssize_t, pwrite, (int fd, const void *b, size_t n, off_t at),
     (fd, b, n, at), -1)
WRAP(WRITE, int, ftruncate, (int fd, off_t n), (fd, n), -1)
WRAP_STREAM(WRITE, size_t, fwrite,
            (const void *b, size_t size, size_t n, FILE *stream),
            (b, size, n, stream), 0)
WRAP_STREAM(WRITE, int, fputs, (const char *s, FILE *stream), (s, stream), EOF)
WRAP_STREAM(WRITE, int, fputc, (int c, FILE *stream), (c, stream), EOF)
int __real_puts(const char *s);
int __wrap_puts(const char *s);
int __wrap_puts(const char *s) {
  return SPOILS(WRITE, stdout) ? EOF : __real_puts(s);
}
int __wrap_printf(const char *format, ...);
int __wrap_printf(const char *format, ...) {
  if (SPOILS(WRITE, stdout)) return -1;
  va_list args;
  va_start(args, format);
  const int n = vprintf(format, args);
  va_end(args);
  return n;
}
int __wrap_fprintf(FILE *stream, const char *format, ...);
int __wrap_fprintf(FILE *stream, const char *format, ...) {
  if (SPOILS(WRITE, stream)) return -1;
  va_list args;
  va_start(args, format);
  const int n = vfprintf(stream, format, args);
  va_end(args);
  return n;
}

WRAP(FLUSH, int, fsync, (int fd), (fd), -1)
WRAP_STREAM(FLUSH, int, fflush, (FILE * stream), (stream), EOF)
/* Closed all the same, as a close that fails closes. */
int __real_fclose(FILE *stream);
int __wrap_fclose(FILE *stream);
int __wrap_fclose(FILE *stream) {
  const bool bad = FAILS(FLUSH);
  const int error = errno, closed = __real_fclose(stream);
  if (!bad) return closed;
  errno = error;
  return EOF;
}

WRAP(NAME, int, rename, (const char *a, const char *b), (a, b), -1)
WRAP(NAME, int, renameat2,
     (int f, const char *a, int g, const char *b, unsigned flags),
     (f, a, g, b, flags), -1)
WRAP(NAME, int, link, (const char *a, const char *b), (a, b), -1)
WRAP(NAME, int, mkdir, (const char *p, mode_t mode), (p, mode), -1)
WRAP(NAME, int, unlink, (const char *p), (p), -1)
WRAP(NAME, int, remove, (const char *p), (p), -1)
WRAP(NAME, int, rmdir, (const char *p), (p), -1)
WRAP(NAME, int, memfd_create, (const char *p, unsigned flags), (p, flags), -1)

WRAP(READ, ssize_t, read, (int fd, void *b, size_t n), (fd, b, n), -1)
WRAP(READ, ssize_t, pread, (int fd, void *b, size_t n, off_t at),
     (fd, b, n, at), -1)
WRAP(READ, DIR *, opendir, (const char *p), (p), NULL)
WRAP_STREAM(READ, size_t, fread, (void *b, size_t size, size_t n, FILE *stream),
            (b, size, n, stream), 0)
WRAP_STREAM(READ, char *, fgets, (char *s, int n, FILE *stream), (s, n, stream),
            NULL)
WRAP_STREAM(READ, ssize_t, __getdelim,
            (char **s, size_t *n, int end, FILE *stream), (s, n, end, stream),
            -1)
/* Which family opening belongs to is for its flags to say. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
  va_end(args);
  if (FAILS((flags & O_CREAT) != 0 ? NAME : READ)) return -1;
  return __real_open(path, flags, mode);
}
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode) {
  return FAILS(mode[0] == 'r' ? READ : NAME) ? NULL : __real_fopen(path, mode);
}

static void redirect(const char *path, int flags, int to) {
  const int fd = open(path, flags, 0666);
  if (fd < 0 || dup2(fd, to) < 0) _exit(120);
  close(fd);
}

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

static int run(int argc, char **argv, family f) {
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  redirect("stdout", O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect("stderr", O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  alarm(LIMIT);
  fails = f;
  const int code = __real_main(argc, argv);
  fails = FAMILIES; /* what coverage writes at the end is not the program's */
  return code;
}

static bool understand(const char *line, family *f) {
  char name[16], mode[16];
  if (sscanf(line, "%15s %ld %15s", name, &fails_at, mode) != 3) return false;
  fails_on = strcmp(mode, "rest") == 0;
  *f = ALLOC;
  while (*f < FAMILIES && strcmp(name, family_name[*f]) != 0) ++*f;
  return *f < FAMILIES;
}

static void answer(int status) {
  dprintf(ANSWER, "%d %ld", status, told->calls);
  for (int k = 0; k < told->depth; k++)
    dprintf(ANSWER, " %zx", (size_t)told->frame[k]);
  dprintf(ANSWER, "\n");
}

int __wrap_main(int argc, char **argv) {
  char line[64];
  family f;
  FILE *orders = fdopen(ASK, "r");
  void *shared = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (orders == NULL || shared == MAP_FAILED) return 120;
  told = shared;
  while (fgets(line, sizeof line, orders) != NULL && understand(line, &f)) {
    int status = 0;
    *told = (report){0};
    const pid_t child = fork();
    if (child == 0) exit(run(argc, argv, f));
    if (child < 0 || waitpid(child, &status, 0) != child) return 120;
    answer(status);
  }
  fclose(orders);
  return 0;
}
