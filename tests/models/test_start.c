/* Where networks start: the moments of what is drawn, that nothing is drawn
 * twice, and that the last layer starts where `flow` starts its W. */
#include "tests/models/training.h"

#include "base/random.h"
#include "models/resnet/encoder.h"

#include <eigenstep/eigenstep.h>

/* A network and its start, in memory that held something else before. */
typedef struct started {
  es_network network;
  float *params, *buffers;
} started;

static started start(const es_encoder *e, uint64_t seed, double init_scale) {
  started s;
  es_diag diag = {0};
  assert_ok(es_network_new(&s.network, e, &diag), diag);
  const es_graph *g = &s.network.graph;
  s.params = malloc((g->param_size + 1) * sizeof *s.params);
  s.buffers = malloc((g->buffer_size + 1) * sizeof *s.buffers);
  assert_true(s.params != NULL && s.buffers != NULL);
  for (size_t k = 0; k <= g->param_size; k++) s.params[k] = 77;
  for (size_t k = 0; k <= g->buffer_size; k++) s.buffers[k] = 77;
  es_network_start(&s.network, seed, init_scale, s.params, s.buffers);
  assert_true(s.params[g->param_size] == 77);
  assert_true(s.buffers[g->buffer_size] == 77);
  return s;
}

static void finish(started *s) {
  es_network_free(&s->network);
  free(s->params);
  free(s->buffers);
}

static es_encoder resnet(size_t blocks, size_t width, bool norm) {
  return (es_encoder){.arch = ES_ARCH_RESNET,
                      .stages = {blocks, blocks, blocks, blocks},
                      .width = width,
                      .norm = norm,
                      .channels = 3,
                      .side = 16,
                      .dim = 6};
}

/* Of n numbers of N(0, s^2) the mean has the standard deviation s/√n, the mean
 * square s^2 √(2/n), the mean fourth power s^4 √(96/n): five of them each. */
static void check_moments(const char *name, const float *x, size_t n,
                          double variance) {
  double mean = 0, square = 0, fourth = 0;
  const double count = (double)n;
  for (size_t k = 0; k < n; k++) {
    const double y = (double)x[k] / sqrt(variance);
    mean += y / count;
    square += y * y / count;
    fourth += y * y * y * y / count;
  }
  if (!close_to(mean, 0, 0, 5 / sqrt(count)) ||
      !close_to(square, 1, 0, 5 * sqrt(2 / count)) ||
      !close_to(fourth, 3, 0, 5 * sqrt(96 / count)))
    fail_msg("%s: moments %g, %g, %g of %zu numbers", name, mean, square,
             fourth, n);
}

/* He et al. 2015 with fan-out, as torchvision: variance 2/(out k^2); without
 * norms the end of each of the 8 branches has an eighth of it. */
static void convolutions_have_their_variance(void **state) {
  (void)state;
  for (int norm = 0; norm < 2; norm++) {
    const es_encoder e = resnet(2, 8, norm);
    started s = start(&e, 3, 0);
    const es_graph *g = &s.network.graph;
    size_t seen = 0;
    for (size_t p = 0; p < g->n_params; p++) {
      const es_tensor *t = &g->param[p];
      if (t->rank != 4) continue;
      const bool end = strstr(t->name, ".conv2.weight") != NULL;
      check_moments(t->name, s.params + t->offset, t->size,
                    2. / (double)(t->dims[0] * t->dims[2] * t->dims[3]) /
                        (!norm && end ? 8 : 1));
      seen++;
    }
    assert_int_equal(seen, 20);
    finish(&s);
  }
}

static void all_equal(const float *x, size_t n, float want) {
  for (size_t k = 0; k < n; k++) assert_true(x[k] == want);
}

/* Norms begin as the identity does; the padding holds zeros. */
static void the_rest_is_ones_and_zeros(void **state) {
  (void)state;
  const es_encoder e = resnet(1, 5, true);
  started s = start(&e, 3, 0);
  const es_graph *g = &s.network.graph;
  size_t next = 0;
  for (size_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    const bool weight = strstr(t->name, ".weight") != NULL;
    if (t->rank == 1) all_equal(s.params + t->offset, t->size, weight);
    all_equal(s.params + next, t->offset - next, 0);
    next = t->offset + t->size;
  }
  all_equal(s.params + next, g->param_size - next, 0);
  next = 0;
  for (size_t b = 0; b < g->n_buffers; b++) {
    const es_tensor *t = &g->buffer[b];
    const bool var = strstr(t->name, ".running_var") != NULL;
    all_equal(s.buffers + t->offset, t->size, var);
    all_equal(s.buffers + next, t->offset - next, 0);
    next = t->offset + t->size;
  }
  all_equal(s.buffers + next, g->buffer_size - next, 0);
  finish(&s);
}

/* d×m: number i·m + j of the stream is entry (i, j). scale 0: 1/√m. */
static void check_last(const es_encoder *e, double scale) {
  enum { SEED = 11 };
  started s = start(e, SEED, scale);
  const es_tensor *t = &s.network.graph.param[s.network.last];
  const size_t m = t->dims[1];
  const double used = scale > 0 ? scale : 1 / sqrt((double)m);
  assert_int_equal(t->dims[0], e->dim);
  for (size_t i = 0; i < e->dim; i++)
    for (size_t j = 0; j < m; j++) {
      const double draw = es_random_normal(SEED, ES_STREAM_INIT, i * m + j);
      assert_true(s.params[t->offset + i * m + j] == (float)(used * draw));
    }
  finish(&s);
}

static void the_last_layer_takes_the_first_numbers(void **state) {
  (void)state;
  es_encoder e = resnet(1, 4, true);
  check_last(&e, .05);
  check_last(&e, 0);
  e.norm = false;
  check_last(&e, 1e-3);
  e = (es_encoder){.arch = ES_ARCH_LINEAR,
                   .side = 9,
                   .dim = 4,
                   .heads = {.projector = ES_PROJECTOR_NONE}};
  check_last(&e, .01);
  check_last(&e, 0);
}

/* The start as `flow` has it, with output.state=on at t = 0. */
enum { D = 2, M = 3 };
static es_status keep_states(void *context, const double *row, size_t n) {
  memcpy(context, row + n - D * M, D * M * sizeof *row);
  return ES_OK;
}

static void the_last_layer_starts_as_flow_does(void **state) {
  (void)state;
  static const char *const words[] = {"Gamma=[[2,0.3,0],[0.3,1,0.1],[0,0.1,1]]",
                                      "model.d=2",
                                      "model.init=gaussian",
                                      "model.init_scale=0.03",
                                      "model.seed=5",
                                      "time.t=0",
                                      "output.state=on"};
  const es_keys sets[] = {*es_model_barlow_twins.keys, es_flow_keys};
  const es_encoder e = {.arch = ES_ARCH_LINEAR,
                        .side = M,
                        .dim = D,
                        .heads = {.projector = ES_PROJECTOR_NONE}};
  started s = start(&e, 5, .03);
  double W[D * M] = {0};
  es_config *config;
  es_flow *flow;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, sets, 2, &diag), diag);
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    assert_ok(es_config_set(config, words[k], &diag), diag);
  assert_ok(es_flow_new(&flow, &es_model_barlow_twins, config, NULL, &diag),
            diag);
  assert_ok(es_flow_run(flow, keep_states, W, &diag), diag);
  /* To the eigenbasis and back in double; then a rounding to float. */
  for (size_t k = 0; k < D * M; k++)
    assert_close((double)s.params[k], W[k], 0x1p-24, 1e-16);
  es_flow_free(flow);
  es_config_free(config);
  finish(&s);
}

/* A drawn number in units of its standard deviation, and the next one. */
typedef struct couple {
  double first, second;
} couple;

static int by_first(const void *a, const void *b) {
  const double x = ((const couple *)a)->first, y = ((const couple *)b)->first;
  return (x > y) - (x < y);
}

/* Were a stretch of the stream used twice, two neighbours would come again.
 * Rounding to float and the division leave 2^-22 of a number; that two of N
 * couples agree so closely by chance has a probability below N^2/2 (4·2^-22)^2,
 * which is 2e-4 for 19,000. */
static void nothing_is_drawn_twice(void **state) {
  (void)state;
  const es_encoder e = resnet(1, 4, false);
  started s = start(&e, 8, .7);
  const es_graph *g = &s.network.graph;
  couple *c = calloc(g->param_size, sizeof *c);
  size_t n = 0;
  assert_non_null(c);
  for (size_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    const float *x = s.params + t->offset;
    const bool end = strstr(t->name, ".conv2.weight") != NULL;
    const double fan = (double)(t->dims[0] * t->dims[2] * t->dims[3]);
    const double scale =
        p == s.network.last ? .7 : sqrt(2 / fan) / (end ? 2 : 1);
    for (size_t k = 0; k + 1 < t->size; k++)
      c[n++] = (couple){(double)x[k] / scale, (double)x[k + 1] / scale};
  }
  assert_in_range(n, 10000, 25000);
  qsort(c, n, sizeof *c, by_first);
  for (size_t i = 0; i < n; i++)
    for (size_t j = i + 1;
         j < n && close_to(c[j].first, c[i].first, 0x1p-22, 0); j++)
      assert_false(close_to(c[j].second, c[i].second, 0x1p-22, 0));
  free(c);
  finish(&s);
}

static void seeds_differ(void **state) {
  (void)state;
  const es_encoder e = resnet(1, 4, true);
  started a = start(&e, 1, 0), same = start(&e, 1, 0), b = start(&e, 2, 0);
  const es_graph *g = &a.network.graph;
  assert_memory_equal(a.params, same.params, g->param_size * sizeof(float));
  for (size_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    for (size_t k = t->offset; k < t->offset + t->size && t->rank > 1; k++)
      assert_true(a.params[k] != b.params[k]);
  }
  finish(&a);
  finish(&same);
  finish(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolutions_have_their_variance),
      cmocka_unit_test(the_rest_is_ones_and_zeros),
      cmocka_unit_test(the_last_layer_takes_the_first_numbers),
      cmocka_unit_test(the_last_layer_starts_as_flow_does),
      cmocka_unit_test(nothing_is_drawn_twice),
      cmocka_unit_test(seeds_differ),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
