/* Settings that others leave unread, and predictions that theory does not make.
 */
#include "tests/models/training.h"

/* A preset that another setting leaves unread goes, and what is written is
 * taken again; the same of a user is refused. */
static void unread_settings_are_refused(void **state) {
  static const char *const rows[][2] = {
      {"method.projector=linear", "method.hidden_dim=64"},
      {"method.projector=linear", "method.projector_layers=3"},
      {"method.projector=linear", "method.head_norm=all"},
      {"method.predictor=none", "method.predictor_hidden_dim=9"},
      {"method.predictor=none", "method.predictor_init=identity"},
      {"method.predictor=none", "method.predictor_scale=2"},
      {"method.predictor=none", "method.predictor_lr_ratio=2"},
      {"train.ordering=multi-pass", "train.chunks=2"},
      {"train.ordering=cumulative", "train.switch=0.5"}};
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_diag diag = {0};
  const char *path = ((const folder *)*state)->plain;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_config *c, *again;
    char why[64];
    assert_ok(es_config_new(&c, sets, 2, &diag), diag);
    assert_ok(es_method_preset(es_method_find("simclr"), c, &diag), diag);
    assert_ok(es_config_set(c, rows[i][0], &diag), diag);
    write_settled(c, path);
    assert_ok(es_unread_check(c, &diag), diag);
    assert_ok(es_config_new(&again, sets, 2, &diag), diag);
    assert_ok(es_config_load(again, path, &diag), diag);
    assert_ok(es_unread_check(again, &diag), diag);
    assert_ok(es_config_set(c, rows[i][1], &diag), diag);
    assert_ok(es_train_settle(c, &diag), diag);
    assert_status(es_unread_check(c, &diag), ES_BAD_VALUE);
    assert_non_null(strstr(diag.message, rows[i][1]));
    snprintf(why, sizeof why, "with %s nothing reads it", rows[i][0]);
    assert_non_null(strstr(diag.message, why));
    es_config_free(again);
    es_config_free(c);
  }
}

/* Where something reads it a setting stays, and is no mistake. */
static void read_settings_stay(void **state) {
  (void)state;
  static const char *const rows[][3] = {
      {"method.projector=mlp", "projector_layers", "3"},
      {"method.projector=mlp", "hidden_dim", "64"},
      {"method.projector=mlp", "head_norm", "all"},
      {"method.predictor=mlp", "head_norm", "all"},
      {"method.predictor=mlp", "predictor_hidden_dim", "9"},
      {"method.predictor=mlp", "predictor_lr_ratio", "2"},
      {"method.predictor=linear", "predictor_init", "identity"},
      {"method.predictor=directset", "predictor_scale", "2"},
      {"train.ordering=single-pass", "chunks", "2"},
      {"train.ordering=cumulative", "chunks", "2"},
      {"train.ordering=hybrid", "chunks", "2"},
      {"train.ordering=hybrid", "switch", "0.5"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char section[8], word[48];
    es_diag diag = {0};
    snprintf(section, sizeof section, "%.*s", (int)strcspn(rows[i][0], "."),
             rows[i][0]);
    snprintf(word, sizeof word, "%s.%s=%s", section, rows[i][1], rows[i][2]);
    es_config *c = SETTINGS("method.loss=l2", rows[i][0], word);
    assert_ok(es_unread_check(c, &diag), diag);
    assert_true(es_config_differs(c, section, rows[i][1]));
    es_config_free(c);
  }
}

static es_status settle(const char *word, es_diag *diag) {
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_config *c;
  assert_ok(es_config_new(&c, sets, 2, diag), *diag);
  assert_ok(es_config_set(c, "train.predict=conjugate", diag), *diag);
  assert_ok(es_config_set(c, word, diag), *diag);
  const es_status status = es_train_settle(c, diag);
  es_config_free(c);
  return status;
}

/* theory.md 7: one rate, and plain descent. */
static void predictions_are_of_plain_descent(void **state) {
  (void)state;
  static const char *const words[] = {
      "train.optimizer=lars", "train.optimizer=adamw", "train.schedule=cosine",
      "train.warmup=3"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    es_diag diag = {0};
    assert_status(settle(words[i], &diag), ES_BAD_VALUE);
    assert_non_null(strstr(diag.message, "theory speaks of"));
  }
  es_diag diag = {0};
  assert_ok(settle("train.warmup=0", &diag), diag);
  assert_ok(settle("train.momentum=0.5", &diag), diag);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(unread_settings_are_refused),
      cmocka_unit_test(read_settings_stay),
      cmocka_unit_test(predictions_are_of_plain_descent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
