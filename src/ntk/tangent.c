/* The tangent kernel: see tangent.h. Gradients of nodes live from the first
 * node that gives them some, going back, to the node itself; those that never
 * live together share memory (first fit). */
#include "ntk/tangent_own.h"

#include "base/random.h"
#include "linalg/linalg.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const size_t usual_bytes = (size_t)512 << 20;
static const size_t block_bytes = (size_t)64 << 20; /* of G */

static const es_node *node_of(const es_tangent *t, size_t i) {
  return &t->plan.graph->node[i];
}

static bool learns(const es_tangent *t, size_t param) {
  return param != ES_NONE && t->plan.weight[param] > 0;
}

/* Operands that a gradient goes to: not an offset's base. */
static size_t operands(const es_node *node) {
  return node->op == ES_OP_INPUT ? 0 : node->op == ES_OP_ADD ? 2 : 1;
}

/* Which values the output depends on; which gradients lead to parameters that
 * learn, and from where they come. */
static void look(es_tangent *t) {
  const size_t n = t->plan.graph->n_nodes;
  const size_t top = t->plan.graph->output[t->plan.output];
  t->cell[top].used = true;
  t->cell[top].last = top;
  for (size_t i = n; i-- > 0;)
    for (size_t k = 0; k < 2 && t->cell[i].used; k++)
      if (node_of(t, i)->from[k] != ES_NONE)
        t->cell[node_of(t, i)->from[k]].used = true;
  for (size_t i = 0; i < n; i++) {
    es_tangent_cell *c = &t->cell[i];
    const es_node *node = node_of(t, i);
    c->wanted = learns(t, node->weight) || learns(t, node->bias);
    for (size_t k = 0; k < operands(node); k++)
      c->wanted |= t->cell[node->from[k]].wanted;
    if (i != top) c->last = ES_NONE;
  }
  for (size_t i = n; i-- > 0;) {
    t->cell[i].wanted &= t->cell[i].last != ES_NONE;
    for (size_t k = 0; k < operands(node_of(t, i)); k++) {
      es_tangent_cell *c = &t->cell[node_of(t, i)->from[k]];
      if (t->cell[i].wanted && c->last == ES_NONE) c->last = i;
    }
  }
}

/* First fit among the gradients before it (later nodes) that live with it. */
static void place(es_tangent *t, size_t i) {
  es_tangent_cell *c = &t->cell[i];
  const size_t size = es_node_size(node_of(t, i));
  bool moved = true;
  while (moved) {
    moved = false;
    for (size_t j = t->plan.graph->n_nodes; j-- > i + 1;) {
      const es_tangent_cell *o = &t->cell[j];
      const size_t end = o->place + es_node_size(node_of(t, j));
      if (!o->wanted || j > c->last || c->place >= end ||
          o->place >= c->place + size)
        continue;
      c->place = end;
      moved = true;
    }
  }
  if (c->place + size > t->room) t->room = c->place + size;
}

/* Room for a parameter's gradients: all rows at once, or the limit's worth. */
static void widen(es_tangent *t, size_t channels, size_t cols) {
  const size_t most = block_bytes / sizeof(double) / t->plan.rows;
  const size_t all = es_size_product(t->chunk, es_size_product(channels, cols));
  const size_t block = all < most ? all : most < cols ? cols : most;
  if (block > t->block) t->block = block;
}

static void size_up(es_tangent *t) {
  const es_graph *g = t->plan.graph;
  const size_t bytes = t->plan.bytes > 0 ? t->plan.bytes : usual_bytes;
  for (size_t i = g->n_nodes; i-- > 0;)
    if (t->cell[i].wanted) place(t, i);
  const size_t one =
      es_size_product(es_size_product(t->room, t->plan.rows), sizeof(double));
  t->chunk = one == 0 ? t->R : bytes / one;
  if (t->chunk > t->R) t->chunk = t->R;
  if (t->chunk == 0) t->chunk = 1;
  for (size_t i = 1; i < g->n_nodes; i++) {
    const es_node *node = node_of(t, i), *in = node_of(t, node->from[0]);
    const size_t patch = es_tangent_patch(in, node);
    if (t->cell[i].used && patch > t->patch) t->patch = patch;
    if (!t->cell[i].wanted || node->op == ES_OP_LINEAR) continue;
    if (learns(t, node->weight))
      widen(t, node->channels, es_tangent_cols(in, node));
    if (learns(t, node->bias)) widen(t, node->channels, 1);
  }
}

/* All but memory for numbers. */
static es_status prepare(es_tangent *t, const es_tangent_plan *plan,
                         es_diag *diag) {
  const es_graph *g = plan->graph;
  t->plan = *plan;
  if (plan->output >= g->n_outputs || plan->columns == 0 ||
      plan->columns > plan->rows || plan->rows > plan->images ||
      (plan->group != NULL && plan->groups == 0))
    return es_fail(diag, ES_BAD_SHAPE,
                   "a tangent kernel of %zu by %zu of %zu images", plan->rows,
                   plan->columns, plan->images);
  if (plan->group == NULL) t->plan.groups = 1;
  t->d = es_node_size(&g->node[g->output[plan->output]]);
  t->R = plan->directions > 0 ? plan->directions : t->d;
  if (t->R > t->d)
    return es_fail(diag, ES_BAD_VALUE, "%zu directions of %zu outputs", t->R,
                   t->d);
  t->threads = (size_t)omp_get_max_threads();
  t->cell = calloc(g->n_nodes, sizeof *t->cell);
  if (t->cell == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  look(t);
  size_up(t);
  return ES_OK;
}

enum { PIECES = 8 };

static void pieces_of(const es_tangent *t, size_t size[PIECES]) {
  const size_t rows = t->plan.rows;
  const size_t square = es_size_product(rows, t->plan.columns);
  const size_t all[PIECES] = {
      es_size_product(es_size_product(rows, t->chunk), t->room),
      es_size_product(t->R, t->d),
      es_size_product(rows, t->block),
      square,
      square,
      es_size_product(t->threads, t->patch),
      es_size_product(rows, t->R),
      es_size_product(t->R, t->R)};
  memcpy(size, all, sizeof all);
}

static size_t values_of(const es_tangent *t, size_t i) {
  return es_size_product(t->plan.images, es_node_size(node_of(t, i)));
}

static size_t statistics_of(const es_tangent *t, size_t i) {
  return es_size_product(t->plan.groups, node_of(t, i)->channels);
}

static size_t total_of(const es_tangent *t) {
  size_t total = 0, size[PIECES];
  pieces_of(t, size);
  for (size_t k = 0; k < PIECES; k++)
    es_slab_add(&total, size[k], sizeof(double));
  for (size_t i = 1; i < t->plan.graph->n_nodes; i++) {
    if (!t->cell[i].used) continue;
    es_slab_add(&total, values_of(t, i), sizeof(double));
    for (size_t k = 0; k < 2 && node_of(t, i)->op == ES_OP_NORM; k++)
      es_slab_add(&total, statistics_of(t, i), sizeof(double));
  }
  return total;
}

static double *take(es_tangent *t, size_t count) {
  return es_slab_take(&t->slab, count, sizeof(double));
}

/* Unit vectors, or the first R columns of a Haar matrix: Q of the QR, with
 * R_jj >= 0, of independent normal numbers (Mezzadri, Notices of the AMS 54,
 * 2007). */
static es_status direct(es_tangent *t, double *R, es_diag *diag) {
  const size_t n = t->R, d = t->d;
  if (t->plan.directions == 0) {
    for (size_t r = 0; r < n; r++) t->direction[r * d + r] = 1;
    return ES_OK;
  }
  for (size_t k = 0; k < n * d; k++)
    t->direction[k] = es_random_normal(t->plan.seed, ES_STREAM_TANGENT, k);
  return es_qr(d, n, t->direction, R, diag);
}

static es_status allocate(es_tangent *t, es_diag *diag) {
  size_t size[PIECES];
  const es_status status = es_slab_open(&t->slab, total_of(t), diag);
  if (status != ES_OK) return status;
  pieces_of(t, size);
  double *R = NULL;
  double **const to[PIECES] = {
      &t->gradient,  &t->direction, &t->G,    &t->square[0],
      &t->square[1], &t->patches,   &t->part, &R};
  for (size_t k = 0; k < PIECES; k++) *to[k] = take(t, size[k]);
  for (size_t i = 1; i < t->plan.graph->n_nodes; i++) {
    es_tangent_cell *c = &t->cell[i];
    if (!c->used) continue;
    c->value = take(t, values_of(t, i));
    if (node_of(t, i)->op != ES_OP_NORM) continue;
    c->mean = take(t, statistics_of(t, i));
    c->scale = take(t, statistics_of(t, i));
  }
  return direct(t, R, diag);
}

es_status es_tangent_new(es_tangent **out, const es_tangent_plan *plan,
                         es_diag *diag) {
  es_tangent *t = calloc(1, sizeof *t);
  *out = NULL;
  if (t == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = prepare(t, plan, diag);
  if (status == ES_OK) status = allocate(t, diag);
  if (status == ES_OK)
    *out = t;
  else
    es_tangent_free(t);
  return status;
}

void es_tangent_free(es_tangent *t) {
  if (t == NULL) return;
  es_slab_close(&t->slab);
  free(t->cell);
  free(t);
}

size_t es_tangent_memory(const es_tangent *t) { return t->slab.size; }
size_t es_tangent_directions(const es_tangent *t) { return t->R; }

size_t es_tangent_bytes(const es_tangent_plan *plan) {
  es_tangent t = {0};
  const es_status status = prepare(&t, plan, NULL);
  const size_t total = status == ES_OK ? total_of(&t) : SIZE_MAX;
  free(t.cell);
  return total;
}

double *es_tangent_gradient(const es_tangent *t, size_t i, size_t row) {
  const size_t each = t->plan.rows * t->chunk;
  return t->gradient + t->cell[i].place * each +
         row * t->count * es_node_size(node_of(t, i));
}

const double *es_tangent_value(const es_tangent *t, size_t i, size_t image) {
  const size_t size = es_node_size(node_of(t, i));
  return (i == 0 ? t->input : t->cell[i].value) + image * size;
}

es_tangent_op es_tangent_see(const es_tangent *t, size_t i, size_t image) {
  const es_graph *g = t->plan.graph;
  const es_node *node = &g->node[i];
  const es_tangent_cell *c = &t->cell[i];
  const size_t group = t->plan.group != NULL ? t->plan.group[image] : 0;
  es_tangent_op op = {.in = &g->node[node->from[0]],
                      .node = node,
                      .y = c->value + image * es_node_size(node),
                      .directions = t->count,
                      .patch =
                          t->patches + (size_t)omp_get_thread_num() * t->patch};
  for (size_t k = 0; k < 2 && node->from[k] != ES_NONE; k++)
    op.x[k] = es_tangent_value(t, node->from[k], image);
  if (c->wanted && image < t->plan.rows)
    op.dy = es_tangent_gradient(t, i, image);
  if (node->weight != ES_NONE)
    op.weight = t->params + g->param[node->weight].offset;
  if (node->bias != ES_NONE) op.bias = t->params + g->param[node->bias].offset;
  if (node->op == ES_OP_NORM) {
    op.mean = c->mean + group * node->channels;
    op.scale = c->scale + group * node->channels;
  }
  return op;
}

static void seed(const es_tangent *t, size_t first) {
  const size_t top = t->plan.graph->output[t->plan.output], d = t->d;
  for (size_t row = 0; row < t->plan.rows; row++)
    memcpy(es_tangent_gradient(t, top, row), t->direction + first * d,
           t->count * d * sizeof(double));
}

static void back(const es_tangent *t, size_t i) {
  const es_node *node = node_of(t, i);
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
  for (size_t row = 0; row < t->plan.rows; row++) {
    es_tangent_op op = es_tangent_see(t, i, row);
    for (size_t k = 0; k < operands(node); k++) {
      const size_t from = node->from[k];
      if (!t->cell[from].wanted) continue;
      op.dx[k] = es_tangent_gradient(t, from, row);
      op.add[k] = t->cell[from].last != i || (k == 1 && node->from[0] == from);
    }
    es_tangent_backward(&op);
  }
}

static void backward(es_tangent *t, size_t first) {
  seed(t, first);
  for (size_t i = t->plan.graph->n_nodes; i-- > 1;) {
    if (!t->cell[i].wanted) continue;
    es_tangent_add(t, i, first);
    back(t, i);
  }
}

/* Divides by R, and makes K symmetric to the bit. */
static void finish(const es_tangent *t, double *trace) {
  const size_t columns = t->plan.columns;
  const double share = 1 / (double)t->R;
  for (size_t k = 0; k < t->plan.rows * columns; k++) t->K[k] *= share;
  for (size_t i = 0; i < columns; i++)
    for (size_t j = 0; j < i; j++)
      t->K[j * columns + i] = t->K[i * columns + j];
  for (size_t r = 0; trace != NULL && r < t->R; r++) {
    trace[r] = 0;
    for (size_t i = 0; i < columns; i++) trace[r] += t->part[i * t->R + r];
  }
}

static bool all_finite(const double *x, size_t n) {
  bool finite = true;
  for (size_t k = 0; k < n; k++) finite &= isfinite(x[k]) != 0;
  return finite;
}

static es_status work(es_tangent *t, const double *buffers, double *f,
                      const es_progress *progress, es_diag *diag) {
  const size_t rows = t->plan.rows;
  const double *z =
      es_tangent_value(t, t->plan.graph->output[t->plan.output], 0);
  es_tangent_fill_values(t, buffers);
  if (!all_finite(z, rows * t->d))
    return es_fail(diag, ES_NOT_FINITE,
                   "the network's output is not finite, nor is its kernel");
  if (f != NULL) memcpy(f, z, rows * t->d * sizeof *f);
  memset(t->part, 0, rows * t->R * sizeof *t->part);
  memset(t->K, 0, rows * t->plan.columns * sizeof *t->K);
  for (size_t r = 0; r < t->R; r += t->chunk) {
    if (es_progress_stopping(progress))
      return es_fail(diag, ES_INTERRUPTED,
                     "interrupted after %zu of %zu outputs", r, t->R);
    t->count = t->R - r < t->chunk ? t->R - r : t->chunk;
    backward(t, r);
    es_progress_report(progress, "kernel", (double)(r + t->count),
                       (double)t->R);
  }
  if (all_finite(t->K, rows * t->plan.columns)) return ES_OK;
  return es_fail(diag, ES_NOT_FINITE, "the tangent kernel is not finite");
}

es_status es_tangent_run(es_tangent *t, const double *params,
                         const double *buffers, const double *input, double *f,
                         double *K, double *trace, const es_progress *progress,
                         es_diag *diag) {
  const int threads = es_blas_serial();
  t->params = params;
  t->input = input;
  t->K = K;
  const es_status status = work(t, buffers, f, progress, diag);
  if (status == ES_OK) finish(t, trace);
  es_blas_resume(threads);
  return status;
}
