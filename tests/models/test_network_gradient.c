/* Whole networks with the covariance loss of what they predict, in double: the
 * gradient of loss(network(parameters)) against differences, for every tensor.
 */
#include "tests/check.h"

#include "base/random.h"
#include "models/resnet/encoder.h"
#include "models/resnet/loss.h"
#include "net/engine.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 6, SIDE = 8, CHANNELS = 2, DIM = 3, DIRECTIONS = 3 };

typedef struct whole {
  es_network network;
  void *net, *loss;
  double *params, *buffers, *images, *dz, *gradient, *direction, *kept;
} whole;

static double *numbers(size_t n) {
  double *x = calloc(n + 1, sizeof *x);
  assert_non_null(x);
  return x;
}

/* Second views resemble the first ones, as of a pair. */
static void draw_images(double *x) {
  const size_t half = PAIRS * CHANNELS * SIDE * SIDE;
  for (size_t k = 0; k < 2 * half; k++)
    x[k] = es_random_normal(1, ES_STREAM_USER, k % half) +
           .5 * es_random_normal(2, ES_STREAM_USER, k);
}

/* The network's own start; norms' weights and biases moved, so that what they
 * scale and what they add is not 1 and 0. */
static void start(whole *w, double init_scale) {
  const es_graph *g = &w->network.graph;
  float *params = calloc(g->param_size + 1, sizeof *params);
  float *buffers = calloc(g->buffer_size + 1, sizeof *buffers);
  assert_true(params != NULL && buffers != NULL);
  es_network_start(&w->network, 4, init_scale, params, buffers);
  for (size_t k = 0; k < g->param_size; k++) w->params[k] = (double)params[k];
  for (size_t k = 0; k < g->buffer_size; k++)
    w->buffers[k] = (double)buffers[k];
  for (size_t p = 0; p < g->n_params; p++)
    for (size_t k = 0; g->param[p].rank == 1 && k < g->param[p].size; k++)
      w->params[g->param[p].offset + k] +=
          .2 * es_random_normal(3, ES_STREAM_USER, 1000 * p + k);
  free(params);
  free(buffers);
}

static void open_whole(whole *w, const es_encoder *encoder) {
  es_diag diag = {0};
  memset(w, 0, sizeof *w);
  assert_ok(es_network_new(&w->network, encoder, &diag), diag);
  const es_graph *g = &w->network.graph;
  const size_t d = w->network.prediction.size;
  assert_ok(
      es_engine_reference_double.open(&w->net, g, 2 * PAIRS, 2, true, &diag),
      diag);
  assert_ok(es_loss_covariance.open(&w->loss, PAIRS, d, NULL, &diag), diag);
  w->params = numbers(g->param_size);
  w->buffers = numbers(g->buffer_size);
  w->gradient = numbers(g->param_size);
  w->direction = numbers(g->param_size);
  w->kept = numbers(g->param_size);
  w->images = numbers(2 * PAIRS * CHANNELS * SIDE * SIDE);
  w->dz = numbers(2 * PAIRS * d);
  draw_images(w->images);
  start(w, .3);
}

static void close_whole(whole *w) {
  es_engine_reference_double.close(w->net);
  es_loss_covariance.close(w->loss);
  es_network_free(&w->network);
  free(w->params);
  free(w->buffers);
  free(w->gradient);
  free(w->direction);
  free(w->kept);
  free(w->images);
  free(w->dz);
}

/* The covariance loss takes the mean away and so sees no bias of a last layer:
 * a sum of the results with random weights is added. */
static double loss_of(whole *w) {
  const es_engine *e = &es_engine_reference_double;
  const size_t n = 2 * PAIRS * w->network.prediction.size;
  es_diag diag = {0};
  assert_ok(e->forward(w->net, ES_PASS_MEASURE, w->params, w->buffers,
                       w->images, &diag),
            diag);
  const double *p = e->output(w->net, w->network.prediction.output);
  double loss = es_loss_covariance.value(w->loss, p, NULL, w->dz, NULL);
  for (size_t k = 0; k < n; k++) {
    const double a = .1 * es_random_normal(5, ES_STREAM_USER, k);
    loss += a * p[k];
    w->dz[k] += a;
  }
  return loss;
}

static double take_gradient(whole *w) {
  const void *by_output[4] = {NULL};
  es_diag diag = {0};
  const double loss = loss_of(w);
  by_output[w->network.prediction.output] = w->dz;
  assert_ok(es_engine_reference_double.backward(w->net, w->params, by_output,
                                                w->gradient, &diag),
            diag);
  return loss;
}

/* (L(w + hv) - L(w - hv))/2h */
static double difference(whole *w, double h) {
  const size_t n = w->network.graph.param_size;
  double L[2];
  memcpy(w->kept, w->params, n * sizeof *w->params);
  for (int s = 0; s < 2; s++) {
    for (size_t k = 0; k < n; k++)
      w->params[k] = w->kept[k] + (s ? h : -h) * w->direction[k];
    L[s] = loss_of(w);
  }
  memcpy(w->params, w->kept, n * sizeof *w->params);
  return (L[1] - L[0]) / (2 * h);
}

/* A random direction of length 1 among the numbers of one tensor: it sees each
 * of them. */
static void turn(whole *w, const es_tensor *t, uint64_t seed) {
  double square = 0;
  memset(w->direction, 0, w->network.graph.param_size * sizeof *w->direction);
  for (size_t k = 0; k < t->size; k++) {
    const double x = es_random_normal(seed, ES_STREAM_USER, k);
    w->direction[t->offset + k] = x;
    square += x * x;
  }
  for (size_t k = 0; k < t->size; k++)
    w->direction[t->offset + k] /= sqrt(square);
}

/* The central difference is wrong by h^2 L'''/6 and, from the rounding of some
 * thousand operations in L, by 1e3 u L/h: with u = 1.1e-16, h >= 2.5e-7 the
 * latter is below 4.4e-7 L. A kink of a relu within h shows as D(h) differing
 * from D(h/2), and h is made smaller until they agree to half the tolerance,
 * 1e-6 (|g| + L), which bounds the former as well. */
static void check_direction(whole *w, const es_tensor *t, double L) {
  double g = 0, h = 1.28e-4, wide, narrow;
  for (size_t k = t->offset; k < t->offset + t->size; k++)
    g += w->gradient[k] * w->direction[k];
  const double tol = 1e-6 * (fabs(g) + L);
  do {
    wide = difference(w, h);
    narrow = difference(w, h /= 2);
  } while (!close_to(wide, narrow, 0, tol / 2) && h > 4e-7);
  if (!close_to(g, narrow, 0, tol))
    fail_msg("%s: gradient %.12g, difference %.12g (h %.2g)", t->name, g,
             narrow, h);
}

/* Each tensor must have a share in the loss that is far above the tolerance,
 * else nothing was tested. */
static void check(const es_encoder *encoder) {
  whole w;
  open_whole(&w, encoder);
  const es_graph *g = &w.network.graph;
  const double L = take_gradient(&w);
  assert_true(L > .1 && L < 100);
  for (size_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    double square = 0;
    for (size_t k = t->offset; k < t->offset + t->size; k++)
      square += w.gradient[k] * w.gradient[k];
    if (!(sqrt(square / (double)t->size) > 1e-4 * L))
      fail_msg("%s: gradient of size %g only", t->name, sqrt(square));
    for (uint64_t k = 0; k < DIRECTIONS; k++) {
      turn(&w, t, 10 * p + k);
      check_direction(&w, t, L);
    }
  }
  close_whole(&w);
}

static es_encoder resnet(bool norm) {
  return (es_encoder){.arch = ES_ARCH_RESNET,
                      .stages = {1, 1, 1, 1},
                      .width = 4,
                      .norm = norm,
                      .channels = CHANNELS,
                      .side = SIDE,
                      .dim = DIM};
}

static void with_norms(void **state) {
  (void)state;
  const es_encoder e = resnet(true);
  check(&e);
}

static void without_norms(void **state) {
  (void)state;
  const es_encoder e = resnet(false);
  check(&e);
}

/* With inner channels doubled, two blocks in a stage, and without shortcuts. */
static void bottlenecks(void **state) {
  (void)state;
  for (int k = 0; k < 3; k++) {
    es_encoder e = resnet(k != 1);
    e.bottleneck = true;
    e.bottleneck_width = 2;
    e.stages[0] = 2;
    e.stages[2] = e.stages[3] = 0;
    e.plain = k == 2;
    check(&e);
  }
}

static void plain_networks(void **state) {
  (void)state;
  for (int norm = 0; norm < 2; norm++) {
    es_encoder e = resnet(norm);
    e.plain = true;
    e.stages[3] = 0;
    check(&e);
  }
}

static es_encoder mlp(bool norm) {
  return (es_encoder){.arch = ES_ARCH_MLP,
                      .hidden_layers = 2,
                      .width = 9,
                      .norm = norm,
                      .channels = CHANNELS,
                      .side = SIDE,
                      .dim = DIM};
}

static void multilayer_perceptrons(void **state) {
  (void)state;
  for (int norm = 0; norm < 2; norm++) {
    const es_encoder e = mlp(norm);
    check(&e);
  }
}

/* Each projector with each predictor, each kind of norm, features normalised
 * or not. */
static void heads(void **state) {
  (void)state;
  for (int k = 0; k < 20; k++) {
    es_encoder e = mlp(false);
    e.heads = (es_heads){.feature_norm = k % 3 == 0,
                         .projector = (es_projector)(k % 5),
                         .layers = 3,
                         .hidden = 7,
                         .rank = 2,
                         .norm = (es_head_norm)(k % 3),
                         .predictor = (es_predictor)(k % 4),
                         .predictor_hidden = 6};
    if (e.heads.projector == ES_PROJECTOR_DIAGONAL) e.heads.rank = e.width;
    check(&e);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(with_norms),
      cmocka_unit_test(without_norms),
      cmocka_unit_test(bottlenecks),
      cmocka_unit_test(plain_networks),
      cmocka_unit_test(multilayer_perceptrons),
      cmocka_unit_test(heads),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
