/* Where modes go, and which change sends them elsewhere: theory.md 4's numbers
 * for the basin's boundary, and symmetries of the flow. */
#include "tests/check.h"

#include "overlay/byol_fate.h"

/* s0 = .001, alpha_p = 1, tau = 1, sigma^2 = .09, eta = .04: starts of p0
 * between these live (theory.md 4). */
static const double lower = .0656703764, upper = 1.623974845;

static const es_byolnet_mapping simsiam = {.kind = ES_BYOLNET_SIMSIAM,
                                           .predictor = true,
                                           .theorem = true,
                                           .factor = 2,
                                           .alpha_p = 1,
                                           .eta_p = .04,
                                           .eta_s = .04};

static es_eigenmode mode_from(double p0) {
  return (es_eigenmode){.alpha_p = 1,
                        .eta_p = .04,
                        .eta_s = .04,
                        .lambda_s = 1.09,
                        .lambda_d = 1,
                        .p0 = p0,
                        .s0 = .001,
                        .tau0 = 1};
}

static es_byolnet_crossing cross(const es_byolnet_mapping *map,
                                 const es_eigenmode *mode,
                                 es_byolnet_turn turn) {
  es_byolnet_crossing x;
  es_diag diag = {0};
  assert_ok(es_byolnet_cross(&x, map, mode, turn, &diag), diag);
  return x;
}

static es_fate fate_of(const es_byolnet_mapping *map,
                       const es_eigenmode *mode) {
  es_fate fate;
  es_diag diag = {0};
  assert_ok(es_byolnet_fate_of(&fate, map, mode, &diag), diag);
  return fate;
}

/* The boundary's digits are ten; the search stops at a part in 1e9. */
static void the_boundary_in_p0(void **state) {
  static const double start[] = {.05, .1, 1.2, 2};
  const double edge[] = {lower, lower, upper, upper};
  (void)state;
  for (int k = 0; k < 4; k++) {
    const es_eigenmode mode = mode_from(start[k]);
    const es_byolnet_crossing x = cross(&simsiam, &mode, ES_BYOLNET_INIT_P);
    const bool lives = k == 1 || k == 2;
    assert_close(x.factor, edge[k] / start[k], 3e-9, 0);
    assert_close(x.value, x.factor, 0, 0);
    assert_int_equal(x.from, lives ? ES_FATE_STABLE : ES_FATE_COLLAPSED);
    assert_int_equal(x.to, lives ? ES_FATE_COLLAPSED : ES_FATE_STABLE);
  }
}

/* alpha_p and s enter as alpha_p s alone, s as w^2. */
static void alpha_is_the_start_squared(void **state) {
  const es_eigenmode mode = mode_from(.05);
  (void)state;
  const es_byolnet_crossing alpha = cross(&simsiam, &mode, ES_BYOLNET_ALPHA_P);
  const es_byolnet_crossing init = cross(&simsiam, &mode, ES_BYOLNET_INIT);
  assert_true(alpha.factor > 1 && isfinite(alpha.factor));
  assert_close(alpha.factor, init.factor * init.factor, 1e-8, 0);
  assert_close(alpha.value, alpha.factor * mode.alpha_p, 0, 0);
}

/* A thousandth before a crossing the fate is the mode's own, behind it not. */
static void fates_beside_it(void **state) {
  es_byolnet_mapping map = simsiam;
  es_eigenmode mode = mode_from(.1);
  (void)state;
  map.kind = ES_BYOLNET_EMA;
  map.beta = mode.beta = .4;
  mode.ema = true;
  mode.s0 = .0025;
  mode.lambda_d = .43;
  mode.lambda_s = 1;
  map.eta_p = map.eta_s = mode.eta_p = mode.eta_s = .02;
  for (int turn = ES_BYOLNET_ALPHA_P; turn <= ES_BYOLNET_BETA; turn++) {
    const es_byolnet_crossing x = cross(&map, &mode, (es_byolnet_turn)turn);
    assert_int_equal(x.from, ES_FATE_STABLE);
    assert_int_equal(x.to, ES_FATE_COLLAPSED);
    for (int side = -1; side <= 1; side += 2) {
      es_eigenmode other = mode;
      const double f = pow(x.factor, 1 + .001 * side);
      if (turn == ES_BYOLNET_ALPHA_P) other.alpha_p *= f;
      if (turn == ES_BYOLNET_ETA) other.eta_p = other.eta_s = f * mode.eta_s;
      if (turn == ES_BYOLNET_BETA) other.beta *= f;
      assert_int_equal(fate_of(&map, &other),
                       side < 0 ? ES_FATE_STABLE : ES_FATE_COLLAPSED);
    }
  }
}

static void what_cannot_be_turned(void **state) {
  es_eigenmode mode = mode_from(.1);
  es_byolnet_mapping map = simsiam;
  (void)state;
  /* beta of SimSiam; a predictor's start of zero. */
  assert_true(isnan(cross(&map, &mode, ES_BYOLNET_BETA).factor));
  mode.p0 = 0;
  assert_true(isnan(cross(&map, &mode, ES_BYOLNET_INIT_P).factor));
  /* lambda_d^2/4 lambda_s is below eta: no start lives, but less decay does. */
  mode = mode_from(.1);
  mode.lambda_d = .4;
  const es_byolnet_crossing x = cross(&map, &mode, ES_BYOLNET_INIT);
  assert_true(isnan(x.factor) && isnan(x.value));
  assert_int_equal(x.from, ES_FATE_COLLAPSED);
  assert_int_equal(x.to, ES_FATE_COLLAPSED);
  assert_true(cross(&map, &mode, ES_BYOLNET_ETA).factor < .16 / 4.36 / .04);
}

/* p for -p and lambda_d for -lambda_d. */
static void the_mirror_image(void **state) {
  const es_eigenmode mode = mode_from(.1);
  es_eigenmode mirror = mode_from(-.1);
  double p, s, q;
  (void)state;
  mirror.lambda_d = -1;
  assert_int_equal(fate_of(&simsiam, &mode), ES_FATE_STABLE);
  assert_int_equal(fate_of(&simsiam, &mirror), ES_FATE_STABLE);
  mirror.p0 = .1;
  assert_int_equal(fate_of(&simsiam, &mirror), ES_FATE_COLLAPSED);
  mirror.p0 = -.05;
  const es_eigenmode other = mode_from(.05);
  assert_close(cross(&simsiam, &mirror, ES_BYOLNET_INIT_P).factor,
               cross(&simsiam, &other, ES_BYOLNET_INIT_P).factor, 0, 0);
  es_byolnet_rest(&simsiam, &mode, &p, &s);
  es_byolnet_rest(&simsiam, &mirror, &q, &s);
  assert_close(p, .875516208866075127, 1e-14, 0);
  assert_close(q, -p, 0, 0);
}

/* Without predictor, and through both branches, nothing lives that loses more
 * between views, and by decay, than it has. */
static void collapse_without_predictor(void **state) {
  es_byolnet_mapping map = simsiam;
  es_eigenmode mode = mode_from(1);
  double p, s;
  (void)state;
  map.predictor = false;
  assert_int_equal(fate_of(&map, &mode), ES_FATE_COLLAPSED);
  assert_int_equal(es_byolnet_fate_now(&map, &mode), ES_FATE_COLLAPSED);
  es_byolnet_rest(&map, &mode, &p, &s);
  assert_true(isnan(p) && isnan(s));
  assert_true(isnan(cross(&map, &mode, ES_BYOLNET_ETA).factor));
  mode.lambda_s = 1;
  mode.eta_s = 0;
  assert_int_equal(fate_of(&map, &mode), ES_FATE_UNDECIDED);
  map.predictor = true;
  map.kind = ES_BYOLNET_SELF;
  mode.eta_s = .01;
  assert_int_equal(fate_of(&map, &mode), ES_FATE_COLLAPSED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_boundary_in_p0),
      cmocka_unit_test(alpha_is_the_start_squared),
      cmocka_unit_test(fates_beside_it),
      cmocka_unit_test(what_cannot_be_turned),
      cmocka_unit_test(the_mirror_image),
      cmocka_unit_test(collapse_without_predictor),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
