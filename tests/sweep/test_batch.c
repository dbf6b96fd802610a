/* Batches of a model: which cells they get, and how; and points. */
#include "tests/sweep/toys.h"

#include "sweep/points.h"
#include "sweep/shard.h"

#include <stdatomic.h>

/* A batch that says 3 y0 + k for a cell, and notes what it was given. */
static struct {
  size_t opened, closed;
  atomic_size_t calls, cells, largest;
  es_cell_options options;
  bool declines;
  es_status fails;
} seen;

static es_status batch_open(void **self, const es_config *config,
                            const char *const *axis, size_t n_axes,
                            const es_cell_options *options, es_diag *diag) {
  (void)config, (void)diag;
  *self = seen.declines ? NULL : &seen;
  seen.opened++;
  seen.options = *options;
  assert_int_equal(n_axes, 2);
  assert_string_equal(axis[0], "k");
  assert_string_equal(axis[1], "y0");
  return ES_OK;
}

static void batch_close(void *self) { seen.closed += self != NULL; }

static es_status batch_solve(const void *self, const double *axes, size_t n,
                             es_cell *cells, double *columns) {
  (void)self;
  atomic_fetch_add(&seen.calls, 1);
  if (n > atomic_load(&seen.largest)) atomic_store(&seen.largest, n);
  if (atomic_fetch_add(&seen.cells, n) > 500 && seen.fails != ES_OK)
    return seen.fails;
  for (size_t i = 0; i < n; i++) {
    columns[i] = 3 * axes[2 * i + 1] + axes[2 * i];
    cells[i] = (es_cell){.fate = ES_FATE_STABLE, .t_settle = 1, .steps = 2};
  }
  return ES_OK;
}

static const es_batch batch = {100, batch_open, batch_close, batch_solve};

static int forget(void **state) {
  (void)state;
  memset(&seen, 0, sizeof seen);
  return 0;
}

static es_status check_row(void *context, uint64_t cell, const double *axes,
                           const double *columns, const es_cell *said) {
  uint64_t *rows = context;
  assert_int_equal(cell, (*rows)++);
  assert_close(columns[0], 3 * axes[1] + axes[0], 0, 0);
  assert_close(said->steps, 2, 0, 0);
  return ES_OK;
}

static es_status count(void *context, uint64_t cell, const double *axes,
                       const double *columns, const es_cell *said) {
  (void)cell, (void)axes, (void)columns, (void)said;
  ++*(uint64_t *)context;
  return ES_OK;
}

static const char *const words[] = {"sweep.k=lin:1:2:25",
                                    "sweep.y0=lin:0:1:41",
                                    "t_end=7",
                                    "rtol=1e-5",
                                    "atol=1e-6",
                                    "max_steps=9",
                                    "solver.limit=8",
                                    "simd=none",
                                    "method=tsit5",
                                    NULL};

static void test_blocks_go_to_the_batch(void **state) {
  (void)state;
  es_diag diag = {0};
  es_sweep *sweep;
  es_model model = well;
  model.batch = &batch;
  es_config *config = toy_config(&model, words);
  assert_ok(toy_sweep(&sweep, &model, config, &diag), diag);
  assert_int_equal(seen.opened, 1);
  assert_close(seen.options.t_end, 7, 0, 0);
  assert_close(seen.options.rtol, 1e-5, 0, 0);
  assert_close(seen.options.atol, 1e-6, 0, 0);
  assert_close(seen.options.limit, 8, 0, 0);
  assert_int_equal(seen.options.max_steps, 9);
  assert_string_equal(seen.options.method, "tsit5");
  assert_string_equal(seen.options.simd, "none");
  for (size_t threads = 1; threads <= 3; threads++) {
    uint64_t rows = 0;
    atomic_store(&seen.cells, 0);
    atomic_store(&seen.calls, 0);
    assert_ok(
        es_sweep_run(sweep, 0, 1025, threads, NULL, check_row, &rows, &diag),
        diag);
    assert_int_equal(rows, 1025);
    assert_int_equal(atomic_load(&seen.cells), 1025);
    assert_int_equal(atomic_load(&seen.calls), 11);
    assert_int_equal(atomic_load(&seen.largest), 100);
  }
  es_sweep_free(sweep);
  assert_int_equal(seen.closed, 1);
  es_config_free(config);
}

static void test_a_failing_batch_ends_the_sweep(void **state) {
  (void)state;
  es_diag diag = {0};
  es_sweep *sweep;
  es_model model = well;
  model.batch = &batch;
  es_config *config = toy_config(&model, words);
  assert_ok(toy_sweep(&sweep, &model, config, &diag), diag);
  seen.fails = ES_NO_MEMORY;
  uint64_t rows = 0;
  assert_status(es_sweep_run(sweep, 0, 1025, 2, NULL, check_row, &rows, &diag),
                ES_NO_MEMORY);
  assert_true(rows < 1025 && diag.message[0] != '\0');
  es_sweep_free(sweep);
  es_config_free(config);
}

/* A batch that declines, and axes that are not the model's own. */
static void test_cells_that_are_not_for_the_batch(void **state) {
  (void)state;
  es_diag diag = {0};
  es_model model = well;
  model.batch = &batch;
  const char *const other[] = {"sweep.k=1,2", "sweep.rtol=1e-5,1e-6", NULL};
  const char *const own[] = {"sweep.k=1,2", "sweep.y0=0.1,0.9", NULL};
  seen.declines = true;
  for (int i = 0; i < 2; i++) {
    es_sweep *sweep;
    uint64_t rows = 0;
    es_config *config = toy_config(&model, i == 0 ? other : own);
    assert_ok(toy_sweep(&sweep, &model, config, &diag), diag);
    assert_ok(es_sweep_run(sweep, 0, 4, 1, NULL, count, &rows, &diag), diag);
    assert_int_equal(rows, 4);
    es_sweep_free(sweep);
    es_config_free(config);
  }
  assert_int_equal(seen.opened, 1);
  assert_int_equal(seen.closed, 0);
  assert_int_equal(atomic_load(&seen.calls), 0);
}

static void test_points_in_a_box(void **state) {
  (void)state;
  es_diag diag = {0};
  es_points p;
  const double a[] = {-1, 3}, b[] = {5}, c[] = {1e-300, 2e-300};
  const es_axis axis[] = {{"model", "a", a, 2, NULL},
                          {"model", "b", b, 1, NULL},
                          {"model", "c", c, 2, NULL}};
  enum { N = 20000 };
  double sum = 0, square = 0, cross = 0, x[3], y[3];
  assert_ok(es_points_box(&p, axis, 3, N, 11, &diag), diag);
  for (uint64_t i = 0; i < N; i++) {
    es_points_at(&p, i, x);
    es_points_at(&p, i, y);
    assert_memory_equal(x, y, sizeof x);
    assert_true(x[0] >= -1 && x[0] <= 3 && x[2] >= 1e-300 && x[2] <= 2e-300);
    assert_close(x[1], 5, 0, 0);
    const double u = (x[0] + 1) / 4, v = x[2] / 1e-300 - 1;
    sum += u;
    square += u * u;
    cross += (u - .5) * (v - .5);
  }
  /* Means of uniform numbers, within 5 of their standard deviations. */
  assert_close(sum / N, .5, 0, 5 * sqrt(1. / 12 / N));
  assert_close(square / N, 1. / 3, 0, 5 * sqrt(4. / 45 / N));
  assert_close(cross / N, 0, 0, 5 / 12. / sqrt(N));
}

static void test_boxes_that_are_none(void **state) {
  (void)state;
  es_diag diag = {0};
  es_points p;
  const double x[] = {2, 1, 0};
  const es_axis three = {"model", "a", x, 3, NULL},
                falls = {"model", "a", x, 2, NULL};
  const es_axis twice[] = {{"model", "a", x + 2, 1, NULL},
                           {"model", "a", x + 2, 1, NULL}};
  assert_status(es_points_box(&p, &three, 1, 1, 0, &diag), ES_BAD_VALUE);
  assert_status(es_points_box(&p, &falls, 1, 1, 0, &diag), ES_BAD_VALUE);
  assert_status(es_points_box(&p, twice, 2, 1, 0, &diag), ES_BAD_VALUE);
  assert_status(es_points_grid(&p, twice, 2, &diag), ES_BAD_VALUE);
}

/* Shards are disjoint, cover all, and differ by one cell at most. */
static void test_shards_cover(void **state) {
  (void)state;
  const uint64_t cells[] = {
      0, 1, 7, 39, 1000003, ((uint64_t)1 << 53) - 1, (uint64_t)1 << 53};
  const uint64_t counts[] = {1, 2, 3, 7, 64, 1000};
  for (size_t c = 0; c < 7; c++)
    for (size_t n = 0; n < 6; n++) {
      uint64_t end = 0;
      for (uint64_t i = 1; i <= counts[n]; i++) {
        uint64_t first, last;
        es_shard_cells(&(es_shard){i, counts[n]}, cells[c], &first, &last);
        assert_int_equal(first, end);
        assert_true(last - first <= cells[c] / counts[n] + 1 &&
                    last - first >= cells[c] / counts[n]);
        end = last;
      }
      assert_int_equal(end, cells[c]);
    }
  uint64_t first, last;
  es_shard_cells(&(es_shard){ES_MOST_SHARDS, ES_MOST_SHARDS}, cells[6], &first,
                 &last);
  assert_int_equal(last, cells[6]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_blocks_go_to_the_batch, forget),
      cmocka_unit_test_setup(test_a_failing_batch_ends_the_sweep, forget),
      cmocka_unit_test_setup(test_cells_that_are_not_for_the_batch, forget),
      cmocka_unit_test(test_points_in_a_box),
      cmocka_unit_test(test_boxes_that_are_none),
      cmocka_unit_test(test_shards_cover)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
