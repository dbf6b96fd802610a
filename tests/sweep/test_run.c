/* Sweeps of toys whose fates and times are known in closed form. */
#include "tests/sweep/toys.h"

typedef struct row {
  double axes[3], y;
  es_cell cell;
} row;

typedef struct table {
  row *row; /* n of them, in order from cell `first` on */
  size_t n, most;
  uint64_t first;
  size_t n_axes;
} table;

static es_status take(void *context, uint64_t cell, const double *axes,
                      const double *columns, const es_cell *said) {
  table *t = context;
  assert_true(t->n < t->most);
  assert_int_equal(cell, t->first + t->n);
  row *r = &t->row[t->n++];
  memset(r, 0, sizeof *r);
  for (size_t k = 0; k < t->n_axes; k++) r->axes[k] = axes[k];
  r->y = columns[0];
  r->cell.fate = said->fate;
  r->cell.t_settle = said->t_settle;
  r->cell.steps = said->steps;
  r->cell.status = said->status;
  return ES_OK;
}

/* All rows of a sweep of one column; freed by the caller. */
static table run(const es_model *model, const char *const *words,
                 size_t threads) {
  es_diag diag = {0};
  es_sweep *sweep;
  es_config *config = toy_config(model, words);
  assert_ok(toy_sweep(&sweep, model, config, &diag), diag);
  table t = {.most = (size_t)es_sweep_cells(sweep)};
  char name[8];
  assert_int_equal(es_sweep_columns(sweep), 1);
  es_sweep_column(sweep, 0, name, sizeof name);
  assert_string_equal(name, "y");
  es_axis axis;
  while (es_config_axis(config, "sweep", t.n_axes, &axis)) t.n_axes++;
  t.row = calloc(t.most, sizeof *t.row);
  assert_non_null(t.row);
  assert_ok(es_sweep_run(sweep, 0, t.most, threads, NULL, take, &t, &diag),
            diag);
  assert_int_equal(t.n, t.most);
  es_sweep_free(sweep);
  es_config_free(config);
  return t;
}

/* Solver at rtol 1e-10: some hundred steps of relative error 1e-10 each, which
 * near the threshold grow by (a (1-a) / |y0 - a|) <= 25: 1e-6 relative. */
static void test_fates_and_times(void **state) {
  (void)state;
  const char *const words[] = {"sweep.y0=lin:0.05:0.95:10",
                               "sweep.a=0.31,0.52,0.71", "sweep.k=1,20",
                               "rtol=1e-10", NULL};
  table t = run(&well, words, 2);
  assert_int_equal(t.n, 60);
  size_t moved = 0;
  for (size_t i = 0; i < t.n; i++) {
    const row *r = &t.row[i];
    const double y0 = r->axes[0], a = r->axes[1], k = r->axes[2];
    const double want = well_settles(y0, a, k);
    assert_int_equal(r->cell.status, ES_OK);
    assert_int_equal(r->cell.fate, y0 < a ? ES_FATE_COLLAPSED : ES_FATE_STABLE);
    assert_close(r->y, y0 < a ? 0 : 1, 0, 0);
    assert_close(r->cell.t_settle, want, 1e-6, 0);
    assert_true((r->cell.steps > 0) == (want > 0));
    moved += want > 0;
  }
  assert_int_equal(moved, 30);
  free(t.row);
}

static void test_last_axis_is_the_fastest(void **state) {
  (void)state;
  const char *const words[] = {"sweep.k=3,1,2", "sweep.y0=0.1,0.9", NULL};
  const double k[] = {3, 3, 1, 1, 2, 2}, y0[] = {.1, .9, .1, .9, .1, .9};
  table t = run(&well, words, 1);
  assert_int_equal(t.n, 6);
  for (size_t i = 0; i < 6; i++) {
    assert_close(t.row[i].axes[0], k[i], 0, 0);
    assert_close(t.row[i].axes[1], y0[i], 0, 0);
  }
  free(t.row);
}

/* At t_end the state is that of the flow, and a fate that is not certain yet is
 * not guessed. */
static void test_up_to_an_end(void **state) {
  (void)state;
  const char *const words[] = {"sweep.t_end=1,2,4,8,16", "y0=0.55", "a=0.5",
                               NULL};
  const double settles = well_settles(.55, .5, 1);
  table t = run(&well, words, 1);
  assert_true(settles > 4 && settles < 8);
  for (size_t i = 0; i < t.n; i++) {
    const row *r = &t.row[i];
    const bool late = r->axes[0] > settles;
    /* F' = 1/(y (y-a) (1-y)) > 4 turns 1e-8 in y into more in time. */
    if (r->y < .999)
      assert_close(well_F(r->y, .5) - well_F(.55, .5), r->axes[0], 1e-6, 0);
    assert_int_equal(r->cell.fate, late ? ES_FATE_STABLE : ES_FATE_UNDECIDED);
    if (late)
      assert_close(r->cell.t_settle, settles, 1e-6, 0);
    else
      assert_true(isnan(r->cell.t_settle));
  }
  free(t.row);
}

/* y = y0 e^{-kt} passes 1/2 at ln(2 y0)/k; bisection leaves the last bits of t,
 * and y's own rounding at 1/2 is 2^-53/k in t. */
static void test_closed_form(void **state) {
  (void)state;
  const char *const words[] = {"sweep.y0=0.25,0.75,3,1e6", "sweep.k=0.5,7",
                               NULL};
  table t = run(&decay, words, 1);
  for (size_t i = 0; i < t.n; i++) {
    const row *r = &t.row[i];
    const double y0 = r->axes[0], k = r->axes[1];
    assert_int_equal(r->cell.fate, ES_FATE_COLLAPSED);
    assert_close(r->cell.t_settle, y0 < .5 ? 0 : log(2 * y0) / k, 1e-14,
                 4e-16 / k);
    assert_close(r->y, 0, 0, 0);
    assert_close(r->cell.steps, 0, 0, 0);
  }
  free(t.row);
  const char *const ended[] = {"sweep.y0=0.25,0.75,3", "k=1", "t_end=0.5",
                               NULL};
  t = run(&decay, ended, 1);
  for (size_t i = 0; i < t.n; i++) {
    assert_close(t.row[i].y, t.row[i].axes[0] * exp(-.5), 0, 0);
    assert_int_equal(t.row[i].cell.fate,
                     i < 2 ? ES_FATE_COLLAPSED : ES_FATE_UNDECIDED);
  }
  free(t.row);
  const char *const stepped[] = {"sweep.y0=0.75,3", "method=dop853", NULL};
  t = run(&decay, stepped, 1);
  assert_close(t.row[1].cell.t_settle, log(6), 1e-8, 0);
  assert_true(t.row[1].cell.steps > 0);
  free(t.row);
}

static void test_bits_do_not_depend_on_threads(void **state) {
  (void)state;
  const char *const words[] = {"sweep.y0=lin:0.01:0.99:37",
                               "sweep.a=lin:0.1:0.9:23", NULL};
  table one = run(&well, words, 1);
  for (size_t threads = 2; threads <= 5; threads += 3) {
    table many = run(&well, words, threads);
    assert_int_equal(many.n, one.n);
    assert_memory_equal(many.row, one.row, one.n * sizeof *one.row);
    free(many.row);
  }
  free(one.row);
}

static void test_bad_cells_are_rows(void **state) {
  (void)state;
  const char *const words[] = {"sweep.y0=0.9,0.2,0.7", "most=0.5", NULL};
  table t = run(&well, words, 1);
  assert_int_equal(t.row[0].cell.status, ES_BAD_VALUE);
  assert_true(isnan(t.row[0].y) && isnan(t.row[0].cell.t_settle));
  assert_int_equal(t.row[1].cell.status, ES_OK);
  assert_int_equal(t.row[2].cell.status, ES_BAD_VALUE);
  free(t.row);
  /* At t = 1/y0 < 3 the second and third have no more solution. */
  const char *const beyond[] = {"sweep.y0=0.1,0.5,1", "t_end=3", NULL};
  t = run(&blow, beyond, 1);
  assert_close(t.row[0].y, 1 / (10. - 3), 1e-8, 0);
  for (size_t i = 1; i < 3; i++) {
    assert_int_equal(es_status_exit_code(t.row[i].cell.status), 1);
    assert_true(isnan(t.row[i].y));
  }
  free(t.row);
  const char *const limited[] = {"sweep.y0=0.1,0.5", "t_end=3", "limit=10",
                                 NULL};
  t = run(&blow, limited, 1);
  assert_int_equal(t.row[0].cell.fate, ES_FATE_UNDECIDED);
  assert_int_equal(t.row[1].cell.fate, ES_FATE_DIVERGED);
  assert_int_equal(t.row[1].cell.status, ES_DIVERGED);
  free(t.row);
  const char *const short_of[] = {"sweep.y0=0.55", "max_steps=3", NULL};
  t = run(&well, short_of, 1);
  assert_int_equal(t.row[0].cell.status, ES_BUDGET);
  assert_close(t.row[0].cell.steps, 3, 0, 0);
  free(t.row);
}

/* On the threshold itself nothing ever moves: that ends, undecided. */
static void test_a_saddle_ends(void **state) {
  (void)state;
  const char *const words[] = {"sweep.y0=0.5", "a=0.5", NULL};
  table t = run(&well, words, 1);
  assert_int_equal(t.row[0].cell.fate, ES_FATE_UNDECIDED);
  assert_int_equal(t.row[0].cell.status, ES_OK);
  assert_close(t.row[0].y, .5, 0, 0);
  assert_true(isnan(t.row[0].cell.t_settle));
  free(t.row);
}

static void refused(const es_model *model, const char *const *words,
                    es_status want, const char *says) {
  es_diag diag = {0};
  es_sweep *sweep = NULL;
  es_config *config = toy_config(model, words);
  assert_status(toy_sweep(&sweep, model, config, &diag), want);
  assert_null(sweep);
  if (strstr(diag.message, says) == NULL)
    fail_msg("'%s' does not say '%s'", diag.message, says);
  es_config_free(config);
}

static void test_refusals(void **state) {
  (void)state;
  es_diag diag = {0};
  const char *const none[] = {NULL};
  es_config *config = toy_config(&well, none);
  assert_status(es_config_set(config, "sweep.a=0.5,1", &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "sweep.a=0.5,1"));
  es_config_free(config);
  const char *const part[] = {"sweep.seed=1,1.5", NULL};
  refused(&well, part, ES_BAD_VALUE, "model.seed=1.5: not a whole number");
  const char *const endless[] = {"sweep.y0=0.1", NULL};
  refused(&blow, endless, ES_USAGE, "time.t_end");
  const char *const exact[] = {"sweep.y0=0.1", "method=exact", NULL};
  refused(&well, exact, ES_BAD_VALUE, "solver.method=exact");
  const char *const all_bad[] = {"sweep.y0=0.6,0.7", "most=0.5", NULL};
  refused(&well, all_bad, ES_BAD_VALUE, "model.y0=0.6: above model.most");
}

typedef struct patience {
  size_t left;
} patience;

static bool impatient(void *context, const char *what, double done,
                      double total) {
  patience *p = context;
  (void)what;
  assert_true(done <= total);
  return p->left-- == 0;
}

static es_status count(void *context, uint64_t cell, const double *axes,
                       const double *columns, const es_cell *said) {
  (void)axes, (void)columns, (void)said;
  assert_int_equal(cell, (*(uint64_t *)context)++);
  return ES_OK;
}

static void test_interruption(void **state) {
  (void)state;
  es_diag diag = {0};
  es_sweep *sweep;
  const char *const words[] = {"sweep.y0=lin:0.01:0.99:3000", NULL};
  es_config *config = toy_config(&well, words);
  assert_ok(toy_sweep(&sweep, &well, config, &diag), diag);
  for (size_t threads = 1; threads <= 3; threads++) {
    uint64_t rows = 0;
    patience p = {20}; /* the calling thread asks, whatever share it gets */
    const es_watch watch = {impatient, &p};
    assert_status(
        es_sweep_run(sweep, 0, 3000, threads, &watch, count, &rows, &diag),
        ES_INTERRUPTED);
    assert_true(rows < 3000);
  }
  es_sweep_free(sweep);
  es_config_free(config);
}

static es_status full(void *context, uint64_t cell, const double *axes,
                      const double *columns, const es_cell *said) {
  (void)context, (void)axes, (void)columns, (void)said;
  return cell < 700 ? ES_OK : ES_FILE_WRITE;
}

static void test_a_failing_taker_ends(void **state) {
  (void)state;
  es_diag diag = {0};
  es_sweep *sweep;
  const char *const words[] = {"sweep.y0=lin:0.01:0.99:3000", NULL};
  es_config *config = toy_config(&decay, words);
  assert_ok(toy_sweep(&sweep, &decay, config, &diag), diag);
  for (size_t threads = 1; threads <= 3; threads++)
    assert_status(
        es_sweep_run(sweep, 0, 3000, threads, NULL, full, NULL, &diag),
        ES_FILE_WRITE);
  assert_status(es_sweep_run(sweep, 5, 3001, 1, NULL, full, NULL, &diag),
                ES_BAD_VALUE);
  es_sweep_free(sweep);
  es_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fates_and_times),
      cmocka_unit_test(test_last_axis_is_the_fastest),
      cmocka_unit_test(test_up_to_an_end),
      cmocka_unit_test(test_closed_form),
      cmocka_unit_test(test_bits_do_not_depend_on_threads),
      cmocka_unit_test(test_bad_cells_are_rows),
      cmocka_unit_test(test_a_saddle_ends),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_interruption),
      cmocka_unit_test(test_a_failing_taker_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
