/* directset: the numbers of theory.md 5, DirectSet(1/2) as the parabola of
 * byol-eigenmode, closed form against steppers, the other rules by hand. */
#include "tests/models/eigenmodes.h"

#define TRACE(...)                                                             \
  trace_of(&es_model_directset, (const char *const[]){__VA_ARGS__, NULL})

static void theory(void **state) {
  (void)state;
  for (int by = 0; by < 2; by++) {
    trace t = TRACE("p0=0.05,0.03", "t=10,50,100", "rtol=1e-13",
                    by ? "method=dop853" : "method=exact");
    assert_close(at(&t, 0, 1), .05482984697521003, 1e-12, 0);
    assert_close(at(&t, 1, 1), .5556331414368763, 1e-12, 0);
    assert_close(at(&t, 2, 3), .001955173620566912, 1e-12, 0);
    assert_close(at(&t, 1, 2), .5556331414368763 * .5556331414368763, 2e-12, 0);
    trace_free(&t);
  }
}

/* DirectSet(1/2) is the flow of byol-eigenmode on c = 0 with a constant tau,
 * and DirectSet(a) the same with time 2 a t. */
static void parabola(void **state) {
  (void)state;
  trace set =
      TRACE("p0=0.4", "a=0.5", "t=3", "tau=0.8", "rtol=1e-13", "method=dop853");
  trace mode = trace_of(&es_model_byol_eigenmode,
                        (const char *const[]){"p0=0.4", "s0=0.16", "ema=off",
                                              "tau0=0.8", "t=3", "rtol=1e-13",
                                              "method=dop853", NULL});
  assert_close(at(&set, 0, 1), at(&mode, 0, 1), 1e-12, 0);
  assert_close(at(&set, 0, 2), at(&mode, 0, 2), 1e-12, 0);
  trace_free(&mode);
  trace quick =
      TRACE("p0=0.4", "a=1.5", "t=1", "tau=0.8", "rtol=1e-13", "method=dop853");
  assert_close(at(&quick, 0, 1), at(&set, 0, 1), 1e-12, 0);
  assert_close(at(&quick, 0, 2), cbrt(pow(at(&set, 0, 1), 2)), 1e-12, 0);
  trace_free(&quick);
  trace_free(&set);
}

static void exact(void **state) {
  static const char *const a[] = {"a=0.2", "a=0.5", "a=1", "a=3"};
  (void)state;
  for (size_t k = 0; k < 4; k++) {
    trace closed = TRACE("p0=0,0.03,0.2,1.5", a[k], "eta=0.05,0.04,0,0.3",
                         "t=0,0.5,5,60", "method=exact");
    trace ode = TRACE("p0=0,0.03,0.2,1.5", a[k], "eta=0.05,0.04,0,0.3",
                      "t=0,0.5,5,60", "method=dop853", "rtol=1e-12");
    for (size_t i = 0; i < closed.rows; i++)
      for (size_t j = 1; j < closed.columns; j++)
        assert_close(at(&ode, i, j), at(&closed, i, j), 1e-10, 0);
    trace_free(&closed);
    trace_free(&ode);
  }
}

/* Products of four of these may leave the range of double (the closed form had
 * p = -1e10 of the first), and a stepper is taken where it can bear them: p' =
 * -b p^3 from far above. */
static void numbers_beyond_the_closed_form(void **state) {
  static const char *const words[] = {"p0=1e99", "sigma2=1e99", NULL};
  es_config *config;
  (void)state;
  es_instance i = instance_of(&es_model_directset, words, &config);
  double y = 1e99;
  assert_false(i.shape.has_exact);
  assert_true(isnan(i.model->distance(i.self, 1, &y)));
  es_instance_close(&i);
  es_config_free(config);
  trace t = TRACE("p0=1e45", "sigma2=1e10", "eta=0", "tau=0", "t=1");
  assert_close(at(&t, 0, 1), sqrt(1 / 2e10), 1e-7, 0);
  trace_free(&t);
}

/* Without boost directpred is DirectSet(1/2), and directcopy of one mode has
 * p = 1 + epsilon for ever. */
static void limits(void **state) {
  (void)state;
  trace pred = TRACE("p0=0.3,0.1", "rule=directpred", "t=5", "rtol=1e-12");
  trace set = TRACE("p0=0.3,0.1", "t=5", "rtol=1e-12", "method=dop853");
  for (size_t j = 1; j < 5; j++)
    assert_close(at(&pred, 0, j), at(&set, 0, j), 1e-10, 0);
  trace_free(&pred);
  trace_free(&set);
  trace copy = TRACE("p0=0.3", "rule=directcopy", "epsilon=0.2", "t=2");
  const double rate = 2 * (1.2 * (1 - 1.09 * 1.2) - .04);
  assert_close(at(&copy, 0, 1), 1.2, 1e-15, 0);
  assert_close(at(&copy, 0, 2), .09 * exp(2 * rate), 1e-8, 0);
  trace_free(&copy);
}

/* p of the rules at the start: directpred of the paper is inverted, so that
 * p_j(0) = p0, with s from sqrt(s) + epsilon max s; the other two see s = p0^2
 * of which the largest, the sum and the least value of the code matter. */
static void starts(void **state) {
  (void)state;
  trace t = TRACE("p0=0.36,0.2", "rule=directpred", "epsilon=0.5", "t=0");
  const double x = (sqrt(1 + 4 * .5 * .36) - 1) / (2 * .5);
  assert_close(at(&t, 0, 1), .36, 1e-15, 0);
  assert_close(at(&t, 0, 2), x * x, 1e-14, 0);
  assert_close(at(&t, 0, 3), .2, 1e-15, 0);
  assert_close(sqrt(at(&t, 0, 4)), .2 - .5 * x * x, 1e-14, 0);
  trace_free(&t);
  t = TRACE("p0=0.4,0.1,1e-9", "rule=directpred", "form=code", "t=0");
  assert_close(at(&t, 0, 1), 1, 1e-15, 0);
  assert_close(at(&t, 0, 3), .25, 1e-15, 0);
  assert_close(at(&t, 0, 5), 1e-4, 0, 0);
  trace_free(&t);
  t = TRACE("p0=0.4,0.3", "rule=directcopy", "epsilon=0.1", "t=0");
  const double norm = hypot(.16, .09);
  assert_close(at(&t, 0, 1), .16 / norm + .1, 1e-15, 0);
  assert_close(at(&t, 0, 3), .09 / norm + .1, 1e-15, 0);
  trace_free(&t);
}

/* output.state is W's eigenvalue w = sqrt(s): of a state at hand, and of the
 * closed form. */
static void weights(void **state) {
  static const char *const words[] = {"p0=0.3,0.2", "a=0.7", NULL};
  es_config *config;
  (void)state;
  es_instance i = instance_of(&es_model_directset, words, &config);
  const double y[2] = {.5, .4};
  double w[2], out[4];
  es_instance_state(&i, y, w);
  for (int j = 0; j < 2; j++) assert_close(w[j], pow(y[j], 1 / 1.4), 1e-15, 0);
  assert_status(i.model->exact(i.self, 3, out, w), ES_OK);
  for (int j = 0; j < 2; j++)
    assert_close(w[j], sqrt(out[2 * j + 1]), 1e-15, 0);
  es_instance_close(&i);
  es_config_free(config);
}

/* The right-hand sides by differences of a short flow: s' = 2 s [p (tau - b p)
 * - eta] with p as the columns say, whatever the rule; a difference over 2h is
 * off by h^2/6 of the third derivative. */
static void slopes(void **state) {
  static const char *const rules[] = {"rule=directset", "rule=directpred",
                                      "rule=directcopy"};
  static const char *const forms[] = {"form=paper", "form=code"};
  (void)state;
  for (size_t r = 0; r < 3; r++)
    for (size_t f = 0; f < 2; f++) {
      trace t = TRACE("p0=0.5,0.4", rules[r], forms[f], "epsilon=0.1", "a=0.7",
                      "tau=0.9", "rtol=1e-13", "t=1,1.001,1.002");
      for (size_t j = 0; j < 2; j++) {
        const double p = at(&t, 1, 1 + 2 * j), s = at(&t, 1, 2 + 2 * j);
        const double slope = (at(&t, 2, 2 + 2 * j) - at(&t, 0, 2 + 2 * j)) /
                             (at(&t, 2, 0) - at(&t, 0, 0));
        assert_close(slope, 2 * s * (p * (.9 - 1.09 * p) - .04), 0, 1e-6);
      }
      trace_free(&t);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(theory),
      cmocka_unit_test(parabola),
      cmocka_unit_test(exact),
      cmocka_unit_test(limits),
      cmocka_unit_test(numbers_beyond_the_closed_form),
      cmocka_unit_test(starts),
      cmocka_unit_test(slopes),
      cmocka_unit_test(weights),
  };
  return cmocka_run_group_tests_name("directset", tests, NULL, NULL);
}
