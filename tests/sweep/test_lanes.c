/* The scheduler of lanes, with a kernel that counts: every cell is begun and
 * stored once, in lanes that are never idle while cells are left. */
#include "tests/check.h"

#include "sweep/lanes.h"

#include <stdlib.h>

enum { MOST_CELLS = 1000, ROWS = 3 };

/* Cell i needs length[i] steps; 0: it ends at its start. */
typedef struct toy {
  size_t n, length[MOST_CELLS];
  unsigned begun[MOST_CELLS], stored[MOST_CELLS];
  size_t next;   /* to be begun */
  size_t active; /* begun and not stored */
} toy;

/* How often the kernel ran, and how many of its lanes had a cell then. */
typedef struct work {
  size_t calls, lanes;
} work;

static unsigned count_down(es_lane_block *b, const es_cell_options *options) {
  work *w = (work *)(uintptr_t)b->system;
  unsigned ended = 0;
  assert_int_equal(options->max_steps, 77);
  w->calls++;
  for (unsigned l = 0; l < ES_LANES; l++) {
    b->y[l] -= 1; /* idle lanes too */
    b->work[2 * ES_LANES + l] += 1;
    b->steps[l] += 1;
    w->lanes += b->busy >> l & 1u;
    if (!(b->y[l] > 0)) ended |= 1u << l;
  }
  return ended;
}

static bool fill(void *context, size_t i, es_lane_block *b, size_t lane) {
  toy *t = context;
  assert_int_equal(i, t->next); /* in order */
  assert_int_equal(b->busy >> lane & 1u, 0);
  assert_true(isnan(b->t_settle[lane]));
  assert_int_equal(b->fate[lane], ES_FATE_UNDECIDED);
  assert_int_equal(b->status[lane], ES_OK);
  assert_close(b->steps[lane] + b->t[lane] + b->h[lane], 0, 0, 0);
  t->next++;
  t->begun[i]++;
  b->y[lane] = (double)t->length[i];
  b->param[lane] = (double)i;
  b->work[2 * ES_LANES + lane] = 0;
  b->t_settle[lane] = 1; /* to be reset for the next */
  b->fate[lane] = ES_FATE_STABLE;
  b->status[lane] = ES_BUDGET;
  b->t[lane] = b->h[lane] = 3;
  if (t->length[i] > 0) t->active++;
  return t->length[i] > 0;
}

static void store(void *context, size_t i, const es_lane_block *b,
                  size_t lane) {
  toy *t = context;
  t->stored[i]++;
  assert_close(b->param[lane], (double)i, 0, 0);
  assert_close(b->steps[lane], (double)t->length[i], 0, 0);
  assert_close(b->work[2 * ES_LANES + lane], (double)t->length[i], 0, 0);
  if (t->length[i] == 0) return;
  t->active--;
}

static work run(toy *t) {
  static const es_cell_options options = {.max_steps = 77};
  work w = {0};
  const es_lane_kernel kernel = {
      .n = 1,
      .n_param = 1,
      .n_work = ROWS,
      .system = &w,
      .advance = {count_down, count_down, count_down}};
  assert_int_equal(
      es_lanes_run(&kernel, ES_SIMD_NONE, &options, t->n, fill, store, t),
      ES_OK);
  for (size_t i = 0; i < t->n; i++) {
    assert_int_equal(t->begun[i], 1);
    assert_int_equal(t->stored[i], 1);
  }
  assert_int_equal(t->active, 0);
  return w;
}

static void test_every_cell_once(void **unused) {
  (void)unused;
  for (size_t n = 0; n <= 40; n++)
    for (size_t kind = 0; kind < 3; kind++) {
      toy *t = calloc(1, sizeof *t);
      assert_non_null(t);
      t->n = n;
      size_t total = 0;
      for (size_t i = 0; i < n; i++) {
        t->length[i] = kind == 0 ? 1 : kind == 1 ? i % 5 : (i * i) % 23;
        total += t->length[i];
      }
      assert_int_equal(run(t).lanes, total);
      free(t);
    }
}

/* One cell of 1000 steps among 999 of 10: it holds back its own lane alone. */
static void test_slow_cell_holds_one_lane(void **unused) {
  (void)unused;
  toy *t = calloc(1, sizeof *t);
  assert_non_null(t);
  t->n = MOST_CELLS;
  for (size_t i = 0; i < t->n; i++) t->length[i] = i == 4 ? 1000 : 10;
  const work w = run(t);
  /* 700 cells on 7 lanes meanwhile, and 299 on 8: 38 rounds of 10. */
  assert_int_equal(w.calls, 1000 + 380);
  assert_int_equal(w.lanes, 1000 + 9990);
  free(t);
}

static void test_none_that_runs(void **unused) {
  (void)unused;
  toy *t = calloc(1, sizeof *t);
  assert_non_null(t);
  t->n = 100;
  assert_int_equal(run(t).calls, 0);
  free(t);
}

static void test_choice(void **unused) {
  (void)unused;
  es_diag diag = {0};
  es_simd best, got;
  assert_ok(es_simd_choose(&best, "auto", &diag), diag);
  assert_ok(es_simd_choose(&got, NULL, &diag), diag);
  assert_int_equal(got, best);
  for (es_simd simd = ES_SIMD_NONE; simd < ES_SIMDS; simd++) {
    const es_status want = es_simd_has(simd) ? ES_OK : ES_BAD_VALUE;
    assert_status(es_simd_choose(&got, es_simd_name(simd), &diag), want);
    if (want == ES_OK) assert_int_equal(got, simd);
    assert_true(es_simd_has(simd) == (simd <= best));
  }
  assert_status(es_simd_choose(&got, "sse9", &diag), ES_BAD_VALUE);
  assert_string_equal(diag.message,
                      "solver.simd=sse9: must be auto, avx512, avx2 or none");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_cell_once),
      cmocka_unit_test(test_slow_cell_holds_one_lane),
      cmocka_unit_test(test_none_that_runs), cmocka_unit_test(test_choice)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
