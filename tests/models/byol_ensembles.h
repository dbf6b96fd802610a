/* Random ensembles of `byol` for the tests of its lanes: settings, cells, the
 * batch's answers and the general solver's. */
#ifndef ES_TESTS_MODELS_BYOL_ENSEMBLES_H
#define ES_TESTS_MODELS_BYOL_ENSEMBLES_H

#include "tests/check.h"

#include "base/random.h"
#include "models/linear/byol_lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 32, WORD = 32 * MOST * MOST, COLUMNS = 9 + 2 * MOST };

static const char *const axes[] = {"alpha_p", "beta", "eta", "init_scale",
                                   "seed"};
enum { AXES = 5 };

static const es_cell_options usual = {.t_end = 12,
                                      .rtol = 1e-8,
                                      .atol = 1e-10,
                                      .max_steps = 100000,
                                      .method = "auto",
                                      .simd = "auto"};

static inline double uniform(uint64_t seed, uint64_t i) {
  return es_random_uniform(seed, ES_STREAM_INIT, i);
}

static inline void set(es_config *config, const char *word) {
  es_diag diag = {0};
  assert_ok(es_config_set(config, word, &diag), diag);
}

/* A word for B B^T/n + shift I, B n×n of uniform numbers; or its diagonal. */
static inline void set_moment(es_config *config, const char *name, size_t n,
                              uint64_t seed, double shift, bool diagonal) {
  char *word = malloc(WORD);
  int used = snprintf(word, WORD, "model.%s=[", name);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = i == j ? shift : 0;
      for (size_t k = 0; k < n && !(diagonal && i != j); k++)
        sum += (uniform(seed, i * n + k) - .5) *
               (uniform(seed, j * n + k) - .5) * 4 / (double)n;
      used += snprintf(word + used, WORD - (size_t)used, "%s%.17g%s",
                       j == 0 ? i == 0 ? "[" : ",[" : ",", sum,
                       j + 1 == n ? "]" : "");
    }
  snprintf(word + used, WORD - (size_t)used, "]");
  set(config, word);
  free(word);
}

static inline es_config *make_config(size_t n1, size_t n2, const char *variant,
                                     bool diagonal) {
  es_config *config = NULL;
  es_diag diag = {0};
  char word[64];
  assert_ok(es_config_new(&config, &es_byol_keys, 1, &diag), diag);
  set_moment(config, "X", n1, 100 * n1 + n2, .3, diagonal);
  set_moment(config, "Xp", n1, 100 * n1 + n2 + 77, .1, diagonal);
  snprintf(word, sizeof word, "model.n2=%zu", n2);
  set(config, word);
  snprintf(word, sizeof word, "model.variant=%s", variant);
  set(config, word);
  return config;
}

/* Rates of one order of magnitude around the paper's, starts of size .6. */
static inline void draw_cells(size_t n, size_t n2, double *value) {
  for (size_t i = 0; i < n; i++) {
    double *v = value + i * AXES;
    v[0] = exp(4 * uniform(i, 1) - 2);
    v[1] = .1 + uniform(i, 2);
    v[2] = .1 * uniform(i, 3);
    v[3] = .6 / sqrt((double)n2) * (.5 + uniform(i, 4));
    v[4] = (double)(i % 7);
  }
}

static inline void *open_batch(const es_config *config,
                               const es_cell_options *o) {
  void *self = NULL;
  es_diag diag = {0};
  assert_ok(es_byol_batch.open(&self, config, axes, AXES, o, &diag), diag);
  assert_non_null(self);
  return self;
}

static inline void solve(const es_config *config, const es_cell_options *o,
                         const double *value, size_t n, es_cell *cells,
                         double *columns) {
  void *self = open_batch(config, o);
  assert_int_equal(es_byol_batch.solve(self, value, n, cells, columns), ES_OK);
  es_byol_batch.close(self);
}

/* A single flow of one cell by the general solver: columns at t_end, if asked
 * for; the fate there. */
static inline es_fate flow(es_config *config, const double *value, double t_end,
                           double rtol, double *columns) {
  void *self = NULL;
  es_diag diag = {0};
  for (size_t k = 0; k < AXES; k++) {
    char word[64];
    snprintf(word, sizeof word, "model.%s=%.17g", axes[k], value[k]);
    set(config, word);
  }
  assert_ok(es_byol_open(&self, config, NULL, &diag), diag);
  const size_t n = es_byol_length(self);
  double *y = calloc(2 * n, sizeof *y), *scale = y + n;
  for (size_t i = 0; i < n; i++) scale[i] = 1;
  es_model_byol.start(self, y, scale);
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "dop853";
  o.rtol = rtol;
  o.atol = rtol * .01;
  o.scale = scale;
  const es_ode_system system = {.n = n, .rhs = es_byol_rhs, .context = self};
  es_ode *ode = NULL;
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, y, &t_end, 1, NULL, NULL, &diag), diag);
  if (columns != NULL)
    assert_ok(es_byol_observe(self, t_end, y, columns), diag);
  const es_fate fate = es_model_byol.fate(self, t_end, y);
  es_ode_free(ode);
  free(y);
  es_byol_close(self);
  return fate;
}

/* Largest error of a row, in units of 1 + |column|. Quotients by a norm (4, 5,
 * 7, 8) are as uncertain as an error in a small numerator makes them. */
static inline double apart(size_t n2, const double *got, const double *want) {
  double worst = 0;
  for (size_t j = 0; j < 9 + 2 * n2; j++) {
    if (isnan(want[j]) && isnan(got[j])) continue;
    double error = fabs(got[j] - want[j]) / (1 + fabs(want[j]));
    if (j == 7) error *= fmin(want[0], 1);
    if (j == 8) error *= fmin(want[2], 1);
    if (j == 4 || j == 5) error *= fmin(want[1], 1);
    worst = error <= worst ? worst : error;
  }
  return worst;
}

#endif
