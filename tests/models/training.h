/* What tests of networks share: settings by words, and a small file of images
 * with structure. */
#ifndef ES_TESTS_MODELS_TRAINING_H
#define ES_TESTS_MODELS_TRAINING_H

#include "tests/data/room.h"

#include "models/resnet/method.h"

/* Settled settings of a training from words, up to a NULL. Free them. */
static inline es_config *train_settings(const char *const *words) {
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_config *config;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, sets, 2, &diag), diag);
  for (; *words != NULL; words++)
    assert_ok(es_config_set(config, *words, &diag), diag);
  assert_ok(es_train_settle(config, &diag), diag);
  return config;
}
#define SETTINGS(...) train_settings((const char *const[]){__VA_ARGS__, NULL})

/* Settled settings as config.yaml has them. */
static inline void write_settled(es_config *c, const char *path) {
  es_diag diag = {0};
  assert_ok(es_train_settle(c, &diag), diag);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_ok(es_config_write(c, file, &diag), diag);
  assert_int_equal(fclose(file), 0);
}

/* n images of side×side in the folder's plain file: waves whose directions,
 * phases and heights differ, so that views of one image resemble each other. */
static inline void write_waves(const folder *f, size_t n, size_t side) {
  unsigned char *pixels = malloc(n * side * side);
  assert_non_null(pixels);
  for (size_t k = 0; k < n * side * side; k++) {
    const size_t i = k / (side * side), r = k / side % side, c = k % side;
    const double a = sin(1.7 * (double)i), b = sin(2.3 * (double)i + 1);
    const double wave =
        sin(a * (double)r + 2 * b * (double)c + (double)(i % 5));
    pixels[k] = (unsigned char)(128 + (60 + 60 * b) * wave);
  }
  write_images(f, pixels, n, side);
  free(pixels);
}

#define IN_FOLDER(test)                                                        \
  cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

#endif
