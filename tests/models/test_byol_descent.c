/* solver.method=gd on the eigenmodes' models: the map that descent of W, W_a
 * and the predictor is, written out in plain loops; its distance from the
 * closed form; and that the fate of a flow is not told of it. */
#include "tests/fit.h"
#include "tests/models/eigenmodes.h"

#define TRACE(model, ...)                                                      \
  trace_of(&es_model_##model, (const char *const[]){__VA_ARGS__, NULL})

enum { STEPS = 40 };
static const double lr = 0.75, b = 1.09, beta = 0.4, eta = 0.04;

/* Rounding grows along the way as differences do, here less than e^4 in 40
 * steps: 1e-13 is 10 roundings a step, grown so. */
static const double tolerance = 1e-13;

static void one_layer(void **state) {
  double p = 0.1, w = sqrt(0.02), a = 0.3 * w;
  (void)state;
  for (int k = 0; k < STEPS; k++) {
    const double r = a - b * p * w;
    const double dp = 2 * w * r - eta * p, dw = p * r - eta * w;
    a += lr * beta * (w - a);
    p += lr * dp;
    w += lr * dw;
  }
  trace t = TRACE(byol_eigenmode, "p0=0.1", "s0=0.02", "tau0=0.3", "alpha_p=2",
                  "lr=0.75", "method=gd", "t=0,30");
  assert_close(at(&t, 1, 0), lr * STEPS, 0, 0);
  assert_close(at(&t, 1, 1), p, tolerance, 0);
  assert_close(at(&t, 1, 2), w * w, tolerance, 0);
  assert_close(at(&t, 1, 3), a / w, tolerance, 0);
  trace_free(&t);
}

static void constant_tau(void **state) {
  double p = 0.4, w = sqrt(0.5);
  (void)state;
  for (int k = 0; k < STEPS; k++) {
    const double r = w * (0.9 - b * p);
    const double dp = w * r - eta * p, dw = p * r - eta * w;
    p += lr * dp;
    w += lr * dw;
  }
  trace t = TRACE(byol_eigenmode, "p0=0.4", "s0=0.5", "tau0=0.9", "ema=off",
                  "lr=0.75", "method=gd", "t=30");
  assert_close(at(&t, 0, 1), p, tolerance, 0);
  assert_close(at(&t, 0, 2), w * w, tolerance, 0);
  assert_close(at(&t, 0, 3), 0.9, 0, 0);
  trace_free(&t);
}

static void two_layers(void **state) {
  double p1 = 0.3, p2 = 0.4, w = sqrt(0.1), a = 0;
  (void)state;
  for (int k = 0; k < STEPS; k++) {
    const double r = a - b * p1 * p2 * w;
    const double d1 = w * p2 * r - eta * p1, d2 = w * p1 * r - eta * p2;
    const double dw = p1 * p2 * r - eta * w;
    a += lr * beta * (w - a);
    p1 += lr * d1;
    p2 += lr * d2;
    w += lr * dw;
  }
  trace t = TRACE(byol_two_layer, "p10=0.3", "p20=0.4", "s0=0.1", "lr=0.75",
                  "method=gd", "t=30");
  assert_close(at(&t, 0, 1), p1, tolerance, 0);
  assert_close(at(&t, 0, 2), p2, tolerance, 0);
  assert_close(at(&t, 0, 3), w * w, tolerance, 0);
  assert_close(at(&t, 0, 4), a / w, tolerance, 0);
  trace_free(&t);
}

/* p is set anew from s = w^2 after each step of W. */
static void set_directly(void **state) {
  (void)state;
  for (int copy = 0; copy < 2; copy++) {
    double w = copy ? 0.2 : pow(0.2, 1 / 1.4);
    for (int k = 0; k < STEPS; k++) {
      const double p = copy ? 1.1 : pow(w, 1.4);
      w += lr * w * (p * (0.95 - b * p) - eta);
    }
    trace t = TRACE(directset, "p0=0.2", copy ? "rule=directcopy" : "a=0.7",
                    copy ? "epsilon=0.1" : "epsilon=0", "tau=0.95", "lr=0.75",
                    "method=gd", "t=30");
    assert_close(at(&t, 0, 1), copy ? 1.1 : pow(w, 1.4), tolerance, 0);
    assert_close(at(&t, 0, 2), w * w, tolerance, 0);
    trace_free(&t);
  }
}

/* Without gd a learning rate changes nothing. */
static void other_methods(void **state) {
  (void)state;
  trace with = TRACE(byol_eigenmode, "p0=0.1", "s0=0.02", "lr=0.75", "t=30");
  trace without = TRACE(byol_eigenmode, "p0=0.1", "s0=0.02", "t=30");
  for (size_t j = 0; j < with.columns; j++)
    assert_close(at(&with, 0, j), at(&without, 0, j), 0, 0);
  trace_free(&with);
  trace_free(&without);
}

/* Distance from the closed form after so many steps of the map, by the model's
 * own hook. */
static double distance_at(const es_model *model, const char *const *words,
                          double rate, int steps) {
  es_config *config;
  es_instance instance = instance_of(model, words, &config);
  const size_t n = instance.shape.n;
  double y[8], f[8];
  assert_true(n <= 8);
  es_instance_start(&instance, y, f);
  for (int k = 0; k < steps; k++) {
    assert_int_equal(model->rhs(0, y, f, instance.self), ES_OK);
    for (size_t i = 0; i < n; i++) y[i] += rate * f[i];
  }
  if (model->fate != NULL)
    assert_int_equal(model->fate(instance.self, 1, y), ES_FATE_UNDECIDED);
  const double d = model->distance(instance.self, rate * steps, y);
  es_instance_close(&instance);
  es_config_free(config);
  return d;
}

/* Euler's error is of first order: slope 1 over five rates, within .05 for
 * what the next order adds at lr = .1. */
static void first_order(void **state) {
  static const char *const mode[] = {"p0=0.1", "s0=0.01",   "tau0=1", "ema=off",
                                     "lr=0.1", "method=gd", NULL};
  static const char *const set[] = {"p0=0.1", "a=0.7", "lr=0.1", "method=gd",
                                    NULL};
  double h[5], y[5], z[5];
  (void)state;
  for (int i = 0; i < 5; i++) {
    h[i] = 0.1 / (1 << i);
    y[i] = distance_at(&es_model_byol_eigenmode, mode, h[i], 120 << i);
    z[i] = distance_at(&es_model_directset, set, h[i], 120 << i);
  }
  assert_close(fitted_order(5, h, y), 1, 0.05, 0);
  assert_close(fitted_order(5, h, z), 1, 0.05, 0);
}

static void no_closed_form(void **state) {
  static const char *const ema[] = {"p0=0.1", "s0=0.01", "lr=0.1", "method=gd",
                                    NULL};
  static const char *const copy[] = {"p0=0.1", "rule=directcopy", NULL};
  (void)state;
  assert_true(isnan(distance_at(&es_model_byol_eigenmode, ema, 0.1, 1)));
  assert_true(isnan(distance_at(&es_model_directset, copy, 0.1, 1)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_layer),     cmocka_unit_test(constant_tau),
      cmocka_unit_test(two_layers),    cmocka_unit_test(set_directly),
      cmocka_unit_test(other_methods), cmocka_unit_test(first_order),
      cmocka_unit_test(no_closed_form)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
