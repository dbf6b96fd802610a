/* What a graph takes: see cost.h. */
#include "net/cost.h"

#include "base/progress.h"
#include "base/slab.h"
#include "net/engine.h"

#include <float.h>
#include <math.h>

static const double probe_flops = 1e9;

/* Forward, of one image. */
static double flops_of(const es_graph *g, const es_node *node) {
  const double size = (double)es_node_size(node);
  const es_node *from = &g->node[node->from[0]];
  if (node->op == ES_OP_CONV)
    return 2 * size * (double)(node->kernel * node->kernel * from->channels);
  return node->op == ES_OP_LINEAR ? 2 * size * (double)es_node_size(from) : 0;
}

/* Convolutions and linear maps keep their results; norms and what follows them
 * are computed again; without norms, sums and rectified values stay in their
 * place. At the worst moment there are three more of the largest values. */
es_cost es_cost_of(const es_graph *g) {
  enum { IN_USE = 3 };
  es_cost cost = {0};
  double largest = 0;
  for (size_t i = 1; i < g->n_nodes; i++) {
    const double flops = flops_of(g, &g->node[i]);
    const double size = (double)es_node_size(&g->node[i]);
    largest = fmax(largest, size);
    cost.flops += flops;
    if (flops > 0) cost.kept += size;
  }
  cost.kept += IN_USE * largest;
  return cost;
}

/* The convolution or linear map that is most like all of them in values for a
 * FLOP, and not the first where there are others; NULL: there is none. */
static const es_node *typical_of(const es_graph *g) {
  const es_node *found = NULL;
  double sum = 0, all = 0, best = INFINITY;
  for (size_t i = 1; i < g->n_nodes; i++) {
    const double flops = flops_of(g, &g->node[i]);
    all += flops;
    if (flops > 0) sum += (double)es_node_size(&g->node[i]);
  }
  for (size_t i = 1; i < g->n_nodes; i++) {
    const es_node *node = &g->node[i];
    const double flops = flops_of(g, node);
    const double own = (double)es_node_size(node) / flops;
    const double far = flops > 0 ? fabs(log(own * all / sum)) : INFINITY;
    if (far >= best) continue;
    found = node;
    best = node->from[0] == 0 ? DBL_MAX : far;
  }
  return found;
}

/* A graph that is timed. */
typedef struct probe {
  es_graph graph;
  size_t images;
  void *net;
  float *params, *gradient, *buffers, *input, *seed;
  es_slab slab;
} probe;

static es_status open_probe(probe *p, size_t output, double images, size_t most,
                            es_diag *diag) {
  const es_graph *g = &p->graph;
  size_t total = 0;
  es_graph_output(&p->graph, output);
  es_status status = es_graph_finish(g, diag);
  if (status != ES_OK) return status;
  p->images = images < 2 ? 2 : images < (double)most ? (size_t)images : most;
  const size_t in = es_size_product(p->images, es_node_size(&g->node[0]));
  const size_t out = es_size_product(p->images, es_node_size(&g->node[output]));
  const size_t counts[] = {g->param_size, g->param_size, g->buffer_size, in,
                           out};
  float **const to[] = {&p->params, &p->gradient, &p->buffers, &p->input,
                        &p->seed};
  for (int k = 0; k < 5; k++) es_slab_add(&total, counts[k], sizeof(float));
  status = es_slab_open(&p->slab, total, diag);
  if (status != ES_OK) return status;
  for (int k = 0; k < 5; k++) {
    *to[k] = es_slab_take(&p->slab, counts[k], sizeof(float));
    for (size_t i = 0; k != 2 && i < counts[k]; i++)
      (*to[k])[i] = (float)(i % 7) / 7;
  }
  return es_engine_fastest()->open(&p->net, g, p->images, 1, true, diag);
}

static es_status time_once(probe *p, double *out, es_diag *diag) {
  const es_engine *engine = es_engine_fastest();
  const void *seed[ES_OUTPUTS] = {p->seed};
  const double begun = es_seconds();
  es_status status = engine->forward(p->net, ES_PASS_MEASURE, p->params,
                                     p->buffers, p->input, diag);
  if (status == ES_OK)
    status = engine->backward(p->net, p->params, seed, p->gradient, diag);
  *out = es_seconds() - begun;
  return status;
}

/* The second and third time, the better one: the first pays for pages. */
static es_status time_probe(probe *p, double *out, es_diag *diag) {
  enum { TIMES = 3 };
  es_status status = ES_OK;
  *out = INFINITY;
  for (int k = 0; status == ES_OK && k < TIMES; k++) {
    double seconds;
    status = time_once(p, &seconds, diag);
    if (k > 0) *out = fmin(*out, seconds);
  }
  return status;
}

static void close_probe(probe *p) {
  if (p->net != NULL) es_engine_fastest()->close(p->net);
  es_slab_close(&p->slab);
  es_graph_free(&p->graph);
}

/* The layer, its norm where there are some, and its ReLU. */
static size_t layer_like(es_graph *g, size_t from, const es_node *like,
                         bool first, bool norm) {
  size_t node =
      like->op == ES_OP_CONV
          ? es_graph_conv(g, from, first ? "a" : "b", like->channels,
                          like->kernel, first ? like->stride : 1, like->pad)
          : es_graph_linear(g, from, first ? "a" : "b", es_node_size(like),
                            false);
  if (norm) node = es_graph_norm(g, node, first ? "c" : "d");
  return es_graph_relu(g, node);
}

/* Two of them: backward has no gradient by the first one's input, which is a
 * third of its FLOPs. */
static es_status measure_layer(double *out, const es_graph *g,
                               const es_node *like, size_t most,
                               es_diag *diag) {
  const es_node *from = &g->node[like->from[0]];
  const bool norm = es_graph_normalises(g);
  probe p = {0};
  double seconds = 0, flops = 1;
  size_t node =
      es_graph_input(&p.graph, from->channels, from->height, from->width);
  const size_t first = node + 1;
  node = layer_like(&p.graph, node, like, true, norm);
  node = layer_like(&p.graph, node, like, false, norm);
  if (p.graph.failed == ES_OK)
    flops = es_cost_of(&p.graph).flops -
            flops_of(&p.graph, &p.graph.node[first]) / 3;
  es_status status =
      open_probe(&p, node, probe_flops / (3 * flops), most, diag);
  if (status == ES_OK) status = time_probe(&p, &seconds, diag);
  *out = status == ES_OK ? seconds / (flops * (double)p.images) : 0;
  close_probe(&p);
  return status;
}

es_status es_cost_measure(double *out, const es_graph *graph, size_t images,
                          es_diag *diag) {
  const es_node *like = typical_of(graph);
  *out = 0;
  return like == NULL ? ES_OK : measure_layer(out, graph, like, images, diag);
}

double es_cost_bytes(const es_cost *cost, double images) {
  return images * cost->kept * sizeof(float);
}
