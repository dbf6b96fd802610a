/* Contrastive learning laid over trainings: the maps that are found, their flow
 * against descent and against the model contrastive-deep, the row of the family
 * beside a training, and agreement with numbers known beforehand. */
#include "tests/models/trained.h"

#include "file/atomic.h"
#include "file/csv.h"
#include "overlay/barlow.h"
#include "overlay/contrastive.h"
#include "overlay/contrastive_flow.h"

#include <math.h>

enum { IMAGES = 18, SIDE = 8 };

#define LINEAR(f)                                                              \
  "data.name=idx", (f)->word, "net.arch=linear", "net.width=4",                \
      "method.projector=linear", "method.dim=3", "method.loss=infonce",        \
      "train.batch=18", "train.eval_n=18", "train.optimizer=sgd",              \
      "train.momentum=0", "train.schedule=constant", "augment.shift=1",        \
      "data.dims=5", "data.whiten=sum", "data.pairs=fixed"

/* theory.md 6's check: one layer, L and W X. */
static void gradient_is_theorys(void **state) {
  (void)state;
  static const double x[] = {1, 0, 0, 1, -1, -.5, 1.5, .25, -.25, .5, -1, .25};
  static const double W[] = {1, .5, -.25, .75};
  static const double X[] = {1.3594133813447, -.339993716796557,
                             -.339993716796557, 1.03651561126217};
  const size_t width[] = {2, 2};
  const es_maps maps = es_maps_of(1, width);
  es_pair_flow *flow;
  es_diag diag = {0};
  double loss, dW[4];
  assert_ok(es_pair_flow_new(&flow, &maps, 3, 7, &diag), diag);
  memcpy(es_pair_flow_features(flow), x, sizeof x);
  assert_ok(es_pair_flow_loss(flow, W, &loss), diag);
  assert_close(loss, 1.40359065241456 / 3, 1e-14, 0);
  assert_ok(es_pair_flow_gradient(flow, W, dW), diag);
  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 2; j++)
      assert_close(-3 * dW[2 * i + j],
                   W[2 * i] * X[j] + W[2 * i + 1] * X[2 + j], 1e-13, 0);
  es_pair_flow_free(flow);
}

/* dL/dW of two maps by differences: central ones of step h have an error of
 * h^2/6 times the third derivative, of order one, and of eps/h. */
static void two_maps_descend_their_loss(void **state) {
  (void)state;
  const size_t width[] = {3, 2, 2};
  const es_maps maps = es_maps_of(2, width);
  es_pair_flow *flow;
  es_diag diag = {0};
  double W[10], dW[10], loss[2];
  assert_ok(es_pair_flow_new(&flow, &maps, 5, 5, &diag), diag);
  for (size_t k = 0; k < 30; k++)
    es_pair_flow_features(flow)[k] = sin(1 + 2.3 * (double)k);
  for (size_t k = 0; k < 10; k++) W[k] = cos(1.7 * (double)k);
  assert_ok(es_pair_flow_gradient(flow, W, dW), diag);
  for (size_t k = 0; k < 10; k++) {
    const double h = 1e-5, at = W[k];
    for (int side = 0; side < 2; side++) {
      W[k] = at + (side ? h : -h);
      assert_ok(es_pair_flow_loss(flow, W, loss + side), diag);
    }
    W[k] = at;
    assert_close((loss[1] - loss[0]) / (2 * h), dW[k], 0, 1e-9);
  }
  es_pair_flow_free(flow);
}

/* Sums of whole batches: 5 pairs two at a time are the mean of two losses, and
 * the fifth is left out. */
static void batches_are_apart(void **state) {
  (void)state;
  const size_t width[] = {2, 2};
  const es_maps maps = es_maps_of(1, width);
  static const double W[] = {1, .5, -.25, .75};
  es_pair_flow *all, *part;
  es_diag diag = {0};
  double got[4], want[4] = {0}, one[4];
  assert_ok(es_pair_flow_new(&all, &maps, 5, 2, &diag), diag);
  assert_ok(es_pair_flow_new(&part, &maps, 2, 2, &diag), diag);
  double *H = es_pair_flow_features(all), *h = es_pair_flow_features(part);
  for (size_t k = 0; k < 20; k++) H[k] = sin(1 + 2.3 * (double)k);
  assert_ok(es_pair_flow_gradient(all, W, got), diag);
  for (size_t b = 0; b < 2; b++) {
    memcpy(h, H + 4 * b, 4 * sizeof *h);
    memcpy(h + 4, H + 10 + 4 * b, 4 * sizeof *h);
    assert_ok(es_pair_flow_gradient(part, W, one), diag);
    for (size_t k = 0; k < 4; k++) want[k] += one[k] / 2;
  }
  for (size_t k = 0; k < 4; k++) assert_close(got[k], want[k], 1e-14, 1e-16);
  es_pair_flow_free(all);
  es_pair_flow_free(part);
}

static void maps_are_found(void **state) {
  const folder *f = *state;
  es_diag diag = {0};
  es_maps maps;
  write_waves(f, IMAGES, SIDE);
  trained t =
      TRAINER(LINEAR(f), "train.encoder_lr_ratio=0.5", "train.weight_decay=0.2",
              "train.projector_weight_decay=0.3");
  assert_true(es_family_of(t.config) == &es_family_contrastive);
  assert_ok(es_maps_find(&maps, es_trainer_network(t.trainer), t.config, &diag),
            diag);
  assert_int_equal(maps.layers, 2);
  assert_int_equal(maps.input, ES_MAPS_IMAGE);
  assert_int_equal(maps.width[0] * 100 + maps.width[1] * 10 + maps.width[2],
                   543);
  assert_close(maps.rate[0], .5, 0, 0);
  assert_close(maps.decay[0], .1, 1e-15, 0);
  assert_close(maps.rate[1], 1, 0, 0);
  assert_close(maps.decay[1], .3, 0, 0);
  close_trained(&t);
  t = SMALL_RESNET(f, "method.projector=low-rank", "method.loss=infonce");
  assert_ok(es_maps_find(&maps, es_trainer_network(t.trainer), t.config, &diag),
            diag);
  assert_int_equal(maps.layers, 2);
  assert_int_equal(maps.input, ES_MAPS_REPRESENTATION);
  close_trained(&t);
  t = SMALL_RESNET(f, "method.projector=linear", "method.loss=infonce");
  assert_ok(es_maps_find(&maps, es_trainer_network(t.trainer), t.config, &diag),
            diag);
  assert_int_equal(maps.layers, 1);
  assert_int_equal(maps.input, ES_MAPS_PENULTIMATE);
  close_trained(&t);
  t = SMALL_RESNET(f, "method.projector=diagonal", "method.loss=infonce");
  assert_status(
      es_maps_find(&maps, es_trainer_network(t.trainer), t.config, &diag),
      ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "method.projector"));
  close_trained(&t);
}

/* Who asks for the tangent kernel gets it, of the embeddings' distances too. */
static void the_tangent_kernel_is_not_its_own(void **state) {
  (void)state;
  static const char *const predict[] = {
      "train.predict=off", "train.predict=conjugate", "train.predict=ntk"};
  for (size_t k = 0; k < 3; k++) {
    es_config *config =
        SETTINGS("method.loss=infonce", "method.projector=linear", predict[k]);
    assert_ptr_equal(es_family_of(config),
                     k < 2 ? &es_family_contrastive : &es_family_barlow);
    es_config_free(config);
  }
}

/* A run in a folder, logged every 10 steps as a session would. */
static void train(const folder *f, trained *t, const char *dir, size_t rows) {
  const es_family *family = &es_family_contrastive;
  void *self;
  es_diag diag = {0};
  double gamma_1 = 0;
  char path[160], name[64];
  const es_live_run run = {
      .trainer = t->trainer, .config = t->config, .gamma_1 = &gamma_1};
  (void)f;
  assert_ok(es_file_mkdirs(dir, &diag), diag);
  assert_ok(family->open(&self, &run, &diag), diag);
  snprintf(path, sizeof path, "%s/prediction.csv", dir);
  assert_ok(family->predict(self, path, &diag), diag);
  snprintf(path, sizeof path, "%s/trace.csv", dir);
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs("step,t,loss", out);
  const size_t n = family->columns(self);
  for (size_t j = 0; j < n; j++) {
    family->column(self, j, name, sizeof name);
    fprintf(out, ",%s", name);
  }
  fputs(",cov_lambda_1,cov_lambda_2,cov_lambda_3\n", out);
  double row[32], loss;
  assert_true(n <= 32);
  for (size_t i = 0; i < rows; i++) {
    if (i > 0) take_steps(t->trainer, 10);
    assert_ok(es_trainer_measure(t->trainer, NULL, NULL, NULL, &loss, &diag),
              diag);
    assert_ok(family->row(self, t->trainer, row, &diag), diag);
    fprintf(out, "%zu,%.17g,%.17g", 10 * i, es_trainer_time(t->trainer, 10 * i),
            loss);
    for (size_t j = 0; j < n; j++) fprintf(out, ",%.17g", row[j]);
    fputs(",1,0.5,1e-5\n", out);
  }
  assert_int_equal(fclose(out), 0);
  es_h5 *file;
  snprintf(path, sizeof path, "%s/arrays.h5", dir);
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(family->save(self, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
  family->close(self);
}

static double cell_of(const char *dir, const char *metric, const char *column) {
  char path[160];
  es_table table;
  es_diag diag = {0};
  snprintf(path, sizeof path, "%s/agreement.csv", dir);
  assert_ok(es_table_read(&table, path, &diag), diag);
  double value = NAN;
  bool there = false;
  for (size_t i = 0; i < table.rows; i++)
    if (strcmp(table.text[i * table.columns], metric) == 0) {
      value = table.value[i * table.columns + es_table_column(&table, column)];
      there = true;
    }
  es_table_free(&table);
  if (!there) fail_msg("no row '%s'", metric);
  return value;
}

static void forget(const char *dir) {
  static const char *const names[] = {"prediction.csv", "trace.csv",
                                      "arrays.h5", "overlay.csv",
                                      "agreement.csv"};
  char path[160];
  for (size_t k = 0; k < 5; k++) {
    snprintf(path, sizeof path, "%s/%s", dir, names[k]);
    unlink(path);
  }
  rmdir(dir);
}

/* Full batches at a rate of .01, to t = 4: descent leaves its flow by half the
 * rate times the rates of growth, which are below one here, so by less than a
 * hundredth, while singular values more than double. */
static void a_linear_network_follows_its_flow(void **state) {
  const folder *f = *state;
  es_diag diag = {0};
  char dir[96];
  write_waves(f, IMAGES, SIDE);
  trained t = TRAINER(LINEAR(f), "train.lr=0.01", "train.steps=400",
                      "train.log_every=10", "net.init_scale=0.2",
                      "train.encoder_lr_ratio=0.5", "train.weight_decay=0.02",
                      "train.projector_weight_decay=0.01");
  snprintf(dir, sizeof dir, "%s/run", f->name);
  train(f, &t, dir, 41);
  const char *const runs[] = {dir, dir};
  assert_ok(es_contrastive_overlay(runs, 2, dir, NULL, NULL, &diag), diag);
  assert_close(cell_of(dir, "runs", "value"), 2, 0, 0);
  assert_true(cell_of(dir, "sigma_error", "value") < .005);
  assert_true(cell_of(dir, "sigma_error", "null") > .1);
  assert_true(cell_of(dir, "loss_error", "value") < .005);
  assert_true(cell_of(dir, "conserved_drift", "value") < .005);
  assert_close(cell_of(dir, "rank", "value"), 2, 0, 0);
  assert_close(cell_of(dir, "theorem", "value"), 1, 0, 0);
  forget(dir);
  close_trained(&t);
}

/* A run of two rows whose covariance has so many directions, of four, at the
 * start and at the end, and by theory at the end. */
static void put_run(const char *dir, int start, int end, int predicted,
                    double theorem) {
  static const char *const name[] = {"trace.csv", "prediction.csv"};
  char path[160];
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_file_mkdirs(dir, &diag), diag);
  for (int k = 0; k < 2; k++) {
    const int rank[] = {start, k == 0 ? end : predicted};
    snprintf(path, sizeof path, "%s/%s", dir, name[k]);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("step,t,loss,sigma_1_1", out);
    for (int j = 1; j <= 4; j++) fprintf(out, ",cov_lambda_%d", j);
    for (int i = 0; i < 2; i++) {
      fprintf(out, "\n%d,%d,1,1", i, i);
      for (int j = 0; j < 4; j++) fputs(j < rank[i] ? ",1" : ",1e-9", out);
    }
    fputs("\n", out);
    assert_int_equal(fclose(out), 0);
  }
  snprintf(path, sizeof path, "%s/arrays.h5", dir);
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_h5_write(file, "/prediction/theorem", &theorem, NULL, 0, &diag),
            diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

/* To within one, and not where a rank that stays would be, too. */
static void ranks_are_judged(void **state) {
  static const struct {
    int start, end, predicted;
    const char *verdict;
  } rows[] = {{1, 4, 4, "holds"},        {1, 4, 3, "holds"},
              {1, 4, 2, "fails"},        {1, 3, 3, "holds"},
              {1, 2, 2, "inconclusive"}, {4, 4, 2, "fails"}};
  const folder *f = *state;
  char dir[96];
  snprintf(dir, sizeof dir, "%s/ranks", f->name);
  const char *const runs[] = {dir};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    char path[160];
    es_table table;
    es_diag diag = {0};
    put_run(dir, rows[k].start, rows[k].end, rows[k].predicted, 1);
    assert_ok(es_contrastive_overlay(runs, 1, dir, NULL, NULL, &diag), diag);
    assert_close(cell_of(dir, "rank", "value"), rows[k].end, 0, 0);
    assert_close(cell_of(dir, "rank", "null"), rows[k].start, 0, 0);
    snprintf(path, sizeof path, "%s/agreement.csv", dir);
    assert_ok(es_table_read(&table, path, &diag), diag);
    for (size_t i = 0; i < table.rows; i++) {
      char *const *cell = table.text + i * table.columns;
      if (strcmp(cell[0], "rank") == 0)
        assert_string_equal(cell[table.columns - 1], rows[k].verdict);
    }
    es_table_free(&table);
  }
  forget(dir);
}

static void a_theorem_is_there_or_not(void **state) {
  const folder *f = *state;
  char dir[96];
  es_diag diag = {0};
  snprintf(dir, sizeof dir, "%s/half", f->name);
  const char *const runs[] = {dir};
  put_run(dir, 1, 1, 1, .5);
  assert_status(es_contrastive_overlay(runs, 1, dir, NULL, NULL, &diag),
                ES_FILE_CORRUPT);
  assert_non_null(strstr(diag.message, "theorem is 0.5"));
  forget(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradient_is_theorys),
      cmocka_unit_test(two_maps_descend_their_loss),
      cmocka_unit_test(batches_are_apart),
      cmocka_unit_test(maps_are_found),
      cmocka_unit_test(the_tangent_kernel_is_not_its_own),
      cmocka_unit_test(a_linear_network_follows_its_flow),
      cmocka_unit_test(ranks_are_judged),
      cmocka_unit_test(a_theorem_is_there_or_not),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
