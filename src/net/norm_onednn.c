/* Batch normalisation as steps: y = w (x - mean) r + b with r = 1/sqrt(var +
 * 1e-5), by channel and part; the loops are in lanes_onednn.c. Running
 * statistics take (1 - momentum) old + momentum new, part by part in order, the
 * variance with m - 1 in place of m; a part of m = 1 value gives 0. Without
 * weight and bias w = 1, and b is a row of zeros kept beside the statistics. */
#include "net/program_onednn.h"

#include <math.h>

/* What backward needs again, n = groups · channels of each. */
typedef struct statistics {
  double *r;
  float *mean, *scale; /* scale = w r */
  float *zero;         /* as many; where there is no bias */
} statistics;

static size_t count_of(const es_dnn_lanes *t) {
  return t->groups * t->blocks * t->lanes;
}

static statistics statistics_at(void *memory, size_t n) {
  statistics s = {.r = memory};
  s.mean = (float *)(void *)(s.r + n);
  s.scale = s.mean + n;
  s.zero = s.scale + n;
  return s;
}

enum { STATISTICS = sizeof(double) + 2 * sizeof(float) };

static size_t bytes_of(const es_node *node, size_t n) {
  return n * (STATISTICS + (node->bias == ES_NONE ? sizeof(float) : 0));
}

/* Where the first number of a parameter is, or ES_NONE. */
static size_t param_at(const es_graph *g, size_t p) {
  return p == ES_NONE ? ES_NONE : g->param[p].offset;
}

/* Arguments of the forward step. */
enum { Y, X, Z, STATS, WEIGHT, BIAS, MEAN, VAR, COUNT, WORK };

static void track(const es_dnn_lanes *t, const double *mean, const double *var,
                  float *running_mean, float *running_var, float *count) {
  const size_t channels = t->blocks * t->lanes;
  const double m = (double)(t->images / t->groups) * (double)t->area;
  const double share = ES_NORM_MOMENTUM, old = 1 - share;
  const double unbias = m > 1 ? m / (m - 1) : 0;
  for (size_t g = 0; g < t->groups; g++)
    for (size_t c = 0; c < channels; c++) {
      const size_t i = g * channels + c;
      running_mean[c] =
          (float)(old * (double)running_mean[c] + share * mean[i]);
      running_var[c] =
          (float)(old * (double)running_var[c] + share * unbias * var[i]);
    }
  *count += (float)t->groups;
}

/* The result from the statistics. */
static void again(es_dnn_program *p, const es_dnn_step *step) {
  const es_dnn_lanes *t = &step->lanes;
  const float *bias = es_dnn_step_data(p, step, BIAS);
  const statistics s =
      statistics_at(es_dnn_step_data(p, step, STATS), count_of(t));
  es_dnn_lanes_normalise(es_dnn_step_data(p, step, Y), t,
                         es_dnn_step_data(p, step, X),
                         es_dnn_step_data(p, step, Z),
                         &(es_dnn_affine){.mean = s.mean,
                                          .scale = s.scale,
                                          .shift = bias != NULL ? bias : s.zero,
                                          .relu = step->relu});
}

static void forward(es_dnn_program *p, const es_dnn_step *step) {
  const es_dnn_lanes *t = &step->lanes;
  const size_t channels = t->blocks * t->lanes, n = count_of(t);
  const float *x = es_dnn_step_data(p, step, X),
              *w = es_dnn_step_data(p, step, WEIGHT);
  float *running_mean = es_dnn_step_data(p, step, MEAN);
  float *running_var = es_dnn_step_data(p, step, VAR);
  double *mean = (double *)(void *)es_dnn_step_data(p, step, WORK),
         *var = mean + n;
  const statistics s = statistics_at(es_dnn_step_data(p, step, STATS), n);
  if (p->pass == ES_PASS_FROZEN)
    for (size_t i = 0; i < n; i++) {
      mean[i] = (double)running_mean[i % channels];
      var[i] = (double)running_var[i % channels];
    }
  else
    es_dnn_lanes_statistics(mean, var, t, x, var + n);
  if (p->pass == ES_PASS_TRAIN)
    track(t, mean, var, running_mean, running_var,
          es_dnn_step_data(p, step, COUNT));
  for (size_t i = 0; i < n; i++) {
    s.r[i] = 1 / sqrt(var[i] + ES_NORM_EPSILON);
    s.mean[i] = (float)mean[i];
    s.scale[i] = (float)(w != NULL ? (double)w[i % channels] * s.r[i] : s.r[i]);
  }
  if (es_dnn_step_data(p, step, BIAS) == NULL)
    es_dnn_flat_copy(s.zero, NULL, n);
  again(p, step);
}

/* Adds the step of a norm, with its first operands, that makes result's value.
 */
static es_dnn_step *result_add(es_dnn_program *p, size_t norm, size_t result,
                               size_t added, bool relu, const char *what,
                               void (*loop)(es_dnn_program *,
                                            const es_dnn_step *)) {
  const es_graph *g = p->graph;
  const es_node *node = &g->node[norm];
  es_dnn_step *step = es_dnn_loop_add(p, norm, what, loop);
  if (step == NULL) return NULL;
  step->lanes = es_dnn_lanes_of(p, norm);
  step->relu = relu;
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[result].value);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[node->from[0]].value);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, added);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[norm].extra);
  es_dnn_step_arg(p, step, 0, ES_AT_PARAM, param_at(g, node->weight));
  es_dnn_step_arg(p, step, 0, ES_AT_PARAM, param_at(g, node->bias));
  return step;
}

void es_dnn_norm_again(es_dnn_program *p, size_t norm, size_t result,
                       size_t added, bool relu) {
  if (p->status != ES_OK) return;
  es_dnn_tick(p);
  p->cell[result].value =
      es_dnn_value_new(p, p->value[p->cell[result].value].bytes);
  result_add(p, norm, result, added, relu, "normalisation again", again);
}

void es_dnn_norm_forward(es_dnn_program *p, size_t norm, size_t result,
                         size_t added, bool relu) {
  const es_graph *g = p->graph;
  const es_node *node = &g->node[norm];
  const size_t x = p->cell[node->from[0]].value;
  const es_dnn_layout layout = p->cell[node->from[0]].layout;
  p->cell[norm].layout = p->cell[result].layout = layout;
  const es_dnn_lanes t = es_dnn_lanes_of(p, norm);
  const size_t n = count_of(&t);
  es_dnn_scratch_need(p, 2 * n * sizeof(double) + es_dnn_lanes_scratch(&t));
  es_dnn_tick(p);
  p->cell[result].value = es_dnn_value_over(p, x, added);
  p->cell[norm].extra = es_dnn_value_new(p, bytes_of(node, n));
  es_dnn_step *step =
      result_add(p, norm, result, added, relu, "normalisation", forward);
  es_dnn_step_arg(p, step, 0, ES_AT_BUFFER, g->buffer[node->mean].offset);
  es_dnn_step_arg(p, step, 0, ES_AT_BUFFER, g->buffer[node->var].offset);
  es_dnn_step_arg(p, step, 0, ES_AT_BUFFER, g->buffer[node->count].offset);
  es_dnn_step_arg(p, step, 0, ES_AT_SCRATCH, 0);
}

/* Arguments of the backward step; X, STATS, WEIGHT and BIAS as before. */
enum { DX = 0, DY = 2, D_WEIGHT = 6, D_BIAS, BACK_WORK };

static void backward(es_dnn_program *p, const es_dnn_step *step) {
  const es_dnn_lanes *t = &step->lanes;
  const size_t channels = t->blocks * t->lanes, n = count_of(t);
  const double m = (double)(t->images / t->groups) * (double)t->area;
  const float *x = es_dnn_step_data(p, step, X),
              *dy = es_dnn_step_data(p, step, DY),
              *bias = es_dnn_step_data(p, step, BIAS);
  float *dw = es_dnn_step_data(p, step, D_WEIGHT);
  float *db = es_dnn_step_data(p, step, D_BIAS),
        *dx = es_dnn_step_data(p, step, DX);
  double *sum = (double *)(void *)es_dnn_step_data(p, step, BACK_WORK);
  double *product = sum + n;
  float *sums = (float *)(void *)(product + n), *products = sums + n;
  const statistics s = statistics_at(es_dnn_step_data(p, step, STATS), n);
  const es_dnn_affine a = {.mean = s.mean,
                           .scale = s.scale,
                           .shift = bias != NULL ? bias : s.zero,
                           .sum = sums,
                           .product = products,
                           .relu = step->relu};
  es_dnn_lanes_back_sums(sum, product, t, x, dy, &a, products + n);
  for (size_t i = 0; i < n; i++) {
    sums[i] = (float)sum[i];
    products[i] = (float)(product[i] * s.r[i] * s.r[i]);
  }
  for (size_t c = 0; dw != NULL && c < channels; c++) {
    double by_weight = 0, by_bias = 0;
    for (size_t i = c; i < n; i += channels) {
      by_weight += product[i] * s.r[i];
      by_bias += sum[i];
    }
    dw[c] = (float)(m * by_weight);
    db[c] = (float)(m * by_bias);
  }
  if (dx != NULL) es_dnn_lanes_back(dx, t, x, dy, &a);
}

void es_dnn_norm_backward(es_dnn_program *p, size_t norm, size_t dy,
                          bool relu) {
  const es_graph *g = p->graph;
  const es_node *node = &g->node[norm];
  const size_t from = node->from[0];
  const es_dnn_lanes t = es_dnn_lanes_of(p, norm);
  const size_t n = count_of(&t);
  size_t dx = ES_NONE;
  es_dnn_scratch_need(p, 2 * n * (sizeof(double) + sizeof(float)) +
                             es_dnn_lanes_scratch(&t));
  es_dnn_tick(p);
  if (p->cell[from].differentiated) dx = es_dnn_value_over(p, dy, ES_NONE);
  es_dnn_step *step =
      es_dnn_loop_add(p, norm, "gradient of normalisation", backward);
  if (step == NULL) return;
  step->lanes = t;
  step->relu = relu;
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, dx);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[from].value);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, dy);
  es_dnn_step_arg(p, step, 0, ES_AT_VALUE, p->cell[norm].extra);
  es_dnn_step_arg(p, step, 0, ES_AT_PARAM, param_at(g, node->weight));
  es_dnn_step_arg(p, step, 0, ES_AT_PARAM, param_at(g, node->bias));
  es_dnn_step_arg(p, step, 0, ES_AT_GRADIENT, param_at(g, node->weight));
  es_dnn_step_arg(p, step, 0, ES_AT_GRADIENT, param_at(g, node->bias));
  es_dnn_step_arg(p, step, 0, ES_AT_SCRATCH, 0);
  if (dx != ES_NONE) es_dnn_contribute(p, from, dx);
}
