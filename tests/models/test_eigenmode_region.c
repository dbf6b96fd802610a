/* The regions of eigenmodes, state by state: what is said to be certain is what
 * the inequalities of docs/fate.md say, written out again as they stand there,
 * and nothing else. */
#include "tests/models/eigenmode_peer.h"

/* p, S and Q in the flow's units, and what they and the settings give. */
typedef struct place {
  double p, S, Q, tau; /* tau: the constant; 1 with EMA */
  double eta, h;       /* h: the smaller eta */
  double eps, plus;    /* plus: eps or 0 */
} place;

/* Theorems 6 and 7. */
static bool stable(const place *v) {
  const double root = sqrt(1 - 4 * v->eta), low = (1 - root) / 2;
  const double high = (1 + root) / 2;
  const bool sixth = fmin(v->p, v->S) > low && v->Q > low &&
                     fabs(v->eps) < high * high - low * low;
  const bool seventh =
      v->eps >= 0 && v->p > sqrt(v->eta) && v->Q / v->S > 2 * sqrt(v->eta);
  return sixth || seventh;
}

/* Theorems 1 and 3. */
static bool collapsed(const place *v) {
  const double R = v->p * v->p + v->S * v->S;
  const double A = fmax(sqrt((R + v->plus) / 2), fabs(v->Q));
  const double P2 = A * A - v->plus / 2;
  return (A < v->eta + P2 && sqrt(P2) < .5) || (v->p < 0 && v->eps <= 0);
}

/* Theorem 8. */
static bool stable_fixed(const place *v) {
  const double root = sqrt(v->tau * v->tau - 4 * v->eta);
  const double low = (v->tau - root) / 2, high = (v->tau + root) / 2;
  if (!(root > 0)) return false;
  if (v->eps >= 0) return v->p > low;
  return fmin(v->p, v->S) > low && -v->eps < high * high - low * low;
}

/* Theorems 2, 3 and 5. */
static bool collapsed_fixed(const place *v) {
  const double M = fmax(v->p, (v->plus + v->eta) / (2 * v->tau));
  if (v->tau * v->tau < 4 * v->eta || (v->p < 0 && v->eps <= 0)) return true;
  return M < v->tau / 2 && (M * M + v->plus) * (v->tau - M) < v->eta * M;
}

/* Theorem 4. */
static bool collapsed_unequal(const place *v) {
  const double R = v->p * v->p + v->S * v->S;
  const double A = sqrt(fmax(R, v->Q * v->Q));
  return v->tau * A < v->h + A * A / 2 && A < v->tau;
}

static place draw_place(uint64_t series, size_t j, const es_eigenmode *m,
                        double most) {
  place v = {.p = most * between(-.4, 1, draw(series, j, 8)),
             .S = most * draw(series, j, 9),
             .Q = most * between(-.3, 1, draw(series, j, 10)),
             .tau = 1,
             .eta = m->eta_s,
             .h = fmin(m->eta_p, m->eta_s)};
  if (j % 5 == 0) v.S = fabs(v.p) * between(.9, 1.1, draw(series, j, 11));
  if (!m->ema) v.tau = between(.2, 2, draw(series, j, 12));
  if (!m->ema) v.Q = v.tau * v.S;
  v.eps = v.S * v.S - v.p * v.p;
  v.plus = fmax(v.eps, 0);
  return v;
}

/* No state of these lies within rounding of an edge. */
static void check(uint64_t series, bool ema, bool equal) {
  size_t said[3] = {0};
  for (size_t j = 0; j < 60000; j++) {
    es_eigenmode m = unit_mode(series, j);
    m.ema = ema;
    m.eta_s = equal ? m.eta_p : log_between(1e-3, .5, draw(series, j, 2));
    const double most = j % 3 == 0 ? 3 : j % 3 == 1 ? .6 : equal ? 1.2 : .1;
    const place v = draw_place(series, j, &m, most);
    const bool lives = !equal ? false : ema ? stable(&v) : stable_fixed(&v);
    const bool dies = !equal ? collapsed_unequal(&v)
                      : ema  ? collapsed(&v)
                             : collapsed_fixed(&v);
    assert_false(lives && dies);
    const es_fate want = lives  ? ES_FATE_STABLE
                         : dies ? ES_FATE_COLLAPSED
                                : ES_FATE_UNDECIDED;
    assert_int_equal(fate_of(m, v.p, v.S, v.Q), want);
    said[want]++;
  }
  assert_true(said[ES_FATE_UNDECIDED] > 1000);
  assert_true(said[ES_FATE_COLLAPSED] > 1000);
  assert_true(said[ES_FATE_STABLE] > 1000 || !equal);
}

static void test_ema(void **unused) {
  (void)unused;
  check(31, true, true);
}

static void test_constant_tau(void **unused) {
  (void)unused;
  check(32, false, true);
}

static void test_unequal(void **unused) {
  (void)unused;
  check(33, true, false);
  check(34, false, false);
}

/* W_a that stays (beta = 0): |Q| < h. */
static void test_held(void **unused) {
  (void)unused;
  for (size_t j = 0; j < 20000; j++) {
    es_eigenmode m = unit_mode(35, j);
    m.eta_s = j % 2 == 0 ? m.eta_p : log_between(1e-3, .5, draw(35, j, 2));
    m.beta = 0;
    place v = draw_place(35, j, &m, 1);
    v.Q *= v.h * 3;
    assert_int_equal(fate_of(m, v.p, v.S, v.Q),
                     fabs(v.Q) < v.h ? ES_FATE_COLLAPSED : ES_FATE_UNDECIDED);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ema), cmocka_unit_test(test_constant_tau),
      cmocka_unit_test(test_unequal), cmocka_unit_test(test_held)};
  es_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
