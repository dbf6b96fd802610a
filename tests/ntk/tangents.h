/* A tangent kernel of a graph's own images, for the tests of tangents. */
#ifndef ES_TESTS_NTK_TANGENTS_H
#define ES_TESTS_NTK_TANGENTS_H

#include "tests/net/nets.h"

#include "ntk/tangent.h"

#include <math.h>

enum { IMAGES = 5, MOST = 8, OUT = 3 };

static double weights[64];

static inline es_tangent_plan plan_of(const nets_case *c) {
  for (size_t p = 0; p < 64; p++) weights[p] = 1;
  return (es_tangent_plan){.graph = c->graph,
                           .rows = c->batch,
                           .columns = c->batch,
                           .images = c->batch,
                           .weight = weights};
}

static inline void run(const es_tangent_plan *plan, const nets_case *c,
                       double *f, double *K, double *trace) {
  es_tangent *t;
  size_t bytes;
  es_diag diag = {0};
  assert_ok(es_tangent_new(&t, plan, &diag), diag);
  assert_ok(es_tangent_bytes(&bytes, plan, &diag), diag);
  assert_int_equal(es_tangent_memory(t), bytes);
  assert_ok(es_tangent_run(t, c->params, c->buffers, c->input, f, K, trace,
                           NULL, &diag),
            diag);
  es_tangent_free(t);
}

static inline double largest(const double *x, size_t n) {
  double most = 0;
  for (size_t i = 0; i < n; i++) most = fmax(most, fabs(x[i]));
  return most;
}

#endif
