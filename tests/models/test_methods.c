/* The table of methods, and the settings of a training: their defaults, those
 * that depend on others, and what they refuse. */
#include "tests/models/training.h"

static void methods_are_listed_and_found(void **state) {
  (void)state;
  size_t n = 0;
  for (; es_method_list(n) != NULL; n++) {
    const es_method *m = es_method_list(n);
    assert_true(m->name != NULL && m->summary != NULL && m->setting[0] != NULL);
    assert_ptr_equal(es_method_find(m->name), m);
  }
  assert_true(n > 0);
  assert_null(es_method_list(n + 1));
  assert_null(es_method_find("barlow"));
  assert_null(es_method_find(""));
}

/* Settings as config.yaml has them, to be freed. */
static char *written(const es_config *c) {
  char *text = NULL;
  size_t size = 0;
  es_diag diag = {0};
  FILE *out = open_memstream(&text, &size);
  assert_non_null(out);
  assert_ok(es_config_write(c, out, &diag), diag);
  assert_int_equal(fclose(out), 0);
  return text;
}

static void check_same(const es_config *a, const es_config *b) {
  char *of_a = written(a), *of_b = written(b);
  assert_string_equal(of_a, of_b);
  free(of_a);
  free(of_b);
}

/* Every setting of a row is known, and is what its loss reads; no default takes
 * its place, and what the user set before counts. */
static void methods_are_settings(void **state) {
  (void)state;
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_diag diag = {0};
  for (size_t i = 0; es_method_list(i) != NULL; i++) {
    const es_method *m = es_method_list(i);
    es_config *c, *said;
    assert_ok(es_config_new(&c, sets, 2, &diag), diag);
    assert_ok(es_method_preset(m, c, &diag), diag);
    assert_string_equal(es_config_text(c, "method", "name"), m->name);
    assert_false(es_config_given(c, "method", NULL));
    assert_ok(es_config_new(&said, sets, 2, &diag), diag);
    for (size_t k = 0; m->setting[k] != NULL; k++)
      assert_ok(es_config_set(said, m->setting[k], &diag), diag);
    assert_ptr_equal(es_loss_of(c), es_loss_of(said));
    assert_ok(es_train_settle(said, &diag), diag);
    assert_ok(es_train_settle(c, &diag), diag);
    assert_ok(es_config_suggest(said, "method", "name", m->name, &diag), diag);
    check_same(c, said);
    es_config_free(said);
    es_config_free(c);
  }
  es_config *c;
  assert_ok(es_config_new(&c, sets, 2, &diag), diag);
  assert_ok(es_config_set(c, "method.temperature=0.1", &diag), diag);
  assert_ok(es_method_preset(es_method_find("simclr"), c, &diag), diag);
  assert_close(es_config_real(c, "method", "temperature"), .1, 0, 0);
  assert_string_equal(es_config_text(c, "method", "loss"), "simclr");
  es_config_free(c);
}

/* A run's config.yaml gives every key, presets that another setting put out of
 * use not among them: the run can be probed and run again. */
static void presets_out_of_use_are_dropped(void **state) {
  static const char *const word[][3] = {
      {"simclr", "method.loss=vicreg", "temperature"},
      {"byol", "method.target=self", "ema_momentum"},
      {"directpred", "method.predictor=linear", "rho"},
      {"directcopy", "method.predictor=directset", "epsilon"}};
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_diag diag = {0};
  const char *path = ((const folder *)*state)->plain;
  for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
    es_config *c, *again;
    assert_ok(es_config_new(&c, sets, 2, &diag), diag);
    assert_ok(es_method_preset(es_method_find(word[i][0]), c, &diag), diag);
    assert_ok(es_config_set(c, word[i][1], &diag), diag);
    write_settled(c, path);
    assert_false(es_config_has(c, "method", word[i][2]));
    assert_true(es_config_has(c, "method", "dim"));
    assert_ok(es_config_new(&again, sets, 2, &diag), diag);
    assert_ok(es_config_load(again, path, &diag), diag);
    assert_ok(es_train_settle(again, &diag), diag);
    es_config_free(again);
    es_config_free(c);
  }
}

/* Of simclr, whose own is lars with lr .3 and momentum .9. */
static void rates_are_of_their_optimizer(void **state) {
  static const struct {
    const char *word;
    double lr, momentum;
  } rows[] = {{"train.optimizer=lars", .3, .9},
              {"train.optimizer=sgd", .02, 0},
              {"train.optimizer=adamw", .02, .9}};
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_diag diag = {0};
  const char *path = ((const folder *)*state)->plain;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_config *c, *again;
    assert_ok(es_config_new(&c, sets, 2, &diag), diag);
    assert_ok(es_method_preset(es_method_find("simclr"), c, &diag), diag);
    assert_ok(es_config_set(c, rows[i].word, &diag), diag);
    write_settled(c, path);
    assert_ok(es_config_new(&again, sets, 2, &diag), diag);
    assert_ok(es_config_load(again, path, &diag), diag);
    assert_ok(es_train_settle(again, &diag), diag);
    for (int k = 0; k < 2; k++) {
      const es_config *one = k == 0 ? c : again;
      assert_close(es_config_real(one, "train", "lr"), rows[i].lr, 0, 0);
      assert_close(es_config_real(one, "train", "momentum"), rows[i].momentum,
                   0, 0);
      assert_close(es_config_real(one, "train", "weight_decay"), 1e-6, 0, 0);
    }
    es_config_free(again);
    es_config_free(c);
  }
}

static void losses_are_listed_and_found(void **state) {
  (void)state;
  char word[48];
  size_t n = 0;
  for (; es_loss_list(n) != NULL; n++) {
    snprintf(word, sizeof word, "method.loss=%s", es_loss_list(n)->name);
    es_config *c = SETTINGS(word);
    assert_ptr_equal(es_loss_of(c), es_loss_list(n));
    es_config_free(c);
  }
  assert_null(es_loss_list(n + 1));
  es_config *c = SETTINGS("data.n=3");
  assert_ptr_equal(es_loss_of(c), &es_loss_covariance);
  es_config_free(c);
}

static void refuse(const char *a, const char *b, const char *saying) {
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_config *c;
  es_diag diag = {0};
  assert_ok(es_config_new(&c, sets, 2, &diag), diag);
  assert_ok(es_config_set(c, a, &diag), diag);
  assert_ok(es_config_set(c, b, &diag), diag);
  assert_status(es_train_settle(c, &diag), ES_BAD_VALUE);
  if (strstr(diag.message, saying) == NULL)
    fail_msg("\"%s\" lacks \"%s\"", diag.message, saying);
  es_config_free(c);
}

/* A setting that nothing would read is a mistake. */
static void settings_of_another_loss(void **state) {
  (void)state;
  refuse("method.loss=vicreg", "method.lambda=1", "method.loss=barlow");
  refuse("method.loss=barlow", "method.temperature=1", "method.loss=simclr");
  refuse("method.loss=barlow", "method.negatives=off", "method.loss=simclr");
  refuse("method.loss=cosine", "method.temperature=1", "method.loss=simclr");
  refuse("method.target=ema", "method.loss=simclr", "expected self");
  refuse("method.target=stop-gradient", "method.loss=infonce", "expected self");
  refuse("method.predictor=mlp", "method.loss=barlow", "expected none");
  refuse("method.loss=l2", "method.ema_momentum=0.9", "method.target=ema");
  refuse("method.loss=l2", "method.ema_schedule=cosine", "method.target=ema");
  refuse("method.loss=cross-entropy", "method.target=self", "expected labels");
  refuse("method.loss=cross-entropy", "method.target=pixels", "is not of");
  refuse("method.loss=l2", "method.target=labels", "expected linear or mlp");
  refuse("method.loss=cross-entropy", "method.predictor=directpred",
         "expected linear or mlp");
  refuse("method.loss=cross-entropy", "method.predictor=linear-symmetric",
         "expected linear or mlp");
  refuse("method.loss=cross-entropy", "method.predictor_init=identity",
         "expected gaussian");
  refuse("method.loss=vicreg", "method.target=pixels", "expected self");
  refuse("method.rho=0.5", "method.loss=l2", "predictor=none");
  refuse("method.predictor=directset", "method.epsilon=0.1", "directset");
  refuse("method.predictor=directcopy", "method.form=code", "directcopy");
  refuse("method.loss=vicreg", "method.precondition=left",
         "method.loss=covariance");
  refuse("method.precondition=none", "method.precondition_epsilon=1",
         "left and logdet");
  refuse("method.precondition=left", "method.mu=1", "precondition=logdet");
  refuse("method.precondition=left", "train.predict=conjugate",
         "precondition=none");
  refuse("method.projector=orthogonal", "method.projector_init=gaussian",
         "orthogonal or pca");
  refuse("method.projector=orthogonal", "train.predict=conjugate",
         "theory's map is free");
}

/* Where one is read it has its paper's value. */
static void settings_of_one_loss(void **state) {
  (void)state;
  es_config *c = SETTINGS("method.loss=barlow");
  assert_close(es_config_real(c, "method", "lambda"), .0051, 0, 0);
  assert_false(es_config_has(c, "method", "temperature"));
  es_config_free(c);
  c = SETTINGS("method.loss=simclr", "train.predict=off");
  assert_close(es_config_real(c, "method", "temperature"), .5, 0, 0);
  assert_true(es_config_flag(c, "method", "negatives"));
  assert_false(es_config_has(c, "method", "lambda"));
  es_config_free(c);
  c = SETTINGS("method.projector=orthogonal");
  assert_string_equal(es_config_text(c, "method", "projector_init"),
                      "orthogonal");
  es_config_free(c);
  c = SETTINGS("method.precondition=logdet");
  assert_close(es_config_real(c, "method", "precondition_epsilon"), .01, 0, 0);
  assert_close(es_config_real(c, "method", "mu"), .1, 0, 0);
  es_config_free(c);
  c = SETTINGS("method.loss=l2", "method.target=ema");
  assert_close(es_config_real(c, "method", "ema_momentum"), .99, 0, 0);
  es_config_free(c);
  c = SETTINGS("method.loss=infonce", "method.predictor=linear",
               "method.temperature=0.2");
  assert_ptr_equal(es_loss_of(c), &es_loss_infonce_cosine);
  es_config_free(c);
  c = SETTINGS("method.loss=vicreg");
  assert_close(es_config_real(c, "train", "lr"), .002, 0, 0);
  es_config_free(c);
  c = SETTINGS("train.predict=conjugate");
  es_config_free(c);
  /* Outside the theorems there may be a prediction, with that said. */
  c = SETTINGS("method.loss=vicreg", "train.predict=ntk");
  assert_false(es_loss_of(c)->theorem);
  es_config_free(c);
}

/* Networks have other defaults than linear models; what the user says counts.
 */
static void defaults_follow_the_architecture(void **state) {
  (void)state;
  es_config *c = SETTINGS("net.arch=resnet");
  assert_int_equal(es_config_size(c, "augment", "shift"), 0);
  assert_close(es_config_real(c, "augment", "crop_min"), .5, 0, 0);
  es_config_free(c);
  c = SETTINGS("net.arch=linear");
  assert_int_equal(es_config_size(c, "augment", "shift"), 3);
  assert_close(es_config_real(c, "augment", "crop_min"), 1, 0, 0);
  es_config_free(c);
  c = SETTINGS("net.arch=linear", "augment.shift=1", "augment.crop_min=0.7");
  assert_int_equal(es_config_size(c, "augment", "shift"), 1);
  assert_close(es_config_real(c, "augment", "crop_min"), .7, 0, 0);
  es_config_free(c);
}

static void defaults_of_settings(void **state) {
  (void)state;
  es_config *c = SETTINGS("net.arch=resnet");
  assert_string_equal(es_config_text(c, "data", "pairs"), "fresh");
  assert_string_equal(es_config_text(c, "net", "norm"), "batch");
  assert_string_equal(es_config_text(c, "train", "predict"), "off");
  assert_int_equal(es_config_size(c, "net", "width"), 8);
  assert_close(es_config_real(c, "train", "encoder_lr_ratio"), 1, 0, 0);
  assert_true(es_config_flag(c, "augment", "flip"));
  assert_int_equal(es_config_size(c, "train", "steps"), 1000);
  assert_close(es_config_real(c, "train", "lr"), .02, 0, 0);
  assert_false(es_config_has(c, "train", "epochs"));
  assert_false(es_config_has(c, "train", "lr_relative"));
  assert_false(es_config_has(c, "net", "init_scale"));
  es_config_free(c);
}

/* What optimisers have by default, and groups of the weight decay. */
static void defaults_of_optimizers(void **state) {
  (void)state;
  static const char *const names[] = {
      "train.optimizer=sgd", "train.optimizer=lars", "train.optimizer=adamw"};
  for (int k = 0; k < 3; k++) {
    es_config *c = SETTINGS(names[k], "train.weight_decay=0.3");
    assert_close(es_config_real(c, "train", "momentum"), k == 0 ? 0 : .9, 0, 0);
    assert_close(es_config_real(c, "train", "projector_weight_decay"), .3, 0,
                 0);
    assert_close(es_config_real(c, "method", "predictor_weight_decay"), .3, 0,
                 0);
    es_config_free(c);
  }
}

/* Of two that say the same thing differently one counts, and only one. */
static void one_of_two(void **state) {
  (void)state;
  const es_keys sets[] = {es_train_keys, es_data_keys};
  static const char *const pairs[][2] = {
      {"train.epochs=7", "train.steps=7"},
      {"train.lr=1", "train.lr_relative=0.1"}};
  for (int k = 0; k < 2; k++) {
    es_config *c;
    es_diag diag = {0};
    assert_ok(es_config_new(&c, sets, 2, &diag), diag);
    assert_ok(es_config_set(c, pairs[k][0], &diag), diag);
    assert_ok(es_config_set(c, pairs[k][1], &diag), diag);
    assert_status(es_train_settle(c, &diag), ES_BAD_VALUE);
    assert_non_null(strstr(diag.message, "expected one"));
    es_config_free(c);
  }
  es_config *c = SETTINGS("train.epochs=7", "train.lr_relative=0.1");
  assert_false(es_config_has(c, "train", "steps"));
  assert_false(es_config_has(c, "train", "lr"));
  es_config_free(c);
  es_diag diag = {0};
  assert_ok(es_config_new(&c, sets, 2, &diag), diag);
  assert_ok(es_method_preset(es_method_find("simsiam"), c, &diag), diag);
  assert_ok(es_config_set(c, "train.lr_relative=0.1", &diag), diag);
  assert_ok(es_train_settle(c, &diag), diag);
  assert_false(es_config_has(c, "train", "lr")); /* a method's gives way */
  es_config_free(c);
}

static void settings_out_of_range(void **state) {
  (void)state;
  static const char *const words[] = {
      "train.batch=1",        "train.batch=1e7",
      "train.lr=0",           "train.lr_relative=1.01",
      "net.init_scale=0",     "train.encoder_lr_ratio=-1",
      "net.width=0",          "method.dim=0",
      "method.temperature=0", "method.lambda=-1",
      "net.depth=11",         "train.eval_n=1",
      "train.lr=nan",         "augment.crop_min=0"};
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_config *c;
  es_diag diag = {0};
  assert_ok(es_config_new(&c, sets, 2, &diag), diag);
  for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
    char key[32];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(words[k], "="), words[k]);
    assert_status(es_config_set(c, words[k], &diag), ES_BAD_VALUE);
    assert_non_null(strstr(diag.message, key));
  }
  assert_ok(es_config_set(c, "train.steps=0", &diag), diag);
  assert_ok(es_config_set(c, "train.encoder_lr_ratio=0", &diag), diag);
  es_config_free(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(methods_are_listed_and_found),
      cmocka_unit_test(methods_are_settings),
      IN_FOLDER(presets_out_of_use_are_dropped),
      IN_FOLDER(rates_are_of_their_optimizer),
      cmocka_unit_test(losses_are_listed_and_found),
      cmocka_unit_test(settings_of_another_loss),
      cmocka_unit_test(settings_of_one_loss),
      cmocka_unit_test(defaults_follow_the_architecture),
      cmocka_unit_test(defaults_of_settings),
      cmocka_unit_test(defaults_of_optimizers),
      cmocka_unit_test(one_of_two),
      cmocka_unit_test(settings_out_of_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
