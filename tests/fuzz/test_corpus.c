/* The seeds of every fuzz target, and damaged copies of them, without a
 * fuzzer: what it found once stays found (tests/fuzz/README.md).
 *
 *   test_corpus               all of it; FUZZ_MUTANTS=100000 FUZZ_SEED=7: of
 *                             other copies more; FUZZ_TARGET=h5: of one target
 *   test_corpus TARGET FILE…  these inputs, such as one that a fuzzer left
 *
 * Which input was at work when a run dies is told, and left as a file. */
#include "targets/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/* As in sanitizer/common_interface_defs.h. */
void __sanitizer_set_death_callback(void (*callback)(void));
enum { MUTANTS = 500 }; /* of all targets together */
#else
enum { MUTANTS = 2000 };
#endif
enum { MOST_SEEDS = 256, LARGEST = 1 << 16 };

typedef struct input {
  unsigned char *bytes;
  size_t n;
  char name[300];
} input;

static input now; /* for the last word */

/* Without stdio's memory, which may be what broke. */
static void last_word(void) {
  static const char at[] = "build/fuzz-failed";
  const int fd = open(at, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  const bool left = fd >= 0 && write(fd, now.bytes, now.n) == (ssize_t)now.n;
  dprintf(STDOUT_FILENO, "not ok - %s, %s %s\n", now.name,
          left ? "left as" : "not left as", at);
}

static void on_signal(int number) {
  signal(number, SIG_DFL);
  last_word();
  raise(number);
}

static void watch_for_death(void) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_set_death_callback(last_word);
  signal(SIGABRT, on_signal);
#else
  static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT,
                                SIGFPE,  SIGILL, SIGALRM};
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
    signal(numbers[k], on_signal);
#endif
}

static void try(const fuzz_target *target, const unsigned char *bytes,
                size_t n) {
  now.bytes = (unsigned char *)(uintptr_t)bytes;
  now.n = n;
  alarm(20);
  fuzz_one(target, bytes, n);
  alarm(0);
}

static void get(input *out, const char *folder, const char *name) {
  struct stat what;
  snprintf(out->name, sizeof out->name, "%.200s%s%.90s", folder,
           *folder == '\0' ? "" : "/", name);
  FILE *f = fopen(out->name, "rb");
  if (f == NULL || fstat(fileno(f), &what) != 0 || what.st_size > 1 << 24)
    fuzz_bad("cannot read %s", out->name);
  out->n = (size_t)what.st_size;
  out->bytes = malloc(out->n + 1);
  if (out->bytes == NULL || fread(out->bytes, 1, out->n, f) != out->n)
    fuzz_bad("cannot read %s", out->name);
  fclose(f);
}

static int visible(const struct dirent *e) { return e->d_name[0] != '.'; }

static size_t get_seeds(input *seed, const char *target) {
  char folder[200];
  struct dirent **entry;
  snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", target);
  const int n = scandir(folder, &entry, visible, alphasort);
  if (n <= 0 || n > MOST_SEEDS) fuzz_bad("%d seeds in %s", n, folder);
  for (int k = 0; k < n; k++) {
    get(&seed[k], folder, entry[k]->d_name);
    free(entry[k]);
  }
  free(entry);
  return (size_t)n;
}

/* xorshift64*, and a number below n. */
static uint64_t state = 1;
static size_t below(size_t n) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return n == 0 ? 0 : (size_t)((state * 0x2545F4914F6CDD1Dull) >> 33) % n;
}

/* A part of one seed over a part of the copy, which may become longer. */
static size_t put_part(unsigned char *copy, size_t n, const input *from) {
  const size_t at = below(n + 1), gone = below(n - at + 1) % 64;
  const size_t first = below(from->n + 1);
  size_t put = below(from->n - first + 1) % 64;
  if (n - gone + put > LARGEST) put = gone;
  memmove(copy + at + put, copy + at + gone, n - at - gone);
  memcpy(copy + at, from->bytes + first, put);
  return n - gone + put;
}

static size_t damage(unsigned char *copy, size_t n, const input *from) {
  static const unsigned char claims[] = {0,   1,   0x7f, 0x80, 0xff, '0',
                                         '9', ',', '\n', '"',  '[',  '-'};
  const size_t at = below(n);
  switch (below(5)) {
  case 0:
    if (n > 0) copy[at] ^= (unsigned char)(1u << below(8));
    return n;
  case 1:
    if (n > 0) copy[at] = claims[below(sizeof claims)];
    return n;
  case 2: /* a size of four or eight bytes */
    for (size_t k = at, end = at + (below(2) + 1) * 4; k < end && k < n; k++)
      copy[k] = claims[below(5)];
    return n;
  case 3:
    return below(4) == 0 ? at : n;
  default:
    return put_part(copy, n, from);
  }
}

static void try_mutants(const fuzz_target *target, const input *seed, size_t n,
                        size_t mutants) {
  static unsigned char copy[LARGEST + 64];
  for (size_t k = 0; k < mutants; k++) {
    const input *one = &seed[below(n)];
    size_t size = one->n < LARGEST ? one->n : LARGEST;
    memcpy(copy, one->bytes, size);
    for (size_t times = 1 + below(4); times > 0; times--)
      size = damage(copy, size, &seed[below(n)]);
    snprintf(now.name, sizeof now.name, "%s, mutant %zu of %.200s",
             target->name, k, one->name);
    try(target, copy, size);
  }
}

static void try_all(const fuzz_target *target, size_t mutants) {
  static input seed[MOST_SEEDS];
  const size_t n = get_seeds(seed, target->name);
  if (target->open != NULL) target->open();
  for (size_t k = 0; k < n; k++) {
    memcpy(now.name, seed[k].name, sizeof now.name);
    try(target, seed[k].bytes, seed[k].n);
  }
  try_mutants(target, seed, n, mutants);
  for (size_t k = 0; k < n; k++) free(seed[k].bytes);
  printf("ok - %s: %zu seeds, %zu mutants\n", target->name, n, mutants);
}

static size_t number(const char *name, size_t otherwise) {
  const char *text = getenv(name);
  return text == NULL ? otherwise : (size_t)strtoull(text, NULL, 10);
}

/* HDF5 1.10.8 itself reads some bytes beyond the names of a group whose sizes
 * are damaged, which only valgrind sees. */
static bool is_asked_for(const fuzz_target *target) {
  const char *only = getenv("FUZZ_TARGET");
  if (only != NULL) return strcmp(target->name, only) == 0;
  return getenv("ES_UNDER_VALGRIND") == NULL || strcmp(target->name, "h5") != 0;
}

int main(int argc, char **argv) {
  size_t n = 0;
  const bool slow = getenv("ES_UNDER_VALGRIND") != NULL;
  const size_t mutants = number("FUZZ_MUTANTS", slow ? MUTANTS / 20 : MUTANTS);
  state = 2 * number("FUZZ_SEED", 0) + 1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  watch_for_death();
  while (fuzz_at(n) != NULL) n++;
  if (argc == 1) {
    for (size_t k = 0; k < n; k++)
      if (is_asked_for(fuzz_at(k))) try_all(fuzz_at(k), mutants / n);
    return 0;
  }
  const fuzz_target *target = fuzz_find(argv[1]);
  if (target == NULL) fuzz_bad("%s: no such target", argv[1]);
  if (target->open != NULL) target->open();
  for (int k = 2; k < argc; k++) {
    input one;
    get(&one, "", argv[k]);
    memcpy(now.name, one.name, sizeof now.name);
    try(target, one.bytes, one.n);
    free(one.bytes);
    printf("ok - %s\n", argv[k]);
  }
  return 0;
}
