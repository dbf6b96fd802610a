/* A last layer on random features, and what theory.md 1 says of it by loops. */
#ifndef ES_TESTS_NTK_MODEL_H
#define ES_TESTS_NTK_MODEL_H

#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"
#include "ntk/held.h"

#include <stdlib.h>
#include <string.h>

static const double u = 2.220446049250313e-16;

enum { MOST_N = 40, MOST_M = 70, MOST_D = 5 };

typedef struct model {
  size_t n, m, d;
  double features[2 * MOST_N * MOST_M], W[MOST_D * MOST_M];
  double mean[MOST_M], Gamma[MOST_M * MOST_M];
} model;

static inline void model_moments(model *s) {
  const size_t rows = 2 * s->n, m = s->m;
  memset(s->mean, 0, sizeof s->mean);
  memset(s->Gamma, 0, sizeof s->Gamma);
  for (size_t i = 0; i < rows; i++)
    for (size_t r = 0; r < m; r++)
      s->mean[r] += s->features[i * m + r] / (double)rows;
  for (size_t i = 0; i < rows; i++)
    for (size_t p = 0; p < m; p++)
      for (size_t q = 0; q < m; q++)
        s->Gamma[p * m + q] +=
            (s->features[i * m + p] - s->mean[p]) *
            (s->features[(i + s->n) % rows * m + q] - s->mean[q]) /
            (double)rows;
}

/* Columns fall like decay^r and have means of their own; views share nine
 * tenths of their variance; W is N(0, scale^2). Free it. */
static inline model *model_new(size_t n, size_t m, size_t d, double decay,
                               double scale, uint64_t seed) {
  model *s = calloc(1, sizeof *s);
  assert_non_null(s);
  s->n = n;
  s->m = m;
  s->d = d;
  for (size_t i = 0; i < 2 * n * m; i++)
    s->features[i] = (sqrt(.9) * es_random_normal(seed, 1024, i % (n * m)) +
                      sqrt(.1) * es_random_normal(seed, 1025, i)) *
                         pow(decay, (double)(i % m)) +
                     cos((double)(i % m));
  for (size_t i = 0; i < d * m; i++)
    s->W[i] = scale * es_random_normal(seed, 1026, i);
  model_moments(s);
  return s;
}

static inline es_held model_held(const model *s) {
  es_held c;
  es_diag diag = {0};
  assert_ok(es_held_new(&c, s->n, s->m, s->features, s->d, s->W, &diag), diag);
  return c;
}

/* From gamma and Z0 (row by row) alone. */
static inline es_held restored(size_t m, const double *gamma, size_t d,
                               const double *Z0) {
  es_held c;
  es_diag diag = {0};
  assert_ok(es_held_restore(&c, m, gamma, d, Z0, &diag), diag);
  return c;
}

#endif
