/* What tests of losses share: losses with settings, and embeddings for them. */
#ifndef ES_TESTS_MODELS_LOSSES_H
#define ES_TESTS_MODELS_LOSSES_H

#include "tests/models/training.h"

#include "base/random.h"

#include <float.h>
#include <stdlib.h>

typedef struct loss_case {
  const char *words[3]; /* settings of [method]; "" for none */
  size_t n, d;
} loss_case;

typedef struct opened {
  const es_loss *loss;
  es_config *config;
  void *self;
  size_t size; /* 2nd */
  double *z, *t, *dz, *dt;
} opened;

static inline double *loss_numbers(size_t n) {
  double *x = calloc(n, sizeof *x);
  assert_non_null(x);
  return x;
}

/* Views that share a part and have a mean each; targets near them. */
static inline void draw_views(opened *o, const loss_case *c, uint64_t seed) {
  const size_t view = c->n * c->d;
  for (size_t k = 0; k < o->size; k++) {
    o->z[k] = es_random_normal(seed, ES_STREAM_USER, k % view) +
              .6 * es_random_normal(seed, ES_STREAM_USER + 1, k) +
              sin((double)(k % c->d)) + (k < view ? .2 : 0);
    o->t[k] = o->z[k] + .5 * es_random_normal(seed, ES_STREAM_USER + 2, k);
  }
}

static inline opened open_loss(const loss_case *c) {
  opened o = {.size = 2 * c->n * c->d};
  es_diag diag = {0};
  o.config = SETTINGS(c->words[0], c->words[1], c->words[2]);
  o.loss = es_loss_of(o.config);
  assert_ok(o.loss->open(&o.self, c->n, c->d, o.config, &diag), diag);
  o.z = loss_numbers(o.size);
  o.t = loss_numbers(o.size);
  o.dz = loss_numbers(o.size);
  o.dt = loss_numbers(o.size);
  draw_views(&o, c, 1);
  return o;
}

static inline double loss_value(opened *o) {
  const bool targets = o->loss->targets;
  return o->loss->value(o->self, o->z, targets ? o->t : NULL, o->dz,
                        targets ? o->dt : NULL);
}

static inline void close_loss(opened *o) {
  o->loss->close(o->self);
  es_config_free(o->config);
  free(o->z);
  free(o->t);
  free(o->dz);
  free(o->dt);
}

#endif
