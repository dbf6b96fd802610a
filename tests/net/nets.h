/* What tests of networks share: residual networks built by hand, a network with
 * random numbers (nets_case) that any engine can run, and a check of gradients
 * by finite differences. */
#ifndef ES_TESTS_NETS_H
#define ES_TESTS_NETS_H

#include "tests/check.h"

#include "base/random.h"
#include "net/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One basic block (He et al. 2016, figure 5), with torchvision's names. */
static inline size_t nets_block(es_graph *g, size_t from, const char *name,
                                size_t channels, size_t stride) {
  char s[5][64];
  static const char *const part[5] = {"conv1", "bn1", "conv2", "bn2",
                                      "downsample"};
  char down[2][96];
  for (size_t i = 0; i < 5; i++)
    snprintf(s[i], sizeof s[i], "%s.%s", name, part[i]);
  for (size_t i = 0; i < 2; i++)
    snprintf(down[i], sizeof down[i], "%s.%zu", s[4], i);
  const bool same =
      from < g->n_nodes && stride == 1 && g->node[from].channels == channels;
  size_t x = es_graph_conv(g, from, s[0], channels, 3, stride, 1);
  x = es_graph_relu(g, es_graph_norm(g, x, s[1]));
  x = es_graph_norm(g, es_graph_conv(g, x, s[2], channels, 3, 1, 1), s[3]);
  size_t shortcut = from;
  if (!same) {
    shortcut = es_graph_conv(g, from, down[0], channels, 1, stride, 0);
    shortcut = es_graph_norm(g, shortcut, down[1]);
  }
  return es_graph_relu(g, es_graph_add(g, x, shortcut));
}

/* A residual network with the standard stem; outputs: the pooled features and
 * the logits. stages: blocks in each, the width doubling from one to the next.
 * nets_resnet(g, (size_t[]){2, 2, 2, 2}, 4, 64, 3, 224, 1000): ResNet-18. */
static inline void nets_resnet(es_graph *g, const size_t *stages,
                               size_t n_stages, size_t width, size_t channels,
                               size_t side, size_t classes) {
  char name[48];
  size_t x = es_graph_input(g, channels, side, side);
  x = es_graph_conv(g, x, "conv1", width, 7, 2, 3);
  x = es_graph_relu(g, es_graph_norm(g, x, "bn1"));
  x = es_graph_max_pool(g, x, 3, 2, 1);
  for (size_t s = 0; s < n_stages; s++)
    for (size_t b = 0; b < stages[s]; b++) {
      snprintf(name, sizeof name, "layer%zu.%zu", s + 1, b);
      x = nets_block(g, x, name, width << s, s > 0 && b == 0 ? 2 : 1);
    }
  x = es_graph_mean_pool(g, x);
  es_graph_output(g, x);
  es_graph_output(g, es_graph_linear(g, x, "fc", classes, true));
}

/* The same in small: odd sides, stages of an identity and of a downsampled
 * block; some 1,200 parameters. */
static inline void nets_small(es_graph *g) {
  nets_resnet(g, (const size_t[]){1, 1}, 2, 4, 1, 19, 3);
}

/* A graph with numbers, in double. All start as floats, so that engines of
 * either type get the same ones. The loss is sum over outputs of coef · out. */
typedef struct nets_case {
  const es_graph *graph;
  size_t batch, groups;
  double *params, *buffers, *input;
  double *coef[4]; /* of outputs; NULL: the loss does not see it */
  double *out[4];  /* results of nets_run */
  double *gradient;
} nets_case;

static inline double *nets_zeros(size_t n) {
  double *x = calloc(n + 1, sizeof *x);
  assert_non_null(x);
  return x;
}

static inline void nets_normal(double *x, size_t n, uint64_t seed,
                               uint32_t stream, double mean, double spread) {
  for (size_t i = 0; i < n; i++)
    x[i] = (float)(mean +
                   spread * es_random_normal(seed, ES_STREAM_USER + stream, i));
}

/* Weights of variance 2/fan-in; others about what they are in use. */
static inline void nets_start(nets_case *c, uint64_t seed) {
  const es_graph *g = c->graph;
  for (uint32_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    const bool one = t->rank == 1 && strstr(t->name, "weight") != NULL;
    const double spread =
        t->rank > 1 ? sqrt(2 * (double)t->dims[0] / (double)t->size) : .3;
    nets_normal(c->params + t->offset, t->size, seed, p, one, spread);
  }
  for (uint32_t p = 0; p < g->n_buffers; p++) {
    const es_tensor *t = &g->buffer[p];
    if (t->rank == 0) continue;
    const bool var = strstr(t->name, "var") != NULL;
    nets_normal(c->buffers + t->offset, t->size, seed, 1000 + p, var,
                var ? .1 : .3);
  }
}

static inline size_t nets_values(const nets_case *c, size_t output) {
  return c->batch * es_node_size(&c->graph->node[c->graph->output[output]]);
}

static inline void nets_open(nets_case *c, const es_graph *graph, size_t batch,
                             size_t groups, uint64_t seed) {
  es_diag diag = {0};
  assert_ok(es_graph_finish(graph, &diag), diag);
  *c = (nets_case){.graph = graph, .batch = batch, .groups = groups};
  const size_t pixels = batch * es_node_size(&graph->node[0]);
  c->params = nets_zeros(graph->param_size);
  c->gradient = nets_zeros(graph->param_size);
  c->buffers = nets_zeros(graph->buffer_size);
  c->input = nets_zeros(pixels);
  nets_normal(c->input, pixels, seed, 2000, .2, 1);
  nets_start(c, seed);
  for (uint32_t k = 0; k < graph->n_outputs; k++) {
    const size_t n = nets_values(c, k);
    c->out[k] = nets_zeros(n);
    c->coef[k] = nets_zeros(n);
    nets_normal(c->coef[k], n, seed, 3000 + k, 0, 1 / sqrt((double)n));
  }
}

static inline void nets_close(nets_case *c) {
  free(c->params);
  free(c->gradient);
  free(c->buffers);
  free(c->input);
  for (size_t k = 0; k < 4; k++) {
    free(c->out[k]);
    free(c->coef[k]);
  }
  *c = (nets_case){0};
}

/* n numbers in an engine's type, aligned; free them. NULL gives NULL. */
static inline void *nets_to(const es_engine *e, const double *x, size_t n) {
  if (x == NULL) return NULL;
  void *to = aligned_alloc(64, (n * e->real / 64 + 1) * 64);
  assert_non_null(to);
  for (size_t i = 0; i < n; i++)
    if (e->real == sizeof(double))
      ((double *)to)[i] = x[i];
    else
      ((float *)to)[i] = (float)x[i];
  return to;
}

static inline void nets_from(const es_engine *e, double *to, const void *x,
                             size_t n) {
  for (size_t i = 0; i < n; i++)
    to[i] = e->real == sizeof(double) ? ((const double *)x)[i]
                                      : (double)((const float *)x)[i];
}

/* One pass of a new instance of an engine: fills c->out, c->buffers and, unless
 * the pass is frozen, c->gradient. */
static inline void nets_run(nets_case *c, const es_engine *e, es_pass pass) {
  const es_graph *g = c->graph;
  es_diag diag = {0};
  void *self, *coef[4] = {NULL};
  void *params = nets_to(e, c->params, g->param_size);
  void *gradient = nets_to(e, c->gradient, g->param_size);
  void *buffers = nets_to(e, c->buffers, g->buffer_size);
  void *input =
      nets_to(e, c->input, c->batch * es_node_size(&c->graph->node[0]));
  assert_ok(
      e->open(&self, g, c->batch, c->groups, pass != ES_PASS_FROZEN, &diag),
      diag);
  assert_ok(e->forward(self, pass, params, buffers, input, &diag), diag);
  for (size_t k = 0; k < g->n_outputs; k++) {
    assert_non_null(c->out[k]);
    nets_from(e, c->out[k], e->output(self, k), nets_values(c, k));
    coef[k] = nets_to(e, c->coef[k], nets_values(c, k));
  }
  if (pass != ES_PASS_FROZEN)
    assert_ok(
        e->backward(self, params, (const void *const *)coef, gradient, &diag),
        diag);
  nets_from(e, c->gradient, gradient, g->param_size);
  nets_from(e, c->buffers, buffers, g->buffer_size);
  e->close(self);
  free(params);
  free(gradient);
  free(buffers);
  free(input);
  for (size_t k = 0; k < 4; k++) free(coef[k]);
}

/* Root mean square of x - y, or of x where y is NULL. */
static inline double nets_rms(const double *x, const double *y, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    const double d = x[i] - (y != NULL ? y[i] : 0);
    sum += d * d;
  }
  return sqrt(sum / (double)(n > 0 ? n : 1));
}

/* The loss with parameter i moved, by an instance of a double engine; scale, if
 * not NULL, gets the sum of its terms' sizes. */
static inline double nets_loss(const nets_case *c, const es_engine *e,
                               void *self, size_t i, double move,
                               double *scale) {
  const double kept = c->params[i];
  double loss = 0, size = 0;
  c->params[i] = kept + move;
  assert_int_equal(
      e->forward(self, ES_PASS_MEASURE, c->params, c->buffers, c->input, NULL),
      ES_OK);
  c->params[i] = kept;
  for (size_t k = 0; k < c->graph->n_outputs; k++) {
    const double *out = e->output(self, k);
    for (size_t j = 0; j < nets_values(c, k) && c->coef[k] != NULL; j++) {
      loss += c->coef[k][j] * out[j];
      size += fabs(c->coef[k][j] * out[j]);
    }
  }
  if (scale != NULL) *scale = size;
  return loss;
}

/* Every component of a double engine's gradient against central differences
 * D(h) = (L(w + h) - L(w - h))/2h, whose error is h²L'''/6 and, from rounding,
 * about u S/h with S the size of the loss's terms. A kink (relu, max) within h
 * shows as D(h) differing from D(h/2): h is made smaller until they agree. With
 * h >= 1e-7 a rounding of 100 u S/h is below 1e-6 S/4, so the tolerance is
 * 1e-6 (|g| + S), and two D may differ by half of it. Each tensor must have a
 * component a hundred times that, else nothing was tested. */
static inline void nets_check_gradient(nets_case *c, const es_engine *e) {
  void *self;
  es_diag diag = {0};
  double S;
  nets_run(c, e, ES_PASS_MEASURE);
  assert_ok(e->open(&self, c->graph, c->batch, c->groups, false, &diag), diag);
  nets_loss(c, e, self, 0, 0, &S);
  for (size_t p = 0; p < c->graph->n_params; p++) {
    const es_tensor *t = &c->graph->param[p];
    double largest = 0;
    for (size_t i = t->offset; i < t->offset + t->size; i++) {
      const double g = c->gradient[i], tol = 1e-6 * (fabs(g) + S);
      double h = 1.6e-4, wide, narrow = 0;
      do {
        h /= 4;
        wide = (nets_loss(c, e, self, i, h, NULL) -
                nets_loss(c, e, self, i, -h, NULL)) /
               (2 * h);
        narrow = (nets_loss(c, e, self, i, h / 2, NULL) -
                  nets_loss(c, e, self, i, -h / 2, NULL)) /
                 h;
      } while (!close_to(wide, narrow, 0, tol / 2) && h > 4e-7);
      if (!close_to(g, narrow, 0, tol))
        fail_msg("%s[%zu]: gradient %.12g, difference %.12g (h %.2g)", t->name,
                 i - t->offset, g, narrow, h);
      largest = fmax(largest, fabs(g));
    }
    if (!(largest >= 1e-4 * S)) fail_msg("%s: gradient too small", t->name);
  }
  e->close(self);
}

#endif
