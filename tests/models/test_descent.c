/* Rates and decay by group: with a gradient of 0 a step of sgd multiplies each
 * parameter by 1 - lr · ratio · decay. */
#include "tests/models/training.h"

#include "models/resnet/descent.h"

typedef struct opened {
  es_config *config;
  es_network network;
  es_descent *descent;
} opened;

static void open_descent(opened *o, const char *const *words) {
  es_encoder encoder;
  es_diag diag = {0};
  o->config = train_settings(words);
  assert_ok(es_encoder_from(&encoder, o->config, 1, 8, &diag), diag);
  assert_ok(es_network_new(&o->network, &encoder, &diag), diag);
  assert_ok(es_descent_new(&o->descent, &o->network, o->config, 9, &diag),
            diag);
}
#define DESCENT(o, ...)                                                        \
  open_descent(o, (const char *const[]){"train.lr=0.5", "method.loss=cosine",  \
                                        __VA_ARGS__, NULL})

static void close_descent(opened *o) {
  es_descent_free(o->descent);
  es_network_free(&o->network);
  es_config_free(o->config);
}

/* A parameter's rate over that of a step. */
static double ratio(const opened *o, const char *name) {
  const es_graph *g = &o->network.graph;
  const es_tensor *t = es_graph_find(g, name);
  assert_non_null(t);
  return es_descent_ratio(&o->network, o->config, (size_t)(t - g->param));
}

/* Each parameter's factor is that of its name's beginning, or the encoder's. A
 * step of numbers near 1 is rounded to float once. */
static void check(opened *o, double encoder, double projector,
                  double predictor) {
  const es_graph *g = &o->network.graph;
  float *w = calloc(g->param_size, sizeof *w);
  float *gradient = calloc(g->param_size, sizeof *gradient);
  assert_true(w != NULL && gradient != NULL);
  for (size_t k = 0; k < g->param_size; k++) w[k] = 1;
  assert_true(es_descent_step(o->descent, w, gradient, 0));
  for (size_t p = 0; p < g->n_params; p++) {
    const char *name = g->param[p].name;
    const double want = strncmp(name, "projector", 9) == 0   ? projector
                        : strncmp(name, "predictor", 9) == 0 ? predictor
                                                             : encoder;
    for (size_t k = 0; k < g->param[p].size; k++)
      assert_close((double)w[g->param[p].offset + k], want, 0x1p-24, 0);
  }
  free(gradient);
  free(w);
  close_descent(o);
}

static void groups_have_their_own(void **state) {
  (void)state;
  opened o;
  DESCENT(&o, "net.width=4", "method.projector=mlp", "method.predictor=mlp",
          "train.weight_decay=0.375", "train.projector_weight_decay=0.5",
          "method.predictor_weight_decay=0.125", "train.encoder_lr_ratio=2",
          "method.predictor_lr_ratio=4");
  assert_close(ratio(&o, "conv1.weight"), 2, 0, 0);
  assert_close(ratio(&o, "projector.0.weight"), 1, 0, 0);
  assert_close(ratio(&o, "predictor.0.weight"), 4, 0, 0);
  check(&o, 1 - .5 * 2 * .375, 1 - .5 * .5, 1 - .5 * 4 * .125);
  DESCENT(&o, "net.width=4", "method.predictor=linear",
          "train.weight_decay=0.25");
  check(&o, .875, .875, .875);
  DESCENT(&o, "net.arch=mlp", "train.weight_decay=0.25",
          "train.projector_weight_decay=0", "train.encoder_lr_ratio=0.5");
  check(&o, 1 - .5 * .5 * .25, 1, 1);
}

/* Decay does not move what is fixed; a linear network's one map is its last. */
static void what_has_no_group_of_its_own(void **state) {
  (void)state;
  opened o;
  DESCENT(&o, "net.width=4", "method.projector_trainable=off",
          "train.weight_decay=0.25");
  assert_close(ratio(&o, "projector.0.weight"), 0, 0, 0);
  check(&o, .875, 1, 1);
  DESCENT(&o, "net.arch=linear", "train.weight_decay=0",
          "train.projector_weight_decay=0.25", "train.encoder_lr_ratio=0.1");
  check(&o, .875, .875, 1);
}

static void a_warm_up_within_the_training(void **state) {
  (void)state;
  opened o;
  es_descent *none;
  es_diag diag = {0};
  DESCENT(&o, "net.arch=linear", "train.warmup=9");
  assert_close(es_descent_time(o.descent, 9), .5 * 5, 0, 0);
  assert_status(es_descent_new(&none, &o.network, o.config, 8, &diag),
                ES_BAD_VALUE);
  assert_null(none);
  assert_non_null(strstr(diag.message, "train.warmup=9: there are 8 steps"));
  close_descent(&o);
}

/* theory.md 7: momentum lengthens a step in the long run, but not AdamW's,
 * which divides by it. */
static void flow_time_of_each_rule(void **state) {
  (void)state;
  static const struct {
    const char *optimizer;
    double want;
  } rows[] = {{"train.optimizer=sgd", .5 * 9 * 4},
              {"train.optimizer=lars", .5 * 9 * 4},
              {"train.optimizer=adamw", .5 * 9}};
  for (int k = 0; k < 3; k++) {
    opened o;
    DESCENT(&o, "net.arch=linear", "train.momentum=0.75", rows[k].optimizer);
    assert_close(es_descent_time(o.descent, 9), rows[k].want, 0, 0);
    close_descent(&o);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(groups_have_their_own),
      cmocka_unit_test(what_has_no_group_of_its_own),
      cmocka_unit_test(a_warm_up_within_the_training),
      cmocka_unit_test(flow_time_of_each_rule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
