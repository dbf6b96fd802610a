/* Fates of eigenmodes: every inequality of docs/fate.md on the faces of its
 * regions, what becomes of states inside them, and how large they are. */
#include "tests/models/eigenmode_peer.h"

/* The flow at (p, S, Q). */
static void flow(const es_eigenmode *m, const double y[3], double f[3]) {
  const double G = y[2] - y[0] * y[1];
  f[0] = y[1] * G - m->eta_p * y[0];
  f[1] = y[0] * G - m->eta_s * y[1];
  f[2] = m->beta * (y[1] - y[2]);
}

/* The box of the stable region: p, S, Q >= m1 just above p-. On its faces, for
 * every eps that is still to come, the flow points inward. */
static void test_stable_box_keeps(void **unused) {
  (void)unused;
  for (size_t j = 0; j < 20000; j++) {
    const es_eigenmode m = damped(unit_mode(1, j));
    const double low = p_minus(&m), high = p_plus(&m);
    const double room = (high - low) * (high + low);
    const double e = room * between(-1, 1, draw(1, j, 2));
    /* The smallest box of states with |eps| <= |e|. */
    const double most = sqrt(high * high - fabs(e));
    const double m1 = between(low, most, between(1e-6, 1, draw(1, j, 3)));
    const double later = e * draw(1, j, 4);
    double y[3], f[3];
    y[2] = m1 * (1 + 3 * draw(1, j, 5));
    if (e >= 0) { /* the face p = m1 */
      y[0] = m1, y[1] = sqrt(m1 * m1 + later);
      flow(&m, y, f);
      assert_true(f[0] > 0);
    } else { /* the face S = m1 */
      y[1] = m1, y[0] = sqrt(m1 * m1 - later);
      flow(&m, y, f);
      assert_true(f[1] > 0);
    }
    /* The face Q = m1, at whatever S >= m1. */
    y[2] = m1, y[1] = m1 * (1 + 3 * draw(1, j, 6));
    flow(&m, y, f);
    assert_true(f[2] >= 0);
  }
}

/* The other stable region: p >= m1, tau >= m with eps >= 0, where m1 is just
 * below the larger root of x^2 - m x + eta. */
static void test_stable_ratio_keeps(void **unused) {
  (void)unused;
  for (size_t j = 0; j < 20000; j++) {
    const es_eigenmode m = damped(unit_mode(2, j));
    const double least = 2 * sqrt(m.eta_s);
    const double ratio = between(least, 1, between(1e-4, 1, draw(2, j, 2)));
    const double root = sqrt(ratio * ratio - 4 * m.eta_s);
    /* Just below: the face of tau has beta (1 - m) to spare. */
    const double spare = fmin(.5, m.beta * (1 - ratio) / ratio / root);
    const double m1 = (ratio + root * (1 - spare * 1e-3)) / 2;
    const double eps = 10 * draw(2, j, 3) * draw(2, j, 3);
    double y[3] = {m1, sqrt(m1 * m1 + eps), 0}, f[3];
    y[2] = y[1] * ratio * (1 + 3 * draw(2, j, 4));
    flow(&m, y, f);
    assert_true(f[0] > 0);
    y[0] = m1 * (1 + 3 * draw(2, j, 5));
    y[1] = sqrt(y[0] * y[0] + eps);
    y[2] = ratio * y[1];
    flow(&m, y, f);
    /* tau' S = Q' - tau S' */
    assert_true(f[2] - ratio * f[1] > 0);
  }
}

/* The box of collapse around a state that was told to: p^2 + S^2 <= rho,
 * |Q| <= A. */
static void test_collapse_box_keeps(void **unused) {
  (void)unused;
  size_t seen = 0;
  for (size_t j = 0; j < 100000; j++) {
    const es_eigenmode m = damped(unit_mode(3, j));
    const double near = 1.5 * p_minus(&m);
    const double p = near * between(-1, 1, draw(3, j, 2));
    const double S = near * draw(3, j, 3);
    const double Q = near * between(-1, 1, draw(3, j, 7));
    if (fate_of(m, p, S, Q) != ES_FATE_COLLAPSED) continue;
    if (p < 0 && S * S <= p * p) continue; /* told by its signs */
    seen++;
    const double eps = S * S - p * p, plus = fmax(eps, 0);
    const double A = fmax(sqrt((p * p + S * S + plus) / 2), fabs(Q));
    const double rho = 2 * A * A - plus;
    double y[3], f[3];
    for (int i = 0; i <= 10; i++) {
      /* On p^2 + S^2 = rho, with an eps between this and 0. */
      const double later = fmax(-rho, fmin(rho, eps * i / 10));
      y[0] = sqrt((rho - later) / 2), y[1] = sqrt((rho + later) / 2), y[2] = A;
      flow(&m, y, f);
      assert_true(y[0] * f[0] + y[1] * f[1] < 0);
      y[2] = A * between(-1, 1, draw(3, j, 6));
      if (draw(3, j, 5) < .5) y[0] = -y[0];
      flow(&m, y, f);
      assert_true(y[0] * f[0] + y[1] * f[1] < 0);
      /* And on |Q| = A: S <= A. */
      assert_true(y[1] <= A * (1 + 1e-15));
    }
  }
  assert_true(seen > 20000);
}

/* At constant tau: p cannot rise through M where it was told to collapse. */
static void test_fixed_collapse_keeps(void **unused) {
  (void)unused;
  size_t seen = 0;
  for (size_t j = 0; j < 100000; j++) {
    es_eigenmode m = damped(unit_mode(4, j));
    m.ema = false;
    const double tau = between(.2, 2, draw(4, j, 2));
    const double low = p_minus(&m) / tau, S = 1.5 * low * draw(4, j, 4);
    const double p = low * between(-1, 1, draw(4, j, 3));
    if (fate_of(m, p, S, tau * S) != ES_FATE_COLLAPSED) continue;
    if (tau * tau < 4 * m.eta_s || (p < 0 && S * S <= p * p)) continue;
    seen++;
    const double plus = fmax(S * S - p * p, 0);
    const double M = fmax(p, (plus + m.eta_s) / (2 * tau));
    for (int i = 0; i <= 10; i++) {
      const double S2 = M * M + plus * i / 10;
      assert_true(S2 * (tau - M) - m.eta_s * M < 0);
    }
  }
  assert_true(seen > 1000);
}

/* States of every kind, told apart, and followed until nothing moves: for 60
 * times the slowest rate's inverse, and for longer beside the threshold, where
 * the flow takes pi/(distance)^(1/2) to pass the place of the two roots. */
static void follow(es_eigenmode m, es_fate said) {
  const double slow = fmin(2 * m.eta_s, m.ema ? fmin(m.beta, m.eta_s) : 1);
  const double tau = m.ema ? 1 : m.tau0;
  const double most = tau * tau * m.lambda_d * m.lambda_d / (4 * m.lambda_s);
  const double past = sqrt(fabs(1 - m.eta_s / fmax(most, 1e-9)));
  const es_eigenmode_state end = peer_at(m, 60 / slow * (1 + 1 / past));
  const es_eigenmode_state limit = es_eigenmode_limit(&m, said);
  assert_close(end.p, limit.p, 1e-6, 1e-8);
  assert_close(end.s, limit.s, 1e-6, 1e-8);
  if (said == ES_FATE_STABLE) assert_close(end.tau, limit.tau, 1e-6, 0);
}

static void check_fates(uint64_t series, bool ema, size_t n, size_t least) {
  size_t stable = 0, collapsed = 0;
  for (size_t j = 0; j < n; j++) {
    const double b = log_between(.5, 3, draw(series, j, 2));
    const double l = log_between(.5, 3, draw(series, j, 3));
    const double eta = log_between(.02, .26, draw(series, j, 0)) * l * l / b;
    const es_eigenmode m = {.alpha_p = log_between(.1, 10, draw(series, j, 4)),
                            .eta_p = eta,
                            .eta_s = eta,
                            .beta = log_between(.1, 3, draw(series, j, 1)),
                            .lambda_s = b,
                            .lambda_d = l,
                            .p0 = between(-1, 1.5, draw(series, j, 5)),
                            .s0 = pow(draw(series, j, 6), 4) * 3,
                            .tau0 = between(-1, 2, draw(series, j, 7)),
                            .ema = ema};
    const es_eigenmode_state start = {m.p0, m.s0, m.tau0};
    const es_fate said = es_eigenmode_fate(&m, es_eigenmode_c(&m), &start);
    if (said == ES_FATE_UNDECIDED) continue;
    if (said == ES_FATE_STABLE) stable++;
    if (said == ES_FATE_COLLAPSED) collapsed++;
    follow(m, said);
  }
  assert_true(stable > least);
  assert_true(collapsed > least);
}

static void test_what_becomes(void **unused) {
  (void)unused;
  check_fates(5, true, 1500, 100);
  check_fates(6, false, 1500, 100);
}

/* On the parabola both regions reach to the saddle itself: so near as doubles
 * can say. */
static void test_to_the_saddle(void **unused) {
  (void)unused;
  for (size_t j = 0; j < 1000; j++) {
    es_eigenmode m = damped(unit_mode(7, j));
    const double near = 1e-13;
    for (int ema = 0; ema < 2; ema++) {
      m.ema = ema == 1;
      const double above = p_minus(&m) * (1 + near / (1 - 4 * m.eta_s));
      const double below = p_minus(&m) * (1 - near / (1 - 4 * m.eta_s));
      assert_int_equal(fate_of(m, above, above, above), ES_FATE_STABLE);
      assert_int_equal(fate_of(m, below, below, below), ES_FATE_COLLAPSED);
    }
  }
}

/* eta = 0, tau constant: escape for p0 > 0 iff c > -p*^2/alpha, exactly. */
static void test_undamped(void **unused) {
  (void)unused;
  for (size_t j = 0; j < 2000; j++) {
    const es_eigenmode m = {.alpha_p = log_between(.1, 10, draw(8, j, 0)),
                            .lambda_s = 1 + draw(8, j, 1),
                            .lambda_d = 1,
                            .p0 = 2 * draw(8, j, 2),
                            .s0 = draw(8, j, 3),
                            .tau0 = 2 * draw(8, j, 4)};
    const double star = m.tau0 / m.lambda_s, c = es_eigenmode_c(&m);
    const es_eigenmode_state start = {m.p0, m.s0, m.tau0};
    const es_fate fate = es_eigenmode_fate(&m, c, &start);
    assert_int_equal(fate, c > -star * star / m.alpha_p ? ES_FATE_STABLE
                                                        : ES_FATE_COLLAPSED);
    const es_eigenmode_state end = es_eigenmode_limit(&m, fate);
    if (fate == ES_FATE_STABLE) {
      assert_close(end.p, star, 1e-15, 0);
      assert_close(end.s, star * star / m.alpha_p + c, 1e-14, 0);
    } else
      assert_close(end.p * end.p / m.alpha_p, -c, 1e-14, 0);
  }
}

/* Certain from the start: above the threshold; s = 0; p <= 0 on or below the
 * parabola, through zeros of s and poles of tau. */
static void test_from_the_start(void **unused) {
  (void)unused;
  size_t below = 0;
  for (size_t j = 0; j < 400; j++) {
    es_eigenmode m = damped(unit_mode(9, j));
    m.p0 = -2 * draw(9, j, 2);
    m.s0 = m.p0 * m.p0 * draw(9, j, 3);
    m.tau0 = between(-2, 2, draw(9, j, 4));
    const es_eigenmode_state start = {m.p0, m.s0, m.tau0};
    assert_int_equal(es_eigenmode_fate(&m, es_eigenmode_c(&m), &start),
                     ES_FATE_COLLAPSED);
    if (m.eta_s < .02 || m.beta < .1) continue;
    below++;
    follow(m, ES_FATE_COLLAPSED);
  }
  assert_true(below > 100);
  for (size_t j = 0; j < 100; j++) {
    es_eigenmode m = damped(unit_mode(10, j));
    m.eta_p = m.eta_s = .2500001 + draw(10, j, 2);
    m.beta = fmax(m.beta, .1);
    m.p0 = between(-2, 2, draw(10, j, 3)), m.s0 = 3 * draw(10, j, 4);
    m.tau0 = between(-1, 3, draw(10, j, 5));
    const es_eigenmode_state start = {m.p0, m.s0, m.tau0};
    assert_int_equal(es_eigenmode_fate(&m, es_eigenmode_c(&m), &start),
                     ES_FATE_COLLAPSED);
    if (m.eta_s > .26) follow(m, ES_FATE_COLLAPSED);
  }
  const es_eigenmode none = {.alpha_p = 1,
                             .eta_p = .04,
                             .eta_s = .04,
                             .beta = .4,
                             .lambda_s = 1,
                             .lambda_d = 1,
                             .p0 = 1,
                             .ema = true};
  const es_eigenmode_state empty = {1, 0, 0};
  assert_int_equal(es_eigenmode_fate(&none, -1, &empty), ES_FATE_COLLAPSED);
}

/* eta_p != eta_s: no invariant, and collapse alone can be told. */
static void test_unequal_decay(void **unused) {
  (void)unused;
  size_t collapsed = 0;
  for (size_t j = 0; j < 2000; j++) {
    es_eigenmode m = unit_mode(11, j);
    m.eta_s = log_between(.05, .5, draw(11, j, 2));
    m.eta_p = log_between(.05, .5, draw(11, j, 3));
    m.beta = fmax(m.beta, .2);
    m.p0 = between(-.5, .5, draw(11, j, 4));
    m.s0 = .3 * pow(draw(11, j, 5), 3), m.tau0 = 2 * draw(11, j, 6);
    m.ema = j % 2 == 0;
    const es_eigenmode_state start = {m.p0, m.s0, m.tau0};
    const es_fate fate = es_eigenmode_fate(&m, es_eigenmode_c(&m), &start);
    assert_int_not_equal(fate, ES_FATE_STABLE);
    if (fate != ES_FATE_COLLAPSED) continue;
    collapsed++;
    const es_eigenmode_state end = peer_at(m, 60 / fmin(m.eta_p, m.eta_s));
    assert_close(end.p, 0, 0, 1e-8);
    assert_close(end.s, 0, 0, 1e-8);
  }
  assert_true(collapsed > 100);
}

/* tau where s = 0 but p is not: its Riccati equation comes to rest where
 *   beta (1 - tau) - tau (p (l tau - b p) - eta_s) = 0,
 * from every start in the basin of the slower rate; and what beta = 0 leaves.
 */
static void test_tau_of_collapse(void **unused) {
  (void)unused;
  for (size_t j = 0; j < 200; j++) {
    es_eigenmode m = unit_mode(12, j);
    m.eta_s = j % 2 == 0 ? m.eta_p : 0;
    m.eta_p = 0;
    m.p0 = between(0, 2, draw(12, j, 2));
    m.beta = log_between(.02, 20, draw(12, j, 3));
    const double tau = es_eigenmode_limit(&m, ES_FATE_COLLAPSED).tau;
    const double pull = tau * m.p0 * (m.lambda_d * tau - m.lambda_s * m.p0);
    const double size =
        m.beta * (1 + tau) + tau * m.p0 * (tau + m.p0) + tau * m.eta_s;
    assert_true(tau > 0);
    /* Three roundings of the largest term, and of tau's own few. */
    assert_close(m.beta * (1 - tau) - pull + tau * m.eta_s, 0, 0, 4e-15 * size);
  }
  es_eigenmode m = {.lambda_s = 1, .lambda_d = 1, .alpha_p = 1, .eta_p = .1};
  m.eta_s = .1, m.ema = true;
  assert_true(es_eigenmode_limit(&m, ES_FATE_COLLAPSED).tau == 0);
  m.tau0 = .5;
  assert_true(isinf(es_eigenmode_limit(&m, ES_FATE_COLLAPSED).tau));
  m.eta_p = m.eta_s = 0;
  assert_true(es_eigenmode_limit(&m, ES_FATE_COLLAPSED).tau == .5);
}

/* At equality the double root attracts from one side alone: no stable point. */
static void test_degenerate(void **unused) {
  (void)unused;
  es_eigenmode m = {.alpha_p = 1, .eta_p = .125, .eta_s = .125};
  m.lambda_s = 2, m.lambda_d = 1, m.tau0 = 1, m.beta = .4;
  for (int ema = 0; ema < 2; ema++)
    for (int c = 0; c < 2; c++) {
      m.ema = ema == 1, m.p0 = .5, m.s0 = .25 + .2 * c;
      const es_eigenmode_state start = {m.p0, m.s0, m.tau0};
      assert_int_equal(es_eigenmode_fate(&m, es_eigenmode_c(&m), &start),
                       ES_FATE_UNDECIDED);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stable_box_keeps),
      cmocka_unit_test(test_stable_ratio_keeps),
      cmocka_unit_test(test_collapse_box_keeps),
      cmocka_unit_test(test_fixed_collapse_keeps),
      cmocka_unit_test(test_what_becomes),
      cmocka_unit_test(test_to_the_saddle),
      cmocka_unit_test(test_undamped),
      cmocka_unit_test(test_from_the_start),
      cmocka_unit_test(test_unequal_decay),
      cmocka_unit_test(test_tau_of_collapse),
      cmocka_unit_test(test_degenerate)};
  es_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
