/* Stationary points of an eigenmode: theory.md's table, and every kind of point
 * with its eigenvalues against roots of the equations and of a Jacobian that
 * were found numerically to 25 digits. */
#include "tests/check.h"

#include "models/linear/eigenmode.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"collapsed", "saddle", "stable",
                                    "degenerate"};

static es_eigenmode simsiam(double tau, double sigma2, double eta) {
  return (es_eigenmode){.alpha_p = 1,
                        .eta_p = eta,
                        .eta_s = eta,
                        .beta = .4,
                        .lambda_s = 1 + sigma2,
                        .lambda_d = 1,
                        .p0 = .1,
                        .s0 = .01,
                        .tau0 = tau};
}

/* The first count of es_eigenmode_points: their number, kinds, and p. */
static void expect(const es_eigenmode *m, es_eigenmode_point out[3], int count,
                   es_eigenmode_kind first, double p, double q) {
  assert_int_equal(es_eigenmode_points(m, out), count);
  assert_int_equal(out[0].kind, ES_POINT_COLLAPSED);
  assert_close(out[0].p, 0, 0, 0);
  assert_close(out[0].s, 0, 0, 0);
  if (count > 1) assert_int_equal(out[1].kind, first);
  if (count > 1) assert_close(out[1].p, p, DBL_EPSILON, 0);
  if (count > 2) assert_int_equal(out[2].kind, ES_POINT_STABLE);
  if (count > 2) assert_close(out[2].p, q, DBL_EPSILON, 0);
}

/* theory.md 4: the table, with and without ema, and the eigenvalues at fixed
 * tau: -2 eta and 2 eta - tau p*, at collapse -eta and -2 eta. */
static void table_of_the_theory(void **state) {
  (void)state;
  const struct {
    double sigma2, eta, top, low, high, s;
  } row[] = {{0, .01, .25, .0101020514433643804, .98989794855663562,
              .97989794855663562},
             {.09, .04, .22935779816513761, .0419149837944753313,
              .875516208866075127, .766528631987224888}};
  es_eigenmode_point at[3];
  for (size_t i = 0; i < 2; i++)
    for (int ema = 0; ema < 2; ema++) {
      const double eta = row[i].eta;
      es_eigenmode m = simsiam(1, row[i].sigma2, eta);
      m.ema = ema;
      assert_close(es_eigenmode_eta_max(&m), row[i].top, DBL_EPSILON, 0);
      expect(&m, at, 3, ES_POINT_SADDLE, row[i].low, row[i].high);
      assert_close(at[2].s, row[i].s, 2 * DBL_EPSILON, 0);
      assert_close(at[2].tau, 1, 0, 0);
      assert_true(at[0].stable && !at[1].stable && at[2].stable);
      if (ema) {
        assert_close(at[0].tau, .4 / (.4 - eta), DBL_EPSILON, 0);
        continue;
      }
      assert_close(at[0].eig[0], -2 * eta, 0, 0);
      assert_close(at[0].eig[1], -eta, 0, 0);
      assert_close(at[1].eig[0], -2 * eta, 0, 0);
      /* The difference loses what 2 eta is larger: under a unit. */
      assert_close(at[1].eig[1], 2 * eta - row[i].low, 0, DBL_EPSILON * eta);
      assert_close(at[2].eig[0], 2 * eta - row[i].high, 4 * DBL_EPSILON, 0);
      assert_close(at[2].eig[1], -2 * eta, 0, 0);
      for (int j = 0; j < 3; j++) assert_true(isnan(at[j].eig[2]));
    }
  es_eigenmode m = simsiam(1, 1, .125);
  expect(&m, at, 2, ES_POINT_DEGENERATE, .25, 0);
  assert_close(at[1].s, .0625, 0, 0);
  assert_false(at[1].stable);
  assert_close(at[1].eig[0], -.25, 0, 0);
  assert_close(at[1].eig[1], 0, 0, 0);
  m = simsiam(1, 0, 1);
  expect(&m, at, 1, ES_POINT_COLLAPSED, 0, 0);
}

/* Equality is equality of what was typed: the threshold's double for any b,
 * and neither of its neighbours at a distance of 1e-14. */
static void equality_to_rounding(void **state) {
  (void)state;
  es_eigenmode_point at[3];
  for (int i = 0; i < 200; i++) {
    const double b = 1 + .013 * i, tau = .3 + .007 * i;
    es_eigenmode m = simsiam(tau, b - 1, 0);
    m.lambda_d = 1.7 - .003 * i;
    const double top = es_eigenmode_eta_max(&m);
    m.eta_p = m.eta_s = top;
    expect(&m, at, 2, ES_POINT_DEGENERATE, tau * m.lambda_d / (2 * m.lambda_s),
           0);
    m.eta_p = m.eta_s = top * (1 + 1e-14);
    assert_int_equal(es_eigenmode_points(&m, at), 1);
    m.eta_p = m.eta_s = top * (1 - 1e-14);
    assert_int_equal(es_eigenmode_points(&m, at), 3);
    assert_true(at[2].p > at[1].p);
  }
}

/* All relative; the eigenvalues come from few roundings of coefficients in
 * which little cancels (eta_p != eta_s: a cubic's, whose roots here are as far
 * apart as 64 units allow). */
static void against_numerical_roots(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/eigenmode_points.csv", "r");
  assert_non_null(file);
  char line[768], kind[16];
  double worst = 0, worst_eig = 0;
  int rows = 0;
  assert_non_null(fgets(line, sizeof line, file));
  while (fgets(line, sizeof line, file) != NULL) {
    es_eigenmode m = {0};
    double p, s, tau, eig[3], ema;
    assert_int_equal(
        sscanf(line,
               "%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%15[^,],%lf,%lf,%lf,%lf,%lf,"
               "%lf",
               &m.alpha_p, &m.eta_p, &m.eta_s, &m.beta, &m.lambda_s,
               &m.lambda_d, &m.tau0, &ema, kind, &p, &s, &tau, eig, eig + 1,
               eig + 2),
        15);
    m.ema = ema != 0;
    es_eigenmode_point at[3], *got = at;
    const size_t n = es_eigenmode_points(&m, at);
    while (got < at + n && strcmp(kinds[got->kind], kind) != 0) got++;
    if (got == at + n) fail_msg("no such point: %s", line);
    if (!m.ema) tau = m.tau0;
    const double e = fmax(
        fabs(got->p - p) / (p > 0 ? p : 1),
        fmax(fabs(got->s - s) / (s > 0 ? s : 1), fabs(got->tau - tau) / tau));
    double ee = 0;
    for (int k = 0; k < (m.ema ? 3 : 2); k++)
      ee = fmax(ee, fabs((got->eig[k] - eig[k]) / eig[k]));
    if (!(e <= 8 * DBL_EPSILON) || !(ee <= 64 * DBL_EPSILON))
      print_message("# off by %.2g and %.2g: %s", e, ee, line);
    worst = fmax(worst, e);
    worst_eig = fmax(worst_eig, ee);
    rows++;
  }
  fclose(file);
  print_message("# %d points: %.2g, eigenvalues %.2g\n", rows, worst,
                worst_eig);
  assert_int_equal(rows, 223);
  assert_true(worst <= 8 * DBL_EPSILON);
  assert_true(worst_eig <= 64 * DBL_EPSILON);
}

/* eta = 0: the stable point has the start's c, if that level has one. */
static void without_decay(void **state) {
  (void)state;
  es_eigenmode m = simsiam(1, .5, 0);
  es_eigenmode_point at[3];
  m.alpha_p = 2;
  m.p0 = .2;
  m.s0 = .1;
  expect(&m, at, 2, ES_POINT_STABLE, 1 / 1.5, 0);
  assert_close(at[1].s, .3022222222222222, 1e-15, 0);
  assert_true(at[1].stable && !at[0].stable);
  assert_close(at[1].eig[0], -2 * 1.5 * at[1].s, 4 * DBL_EPSILON, 0);
  assert_close(at[1].eig[1], 0, 0, 0);
  m.p0 = 2;
  m.s0 = 1;
  expect(&m, at, 1, ES_POINT_COLLAPSED, 0, 0);
  m.eta_p = .1;
  expect(&m, at, 2, ES_POINT_STABLE, 1 / 1.5, 0);
  assert_true(at[1].s == INFINITY && at[1].stable);
  m.eta_p = 0;
  m.eta_s = .1;
  expect(&m, at, 1, ES_POINT_COLLAPSED, 0, 0);
  assert_true(at[0].stable);
  m = simsiam(0, .5, 0);
  expect(&m, at, 1, ES_POINT_COLLAPSED, 0, 0);
}

/* tau < 0 turns everything over; slow ema lets tau run away in collapse. */
static void other_signs(void **state) {
  (void)state;
  es_eigenmode m = simsiam(-1, .09, .04);
  es_eigenmode_point at[3];
  expect(&m, at, 3, ES_POINT_SADDLE, -.0419149837944753313,
         -.875516208866075127);
  assert_close(at[2].eig[0], .08 - .875516208866075127, 4 * DBL_EPSILON, 0);
  m.ema = true;
  for (int i = 0; i < 2; i++) {
    m.beta = .04 - .03 * i;
    expect(&m, at, 3, ES_POINT_SADDLE, .0419149837944753313,
           .875516208866075127);
    assert_true(at[0].tau == INFINITY && at[0].stable);
    assert_close(at[0].eig[2], .03 * i, DBL_EPSILON, 0);
    assert_close(at[0].eig[1], -.04, 0, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(table_of_the_theory),
      cmocka_unit_test(equality_to_rounding),
      cmocka_unit_test(against_numerical_roots),
      cmocka_unit_test(without_decay),
      cmocka_unit_test(other_signs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
