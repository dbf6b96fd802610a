/* Opening and flowing `contrastive-deep` from words, for its tests. */
#ifndef ES_TESTS_MODELS_DEEP_H
#define ES_TESTS_MODELS_DEEP_H

#include "tests/models/config_of.h"

#include "models/linear/contrastive.h"

#include <string.h>

enum { MOST = 512 };

static const es_model *const deep = &es_model_contrastive_deep;

typedef struct opened {
  es_config *config;
  es_instance i;
} opened;

static inline opened open_words(const char *const *words) {
  opened o = {.config = config_of(deep, words)};
  es_diag diag = {0};
  assert_ok(es_instance_open(&o.i, deep, o.config, NULL, &diag), diag);
  return o;
}

static inline void close_words(opened *o) {
  es_instance_close(&o->i);
  es_config_free(o->config);
}

static inline size_t column_of(const es_instance *i, const char *name) {
  char each[64];
  for (size_t j = 0; j < i->shape.n_columns; j++) {
    es_instance_column(i, j, each, sizeof each);
    if (strcmp(each, name) == 0) return j;
  }
  fail_msg("no column %s", name);
  return 0;
}

typedef struct rows {
  double row[8][MOST];
  size_t n;
} rows;

static inline es_status keep(void *context, const double *row, size_t n) {
  rows *r = context;
  assert_true(n <= MOST && r->n < 8);
  memcpy(r->row[r->n++], row, n * sizeof *row);
  return ES_OK;
}

static inline es_status flow(const char *const *words, rows *out, size_t *n) {
  es_config *config = config_of(deep, words);
  es_flow *f;
  es_diag diag = {0};
  *out = (rows){.n = 0};
  assert_ok(es_flow_new(&f, deep, config, NULL, &diag), diag);
  const es_status status = es_flow_run(f, keep, out, &diag);
  *n = es_flow_columns(f);
  es_flow_free(f);
  es_config_free(config);
  return status;
}

#define FIXED                                                                  \
  "X=[[1,0],[0,0.5]]", "W1=[[0.5,0.2],[-0.1,0.3]]", "W2=[[0.4,-0.2],[0.3,0.25]]"
#define PAIRS                                                                  \
  "x=[[1,0],[0,1],[-1,-0.5]]", "xp=[[1.5,0.25],[-0.25,0.5],[-1,0.25]]"

#endif
