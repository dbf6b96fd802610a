/* Eigenmodes on lanes: against dop853 at rtol 1e-13 on equations of its own,
 * the rest of the way within its bound, and the same bits in any company and on
 * any instruction set. */
#include "tests/models/eigenmode_cells.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_accuracy), cmocka_unit_test(test_rest),
      cmocka_unit_test(test_rest_itself),
      cmocka_unit_test(test_same_in_any_company),
      cmocka_unit_test(test_same_on_any_machine)};
  es_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
