/* The forward pass as steps. A normalisation is computed by the sum or the ReLU
 * that alone uses it, a sum by its ReLU: one pass over memory instead of two or
 * three. Weights are put into a convolution's own layout just before it. */
#include "net/program_onednn.h"

static void copy_input(es_dnn_program *p, const es_dnn_step *step) {
  es_dnn_flat_copy(es_dnn_step_data(p, step, 0), es_dnn_step_data(p, step, 1),
                   es_dnn_lanes_count(&step->lanes));
}

static void relu(es_dnn_program *p, const es_dnn_step *step) {
  es_dnn_flat_relu(es_dnn_step_data(p, step, 0), es_dnn_step_data(p, step, 1),
                   es_dnn_lanes_count(&step->lanes));
}

static void add(es_dnn_program *p, const es_dnn_step *step) {
  es_dnn_flat_add(es_dnn_step_data(p, step, 0), es_dnn_step_data(p, step, 1),
                  es_dnn_step_data(p, step, 2), step->relu,
                  es_dnn_lanes_count(&step->lanes));
}

static void mean(es_dnn_program *p, const es_dnn_step *step) {
  es_dnn_lanes_mean(es_dnn_step_data(p, step, 0), &step->lanes,
                    es_dnn_step_data(p, step, 1));
}

/* A loop whose first operands are the node's value and another. */
static es_dnn_step *loop_of(es_dnn_program *p, size_t node, const char *what,
                            void (*loop)(es_dnn_program *, const es_dnn_step *),
                            size_t shape, size_t operand) {
  es_dnn_step *step = es_dnn_loop_add(p, node, what, loop);
  if (step == NULL) return NULL;
  step->lanes = es_dnn_lanes_of(p, shape);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[node].value);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, operand);
  return step;
}

static void build_input(es_dnn_program *p, size_t i) {
  p->cell[i].layout = ES_PLAIN;
  p->cell[i].value = es_dnn_value_new(p, es_dnn_node_bytes(p, i));
  es_dnn_step *step = es_dnn_loop_add(p, i, "input", copy_input);
  if (step == NULL) return;
  step->lanes = es_dnn_lanes_of(p, i);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[i].value);
  es_dnn_step_arg(p, step, 0, ES_AT_INPUT, 0);
}

size_t es_dnn_weights_build(es_dnn_program *p, size_t node,
                            const_dnnl_primitive_desc_t of) {
  const es_dnn_window w = es_dnn_window_of(p, node);
  dnnl_primitive_desc_t made;
  if (p->status != ES_OK ||
      es_dnn_failed(
          p, node, "weights",
          es_dnn_make_weights(&made, &p->maker, &w, of, DNNL_ARG_WEIGHTS)) ||
      made == NULL)
    return ES_NONE;
  es_dnn_tick(p);
  const size_t own =
      es_dnn_value_new(p, es_dnn_arg_bytes(of, DNNL_ARG_WEIGHTS));
  es_dnn_step *step = es_dnn_primitive_add(p, node, "weights", made);
  es_dnn_step_arg(p, step, DNNL_ARG_FROM, ES_AT_PARAM,
                  p->graph->param[p->graph->node[node].weight].offset);
  es_dnn_step_arg(p, step, DNNL_ARG_TO, ES_AT_VALUE, own);
  return own;
}

void es_dnn_weights_arg(es_dnn_program *p, es_dnn_step *step, size_t node,
                        size_t own) {
  if (own != ES_NONE)
    es_dnn_step_arg(p, step, DNNL_ARG_WEIGHTS, ES_AT_VALUE, own);
  else
    es_dnn_step_arg(p, step, DNNL_ARG_WEIGHTS, ES_AT_PARAM,
                    p->graph->param[p->graph->node[node].weight].offset);
}

static void build_conv(es_dnn_program *p, size_t i) {
  const size_t from = p->graph->node[i].from[0];
  const es_dnn_cell *x = &p->cell[from];
  es_dnn_cell *cell = &p->cell[i];
  cell->layout = es_dnn_conv_layout(p, i, x->layout);
  if (es_dnn_turn_build(p, i)) return;
  es_dnn_layout in = x->layout, out = cell->layout;
  dnnl_primitive_desc_t made = es_dnn_conv_choose(p, i, ES_FORWARD, &in, &out);
  const size_t weights = es_dnn_weights_build(p, i, made);
  const size_t operand = es_dnn_moved(p, from, x->value, x->layout, in);
  es_dnn_tick(p);
  const size_t result = es_dnn_value_new(p, es_dnn_node_bytes(p, i));
  es_dnn_step *step = es_dnn_primitive_add(p, i, "convolution", made);
  es_dnn_step_arg(p, step, DNNL_ARG_SRC, ES_AT_VALUE, operand);
  es_dnn_weights_arg(p, step, i, weights);
  es_dnn_step_arg(p, step, DNNL_ARG_DST, ES_AT_VALUE, result);
  cell->value = es_dnn_moved(p, i, result, out, cell->layout);
}

/* Whether the only use of a node is the one that looks at it. */
static bool only(const es_dnn_program *p, size_t node) {
  return p->cell[node].uses == 1;
}

static bool postponed(const es_dnn_program *p, size_t i) {
  return p->cell[i].value == ES_NONE;
}

/* Sum node s, by itself or by the ReLU `result`. */
static void build_sum(es_dnn_program *p, size_t s, size_t result,
                      bool with_relu) {
  const size_t *from = p->graph->node[s].from;
  es_dnn_cell *cell = &p->cell[result];
  size_t a = from[0], b = from[1];
  if (postponed(p, b)) a = from[1], b = from[0];
  if (postponed(p, b)) {
    es_dnn_norm_forward(p, b, b, ES_NONE, false);
    es_dnn_let_again(p, b, b, ES_NONE, false);
  }
  cell->layout = p->cell[s].layout = p->cell[a].layout;
  const size_t other =
      es_dnn_moved(p, b, p->cell[b].value, p->cell[b].layout, cell->layout);
  if (postponed(p, a)) {
    es_dnn_norm_forward(p, a, result, other, with_relu);
    es_dnn_let_again(p, result, a, b, with_relu);
    return;
  }
  es_dnn_tick(p);
  cell->value = es_dnn_value_over(p, p->cell[a].value, other);
  es_dnn_step *step = loop_of(p, result, "sum", add, result, p->cell[a].value);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, other);
  if (step != NULL) step->relu = with_relu;
}

static void build_relu(es_dnn_program *p, size_t i) {
  const size_t from = p->graph->node[i].from[0];
  es_dnn_cell *cell = &p->cell[i];
  cell->layout = p->cell[from].layout;
  if (postponed(p, from) && p->graph->node[from].op == ES_OP_NORM) {
    es_dnn_norm_forward(p, from, i, ES_NONE, true);
    es_dnn_let_again(p, i, from, ES_NONE, true);
  } else if (postponed(p, from)) {
    build_sum(p, from, i, true);
  } else {
    es_dnn_tick(p);
    cell->value = es_dnn_value_over(p, p->cell[from].value, ES_NONE);
    loop_of(p, i, "ReLU", relu, i, p->cell[from].value);
  }
}

static void build_max_pool(es_dnn_program *p, size_t i) {
  const size_t from = p->graph->node[i].from[0];
  const es_dnn_window w = es_dnn_window_of(p, i);
  es_dnn_cell *cell = &p->cell[i];
  dnnl_primitive_desc_t made = NULL;
  cell->layout = p->cell[from].layout;
  if (es_dnn_failed(
          p, i, "max-pooling",
          es_dnn_make_max_pool(&made, &p->maker, ES_FORWARD, &w, cell->layout)))
    return;
  es_dnn_tick(p);
  cell->value = es_dnn_value_new(p, es_dnn_node_bytes(p, i));
  cell->extra = es_dnn_value_new(p, es_dnn_arg_bytes(made, DNNL_ARG_WORKSPACE));
  es_dnn_step *step = es_dnn_primitive_add(p, i, "max-pooling", made);
  es_dnn_step_arg(p, step, DNNL_ARG_SRC, ES_AT_VALUE, p->cell[from].value);
  es_dnn_step_arg(p, step, DNNL_ARG_DST, ES_AT_VALUE, cell->value);
  es_dnn_step_arg(p, step, DNNL_ARG_WORKSPACE, ES_AT_VALUE, cell->extra);
}

static void build_mean_pool(es_dnn_program *p, size_t i) {
  const size_t from = p->graph->node[i].from[0];
  p->cell[i].layout = ES_LAST;
  es_dnn_tick(p);
  p->cell[i].value = es_dnn_value_new(p, es_dnn_node_bytes(p, i));
  loop_of(p, i, "mean-pooling", mean, from, p->cell[from].value);
}

static void build_linear(es_dnn_program *p, size_t i) {
  const es_node *node = &p->graph->node[i];
  const size_t from = node->from[0];
  es_dnn_window w = es_dnn_window_of(p, i);
  es_dnn_cell *cell = &p->cell[i];
  dnnl_primitive_desc_t made = NULL;
  w.in *= w.height * w.width;
  cell->layout = ES_LAST;
  const size_t operand = es_dnn_moved(p, from, p->cell[from].value,
                                      p->cell[from].layout, ES_PLAIN);
  if (es_dnn_failed(p, i, "linear map",
                    es_dnn_make_linear(&made, &p->maker, ES_FORWARD, &w)))
    return;
  es_dnn_tick(p);
  cell->value = es_dnn_value_new(p, es_dnn_node_bytes(p, i));
  es_dnn_step *step = es_dnn_primitive_add(p, i, "linear map", made);
  es_dnn_step_arg(p, step, DNNL_ARG_SRC, ES_AT_VALUE, operand);
  es_dnn_weights_arg(p, step, i, ES_NONE);
  if (w.bias)
    es_dnn_step_arg(p, step, DNNL_ARG_BIAS, ES_AT_PARAM,
                    p->graph->param[node->bias].offset);
  es_dnn_step_arg(p, step, DNNL_ARG_DST, ES_AT_VALUE, cell->value);
}

/* A node that its only user computes: a normalisation for a sum or a ReLU, a
 * sum for a ReLU. */
static bool left_to_user(const es_dnn_program *p, size_t i) {
  const es_graph *g = p->graph;
  const es_op op = g->node[i].op;
  if (!only(p, i) || (op != ES_OP_NORM && op != ES_OP_ADD)) return false;
  for (size_t k = i + 1; k < g->n_nodes; k++) {
    const es_node *user = &g->node[k];
    if (user->from[0] != i && user->from[1] != i) continue;
    return user->op == ES_OP_RELU ||
           (user->op == ES_OP_ADD && op == ES_OP_NORM);
  }
  return false;
}

static void build(es_dnn_program *p, size_t i) {
  const size_t from = p->graph->node[i].from[0];
  if (left_to_user(p, i)) {
    p->cell[i].layout = p->cell[from].layout;
    return;
  }
  switch (p->graph->node[i].op) {
  case ES_OP_INPUT:
    build_input(p, i);
    break;
  case ES_OP_CONV:
    build_conv(p, i);
    break;
  case ES_OP_NORM:
    es_dnn_norm_forward(p, i, i, ES_NONE, false);
    break;
  case ES_OP_RELU:
    build_relu(p, i);
    break;
  case ES_OP_ADD:
    build_sum(p, i, i, false);
    break;
  case ES_OP_MAX_POOL:
    build_max_pool(p, i);
    break;
  case ES_OP_MEAN_POOL:
    build_mean_pool(p, i);
    break;
  case ES_OP_LINEAR:
    build_linear(p, i);
    break;
  case ES_OP_SCALE:
    es_dnn_scale_forward(p, i);
    break;
  case ES_OP_OFFSET:
    es_dnn_offset_forward(p, i);
    break;
  }
}

void es_dnn_forward_build(es_dnn_program *p) {
  const es_graph *g = p->graph;
  for (size_t i = 0; i < g->n_nodes && p->status == ES_OK; i++) build(p, i);
  for (size_t k = 0; k < g->n_outputs && p->status == ES_OK; k++) {
    const size_t i = g->output[k];
    p->out[k] =
        es_dnn_moved(p, i, p->cell[i].value, p->cell[i].layout, ES_PLAIN);
    es_dnn_value_keep(p, p->out[k]);
  }
  p->n_forward = p->n_steps;
}
