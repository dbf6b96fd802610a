/* The reference engine: every operation of graph.h as plain loops, for double
 * and for float. It is the oracle that faster engines are held against, and
 * what networks run on where there is none.
 *
 * Forward, over images n, channels c and o, positions p = (row, column) and
 * kernel positions k, with q = p stride + k - pad inside the image:
 *   convolution     y[n,o,p] = sum_c,k w[o,c,k] x[n,c,q]
 *   normalisation   y = w (x - mean)/sqrt(var + 1e-5) + b   by channel, part
 *                   (w = 1, b = 0 where it is not affine)
 *   max-pooling     y[n,c,p] = max_k x[n,c,q]
 *   mean-pooling    y[n,c] = sum_p x[n,c,p]/positions
 *   linear          y[n,o] = sum_i w[o,i] x[n,i] + b[o]
 *   scale           y[n,c,p] = w[c] x[n,c,p]
 *   offset          y = factor (x - share base)
 * Backward is the chain rule, nodes in reverse, a node's gradient being the sum
 * over its uses. Normalisation (Ioffe and Szegedy, "Batch normalization", 2015,
 * algorithm 1), with h = (x - mean)/sqrt(var + 1e-5) and <> the mean over the
 * part's m values of a channel:
 *   dx = w/sqrt(var + 1e-5) (dy - <dy> - h <dy h>).
 * Running statistics take (1 - momentum) old + momentum new, part by part in
 * order, the variance with m - 1 in place of m. m = 1 has no such variance
 * (PyTorch refuses it); here the value 0 enters, and y is b.
 *
 * In float the sums that can be long with terms of any sign (statistics, means,
 * dot products, gradients of parameters) are kept in double; convolutions and
 * the sums over uses add in float.
 *
 * Threads own what they write, and every sum has one order: results do not
 * depend on the number of threads. NaN passes through, as in PyTorch. */
#include "net/engine.h"

#include "base/slab.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The part of a result that reads the image through one kernel position. */
typedef struct overlap {
  size_t rows, cols; /* positions; none: 0 */
  size_t to, from;   /* index of the first in the result, in the image */
} overlap;

/* Along one axis: how many of `out` positions have position · stride + k - pad
 * in [0, in), and the first of them. */
static size_t overlap_axis(size_t *first, size_t in, size_t out, size_t k,
                           const es_node *node) {
  *first =
      node->pad > k ? (node->pad - k + node->stride - 1) / node->stride : 0;
  if (in + node->pad <= k) return 0;
  const size_t last = (in - 1 + node->pad - k) / node->stride;
  const size_t end = last < out ? last + 1 : out;
  return end > *first ? end - *first : 0;
}

static overlap overlap_of(const es_node *in, const es_node *node, size_t k) {
  const size_t ky = k / node->kernel, kx = k % node->kernel;
  size_t row, col;
  overlap o = {0};
  o.rows = overlap_axis(&row, in->height, node->height, ky, node);
  o.cols = overlap_axis(&col, in->width, node->width, kx, node);
  if (o.rows == 0 || o.cols == 0) return (overlap){0};
  o.to = row * node->width + col;
  o.from = (row * node->stride + ky - node->pad) * in->width +
           (col * node->stride + kx - node->pad);
  return o;
}

#define REAL double
#define NAME(x) x##_double
#include "net/ops_ref_loops.h"
#include "net/ops_ref_conv.h"
#include "net/ops_ref_norm.h"
#include "net/ops_ref_net.h"
#undef REAL
#undef NAME

#define REAL float
#define NAME(x) x##_float
#include "net/ops_ref_loops.h"
#include "net/ops_ref_conv.h"
#include "net/ops_ref_norm.h"
#include "net/ops_ref_net.h"
#undef REAL
#undef NAME

const es_engine es_engine_reference_double = {
    "reference-double", sizeof(double), open_double,     close_double,
    forward_double,     output_double,  backward_double, memory_double};

const es_engine es_engine_reference_float = {
    "reference-float", sizeof(float), open_float,     close_float,
    forward_float,     output_float,  backward_float, memory_float};
