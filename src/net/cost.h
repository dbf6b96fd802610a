/* What computing a graph takes, from its list of operations alone: nothing is
 * opened or allocated at its size. Estimates, good to a factor of two. */
#ifndef ES_NET_COST_H
#define ES_NET_COST_H

#include "net/graph.h"

/* Of one image. */
typedef struct es_cost {
  double flops; /* of convolutions and linear maps, forward; a multiplication
                   and its addition are two */
  double kept;  /* numbers that stay from forward to backward, and what is in
                   use beside them */
} es_cost;

es_cost es_cost_of(const es_graph *graph);

/* *out: seconds of the fastest engine for such a FLOP, forward and backward
 * together. Measured in about a tenth of a second on two layers, normalised and
 * rectified, alike that one of the graph whose values stand to its FLOPs most
 * nearly as all layers' do, on as many images as take 10^9 FLOPs, at most
 * `images`. Errors of es_engine.open. */
es_status es_cost_measure(double *out, const es_graph *graph, size_t images,
                          es_diag *diag) ES_MUST_USE;

/* Bytes that the fastest engine holds for so many images, with backward. */
double es_cost_bytes(const es_cost *cost, double images);

#endif
