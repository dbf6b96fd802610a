/* Operations on one image: see tangent_ops.h. A convolution is a product with
 * patches P (positions × channels·kernel², column-major): with the weight as a
 * column-major matrix W (channels·kernel² × out),
 *   Y = P W,   dP = dY W^T,   dW = P^T dY. */
#include "ntk/tangent_ops.h"

#include "linalg/linalg.h"

#include <math.h>
#include <string.h>

static size_t area_of(const es_node *node) {
  return node->height * node->width;
}

size_t es_tangent_cols(const es_node *in, const es_node *node) {
  return node->op == ES_OP_CONV ? in->channels * node->kernel * node->kernel
                                : 1;
}

size_t es_tangent_patch(const es_node *in, const es_node *node) {
  return node->op == ES_OP_CONV ? area_of(node) * es_tangent_cols(in, node) : 0;
}

/* A convolution whose patches are the image. */
static bool pointwise(const es_node *node) {
  return node->kernel == 1 && node->stride == 1 && node->pad == 0;
}

/* Positions of one row that read inside the image at kernel column k, and the
 * column that the first of them reads. */
typedef struct reach {
  size_t first, end, from;
} reach;

static reach reach_of(size_t in, size_t out, size_t k, const es_node *node) {
  reach r = {0};
  if (in + node->pad <= k) return r;
  const size_t last = (in - 1 + node->pad - k) / node->stride;
  r.first =
      node->pad > k ? (node->pad - k + node->stride - 1) / node->stride : 0;
  r.end = last < out ? last + 1 : out;
  if (r.first >= r.end) return (reach){0};
  r.from = r.first * node->stride + k - node->pad;
  return r;
}

/* One column of P: what all positions read through one weight. */
static void gather(const es_tangent_op *op, const double *x, size_t ky,
                   size_t kx, double *p) {
  const es_node *in = op->in, *node = op->node;
  const reach v = reach_of(in->height, node->height, ky, node);
  const reach h = reach_of(in->width, node->width, kx, node);
  const size_t step = node->stride, width = node->width;
  if (v.first > 0 || v.end < node->height || h.first > 0 || h.end < width)
    memset(p, 0, area_of(node) * sizeof *p);
  for (size_t r = v.first; r < v.end; r++) {
    const double *from =
        x + (v.from + (r - v.first) * step) * in->width + h.from;
    double *to = p + r * width + h.first;
    if (step == 1)
      memcpy(to, from, (h.end - h.first) * sizeof *to);
    else
      for (size_t c = 0; c < h.end - h.first; c++) to[c] = from[c * step];
  }
}

/* Adds a column of dP to the image's gradient. */
static void scatter(const es_tangent_op *op, const double *p, size_t ky,
                    size_t kx, double *dx) {
  const es_node *in = op->in, *node = op->node;
  const reach v = reach_of(in->height, node->height, ky, node);
  const reach h = reach_of(in->width, node->width, kx, node);
  const size_t step = node->stride, width = node->width;
  for (size_t r = v.first; r < v.end; r++) {
    double *to = dx + (v.from + (r - v.first) * step) * in->width + h.from;
    const double *from = p + r * width + h.first;
    if (step == 1)
      for (size_t c = 0; c < h.end - h.first; c++) to[c] += from[c];
    else
      for (size_t c = 0; c < h.end - h.first; c++) to[c * step] += from[c];
  }
}

void es_tangent_fill(const es_tangent_op *op) {
  const es_node *in = op->in, *node = op->node;
  const size_t k = node->kernel, from = area_of(in), to = area_of(node);
  if (node->op != ES_OP_CONV || pointwise(node)) return;
  for (size_t c = 0; c < in->channels; c++)
    for (size_t q = 0; q < k * k; q++)
      gather(op, op->x[0] + c * from, q / k, q % k,
             op->patch + (c * k * k + q) * to);
}

static const double *patches(const es_tangent_op *op) {
  return pointwise(op->node) ? op->x[0] : op->patch;
}

static void conv(const es_tangent_op *op) {
  const size_t area = area_of(op->node), out = op->node->channels;
  const size_t cols = es_tangent_cols(op->in, op->node);
  es_tangent_fill(op);
  es_gemm(false, false, area, out, cols, 1, patches(op), area, op->weight, cols,
          0, op->y, area);
}

static void conv_back(const es_tangent_op *op) {
  const es_node *in = op->in, *node = op->node;
  const size_t area = area_of(node), out = node->channels, k = node->kernel;
  const size_t cols = es_tangent_cols(in, node), size = es_node_size(in);
  for (size_t r = 0; r < op->directions; r++) {
    const double *dy = op->dy + r * area * out;
    double *dx = op->dx[0] + r * size;
    if (pointwise(node)) {
      es_gemm(false, true, area, cols, out, 1, dy, area, op->weight, cols,
              op->add[0] ? 1 : 0, dx, area);
      continue;
    }
    es_gemm(false, true, area, cols, out, 1, dy, area, op->weight, cols, 0,
            op->patch, area);
    if (!op->add[0]) memset(dx, 0, size * sizeof *dx);
    for (size_t c = 0; c < in->channels; c++)
      for (size_t q = 0; q < k * k; q++)
        scatter(op, op->patch + (c * k * k + q) * area, q / k, q % k,
                dx + c * area_of(in));
  }
}

static void norm(const es_tangent_op *op) {
  const size_t area = area_of(op->node);
  for (size_t c = 0; c < op->node->channels; c++) {
    const double w = (op->weight != NULL ? op->weight[c] : 1) * op->scale[c];
    const double b = op->bias != NULL ? op->bias[c] : 0;
    for (size_t i = c * area; i < (c + 1) * area; i++)
      op->y[i] = w * (op->x[0][i] - op->mean[c]) + b;
  }
}

/* dx = a dy, or more of it. */
static void pass_on(const es_tangent_op *op, size_t k, size_t n, double a,
                    size_t at) {
  const double *dy = op->dy + at;
  double *dx = op->dx[k] + at;
  if (op->add[k])
    for (size_t i = 0; i < n; i++) dx[i] += a * dy[i];
  else
    for (size_t i = 0; i < n; i++) dx[i] = a * dy[i];
}

/* What multiplies by a constant of the channel: a normalisation, a scale. */
static void scaled_back(const es_tangent_op *op) {
  const size_t area = area_of(op->node), channels = op->node->channels;
  for (size_t q = 0; q < op->directions * channels; q++) {
    const size_t c = q % channels;
    const double w = op->weight != NULL ? op->weight[c] : 1;
    pass_on(op, 0, area, op->scale != NULL ? w * op->scale[c] : w, q * area);
  }
}

static void relu(const es_tangent_op *op) {
  const size_t size = es_node_size(op->node);
  for (size_t i = 0; i < size; i++)
    op->y[i] = op->x[0][i] < 0 ? 0 : op->x[0][i];
}

static void relu_back(const es_tangent_op *op) {
  const size_t size = es_node_size(op->node);
  const double *x = op->x[0];
  for (size_t r = 0; r < op->directions; r++) {
    const double *dy = op->dy + r * size;
    double *dx = op->dx[0] + r * size;
    if (op->add[0])
      for (size_t i = 0; i < size; i++) dx[i] += x[i] <= 0 ? 0 : dy[i];
    else
      for (size_t i = 0; i < size; i++) dx[i] = x[i] <= 0 ? 0 : dy[i];
  }
}

static void add(const es_tangent_op *op) {
  const size_t size = es_node_size(op->node);
  for (size_t i = 0; i < size; i++) op->y[i] = op->x[0][i] + op->x[1][i];
}

static void add_back(const es_tangent_op *op) {
  const size_t size = op->directions * es_node_size(op->node);
  for (size_t k = 0; k < 2; k++)
    if (op->dx[k] != NULL) pass_on(op, k, size, 1, 0);
}

/* Where the window of position i in a plane has its largest value, the first of
 * equal ones; a NaN is larger than all. */
static size_t largest(const es_tangent_op *op, const double *x, size_t i) {
  const es_node *in = op->in, *node = op->node;
  const size_t top = i / node->width * node->stride;
  const size_t left = i % node->width * node->stride;
  size_t best = ES_NONE;
  for (size_t r = top; r < top + node->kernel; r++) {
    if (r < node->pad || r - node->pad >= in->height) continue;
    for (size_t c = left; c < left + node->kernel; c++) {
      if (c < node->pad || c - node->pad >= in->width) continue;
      const size_t at = (r - node->pad) * in->width + (c - node->pad);
      if (best == ES_NONE || x[at] > x[best] || isnan(x[at])) best = at;
    }
  }
  return best;
}

static void max_pool(const es_tangent_op *op) {
  const size_t from = area_of(op->in), to = area_of(op->node);
  for (size_t c = 0; c < op->node->channels; c++) {
    const double *x = op->x[0] + c * from;
    for (size_t i = 0; i < to; i++) op->y[c * to + i] = x[largest(op, x, i)];
  }
}

static void clear(const es_tangent_op *op) {
  const size_t size = op->directions * es_node_size(op->in);
  if (!op->add[0]) memset(op->dx[0], 0, size * sizeof(double));
}

static void max_pool_back(const es_tangent_op *op) {
  const size_t from = area_of(op->in), to = area_of(op->node);
  const size_t channels = op->node->channels;
  clear(op);
  for (size_t c = 0; c < channels; c++)
    for (size_t i = 0; i < to; i++) {
      const size_t at = largest(op, op->x[0] + c * from, i);
      for (size_t r = 0; r < op->directions; r++) {
        const size_t plane = r * channels + c;
        op->dx[0][plane * from + at] += op->dy[plane * to + i];
      }
    }
}

static void mean_pool(const es_tangent_op *op) {
  const size_t area = area_of(op->in);
  for (size_t c = 0; c < op->node->channels; c++) {
    double sum = 0;
    for (size_t i = c * area; i < (c + 1) * area; i++) sum += op->x[0][i];
    op->y[c] = sum / (double)area;
  }
}

static void mean_pool_back(const es_tangent_op *op) {
  const size_t area = area_of(op->in);
  clear(op);
  for (size_t q = 0; q < op->directions * op->node->channels; q++)
    for (size_t i = q * area; i < (q + 1) * area; i++)
      op->dx[0][i] += op->dy[q] / (double)area;
}

static void linear(const es_tangent_op *op) {
  const size_t in = es_node_size(op->in), out = op->node->channels;
  es_gemm(true, false, out, 1, in, 1, op->weight, in, op->x[0], in, 0, op->y,
          out);
  for (size_t o = 0; op->bias != NULL && o < out; o++) op->y[o] += op->bias[o];
}

static void linear_back(const es_tangent_op *op) {
  const size_t in = es_node_size(op->in), out = op->node->channels;
  es_gemm(false, false, in, op->directions, out, 1, op->weight, in, op->dy, out,
          op->add[0] ? 1 : 0, op->dx[0], in);
}

static void scale(const es_tangent_op *op) {
  const size_t area = area_of(op->node);
  for (size_t c = 0; c < op->node->channels; c++)
    for (size_t i = c * area; i < (c + 1) * area; i++)
      op->y[i] = op->weight[c] * op->x[0][i];
}

static void offset(const es_tangent_op *op) {
  const double factor = op->node->factor, share = op->node->share;
  const size_t size = es_node_size(op->node);
  for (size_t i = 0; i < size; i++) {
    const double base = op->x[1] != NULL ? share * op->x[1][i] : 0;
    op->y[i] = factor * (op->x[0][i] - base);
  }
}

static void offset_back(const es_tangent_op *op) {
  pass_on(op, 0, op->directions * es_node_size(op->node), op->node->factor, 0);
}

typedef struct row {
  void (*forward)(const es_tangent_op *op);
  void (*backward)(const es_tangent_op *op);
} row;

static const row rows[] = {
    [ES_OP_CONV] = {conv, conv_back},
    [ES_OP_NORM] = {norm, scaled_back},
    [ES_OP_RELU] = {relu, relu_back},
    [ES_OP_ADD] = {add, add_back},
    [ES_OP_MAX_POOL] = {max_pool, max_pool_back},
    [ES_OP_MEAN_POOL] = {mean_pool, mean_pool_back},
    [ES_OP_LINEAR] = {linear, linear_back},
    [ES_OP_SCALE] = {scale, scaled_back},
    [ES_OP_OFFSET] = {offset, offset_back},
};

void es_tangent_forward(const es_tangent_op *op) {
  rows[op->node->op].forward(op);
}

void es_tangent_backward(const es_tangent_op *op) {
  if (op->dx[0] != NULL || op->dx[1] != NULL) rows[op->node->op].backward(op);
}

/* sum over positions of dy times what the weight multiplied. */
static double by_channel(const es_tangent_op *op, size_t q) {
  const size_t area = area_of(op->node), c = q % op->node->channels;
  const double *dy = op->dy + q * area, *x = op->x[0] + c * area;
  const double mean = op->mean != NULL ? op->mean[c] : 0;
  double sum = 0;
  for (size_t i = 0; i < area; i++) sum += dy[i] * (x[i] - mean);
  return op->scale != NULL ? sum * op->scale[c] : sum;
}

void es_tangent_by_weight(const es_tangent_op *op, size_t first, size_t count,
                          double *out) {
  const size_t area = area_of(op->node);
  const size_t cols = es_tangent_cols(op->in, op->node);
  if (op->node->op == ES_OP_CONV)
    es_gemm(true, false, cols, count, area, 1, patches(op), area,
            op->dy + first * area, area, 0, out, cols);
  else
    for (size_t q = 0; q < count; q++) out[q] = by_channel(op, first + q);
}

void es_tangent_by_bias(const es_tangent_op *op, size_t first, size_t count,
                        double *out) {
  const size_t area = area_of(op->node);
  for (size_t q = 0; q < count; q++) {
    const double *dy = op->dy + (first + q) * area;
    out[q] = 0;
    for (size_t i = 0; i < area; i++) out[q] += dy[i];
  }
}
