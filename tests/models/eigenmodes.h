/* What the tests of the eigenmodes' models share. */
#ifndef ES_TESTS_MODELS_EIGENMODES_H
#define ES_TESTS_MODELS_EIGENMODES_H

#include "tests/models/kernels.h"

#include "models/linear/eigenmodes.h"

/* Number i of a cell, in (0, 1), always the same. */
#define DRAW(cell, i) es_random_uniform(7, ES_STREAM_USER, 16 * (cell) + (i))

static inline double at(const trace *t, size_t row, size_t column) {
  return t->row[row * t->columns + column];
}

static inline es_instance instance_of(const es_model *model,
                                      const char *const *words,
                                      es_config **config) {
  es_instance instance;
  es_diag diag = {0};
  *config = config_of(model, words);
  assert_ok(es_instance_open(&instance, model, *config, NULL, &diag), diag);
  return instance;
}

/* Column k of J at y by central differences; f has room for 2n numbers. */
static inline void differences(const es_instance *i, double *y, size_t k,
                               double *f) {
  const size_t n = i->shape.n;
  const double kept = y[k], h = 6e-6 * fmax(fabs(kept), .1);
  y[k] = kept + h;
  assert_int_equal(i->model->rhs(0, y, f, i->self), ES_OK);
  y[k] = kept - h;
  assert_int_equal(i->model->rhs(0, y, f + n, i->self), ES_OK);
  y[k] = kept;
  for (size_t r = 0; r < n; r++) f[r] = (f[r] - f[n + r]) / (2 * h);
}

static inline void check_jacobian(const es_model *model,
                                  const char *const *words) {
  es_config *config;
  es_instance instance = instance_of(model, words, &config);
  const size_t n = instance.shape.n;
  double *work = calloc(n * n + 5 * n, sizeof *work);
  assert_non_null(work);
  double *J = work + 5 * n, *y = work, *dfdt = work + n, *f = work + 2 * n;
  es_instance_start(&instance, y, f);
  /* Away from the start, where y = 1 and L = 0 hide slopes. */
  for (size_t k = 0; k < n; k++)
    y[k] = y[k] * (.8 + .1 * (double)(k % 5)) + .03 * (double)(k % 7);
  assert_int_equal(model->jacobian(0, y, J, dfdt, instance.self), ES_OK);
  for (size_t k = 0; k < n; k++) {
    differences(&instance, y, k, f);
    for (size_t r = 0; r < n; r++) assert_close(J[r + k * n], f[r], 0, 1e-9);
  }
  free(work);
  es_instance_close(&instance);
  es_config_free(config);
}

#endif
