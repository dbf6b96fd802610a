/* Scaling by channel, y = w x, and offsets, y = factor (x - share base), as
 * steps: loops of ours, on whatever layout the operand has. The weight's
 * gradient, sum dy x, is added in double, images and positions in order, each
 * channel by one thread. */
#include "net/program_onednn.h"

static size_t channels_of(const es_dnn_lanes *t) {
  return t->blocks * t->lanes;
}

/* to[i] = w[channel of i] from[i] */
static void scale(const es_dnn_lanes *t, const float *w, const float *from,
                  float *to) {
#pragma omp parallel for schedule(static)
  for (size_t row = 0; row < t->images * t->blocks; row++) {
    const float *own = w + row % t->blocks * t->lanes;
    for (size_t i = row * t->area; i < (row + 1) * t->area; i++)
      for (size_t l = 0; l < t->lanes; l++)
        to[i * t->lanes + l] = own[l] * from[i * t->lanes + l];
  }
}

static void forward(es_dnn_program *p, const es_dnn_step *step) {
  scale(&step->lanes, es_dnn_step_data(p, step, 2),
        es_dnn_step_data(p, step, 1), es_dnn_step_data(p, step, 0));
}

void es_dnn_scale_forward(es_dnn_program *p, size_t node) {
  const size_t from = p->graph->node[node].from[0];
  const size_t weight = p->graph->node[node].weight;
  es_dnn_cell *cell = &p->cell[node];
  cell->layout = p->cell[from].layout;
  es_dnn_tick(p);
  cell->value = es_dnn_value_over(p, p->cell[from].value, ES_NONE);
  es_dnn_step *step = es_dnn_loop_add(p, node, "scaling", forward);
  if (step == NULL) return;
  step->lanes = es_dnn_lanes_of(p, node);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, cell->value);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[from].value);
  es_dnn_step_arg(p, step, 0, ES_AT_PARAM, p->graph->param[weight].offset);
}

/* Arguments of the backward step. */
enum { DX, X, DY, WEIGHT, D_WEIGHT };

static double by_weight(const es_dnn_lanes *t, size_t channel, const float *x,
                        const float *dy) {
  const size_t block = channel / t->lanes, lane = channel % t->lanes;
  double sum = 0;
  for (size_t n = 0; n < t->images; n++)
    for (size_t i = 0; i < t->area; i++) {
      const size_t at =
          ((n * t->blocks + block) * t->area + i) * t->lanes + lane;
      sum += (double)dy[at] * (double)x[at];
    }
  return sum;
}

static void backward(es_dnn_program *p, const es_dnn_step *step) {
  const es_dnn_lanes *t = &step->lanes;
  const float *x = es_dnn_step_data(p, step, X),
              *dy = es_dnn_step_data(p, step, DY);
  float *dw = es_dnn_step_data(p, step, D_WEIGHT),
        *dx = es_dnn_step_data(p, step, DX);
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < channels_of(t); c++)
    dw[c] = (float)by_weight(t, c, x, dy);
  if (dx != NULL) scale(t, es_dnn_step_data(p, step, WEIGHT), dy, dx);
}

void es_dnn_scale_backward(es_dnn_program *p, size_t node, size_t dy) {
  const es_graph *g = p->graph;
  const size_t from = g->node[node].from[0];
  const size_t weight = g->param[g->node[node].weight].offset;
  size_t dx = ES_NONE;
  es_dnn_tick(p);
  if (p->cell[from].differentiated) dx = es_dnn_value_over(p, dy, ES_NONE);
  es_dnn_step *step = es_dnn_loop_add(p, node, "gradient of scaling", backward);
  if (step == NULL) return;
  step->lanes = es_dnn_lanes_of(p, node);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, dx);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[from].value);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, dy);
  es_dnn_step_arg(p, step, 0, ES_AT_PARAM, weight);
  es_dnn_step_arg(p, step, 0, ES_AT_GRADIENT, weight);
  if (dx != ES_NONE) es_dnn_contribute(p, from, dx);
}

static void offset(es_dnn_program *p, const es_dnn_step *step) {
  const es_dnn_lanes *t = &step->lanes;
  const es_node *node = &p->graph->node[step->node];
  const size_t n = es_dnn_lanes_count(t);
  const float *x = es_dnn_step_data(p, step, 1),
              *base = es_dnn_step_data(p, step, 2);
  float *y = es_dnn_step_data(p, step, 0);
  for (size_t i = 0; i < n; i++) {
    const double away = base != NULL ? node->share * (double)base[i] : 0;
    y[i] = (float)(node->factor * ((double)x[i] - away));
  }
}

/* The step of node, its operands the values to, from and base. */
static void add_offset(es_dnn_program *p, size_t node, const char *what,
                       size_t to, size_t from, size_t base) {
  es_dnn_step *step = es_dnn_loop_add(p, node, what, offset);
  if (step == NULL) return;
  step->lanes = es_dnn_lanes_of(p, node);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, to);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, from);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, base);
}

void es_dnn_offset_forward(es_dnn_program *p, size_t node) {
  const size_t *from = p->graph->node[node].from;
  const size_t x = p->cell[from[0]].value;
  es_dnn_cell *cell = &p->cell[node];
  size_t base = ES_NONE;
  cell->layout = p->cell[from[0]].layout;
  if (from[1] != ES_NONE)
    base = es_dnn_moved(p, from[1], p->cell[from[1]].value,
                        p->cell[from[1]].layout, cell->layout);
  es_dnn_tick(p);
  cell->value = es_dnn_value_over(p, x, base);
  add_offset(p, node, "offset", cell->value, x, base);
}

/* Without a base it is factor dy. */
void es_dnn_offset_backward(es_dnn_program *p, size_t node, size_t dy) {
  const size_t from = p->graph->node[node].from[0];
  if (!p->cell[from].differentiated) return;
  es_dnn_tick(p);
  const size_t dx = es_dnn_value_over(p, dy, ES_NONE);
  add_offset(p, node, "gradient of offset", dx, dy, ES_NONE);
  es_dnn_contribute(p, from, dx);
}
