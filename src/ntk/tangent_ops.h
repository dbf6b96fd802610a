/* Operations on one image, backward along several directions at once, and
 * gradients by their parameters. */

#include "ntk/tangent_conv.h"

/* dx = a dy, or more of it. */
static void pass_on(const operation *op, size_t k, size_t n, real a,
                    size_t at) {
  const real *dy = op->dy + at;
  real *dx = op->dx[k] + at;
  if (op->add[k])
#pragma omp simd
    for (size_t i = 0; i < n; i++) dx[i] += a * dy[i];
  else
#pragma omp simd
    for (size_t i = 0; i < n; i++) dx[i] = a * dy[i];
}

/* What multiplies by a constant of the channel: a normalisation, a scale. */
static void scaled_back(const operation *op) {
  const size_t area = es_node_area(op->node), channels = op->node->channels;
  for (size_t q = 0; q < op->directions * channels; q++) {
    const size_t c = q % channels;
    const real w = op->weight != NULL ? op->weight[c] : 1;
    pass_on(op, 0, area, op->scale != NULL ? w * op->scale[c] : w, q * area);
  }
}

static void relu_back(const operation *op) {
  const size_t size = es_node_size(op->node);
  const real *x = op->x[0];
  for (size_t r = 0; r < op->directions; r++) {
    const real *dy = op->dy + r * size;
    real *dx = op->dx[0] + r * size;
    if (op->add[0])
#pragma omp simd
      for (size_t i = 0; i < size; i++) dx[i] += x[i] <= 0 ? 0 : dy[i];
    else
#pragma omp simd
      for (size_t i = 0; i < size; i++) dx[i] = x[i] <= 0 ? 0 : dy[i];
  }
}

static void add_back(const operation *op) {
  const size_t size = op->directions * es_node_size(op->node);
  for (size_t k = 0; k < 2; k++)
    if (op->dx[k] != NULL) pass_on(op, k, size, 1, 0);
}

static void clear(const operation *op) {
  const size_t size = op->directions * es_node_size(op->in);
  if (!op->add[0]) memset(op->dx[0], 0, size * sizeof(real));
}

static void max_pool_back(const operation *op) {
  const size_t from = es_node_area(op->in), to = es_node_area(op->node);
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

static void mean_pool_back(const operation *op) {
  const size_t area = es_node_area(op->in);
  clear(op);
  for (size_t q = 0; q < op->directions * op->node->channels; q++)
    for (size_t i = q * area; i < (q + 1) * area; i++)
      op->dx[0][i] += op->dy[q] / (real)area;
}

static void linear_back(const operation *op) {
  const size_t in = es_node_size(op->in), out = op->node->channels;
  PRODUCT(false, false, in, op->directions, out, op->weight, in, op->dy, out,
          op->add[0] ? 1 : 0, op->dx[0], in);
}

static void offset_back(const operation *op) {
  pass_on(op, 0, op->directions * es_node_size(op->node),
          (real)op->node->factor, 0);
}

static void (*const backwards[])(const operation *op) = {
    [ES_OP_CONV] = conv_back,         [ES_OP_NORM] = scaled_back,
    [ES_OP_RELU] = relu_back,         [ES_OP_ADD] = add_back,
    [ES_OP_MAX_POOL] = max_pool_back, [ES_OP_MEAN_POOL] = mean_pool_back,
    [ES_OP_LINEAR] = linear_back,     [ES_OP_SCALE] = scaled_back,
    [ES_OP_OFFSET] = offset_back,
};

/* The sum over positions of dy times what the weight multiplied. */
static real by_channel(const operation *op, size_t q) {
  const size_t area = es_node_area(op->node), c = q % op->node->channels;
  const real *dy = op->dy + q * area, *x = op->x[0] + c * area;
  const real mean = op->mean != NULL ? op->mean[c] : 0;
  real sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < area; i++) sum += dy[i] * (x[i] - mean);
  return op->scale != NULL ? sum * op->scale[c] : sum;
}

/* Gradients by the weight as a matrix: a row for each direction and channel of
 * the result, of es_tangent_cols numbers. Writes `count` rows from row `first`
 * on. Not for linear layers. */
static void by_weight(const operation *op, size_t first, size_t count,
                      real *out) {
  const size_t area = es_node_area(op->node);
  const size_t cols = es_tangent_cols(op->in, op->node);
  fill_patches(op);
  if (op->node->op == ES_OP_CONV)
    PRODUCT(true, false, cols, count, area, patches(op), area,
            op->dy + first * area, area, 0, out, cols);
  else
    for (size_t q = 0; q < count; q++) out[q] = by_channel(op, first + q);
}

/* The same by the bias; one number a row. */
static void by_bias(const operation *op, size_t first, size_t count,
                    real *out) {
  const size_t area = es_node_area(op->node);
  for (size_t q = 0; q < count; q++) {
    const real *dy = op->dy + (first + q) * area;
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < area; i++) sum += dy[i];
    out[q] = sum;
  }
}
