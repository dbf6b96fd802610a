/* The tangent kernel: see tangent.h. Gradients of nodes live from the first
 * node that gives them some, going back, to the node itself; those that never
 * live together share memory (first fit). */
#include "ntk/tangent_own.h"

#include "base/finite.h"
#include "base/random.h"
#include "linalg/linalg.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const size_t usual_bytes = (size_t)512 << 20;
static const size_t block_bytes = (size_t)64 << 20; /* of G */

static const es_node *node_of(const es_tangent *t, size_t i) {
  return &t->plan.graph->node[i];
}

static bool learns(const es_tangent *t, size_t param) {
  const double *weight = t->plan.weight;
  return param != ES_NONE && (weight == NULL || weight[param] > 0);
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
    for (size_t k = 0; k < es_tangent_operands(node); k++)
      c->wanted |= t->cell[node->from[k]].wanted;
    if (i != top) c->last = ES_NONE;
  }
  for (size_t i = n; i-- > 0;) {
    t->cell[i].wanted &= t->cell[i].last != ES_NONE;
    for (size_t k = 0; k < es_tangent_operands(node_of(t, i)); k++) {
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
  const size_t most = block_bytes / t->real->size / t->plan.rows;
  const size_t all = es_size_product(t->chunk, es_size_product(channels, cols));
  const size_t block = all < most ? all : most < cols ? cols : most;
  if (block + ES_TANGENT_PAD > t->block) t->block = block + ES_TANGENT_PAD;
}

static void size_up(es_tangent *t) {
  const es_graph *g = t->plan.graph;
  const size_t bytes = t->plan.bytes > 0 ? t->plan.bytes : usual_bytes;
  for (size_t i = g->n_nodes; i-- > 0;)
    if (t->cell[i].wanted) place(t, i);
  const size_t one =
      es_size_product(es_size_product(t->room, t->plan.rows), t->real->size);
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

/* Sums that tiles are added to, some for each: work for that many threads,
 * while a few megabytes are enough for it. */
static size_t sums_of(size_t rows, size_t columns) {
  enum { TASKS = 16, TILE = ES_TANGENT_TILE };
  const size_t down = rows / TILE + 1, across = columns / TILE + 1;
  return down < TASKS && across < TASKS && down * across < TASKS
             ? TASKS / (down * across)
             : 1;
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
  t->real = plan->single ? &es_tangent_float : &es_tangent_double;
  t->n_sums = sums_of(plan->rows, plan->columns);
  t->cell = calloc(g->n_nodes, sizeof *t->cell);
  if (t->cell == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  look(t);
  size_up(t);
  return ES_OK;
}

enum { PIECES = 12 };

/* Their sizes in bytes. */
static void pieces_of(const es_tangent *t, size_t bytes[PIECES]) {
  const es_graph *g = t->plan.graph;
  const size_t rows = t->plan.rows, wide = sizeof(double);
  const size_t square = es_size_product(rows, t->plan.columns);
  const size_t tile = (size_t)ES_TANGENT_TILE * ES_TANGENT_TILE;
  const size_t all[PIECES][2] = {
      {es_size_product(es_size_product(rows, t->chunk), t->room),
       t->real->size},
      {es_size_product(rows, t->block), t->real->size},
      {es_size_product(t->threads, tile), t->real->size},
      {es_size_product(t->threads, t->patch), wide},
      {g->param_size, wide},
      {es_size_product(t->plan.images, es_node_size(g->node)), wide},
      {es_size_product(t->R, t->d), wide},
      {es_size_product(t->n_sums, square), wide},
      {square, wide},
      {square, wide},
      {es_size_product(rows, t->R), wide},
      {es_size_product(t->R, t->R), wide}};
  for (size_t k = 0; k < PIECES; k++)
    bytes[k] = es_size_product(all[k][0], all[k][1]);
}

static size_t values_of(const es_tangent *t, size_t i) {
  return es_size_product(t->plan.images, es_node_size(node_of(t, i)));
}

static size_t statistics_of(const es_tangent *t, size_t i) {
  return es_size_product(t->plan.groups, node_of(t, i)->channels);
}

/* Of a convolution's weight that goes back turned; 0 for other nodes. */
static size_t turned_of(const es_tangent *t, size_t i) {
  const es_node *node = node_of(t, i);
  return node->op == ES_OP_CONV && es_window_turns(node) && t->cell[i].wanted &&
                 t->cell[node->from[0]].wanted
             ? t->plan.graph->param[node->weight].size
             : 0;
}

static size_t total_of(const es_tangent *t) {
  size_t total = 0, bytes[PIECES];
  pieces_of(t, bytes);
  for (size_t k = 0; k < PIECES; k++) es_slab_add(&total, bytes[k], 1);
  for (size_t i = 1; i < t->plan.graph->n_nodes; i++) {
    if (!t->cell[i].used) continue;
    es_slab_add(&total, values_of(t, i), sizeof(double));
    es_slab_add(&total, turned_of(t, i), t->real->size);
    for (size_t k = 0; k < 2 && node_of(t, i)->op == ES_OP_NORM; k++)
      es_slab_add(&total, statistics_of(t, i), sizeof(double));
  }
  return total;
}

static void *take(es_tangent *t, size_t count) {
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

static void allocate_cells(es_tangent *t) {
  for (size_t i = 1; i < t->plan.graph->n_nodes; i++) {
    es_tangent_cell *c = &t->cell[i];
    if (!c->used) continue;
    c->value = take(t, values_of(t, i));
    if (turned_of(t, i) > 0)
      c->turned = es_slab_take(&t->slab, turned_of(t, i), t->real->size);
    if (node_of(t, i)->op != ES_OP_NORM) continue;
    c->mean = take(t, statistics_of(t, i));
    c->scale = take(t, statistics_of(t, i));
  }
}

static es_status allocate(es_tangent *t, es_diag *diag) {
  size_t bytes[PIECES];
  void *piece[PIECES];
  const es_status status = es_slab_open(&t->slab, total_of(t), diag);
  if (status != ES_OK) return status;
  pieces_of(t, bytes);
  for (size_t k = 0; k < PIECES; k++)
    piece[k] = es_slab_take(&t->slab, bytes[k], 1);
  void **const to[] = {&t->gradient, &t->G,      &t->tile,
                       &t->patches,  &t->params, &t->input};
  double **const wide[] = {&t->direction, &t->sums, &t->square[0],
                           &t->square[1], &t->part};
  for (size_t k = 0; k < 6; k++) *to[k] = piece[k];
  for (size_t k = 0; k < 5; k++) *wide[k] = piece[6 + k];
  allocate_cells(t);
  return direct(t, piece[PIECES - 1], diag);
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

es_status es_tangent_bytes(size_t *out, const es_tangent_plan *plan,
                           es_diag *diag) {
  es_tangent t = {0};
  const es_status status = prepare(&t, plan, diag);
  *out = status == ES_OK ? total_of(&t) : 0;
  free(t.cell);
  return status;
}

/* The mean over directions, symmetric to the bit. */
static void finish(const es_tangent *t, double *K, double *trace) {
  const size_t columns = t->plan.columns, cells = t->plan.rows * columns;
  const double share = 1 / (double)t->R;
  for (size_t k = 0; k < cells; k++) {
    K[k] = t->sums[k];
    for (size_t s = 1; s < t->n_sums; s++) K[k] += t->sums[s * cells + k];
    K[k] *= share;
  }
  for (size_t i = 0; i < columns; i++)
    for (size_t j = 0; j < i; j++) K[j * columns + i] = K[i * columns + j];
  for (size_t r = 0; trace != NULL && r < t->R; r++) {
    trace[r] = 0;
    for (size_t i = 0; i < columns; i++) trace[r] += t->part[i * t->R + r];
  }
}

static es_status look_ahead(es_tangent *t, const double *params,
                            const double *buffers, const double *input,
                            double *f, es_diag *diag) {
  const size_t n = t->plan.rows * t->d;
  const size_t top = t->plan.graph->output[t->plan.output];
  const double *z = top == 0 ? t->input : t->cell[top].value;
  es_tangent_fill(t, params, buffers, input);
  if (!es_all_finite(n, z))
    return es_fail(diag, ES_NOT_FINITE,
                   "the network's output is not finite, nor is its kernel");
  if (f != NULL) memcpy(f, z, n * sizeof *f);
  if (t->plan.single) es_tangent_narrow(t);
  t->real->begin(t);
  return ES_OK;
}

static es_status go_back(es_tangent *t, const es_progress *progress,
                         es_diag *diag) {
  const size_t rows = t->plan.rows, columns = t->plan.columns;
  memset(t->part, 0, rows * t->R * sizeof *t->part);
  memset(t->sums, 0, t->n_sums * rows * columns * sizeof *t->sums);
  for (size_t r = 0; r < t->R; r += t->chunk) {
    if (es_progress_stopping(progress))
      return es_fail(diag, ES_INTERRUPTED,
                     "interrupted after %zu of %zu outputs", r, t->R);
    t->count = t->R - r < t->chunk ? t->R - r : t->chunk;
    t->real->back(t, r);
    es_progress_report(progress, "kernel", (double)(r + t->count),
                       (double)t->R);
  }
  return ES_OK;
}

es_status es_tangent_run(es_tangent *t, const double *params,
                         const double *buffers, const double *input, double *f,
                         double *K, double *trace, const es_progress *progress,
                         es_diag *diag) {
  const int threads = es_blas_serial();
  es_status status = look_ahead(t, params, buffers, input, f, diag);
  if (status == ES_OK) status = go_back(t, progress, diag);
  if (status == ES_OK) finish(t, K, trace);
  es_blas_resume(threads);
  if (status == ES_OK && !es_all_finite(t->plan.rows * t->plan.columns, K))
    status = es_fail(diag, ES_NOT_FINITE, "the tangent kernel is not finite");
  return status;
}
