/* A trainer's files: what a killed run goes on from, to the bit; what they
 * hold; those that do not fit. Then the settings of a training's length. */
#include "tests/models/trained.h"

#include "file/atomic.h"
#include "net/params.h"

#include <math.h>
#include <omp.h>

static void path_in(char out[160], const folder *f, const char *name) {
  snprintf(out, 160, "%s/%s", f->name, name);
}

static void save(const trained *t, const char *path) {
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_trainer_save(t->trainer, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

static es_status load(trained *t, const char *path, es_diag *diag) {
  es_h5_source *file;
  assert_ok(es_h5_open(&file, path, diag), *diag);
  const es_status status = es_trainer_load(t->trainer, file, diag);
  es_h5_close(file);
  return status;
}

/* The same content gives the same bytes: files tell all of a state, running
 * statistics included. */
static void same_state(const trained *a, const trained *b, const folder *f) {
  char path[2][160];
  unsigned char *bytes[2];
  size_t size[2];
  es_diag diag = {0};
  const trained *both[] = {a, b};
  for (int k = 0; k < 2; k++) {
    path_in(path[k], f, k == 0 ? "a.h5" : "b.h5");
    save(both[k], path[k]);
    assert_ok(es_file_read(&bytes[k], &size[k], path[k], 1 << 22, &diag), diag);
    unlink(path[k]);
  }
  assert_int_equal(size[0], size[1]);
  assert_memory_equal(bytes[0], bytes[1], size[0]);
  free(bytes[0]);
  free(bytes[1]);
}

/* Nine steps, three to an epoch: in one run; in one with measurements on the
 * way, and a file after step `at`; and by a trainer that goes on from that
 * file, after other steps of its own. */
static void check_resume(const folder *f, size_t at, const char *pairs,
                         const char *norm) {
  trained whole = SMALL_RESNET(f, pairs, norm);
  trained first = SMALL_RESNET(f, pairs, norm);
  trained second = SMALL_RESNET(f, pairs, norm);
  es_diag diag = {0};
  char path[160];
  double loss[2];
  path_in(path, f, "saved.h5");
  take_steps(whole.trainer, 9);
  take_steps(first.trainer, at);
  save(&first, path);
  for (size_t k = at; k < 9; k++) {
    assert_ok(es_trainer_measure(first.trainer, NULL, NULL, NULL, loss, &diag),
              diag);
    take_steps(first.trainer, 1);
  }
  same_state(&whole, &first, f);
  take_steps(second.trainer, 2);
  assert_ok(load(&second, path, &diag), diag);
  assert_int_equal(es_trainer_done(second.trainer), at);
  take_steps(second.trainer, 9 - at);
  same_state(&whole, &second, f);
  assert_true(es_trainer_batch_loss(whole.trainer) ==
              es_trainer_batch_loss(second.trainer));
  trained *both[] = {&whole, &second};
  for (int k = 0; k < 2; k++)
    assert_ok(
        es_trainer_measure(both[k]->trainer, NULL, NULL, NULL, &loss[k], &diag),
        diag);
  assert_true(loss[0] == loss[1]);
  unlink(path);
  close_trained(&whole);
  close_trained(&first);
  close_trained(&second);
}

static void a_run_goes_on_to_the_bit(void **state) {
  check_resume(*state, 4, "data.pairs=fresh", "net.norm=batch");
  check_resume(*state, 4, "data.pairs=fixed", "net.norm=none");
  check_resume(*state, 4, "train.momentum=0.9", "train.weight_decay=0.01");
  check_resume(*state, 4, "train.optimizer=lars", "train.schedule=cosine");
  check_resume(*state, 4, "train.optimizer=adamw", "train.warmup=7");
  check_resume(*state, 4, "method.projector=orthogonal", "train.momentum=0.9");
}

/* Three epochs of three steps: in and at the border of chunks, and where hybrid
 * goes on with all pairs. */
static void chunks_go_on_to_the_bit(void **state) {
  static const char *const orderings[] = {"train.ordering=single-pass",
                                          "train.ordering=cumulative",
                                          "train.ordering=hybrid"};
  for (size_t k = 0; k < 3; k++)
    for (size_t at = 3; at < 7; at += k == 2 ? 1 : 3)
      check_resume(*state, at, "train.epochs=3", orderings[k]);
}

/* The momentum of hybrid's first part, twelve steps on chunks, carries its
 * second on: the first step on all pairs differs from the last on a chunk by a
 * fifth. With a momentum that began anew it would be a twelfth of it. */
static void hybrid_keeps_its_momentum(void **state) {
  folder *f = *state;
  write_waves(f, 18, 8);
  trained t = TRAINER("data.name=idx", f->word, "net.arch=linear",
                      "method.dim=3", "train.batch=3", "train.eval_n=12",
                      "train.lr=0.001", "train.momentum=0.99", "train.epochs=3",
                      "train.ordering=hybrid", "train.switch=0.67");
  const size_t n = params_size(t.trainer);
  float *w[3];
  double size = 0, change = 0;
  take_steps(t.trainer, 11);
  w[0] = copy_params(t.trainer);
  for (int k = 1; k < 3; k++) {
    take_steps(t.trainer, 1);
    w[k] = copy_params(t.trainer);
  }
  for (size_t k = 0; k < n; k++) {
    const double last = (double)w[1][k] - (double)w[0][k];
    const double next = (double)w[2][k] - (double)w[1][k];
    size += last * last;
    change += (next - last) * (next - last);
  }
  assert_true(sqrt(change / size) < .4);
  for (int k = 0; k < 3; k++) free(w[k]);
  close_trained(&t);
}

/* Parameters and buffers under their names, the step, and the mean if one was
 * taken. */
static void files_hold_what_they_should(void **state) {
  const folder *f = *state;
  char path[160];
  es_diag diag = {0};
  path_in(path, f, "saved.h5");
  for (int center = 0; center < 2; center++) {
    trained t = SMALL_RESNET(f, center ? "data.center=on" : "data.center=off",
                             "train.lr=0.01");
    const es_graph *g = &es_trainer_network(t.trainer)->graph;
    const size_t values = 64;
    double step = 0, mean[64];
    float got[2048];
    es_h5_source *file;
    take_steps(t.trainer, 2);
    save(&t, path);
    assert_ok(es_h5_open(&file, path, &diag), diag);
    assert_ok(es_h5_read(file, "/train/step", &step, NULL, 0, &diag), diag);
    assert_close(step, 2, 0, 0);
    assert_int_equal(es_h5_has(file, "/train/mean"), center);
    if (center) {
      assert_ok(es_h5_read(file, "/train/mean", mean, &values, 1, &diag), diag);
      assert_memory_equal(mean, es_pairs_mean(es_trainer_pairs(t.trainer)),
                          sizeof mean);
    }
    const es_tensor *w = es_graph_find(g, "layer2.0.conv2.weight");
    assert_true(w != NULL && w->size <= 2048);
    assert_ok(es_h5_read_float(file, "/params/layer2.0.conv2.weight", got,
                               (size_t[]){8, 8, 3, 3}, 4, &diag),
              diag);
    assert_memory_equal(got, es_trainer_params(t.trainer) + w->offset,
                        w->size * sizeof *got);
    /* Both views of two steps went through. */
    assert_ok(es_h5_read_float(file, "/params/bn1.num_batches_tracked", got,
                               NULL, 0, &diag),
              diag);
    assert_true(got[0] == 4);
    es_h5_close(file);
    close_trained(&t);
  }
  unlink(path);
}

/* A checkpoint of the trainer as it is, but for these numbers; no step: NAN. */
static void save_step(const trained *t, const char *path, double step,
                      double checksum) {
  const es_network *n = es_trainer_network(t->trainer);
  float *buffers = calloc(n->graph.buffer_size + 1, sizeof *buffers);
  es_h5 *file;
  es_diag diag = {0};
  assert_non_null(buffers);
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_params_write(&n->graph, es_trainer_params(t->trainer), buffers,
                            file, &diag),
            diag);
  float *low = calloc(n->graph.param_size, sizeof *low);
  assert_non_null(low);
  assert_ok(es_tensors_write("/optimizer/low", n->graph.param,
                             n->graph.n_params, low, file, &diag),
            diag);
  free(low);
  if (!isnan(step))
    assert_ok(es_h5_write(file, "/train/step", &step, NULL, 0, &diag), diag);
  assert_ok(
      es_h5_write(file, "/train/data_checksum", &checksum, NULL, 0, &diag),
      diag);
  assert_ok(es_h5_commit(file, &diag), diag);
  free(buffers);
}

static void files_that_do_not_fit(void **state) {
  const folder *f = *state;
  static const double steps[] = {4.5, -1, 10, 1e300, NAN};
  char path[160];
  es_diag diag = {0};
  path_in(path, f, "saved.h5");
  trained t = SMALL_RESNET(f, "train.steps=9", "train.lr=0.01");
  const double sum =
      es_dataset_checksum(es_pairs_set(es_trainer_pairs(t.trainer)));
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    save_step(&t, path, steps[k], sum);
    assert_status(load(&t, path, &diag), ES_FILE_CORRUPT);
    assert_non_null(strstr(diag.message, "/train/step"));
    assert_int_equal(es_trainer_done(t.trainer), 0);
  }
  save_step(&t, path, 9, sum + 1);
  assert_status(load(&t, path, &diag), ES_FILE_DATA);
  assert_non_null(strstr(diag.message, "the data are not those"));
  save_step(&t, path, 9, sum);
  assert_ok(load(&t, path, &diag), diag);
  assert_int_equal(es_trainer_done(t.trainer), 9);
  trained wide = SMALL_RESNET(f, "net.width=6", "train.steps=9");
  assert_status(load(&wide, path, &diag), ES_FILE_CORRUPT);
  assert_non_null(strstr(diag.message, "conv1.weight"));
  unlink(path);
  close_trained(&t);
  close_trained(&wide);
}

static void check_length(const folder *f, const char *a, const char *b,
                         uint64_t want) {
  trained t = SMALL_RESNET(f, a, b);
  assert_int_equal(es_trainer_steps(t.trainer), want);
  close_trained(&t);
}

static void refuse(const folder *f, const char *a, const char *b,
                   const char *saying) {
  es_config *config =
      SETTINGS("data.name=idx", f->word, "net.width=4", "train.batch=5", a, b);
  es_trainer *trainer = (es_trainer *)config;
  es_diag diag = {0};
  assert_status(es_trainer_new(&trainer, config, NULL, &diag), ES_BAD_VALUE);
  assert_null(trainer);
  if (strstr(diag.message, saying) == NULL)
    fail_msg("\"%s\" lacks \"%s\"", diag.message, saying);
  es_config_free(config);
}

/* 18 pairs make three steps of five. */
static void settings_say_how_long(void **state) {
  const folder *f = *state;
  check_length(f, "train.epochs=7", "train.lr=0.01", 21);
  check_length(f, "train.steps=7", "train.lr=0.01", 7);
  check_length(f, "train.steps=0", "train.lr=0.01", 0);
  check_length(f, "net.norm=none", "train.lr=0.01", 1000);
  refuse(f, "train.batch=19", "train.lr=1", "train.batch=19");
  refuse(f, "data.name=gaussian", "data.n=9", "net.arch=resnet");
  trained t = SMALL_RESNET(f, "train.eval_n=100", "train.lr_relative=0.2");
  assert_int_equal(es_trainer_eval_n(t.trainer), 18);
  assert_true(isnan(es_trainer_rate(t.trainer)) != 0); /* until it is set */
  assert_true(strlen(es_trainer_engine(t.trainer)) > 0);
  /* Parameters and their gradient at least, and both batches of images. */
  assert_true(es_trainer_memory(t.trainer) >
              (2 * params_size(t.trainer) + 2 * 5 * 64 * 5) * sizeof(float));
  close_trained(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_run_goes_on_to_the_bit),
      IN_FOLDER(chunks_go_on_to_the_bit),
      IN_FOLDER(hybrid_keeps_its_momentum),
      IN_FOLDER(files_hold_what_they_should),
      IN_FOLDER(files_that_do_not_fit),
      IN_FOLDER(settings_say_how_long),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
