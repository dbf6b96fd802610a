/* Files that were damaged: cut short, with bits turned over, with sizes that
 * are not true. A test gives a whole file's bytes and says how it is read; each
 * damaged copy must read well, or be refused as a file with one line that names
 * it, and cost no more memory than so many times its bytes. A file of its own
 * in each program: it includes heap.h. */
#ifndef ES_TESTS_MUTATE_H
#define ES_TESTS_MUTATE_H

#include "tests/check.h"
#include "tests/heap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct mutant {
  const char *path; /* where damaged copies are written */
  /* Reads it and frees what was read. What is read well is checked here, by
   * mutate_bad. */
  es_status (*read)(const char *path, void *context, es_diag *diag);
  void *context;
  const char *named; /* in every message; NULL: path */
  /* Refusals of a file are ES_FILE_MISSING, _CORRUPT and _DATA; what else may
   * be where the contract says so, as bits: 1u << ES_BAD_VALUE for settings. */
  unsigned also;
  bool
      slow; /* HDF5's: less of it under a sanitizer, which does not see there */
  size_t times, beyond; /* bytes held at a time: times·n + beyond, at most */
  size_t good, refused; /* counted here */
  size_t most;          /* bytes held, of all files */
} mutant;

/* Of what was read well although it is not as it should be: fails the test. */
#define mutate_bad(...) fail_msg(__VA_ARGS__)

static inline void mutate_put(const char *path, const unsigned char *bytes,
                              size_t n) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

/* The whole file, in memory to free. */
static inline unsigned char *mutate_get(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  assert_int_equal(fseek(f, 0, SEEK_END), 0);
  const long size = ftell(f);
  assert_true(size >= 0);
  rewind(f);
  unsigned char *bytes = malloc((size_t)size + 1);
  assert_non_null(bytes);
  *n = fread(bytes, 1, (size_t)size, f);
  assert_int_equal(*n, size);
  fclose(f);
  return bytes;
}

/* One damaged copy; what and at say in a failure's message which it was. */
static inline es_status mutate_try(mutant *m, const unsigned char *bytes,
                                   size_t n, const char *what, size_t at) {
  es_diag diag = {0};
  mutate_put(m->path, bytes, n);
  const long long since = heap_watch();
  const es_status status = m->read(m->path, m->context, &diag);
  const size_t taken = heap_taken(since);
  const char *named = m->named != NULL ? m->named : m->path;
  if (taken > m->most) m->most = taken;
  if (taken > m->times * n + m->beyond)
    fail_msg("%s, %s at %zu: %zu bytes of memory for %zu of the file (%s)",
             m->path, what, at, taken, n, diag.message);
  if (status == ES_OK) {
    m->good++;
    return status;
  }
  if (status != ES_FILE_MISSING && status != ES_FILE_CORRUPT &&
      status != ES_FILE_DATA && (m->also >> status & 1) == 0)
    fail_msg("%s, %s at %zu: %s (%s)", m->path, what, at,
             es_status_name(status), diag.message);
  if (diag.code != status || strstr(diag.message, named) == NULL ||
      strchr(diag.message, '\n') != NULL)
    fail_msg("%s, %s at %zu: %s says '%s'", m->path, what, at,
             es_status_name(status), diag.message);
  m->refused++;
  return status;
}

/* Damage is further apart where each look takes many times as long. */
static inline size_t mutate_step(const mutant *m, size_t step) {
  if (getenv("ES_UNDER_VALGRIND") != NULL) return 16 * step;
#ifdef __SANITIZE_ADDRESS__
  if (m->slow) return 11 * step;
#endif
  (void)m;
  return step;
}

/* The file as it is must read well. */
static inline void mutate_none(mutant *m, const unsigned char *bytes,
                               size_t n) {
  assert_int_equal(mutate_try(m, bytes, n, "nothing", 0), ES_OK);
}

/* Every step-th length, from none. */
static inline void mutate_cuts(mutant *m, const unsigned char *bytes, size_t n,
                               size_t step) {
  step = mutate_step(m, step);
  for (size_t k = 0; k < n; k += step) mutate_try(m, bytes, k, "a cut", k);
}

/* In every step-th byte one bit; with step 1 (or 3, 5, …) all eight places have
 * their turn. */
static inline void mutate_bits(mutant *m, const unsigned char *bytes, size_t n,
                               size_t step) {
  unsigned char *copy = malloc(n);
  assert_non_null(copy);
  memcpy(copy, bytes, n);
  step = mutate_step(m, step);
  for (size_t k = 0, turn = 0; k < n; k += step, turn++) {
    const unsigned char bit = (unsigned char)(1u << (turn + turn / 8) % 8);
    copy[k] ^= bit;
    mutate_try(m, copy, n, "a bit", k);
    copy[k] ^= bit;
  }
  free(copy);
}

/* Binary sizes of `width` bytes, at `at`, as large as they go and at places
 * where products and sums of them wrap. */
static inline void mutate_size(mutant *m, const unsigned char *bytes, size_t n,
                               size_t at, size_t width, bool big_endian) {
  static const uint64_t claims[] = {
      0xff,       0xffff,          0x7fffffff,         0x80000000,
      0xffffffff, 1ull << 33,      1ull << 48,         (1ull << 61) + 1,
      1ull << 62, INT64_MAX,       UINT64_MAX - 0xfff, UINT64_MAX - 1,
      UINT64_MAX, (1ull << 32) + 1};
  unsigned char *copy = malloc(n);
  assert_non_null(copy);
  assert_true(at + width <= n);
  for (size_t c = 0; c < sizeof claims / sizeof *claims; c++) {
    memcpy(copy, bytes, n);
    for (size_t k = 0; k < width; k++)
      copy[at + (big_endian ? width - 1 - k : k)] =
          (unsigned char)(claims[c] >> 8 * k);
    mutate_try(m, copy, n, "a size", at);
  }
  free(copy);
}

/* A size written in figures: the first text `old` becomes each of many. */
static inline void mutate_figures(mutant *m, const unsigned char *bytes,
                                  size_t n, const char *old) {
  static const char *const claims[] = {"0",
                                       "-1",
                                       "999",
                                       "65536",
                                       "2147483647",
                                       "4294967296",
                                       "1152921504606846977",
                                       "2305843009213693952",
                                       "9223372036854775807",
                                       "18446744073709551615",
                                       "18446744073709551617",
                                       "99999999999999999999999999",
                                       "1e9",
                                       "1e300",
                                       "nan",
                                       ""};
  const unsigned char *at = memmem(bytes, n, old, strlen(old));
  assert_non_null(at);
  const size_t before = (size_t)(at - bytes), skip = before + strlen(old);
  unsigned char *copy = malloc(n + 64);
  assert_non_null(copy);
  for (size_t c = 0; c < sizeof claims / sizeof *claims; c++) {
    const size_t width = strlen(claims[c]);
    memcpy(copy, bytes, before);
    memcpy(copy + before, claims[c], width);
    memcpy(copy + before + width, bytes + skip, n - skip);
    mutate_try(m, copy, n - strlen(old) + width, claims[c], before);
  }
  free(copy);
}

/* All that was tried; a memory of 0 was not seen (heap.h). */
static inline void mutate_tell(const mutant *m, const char *what) {
  print_message("# %s: %zu read well, %zu refused, %zu bytes held at most\n",
                what, m->good, m->refused, m->most);
}

#endif
