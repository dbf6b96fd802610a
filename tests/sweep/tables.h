/* A grid of 21 cells and its tables, for the tests of tables on disk. */
#ifndef ES_TESTS_SWEEP_TABLES_H
#define ES_TESTS_SWEEP_TABLES_H

#include "tests/file/temp.h"
#include "tests/sweep/toys.h"

#include "sweep/merge.h"
#include "sweep/output.h"

enum { LARGEST = 1 << 20, CELLS = 21 };

/* One row fails, the rest collapse or settle. */
static const char *const grid[] = {"sweep.y0=0.05,0.2,0.3,0.48,0.7,0.99,2",
                                   "sweep.a=0.1,0.5,0.9", "most=1", "rtol=1e-6",
                                   NULL};

typedef struct made {
  es_config *config;
  es_sweep *sweep;
} made;

static inline made make(const char *const *words) {
  es_diag diag = {0};
  made m = {.config = toy_config(&well, words)};
  assert_ok(toy_sweep(&m.sweep, &well, m.config, &diag), diag);
  return m;
}

static inline void unmake(made *m) {
  es_sweep_free(m->sweep);
  es_config_free(m->config);
}

/* Runs cells up to `stop` of first to last-1; a table that is not at its end is
 * left. Returns the tally. */
static inline es_tally write_rows(const made *m, const es_output_where *where,
                                  uint64_t first, uint64_t last,
                                  uint64_t stop) {
  es_diag diag = {0};
  es_output *output;
  assert_ok(es_output_open(&output, m->sweep, where, first, last, &diag), diag);
  const es_sink sink = es_output_sink(output);
  const uint64_t next = es_output_next(output);
  if (next < stop)
    assert_ok(es_sweep_run_rows(m->sweep, next, stop, 1, NULL, &sink, &diag),
              diag);
  const es_tally tally = es_output_tally(output);
  assert_ok(es_output_close(output, stop == last, false, &diag), diag);
  return tally;
}

static inline unsigned char *bytes_of(const char *path, size_t *n) {
  es_diag diag = {0};
  unsigned char *bytes;
  assert_ok(es_file_read(&bytes, n, path, LARGEST, &diag), diag);
  return bytes;
}

static inline void assert_same_file(const char *a, const char *b) {
  size_t n, m;
  unsigned char *x = bytes_of(a, &n), *y = bytes_of(b, &m);
  assert_int_equal(n, m);
  assert_memory_equal(x, y, n);
  free(x);
  free(y);
}

static inline void assert_tally(const es_tally *t) {
  assert_int_equal(t->cells, CELLS);
  assert_int_equal(t->failed, 3);
  assert_int_equal(t->fate[ES_FATE_STABLE], 8);
  assert_int_equal(t->fate[ES_FATE_COLLAPSED], 10);
  assert_int_equal(t->fate[ES_FATE_UNDECIDED], 3);
}

#endif
