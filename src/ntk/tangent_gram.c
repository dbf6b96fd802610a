/* Gram matrices of a layer's gradients: see tangent.h. C += w A A^T by square
 * tiles, a thread each: every number is one product of one thread, so that the
 * bits do not depend on how many there are. */
#include "ntk/tangent_own.h"

#include "linalg/linalg.h"

#include <omp.h>

enum { TILE = 64 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* C (rows×columns, row-major; what lies above the diagonal's tiles is left
 * alone) = w A A^T + beta C, row i of A being the k numbers at A + i·k. */
static void gram(const es_tangent *t, size_t k, double w, const double *A,
                 double beta, double *C) {
  const size_t rows = t->plan.rows, columns = t->plan.columns;
#pragma omp parallel for collapse(2) schedule(dynamic)                         \
    num_threads((int)t->threads)
  for (size_t i = 0; i < rows; i += TILE)
    for (size_t j = 0; j < columns; j += TILE) {
      if (j > i) continue;
      es_gemm(true, false, least(TILE, columns - j), least(TILE, rows - i), k,
              w, A + j * k, k, A + i * k, k, beta, C + i * columns + j,
              columns);
    }
}

static double dot(size_t n, const double *x, const double *y) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
  return sum;
}

/* Rows of gradients from `at` on, `cols` numbers each: their squares to the
 * direction that each belongs to. */
static void trace_rows(const es_tangent *t, size_t row, size_t direction,
                       size_t channels, size_t at, size_t count, size_t cols,
                       double w, const double *g) {
  double *part = t->part + row * t->R + direction;
  for (size_t q = 0; q < count; q++)
    part[(at + q) / channels] += w * dot(cols, g + q * cols, g + q * cols);
}

typedef void (*by_param)(const es_tangent_op *op, size_t first, size_t count,
                         double *out);

/* By blocks of rows (direction, channel) that G has room for. */
static void add_gradients(es_tangent *t, size_t i, size_t first, size_t cols,
                          double w, by_param gradient) {
  const size_t channels = t->plan.graph->node[i].channels;
  const size_t all = t->count * channels, most = t->block / cols;
  for (size_t at = 0; at < all; at += most) {
    const size_t count = least(most, all - at);
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
    for (size_t row = 0; row < t->plan.rows; row++) {
      const es_tangent_op op = es_tangent_see(t, i, row);
      double *g = t->G + row * count * cols;
      if (cols > 1) es_tangent_fill(&op);
      gradient(&op, at, count, g);
      trace_rows(t, row, first, channels, at, count, cols, w, g);
    }
    gram(t, count * cols, w, t->G, 1, t->K);
  }
}

/* (x·x') + bias, times (δ·δ'). */
static void add_linear(es_tangent *t, size_t i, size_t first, double w,
                       double b) {
  const es_node *node = &t->plan.graph->node[i];
  const size_t in = es_node_size(&t->plan.graph->node[node->from[0]]);
  const size_t out = node->channels, columns = t->plan.columns;
  const double *x = es_tangent_see(t, i, 0).x[0];
  const double *delta = es_tangent_gradient(t, i, 0);
  gram(t, in, w, x, 0, t->square[0]);
  gram(t, t->count * out, 1, delta, 0, t->square[1]);
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
  for (size_t row = 0; row < t->plan.rows; row++) {
    const double *a = x + row * in;
    for (size_t j = row * columns; j < (row + 1) * columns; j++)
      t->K[j] += (t->square[0][j] + b) * t->square[1][j];
    trace_rows(t, row, first, out, 0, t->count * out, 1, w * dot(in, a, a) + b,
               delta + row * t->count * out);
  }
}

void es_tangent_add(es_tangent *t, size_t i, size_t first) {
  const es_node *node = &t->plan.graph->node[i];
  const double *weight = t->plan.weight;
  const double w = node->weight != ES_NONE ? weight[node->weight] : 0;
  const double b = node->bias != ES_NONE ? weight[node->bias] : 0;
  if (node->op == ES_OP_LINEAR) {
    if (w > 0 || b > 0) add_linear(t, i, first, w, b);
    return;
  }
  if (w > 0)
    add_gradients(t, i, first,
                  es_tangent_cols(&t->plan.graph->node[node->from[0]], node), w,
                  es_tangent_by_weight);
  if (b > 0) add_gradients(t, i, first, 1, b, es_tangent_by_bias);
}
