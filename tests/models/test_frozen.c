/* Saved networks, frozen: what is taken from images, running statistics, and
 * files and outputs that cannot be. Through a map of views: test_whitened.c. */
#include "tests/models/trained.h"

#include "models/resnet/frozen.h"
#include "net/engine.h"

enum { IMAGES = 18, VALUES = 64, DIM = 3, BATCH = 5 };

static char *arrays_of(const folder *f) {
  char *path = NULL;
  assert_true(asprintf(&path, "%s/arrays.h5", f->name) > 0);
  return path;
}

static void save(const folder *f, const trained *t) {
  char *path = arrays_of(f);
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_trainer_save(t->trainer, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
  free(path);
}

static void remove_arrays(const folder *f) {
  char *path = arrays_of(f);
  unlink(path);
  free(path);
}

static es_dataset *images_of(const folder *f, const trained *t) {
  es_dataset *set;
  es_diag diag = {0};
  assert_ok(es_frozen_data(&set, es_dataset_open, f->name, t->config, &diag),
            diag);
  return set;
}

/* The mean of training's views is taken from images, and outputs are those of a
 * frozen pass in double; floats of order one through some 30 operations, and
 * sums of up to 300 of them. */
static void outputs_are_of_running_statistics(void **state) {
  const folder *f = *state;
  const es_engine *e = &es_engine_reference_double;
  float image[BATCH * VALUES], z[BATCH * DIM];
  double x[BATCH * VALUES];
  es_frozen *frozen;
  void *net;
  es_diag diag = {0};
  trained t = SMALL_RESNET(f, "data.center=on", "train.lr=0.01");
  take_steps(t.trainer, 3);
  save(f, &t);
  es_dataset *set = images_of(f, &t);
  assert_ok(es_frozen_open(&frozen, f->name, t.config, set, BATCH, &diag),
            diag);
  remove_arrays(f);
  assert_ok(es_frozen_pass(frozen, set, 2, BATCH, image, NULL, z, &diag), diag);
  const double *mean = es_pairs_mean(es_trainer_pairs(t.trainer));
  double away = 0;
  for (size_t i = 0; i < BATCH; i++)
    es_dataset_image(set, 2 + i, x + i * VALUES);
  for (size_t k = 0; k < BATCH * VALUES; k++) {
    away = fmax(away, fabs(mean[k % VALUES]));
    x[k] -= mean[k % VALUES];
    assert_true(image[k] == (float)x[k]);
  }
  assert_true(away > .1);
  const es_graph *g = &es_frozen_network(frozen)->graph;
  double *params = calloc(g->param_size, sizeof *params);
  double *buffers = calloc(g->buffer_size, sizeof *buffers);
  assert_true(params != NULL && buffers != NULL);
  for (size_t k = 0; k < g->param_size; k++)
    params[k] = (double)es_frozen_params(frozen)[k];
  for (size_t k = 0; k < g->buffer_size; k++)
    buffers[k] = (double)es_frozen_buffers(frozen)[k];
  assert_ok(e->open(&net, g, BATCH, 1, false, &diag), diag);
  assert_ok(e->forward(net, ES_PASS_FROZEN, params, buffers, x, &diag), diag);
  const double *want =
      e->output(net, es_frozen_network(frozen)->embedding.output);
  for (size_t k = 0; k < BATCH * DIM; k++)
    assert_close((double)z[k], want[k], 1e-4, 1e-4);
  assert_memory_equal(es_frozen_params(frozen), es_trainer_params(t.trainer),
                      params_size(t.trainer) * sizeof(float));
  e->close(net);
  free(params);
  free(buffers);
  es_frozen_free(frozen);
  es_dataset_free(set);
  close_trained(&t);
}

/* Weights that floats hold, and sums that they do not. */
static void outputs_out_of_range(void **state) {
  const folder *f = *state;
  float z[BATCH * DIM];
  es_frozen *frozen;
  es_diag diag = {0};
  write_waves(f, IMAGES, 8);
  trained t = TRAINER("data.name=idx", f->word, "net.arch=linear",
                      "method.dim=3", "train.batch=5", "net.init_scale=1e38");
  save(f, &t);
  es_dataset *set = images_of(f, &t);
  assert_ok(es_frozen_open(&frozen, f->name, t.config, set, BATCH, &diag),
            diag);
  remove_arrays(f);
  assert_status(es_frozen_pass(frozen, set, 2, BATCH, NULL, NULL, z, &diag),
                ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, f->name));
  assert_non_null(strstr(diag.message, "image 3 or one of the 4 behind it"));
  es_frozen_free(frozen);
  es_dataset_free(set);
  close_trained(&t);
}

/* None at all, and one of another network. */
static void files_that_do_not_fit(void **state) {
  const folder *f = *state;
  es_dataset *set = NULL;
  es_frozen *frozen;
  es_diag diag = {0};
  trained t = SMALL_RESNET(f, "train.steps=3", "train.lr=0.01");
  trained wide = SMALL_RESNET(f, "net.width=6", "train.lr=0.01");
  assert_status(es_frozen_data(&set, es_dataset_open, f->name, t.config, &diag),
                ES_FILE_MISSING);
  assert_null(set);
  save(f, &t);
  set = images_of(f, &t);
  assert_status(
      es_frozen_open(&frozen, f->name, wide.config, set, BATCH, &diag),
      ES_FILE_CORRUPT);
  assert_null(frozen);
  assert_non_null(strstr(diag.message, "conv1.weight"));
  remove_arrays(f);
  assert_status(es_frozen_open(&frozen, f->name, t.config, set, BATCH, &diag),
                ES_FILE_MISSING);
  assert_null(frozen);
  es_frozen_free(NULL);
  es_dataset_free(set);
  close_trained(&t);
  close_trained(&wide);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(outputs_are_of_running_statistics),
      IN_FOLDER(outputs_out_of_range),
      IN_FOLDER(files_that_do_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
