/* The program with faults: linked in front of what our own objects call (the
 * names that have a __wrap_ below, by the linker's --wrap), so that the k-th
 * call of a family fails and what libraries do inside is left alone. HDF5
 * writes through our driver, and so through here too.
 *
 * Its main is a server. It runs the program once by itself, so that what
 * libraries do once (start up, compile kernels, bind names) is done, and says
 * "ready"; then, for every line "FAMILY K MODE" of its input, it forks a child
 * that runs the program with its arguments, and answers with STATUS CALLS
 * FAULT… : HELD… : FILES : ALIKE… what waitpid said, how often the family was
 * called, where the failed call came from, innermost first (none: it was not
 * reached), where memory came from that nobody gave back, both as offsets into
 * the program, and how many files were left open, and marks of the calls, the
 * same for those that come from the same place by the same way. MODE is one
 * (call K alone fails), rest (all from K on do, as on a full disk) or mark
 * (none does, and there are marks). The child's output goes to the files stdout
 * and stderr; it gets LIMIT seconds. */
#include "held.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  ASK = 3,
  ANSWER = 4,
  LIMIT = 60,
  DEPTH = 32,
  LEAKS = 8,
  FILES = 64,
  MARKS = 1 << 18
};

typedef enum family { ALLOC, WRITE, FLUSH, NAME, READ, FAMILIES } family;
static const char *const family_name[] = {"alloc", "write", "flush", "name",
                                          "read"};
static const int family_error[] = {ENOMEM, ENOSPC, EIO, EACCES, EIO};

typedef struct report { /* shared with the server */
  long calls;
  int depth, leaks, files;
  const void *frame[DEPTH], *leak[LEAKS];
  uint32_t mark[MARKS];
} report;

static report *told;
static family fails = FAMILIES;
static long fails_at;
static bool fails_on, marks;

extern const char __executable_start, etext;

static void mark(uint32_t *to) {
  void *frame[DEPTH];
  uint64_t sum = 0;
  for (int k = backtrace(frame, DEPTH) - 1; k >= 0; k--)
    sum = (sum ^ (uintptr_t)frame[k]) * 0x9E3779B97F4A7C15u;
  *to = (uint32_t)(sum >> 32);
}

__attribute__((noinline)) static bool strike(family f) {
  if (f != fails) return false;
  const long call = __atomic_add_fetch(&told->calls, 1, __ATOMIC_RELAXED);
  if (marks && call <= MARKS) mark(&told->mark[call - 1]);
  if (call < fails_at || (call > fails_at && !fails_on)) return false;
  if (call == fails_at)
    told->depth = backtrace((void **)(uintptr_t)told->frame, DEPTH);
  errno = family_error[f];
  return true;
}

/* As a failed write leaves a stream. */
__attribute__((noinline)) static bool spoils(family f, FILE *stream) {
  if (stream == stderr || !strike(f)) return false;
  stream->_flags |= 0x20; /* glibc's mark that ferror looks at */
  return true;
}
#define FROM __builtin_return_address(0)

/* A function of the family that returns `bad` where it fails. */
#define WRAP(f, type, name, params, args, bad)                                 \
  type __real_##name params;                                                   \
  type __wrap_##name params;                                                   \
  type __wrap_##name params { return strike(f) ? (bad) : __real_##name args; }
#define WRAP_STREAM(f, type, name, params, args, bad)                          \
  type __real_##name params;                                                   \
  type __wrap_##name params;                                                   \
  type __wrap_##name params {                                                  \
    return spoils(f, stream) ? (bad) : __real_##name args;                     \
  }

/* Memory that is ours. */
#define WRAP_MEMORY(type, name, params, args)                                  \
  type __real_##name params;                                                   \
  type __wrap_##name params;                                                   \
  type __wrap_##name params {                                                  \
    return strike(ALLOC) ? NULL : held_take(__real_##name args, FROM);         \
  }
WRAP_MEMORY(void *, malloc, (size_t n), (n))
WRAP_MEMORY(void *, calloc, (size_t n, size_t m), (n, m))
WRAP_MEMORY(void *, aligned_alloc, (size_t a, size_t n), (a, n))
WRAP_MEMORY(char *, strdup, (const char *s), (s))
WRAP_MEMORY(char *, strndup, (const char *s, size_t n), (s, n))

void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n) {
  if (strike(ALLOC)) return NULL;
  held_give(p);
  void *grown = __real_realloc(p, n);
  held_take(grown == NULL && n > 0 ? p : grown, FROM);
  return grown;
}
void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p) {
  held_give(p);
  __real_free(p);
}
char *__real_realpath(const char *path, char *to);
char *__wrap_realpath(const char *path, char *to);
char *__wrap_realpath(const char *path, char *to) {
  if (strike(ALLOC)) return NULL;
  char *found = __real_realpath(path, to);
  return to != NULL ? found : held_take(found, FROM);
}
typedef int choice(const struct dirent *);
typedef int order(const struct dirent **one, const struct dirent **other);
int __real_scandir(const char *, struct dirent ***, choice *, order *);
int __wrap_scandir(const char *dir, struct dirent ***list, choice *takes,
                   order *sorts);
int __wrap_scandir(const char *dir, struct dirent ***list, choice *takes,
                   order *sorts) {
  if (strike(ALLOC)) return -1;
  const int n = __real_scandir(dir, list, takes, sorts);
  for (int k = 0; k < n; k++) held_take((*list)[k], FROM);
  if (n >= 0) held_take(*list, FROM);
  return n;
}
int __wrap_asprintf(char **out, const char *format, ...);
int __wrap_asprintf(char **out, const char *format, ...) {
  if (strike(ALLOC)) return -1;
  va_list args;
  va_start(args, format);
  const int n = vasprintf(out, format, args);
  va_end(args);
  if (n >= 0) held_take(*out, FROM);
  return n;
}
FILE *__real_open_memstream(char **text, size_t *n);
FILE *__wrap_open_memstream(char **text, size_t *n);
FILE *__wrap_open_memstream(char **text, size_t *n) {
  if (strike(ALLOC)) return NULL;
  FILE *stream = __real_open_memstream(text, n);
  held_open(stream, text, FROM);
  return stream;
}
WRAP(ALLOC, FILE *, fdopen, (int fd, const char *mode), (fd, mode), NULL)

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
  return spoils(WRITE, stdout) ? EOF : __real_puts(s);
}
int __wrap_printf(const char *format, ...);
int __wrap_printf(const char *format, ...) {
  if (spoils(WRITE, stdout)) return -1;
  va_list args;
  va_start(args, format);
  const int n = vprintf(format, args);
  va_end(args);
  return n;
}
int __wrap_fprintf(FILE *stream, const char *format, ...);
int __wrap_fprintf(FILE *stream, const char *format, ...) {
  if (spoils(WRITE, stream)) return -1;
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
  char **text = held_close(stream);
  const bool bad = strike(FLUSH);
  const int error = errno, closed = __real_fclose(stream);
  if (text != NULL) held_take(*text, FROM);
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
ssize_t __real___getdelim(char **s, size_t *n, int end, FILE *stream);
ssize_t __wrap___getdelim(char **s, size_t *n, int end, FILE *stream);
ssize_t __wrap___getdelim(char **s, size_t *n, int end, FILE *stream) {
  if (spoils(READ, stream)) return -1;
  held_give(*s);
  const ssize_t got = __real___getdelim(s, n, end, stream);
  held_take(*s, FROM);
  return got;
}
/* Which family opening belongs to is for its flags to say. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
  va_end(args);
  if (strike((flags & O_CREAT) != 0 ? NAME : READ)) return -1;
  return __real_open(path, flags, mode);
}
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode) {
  return strike(mode[0] == 'r' ? READ : NAME) ? NULL : __real_fopen(path, mode);
}

static void redirect(const char *path, int flags, int to) {
  const int fd = open(path, flags, 0666);
  if (fd < 0 || dup2(fd, to) < 0) _exit(120);
  close(fd);
}

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

static void settle(void) {
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  redirect("stdout", O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect("stderr", O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
}

static uint64_t files_open(void) {
  uint64_t mask = 0;
  for (int fd = STDERR_FILENO + 1; fd < FILES; fd++)
    mask |= (uint64_t)(fcntl(fd, F_GETFD) >= 0) << fd;
  return mask;
}

/* A run with a fault, from whose end nothing of ours may be left. */
static int watched(int argc, char **argv, family f) {
  settle();
  const uint64_t before = files_open();
  alarm(LIMIT);
  fails = f;
  held_watched = true;
  const int code = __real_main(argc, argv);
  held_watched = false;
  fails = FAMILIES;
  told->files = __builtin_popcountll(files_open() & ~before) + held_full;
  for (size_t k = 0; k < HELD_SLOTS; k++)
    if (held[k].from != NULL && told->leaks < LEAKS)
      told->leak[told->leaks++] = held[k].from;
  return code;
}

static bool understand(const char *line, family *f) {
  char name[16], mode[16];
  if (sscanf(line, "%15s %ld %15s", name, &fails_at, mode) != 3) return false;
  fails_on = strcmp(mode, "rest") == 0;
  marks = strcmp(mode, "mark") == 0;
  *f = ALLOC;
  while (*f < FAMILIES && strcmp(name, family_name[*f]) != 0) ++*f;
  return *f < FAMILIES;
}

/* Offsets of the calls in the program, not of what follows them. */
static void tell(const void *const *frame, int n) {
  for (int k = 0; k < n; k++) {
    const char *at = frame[k];
    if (at >= &__executable_start && at < &etext)
      dprintf(ANSWER, " %zx", (size_t)(at - &__executable_start) - 1);
  }
}

static void answer(int status) {
  dprintf(ANSWER, "%d %ld", status, told->calls);
  tell(told->frame, told->depth);
  dprintf(ANSWER, " :");
  tell(told->leak, told->leaks);
  dprintf(ANSWER, " : %d :", told->files);
  for (long k = 0; marks && k < told->calls && k < MARKS; k++)
    dprintf(ANSWER, " %x", told->mark[k]);
  dprintf(ANSWER, "\n");
}

int __wrap_main(int argc, char **argv) {
  char line[64];
  family f;
  void *some[1], *shared = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (dup2(STDIN_FILENO, ASK) != ASK || dup2(STDOUT_FILENO, ANSWER) != ANSWER ||
      shared == MAP_FAILED)
    return 120;
  FILE *orders = fdopen(ASK, "r");
  if (orders == NULL) return 120;
  told = shared;
  settle();
  if (backtrace(some, 1) < 1 || __real_main(argc, argv) != 0) return 121;
  dprintf(ANSWER, "ready\n");
  while (fgets(line, sizeof line, orders) != NULL && understand(line, &f)) {
    int status = 0;
    memset(told, 0, offsetof(report, mark));
    const pid_t child = fork();
    if (child == 0) exit(watched(argc, argv, f));
    if (child < 0 || waitpid(child, &status, 0) != child) return 120;
    answer(status);
  }
  fclose(orders);
  return 0;
}
