/* A network as a list of operations in the order they are computed, with its
 * parameters named and shaped as in PyTorch. A graph holds no numbers and knows
 * no batch: engines (engine.h) do the work, on parameters that their owner
 * keeps as one flat vector.
 *
 * Builders return the new node's index. The first that cannot be built (sizes
 * that do not fit, no memory) fails the graph, later ones do nothing, and
 * es_graph_finish says why: one check covers a whole network. */
#ifndef ES_NET_GRAPH_H
#define ES_NET_GRAPH_H

#include <eigenstep/status.h>
#include <stdbool.h>

#define ES_NONE ((size_t)-1)

typedef enum es_op {
  ES_OP_INPUT,
  ES_OP_CONV,      /* no bias; weight (out, in, k, k) */
  ES_OP_NORM,      /* batch normalisation over images and positions: y =
                      weight (x - mean)/sqrt(var + 1e-5) + bias, by channel;
                      without weight and bias where it is not affine */
  ES_OP_RELU,      /* max(x, 0); derivative 0 at 0 */
  ES_OP_ADD,       /* of two nodes of one shape */
  ES_OP_MAX_POOL,  /* padding never wins; the first of equal values does */
  ES_OP_MEAN_POOL, /* over all positions, to 1×1 */
  ES_OP_LINEAR,    /* of the flattened input; weight (out, in), bias or none */
  ES_OP_SCALE,     /* weight x, by channel */
  ES_OP_OFFSET     /* factor (x - share base); the base is held constant: no
                      gradient goes to it */
} es_op;

/* Batch normalisation's constants, PyTorch's defaults. */
#define ES_NORM_EPSILON 1e-5
#define ES_NORM_MOMENTUM 0.1 /* share of the new statistics */

typedef struct es_node {
  es_op op;
  size_t from[2];                 /* nodes it is computed from, or ES_NONE */
  size_t channels, height, width; /* of the result, for one image */
  size_t kernel, stride, pad;     /* convolution and max-pooling */
  size_t weight, bias;            /* parameters, or ES_NONE */
  size_t mean, var, count;        /* buffers of ES_OP_NORM, or ES_NONE */
  double factor, share;           /* ES_OP_OFFSET */
} es_node;

/* Tensors of a flat vector begin at multiples of this many numbers: 64 bytes in
 * float, 128 in double, if the vector itself is so aligned. The padding between
 * them belongs to nobody: owners zero it, engines give it gradient 0, so it
 * stays 0. */
#define ES_TENSOR_ALIGN 16

/* A named piece of a flat vector, row-major in PyTorch's shape. */
typedef struct es_tensor {
  char name[56]; /* "layer1.0.conv1.weight" */
  size_t rank, dims[4];
  size_t size, offset; /* in numbers */
} es_tensor;

/* Outputs that a graph can have. */
enum { ES_OUTPUTS = 104 };

typedef struct es_graph {
  es_node *node;
  size_t n_nodes;
  es_tensor *param;            /* trained */
  size_t n_params, param_size; /* param_size: the whole vector, padded */
  es_tensor *buffer; /* running_mean, running_var, num_batches_tracked */
  size_t n_buffers, buffer_size; /* num_batches_tracked: rank 0, one number */
  size_t output[ES_OUTPUTS];     /* nodes whose values the engines hand out */
  bool watched[ES_OUTPUTS];      /* that is all: no gradient comes back */
  size_t n_outputs;
  const char *prefix; /* put before the names of what is built; NULL: none */
  es_status failed;
  char why[96];
} es_graph;

/* An empty graph is a zeroed structure. Frees what it holds; zeroes it. */
void es_graph_free(es_graph *graph);

/* The first node, once. */
size_t es_graph_input(es_graph *graph, size_t channels, size_t height,
                      size_t width);
/* name + ".weight". Output side: (in + 2 pad - kernel)/stride + 1, rounded
 * down. */
size_t es_graph_conv(es_graph *graph, size_t from, const char *name,
                     size_t channels, size_t kernel, size_t stride, size_t pad);
/* name + ".weight", ".bias"; buffers name + ".running_mean", ".running_var",
 * ".num_batches_tracked". */
size_t es_graph_norm(es_graph *graph, size_t from, const char *name);
/* The buffers alone: PyTorch's affine=False. */
size_t es_graph_standardise(es_graph *graph, size_t from, const char *name);
size_t es_graph_relu(es_graph *graph, size_t from);
size_t es_graph_add(es_graph *graph, size_t a, size_t b);
/* pad <= kernel/2, as PyTorch. */
size_t es_graph_max_pool(es_graph *graph, size_t from, size_t kernel,
                         size_t stride, size_t pad);
size_t es_graph_mean_pool(es_graph *graph, size_t from);
/* name + ".weight" and, with bias, ".bias". */
size_t es_graph_linear(es_graph *graph, size_t from, const char *name,
                       size_t channels, bool bias);
/* name + ".weight" (channels). */
size_t es_graph_scale(es_graph *graph, size_t from, const char *name);
/* base: a node of the same shape, or ES_NONE for factor x alone. */
size_t es_graph_offset(es_graph *graph, size_t from, size_t base, double factor,
                       double share);
/* Marks a node as an output; returns its number among the outputs. Any node may
 * be one, the input or one that others use included, also twice: the gradients
 * by all its uses add up. */
size_t es_graph_output(es_graph *graph, size_t node);
/* The same for one that is only looked at: backward costs nothing more, and
 * does not read its place among the gradients by outputs. */
size_t es_graph_watch(es_graph *graph, size_t node);

/* ES_OK, or what went wrong first: ES_BAD_SHAPE (sizes, no output),
 * ES_BAD_VALUE (a name too long or used twice), ES_NO_MEMORY. */
es_status es_graph_finish(const es_graph *graph, es_diag *diag) ES_MUST_USE;

/* Values of a node for one image: channels · height · width; and of one of its
 * planes. */
size_t es_node_size(const es_node *node);
size_t es_node_area(const es_node *node);

/* Whether a node is a batch normalisation. */
bool es_graph_normalises(const es_graph *graph);

/* The parameter or buffer of that name, or NULL. */
const es_tensor *es_graph_find(const es_graph *graph, const char *name);

#endif
