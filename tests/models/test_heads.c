/* What follows an encoder: names and shapes, taps, groups; directions that
 * descent may take; where heads start. */
#include "tests/models/training.h"

#include "base/random.h"
#include "models/resnet/encoder.h"
#include "net/engine.h"

enum { FEATURES = 12, DIM = 5 };

static es_encoder with(es_heads heads) {
  return (es_encoder){.arch = ES_ARCH_MLP,
                      .hidden_layers = 1,
                      .width = FEATURES,
                      .side = 7,
                      .dim = DIM,
                      .heads = heads};
}

static es_network network_of(const es_encoder *e) {
  es_network network;
  es_diag diag = {0};
  assert_ok(es_network_new(&network, e, &diag), diag);
  return network;
}

/* "name rows×columns " of all parameters behind the encoder's two, then of the
 * buffers' running means; letters of their groups. */
static void describe(const es_network *n, char *text, size_t size,
                     char *groups) {
  static const char letters[] = {'e', 'j', 'd'};
  const es_graph *g = &n->graph;
  size_t at = 0;
  text[0] = '\0';
  for (size_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    groups[p] = letters[es_network_group(n, p)];
    groups[p + 1] = '\0';
    if (p < 2) continue;
    at += (size_t)snprintf(text + at, size - at, "%s %zu", t->name, t->dims[0]);
    if (t->rank == 2)
      at += (size_t)snprintf(text + at, size - at, "x%zu", t->dims[1]);
    at += (size_t)snprintf(text + at, size - at, "\n");
  }
  for (size_t b = 0; b < g->n_buffers; b++)
    if (strstr(g->buffer[b].name, "running_mean") != NULL)
      at += (size_t)snprintf(text + at, size - at, "%s %zu\n",
                             g->buffer[b].name, g->buffer[b].dims[0]);
  assert_true(at < size);
}

static void names_are_sequentials(void **state) {
  (void)state;
  static const struct {
    es_heads heads;
    const char *tensors, *groups, *last;
    size_t taken; /* values */
  } rows[] = {
      {{.projector = ES_PROJECTOR_NONE}, "", "ee", "", 0},
      {{.projector = ES_PROJECTOR_LINEAR, .feature_norm = true},
       "projector.0.weight 5x12\nfeature_norm.running_mean 12\n",
       "eej",
       "projector.0.weight",
       12},
      {{.projector = ES_PROJECTOR_DIAGONAL, .rank = 3},
       "projector.0.weight 12\n",
       "eej",
       "",
       0},
      {{.projector = ES_PROJECTOR_LOW_RANK, .rank = 3},
       "projector.0.weight 3x12\nprojector.1.weight 5x3\n",
       "eejj",
       "projector.1.weight",
       3},
      {{.projector = ES_PROJECTOR_MLP,
        .layers = 3,
        .hidden = 9,
        .predictor = ES_PREDICTOR_MLP,
        .predictor_hidden = 4},
       "projector.0.weight 9x12\nprojector.1.weight 9\nprojector.1.bias 9\n"
       "projector.3.weight 9x9\nprojector.4.weight 9\nprojector.4.bias 9\n"
       "projector.6.weight 5x9\nprojector.6.bias 5\n"
       "predictor.0.weight 4x5\npredictor.1.weight 4\npredictor.1.bias 4\n"
       "predictor.3.weight 5x4\npredictor.3.bias 5\n"
       "projector.1.running_mean 9\nprojector.4.running_mean 9\n"
       "predictor.1.running_mean 4\n",
       "eejjjjjjjjddddd",
       "projector.6.weight",
       9},
      {{.projector = ES_PROJECTOR_MLP,
        .layers = 2,
        .hidden = 9,
        .norm = ES_HEAD_NORM_ALL,
        .predictor = ES_PREDICTOR_LINEAR},
       "projector.0.weight 9x12\nprojector.1.weight 9\nprojector.1.bias 9\n"
       "projector.3.weight 5x9\npredictor.0.weight 5x5\n"
       "projector.1.running_mean 9\nprojector.4.running_mean 5\n",
       "eejjjjd",
       "projector.3.weight",
       9},
      {{.projector = ES_PROJECTOR_MLP,
        .layers = 2,
        .hidden = 9,
        .norm = ES_HEAD_NORM_NONE,
        .predictor = ES_PREDICTOR_SYMMETRIC},
       "projector.0.weight 9x12\nprojector.0.bias 9\n"
       "projector.2.weight 5x9\nprojector.2.bias 5\npredictor.0.weight 5x5\n",
       "eejjjjd",
       "projector.2.weight",
       9},
  };
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    const es_encoder e = with(rows[k].heads);
    es_network n = network_of(&e);
    char text[1024], groups[64];
    describe(&n, text, sizeof text, groups);
    assert_string_equal(text, rows[k].tensors);
    assert_string_equal(groups, rows[k].groups);
    assert_string_equal(n.last == ES_NONE ? "" : n.graph.param[n.last].name,
                        rows[k].last);
    assert_int_equal(n.penultimate.size, rows[k].taken);
    assert_int_equal(es_network_ends_linear(&n),
                     n.last != ES_NONE &&
                         rows[k].heads.norm != ES_HEAD_NORM_ALL);
    es_network_free(&n);
  }
}

static const es_node *node_of(const es_network *n, es_tap tap) {
  const es_node *node = &n->graph.node[n->graph.output[tap.output]];
  assert_int_equal(es_node_size(node), tap.size);
  return node;
}

/* Which layers the taps are on, with everything there is and with nothing. */
static void taps(void **state) {
  (void)state;
  es_encoder e =
      with((es_heads){.feature_norm = true, .predictor = ES_PREDICTOR_LINEAR});
  es_network n = network_of(&e);
  const es_node *z = node_of(&n, n.embedding), *p = node_of(&n, n.prediction);
  assert_int_equal(node_of(&n, n.representation)->op, ES_OP_RELU);
  assert_int_equal(node_of(&n, n.penultimate)->op, ES_OP_NORM);
  assert_true(z->op == ES_OP_LINEAR && z->weight == n.last);
  assert_int_equal(z->from[0], n.graph.output[n.penultimate.output]);
  assert_int_equal(p->from[0], n.graph.output[n.embedding.output]);
  es_network_free(&n);
  e = with((es_heads){.projector = ES_PROJECTOR_NONE});
  n = network_of(&e);
  assert_int_equal(n.prediction.output, n.embedding.output);
  assert_int_equal(n.graph.n_outputs, 1);
  es_network_free(&n);
}

/* A linear map with a projector behind it, and with a predictor alone. */
static void behind_a_linear_map(void **state) {
  (void)state;
  es_encoder e = with((es_heads){.predictor = ES_PREDICTOR_LINEAR});
  e.arch = ES_ARCH_LINEAR;
  es_network n = network_of(&e);
  assert_string_equal(n.graph.param[n.last].name, "projector.0.weight");
  assert_int_equal(n.representation.size, FEATURES);
  es_network_free(&n);
  e.heads.projector = ES_PROJECTOR_NONE;
  n = network_of(&e);
  assert_string_equal(n.graph.param[n.last].name, "fc.weight");
  assert_int_equal(n.penultimate.output, ES_NONE);
  assert_true(n.penultimate.size == 7 && n.embedding.size == DIM);
  assert_int_equal(n.embedding.output, n.representation.output);
  assert_int_equal(node_of(&n, n.prediction)->op, ES_OP_LINEAR);
  assert_int_equal(es_network_group(&n, n.last), ES_GROUP_ENCODER);
  es_network_free(&n);
}

static float *numbers(size_t n) {
  float *x = calloc(n + 1, sizeof *x);
  assert_non_null(x);
  return x;
}

/* a (z - c z_0): at the start a (1 - c) times what the network without gives,
 * to the rounding of doubles; the kept parameters are the others' starts, and
 * are not trained. */
static void away_from_the_start(void **state) {
  (void)state;
  double z[2][2 * DIM];
  for (int k = 0; k < 2; k++) {
    es_encoder e = with((es_heads){.feature_norm = true});
    es_diag diag = {0};
    if (k) e.multiplier = 8, e.share = .75;
    es_network n = network_of(&e);
    const es_graph *g = &n.graph;
    const es_engine *engine = &es_engine_reference_double;
    float *params = numbers(g->param_size), *buffers = numbers(g->buffer_size);
    double *wide = calloc(g->param_size + g->buffer_size, sizeof *wide);
    double x[14];
    void *net;
    assert_non_null(wide);
    for (size_t i = 0; i < 14; i++)
      x[i] = es_random_normal(9, ES_STREAM_USER, i);
    es_network_start(&n, 3, 0, params, buffers);
    for (size_t i = 0; i < g->param_size; i++) wide[i] = (double)params[i];
    assert_ok(engine->open(&net, g, 2, 1, false, &diag), diag);
    assert_ok(engine->forward(net, ES_PASS_MEASURE, wide, wide + g->param_size,
                              x, &diag),
              diag);
    memcpy(z[k], engine->output(net, n.embedding.output), sizeof z[k]);
    engine->close(net);
    for (size_t p = 0; p < g->n_params; p++)
      assert_int_equal(es_network_trains(&n, p),
                       strncmp(g->param[p].name, "initial.", 8) != 0);
    assert_int_equal(g->n_params, k ? 6 : 3);
    assert_int_equal(es_network_ends_linear(&n), k == 0);
    free(params);
    free(buffers);
    free(wide);
    es_network_free(&n);
  }
  for (size_t i = 0; i < 2 * DIM; i++)
    assert_close(z[1][i], 2 * z[0][i], 1e-14, 1e-14);
}

/* Of G its symmetric half for the predictor, nothing for a projector that is
 * held, all of it for the rest. */
static void directions_of_descent(void **state) {
  (void)state;
  for (int fixed = 0; fixed < 2; fixed++) {
    const es_encoder e =
        with((es_heads){.fixed = fixed, .predictor = ES_PREDICTOR_SYMMETRIC});
    es_network n = network_of(&e);
    const size_t size = n.graph.param_size;
    float *before = numbers(size), *after = numbers(size);
    for (size_t k = 0; k < size; k++)
      after[k] = before[k] = (float)es_random_normal(1, ES_STREAM_USER, k);
    es_network_constrain(&n, after);
    for (size_t p = 0; p < n.graph.n_params; p++) {
      const es_tensor *t = &n.graph.param[p];
      const float *g = before + t->offset, *G = after + t->offset;
      const es_group group = es_network_group(&n, p);
      const bool held = fixed && group == ES_GROUP_PROJECTOR;
      assert_int_equal(es_network_trains(&n, p), !held);
      assert_int_equal(es_network_ends_linear(&n), !fixed);
      for (size_t k = 0; k < t->size; k++) {
        const size_t turned = k % DIM * DIM + k / DIM;
        const double want = group == ES_GROUP_PREDICTOR
                                ? ((double)g[k] + (double)g[turned]) / 2
                            : held ? 0
                                   : (double)g[k];
        assert_close((double)G[k], want, 0x1p-23, 0);
        if (group == ES_GROUP_PREDICTOR) assert_true(G[k] == G[turned]);
      }
    }
    free(before);
    free(after);
    es_network_free(&n);
  }
}

typedef struct started {
  es_network network;
  float *params, *buffers;
  const es_tensor *t;
  const float *w;
} started;

static started start(const es_encoder *e, double init_scale, const char *name) {
  started s = {.network = network_of(e)};
  s.params = numbers(s.network.graph.param_size);
  s.buffers = numbers(s.network.graph.buffer_size);
  es_network_start(&s.network, 3, init_scale, s.params, s.buffers);
  s.t = es_graph_find(&s.network.graph, name);
  assert_non_null(s.t);
  s.w = s.params + s.t->offset;
  return s;
}

static void finish(started *s) {
  free(s->params);
  free(s->buffers);
  es_network_free(&s->network);
}

/* W W^T = scale² I but for the rounding of numbers to float, u = 2^-24 of the
 * terms of each sum a few times over. */
static void check_rows(const started *s, double scale) {
  const size_t rows = s->t->dims[0], cols = s->t->dims[1];
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = 0;
      for (size_t k = 0; k < cols; k++)
        sum += (double)s->w[i * cols + k] * (double)s->w[j * cols + k];
      assert_close(sum / (scale * scale), i == j, 0, 16 * 0x1p-24);
    }
}

static void orthogonal_rows(void **state) {
  (void)state;
  es_encoder e = with((es_heads){0});
  e.orthogonal = true;
  started s = start(&e, 0, "projector.0.weight");
  check_rows(&s, 1);
  finish(&s);
  e.width = e.dim = 40; /* square: the last row is what is left */
  e.weight_scale = 3;
  s = start(&e, 0, "projector.0.weight");
  check_rows(&s, 3);
  finish(&s);
  s = start(&e, .3, "projector.0.weight");
  check_rows(&s, .3);
  finish(&s);
}

static void starts_of_predictors(void **state) {
  (void)state;
  es_encoder e = with((es_heads){.predictor = ES_PREDICTOR_SYMMETRIC});
  started s = start(&e, 0, "predictor.0.weight");
  double square = 0;
  for (size_t i = 0; i < DIM; i++)
    for (size_t j = 0; j < DIM; j++) {
      square += pow((double)s.w[i * DIM + j], 2);
      assert_true(s.w[i * DIM + j] == s.w[j * DIM + i]);
    }
  assert_true(square > 0);
  finish(&s);
  e.heads.identity = true;
  e.heads.predictor_scale = .25;
  for (int kind = ES_PREDICTOR_LINEAR; kind <= ES_PREDICTOR_SYMMETRIC; kind++) {
    e.heads.predictor = (es_predictor)kind;
    s = start(&e, 0, "predictor.0.weight");
    for (size_t k = 0; k < s.t->size; k++)
      assert_true(s.w[k] == (k % (DIM + 1) == 0 ? .25F : 0.F));
    finish(&s);
  }
}

static void diagonals_start_at_their_rank(void **state) {
  (void)state;
  const es_encoder e =
      with((es_heads){.projector = ES_PROJECTOR_DIAGONAL, .rank = 7});
  started s = start(&e, 0, "projector.0.weight");
  for (size_t k = 0; k < FEATURES; k++) assert_true(s.w[k] == (k < 7));
  finish(&s);
}

/* The mean square of a tensor's start. Of n numbers of variance s² it is off by
 * s² √(2/n), five of them at most. */
static void check_scale(const es_encoder *e, double init_scale,
                        const char *name, double scale) {
  started s = start(e, init_scale, name);
  const double n = (double)s.t->size;
  double square = 0;
  for (size_t k = 0; k < s.t->size; k++) square += pow((double)s.w[k], 2) / n;
  assert_close(square / (scale * scale), 1, 0, 5 * sqrt(2 / n));
  finish(&s);
}

static void scales_of_linear_maps(void **state) {
  (void)state;
  es_encoder e = {.arch = ES_ARCH_MLP,
                  .hidden_layers = 2,
                  .width = 60,
                  .side = 50,
                  .dim = 40,
                  .heads = {.projector = ES_PROJECTOR_MLP,
                            .layers = 2,
                            .hidden = 70,
                            .predictor = ES_PREDICTOR_LINEAR}};
  for (int norm = 0; norm < 2; norm++) {
    e.norm = norm;
    e.heads.norm = norm ? ES_HEAD_NORM_ALL : ES_HEAD_NORM_NONE;
    for (double all = 0; all < 5; all += 4) {
      const double by = all > 0 ? all : 1;
      e.weight_scale = all;
      check_scale(&e, .1, "fc.0.weight", by * sqrt(2. / 50));
      check_scale(&e, .1, norm ? "fc.3.weight" : "fc.2.weight",
                  by * sqrt(2. / 60));
      check_scale(&e, .1, "projector.0.weight", by * sqrt(2. / 60));
      check_scale(&e, .1, "predictor.0.weight", by * sqrt(1. / 40));
      const char *last = norm ? "projector.3.weight" : "projector.2.weight";
      check_scale(&e, .1, last, .1);
      check_scale(&e, 0, last, by * sqrt(1. / 70));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_sequentials),
      cmocka_unit_test(taps),
      cmocka_unit_test(behind_a_linear_map),
      cmocka_unit_test(away_from_the_start),
      cmocka_unit_test(directions_of_descent),
      cmocka_unit_test(orthogonal_rows),
      cmocka_unit_test(starts_of_predictors),
      cmocka_unit_test(diagonals_start_at_their_rank),
      cmocka_unit_test(scales_of_linear_maps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
