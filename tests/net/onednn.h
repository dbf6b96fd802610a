/* What the tests of the oneDNN engine share: an instance with its numbers. */
#ifndef ES_TESTS_ONEDNN_H
#define ES_TESTS_ONEDNN_H

#include "tests/net/nets.h"

#include "net/program_onednn.h"

#include <omp.h>

/* An instance with its numbers. */
typedef struct bench {
  es_graph graph;
  nets_case c;
  void *self, *params, *buffers, *input, *gradient, *coef[4];
  size_t bytes; /* of the gradient */
} bench;

/* ResNet-10 for small images. */
static inline void bench_resnet(es_graph *g, size_t width, size_t side) {
  static const char *const names[] = {"layer1.0", "layer2.0", "layer3.0",
                                      "layer4.0"};
  size_t x = es_graph_input(g, 1, side, side);
  x = es_graph_conv(g, x, "conv1", width, 3, 1, 1);
  x = es_graph_relu(g, es_graph_norm(g, x, "bn1"));
  for (size_t s = 0; s < 4; s++)
    x = nets_block(g, x, names[s], width << s, s == 0 ? 1 : 2);
  x = es_graph_mean_pool(g, x);
  es_graph_output(g, x);
  es_graph_output(g, es_graph_linear(g, x, "fc", 3, true));
}

static inline void bench_numbers(bench *b, size_t batch, size_t groups) {
  const es_graph *g = &b->graph;
  nets_open(&b->c, g, batch, groups, 1);
  b->bytes = g->param_size * sizeof(float);
  b->params = nets_to(&es_engine_onednn, b->c.params, g->param_size);
  b->gradient = nets_to(&es_engine_onednn, b->c.params, g->param_size);
  b->buffers = nets_to(&es_engine_onednn, b->c.buffers, g->buffer_size);
  b->input =
      nets_to(&es_engine_onednn, b->c.input, batch * es_node_size(&g->node[0]));
  for (size_t k = 0; k < g->n_outputs; k++)
    b->coef[k] =
        nets_to(&es_engine_onednn, b->c.coef[k], nets_values(&b->c, k));
}

static inline void bench_open(bench *b, size_t batch, size_t groups,
                              bool backward) {
  es_diag diag = {0};
  bench_numbers(b, batch, groups);
  assert_ok(es_engine_onednn.open(&b->self, &b->graph, batch, groups, backward,
                                  &diag),
            diag);
}

static inline es_status bench_forward(bench *b, es_pass pass) {
  return es_engine_onednn.forward(b->self, pass, b->params, b->buffers,
                                  b->input, NULL);
}

static inline es_status bench_backward(bench *b) {
  return es_engine_onednn.backward(
      b->self, b->params, (const void *const *)b->coef, b->gradient, NULL);
}

static inline void bench_close(bench *b) {
  es_engine_onednn.close(b->self);
  free(b->params);
  free(b->gradient);
  free(b->buffers);
  free(b->input);
  for (size_t k = 0; k < 4; k++) free(b->coef[k]);
  nets_close(&b->c);
  es_graph_free(&b->graph);
}

/* A copy of n bytes; free it. */
static inline void *bench_copy(const void *from, size_t n) {
  void *to = malloc(n);
  assert_non_null(to);
  return memcpy(to, from, n);
}

#endif
