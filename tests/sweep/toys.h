/* Models with known fates for the tests of sweeps.
 *
 * well: y' = k y (y - a) (1 - y), 0 < a < 1. y collapses below a and settles at
 * 1 above it; said to be certain below a/2 and above (1 + a)/2. With
 *   F(y) = -ln(y)/a + ln|y - a|/(a (1 - a)) - ln|1 - y|/(1 - a)
 * the time from y0 to y is (F(y) - F(y0))/k.
 * decay: y' = -k y, with its closed form; collapse is certain below 1/2.
 * blow: y' = k y^2, without bound at t = 1/(k y0), and no fate. */
#ifndef ES_TESTS_SWEEP_TOYS_H
#define ES_TESTS_SWEEP_TOYS_H

#include "tests/check.h"

#include <eigenstep/sweep.h>

#include <stdlib.h>
#include <string.h>

typedef struct toy {
  double y0, a, k;
} toy;

static const es_key toy_keys[] = {
    {"model", "y0", ES_REAL, 0, 0, 1e9, NULL, NULL, "0.5", "start"},
    {"model", "a", ES_REAL, ES_OPEN_LOW | ES_OPEN_HIGH, 0, 1, NULL, NULL, "0.5",
     "threshold"},
    {"model", "k", ES_REAL, ES_OPEN_LOW, 0, 1e9, NULL, NULL, "1", "rate"},
    {"model", "most", ES_REAL, 0, 0, 1e9, NULL, NULL, "1e9",
     "starts above are refused"},
    {"model", "seed", ES_SIZE, 0, 0, 100, NULL, NULL, "0", "not used"},
};
static const es_keys toy_key_set = {toy_keys,
                                    sizeof toy_keys / sizeof *toy_keys};

static es_status toy_open(void **self, const es_config *config,
                          const es_watch *watch, es_diag *diag) {
  toy *t = calloc(1, sizeof *t);
  (void)watch;
  if (t == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  t->y0 = es_config_real(config, "model", "y0");
  t->a = es_config_real(config, "model", "a");
  t->k = es_config_real(config, "model", "k");
  if (t->y0 <= es_config_real(config, "model", "most")) {
    *self = t;
    return ES_OK;
  }
  free(t);
  return es_config_blame(config, "model", "y0", diag, "above model.most");
}

static void toy_shape(const void *self, es_model_shape *out) {
  (void)self;
  out->n = out->n_columns = 1;
  out->has_exact = true;
}

static void toy_start(const void *self, double *y, double *scale) {
  (void)scale;
  y[0] = ((const toy *)self)->y0;
}

static void toy_column(const void *self, size_t j, char *name, size_t size) {
  (void)self, (void)j;
  snprintf(name, size, "y");
}

static es_status well_rhs(double t, const double *y, double *dydt, void *self) {
  const toy *w = self;
  (void)t;
  dydt[0] = w->k * y[0] * (y[0] - w->a) * (1 - y[0]);
  return ES_OK;
}

static es_fate well_fate(const void *self, double t, const double *y) {
  const toy *w = self;
  (void)t;
  if (y[0] < w->a / 2) return ES_FATE_COLLAPSED;
  return y[0] > (1 + w->a) / 2 ? ES_FATE_STABLE : ES_FATE_UNDECIDED;
}

static void well_limit(const void *self, es_fate fate, double t,
                       const double *y, double *out) {
  (void)self, (void)t, (void)y;
  out[0] = fate == ES_FATE_STABLE ? 1 : 0;
}

static inline double well_F(double y, double a) {
  return -log(y) / a + log(fabs(y - a)) / (a * (1 - a)) -
         log(fabs(1 - y)) / (1 - a);
}

/* When the well's fate is certain. */
static inline double well_settles(double y0, double a, double k) {
  const double to = y0 < a ? a / 2 : (1 + a) / 2;
  if (y0 < a / 2 || y0 > (1 + a) / 2) return 0;
  return (well_F(to, a) - well_F(y0, a)) / k;
}

static es_status decay_rhs(double t, const double *y, double *dydt,
                           void *self) {
  (void)t;
  dydt[0] = -((const toy *)self)->k * y[0];
  return ES_OK;
}

static es_fate decay_fate(const void *self, double t, const double *y) {
  (void)self, (void)t;
  return y[0] < .5 ? ES_FATE_COLLAPSED : ES_FATE_UNDECIDED;
}

static es_status decay_exact(void *self, double t, double *out, double *state) {
  const toy *d = self;
  out[0] = d->y0 * exp(-d->k * t);
  if (state != NULL) state[0] = out[0];
  return ES_OK;
}

static es_status blow_rhs(double t, const double *y, double *dydt, void *self) {
  (void)t;
  dydt[0] = ((const toy *)self)->k * y[0] * y[0];
  return ES_OK;
}

#define TOY                                                                    \
  .summary = "toy", .keys = &toy_key_set, .open = toy_open, .close = free,     \
  .shape = toy_shape, .start = toy_start, .column = toy_column

static __attribute__((unused)) const es_model well = {.name = "well",
                                                      TOY,
                                                      .rhs = well_rhs,
                                                      .fate = well_fate,
                                                      .limit = well_limit};
static __attribute__((unused)) const es_model decay = {.name = "decay",
                                                       TOY,
                                                       .rhs = decay_rhs,
                                                       .exact = decay_exact,
                                                       .fate = decay_fate,
                                                       .limit = well_limit};
static __attribute__((unused))
const es_model blow = {.name = "blow", TOY, .rhs = blow_rhs};

/* Settings of a model for a sweep, with words over them (ended by NULL). */
static inline es_config *toy_config(const es_model *model,
                                    const char *const *words) {
  es_diag diag = {0};
  es_config *config;
  const es_keys sets[] = {*model->keys, es_sweep_keys};
  assert_ok(es_config_new(&config, sets, 2, &diag), diag);
  assert_ok(es_config_add_axes(config, "sweep", NULL, &diag), diag);
  for (size_t i = 0; words[i] != NULL; i++)
    assert_ok(es_config_set(config, words[i], &diag), diag);
  return config;
}

/* The sweep of the axes among the settings. */
static inline es_status toy_sweep(es_sweep **out, const es_model *model,
                                  const es_config *config, es_diag *diag) {
  es_axis axis[8];
  size_t n = 0;
  while (n < 8 && es_config_axis(config, "sweep", n, &axis[n])) n++;
  return es_sweep_new(out, model, config, axis, n, diag);
}

#endif
