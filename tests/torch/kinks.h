/* Networks away from the kinks of relu, where derivatives jump: the biases of
 * norms are shifted so that in every channel 0 lies in the middle of the widest
 * interval that its activations leave free nearby. */
#ifndef ES_TESTS_TORCH_KINKS_H
#define ES_TESTS_TORCH_KINKS_H

#include "tests/check.h"

#include "net/engine.h"

#include <stdlib.h>

/* How far a bias may move. */
static const float kinks_reach = .2f;

static inline int kinks_order(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* The middle of the widest interval within reach of 0 without any of the n
 * values, which are sorted in place. */
static inline float kinks_middle(float *x, size_t n) {
  float widest = 0, middle = 0, low = -kinks_reach;
  qsort(x, n, sizeof *x, kinks_order);
  for (size_t i = 0; i <= n; i++) {
    const float high = i < n && x[i] < kinks_reach ? x[i] : kinks_reach;
    if (high - low > widest) {
      widest = high - low;
      middle = low + widest / 2;
    }
    if (high > low) low = high;
  }
  return middle;
}

/* The bias that shifts what node i is fed: of the norm it follows, or of the
 * first operand of a sum. */
static inline const es_tensor *kinks_bias(const es_graph *g, size_t i) {
  size_t from = g->node[i].from[0];
  if (g->node[from].op == ES_OP_ADD) from = g->node[from].from[0];
  assert_int_equal(g->node[from].op, ES_OP_NORM);
  return &g->param[g->node[from].bias];
}

/* Shifts the biases before relu number i, for the input as it is. */
static inline void kinks_avoid_one(const es_graph *g, size_t i,
                                   const es_engine *e, size_t batch,
                                   size_t groups, float *params, float *buffers,
                                   const float *input) {
  es_graph begun = *g; /* the nodes that the relu needs */
  const es_node *node = &g->node[i];
  const size_t area = node->height * node->width, n = batch * area;
  float *bias = params + kinks_bias(g, i)->offset;
  float *x = malloc(n * sizeof *x);
  void *net;
  es_diag diag = {0};
  assert_non_null(x);
  begun.n_nodes = i;
  begun.n_outputs = 1;
  begun.output[0] = node->from[0];
  assert_ok(e->open(&net, &begun, batch, groups, false, &diag), diag);
  assert_ok(e->forward(net, ES_PASS_MEASURE, params, buffers, input, &diag),
            diag);
  const float *y = e->output(net, 0);
  for (size_t c = 0; c < node->channels; c++) {
    for (size_t k = 0; k < n; k++)
      x[k] = y[(k / area * node->channels + c) * area + k % area];
    bias[c] -= kinks_middle(x, n);
  }
  e->close(net);
  free(x);
}

/* All of them, in the order in which they depend on each other. */
static inline void kinks_avoid(const es_graph *g, const es_engine *e,
                               size_t batch, size_t groups, float *params,
                               float *buffers, const float *input) {
  for (size_t i = 0; i < g->n_nodes; i++)
    if (g->node[i].op == ES_OP_RELU)
      kinks_avoid_one(g, i, e, batch, groups, params, buffers, input);
}

#endif
