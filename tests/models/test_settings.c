/* Networks from settings: parameter counts, where each setting goes, what
 * cannot be. */
#include "tests/models/training.h"

#include "models/resnet/encoder.h"

static es_network network_of(const es_encoder *e) {
  es_network network;
  es_diag diag = {0};
  assert_ok(es_network_new(&network, e, &diag), diag);
  return network;
}

static es_encoder resnet(size_t side) {
  return (es_encoder){.arch = ES_ARCH_RESNET,
                      .stages = {1, 1, 1, 1},
                      .width = 8,
                      .norm = true,
                      .channels = 3,
                      .side = side,
                      .dim = 10};
}

/* Table 1 of Li, Efros and Pathak (ECCV 2022), in the order of its rows. Like
 * the paper, torchvision's ResNet(block, stages, width_per_group) counts a
 * classifier of 1000 classes, whose 1000 biases our projector has not; its
 * counts are here exactly. The paper prints them in millions with one decimal,
 * rounded, but for "26, 2x": 39,673,640 stands there as 39.6, cut off. */
static void parameters_are_the_papers(void **state) {
  (void)state;
  static const struct {
    const char *words[3];
    size_t features, parameters;
    double printed;
  } rows[] = {
      {{"net.depth=18"}, 512, 11689512, 11.7},
      {{"net.depth=34"}, 512, 21797672, 21.8},
      {{"net.depth=50"}, 2048, 25557032, 25.6},
      {{"net.depth=26"}, 2048, 15995176, 16.0},
      {{"net.depth=26", "net.bottleneck_width=2"}, 2048, 39673640, 39.6},
      {{"net.depth=50", "net.block=basic"}, 512, 31905832, 31.9},
      {{"net.stages=4,6,10,4"}, 512, 31905832, 31.9},
      {{"net.stages=2,2,2,2", "net.block=bottleneck"}, 2048, 15995176, 16.0},
  };
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    es_encoder e;
    es_diag diag = {0};
    const char *const *w = rows[k].words;
    es_config *c = SETTINGS("net.width=64", "method.dim=1000", w[0], w[1]);
    assert_ok(es_encoder_from(&e, c, 3, 64, &diag), diag);
    es_network n = network_of(&e);
    const size_t all = es_network_moving(&n) + 1000;
    assert_int_equal(all, rows[k].parameters);
    const double tenths = (double)all * 1e-5;
    const bool cut = e.bottleneck_width == 2;
    assert_close(cut ? floor(tenths) : round(tenths), 10 * rows[k].printed, 0,
                 1e-9);
    assert_int_equal(n.representation.size, rows[k].features);
    es_network_free(&n);
    es_config_free(c);
  }
}

/* Every setting goes to its place. */
static void settings_make_an_encoder(void **state) {
  (void)state;
  es_encoder e;
  es_diag diag = {0};
  es_config *c =
      SETTINGS("net.depth=18", "net.width=24", "net.norm=none", "method.dim=7");
  assert_ok(es_encoder_from(&e, c, 3, 40, &diag), diag);
  es_config_free(c);
  assert_true(e.arch == ES_ARCH_RESNET && !e.norm && e.width == 24);
  assert_true(e.dim == 7 && e.channels == 3 && e.side == 40);
  for (int s = 0; s < ES_STAGES; s++) assert_int_equal(e.stages[s], 2);
  c = SETTINGS("net.arch=linear", "data.name=gaussian");
  assert_ok(es_encoder_from(&e, c, 0, 10, &diag), diag);
  assert_true(e.arch == ES_ARCH_LINEAR && e.norm && e.width == 8);
  for (int s = 0; s < ES_STAGES; s++) assert_int_equal(e.stages[s], 1);
  es_config_free(c);
  c = SETTINGS("net.stages=1,2", "net.block=bottleneck", "net.width=6",
               "net.bottleneck_width=3", "net.residual=off",
               "net.init_scale_all=0.5", "net.feature_norm=batch",
               "net.output_multiplier=100", "net.subtract_initial=0.99");
  assert_ok(es_encoder_from(&e, c, 1, 14, &diag), diag);
  assert_true(e.bottleneck && e.plain && e.bottleneck_width == 3);
  assert_true(e.multiplier == 100 && e.share == .99);
  assert_true(e.weight_scale == .5 && e.heads.feature_norm && !e.orthogonal);
  assert_true(e.stages[0] == 1 && e.stages[1] == 2 && e.stages[2] == 0);
  assert_int_equal(es_encoder_features(&e), 4 * 12);
  es_config_free(c);
  c = SETTINGS("net.arch=mlp", "net.width=30", "net.hidden_layers=4");
  assert_ok(es_encoder_from(&e, c, 0, 14, &diag), diag);
  assert_true(e.arch == ES_ARCH_MLP && e.hidden_layers == 4);
  assert_int_equal(es_encoder_features(&e), 30);
  es_config_free(c);
}

/* Those of the heads; their order in es_heads_from's tables. */
static void settings_make_heads(void **state) {
  (void)state;
  static const struct {
    const char *word;
    es_projector projector;
    size_t dim;
  } projectors[] = {{"method.projector=none", ES_PROJECTOR_NONE, 64},
                    {"method.projector=linear", ES_PROJECTOR_LINEAR, 9},
                    {"method.projector=diagonal", ES_PROJECTOR_DIAGONAL, 64},
                    {"method.projector=low-rank", ES_PROJECTOR_LOW_RANK, 9},
                    {"method.projector=mlp", ES_PROJECTOR_MLP, 9}};
  static const struct {
    const char *word;
    es_predictor predictor;
  } predictors[] = {
      {"method.predictor=none", ES_PREDICTOR_NONE},
      {"method.predictor=linear", ES_PREDICTOR_LINEAR},
      {"method.predictor=linear-symmetric", ES_PREDICTOR_SYMMETRIC},
      {"method.predictor=mlp", ES_PREDICTOR_MLP}};
  static const char *const norms[] = {
      "method.head_norm=hidden", "method.head_norm=all",
      "method.head_norm=none"}; /* as es_head_norm */
  for (size_t k = 0; k < 60; k++) {
    es_encoder e;
    es_diag diag = {0};
    es_config *c = SETTINGS(
        "method.loss=l2", "method.dim=9", projectors[k % 5].word,
        predictors[k / 5 % 4].word, norms[k / 20], "method.hidden_dim=33",
        "method.projector_layers=5", "method.predictor_hidden_dim=21",
        "method.d0=7", "method.predictor_scale=3",
        "method.predictor_init=identity", "method.projector_trainable=off");
    assert_ok(es_encoder_from(&e, c, 1, 14, &diag), diag);
    assert_int_equal(e.heads.projector, projectors[k % 5].projector);
    assert_int_equal(e.heads.predictor, predictors[k / 5 % 4].predictor);
    assert_int_equal(e.heads.norm, k / 20);
    assert_int_equal(e.dim, projectors[k % 5].dim);
    assert_true(e.heads.hidden == 33 && e.heads.layers == 5);
    assert_true(e.heads.predictor_hidden == 21 && e.heads.rank == 7);
    assert_true(e.heads.predictor_scale == 3 && e.heads.identity);
    assert_true(e.heads.fixed && !e.heads.feature_norm);
    es_config_free(c);
  }
}

static void refuse(const char *const *words, const char *what,
                   const char *why) {
  es_encoder e;
  es_diag diag = {0};
  es_config *c = train_settings(words);
  assert_status(es_encoder_from(&e, c, 1, 14, &diag), ES_BAD_VALUE);
  if (strstr(diag.message, what) == NULL || strstr(diag.message, why) == NULL)
    fail_msg("%s: neither %s nor %s", diag.message, what, why);
  es_config_free(c);
}
#define REFUSE(what, why, ...)                                                 \
  refuse((const char *const[]){__VA_ARGS__, NULL}, what, why)

static void settings_that_do_not_fit(void **state) {
  (void)state;
  REFUSE("net.depth=18", "26 or 50", "net.depth=18", "net.block=bottleneck");
  REFUSE("net.stages=1,1,1,1,1", "at most 4", "net.stages=1,1,1,1,1");
  REFUSE("net.stages=1,1.5", "whole numbers", "net.stages=1,1.5");
  REFUSE("method.d0=65", "at most 64", "method.d0=65",
         "method.projector=diagonal");
  REFUSE("method.d0=11", "at most 10", "method.d0=11",
         "method.projector=low-rank");
  REFUSE("method.projector_init=orthogonal", "20 orthogonal rows of 16",
         "method.projector_init=orthogonal", "method.dim=20", "net.width=2");
  REFUSE("method.projector_init=orthogonal", "20 orthogonal rows of 12",
         "method.projector_init=orthogonal", "method.dim=20",
         "method.projector=mlp", "method.hidden_dim=12");
  REFUSE("net.init_scale=0.1", "method.projector=diagonal",
         "net.init_scale=0.1", "method.projector=diagonal");
  REFUSE("net.init_scale=0.1", "method.projector=none", "net.init_scale=0.1",
         "method.projector=none");
  REFUSE("method.projector_init=orthogonal", "no last linear layer",
         "method.projector_init=orthogonal", "method.projector=diagonal");
  REFUSE("method.projector_init=orthogonal", "197 orthogonal rows of 196",
         "net.arch=linear", "method.projector_init=orthogonal",
         "method.dim=197");
  es_encoder e; /* as many rows as inputs there are */
  es_diag diag = {0};
  es_config *c = SETTINGS("method.projector_init=orthogonal", "method.dim=16",
                          "net.width=2", "net.init_scale=0.1");
  assert_ok(es_encoder_from(&e, c, 1, 28, &diag), diag);
  es_config_free(c);
}

static void what_cannot_be_built(void **state) {
  (void)state;
  es_diag diag = {0};
  es_encoder e;
  es_network n;
  es_config *c = SETTINGS("data.name=two-mode");
  assert_status(es_encoder_from(&e, c, 0, 10, &diag), ES_BAD_VALUE);
  assert_int_equal(diag.code, ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "net.arch=resnet"));
  assert_non_null(strstr(diag.message, "data.name=two-mode"));
  assert_non_null(strstr(diag.message, "linear"));
  es_config_free(c);
  e = resnet(0);
  assert_status(es_network_new(&n, &e, &diag), ES_BAD_SHAPE);
  assert_null(n.graph.node);
  es_network_free(&n); /* does no harm */
  e = resnet(32);
  e.dim = SIZE_MAX / 2;
  assert_status(es_network_new(&n, &e, &diag), ES_BAD_SHAPE);
  assert_non_null(strstr(diag.message, "projector.0.weight"));
  assert_null(n.graph.param);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parameters_are_the_papers),
      cmocka_unit_test(settings_make_an_encoder),
      cmocka_unit_test(settings_make_heads),
      cmocka_unit_test(settings_that_do_not_fit),
      cmocka_unit_test(what_cannot_be_built),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
