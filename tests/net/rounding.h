/* Float engines against the double reference on the same numbers, with a
 * tolerance from the rounding of float.
 *
 * A sum of K products in float is off by at most about sqrt(K) u of its terms'
 * size with high probability, u = 2^-24 (Higham and Mary, "A new approach to
 * probabilistic rounding error analysis", SIAM J. Sci. Comput. 41 (2019)
 * A2815). To what follows that is as if the operands had been moved by so much.
 * So the double engine runs again with all parameters and the input moved at
 * random by e = sqrt(K) u, K the network's longest sum: as far as its results
 * move, a float engine's may be off. Allowed is LAMBDA times that, for
 * rounding at every operation and not only at the first and for the luck of the
 * draws, and e of the result itself for its own rounding. Where terms cancel
 * within a gradient, e counts of the largest of the network's gradients.
 *
 * Results jump where a ReLU or a maximum changes its mind. The movements are
 * made REACH times larger than e, in two directions, to and fro: if both do not
 * add up to nearly nothing a kink is within reach, the case is not used and the
 * caller draws another. */
#ifndef ES_TESTS_ROUNDING_H
#define ES_TESTS_ROUNDING_H

#include "tests/net/nets.h"

#include <omp.h>

enum { ROUNDING_LAMBDA = 8, ROUNDING_REACH = 2, ROUNDING_MOVES = 4 };
enum { ROUNDING_MOST = 128 }; /* arrays of results */

typedef struct rounding_case {
  const es_graph *graph;
  size_t batch, groups;
  es_pass pass;
  uint64_t seed;
  unsigned without; /* bit k: output k has no gradient */
  int threads;      /* of the engine that is tested; 0: one */
} rounding_case;

/* Longest sum: of a forward operation, or of a gradient by a weight. */
static inline double rounding_longest(const rounding_case *r) {
  double longest = 1;
  for (size_t i = 0; i < r->graph->n_nodes; i++) {
    const es_node *n = &r->graph->node[i];
    longest = fmax(longest, (double)(r->batch * n->height * n->width));
    if (n->weight == ES_NONE || n->op == ES_OP_NORM) continue;
    const es_tensor *w = &r->graph->param[n->weight];
    longest = fmax(longest, (double)(w->size / w->dims[0]));
  }
  return longest;
}

static inline void rounding_move(double *x, size_t n, double e,
                                 uint32_t stream) {
  for (size_t i = 0; i < n; i++)
    x[i] *= 1 + e * sqrt(12) *
                    (es_random_uniform(77, ES_STREAM_USER + stream, i) - .5);
}

/* The results of an engine with all numbers moved by e in a direction. */
static inline void rounding_run(nets_case *c, const rounding_case *r,
                                const es_engine *engine, double e,
                                uint32_t direction) {
  const es_graph *g = r->graph;
  nets_open(c, g, r->batch, r->groups, r->seed);
  for (size_t k = 0; k < g->n_outputs; k++)
    if (r->without >> k & 1) {
      free(c->coef[k]);
      c->coef[k] = NULL;
    }
  rounding_move(c->params, g->param_size, e, 5000 + direction);
  rounding_move(c->input, r->batch * es_node_size(&g->node[0]), e,
                6000 + direction);
  const int threads = omp_get_max_threads();
  const bool oracle = engine == &es_engine_reference_double;
  omp_set_num_threads(oracle || r->threads == 0 ? 1 : r->threads);
  nets_run(c, engine, r->pass);
  omp_set_num_threads(threads);
}

/* Array number i of results, or NULL: outputs, buffers, gradients. */
static inline const double *rounding_array(const nets_case *c, es_pass pass,
                                           size_t i, size_t *n,
                                           const char **name) {
  const es_graph *g = c->graph;
  *name = "output";
  if (i < g->n_outputs) {
    *n = nets_values(c, i);
    return c->out[i];
  }
  i -= g->n_outputs;
  const bool buffer = i < g->n_buffers;
  if (!buffer) i -= g->n_buffers;
  if (!buffer && (pass == ES_PASS_FROZEN || i >= g->n_params)) return NULL;
  const es_tensor *t = buffer ? &g->buffer[i] : &g->param[i];
  *n = t->size;
  *name = t->name;
  return (buffer ? c->buffers : c->gradient) + t->offset;
}

/* Size of the largest gradient for gradients, 0 for other results. */
static inline double rounding_floor(const nets_case *c, size_t i) {
  const es_graph *g = c->graph;
  double floor = 0;
  for (size_t p = 0; i >= g->n_outputs + g->n_buffers && p < g->n_params; p++)
    floor = fmax(floor, nets_rms(c->gradient + g->param[p].offset, NULL,
                                 g->param[p].size));
  return floor;
}

/* How far array i moves per e; negative: a kink is near. */
static inline double rounding_moved(const nets_case *want,
                                    const nets_case *moved, es_pass pass,
                                    size_t i) {
  double most = 0;
  size_t n = 0;
  const char *name;
  const double *w = rounding_array(want, pass, i, &n, &name);
  const double size = nets_rms(w, NULL, n) + rounding_floor(want, i);
  for (size_t m = 0; m < ROUNDING_MOVES; m += 2) {
    const double *to = rounding_array(&moved[m], pass, i, &n, &name);
    const double *fro = rounding_array(&moved[m + 1], pass, i, &n, &name);
    const double way = nets_rms(to, fro, n) / 2;
    double bend = 0;
    for (size_t k = 0; k < n; k++)
      bend += pow(to[k] + fro[k] - 2 * w[k], 2) / (double)n;
    if (!(sqrt(bend) <= .05 * way + 1e-9 * size)) return -1;
    most = fmax(most, way / ROUNDING_REACH);
  }
  return most;
}

static inline void rounding_hold(const nets_case *want, const nets_case *got,
                                 es_pass pass, size_t i, double moved,
                                 double e) {
  size_t n = 0;
  const char *name;
  const double *w = rounding_array(want, pass, i, &n, &name);
  const double *x = rounding_array(got, pass, i, &n, &name);
  const double error = nets_rms(w, x, n), size = nets_rms(w, NULL, n);
  const double allowed =
      ROUNDING_LAMBDA * moved + e * (size + rounding_floor(want, i));
  if (!(error <= allowed))
    fail_msg("%s: off by %.3g of %.3g, allowed %.3g", name, error, size,
             allowed);
}

/* Holds an engine's results against the reference's. False: a kink is near and
 * nothing was tested. */
static inline bool rounding_check(const es_engine *engine,
                                  const rounding_case *r) {
  const double e = sqrt(rounding_longest(r)) * 0x1p-24;
  nets_case want, got, moved[ROUNDING_MOVES];
  double by[ROUNDING_MOST];
  size_t n = 0, size;
  const char *name;
  bool usable = true;
  rounding_run(&want, r, &es_engine_reference_double, 0, 0);
  for (uint32_t m = 0; m < ROUNDING_MOVES; m++)
    rounding_run(&moved[m], r, &es_engine_reference_double,
                 (m % 2 == 0 ? 1 : -1) * ROUNDING_REACH * e, m / 2);
  for (; rounding_array(&want, r->pass, n, &size, &name) != NULL; n++) {
    assert_true(n < ROUNDING_MOST);
    by[n] = rounding_moved(&want, moved, r->pass, n);
    usable = usable && by[n] >= 0;
  }
  if (usable) {
    rounding_run(&got, r, engine, 0, 0);
    for (size_t i = 0; i < n; i++)
      rounding_hold(&want, &got, r->pass, i, by[i], e);
    nets_close(&got);
  }
  nets_close(&want);
  for (size_t m = 0; m < ROUNDING_MOVES; m++) nets_close(&moved[m]);
  return usable;
}

/* The same for the first usable seed of a few. */
static inline void rounding_check_some(const es_engine *engine,
                                       rounding_case r) {
  for (r.seed = 1; r.seed <= 10; r.seed++)
    if (rounding_check(engine, &r)) return;
  fail_msg("no seed without a kink");
}

#endif
