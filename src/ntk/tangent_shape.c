/* Shapes of operations: see tangent_shape.h. */
#include "ntk/tangent_shape.h"

es_window es_window_of(const es_node *in, const es_node *node) {
  return (es_window){in->height,   in->width,    node->height, node->width,
                     node->kernel, node->stride, node->pad};
}

es_window es_window_back(const es_node *in, const es_node *node) {
  return (es_window){node->height,
                     node->width,
                     in->height,
                     in->width,
                     node->kernel,
                     1,
                     node->kernel - 1 - node->pad};
}

bool es_window_turns(const es_node *node) {
  return node->stride == 1 && node->pad < node->kernel;
}

es_reach es_reach_of(size_t in, size_t out, size_t k, const es_window *window) {
  const size_t pad = window->pad, stride = window->stride;
  es_reach r = {0};
  if (in + pad <= k) return r;
  const size_t last = (in - 1 + pad - k) / stride;
  r.first = pad > k ? (pad - k + stride - 1) / stride : 0;
  r.end = last < out ? last + 1 : out;
  if (r.first >= r.end) return (es_reach){0};
  r.from = r.first * stride + k - pad;
  return r;
}

bool es_tangent_pointwise(const es_node *node) {
  return node->kernel == 1 && node->stride == 1 && node->pad == 0;
}

size_t es_tangent_cols(const es_node *in, const es_node *node) {
  return node->op == ES_OP_CONV ? in->channels * node->kernel * node->kernel
                                : 1;
}

size_t es_tangent_patch(const es_node *in, const es_node *node) {
  if (node->op != ES_OP_CONV) return 0;
  const size_t there = es_node_area(node) * es_tangent_cols(in, node);
  const size_t back =
      es_node_area(in) * node->channels * node->kernel * node->kernel;
  return es_window_turns(node) && back > there ? back : there;
}
