/* The backward pass as steps, nodes in reverse: when a node is reached, its
 * gradient is the sum of its users' contributions and of what the caller gives
 * for it as an output. Gradients lie in memory as their node's value does. */
#include "net/program_onednn.h"

static void add(es_dnn_program *p, const es_dnn_step *step) {
  es_dnn_flat_add(es_dnn_step_data(p, step, 0), es_dnn_step_data(p, step, 1),
                  es_dnn_step_data(p, step, 2), false,
                  es_dnn_lanes_count(&step->lanes));
}

static void seed(es_dnn_program *p, const es_dnn_step *step) {
  es_dnn_flat_copy(es_dnn_step_data(p, step, 0), es_dnn_step_data(p, step, 1),
                   es_dnn_lanes_count(&step->lanes));
}

static void relu_back(es_dnn_program *p, const es_dnn_step *step) {
  es_dnn_flat_relu_back(
      es_dnn_step_data(p, step, 0), es_dnn_step_data(p, step, 1),
      es_dnn_step_data(p, step, 2), es_dnn_step_data(p, step, 3),
      es_dnn_lanes_count(&step->lanes));
}

static void mean_back(es_dnn_program *p, const es_dnn_step *step) {
  es_dnn_lanes_mean_back(es_dnn_step_data(p, step, 0), &step->lanes,
                         es_dnn_step_data(p, step, 1));
}

/* The node's gradient as one value. */
static size_t gradient_of(es_dnn_program *p, size_t node) {
  es_dnn_cell *cell = &p->cell[node];
  if (p->status != ES_OK || cell->more == ES_NONE) return cell->gradient;
  es_dnn_tick(p);
  const size_t sum = es_dnn_value_over(p, cell->gradient, cell->more);
  es_dnn_step *step = es_dnn_loop_add(p, node, "sum of gradients", add);
  if (step != NULL) step->lanes = es_dnn_lanes_of(p, node);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, sum);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, cell->gradient);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, cell->more);
  cell->gradient = sum;
  cell->more = ES_NONE;
  return sum;
}

void es_dnn_contribute(es_dnn_program *p, size_t node, size_t value) {
  es_dnn_cell *cell = &p->cell[node];
  if (p->status != ES_OK || !cell->differentiated) return;
  if (gradient_of(p, node) == ES_NONE)
    cell->gradient = value;
  else
    cell->more = value;
}

static void build_seeds(es_dnn_program *p, size_t i) {
  const es_graph *g = p->graph;
  for (size_t k = 0; k < g->n_outputs; k++) {
    if (g->output[k] != i || g->watched[k]) continue;
    es_dnn_tick(p);
    const size_t given = es_dnn_value_new(p, es_dnn_node_bytes(p, i));
    es_dnn_step *step = es_dnn_loop_add(p, i, "output's gradient", seed);
    if (step != NULL) step->lanes = es_dnn_lanes_of(p, i);
    es_dnn_step_arg(p, step, 0, ES_AT_VALUE, given);
    es_dnn_step_arg(p, step, 0, ES_AT_SEED, k);
    es_dnn_contribute(p, i,
                      es_dnn_moved(p, i, given, ES_PLAIN, p->cell[i].layout));
  }
}

static void build_conv_weights(es_dnn_program *p, size_t i, size_t dy) {
  const es_node *node = &p->graph->node[i];
  const es_dnn_cell *x = &p->cell[node->from[0]], *y = &p->cell[i];
  const es_dnn_window w = es_dnn_window_of(p, i);
  const size_t offset = p->graph->param[node->weight].offset;
  es_dnn_layout in = x->layout, out = y->layout;
  dnnl_primitive_desc_t made =
      es_dnn_conv_choose(p, i, ES_BACK_WEIGHTS, &in, &out);
  dnnl_primitive_desc_t plain = NULL;
  if (made == NULL) return;
  const size_t operand = es_dnn_moved(
      p, node->from[0], es_dnn_value_again(p, node->from[0]), x->layout, in);
  const size_t result = es_dnn_moved(p, i, dy, y->layout, out);
  es_dnn_failed(
      p, i, "gradient of weights",
      es_dnn_make_weights(&plain, &p->maker, &w, made, DNNL_ARG_DIFF_WEIGHTS));
  es_dnn_tick(p);
  const size_t own =
      plain == NULL
          ? ES_NONE
          : es_dnn_value_new(p, es_dnn_arg_bytes(made, DNNL_ARG_DIFF_WEIGHTS));
  es_dnn_step *step =
      es_dnn_primitive_add(p, i, "convolution, gradient by weights", made);
  es_dnn_step_arg(p, step, DNNL_ARG_SRC, ES_AT_VALUE, operand);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_DST, ES_AT_VALUE, result);
  if (plain == NULL) {
    es_dnn_step_arg(p, step, DNNL_ARG_DIFF_WEIGHTS, ES_AT_GRADIENT, offset);
    return;
  }
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_WEIGHTS, ES_AT_VALUE, own);
  es_dnn_tick(p);
  step = es_dnn_primitive_add(p, i, "gradient of weights", plain);
  es_dnn_step_arg(p, step, DNNL_ARG_FROM, ES_AT_VALUE, own);
  es_dnn_step_arg(p, step, DNNL_ARG_TO, ES_AT_GRADIENT, offset);
}

static void build_conv_data(es_dnn_program *p, size_t i, size_t dy) {
  const size_t from = p->graph->node[i].from[0];
  const es_dnn_cell *x = &p->cell[from], *y = &p->cell[i];
  es_dnn_layout in = x->layout, out = y->layout;
  dnnl_primitive_desc_t made =
      es_dnn_conv_choose(p, i, ES_BACK_DATA, &in, &out);
  if (made == NULL) return;
  const size_t weights = es_dnn_weights_build(p, i, made);
  const size_t result = es_dnn_moved(p, i, dy, y->layout, out);
  es_dnn_tick(p);
  const size_t dx = es_dnn_value_new(p, es_dnn_node_bytes(p, from));
  es_dnn_step *step =
      es_dnn_primitive_add(p, i, "convolution, gradient by operand", made);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_DST, ES_AT_VALUE, result);
  es_dnn_weights_arg(p, step, i, weights);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_SRC, ES_AT_VALUE, dx);
  es_dnn_contribute(p, from, es_dnn_moved(p, from, dx, in, x->layout));
}

/* Adds the last two of a gradient's addends on the way. */
static void build_relu(es_dnn_program *p, size_t i) {
  const size_t from = p->graph->node[i].from[0];
  const size_t dy = p->cell[i].gradient, more = p->cell[i].more;
  const size_t y = es_dnn_value_again(p, i);
  es_dnn_tick(p);
  const size_t dx = es_dnn_value_over(p, dy, more);
  es_dnn_step *step = es_dnn_loop_add(p, i, "gradient of ReLU", relu_back);
  if (step != NULL) step->lanes = es_dnn_lanes_of(p, i);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, dx);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, y);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, dy);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, more);
  es_dnn_contribute(p, from, dx);
}

static void build_max_pool(es_dnn_program *p, size_t i, size_t dy) {
  const size_t from = p->graph->node[i].from[0];
  const es_dnn_window w = es_dnn_window_of(p, i);
  dnnl_primitive_desc_t made = NULL;
  if (es_dnn_failed(p, i, "max-pooling",
                    es_dnn_make_max_pool(&made, &p->maker, ES_BACK_DATA, &w,
                                         p->cell[i].layout)))
    return;
  es_dnn_tick(p);
  const size_t dx = es_dnn_value_new(p, es_dnn_node_bytes(p, from));
  es_dnn_step *step =
      es_dnn_primitive_add(p, i, "gradient of max-pooling", made);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_DST, ES_AT_VALUE, dy);
  es_dnn_step_arg(p, step, DNNL_ARG_WORKSPACE, ES_AT_VALUE, p->cell[i].extra);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_SRC, ES_AT_VALUE, dx);
  es_dnn_contribute(p, from, dx);
}

static void build_mean_pool(es_dnn_program *p, size_t i, size_t dy) {
  const size_t from = p->graph->node[i].from[0];
  es_dnn_tick(p);
  const size_t dx = es_dnn_value_new(p, es_dnn_node_bytes(p, from));
  es_dnn_step *step =
      es_dnn_loop_add(p, i, "gradient of mean-pooling", mean_back);
  if (step != NULL) step->lanes = es_dnn_lanes_of(p, from);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, dx);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, dy);
  es_dnn_contribute(p, from, dx);
}

static void build_linear_weights(es_dnn_program *p, size_t i,
                                 const es_dnn_window *w, size_t operand,
                                 size_t dy) {
  const es_graph *g = p->graph;
  dnnl_primitive_desc_t made = NULL;
  if (es_dnn_failed(p, i, "linear map",
                    es_dnn_make_linear(&made, &p->maker, ES_BACK_WEIGHTS, w)))
    return;
  es_dnn_tick(p);
  es_dnn_step *step =
      es_dnn_primitive_add(p, i, "linear map, gradient by weights", made);
  es_dnn_step_arg(p, step, DNNL_ARG_SRC, ES_AT_VALUE, operand);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_DST, ES_AT_VALUE, dy);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_WEIGHTS, ES_AT_GRADIENT,
                  g->param[g->node[i].weight].offset);
  if (w->bias)
    es_dnn_step_arg(p, step, DNNL_ARG_DIFF_BIAS, ES_AT_GRADIENT,
                    g->param[g->node[i].bias].offset);
}

static void build_linear(es_dnn_program *p, size_t i, size_t dy) {
  const size_t from = p->graph->node[i].from[0];
  const es_dnn_cell *x = &p->cell[from];
  es_dnn_window w = es_dnn_window_of(p, i);
  w.in *= w.height * w.width;
  build_linear_weights(
      p, i, &w, es_dnn_moved(p, from, x->value, x->layout, ES_PLAIN), dy);
  dnnl_primitive_desc_t made = NULL;
  if (!x->differentiated ||
      es_dnn_failed(p, i, "linear map",
                    es_dnn_make_linear(&made, &p->maker, ES_BACK_DATA, &w)))
    return;
  es_dnn_tick(p);
  const size_t dx = es_dnn_value_new(p, es_dnn_node_bytes(p, from));
  es_dnn_step *step =
      es_dnn_primitive_add(p, i, "linear map, gradient by operand", made);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_DST, ES_AT_VALUE, dy);
  es_dnn_weights_arg(p, step, i, ES_NONE);
  es_dnn_step_arg(p, step, DNNL_ARG_DIFF_SRC, ES_AT_VALUE, dx);
  es_dnn_contribute(p, from, es_dnn_moved(p, from, dx, ES_PLAIN, x->layout));
}

/* A normalisation that forward left to its ReLU. */
static bool takes_norm(const es_dnn_program *p, size_t i) {
  const size_t from = p->graph->node[i].from[0];
  return p->graph->node[i].op == ES_OP_RELU &&
         p->graph->node[from].op == ES_OP_NORM &&
         p->cell[from].value == ES_NONE;
}

static void build(es_dnn_program *p, size_t i, size_t dy) {
  const es_node *node = &p->graph->node[i];
  switch (node->op) {
  case ES_OP_INPUT:
    break;
  case ES_OP_CONV:
    build_conv_weights(p, i, dy);
    if (p->cell[node->from[0]].differentiated) build_conv_data(p, i, dy);
    break;
  case ES_OP_NORM:
    es_dnn_norm_backward(p, i, dy, false);
    break;
  case ES_OP_RELU:
    es_dnn_norm_backward(p, node->from[0], dy, true);
    break;
  case ES_OP_ADD:
    for (size_t k = 0; k < 2; k++) {
      const size_t to = node->from[k];
      es_dnn_contribute(
          p, to, es_dnn_moved(p, i, dy, p->cell[i].layout, p->cell[to].layout));
    }
    break;
  case ES_OP_MAX_POOL:
    build_max_pool(p, i, dy);
    break;
  case ES_OP_MEAN_POOL:
    build_mean_pool(p, i, dy);
    break;
  case ES_OP_LINEAR:
    build_linear(p, i, dy);
    break;
  case ES_OP_SCALE:
    es_dnn_scale_backward(p, i, dy);
    break;
  case ES_OP_OFFSET:
    es_dnn_offset_backward(p, i, dy);
    break;
  }
}

void es_dnn_backward_build(es_dnn_program *p) {
  for (size_t i = p->graph->n_nodes; i-- > 0 && p->status == ES_OK;) {
    const es_dnn_cell *cell = &p->cell[i];
    if (!cell->differentiated) continue;
    build_seeds(p, i);
    if (cell->gradient == ES_NONE) continue;
    if (p->graph->node[i].op == ES_OP_RELU && !takes_norm(p, i))
      build_relu(p, i);
    else
      build(p, i, gradient_of(p, i));
  }
}
