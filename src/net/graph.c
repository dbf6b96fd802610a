/* Graphs: see graph.h. Nodes are in the order of computation because a builder
 * can only name nodes that exist. Names and shapes of parameters are those of
 * PyTorch's state_dict: weight (out, in, k, k) or (out, in), and for a
 * normalisation weight, bias, running_mean, running_var, num_batches_tracked.
 *
 * Sides of a result (PyTorch's Conv2d and MaxPool2d, dilation 1, floor):
 *   out = floor((in + 2 pad - kernel)/stride) + 1. */
#include "net/graph.h"

#include "base/slab.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of a node or a tensor, and sides with their padding: sums of a few of
 * them, and bytes, then fit a signed 64-bit number. */
#define MOST (SIZE_MAX / 64)

static size_t fail(es_graph *graph, es_status code, const char *format, ...)
    ES_PRINTF(3, 4);
static size_t fail(es_graph *graph, es_status code, const char *format, ...) {
  graph->failed = code;
  va_list args;
  va_start(args, format);
  vsnprintf(graph->why, sizeof graph->why, format, args);
  va_end(args);
  return ES_NONE;
}

static size_t add_node(es_graph *graph, const es_node *node) {
  size_t size = 0;
  if (node->channels == 0 || node->height == 0 || node->width == 0)
    return fail(graph, ES_BAD_SHAPE, "node %zu would hold nothing",
                graph->n_nodes);
  if (!es_size_mul(&size, node->height, node->width) ||
      !es_size_mul(&size, size, node->channels) || size > MOST)
    return fail(graph, ES_BAD_SHAPE, "node %zu would be too large",
                graph->n_nodes);
  es_node *nodes = es_grown(graph->node, graph->n_nodes, sizeof *nodes);
  if (nodes == NULL)
    return fail(graph, ES_NO_MEMORY, "no memory for a network's nodes");
  graph->node = nodes;
  nodes[graph->n_nodes] = *node;
  return graph->n_nodes++;
}

static const es_tensor *find(const es_tensor *list, size_t n,
                             const char *name) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(list[i].name, name) == 0) return &list[i];
  return NULL;
}

const es_tensor *es_graph_find(const es_graph *graph, const char *name) {
  const es_tensor *found = find(graph->param, graph->n_params, name);
  return found != NULL ? found : find(graph->buffer, graph->n_buffers, name);
}

static bool set_shape(es_tensor *t, size_t rank, const size_t dims[4]) {
  t->rank = rank;
  t->size = 1;
  for (size_t i = 0; i < rank; i++) {
    t->dims[i] = dims[i];
    if (!es_size_mul(&t->size, t->size, dims[i])) return false;
  }
  return t->size <= MOST;
}

/* Appends a tensor to the parameters or to the buffers; the number of it. */
static size_t add_tensor(es_graph *graph, bool trained, const char *name,
                         const char *suffix, size_t rank,
                         const size_t dims[4]) {
  es_tensor **list = trained ? &graph->param : &graph->buffer;
  size_t *n = trained ? &graph->n_params : &graph->n_buffers;
  size_t *end = trained ? &graph->param_size : &graph->buffer_size;
  es_tensor t = {.offset = *end};
  if (graph->failed != ES_OK) return ES_NONE;
  const int length =
      snprintf(t.name, sizeof t.name, "%s%s.%s",
               graph->prefix != NULL ? graph->prefix : "", name, suffix);
  if (length < 0 || (size_t)length >= sizeof t.name)
    return fail(graph, ES_BAD_VALUE, "name too long: %.60s", name);
  if (es_graph_find(graph, t.name) != NULL)
    return fail(graph, ES_BAD_VALUE, "two tensors are named %s", t.name);
  if (!set_shape(&t, rank, dims) || t.size > MOST - *end)
    return fail(graph, ES_BAD_SHAPE, "%s would be too large", t.name);
  es_tensor *tensors = es_grown(*list, *n, sizeof t);
  if (tensors == NULL)
    return fail(graph, ES_NO_MEMORY, "no memory for a network's names");
  *list = tensors;
  tensors[*n] = t;
  *end += (t.size + ES_TENSOR_ALIGN - 1) / ES_TENSOR_ALIGN * ES_TENSOR_ALIGN;
  return (*n)++;
}

/* A node of the shape of `from`, to be filled; false where there is none. */
static bool begin(es_graph *graph, es_node *out, es_op op, size_t from) {
  if (graph->failed != ES_OK) return false;
  if (from >= graph->n_nodes) {
    fail(graph, ES_BAD_SHAPE, "node %zu does not exist", from);
    return false;
  }
  const es_node *in = &graph->node[from];
  *out = (es_node){.op = op,
                   .from = {from, ES_NONE},
                   .channels = in->channels,
                   .height = in->height,
                   .width = in->width,
                   .weight = ES_NONE,
                   .bias = ES_NONE,
                   .mean = ES_NONE,
                   .var = ES_NONE,
                   .count = ES_NONE};
  return true;
}

size_t es_graph_input(es_graph *graph, size_t channels, size_t height,
                      size_t width) {
  if (graph->failed != ES_OK) return ES_NONE;
  if (graph->n_nodes != 0)
    return fail(graph, ES_BAD_SHAPE, "a network has one input, its first node");
  return add_node(graph, &(es_node){.op = ES_OP_INPUT,
                                    .from = {ES_NONE, ES_NONE},
                                    .channels = channels,
                                    .height = height,
                                    .width = width,
                                    .weight = ES_NONE,
                                    .bias = ES_NONE,
                                    .mean = ES_NONE,
                                    .var = ES_NONE,
                                    .count = ES_NONE});
}

/* Sets the result's sides from those of the input that the node has as yet. */
static bool slide(es_graph *graph, es_node *node, const char *name,
                  size_t kernel, size_t stride, size_t pad) {
  const size_t least = node->height < node->width ? node->height : node->width;
  if (kernel == 0 || stride == 0 || kernel > MOST || stride > MOST ||
      pad > MOST || kernel > least + 2 * pad) {
    fail(graph, ES_BAD_SHAPE,
         "%.32s: kernel %zu, stride %zu, padding %zu on %zu×%zu", name, kernel,
         stride, pad, node->height, node->width);
    return false;
  }
  node->kernel = kernel;
  node->stride = stride;
  node->pad = pad;
  node->height = (node->height + 2 * pad - kernel) / stride + 1;
  node->width = (node->width + 2 * pad - kernel) / stride + 1;
  return true;
}

size_t es_graph_conv(es_graph *graph, size_t from, const char *name,
                     size_t channels, size_t kernel, size_t stride,
                     size_t pad) {
  es_node node;
  if (!begin(graph, &node, ES_OP_CONV, from) ||
      !slide(graph, &node, name, kernel, stride, pad))
    return ES_NONE;
  const size_t dims[4] = {channels, node.channels, kernel, kernel};
  node.channels = channels;
  node.weight = add_tensor(graph, true, name, "weight", 4, dims);
  return node.weight == ES_NONE ? ES_NONE : add_node(graph, &node);
}

static size_t norm(es_graph *graph, size_t from, const char *name,
                   bool affine) {
  es_node node;
  if (!begin(graph, &node, ES_OP_NORM, from)) return ES_NONE;
  const size_t dims[4] = {node.channels};
  if (affine) {
    node.weight = add_tensor(graph, true, name, "weight", 1, dims);
    node.bias = add_tensor(graph, true, name, "bias", 1, dims);
  }
  node.mean = add_tensor(graph, false, name, "running_mean", 1, dims);
  node.var = add_tensor(graph, false, name, "running_var", 1, dims);
  node.count = add_tensor(graph, false, name, "num_batches_tracked", 0, dims);
  return node.count == ES_NONE ? ES_NONE : add_node(graph, &node);
}

size_t es_graph_norm(es_graph *graph, size_t from, const char *name) {
  return norm(graph, from, name, true);
}

size_t es_graph_standardise(es_graph *graph, size_t from, const char *name) {
  return norm(graph, from, name, false);
}

size_t es_graph_scale(es_graph *graph, size_t from, const char *name) {
  es_node node;
  if (!begin(graph, &node, ES_OP_SCALE, from)) return ES_NONE;
  const size_t dims[4] = {node.channels};
  node.weight = add_tensor(graph, true, name, "weight", 1, dims);
  return node.weight == ES_NONE ? ES_NONE : add_node(graph, &node);
}

size_t es_graph_relu(es_graph *graph, size_t from) {
  es_node node;
  if (!begin(graph, &node, ES_OP_RELU, from)) return ES_NONE;
  return add_node(graph, &node);
}

/* A node of the shape of both a and b. */
static bool begin_two(es_graph *graph, es_node *node, es_op op, size_t a,
                      size_t b) {
  es_node other;
  if (!begin(graph, node, op, a) || !begin(graph, &other, op, b)) return false;
  node->from[1] = b;
  if (node->channels == other.channels && node->height == other.height &&
      node->width == other.width)
    return true;
  fail(graph, ES_BAD_SHAPE, "a sum of %zu×%zu×%zu and %zu×%zu×%zu",
       node->channels, node->height, node->width, other.channels, other.height,
       other.width);
  return false;
}

size_t es_graph_add(es_graph *graph, size_t a, size_t b) {
  es_node node;
  if (!begin_two(graph, &node, ES_OP_ADD, a, b)) return ES_NONE;
  return add_node(graph, &node);
}

size_t es_graph_offset(es_graph *graph, size_t from, size_t base, double factor,
                       double share) {
  es_node node;
  const bool begun = base == ES_NONE
                         ? begin(graph, &node, ES_OP_OFFSET, from)
                         : begin_two(graph, &node, ES_OP_OFFSET, from, base);
  if (!begun) return ES_NONE;
  node.factor = factor;
  node.share = share;
  return add_node(graph, &node);
}

size_t es_graph_max_pool(es_graph *graph, size_t from, size_t kernel,
                         size_t stride, size_t pad) {
  es_node node;
  if (!begin(graph, &node, ES_OP_MAX_POOL, from)) return ES_NONE;
  /* PyTorch's limit; every window then holds a value of the image. */
  if (pad > kernel / 2)
    return fail(graph, ES_BAD_SHAPE, "max pooling: padding %zu of kernel %zu",
                pad, kernel);
  if (!slide(graph, &node, "max pooling", kernel, stride, pad)) return ES_NONE;
  return add_node(graph, &node);
}

size_t es_graph_mean_pool(es_graph *graph, size_t from) {
  es_node node;
  if (!begin(graph, &node, ES_OP_MEAN_POOL, from)) return ES_NONE;
  node.height = node.width = 1;
  return add_node(graph, &node);
}

size_t es_graph_linear(es_graph *graph, size_t from, const char *name,
                       size_t channels, bool bias) {
  es_node node;
  if (!begin(graph, &node, ES_OP_LINEAR, from)) return ES_NONE;
  const size_t dims[4] = {channels, es_node_size(&node)};
  node.channels = channels;
  node.height = node.width = 1;
  node.weight = add_tensor(graph, true, name, "weight", 2, dims);
  if (bias) node.bias = add_tensor(graph, true, name, "bias", 1, dims);
  return graph->failed != ES_OK ? ES_NONE : add_node(graph, &node);
}

size_t es_graph_output(es_graph *graph, size_t node) {
  es_node ignored;
  const size_t most = sizeof graph->output / sizeof *graph->output;
  if (!begin(graph, &ignored, ES_OP_INPUT, node)) return ES_NONE;
  if (graph->n_outputs == most)
    return fail(graph, ES_BAD_SHAPE, "more than %zu outputs", most);
  graph->output[graph->n_outputs] = node;
  return graph->n_outputs++;
}

size_t es_graph_watch(es_graph *graph, size_t node) {
  const size_t k = es_graph_output(graph, node);
  if (k != ES_NONE) graph->watched[k] = true;
  return k;
}

es_status es_graph_finish(const es_graph *graph, es_diag *diag) {
  if (graph->failed != ES_OK)
    return es_fail(diag, graph->failed, "%s", graph->why);
  if (graph->n_nodes == 0 || graph->n_outputs == 0)
    return es_fail(diag, ES_BAD_SHAPE, "a network without an output");
  return ES_OK;
}

size_t es_node_size(const es_node *node) {
  return node->channels * es_node_area(node);
}

size_t es_node_area(const es_node *node) { return node->height * node->width; }

bool es_graph_normalises(const es_graph *graph) {
  for (size_t i = 0; i < graph->n_nodes; i++)
    if (graph->node[i].op == ES_OP_NORM) return true;
  return false;
}

void es_graph_free(es_graph *graph) {
  free(graph->node);
  free(graph->param);
  free(graph->buffer);
  *graph = (es_graph){0};
}
