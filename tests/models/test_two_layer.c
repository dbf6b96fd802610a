/* byol-two-layer: its invariants, its stationary point, one layer as the
 * limit of a held second one, the Jacobian. */
#include "tests/models/eigenmodes.h"

#define TRACE(...)                                                             \
  trace_of(&es_model_byol_two_layer, (const char *const[]){__VA_ARGS__, NULL})

enum { P1 = 1, P2, S, TAU };

/* p1^2 - p2^2 and s - p1^2/alpha decay as e^{-2 eta t}: what is left of them is
 * what the steps' errors left, 100 rtol at most. */
static void invariants(void **state) {
  static const char *const methods[] = {"method=dop853", "method=rosenbrock",
                                        "method=gsl-msadams", "method=tsit5"};
  (void)state;
  for (uint64_t cell = 0; cell < 8; cell++) {
    char word[7][48];
    const double alpha = pow(10, 2 * DRAW(cell, 0) - 1);
    const double eta = pow(10, 2 * DRAW(cell, 1) - 3);
    const double p10 = 2 * DRAW(cell, 2) - 1, p20 = 2 * DRAW(cell, 3) - 1;
    const double s0 = DRAW(cell, 4);
    snprintf(word[0], sizeof word[0], "alpha_p=%.17g", alpha);
    snprintf(word[1], sizeof word[1], "eta=%.17g", eta);
    snprintf(word[2], sizeof word[2], "p10=%.17g", p10);
    snprintf(word[3], sizeof word[3], "p20=%.17g", p20);
    snprintf(word[4], sizeof word[4], "s0=%.17g", s0);
    snprintf(word[5], sizeof word[5], "beta=%.17g", pow(10, -DRAW(cell, 5)));
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
      trace t = TRACE(word[0], word[1], word[2], word[3], word[4], word[5],
                      methods[m], "t_end=300", "time.n=20", "rtol=1e-9");
      for (size_t i = 0; i < t.rows; i++) {
        const double p1 = at(&t, i, P1), p2 = at(&t, i, P2);
        const double decay = exp(-2 * eta * at(&t, i, 0));
        assert_close(p1 * p1 - p2 * p2, (p10 * p10 - p20 * p20) * decay, 0,
                     1e-7);
        assert_close(at(&t, i, S) - p1 * p1 / alpha,
                     (s0 - p10 * p10 / alpha) * decay, 0, 1e-7);
      }
      trace_free(&t);
    }
  }
}

/* Balanced it comes to rest at the same p, but at s = p/alpha. */
static void rest(void **state) {
  (void)state;
  trace t = TRACE("p10=0.7", "p20=0.5", "s0=0.5", "alpha_p=2", "t=1000");
  const double p = at(&t, 0, P1) * at(&t, 0, P2);
  assert_close(p, .875516208866075127, 1e-9, 0);
  assert_close(at(&t, 0, P1), at(&t, 0, P2), 1e-9, 0);
  assert_close(at(&t, 0, S), p / 2, 1e-9, 0);
  assert_close(at(&t, 0, TAU), 1, 1e-9, 0);
  trace_free(&t);
}

/* theory.md 4: near zero s alone no longer drives p. From p10 = p20 = 0 the
 * layers stay at 0, whatever s does; one layer would leave. */
static void undriven(void **state) {
  (void)state;
  trace two = TRACE("p10=0", "p20=0", "s0=0.4", "t=5,50");
  for (size_t i = 0; i < 2; i++) {
    assert_close(at(&two, i, P1), 0, 0, 0);
    assert_close(at(&two, i, P2), 0, 0, 0);
    assert_close(at(&two, i, S), .4 * exp(-.08 * at(&two, i, 0)), 1e-8, 0);
  }
  trace_free(&two);
  trace one = trace_of(&es_model_byol_eigenmode,
                       (const char *const[]){"p0=0", "s0=0.4", "t=50", NULL});
  assert_true(at(&one, 0, 1) > .8);
  trace_free(&one);
}

/* A large second layer hardly moves while the first runs through all it has:
 * p = p20 p1 is then one layer's with alpha_p p20^2, up to 1/p20^4 (s and p1^2
 * are of order p20^-2 beside p20^2). */
static void held(void **state) {
  (void)state;
  trace two = TRACE("p10=1e-4", "p20=1e3", "s0=0.1", "eta=0", "t=3",
                    "alpha_p=1e-6", "rtol=1e-12");
  trace one = trace_of(&es_model_byol_eigenmode,
                       (const char *const[]){"p0=0.1", "s0=0.1", "eta=0", "t=3",
                                             "alpha_p=1", "rtol=1e-12", NULL});
  assert_close(at(&two, 0, P1) * at(&two, 0, P2), at(&one, 0, 1), 1e-10, 0);
  assert_close(at(&two, 0, S), at(&one, 0, 2), 1e-10, 0);
  assert_close(at(&two, 0, TAU), at(&one, 0, 3), 1e-10, 0);
  trace_free(&two);
  trace_free(&one);
}

static void jacobian(void **state) {
  static const char *const words[] = {
      "p10=0.3,-0.2", "p20=0.9,0.5", "s0=0.1,0.4", "tau0=0.3",
      "alpha_p=2,1",  "eta_p=0.1",   NULL};
  static const char *const off[] = {"p10=0.3",  "p20=0.5", "s0=0.1",
                                    "tau0=0.7", "ema=off", NULL};
  (void)state;
  check_jacobian(&es_model_byol_two_layer, words);
  check_jacobian(&es_model_byol_two_layer, off);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(invariants), cmocka_unit_test(rest),
      cmocka_unit_test(undriven),   cmocka_unit_test(held),
      cmocka_unit_test(jacobian),
  };
  return cmocka_run_group_tests_name("byol-two-layer", tests, NULL, NULL);
}
