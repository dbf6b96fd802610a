/* What the family of BYOL measures of a network: its moments against plain
 * sums, what its modes add up to, and that a run may stop between two rows. */
#include "tests/models/trained.h"

#include "base/random.h"
#include "file/csv.h"
#include "overlay/byol_moments.h"

#include <math.h>
#include <stdio.h>

enum { D = 3, M = 5, N = 60, COLUMNS = 5 * D };

/* A linear network on views with noise, W and W_p drawn at random. */
#define LINEAR(...)                                                            \
  TRAINER("data.name=gaussian", "data.n=60", "data.dims=5",                    \
          "augment.noise=0.5", "data.pairs=fixed", "net.arch=linear",          \
          "net.init_scale=0.4", "method.loss=l2", "method.predictor=linear",   \
          "method.dim=3", "train.batch=8", "train.eval_n=60",                  \
          "train.predict=conjugate", "train.lr=0.02",                          \
          "train.weight_decay=0.06", "train.seed=3", __VA_ARGS__)

static void quiet(void *context, const char *line) {
  (void)context, (void)line;
}

static void *open_family(const trained *t, const es_family *family) {
  es_live_run run = {.trainer = t->trainer, .config = t->config, .say = quiet};
  es_diag diag = {0};
  void *self = NULL;
  assert_ptr_equal(es_family_of(t->config), family);
  assert_ok(family->open(&self, &run, &diag), diag);
  return self;
}

/* A measurement with the loss, as a monitor makes before it asks for a row. */
static void take_row(const trained *t, void *self, double out[COLUMNS]) {
  es_diag diag = {0};
  double loss;
  assert_ok(es_trainer_measure(t->trainer, NULL, NULL, NULL, &loss, &diag),
            diag);
  assert_ok(es_family_byol.row(self, t->trainer, out, &diag), diag);
}

/* X and X' of features by plain sums; batches of 8 leave a shorter last one. */
static void moments_are_those_of_all_pairs(void **state) {
  trained t = LINEAR("method.target=stop-gradient");
  double X[M * M], Xp[M * M], *h = calloc(2 * N * M, sizeof *h);
  es_diag diag = {0};
  (void)state;
  assert_non_null(h);
  assert_ok(es_trainer_measure(t.trainer, h, NULL, NULL, NULL, &diag), diag);
  for (int all = 0; all < 2; all++) {
    assert_ok(es_byolnet_moments(X, Xp, t.trainer, all != 0, &diag), diag);
    for (size_t a = 0; a < M; a++)
      for (size_t b = 0; b < M; b++) {
        double cross = 0, within = 0;
        for (size_t i = 0; i < N; i++) {
          const double *x = h + i * M, *y = x + N * M;
          cross += (x[a] * y[b] + y[a] * x[b]) / (2 * N);
          within += (x[a] - y[a]) * (x[b] - y[b]) / (2 * N);
        }
        assert_close(X[a + b * M], cross, 1e-13, 1e-14);
        assert_close(Xp[a + b * M], within, 1e-12, 1e-14);
      }
  }
  free(h);
  close_trained(&t);
}

/* Axes are orthonormal: sums over modes are traces. The mapping of theory.md 7:
 * lr .02 of 2J, momentum .9, decay .06. */
static void modes_add_up(void **state) {
  trained t = LINEAR("method.target=ema", "method.ema_momentum=0.9",
                     "method.predictor_lr_ratio=2");
  const es_byolnet_mapping map = es_byolnet_map(t.config, .02);
  double row[COLUMNS], sum_p = 0, sum_s = 0, sum_f = 0, moment = 0;
  double z[2 * N * D];
  es_diag diag = {0};
  (void)state;
  assert_int_equal(map.kind, ES_BYOLNET_EMA);
  assert_true(map.theorem && map.predictor && !map.symmetric);
  assert_close(map.factor, 2, 0, 0);
  assert_close(map.alpha_p, 2, 0, 0);
  assert_close(map.beta, 2.5, 1e-14, 0);
  assert_close(map.eta_s, .03, 1e-14, 0);
  assert_close(map.eta_p, .06, 1e-14, 0);
  void *self = open_family(&t, &es_family_byol);
  assert_int_equal(es_family_byol.columns(self), COLUMNS);
  take_steps(t.trainer, 3);
  take_row(&t, self, row);
  const float *params = es_trainer_params(t.trainer);
  const es_network *network = es_trainer_network(t.trainer);
  const es_tensor *P = es_graph_find(&network->graph, "predictor.0.weight");
  const es_tensor *W = &network->graph.param[network->last];
  assert_ok(es_trainer_measure(t.trainer, NULL, NULL, z, NULL, &diag), diag);
  double trace = 0, norm = 0;
  for (size_t j = 0; j < D; j++) {
    trace += (double)params[P->offset + j * (D + 1)];
    sum_p += row[j];
    sum_s += row[D + j];
    sum_f += row[D + j] * row[4 * D + j];
    assert_true(row[2 * D + j] > .5 && row[2 * D + j] < 1.5);
  }
  for (size_t k = 0; k < W->size; k++)
    norm += pow((double)params[W->offset + k], 2);
  for (size_t k = 0; k < 2 * N * D; k++) moment += z[k] * z[k] / (2 * N);
  assert_close(sum_p, trace, 1e-12, 1e-13);
  assert_close(sum_s, norm, 1e-12, 0);
  /* z are floats. */
  assert_close(sum_f, moment, 1e-6, 0);
  es_family_byol.close(self);
  close_trained(&t);
}

/* A target network starts as the network: tau is 1 before the first step, when
 * nothing else has asked for the target's embeddings. */
static void the_target_starts_as_the_network(void **state) {
  trained t = LINEAR("method.target=ema");
  const folder *f = *state;
  char path[160];
  es_diag diag = {0};
  es_table table;
  snprintf(path, sizeof path, "%s/prediction.csv", f->name);
  void *self = open_family(&t, &es_family_byol);
  assert_ok(es_family_byol.predict(self, path, &diag), diag);
  assert_ok(es_table_read(&table, path, &diag), diag);
  const size_t tau0 = es_table_column(&table, "tau0");
  assert_int_equal(table.rows, D);
  assert_true(tau0 < table.columns);
  for (size_t j = 0; j < D; j++)
    assert_close(table.value[j * table.columns + tau0], 1, 1e-14, 0);
  es_table_free(&table);
  assert_int_equal(unlink(path), 0);
  es_family_byol.close(self);
  close_trained(&t);
}

/* Whatever P, F and G are, the modes of a first state are orthonormal axes in
 * the order of falling u^T G u = lambda_d s. */
static void modes_begin_in_order(void **state) {
  enum { WIDE = 4, CELLS = WIDE * WIDE };
  double A[4][CELLS];
  es_diag diag = {0};
  (void)state;
  for (uint64_t draw = 0; draw < 100; draw++) {
    es_byolnet_modes modes;
    for (size_t k = 0; k < 4; k++)
      for (size_t j = 0; j < WIDE; j++)
        for (size_t i = 0; i <= j; i++)
          A[k][i + j * WIDE] = A[k][j + i * WIDE] =
              es_random_normal(draw, ES_STREAM_USER, k * CELLS + i + j * WIDE);
    const es_byolnet_forms forms = {.P = A[0], .F = A[1], .G = A[2], .K = A[3]};
    assert_ok(es_byolnet_modes_new(&modes, WIDE, &diag), diag);
    assert_ok(es_byolnet_modes_follow(&modes, &forms, &diag), diag);
    double last = INFINITY;
    for (size_t a = 0; a < WIDE; a++) {
      const double *u = modes.U + a * WIDE;
      double form = 0, norm = 0;
      for (size_t j = 0; j < WIDE; j++) {
        norm += u[j] * u[j];
        for (size_t i = 0; i < WIDE; i++)
          form += u[i] * A[2][i + j * WIDE] * u[j];
      }
      assert_close(norm, 1, 1e-13, 0);
      assert_close(modes.lambda_d[a] * modes.s[a], form, 1e-12, 1e-13);
      assert_true(form <= last + 1e-12);
      last = form;
    }
    es_byolnet_modes_free(&modes);
  }
}

/* What follows a row is a matter of the axes up to it, which a file keeps. */
static void axes_go_on_from_a_file(void **state) {
  trained t = LINEAR("method.target=stop-gradient");
  double whole[COLUMNS], again[COLUMNS];
  es_diag diag = {0};
  es_h5 *file;
  es_h5_source *source;
  char path[160];
  const folder *f = *state;
  snprintf(path, sizeof path, "%s/axes.h5", f->name);
  void *self = open_family(&t, &es_family_byol);
  void *other = open_family(&t, &es_family_byol);
  for (int k = 0; k < 4; k++) {
    take_steps(t.trainer, 20);
    take_row(&t, self, whole);
    if (k != 2) continue;
    assert_ok(es_h5_create(&file, path, &diag), diag);
    assert_ok(es_family_byol.save(self, file, &diag), diag);
    assert_ok(es_h5_commit(file, &diag), diag);
  }
  assert_ok(es_h5_open(&source, path, &diag), diag);
  assert_ok(es_family_byol.load(other, source, &diag), diag);
  es_h5_close(source);
  assert_int_equal(unlink(path), 0);
  take_row(&t, other, again);
  assert_memory_equal(whole, again, sizeof whole);
  es_family_byol.close(self);
  es_family_byol.close(other);
  close_trained(&t);
}

static void what_it_does_not_speak_of(void **state) {
  (void)state;
  static const char *const word[] = {"method.predictor=mlp",
                                     "method.predictor=directpred"};
  for (int k = 0; k < 2; k++) {
    es_config *config = SETTINGS("net.arch=linear", "method.loss=l2",
                                 "method.target=stop-gradient", word[k]);
    assert_false(es_byolnet_speaks(config));
    es_config_free(config);
  }
  es_config *config = SETTINGS("method.loss=cosine", "method.target=ema",
                               "method.ema_schedule=cosine");
  assert_true(es_byolnet_speaks(config));
  const es_byolnet_mapping map = es_byolnet_map(config, 1);
  assert_false(map.theorem || map.predictor);
  assert_close(map.factor, 4, 0, 0);
  es_config_free(config);
}

/* Only the last linear layer's kernel is BYOL's, and it has to be last. */
static void what_is_refused(void **state) {
  static const char *const word[] = {"train.predict=ntk",
                                     "net.output_multiplier=2"};
  static const char *const said[] = {"train.predict=ntk", "method.projector="};
  (void)state;
  for (int k = 0; k < 2; k++) {
    trained t = LINEAR("method.target=stop-gradient", word[k]);
    es_live_run run = {.trainer = t.trainer, .config = t.config, .say = quiet};
    es_diag diag = {0};
    void *self = NULL;
    assert_status(es_family_byol.open(&self, &run, &diag), ES_BAD_VALUE);
    assert_non_null(strstr(diag.message, said[k]));
    es_family_byol.close(self);
    close_trained(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moments_are_those_of_all_pairs),
      cmocka_unit_test(modes_add_up),
      cmocka_unit_test(modes_begin_in_order),
      IN_FOLDER(the_target_starts_as_the_network),
      IN_FOLDER(axes_go_on_from_a_file),
      cmocka_unit_test(what_it_does_not_speak_of),
      cmocka_unit_test(what_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
