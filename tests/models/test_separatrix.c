/* separatrix byol-eigenmode: the numbers of theory.md 4 and others to 20 digits
 * from tests/oracle/eigenmode_separatrix.py, flows from both sides of what it
 * gives, and where there is no boundary. */
#include "tests/models/eigenmodes.h"

#include "models/linear/eigenmode_separatrix.h"

static es_eigenmode mode_at(double alpha_p, double eta, double beta,
                            double lambda_s, bool ema, double s0, double tau0) {
  return (es_eigenmode){.alpha_p = alpha_p,
                        .eta_p = eta,
                        .eta_s = eta,
                        .beta = beta,
                        .lambda_s = lambda_s,
                        .lambda_d = 1,
                        .s0 = s0,
                        .tau0 = tau0,
                        .ema = ema};
}

static es_separatrix boundary_of(const es_eigenmode *mode) {
  es_separatrix found;
  es_diag diag = {0};
  assert_ok(es_eigenmode_separatrix(&found, mode, NULL, &diag), diag);
  return found;
}

/* Rounding of the start moves the boundary by as much, a step's error of 1e-13
 * too, some tens of steps before the saddle is near: 1e-12 of the larger of p0
 * and the saddle's own p. */
static const double tolerance = 1e-12;

/* To 20 digits. */
static const struct {
  double alpha_p, eta, beta, lambda_s;
  bool ema;
  double s0, tau0;
  bool upper;
  double p0;
} references[] = {
    {1, .04, .4, 1.09, true, .001, 0, false, 0.085336277907707198932},
    {1, .04, .4, 1.09, true, .001, 0, true, 1.9437135161047881753},
    {3, .1, .05, 1.2, true, .3, .5, false, -0.94827821177522396082},
    {.5, .02, 1.5, 1.0, true, .02, 0, false, -0.085591048724172963739},
    {1, .04, .4, 1.09, false, .001, 1, false, 0.065670376424505933937},
    {1, .04, .4, 1.09, false, .001, 1, true, 1.623974845108882063},
    {1, .04, .4, 1.09, false, .01, 1, false, -0.051211927471639708959},
};
enum { REFERENCES = sizeof references / sizeof *references };

static es_eigenmode reference_mode(size_t i) {
  return mode_at(references[i].alpha_p, references[i].eta, references[i].beta,
                 references[i].lambda_s, references[i].ema, references[i].s0,
                 references[i].tau0);
}

static void known(void **state) {
  (void)state;
  for (size_t i = 0; i < REFERENCES; i++) {
    const es_eigenmode mode = reference_mode(i);
    const es_separatrix found = boundary_of(&mode);
    assert_close(found.p0[references[i].upper], references[i].p0, tolerance, 0);
  }
}

/* The manifold by itself, from as far away as the search begins it. */
static void manifold(void **state) {
  (void)state;
  for (size_t i = 0; i < REFERENCES; i++) {
    const es_eigenmode mode = reference_mode(i);
    es_eigenmode_point point[3];
    es_orbit *orbit;
    es_diag diag = {0};
    assert_int_equal(es_eigenmode_points(&mode, point), 3);
    assert_ok(es_orbit_new(&orbit, &mode, point[1].p, 1e5, &diag), diag);
    for (int side = -1; side <= 1; side += 2) {
      double p0 = references[i].p0 * (1 + 1e-8 * side);
      assert_ok(
          es_eigenmode_manifold(&p0, orbit, &mode, &point[1], mode.s0, &diag),
          diag);
      assert_close(p0, references[i].p0, tolerance, 0);
    }
    es_orbit_free(orbit);
  }
}

/* As theory.md prints them: to its last digit. */
static void theory(void **state) {
  (void)state;
  const es_eigenmode low = mode_at(1, .04, .4, 1.09, false, .001, 1);
  const es_eigenmode high = mode_at(1, .04, .4, 1.09, false, .01, 1);
  const es_separatrix at_low = boundary_of(&low), at_high = boundary_of(&high);
  assert_close(at_low.p0[0], .0656703764, 0, .5e-10);
  assert_close(at_low.p0[1], 1.623974845, 0, .5e-9);
  assert_close(at_high.p0[0], -.0512119275, 0, .5e-10);
}

/* Where the flow of p0 ends: by the model's own state and solver. */
static double end_of(const es_eigenmode *mode, double p0) {
  char word[7][48];
  const char *const name[] = {"alpha_p",  "eta", "beta", "lambda_s",
                              "lambda_d", "s0",  "tau0"};
  const double value[] = {mode->alpha_p,  mode->eta_s,    mode->beta,
                          mode->lambda_s, mode->lambda_d, mode->s0,
                          mode->tau0};
  char start[48];
  for (int k = 0; k < 7; k++)
    snprintf(word[k], sizeof word[k], "%s=%.17g", name[k], value[k]);
  snprintf(start, sizeof start, "p0=%.17g", p0);
  trace t = trace_of(
      &es_model_byol_eigenmode,
      (const char *const[]){word[0], word[1], word[2], word[3], word[4],
                            word[5], word[6], start, "t=5000", "rtol=1e-12",
                            mode->ema ? "ema=on" : "ema=off", NULL});
  const double p = t.row[1];
  trace_free(&t);
  return p;
}

/* 1e-8 to either side of a branch one survives and the other does not. */
static void both_sides(void **state) {
  size_t seen = 0;
  (void)state;
  for (uint64_t cell = 0; cell < 12; cell++) {
    const double eta = pow(10, -1.8 + DRAW(cell, 1));
    es_eigenmode mode =
        mode_at(pow(10, 2 * DRAW(cell, 0) - 1), eta, pow(10, -DRAW(cell, 2)),
                1 + .2 * DRAW(cell, 3), cell % 3 != 0,
                pow(10, -2 + 2 * DRAW(cell, 4)), .5 + .5 * DRAW(cell, 5));
    mode.lambda_d = .8 + .4 * DRAW(cell, 6);
    const es_separatrix found = boundary_of(&mode);
    if (isnan(found.p0[0])) continue;
    seen++;
    es_eigenmode_point point[3];
    assert_int_equal(es_eigenmode_points(&mode, point), 3);
    for (int k = 0; k < 2; k++) {
      const double p0 = found.p0[k], size = fmax(fabs(p0), point[1].p);
      const double inside = p0 + (k == 0 ? 1e-8 : -1e-8) * size;
      const double outside = p0 - (k == 0 ? 1e-8 : -1e-8) * size;
      assert_true(found.residual[k] >= 0);
      assert_close(found.residual[k], 0, 0, tolerance * size);
      assert_close(end_of(&mode, inside), point[2].p, 1e-6, 0);
      assert_close(end_of(&mode, outside), 0, 0, 1e-6);
    }
  }
  assert_true(seen >= 9);
}

/* eta = 0: c > 0, and above c > -p*^2/alpha_p. */
static void undamped(void **state) {
  (void)state;
  const es_eigenmode mode = mode_at(2, 0, .4, 1.5, false, .1, .9);
  const es_separatrix found = boundary_of(&mode);
  assert_close(found.p0[0], -sqrt(.2), 1e-15, 0);
  assert_close(found.p0[1], sqrt(.2 + .36), 1e-15, 0);
}

/* At a tau < 0 that stays the flow is that of -tau with p reversed. */
static void reversed(void **state) {
  (void)state;
  const es_eigenmode plus = mode_at(1, .04, .4, 1.09, false, .02, .8);
  const es_eigenmode minus = mode_at(1, .04, .4, 1.09, false, .02, -.8);
  const es_separatrix a = boundary_of(&plus), b = boundary_of(&minus);
  for (int k = 0; k < 2; k++) assert_close(b.p0[k], -a.p0[1 - k], 1e-13, 0);
}

/* No boundary: too much decay, nothing to grow from, no pull, s0 below the
 * lowest point of the curve. */
static void none(void **state) {
  const es_eigenmode modes[] = {
      mode_at(1, .3, .4, 1.09, true, .1, 0),
      mode_at(1, .25, .4, 1, true, .1, 0), /* at equality */
      mode_at(1, .04, .4, 1.09, true, 0, 0),
      mode_at(1, .04, .4, 1.09, false, .1, 0),
      mode_at(1, .2, .4, 1.09, true, 1e-3, 0),
  };
  (void)state;
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    const es_separatrix found = boundary_of(&modes[i]);
    assert_true(isnan(found.p0[0]) && isnan(found.p0[1]));
    assert_true(isnan(found.residual[0]) && isnan(found.residual[1]));
  }
}

/* Just above the lowest point the interval is narrower than the grid that
 * survivors are looked for on. */
static void narrow(void **state) {
  double low = 1e-4, high = .1;
  (void)state;
  for (int k = 0; k < 16; k++) {
    const double middle = sqrt(low * high);
    const es_eigenmode mode = mode_at(1, .1, .4, 1.09, true, middle, 0);
    *(isnan(boundary_of(&mode).p0[0]) ? &low : &high) = middle;
  }
  const es_eigenmode mode = mode_at(1, .1, .4, 1.09, true, high, 0);
  const es_separatrix found = boundary_of(&mode);
  const double width = found.p0[1] - found.p0[0];
  assert_true(width > 0 && width < .05);
  assert_close(end_of(&mode, found.p0[0] + width / 2), .8025, .05, 0);
}

int main(void) {
  es_init();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known),    cmocka_unit_test(manifold),
      cmocka_unit_test(theory),   cmocka_unit_test(both_sides),
      cmocka_unit_test(undamped), cmocka_unit_test(reversed),
      cmocka_unit_test(none),     cmocka_unit_test(narrow),
  };
  return cmocka_run_group_tests_name("separatrix", tests, NULL, NULL);
}
