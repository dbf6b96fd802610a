/* The test images of the data set that settings name (es_dataset_open_test). */
#include "tests/data/room.h"

static es_config *words_to_config(const char *const *words) {
  es_config *config;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, &es_data_keys, 1, &diag), diag);
  for (; *words != NULL; words++)
    assert_ok(es_config_set(config, *words, &diag), diag);
  return config;
}

/* Those of data.split=test with all else that matters alike, whatever subset,
 * split and augmentation the settings ask of the training images. */
static void same_as_the_split(const char *name) {
  enum { M = 3 * 8 * 8 };
  es_dataset *test, *split;
  es_diag diag = {0};
  double a[M], b[M];
  char word[64];
  snprintf(word, sizeof word, "data.name=%s", name);
  es_config *config = words_to_config(
      (const char *const[]){word, "data.n=3", "data.size=8", "data.seed=5",
                            "shift=2", "noise=1", NULL});
  assert_ok(es_dataset_open_test(&test, config, &diag), diag);
  assert_ok(OPEN(&split, &diag, word, "data.split=test", "data.size=8",
                 "data.seed=5"),
            diag);
  assert_int_equal(es_dataset_count(test), 10000);
  const size_t m = es_dataset_dim(test);
  assert_true(m == es_dataset_dim(split) && m <= M);
  for (size_t i = 0; i < 10000; i += 3333) {
    es_dataset_image(test, i, a);
    es_dataset_image(split, i, b);
    assert_memory_equal(a, b, m * sizeof *a);
  }
  es_dataset_free(test);
  es_dataset_free(split);
  es_config_free(config);
}

static void images_of_the_split(void **state) {
  (void)state;
  same_as_the_split("fashion-mnist");
  same_as_the_split("tint");
}

static void no_such_part(void **state) {
  (void)state;
  static const char *const names[] = {"gaussian", "two-mode", "idx", "array"};
  for (int i = 0; i < 4; i++) {
    es_dataset *test;
    es_diag diag = {0};
    char word[64];
    snprintf(word, sizeof word, "data.name=%s", names[i]);
    es_config *config = words_to_config((const char *const[]){word, NULL});
    assert_status(es_dataset_open_test(&test, config, &diag), ES_BAD_VALUE);
    assert_null(test);
    assert_non_null(strstr(diag.message, names[i]));
    es_config_free(config);
  }
}

/* The training images are those of data.split=train, and a subset of them is
 * what data.n draws. */
static void training_images(void **state) {
  (void)state;
  es_dataset *train, *split;
  es_diag diag = {0};
  double a[28 * 28], b[28 * 28];
  es_config *config = words_to_config((const char *const[]){
      "data.split=test", "data.n=3", "data.seed=5", NULL});
  assert_ok(OPEN(&split, &diag, "data.n=50", "data.seed=5"), diag);
  assert_ok(es_dataset_open_train(&train, config, &diag), diag);
  assert_int_equal(es_dataset_count(train), 60000);
  assert_ok(es_dataset_choose(train, 50, &diag), diag);
  assert_int_equal(es_dataset_count(train), 50);
  for (size_t i = 0; i < 50; i++) {
    es_dataset_image(train, i, a);
    es_dataset_image(split, i, b);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(es_dataset_label(train, i), es_dataset_label(split, i));
  }
  es_dataset_free(train);
  es_dataset_free(split);
  es_config_free(config);
}

/* The path is taken over. */
static void missing(void **state) {
  (void)state;
  es_dataset *test;
  es_diag diag = {0};
  es_config *config =
      words_to_config((const char *const[]){"data.path=/nowhere", NULL});
  assert_status(es_dataset_open_test(&test, config, &diag), ES_FILE_MISSING);
  assert_non_null(strstr(diag.message, "/nowhere/t10k"));
  es_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(images_of_the_split),
      cmocka_unit_test(training_images),
      cmocka_unit_test(no_such_part),
      cmocka_unit_test(missing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
