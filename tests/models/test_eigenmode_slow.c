/* What is hard on lanes: an s that falls by hundreds of orders, and may grow
 * back by as many and decide the mode's fate; and fast modes beside slow ones,
 * which the slow path takes over. */
#include "tests/check.h"

#include "models/linear/eigenmode_lanes.h"

/* Small decay at a constant tau; b = l = 1, and alpha does not matter. */
static const es_eigenmode faint = {.alpha_p = .5,
                                   .eta_p = .003,
                                   .eta_s = .003,
                                   .lambda_s = 1,
                                   .lambda_d = 1,
                                   .tau0 = .7};

/* A cell from (p0, s0) to t. */
static es_cell solve(const es_eigenmode *mode, double p0, double s0, double t,
                     double out[3]) {
  static const char *const names[2] = {"p0", "s0"};
  const es_eigenmode_axes axes = {names, 2, true, true, true};
  const es_cell_options options = {
      .t_end = t, .rtol = 1e-9, .max_steps = 100000, .simd = "auto"};
  const double start[2] = {p0, s0};
  es_diag diag = {0};
  void *batch = NULL;
  es_cell cell;
  assert_ok(es_eigenmode_batch_new(&batch, mode, &axes, &options, &diag), diag);
  assert_ok(es_eigenmode_batch_solve(batch, start, 1, &cell, out), diag);
  es_eigenmode_batch_free(batch);
  assert_int_equal(cell.status, ES_OK);
  return cell;
}

static es_fate fate_from(const es_eigenmode *mode, double p0, double s0) {
  double out[3];
  return solve(mode, p0, s0, INFINITY, out).fate;
}

/* ln s(t)/s0 where s is too small to move p: p = p0 e^{-eta t}, and ln s is the
 * integral of 2 p (tau - p) - 2 eta. */
static double log_growth(const es_eigenmode *mode, double p0, double t) {
  const double eta = mode->eta_p;
  return (-2 * p0 * mode->tau0 * expm1(-eta * t) +
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
    const es_cell cell = solve(&faint, 2, 1e-20, times[i], out);
    const double want = 1e-20 * exp(log_growth(&faint, 2, times[i]));
    assert_true(want > 1e-300);
    assert_close(out[1], want, 1e-9 * cell.steps, 0);
    assert_close(out[0], 2 * exp(-.003 * times[i]), 1e-9 * cell.steps, 0);
  }
}

/* In ln s, with F = tau p - p^2/2: s falls by 2/eta (F(tau) - F(p0)) before p
 * has passed tau and grows by at most 2/eta F(tau) = 163 after that. From p0 =
 * 1.5 it falls by 213 and never comes back; from 1.3 by 120, and holds p. */
static void test_faint(void **unused) {
  (void)unused;
  assert_int_equal(fate_from(&faint, 1.5, 1e-8), ES_FATE_COLLAPSED);
  assert_int_equal(fate_from(&faint, 1.3, 1e-2), ES_FATE_STABLE);
}

/* The same at eta = 2e-4, tau = 1, where s falls beyond what doubles hold: from
 * 1.9 by e^{-4050} and grows by up to e^{5000}; from 2.1 by e^{-6050}. */
static void test_beyond_doubles(void **unused) {
  (void)unused;
  es_eigenmode mode = faint;
  mode.eta_p = mode.eta_s = 2e-4;
  mode.tau0 = 1;
  assert_int_equal(fate_from(&mode, 1.9, 1e-8), ES_FATE_STABLE);
  assert_int_equal(fate_from(&mode, 2.1, 1e-8), ES_FATE_COLLAPSED);
  assert_int_equal(fate_from(&mode, 8, 1e-8), ES_FATE_COLLAPSED);
  double out[3];
  solve(&mode, 1.9, 1e-8, 1e5, out);
  const double plus = (1 + sqrt(1 - 8e-4)) / 2;
  assert_close(out[0], plus, 1e-7, 0);
  assert_close(out[1], plus * plus / mode.alpha_p, 1e-7, 0);
}

/* tau where all has collapsed: at unequal decays W falls as e^{-eta_s t} and
 * W_a as e^{-beta t}, tau settles at beta/(beta - eta_s) long after s is beyond
 * doubles. */
static void test_tau_beyond_doubles(void **unused) {
  (void)unused;
  const es_eigenmode mode = {.alpha_p = 1,
                             .eta_p = .3,
                             .eta_s = .2,
                             .beta = .5,
                             .lambda_s = 1,
                             .lambda_d = 1,
                             .tau0 = .1,
                             .ema = true};
  double out[3];
  solve(&mode, .1, .1, 1e4, out);
  assert_close(out[0], 0, 0, 1e-200);
  assert_close(out[1], 0, 0, 1e-200);
  assert_close(out[2], .5 / .3, 1e-6, 0);
}

/* Cells that are stiff are certain where the slow path finds them so. */
static void test_stiff(void **unused) {
  (void)unused;
  es_eigenmode mode = {.alpha_p = 14764,
                       .eta_p = .0061,
                       .eta_s = .0061,
                       .beta = 8.12,
                       .lambda_s = 1.00124,
                       .lambda_d = 1,
                       .ema = true};
  assert_int_equal(fate_from(&mode, .23, 25), ES_FATE_STABLE);
  mode.alpha_p = 797, mode.beta = 457, mode.tau0 = 1;
  mode.eta_p = mode.eta_s = .046;
  mode.lambda_s = 1.139;
  assert_int_equal(fate_from(&mode, .17, 2.4e-7), ES_FATE_STABLE);
  assert_int_equal(fate_from(&mode, .07, 2.4e-7), ES_FATE_COLLAPSED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_digits), cmocka_unit_test(test_faint),
      cmocka_unit_test(test_beyond_doubles),
      cmocka_unit_test(test_tau_beyond_doubles), cmocka_unit_test(test_stiff)};
  es_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
