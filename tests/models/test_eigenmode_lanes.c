/* Eigenmodes on lanes: against dop853 at rtol 1e-13 on equations of its own,
 * the same bits in any company and on any instruction set, and every way in
 * which a cell can end. */
#include "tests/models/eigenmode_peer.h"

#include <stdlib.h>
#include <string.h>

enum { AXES = 9, COLUMNS = 3 };
static const char *const names[AXES] = {"alpha_p", "eta_p",    "eta_s",
                                        "beta",    "lambda_s", "lambda_d",
                                        "p0",      "s0",       "tau0"};

static const es_cell_options usual = {.t_end = 100,
                                      .rtol = 1e-8,
                                      .atol = 1e-10,
                                      .max_steps = 1000000,
                                      .method = "auto",
                                      .simd = "auto"};

typedef struct cells {
  size_t n;
  double *axes, *columns;
  es_cell *cell;
} cells;

static cells make_cells(size_t n) {
  cells c = {n, calloc(n * AXES, sizeof *c.axes),
             calloc(n * COLUMNS, sizeof *c.columns), calloc(n, sizeof *c.cell)};
  assert_true(c.axes != NULL && c.columns != NULL && c.cell != NULL);
  return c;
}

static void free_cells(cells *c) {
  free(c->axes);
  free(c->columns);
  free(c->cell);
}

static es_eigenmode mode_of(const double *x, bool ema) {
  return (es_eigenmode){.alpha_p = x[0],
                        .eta_p = x[1],
                        .eta_s = x[2],
                        .beta = x[3],
                        .lambda_s = x[4],
                        .lambda_d = x[5],
                        .p0 = x[6],
                        .s0 = x[7],
                        .tau0 = x[8],
                        .ema = ema};
}

static void solve(cells *c, bool ema, const es_cell_options *options) {
  const es_eigenmode base = {.ema = ema};
  const es_eigenmode_axes axes = {names, AXES, true, true, true};
  es_diag diag = {0};
  void *batch = NULL;
  assert_ok(es_eigenmode_batch_new(&batch, &base, &axes, options, &diag), diag);
  assert_non_null(batch);
  assert_ok(es_eigenmode_batch_solve(batch, c->axes, c->n, c->cell, c->columns),
            diag);
  es_eigenmode_batch_free(batch);
}

/* The cells of the benchmark, and rougher ones: p0 and tau0 of either sign,
 * unequal decay, any lambda. */
static void draw_usual(cells *c, uint64_t series) {
  for (size_t j = 0; j < c->n; j++) {
    double *x = c->axes + j * AXES;
    x[0] = between(.1, 10, draw(series, j, 0));
    x[1] = x[2] = between(1e-3, .1, draw(series, j, 1));
    x[3] = between(.01, 1, draw(series, j, 2));
    x[4] = 1.1, x[5] = 1;
    x[6] = between(.1, 1, draw(series, j, 3));
    x[7] = between(.1, 1, draw(series, j, 4));
    x[8] = .5;
  }
}

static void draw_rough(cells *c, uint64_t series) {
  for (size_t j = 0; j < c->n; j++) {
    double *x = c->axes + j * AXES;
    x[0] = log_between(.03, 30, draw(series, j, 0));
    x[1] = x[2] = log_between(1e-4, .3, draw(series, j, 1));
    if (j % 3 == 0) x[2] = log_between(1e-4, .3, draw(series, j, 9));
    x[3] = log_between(1e-3, 5, draw(series, j, 2));
    x[4] = between(.5, 3, draw(series, j, 5));
    x[5] = between(.5, 2, draw(series, j, 6));
    x[6] = between(-1, 1.5, draw(series, j, 3));
    x[7] = pow(draw(series, j, 4), 3);
    x[8] = j % 7 == 0 ? 0 : between(-.5, 2, draw(series, j, 7));
    if (j % 50 == 0) x[7] = 1e-6 * draw(series, j, 8);
    if (j % 50 == 1) x[3] = 0;
    if (j % 50 == 2) x[1] = x[2] = 0;
    if (j % 50 == 3) x[7] = x[6] * x[6] / x[0];
  }
}

/* How much of a relative change of one part in 10^6 of every setting and of
 * the start comes out at the end, in parts of 10^6 of each column. Errors that
 * the solver makes on the way grow by as much at most, in their order. */
static void conditions(const double *x, bool ema, double t,
                       const es_eigenmode_state *at, double out[COLUMNS]) {
  const double h = 1e-6;
  for (size_t k = 0; k < COLUMNS; k++) out[k] = 0;
  for (size_t i = 0; i < AXES; i++) {
    double changed[AXES];
    memcpy(changed, x, sizeof changed);
    changed[i] *= 1 + h;
    const es_eigenmode_state other = peer_at(mode_of(changed, ema), t);
    out[0] += fabs(other.p - at->p) / h;
    out[1] += fabs(other.s - at->s) / h;
    out[2] += fabs(other.tau - at->tau) / h;
  }
}

/* The error of each column is below the tolerance: of the answer itself, and
 * times what the problem's own condition makes of it on the way. Where a part
 * in 10^6 moves an answer by more than a thousandth of it (the separatrix,
 * poles of tau) the condition says nothing; such are few. */
static void check_accuracy(const cells *c, bool ema,
                           const es_cell_options *options) {
  size_t skipped = 0;
  for (size_t j = 0; j < c->n; j++) {
    const double *x = c->axes + j * AXES, *got = c->columns + j * COLUMNS;
    double condition[COLUMNS];
    if (c->cell[j].status != ES_OK)
      fail_msg("cell %zu: %s", j, es_status_name(c->cell[j].status));
    const es_eigenmode_state want = peer_at(mode_of(x, ema), options->t_end);
    conditions(x, ema, options->t_end, &want, condition);
    const double column[COLUMNS] = {want.p, want.s, want.tau};
    for (size_t k = 0; k < COLUMNS; k++) {
      const double noise = options->rtol * condition[k] + options->atol;
      if (!(condition[k] < 1e3 * fabs(column[k])) && noise > options->atol * 2)
        skipped++;
      else if (!close_to(got[k], column[k], options->rtol, noise))
        fail_msg("cell %zu column %zu: %.17g, want %.17g, condition %.3g", j, k,
                 got[k], column[k], condition[k]);
    }
  }
  assert_true(skipped * 30 <= c->n * COLUMNS);
}

static void test_accuracy(void **unused) {
  (void)unused;
  cells c = make_cells(120);
  for (int i = 0; i < 4; i++) {
    static const double rtol[4] = {1e-5, 1e-8, 1e-10, 1e-11};
    es_cell_options options = usual;
    options.rtol = rtol[i], options.atol = rtol[i] / 100;
    for (int ema = 0; ema < 2; ema++) {
      draw_usual(&c, 20);
      solve(&c, ema == 1, &options);
      check_accuracy(&c, ema == 1, &options);
      draw_rough(&c, 21);
      solve(&c, ema == 1, &options);
      check_accuracy(&c, ema == 1, &options);
    }
  }
  free_cells(&c);
}

/* Shortly and long after the rest of the way is taken in closed form: with eta
 * = 0.15 to 0.2 states are within 1e-6 of p+ at t = 40. */
static void test_rest(void **unused) {
  (void)unused;
  static const double t_end[3] = {40, 400, 3000};
  cells c = make_cells(60);
  for (int i = 0; i < 3; i++) {
    es_cell_options options = usual;
    options.t_end = t_end[i];
    draw_usual(&c, 22);
    for (size_t j = 0; j < c.n; j++) {
      double *x = c.axes + j * AXES;
      if (i == 0 || j % 3 == 0) x[1] = x[2] = between(.15, .2, draw(22, j, 5));
      if (i == 0) x[3] += .5;
    }
    solve(&c, true, &options);
    check_accuracy(&c, true, &options);
  }
  free_cells(&c);
}

/* The closed form of the rest, from states that are just near enough for it:
 * within rtol/10 of p+ or, in collapse, of p and S themselves, which is twice
 * that in s and tau. */
static void check_rest(es_eigenmode m, const double y[3], double rtol,
                       double share) {
  for (double t = .3; t < 40; t *= 3) {
    es_cell_options options = usual;
    double k[EM_ROWS];
    options.rtol = rtol;
    options.t_end = t;
    const es_eigenmode_state start = es_eigenmode_from_regular(&m, y);
    m.p0 = start.p, m.s0 = start.s, m.tau0 = start.tau;
    const double c = es_eigenmode_c(&m);
    es_eigenmode_state got;
    es_eigenmode_rows(k, 1, &m, c, &options);
    assert_true(es_eigenmode_rest(&m, k, 0, y, &got));
    const es_eigenmode_state want = peer_at(m, t);
    assert_close(got.p, want.p, share * rtol, 0);
    assert_close(got.s, want.s, 2 * share * rtol, 0);
    assert_close(got.tau, want.tau, 2 * share * rtol, 0);
  }
}

static void test_rest_itself(void **unused) {
  (void)unused;
  const double rtol = 1e-7;
  for (size_t j = 0; j < 200; j++) {
    es_eigenmode m = {.alpha_p = log_between(.1, 10, draw(28, j, 0)),
                      .eta_p = log_between(.01, .2, draw(28, j, 1)),
                      .beta = log_between(.02, 5, draw(28, j, 2)),
                      .lambda_s = 1,
                      .lambda_d = 1,
                      .ema = true};
    m.eta_s = m.eta_p;
    const double plus = (1 + sqrt(1 - 4 * m.eta_s)) / 2;
    const double near = .999 * es_eigenmode_near(plus, m.eta_s, m.beta, rtol);
    const double x = near * (draw(28, j, 3) < .5 ? -1 : 1);
    const double d = near * (draw(28, j, 4) < .5 ? -1 : 1);
    const double at[3] = {plus + x, plus + x + d, plus + near};
    check_rest(m, at, rtol, .1);
    /* In collapse: so small that p and S turn by no more than that. */
    const double p = draw(28, j, 5) < .5 ? -1 : 1, S = draw(28, j, 6) + .1;
    const double most = fmax(1, S), fewest = fmin(1, S);
    const double size =
        .1 * rtol * fewest / most * .9 / (1.1 * (1 / m.beta + most / m.eta_s));
    const double small[3] = {size * p, size * S, size};
    check_rest(m, small, rtol, .11);
  }
}

static bool same(const cells *a, size_t i, const cells *b, size_t j) {
  const es_cell *x = a->cell + i, *y = b->cell + j;
  return memcmp(a->columns + i * COLUMNS, b->columns + j * COLUMNS,
                COLUMNS * sizeof(double)) == 0 &&
         memcmp(&x->t_settle, &y->t_settle, sizeof x->t_settle) == 0 &&
         x->fate == y->fate && x->status == y->status && x->steps == y->steps;
}

/* Alone, backwards, and in runs of 1 to 20. */
static void test_same_in_any_company(void **unused) {
  (void)unused;
  cells c = make_cells(210);
  draw_rough(&c, 23);
  for (int ema = 0; ema < 2; ema++) {
    solve(&c, ema == 1, &usual);
    cells back = make_cells(c.n);
    for (size_t j = 0; j < c.n; j++)
      memcpy(back.axes + j * AXES, c.axes + (c.n - 1 - j) * AXES,
             AXES * sizeof *c.axes);
    solve(&back, ema == 1, &usual);
    for (size_t j = 0; j < c.n; j++)
      assert_true(same(&c, j, &back, c.n - 1 - j));
    size_t first = 0;
    for (size_t run = 1; run <= 20; first += run++) {
      cells part = make_cells(run);
      memcpy(part.axes, c.axes + first * AXES, run * AXES * sizeof *c.axes);
      solve(&part, ema == 1, &usual);
      for (size_t j = 0; j < run; j++)
        assert_true(same(&part, j, &c, first + j));
      free_cells(&part);
    }
    assert_int_equal(first, c.n);
    free_cells(&back);
  }
  free_cells(&c);
}

static void test_same_on_any_machine(void **unused) {
  (void)unused;
  cells none = make_cells(500), other = make_cells(500);
  draw_rough(&none, 24);
  draw_rough(&other, 24);
  for (es_simd simd = ES_SIMD_AVX2; simd < ES_SIMDS; simd++) {
    if (!es_simd_has(simd)) continue;
    for (int i = 0; i < 8; i++) {
      es_cell_options options = usual;
      options.t_end = i % 2 == 0 ? 100 : INFINITY;
      options.rtol = i / 2 % 2 == 0 ? 1e-8 : 1e-11;
      options.max_steps = 2000;
      options.simd = "none";
      solve(&none, i / 4 == 1, &options);
      options.simd = es_simd_name(simd);
      solve(&other, i / 4 == 1, &options);
      for (size_t j = 0; j < none.n; j++)
        assert_true(same(&none, j, &other, j));
    }
  }
  free_cells(&none);
  free_cells(&other);
}

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
    assert_int_equal(es_eigenmode_fate(&m, c0, t + step, &after), cell->fate);
    if (t < 2 * step) continue;
    const es_eigenmode_state before = peer_at(m, t - step);
    assert_int_equal(es_eigenmode_fate(&m, c0, t - step, &before),
                     ES_FATE_UNDECIDED);
  }
  assert_true(certain >= 595);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_accuracy),
                                     cmocka_unit_test(test_rest),
                                     cmocka_unit_test(test_rest_itself),
                                     cmocka_unit_test(test_same_in_any_company),
                                     cmocka_unit_test(test_same_on_any_machine),
                                     cmocka_unit_test(test_until_certain),
                                     cmocka_unit_test(test_stiff),
                                     cmocka_unit_test(test_bad_cells),
                                     cmocka_unit_test(test_budgets),
                                     cmocka_unit_test(test_empty),
                                     cmocka_unit_test(test_axes),
                                     cmocka_unit_test(test_away)};
  es_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
