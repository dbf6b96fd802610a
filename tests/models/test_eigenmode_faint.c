/* An s that falls by hundreds of orders keeps its digits on lanes: where weight
 * decay is small s grows back by as many, and decides the mode's fate. */
#include "tests/check.h"

#include "models/linear/eigenmode_lanes.h"

static const es_eigenmode mode = {.alpha_p = .5,
                                  .eta_p = .003,
                                  .eta_s = .003,
                                  .beta = .4,
                                  .lambda_s = 1,
                                  .lambda_d = 1,
                                  .tau0 = .7};

/* One cell of constant tau from (p0, s0) to t. */
static es_cell solve(double p0, double s0, double t, double out[3]) {
  static const char *const names[2] = {"p0", "s0"};
  const es_eigenmode_axes axes = {names, 2, true, true, true};
  const es_cell_options options = {
      .t_end = t, .rtol = 1e-9, .max_steps = 100000, .simd = "auto"};
  const double start[2] = {p0, s0};
  es_diag diag = {0};
  void *batch = NULL;
  es_cell cell;
  assert_ok(es_eigenmode_batch_new(&batch, &mode, &axes, &options, &diag),
            diag);
  assert_ok(es_eigenmode_batch_solve(batch, start, 1, &cell, out), diag);
  es_eigenmode_batch_free(batch);
  assert_int_equal(cell.status, ES_OK);
  return cell;
}

/* ln s(t)/s0 where s is too small to move p: p = p0 e^{-eta t}, and ln s is the
 * integral of 2 p (tau - p) - 2 eta. */
static double log_growth(double p0, double t) {
  const double eta = mode.eta_p;
  return (-2 * p0 * mode.tau0 * expm1(-eta * t) +
          p0 * p0 * expm1(-2 * eta * t)) /
             eta -
         2 * eta * t;
}

/* A start of s0 = 1e-20 moves p by a part in 10^20, and a step leaves ln s an
 * error of rtol. */
static void test_digits(void **unused) {
  (void)unused;
  static const double times[] = {10, 30, 60, 90, 120};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    double out[3];
    const es_cell cell = solve(2, 1e-20, times[i], out);
    const double want = 1e-20 * exp(log_growth(2, times[i]));
    assert_true(want > 1e-300);
    assert_close(out[1], want, 1e-9 * cell.steps, 0);
    assert_close(out[0], 2 * exp(-.003 * times[i]), 1e-9 * cell.steps, 0);
  }
}

/* In ln s, with F = tau p - p^2/2: s falls by 2/eta (F(tau) - F(p0)) before p
 * has passed tau and grows by at most 2/eta F(tau) = 163 after that. From p0 =
 * 1.5 it falls by 213 and never comes back; from 1.3 by 120, and holds p. */
static void test_fate(void **unused) {
  (void)unused;
  double out[3];
  assert_int_equal(solve(1.5, 1e-8, INFINITY, out).fate, ES_FATE_COLLAPSED);
  assert_int_equal(solve(1.3, 1e-2, INFINITY, out).fate, ES_FATE_STABLE);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_digits),
                                     cmocka_unit_test(test_fate)};
  es_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
