/* The oneDNN engine (version 2.6.3 was tested): float, activations in blocked
 * layouts from the first convolution to the pooling, memory shared by lifetime.
 *
 *   make_onednn      oneDNN's descriptors, the one file that knows its version
 *   layout_onednn    which layout, which primitive
 *   program_onednn   values and steps; plan_onednn: their memory
 *   forward_onednn, backward_onednn, norm_onednn   a graph as steps
 *   scale_onednn     scalings and offsets as steps
 *   turn_onednn      convolutions that are faster as the backward of another
 *   again_onednn     what backward computes again in place of keeping it
 *   lanes_onednn, flat_onednn   loops between the convolutions
 *
 * open does all of this; a call walks the steps. oneDNN allocates small tables
 * in its calls, the rest nothing. A number of threads is built into oneDNN's
 * primitives, so calls must have that of open. Results are the same bits for
 * the same number of threads. NaN passes through all but max-pooling. */
#include "net/program_onednn.h"

#include <dnnl_debug.h>

#include <limits.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int threads_now(void) {
  return omp_in_parallel() ? 1 : omp_get_max_threads();
}

/* oneDNN takes omp_get_max_threads() for granted, although a region inside
 * another has one thread: it would wait for the rest. Returns what to give to
 * leave. */
static int enter(void) {
  const int before = omp_get_max_threads();
  if (omp_in_parallel()) omp_set_num_threads(1);
  return before;
}

static void leave(int before) {
  if (omp_in_parallel()) omp_set_num_threads(before);
}

static void close_onednn(void *self) {
  es_dnn_program *p = self;
  if (p == NULL) return;
  for (size_t i = 0; i < p->n_steps; i++) {
    const es_dnn_step *step = &p->step[i];
    for (int k = 0; k < step->n_args; k++)
      if (step->memory[k].memory != NULL)
        dnnl_memory_destroy(step->memory[k].memory);
    if (step->primitive != NULL) dnnl_primitive_destroy(step->primitive);
  }
  es_dnn_maker_close(&p->maker);
  free(p->memory);
  free(p->step);
  free(p->value);
  free(p->cell);
  free(p);
}

/* oneDNN's kernels count in int. */
static es_status check(const es_graph *graph, size_t batch, size_t groups,
                       es_diag *diag) {
  const es_status status = es_graph_finish(graph, diag);
  if (status != ES_OK) return status;
  if (groups == 0 || batch == 0 || batch % groups != 0)
    return es_fail(diag, ES_BAD_SHAPE, "a batch of %zu in %zu equal parts",
                   batch, groups);
  for (size_t i = 0; i < graph->n_nodes; i++) {
    const es_node *n = &graph->node[i];
    size_t values;
    if (!es_size_mul(&values, batch, es_node_size(n)) || values > SIZE_MAX / 64)
      return es_fail(diag, ES_NO_MEMORY, "no memory for a batch of %zu", batch);
    if (batch > INT_MAX || es_node_size(n) > INT_MAX || n->kernel > INT_MAX ||
        n->stride > INT_MAX || n->pad > INT_MAX / 2)
      return es_fail(diag, ES_BAD_SHAPE, "node %zu is too large for oneDNN", i);
  }
  return ES_OK;
}

static void look_at_graph(es_dnn_program *p) {
  const es_graph *g = p->graph;
  for (size_t i = 0; i < g->n_nodes; i++) {
    const es_node *node = &g->node[i];
    es_dnn_cell *cell = &p->cell[i];
    *cell = (es_dnn_cell){.value = ES_NONE,
                          .extra = ES_NONE,
                          .gradient = ES_NONE,
                          .more = ES_NONE,
                          .norm = ES_NONE,
                          .added = ES_NONE};
    cell->differentiated = node->weight != ES_NONE;
    for (size_t k = 0; k < 2 && node->from[k] != ES_NONE; k++) {
      p->cell[node->from[k]].uses++;
      if (p->cell[node->from[k]].differentiated) cell->differentiated = true;
    }
  }
  for (size_t k = 0; k < g->n_outputs; k++) p->cell[g->output[k]].uses++;
}

static es_status open_onednn(void **self, const es_graph *graph, size_t batch,
                             size_t groups, bool backward, es_diag *diag) {
  *self = NULL;
  const es_status status = check(graph, batch, groups, diag);
  if (status != ES_OK) return status;
  es_dnn_program *p = calloc(1, sizeof *p);
  if (p != NULL) p->cell = calloc(graph->n_nodes, sizeof *p->cell);
  if (p == NULL || p->cell == NULL) {
    free(p);
    return es_fail(diag, ES_NO_MEMORY, "no memory for a network");
  }
  p->graph = graph;
  p->batch = batch;
  p->groups = groups;
  p->backward = backward;
  p->threads = threads_now();
  p->diag = diag;
  look_at_graph(p);
  const int before = enter();
  if (!es_dnn_failed(p, ES_NONE, "starting", es_dnn_maker_open(&p->maker)))
    es_dnn_forward_build(p);
  if (backward) es_dnn_backward_build(p);
  es_dnn_program_plan(p);
  leave(before);
  const es_status built = p->status;
  if (built == ES_OK)
    *self = p;
  else
    close_onednn(p);
  return built;
}

static bool own(es_dnn_home home) {
  return home == ES_AT_VALUE || home == ES_AT_SCRATCH;
}

static void run_primitive(es_dnn_program *p, const es_dnn_step *step) {
  for (int i = 0; i < step->n_args; i++) {
    if (own(step->arg[i].home)) continue;
    if (es_dnn_failed(
            p, step->node, step->what,
            dnnl_memory_set_data_handle(step->memory[i].memory,
                                        es_dnn_step_data(p, step, i))))
      return;
  }
  es_dnn_failed(p, step->node, step->what,
                dnnl_primitive_execute(step->primitive, p->maker.stream,
                                       step->n_args, step->memory));
}

static es_status run(es_dnn_program *p, size_t from, size_t to, es_diag *diag) {
  p->diag = diag;
  p->status = ES_OK;
  if (threads_now() != p->threads)
    return es_fail(diag, ES_USAGE,
                   "a network opened for %d threads is called with %d",
                   p->threads, threads_now());
  const int before = enter();
  for (size_t i = from; i < to && p->status == ES_OK; i++) {
    const es_dnn_step *step = &p->step[i];
    if (step->loop != NULL)
      step->loop(p, step);
    else
      run_primitive(p, step);
  }
  es_dnn_failed(p, ES_NONE, "waiting", dnnl_stream_wait(p->maker.stream));
  leave(before);
  return p->status;
}

static es_status forward_onednn(void *self, es_pass pass, const void *params,
                                void *buffers, const void *input,
                                es_diag *diag) {
  es_dnn_program *p = self;
  p->pass = pass;
  p->params = params;
  p->buffers = buffers;
  p->input = input;
  const es_status status = run(p, 0, p->n_forward, diag);
  p->ready = status == ES_OK && pass != ES_PASS_FROZEN;
  return status;
}

static const void *output_onednn(const void *self, size_t k) {
  const es_dnn_program *p = self;
  return es_dnn_value_data(p, p->out[k]);
}

static es_status backward_onednn(void *self, const void *params,
                                 const void *const *gradient, void *out,
                                 es_diag *diag) {
  es_dnn_program *p = self;
  if (!p->backward || !p->ready)
    return es_fail(diag, ES_USAGE,
                   "backward follows a forward that was not "
                   "frozen, once, of an instance opened for it");
  p->ready = false; /* it writes over what forward left */
  p->params = params;
  p->seed = gradient;
  p->gradient = out;
  es_dnn_flat_copy(out, NULL, p->graph->param_size);
  return run(p, p->n_forward, p->n_steps, diag);
}

static size_t memory_onednn(const void *self) {
  const es_dnn_program *p = self;
  return sizeof *p + p->memory_bytes + p->graph->n_nodes * sizeof *p->cell +
         p->n_values * sizeof *p->value + p->n_steps * sizeof *p->step;
}

const es_engine es_engine_onednn = {
    "onednn",       sizeof(float), open_onednn,     close_onednn,
    forward_onednn, output_onednn, backward_onednn, memory_onednn};

const char *es_engine_onednn_version(char *out, size_t size) {
  const dnnl_version_t *v = dnnl_version();
  snprintf(out, size, "%d.%d.%d", v->major, v->minor, v->patch);
  return out;
}
