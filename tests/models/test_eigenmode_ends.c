/* Every way in which a cell of eigenmodes on lanes can end: its fate certain,
 * stiff, failed, out of budget, empty; and what its axes mean. */
#include "tests/models/eigenmode_cells.h"

/* Without an end: the fates of a long integration, in the limits; and the time
 * at which the region is entered is where es_eigenmode_fate changes. */
static void test_until_certain(void **unused) {
  (void)unused;
  cells c = make_cells(600);
  draw_rough(&c, 25);
  es_cell_options options = usual;
  options.t_end = INFINITY;
  options.max_steps = 5000;
  size_t certain = 0;
  for (size_t j = 0; j < c.n; j++) {
    double *x = c.axes + j * AXES;
    x[1] = x[2] = fmax(x[1], .01), x[3] = fmax(x[3], .05);
  }
  solve(&c, true, &options);
  for (size_t j = 0; j < c.n; j++) {
    const es_eigenmode m = mode_of(c.axes + j * AXES, true);
    const es_cell *cell = c.cell + j;
    const double *got = c.columns + j * COLUMNS, t = cell->t_settle;
    if (cell->fate == ES_FATE_UNDECIDED) {
      if (cell->status != ES_OK) assert_int_equal(cell->status, ES_BUDGET);
      continue;
    }
    certain++;
    const es_eigenmode_state end = es_eigenmode_limit(&m, cell->fate);
    assert_close(got[0], end.p, 0, 0);
    assert_close(got[1], end.s, 0, 0);
    if (isfinite(end.tau)) assert_close(got[2], end.tau, 0, 0);
    if (t == 0 || t > 1000) continue;
    const double c0 = es_eigenmode_c(&m), step = 1e-6 * (1 + t);
    const es_eigenmode_state after = peer_at(m, t + step);
    assert_int_equal(es_eigenmode_fate(&m, c0, &after), cell->fate);
    if (t < 2 * step) continue;
    const es_eigenmode_state before = peer_at(m, t - step);
    assert_int_equal(es_eigenmode_fate(&m, c0, &before), ES_FATE_UNDECIDED);
  }
  assert_true(certain >= 595);
  free_cells(&c);
}

/* W_a that falls 10^11 times as fast as all else, from far above the region:
 * the way is linear before the fate is certain, which is then looked for. */
static void test_linear_before_certain(void **unused) {
  (void)unused;
  cells c = make_cells(1);
  const double at[AXES] = {1, .04, .04, 1e10, 1.09, 1, 1e-12, 1e-24, 5e12};
  es_cell_options options = usual;
  options.t_end = INFINITY;
  memcpy(c.axes, at, sizeof at);
  solve(&c, true, &options);
  assert_int_equal(c.cell->status, ES_OK);
  assert_int_equal(c.cell->fate, ES_FATE_COLLAPSED);
  /* In the flow's units Q falls from 1.09 * 5 as e^{-beta t} to p-, where A -
   * A^2 < eta begins; the solver's rtol of some steps is that of Q. */
  const double low = p_minus(&(es_eigenmode){.eta_s = .04 * 1.09});
  assert_close(c.cell->t_settle, log(1.09 * 5 / low) / 1e10, 1e-7, 0);
  assert_close(c.columns[0], 0, 0, 0);
  assert_close(c.columns[1], 0, 0, 0);
  assert_close(c.columns[2], 1, 1e-11, 0);
  free_cells(&c);
}

/* Fast modes beside slow ones: an explicit method would make 10^8 steps. */
static void test_stiff(void **unused) {
  (void)unused;
  static const double at[4][AXES] = {{1, .04, .04, 1e6, 1.09, 1, .1, .1, 0},
                                     {1e6, .04, .04, .4, 1.09, 1, .1, 1, .5},
                                     {1e6, .01, .01, 1e5, 1.09, 1, .5, 2, 1},
                                     {1, .2, .3, 1e6, 1.09, 1, .1, .1, 0}};
  cells c = make_cells(4);
  memcpy(c.axes, at, sizeof at);
  solve(&c, true, &usual);
  for (size_t j = 0; j < c.n; j++) {
    assert_int_equal(c.cell[j].status, ES_OK);
    assert_true(c.cell[j].steps < 5000);
  }
  /* tau follows W at once: beta = 10^6 is beta = 10^4 and tau = 1 to 1e-4. */
  const double *got = c.columns;
  double softer[AXES];
  memcpy(softer, at[0], sizeof softer);
  softer[3] = 1e4;
  const es_eigenmode_state want = peer_at(mode_of(softer, true), 100);
  assert_close(got[0], want.p, 1e-3, 0);
  assert_close(got[2], 1, 1e-3, 0);
  assert_int_equal(c.cell[0].fate, ES_FATE_STABLE);
  assert_int_equal(c.cell[1].fate, ES_FATE_STABLE);
  free_cells(&c);
}

/* A cell that fails is a row with a status, and no other cell knows. */
static void test_bad_cells(void **unused) {
  (void)unused;
  cells c = make_cells(64), clean = make_cells(64);
  draw_usual(&c, 26);
  draw_usual(&clean, 26);
  for (size_t j = 0; j < c.n; j += 5) {
    double *x = c.axes + j * AXES;
    if (j % 3 == 0) x[6] = NAN;
    if (j % 3 == 1) x[6] = 1e-8;
    if (j % 3 == 2) x[3] = INFINITY;
  }
  es_cell_options options = usual;
  options.max_steps = 3000;
  options.limit = 1e6;
  solve(&c, true, &options);
  solve(&clean, true, &options);
  for (size_t j = 0; j < c.n; j++) {
    if (j % 5 != 0) {
      assert_true(same(&c, j, &clean, j));
      continue;
    }
    assert_int_not_equal(c.cell[j].status, ES_OK);
    for (size_t k = 0; k < COLUMNS; k++)
      assert_true(isnan(c.columns[j * COLUMNS + k]));
    if (j % 3 == 1) assert_int_equal(c.cell[j].fate, ES_FATE_DIVERGED);
  }
  free_cells(&c);
  free_cells(&clean);
}

static void test_budgets(void **unused) {
  (void)unused;
  cells c = make_cells(20);
  draw_usual(&c, 27);
  es_cell_options options = usual;
  options.max_steps = 5;
  solve(&c, true, &options);
  for (size_t j = 0; j < c.n; j++) {
    assert_int_equal(c.cell[j].status, ES_BUDGET);
    assert_close(c.cell[j].steps, 5, 0, 0);
    assert_true(isnan(c.columns[j * COLUMNS]));
  }
  options = usual;
  for (size_t j = 0; j < c.n; j++) c.axes[j * AXES + 6] = .1;
  options.limit = 4; /* times p0: all of them reach p = .8 and more */
  solve(&c, true, &options);
  for (size_t j = 0; j < c.n; j++)
    assert_int_equal(c.cell[j].fate, ES_FATE_DIVERGED);
  options.limit = 100;
  solve(&c, true, &options);
  for (size_t j = 0; j < c.n; j++) assert_int_equal(c.cell[j].status, ES_OK);
  options = usual;
  options.t_end = 0;
  solve(&c, true, &options);
  for (size_t j = 0; j < c.n; j++) {
    assert_close(c.columns[j * COLUMNS], c.axes[j * AXES + 6], 1e-15, 0);
    assert_close(c.columns[j * COLUMNS + 1], c.axes[j * AXES + 7], 1e-15, 0);
    assert_close(c.cell[j].steps, 0, 0, 0);
  }
  free_cells(&c);
}

/* s0 = 0: p decays by itself, and tau moves on to beta/(beta - eta). */
static void test_empty(void **unused) {
  (void)unused;
  static const double at[AXES] = {1, .04, .04, .4, 1.09, 1, .5, 0, .3};
  cells c = make_cells(1);
  memcpy(c.axes, at, sizeof at);
  es_cell_options options = usual;
  solve(&c, true, &options);
  assert_int_equal(c.cell->status, ES_OK);
  assert_int_equal(c.cell->fate, ES_FATE_COLLAPSED);
  assert_close(c.columns[0], .5 * exp(-4), 2e-8, 0);
  assert_close(c.columns[1], 0, 0, 0);
  double small[AXES];
  memcpy(small, at, sizeof at);
  small[7] = 1e-100;
  assert_close(c.columns[2], peer_at(mode_of(small, true), 100).tau, 1e-7, 0);
  options.t_end = INFINITY;
  solve(&c, true, &options);
  assert_close(c.columns[2], .4 / .36, 1e-15, 0);
  free_cells(&c);
}

/* A tau that runs away, where W falls faster than W_a, at s = 0 and beta = 0:
 * of p = p0 e^{-eta_p t}, u = 1/tau obeys u' = -(eta_s + p^2) u + p, of which
 * the square is below rounding. What rtol is of u grows with the steps, some
 * hundred; and at last tau is beyond doubles. */
static void test_runaway(void **unused) {
  (void)unused;
  static const double at[AXES] = {1, .3, .2, 0, 1, 1, 1e-9, 0, .5};
  cells c = make_cells(2);
  es_cell_options options = usual;
  options.t_end = 400;
  for (size_t j = 0; j < c.n; j++) memcpy(c.axes + j * AXES, at, sizeof at);
  c.axes[AXES + 6] = -1e-9;
  solve(&c, true, &options);
  for (size_t j = 0; j < c.n; j++) {
    const double p0 = c.axes[j * AXES + 6], *got = c.columns + j * COLUMNS;
    assert_close(got[0], p0 * exp(-.3 * 400), 1e-5, 0);
    assert_close(got[1], 0, 0, 0);
    assert_close(got[2], exp(.2 * 400) / (2 + p0 / .1), 1e-5, 0);
  }
  options.t_end = 1e4;
  solve(&c, true, &options);
  for (size_t j = 0; j < c.n; j++)
    assert_true(c.columns[j * COLUMNS + 2] == INFINITY);
  free_cells(&c);
}

/* Nothing moves, and no region is known: the cell ends where it is. */
static void test_at_rest(void **unused) {
  (void)unused;
  static const double at[AXES] = {1, 0, 0, 0, 1.09, 1, 0, .02, 0};
  cells c = make_cells(1);
  es_cell_options options = usual;
  options.t_end = INFINITY;
  memcpy(c.axes, at, sizeof at);
  for (int ema = 0; ema < 2; ema++) {
    solve(&c, ema == 1, &options);
    assert_int_equal(c.cell->status, ES_OK);
    assert_int_equal(c.cell->fate, ES_FATE_UNDECIDED);
    assert_close(c.columns[0], 0, 0, 0);
    assert_close(c.columns[1], .02, 1e-14, 0);
    assert_close(c.columns[2], 0, 0, 0);
  }
  free_cells(&c);
}

/* Keys that follow others. */
static void test_axes(void **unused) {
  (void)unused;
  static const char *const follow[3] = {"eta", "sigma2", "alpha_p"};
  static const char *const unknown[1] = {"ema"};
  static const double value[3] = {.07, .3, 2};
  const es_eigenmode base = {.alpha_p = 1,
                             .eta_p = .01,
                             .eta_s = .02,
                             .beta = .4,
                             .lambda_s = 1.09,
                             .lambda_d = 1,
                             .p0 = .3,
                             .s0 = .2,
                             .tau0 = .5,
                             .ema = true};
  for (int given = 0; given < 8; given++) {
    const es_eigenmode_axes axes = {follow, 3, (given & 1) != 0,
                                    (given & 2) != 0, (given & 4) != 0};
    es_eigenmode want = base;
    if (!axes.eta_p_given) want.eta_p = .07;
    if (!axes.eta_s_given) want.eta_s = .07;
    if (!axes.lambda_s_given) want.lambda_s = 1.3;
    want.alpha_p = 2;
    es_diag diag = {0};
    void *batch = NULL;
    es_cell cell;
    double got[COLUMNS];
    assert_ok(es_eigenmode_batch_new(&batch, &base, &axes, &usual, &diag),
              diag);
    assert_ok(es_eigenmode_batch_solve(batch, value, 1, &cell, got), diag);
    es_eigenmode_batch_free(batch);
    assert_close(got[0], peer_at(want, 100).p, 1e-7, 0);
  }
  const es_eigenmode_axes other = {unknown, 1, false, false, false};
  es_diag diag = {0};
  void *batch = &diag;
  assert_ok(es_eigenmode_batch_new(&batch, &base, &other, &usual, &diag), diag);
  assert_null(batch);
  es_cell_options options = usual;
  options.simd = "mmx";
  const es_eigenmode_axes axes = {follow, 3, false, false, false};
  assert_status(es_eigenmode_batch_new(&batch, &base, &axes, &options, &diag),
                ES_BAD_VALUE);
}

/* tau of either sign that runs out of a double's range: infinite, and of the
 * sign of what drives it (from W_a = tau0 w with tau0 < 0 it is the start's).
 */
static void test_away(void **unused) {
  (void)unused;
  es_cell_options long_ago = usual;
  long_ago.t_end = 10000;
  cells c = make_cells(2);
  for (size_t j = 0; j < c.n; j++) {
    const double x[AXES] = {1, .6, .6, .1, 1.09, 1, .001, 1e-3, -1};
    memcpy(c.axes + j * AXES, x, sizeof x);
    if (j == 1) c.axes[j * AXES + 8] = 1;
  }
  solve(&c, true, &long_ago);
  for (size_t j = 0; j < c.n; j++) {
    assert_int_equal(c.cell[j].status, ES_OK);
    assert_true(c.columns[j * COLUMNS + 2] == (j == 0 ? -1 : 1) * INFINITY);
  }
  free_cells(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_until_certain),
      cmocka_unit_test(test_linear_before_certain),
      cmocka_unit_test(test_stiff),
      cmocka_unit_test(test_bad_cells),
      cmocka_unit_test(test_budgets),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_runaway),
      cmocka_unit_test(test_at_rest),
      cmocka_unit_test(test_axes),
      cmocka_unit_test(test_away)};
  es_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
