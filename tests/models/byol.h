/* What the tests of the matrix models of BYOL share: flows by setting words,
 * their columns by name, and the check of theory.md 2. */
#ifndef ES_TESTS_MODELS_BYOL_H
#define ES_TESTS_MODELS_BYOL_H

#include "tests/models/config_of.h"

#include "base/random.h"
#include "linalg/linalg.h"

#include <eigenstep/eigenstep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_MOMENTS                                                          \
  "X=[[1,.3,0],[.3,.8,.1],[0,.1,.5]]", "Xp=[[.2,0,.05],[0,.1,0],[.05,0,.4]]"
#define CHECK_START "W0=[[.3,-.2,.1],[.1,.4,-.3]]", "Wp0=[[.5,.2],[-.1,.3]]"
#define SHARP "solver.rtol=1e-12", "solver.atol=1e-15"

/* A flow's rows; free with table_free. */
typedef struct table {
  double *row;
  char (*name)[32];
  size_t rows, columns;
} table;

static inline es_status table_row(void *context, const double *row, size_t n) {
  table *t = context;
  t->row = realloc(t->row, (t->rows + 1) * n * sizeof *row);
  assert_non_null(t->row);
  memcpy(t->row + t->rows++ * n, row, n * sizeof *row);
  return ES_OK;
}

static inline table table_of(const char *model, const char *const *words) {
  const es_model *m = es_model_find(model);
  assert_non_null(m);
  es_config *config = config_of(m, words);
  es_flow *flow;
  es_diag diag = {0};
  table t = {0};
  assert_ok(es_flow_new(&flow, m, config, NULL, &diag), diag);
  t.columns = es_flow_columns(flow);
  t.name = calloc(t.columns, sizeof *t.name);
  assert_non_null(t.name);
  for (size_t j = 0; j < t.columns; j++)
    es_flow_column(flow, j, t.name[j], sizeof *t.name);
  assert_ok(es_flow_run(flow, table_row, &t, &diag), diag);
  es_flow_free(flow);
  es_config_free(config);
  return t;
}

#define TABLE(model, ...)                                                      \
  table_of(model, (const char *const[]){__VA_ARGS__, NULL})

static inline void table_free(table *t) {
  free(t->row);
  free(t->name);
}

/* The number in a row (from 0) and the column of that name. */
static inline double at(const table *t, size_t row, const char *name) {
  assert_true(row < t->rows);
  for (size_t j = 0; j < t->columns; j++)
    if (strcmp(t->name[j], name) == 0) return t->row[row * t->columns + j];
  fail_msg("no column %s", name);
  return NAN;
}

/* "name_j". */
static inline double at_mode(const table *t, size_t row, const char *name,
                             int j) {
  char full[32];
  snprintf(full, sizeof full, "%s_%d", name, j);
  return at(t, row, full);
}

/* rows×cols of the state, column-major. */
static inline void matrix_at(const table *t, size_t row, const char *name,
                             size_t rows, size_t cols, double *out) {
  char full[64];
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < cols; j++) {
      snprintf(full, sizeof full, "%s_%zu_%zu", name, i + 1, j + 1);
      out[i + j * rows] = at(t, row, full);
    }
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

/* out (r×c, up to 16 numbers) = U A V^T. */
static inline void rotated(const double *U, size_t r, const double *A,
                           const double *V, size_t c, double *out) {
  double T[16];
  es_gemm(false, false, r, c, r, 1, U, r, A, r, 0, T, r);
  es_gemm(false, true, r, c, c, 1, T, r, V, c, 0, out, r);
}

/* An opened model and its start. */
typedef struct opened {
  es_config *config;
  es_instance instance;
  double *y, *scale;
} opened;

static inline opened opened_of(const char *model, const char *const *words) {
  const es_model *m = es_model_find(model);
  es_diag diag = {0};
  opened o;
  assert_non_null(m);
  o.config = config_of(m, words);
  assert_ok(es_instance_open(&o.instance, m, o.config, NULL, &diag), diag);
  o.y = calloc(o.instance.shape.n, sizeof *o.y);
  o.scale = calloc(o.instance.shape.n, sizeof *o.scale);
  assert_true(o.y != NULL && o.scale != NULL);
  es_instance_start(&o.instance, o.y, o.scale);
  return o;
}

#define OPENED(model, ...)                                                     \
  opened_of(model, (const char *const[]){__VA_ARGS__, NULL})

static inline void opened_free(opened *o) {
  free(o->y);
  free(o->scale);
  es_instance_close(&o->instance);
  es_config_free(o->config);
}

/* y' at y; to be freed. */
static inline double *slope_of(const opened *o, const double *y) {
  double *f = calloc(o->instance.shape.n, sizeof *f);
  assert_non_null(f);
  assert_status(o->instance.model->rhs(0, y, f, o->instance.self), ES_OK);
  return f;
}

#endif
