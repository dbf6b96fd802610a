/* The values of all nodes, and what normalises them, in double: see tangent.h.
 * A convolution is a product with patches (tangent_conv.h). */
#include "ntk/tangent_own.h"

#include "linalg/gram.h"

#include <math.h>
#include <omp.h>
#include <string.h>

typedef double real;
#include "ntk/tangent_see.h"

static void conv(const operation *op) {
  const size_t area = es_node_area(op->node);
  const size_t cols = es_tangent_cols(op->in, op->node);
  fill_patches(op);
  es_product_double(false, false, area, op->node->channels, cols, patches(op),
                    area, op->weight, cols, 0, op->y, area);
}

static void norm(const operation *op) {
  const size_t area = es_node_area(op->node);
  for (size_t c = 0; c < op->node->channels; c++) {
    const double w = (op->weight != NULL ? op->weight[c] : 1) * op->scale[c];
    const double b = op->bias != NULL ? op->bias[c] : 0;
    for (size_t i = c * area; i < (c + 1) * area; i++)
      op->y[i] = w * (op->x[0][i] - op->mean[c]) + b;
  }
}

static void relu(const operation *op) {
  const size_t size = es_node_size(op->node);
  for (size_t i = 0; i < size; i++)
    op->y[i] = op->x[0][i] < 0 ? 0 : op->x[0][i];
}

static void add(const operation *op) {
  const size_t size = es_node_size(op->node);
  for (size_t i = 0; i < size; i++) op->y[i] = op->x[0][i] + op->x[1][i];
}

static void max_pool(const operation *op) {
  const size_t from = es_node_area(op->in), to = es_node_area(op->node);
  for (size_t c = 0; c < op->node->channels; c++) {
    const double *x = op->x[0] + c * from;
    for (size_t i = 0; i < to; i++) op->y[c * to + i] = x[largest(op, x, i)];
  }
}

static void mean_pool(const operation *op) {
  const size_t area = es_node_area(op->in);
  for (size_t c = 0; c < op->node->channels; c++) {
    double sum = 0;
    for (size_t i = c * area; i < (c + 1) * area; i++) sum += op->x[0][i];
    op->y[c] = sum / (double)area;
  }
}

static void linear(const operation *op) {
  const size_t in = es_node_size(op->in), out = op->node->channels;
  es_product_double(true, false, out, 1, in, op->weight, in, op->x[0], in, 0,
                    op->y, out);
  for (size_t o = 0; op->bias != NULL && o < out; o++) op->y[o] += op->bias[o];
}

static void scale(const operation *op) {
  const size_t area = es_node_area(op->node);
  for (size_t c = 0; c < op->node->channels; c++)
    for (size_t i = c * area; i < (c + 1) * area; i++)
      op->y[i] = op->weight[c] * op->x[0][i];
}

static void offset(const operation *op) {
  const double factor = (double)op->node->factor,
               share = (double)op->node->share;
  const size_t size = es_node_size(op->node);
  for (size_t i = 0; i < size; i++) {
    const double base = op->x[1] != NULL ? share * op->x[1][i] : 0;
    op->y[i] = factor * (op->x[0][i] - base);
  }
}

static void (*const forwards[])(const operation *op) = {
    [ES_OP_CONV] = conv,         [ES_OP_NORM] = norm,
    [ES_OP_RELU] = relu,         [ES_OP_ADD] = add,
    [ES_OP_MAX_POOL] = max_pool, [ES_OP_MEAN_POOL] = mean_pool,
    [ES_OP_LINEAR] = linear,     [ES_OP_SCALE] = scale,
    [ES_OP_OFFSET] = offset,
};

/* Of channel c over the images of a group. */
static void measure(const es_tangent *t, size_t i, size_t group, size_t c,
                    double *mean, double *var) {
  const es_node *node = &t->plan.graph->node[i];
  const size_t area = node->height * node->width;
  double sum = 0, square = 0, count = 0;
  for (int pass = 0; pass < 2; pass++) {
    for (size_t n = 0; n < t->plan.images; n++) {
      const double *x = value(t, node->from[0], n) + c * area;
      if (t->plan.group[n] != group) continue;
      for (size_t k = 0; k < area; k++)
        if (pass == 0)
          sum += x[k];
        else
          square += (x[k] - *mean) * (x[k] - *mean);
      if (pass == 0) count += (double)area;
    }
    *mean = sum / count;
  }
  *var = square / count;
}

static void find_statistics(const es_tangent *t, size_t i,
                            const double *buffers) {
  const es_graph *g = t->plan.graph;
  const es_node *node = &g->node[i];
  const size_t channels = node->channels;
  double *means = t->cell[i].mean, *scales = t->cell[i].scale;
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
  for (size_t k = 0; k < t->plan.groups * channels; k++) {
    const size_t c = k % channels;
    double mean, var;
    if (t->plan.group == NULL) {
      mean = buffers[g->buffer[node->mean].offset + c];
      var = buffers[g->buffer[node->var].offset + c];
    } else {
      measure(t, i, k / channels, c, &mean, &var);
    }
    means[k] = mean;
    scales[k] = 1 / sqrt(var + ES_NORM_EPSILON);
  }
}

void es_tangent_fill(es_tangent *t, const double *params, const double *buffers,
                     const double *input) {
  const es_graph *g = t->plan.graph;
  memcpy(t->params, params, g->param_size * sizeof *params);
  memcpy(t->input, input,
         t->plan.images * es_node_size(g->node) * sizeof *input);
  for (size_t i = 1; i < g->n_nodes; i++) {
    const es_op op = g->node[i].op;
    if (!t->cell[i].used) continue;
    if (op == ES_OP_NORM) find_statistics(t, i, buffers);
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
    for (size_t n = 0; n < t->plan.images; n++) {
      const operation one = see(t, i, n);
      forwards[op](&one);
    }
  }
}

/* n doubles to as many floats in the same place. */
static void narrow(void *memory, size_t n) {
  enum { PIECE = 512 };
  double wide[PIECE];
  float thin[PIECE];
  for (size_t at = 0; memory != NULL && at < n; at += PIECE) {
    const size_t count = es_least(PIECE, n - at);
    memcpy(wide, (double *)memory + at, count * sizeof *wide);
    for (size_t k = 0; k < count; k++) thin[k] = (float)wide[k];
    memcpy((float *)memory + at, thin, count * sizeof *thin);
  }
}

void es_tangent_narrow(es_tangent *t) {
  const es_graph *g = t->plan.graph;
  narrow(t->params, g->param_size);
  narrow(t->input, t->plan.images * es_node_size(g->node));
#pragma omp parallel for schedule(dynamic) num_threads((int)t->threads)
  for (size_t i = 1; i < g->n_nodes; i++) {
    const size_t channels = t->plan.groups * g->node[i].channels;
    narrow(t->cell[i].value, t->plan.images * es_node_size(&g->node[i]));
    narrow(t->cell[i].mean, channels);
    narrow(t->cell[i].scale, channels);
  }
}
