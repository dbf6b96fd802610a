/* What the tests of the kernel model share: flows of either form by setting
 * words, kept whole; points. */
#ifndef ES_TESTS_MODELS_KERNELS_H
#define ES_TESTS_MODELS_KERNELS_H

#include "tests/models/config_of.h"

#include "base/random.h"
#include "models/linear/barlow.h"

#include <eigenstep/eigenstep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 24 };

/* All that a flow gave; free with trace_free. */
typedef struct trace {
  double *row, *embeddings;
  es_model_step *step;
  es_flow_step *met;
  size_t rows, columns, points, dim, steps;
} trace;

static inline es_status trace_row(void *context, const double *row, size_t n) {
  trace *t = context;
  t->columns = n;
  t->row = realloc(t->row, (t->rows + 1) * n * sizeof *row);
  assert_non_null(t->row);
  memcpy(t->row + t->rows++ * n, row, n * sizeof *row);
  return ES_OK;
}

static inline trace trace_of(const es_model *model, const char *const *words) {
  es_config *config = config_of(model, words);
  es_flow *flow;
  es_diag diag = {0};
  trace t = {0};
  const double *times;
  size_t rows;
  assert_ok(es_flow_new(&flow, model, config, NULL, &diag), diag);
  assert_ok(es_flow_run(flow, trace_row, &t, &diag), diag);
  const double *e = es_flow_embeddings(flow, &rows, &t.points, &t.dim, &times);
  if (e != NULL) {
    const size_t bytes = rows * t.points * t.dim * sizeof *e;
    t.embeddings = malloc(bytes);
    assert_non_null(t.embeddings);
    memcpy(t.embeddings, e, bytes);
  }
  t.steps = es_instance_steps(es_flow_instance(flow));
  t.step = calloc(t.steps, sizeof *t.step);
  t.met = calloc(t.steps, sizeof *t.met);
  assert_true(t.step != NULL && t.met != NULL);
  for (size_t j = 0; j < t.steps; j++) {
    t.step[j] = es_instance_step(es_flow_instance(flow), j);
    t.met[j] = es_flow_step_met(flow, j);
  }
  es_flow_free(flow);
  es_config_free(config);
  return t;
}

static inline void trace_free(trace *t) {
  free(t->row);
  free(t->embeddings);
  free(t->step);
  free(t->met);
}

/* "name=[[…],[…]]" of a column-major matrix; to be freed. */
static inline char *matrix_word(const char *name, const double *M, size_t rows,
                                size_t cols) {
  const size_t size = strlen(name) + 8 + rows * (cols * 26 + 4);
  char *word = malloc(size);
  assert_non_null(word);
  size_t used = (size_t)snprintf(word, size, "%s=[", name);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < cols; j++)
      used += (size_t)snprintf(word + used, size - used, "%s%.17g%s",
                               j == 0 ? (i == 0 ? "[" : ",[") : ",",
                               M[i + j * rows], j + 1 == cols ? "]" : "");
  snprintf(word + used, size - used, "]");
  return word;
}

/* N points of p normal numbers about offset, a point a row; to be freed. */
static inline double *random_points(size_t N, size_t p, double offset) {
  double *X = calloc(N * p, sizeof *X);
  assert_non_null(X);
  for (size_t i = 0; i < N * p; i++)
    X[i] = offset + es_random_normal(3, ES_STREAM_USER, i);
  return X;
}

/* n numbers, to be freed. */
static inline double *copy_of(const double *x, size_t n) {
  double *copy = malloc(n * sizeof *copy);
  assert_non_null(copy);
  memcpy(copy, x, n * sizeof *copy);
  return copy;
}

#endif
