/* Values and steps: see program_onednn.h. */
#include "net/program_onednn.h"

#include <dnnl_debug.h>

#include <stdint.h>

/* es_grown; a failure is noted. */
static void *grown(es_dnn_program *p, void *array, size_t n, size_t element) {
  void *more = es_grown(array, n, element);
  if (more == NULL)
    p->status = es_fail(p->diag, ES_NO_MEMORY, "no memory for a network");
  return more;
}

bool es_dnn_failed(es_dnn_program *p, size_t node, const char *what,
                   dnnl_status_t s) {
  const es_graph *g = p->graph;
  if (p->status != ES_OK) return true;
  if (s == dnnl_success) return false;
  const es_status code = s == dnnl_out_of_memory ? ES_NO_MEMORY : ES_RHS_FAILED;
  const size_t weight = node == ES_NONE ? ES_NONE : g->node[node].weight;
  if (node == ES_NONE)
    p->status =
        es_fail(p->diag, code, "oneDNN, %s: %s", what, dnnl_status2str(s));
  else if (weight == ES_NONE)
    p->status = es_fail(p->diag, code, "node %zu, %s: oneDNN says %s", node,
                        what, dnnl_status2str(s));
  else
    p->status = es_fail(p->diag, code, "%s, %s: oneDNN says %s",
                        g->param[weight].name, what, dnnl_status2str(s));
  return true;
}

size_t es_dnn_node_bytes(const es_dnn_program *p, size_t node) {
  return p->batch * es_node_size(&p->graph->node[node]) * sizeof(float);
}

size_t es_dnn_value_new(es_dnn_program *p, size_t bytes) {
  if (p->status != ES_OK) return ES_NONE;
  es_dnn_value *all = grown(p, p->value, p->n_values, sizeof *all);
  if (all == NULL) return ES_NONE;
  p->value = all;
  all[p->n_values] = (es_dnn_value){.bytes = bytes,
                                    .first = p->now,
                                    .last = p->now,
                                    .over = {ES_NONE, ES_NONE},
                                    .home = p->n_values};
  return p->n_values++;
}

size_t es_dnn_value_over(es_dnn_program *p, size_t a, size_t b) {
  if (p->status != ES_OK) return ES_NONE;
  const size_t v = es_dnn_value_new(p, p->value[a].bytes);
  if (v == ES_NONE) return ES_NONE;
  p->value[v].over[0] = a;
  p->value[v].over[1] = b;
  return v;
}

void es_dnn_value_keep(es_dnn_program *p, size_t value) {
  if (p->status == ES_OK) p->value[value].last = ES_NONE;
}

float *es_dnn_value_data(const es_dnn_program *p, size_t value) {
  return (float *)(void *)(p->memory + p->value[p->value[value].home].offset);
}

void es_dnn_tick(es_dnn_program *p) { p->now++; }

static es_dnn_step *add(es_dnn_program *p, const es_dnn_step *step) {
  if (p->status != ES_OK) return NULL;
  es_dnn_step *all = grown(p, p->step, p->n_steps, sizeof *all);
  if (all == NULL) return NULL;
  p->step = all;
  all[p->n_steps] = *step;
  all[p->n_steps].time = p->now;
  return &all[p->n_steps++];
}

es_dnn_step *es_dnn_loop_add(es_dnn_program *p, size_t node, const char *what,
                             void (*loop)(es_dnn_program *,
                                          const es_dnn_step *)) {
  return add(p, &(es_dnn_step){.node = node, .what = what, .loop = loop});
}

es_dnn_step *es_dnn_primitive_add(es_dnn_program *p, size_t node,
                                  const char *what,
                                  dnnl_primitive_desc_t made) {
  es_dnn_step step = {.node = node, .what = what};
  es_dnn_step *added = NULL;
  if (made == NULL) return NULL;
  if (!es_dnn_failed(p, node, what,
                     dnnl_primitive_create(&step.primitive, made)))
    added = add(p, &step);
  if (added == NULL && step.primitive != NULL)
    dnnl_primitive_destroy(step.primitive);
  es_dnn_scratch_need(p, es_dnn_arg_bytes(made, DNNL_ARG_SCRATCHPAD));
  dnnl_primitive_desc_destroy(made);
  es_dnn_step_arg(p, added, DNNL_ARG_SCRATCHPAD, ES_AT_SCRATCH, 0);
  return added;
}

void es_dnn_step_arg(es_dnn_program *p, es_dnn_step *step, int name,
                     es_dnn_home home, size_t index) {
  if (p->status != ES_OK || step == NULL) return;
  step->arg[step->n_args++] = (es_dnn_arg){name, home, index};
  if (home != ES_AT_VALUE || index == ES_NONE) return;
  es_dnn_value *v = &p->value[index];
  if (v->last != ES_NONE && v->last < p->now) v->last = p->now;
}

void es_dnn_scratch_need(es_dnn_program *p, size_t bytes) {
  if (p->scratch_bytes < bytes) p->scratch_bytes = bytes;
}

float *es_dnn_step_data(const es_dnn_program *p, const es_dnn_step *step,
                        int arg) {
  const es_dnn_arg *a = &step->arg[arg];
  if (a->index == ES_NONE) return NULL;
  switch (a->home) {
  case ES_AT_VALUE:
    return es_dnn_value_data(p, a->index);
  case ES_AT_PARAM:
    return (float *)(uintptr_t)(p->params + a->index);
  case ES_AT_GRADIENT:
    return p->gradient + a->index;
  case ES_AT_BUFFER:
    return p->buffers + a->index;
  case ES_AT_INPUT:
    return (float *)(uintptr_t)p->input;
  case ES_AT_SEED:
    return (float *)(uintptr_t)p->seed[a->index];
  case ES_AT_SCRATCH:
    return p->scratch;
  }
  return NULL;
}
