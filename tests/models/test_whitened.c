/* Training on whitened views, and the saved network on images, which go through
 * the map of the training. */
#include "tests/models/trained.h"

#include "models/resnet/frozen.h"

#include <float.h>

enum { IMAGES = 18, SIDE = 8, DIMS = 4, OUT = 3 };

#define WORDS(f)                                                               \
  "data.name=idx", (f)->word, "net.arch=linear", "method.projector=none",      \
      "method.dim=3", "train.batch=6", "train.eval_n=18", "augment.shift=1",   \
      "data.dims=4", "data.whiten=sum", "data.pairs=fixed", "data.center=on"

/* Sigma = I over what training sees, rounded to floats of at most 8. */
static void training_sees_whitened_pairs(void **state) {
  const folder *f = *state;
  es_diag diag = {0};
  es_pairs *pairs;
  float x[2 * 6 * DIMS];
  double S[DIMS][DIMS] = {{0}};
  write_waves(f, IMAGES, SIDE);
  const char *const words[] = {WORDS(f), NULL};
  es_config *config = train_settings(words);
  assert_ok(es_pairs_new(&pairs, config, NULL, &diag), diag);
  assert_int_equal(es_pairs_values(pairs), DIMS);
  for (uint64_t step = 0; step < 3; step++) {
    es_pairs_fill(pairs, step, x);
    for (size_t k = 0; k < 12; k++)
      for (size_t i = 0; i < DIMS; i++)
        for (size_t j = 0; j < DIMS; j++)
          S[i][j] += (double)x[k * DIMS + i] * x[k * DIMS + j] / (2 * IMAGES);
  }
  for (size_t i = 0; i < DIMS; i++)
    for (size_t j = 0; j < DIMS; j++)
      assert_close(S[i][j], i == j, 0, 4 * FLT_EPSILON);
  es_pairs_free(pairs);
  es_config_free(config);
}

static void write_run(const trained *t, const char *path) {
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_trainer_save(t->trainer, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

/* Its images are those of the training's own data set, its embeddings W times
 * them. */
static void a_frozen_network_takes_the_same_map(void **state) {
  const folder *f = *state;
  es_diag diag = {0};
  char path[160];
  es_dataset *set;
  es_frozen *frozen;
  float image[5 * DIMS], z[5 * OUT];
  double want[DIMS];
  write_waves(f, IMAGES, SIDE);
  trained t = TRAINER(WORDS(f));
  take_steps(t.trainer, 2);
  snprintf(path, sizeof path, "%s/arrays.h5", f->name);
  write_run(&t, path);
  assert_ok(es_frozen_data(&set, es_dataset_open, f->name, t.config, &diag),
            diag);
  assert_int_equal(es_dataset_dim(set), DIMS);
  assert_ok(es_frozen_open(&frozen, f->name, t.config, set, 5, &diag), diag);
  unlink(path);
  assert_ok(es_frozen_pass(frozen, set, 2, 5, image, NULL, z, &diag), diag);
  const es_dataset *own = es_pairs_set(es_trainer_pairs(t.trainer));
  const float *W = es_trainer_params(t.trainer);
  for (size_t i = 0; i < 5; i++) {
    es_dataset_image(own, 2 + i, want);
    for (size_t j = 0; j < DIMS; j++)
      assert_close(image[i * DIMS + j], want[j], 0, 8 * FLT_EPSILON);
    for (size_t r = 0; r < OUT; r++) {
      double sum = 0;
      for (size_t j = 0; j < DIMS; j++)
        sum += (double)W[r * DIMS + j] * image[i * DIMS + j];
      assert_close(z[i * OUT + r], sum, 0, 8 * FLT_EPSILON);
    }
  }
  es_frozen_free(frozen);
  es_dataset_free(set);
  close_trained(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(training_sees_whitened_pairs),
      cmocka_unit_test(a_frozen_network_takes_the_same_map),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
