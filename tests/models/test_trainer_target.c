/* What embeddings are compared with: the network's own with and without their
 * gradient, and those of an average of it. */
#include "tests/models/trained.h"

#include "file/h5.h"
#include "net/params.h"

#include <unistd.h>

enum { N = 20, M = 4, D = 2 };

/* The linear map of theory.md 2 without a predictor; and two more words. */
#define LINEAR(a, b)                                                           \
  TRAINER("net.arch=linear", "data.name=gaussian", "data.dims=4", "data.n=50", \
          "augment.noise=0.4", "train.batch=20", "method.dim=2",               \
          "train.lr=0.1", "net.init_scale=0.6", "method.loss=l2", a, b)

/* dL/dW of sum_i |z_i - z_i'|^2/n with both moving: 2/n sum (z - z')(x - x')^T.
 */
static double pull(const double *W, const float *x, double *by_W) {
  double loss = 0;
  for (size_t k = 0; k < D * M; k++) by_W[k] = 0;
  for (size_t i = 0; i < N; i++)
    for (size_t r = 0; r < D; r++) {
      double apart = 0;
      for (size_t a = 0; a < M; a++)
        apart +=
            W[r * M + a] * ((double)x[i * M + a] - (double)x[(N + i) * M + a]);
      for (size_t a = 0; a < M; a++)
        by_W[r * M + a] += 2. / N * apart *
                           ((double)x[i * M + a] - (double)x[(N + i) * M + a]);
      loss += apart * apart / N;
    }
  return loss;
}

/* Where targets move the step is twice that with targets held fixed: theory.md
 * 2's W(2X') and W X'. In float: some 50 roundings of sums of size below 10. */
static void check_pull(const char *target, double share) {
  trained t = LINEAR(target, "train.seed=1");
  es_pairs *batches;
  es_diag diag = {0};
  float x[2 * N * M];
  double W[D * M], by_W[D * M];
  assert_ok(es_pairs_new(&batches, t.config, NULL, &diag), diag);
  const float *params = es_trainer_params(t.trainer);
  es_pairs_fill(batches, 0, x);
  for (size_t k = 0; k < D * M; k++) W[k] = (double)params[k];
  const double loss = pull(W, x, by_W);
  take_steps(t.trainer, 1);
  assert_close(es_trainer_batch_loss(t.trainer), loss, 1e-5, 0);
  for (size_t k = 0; k < D * M; k++)
    assert_close((double)params[k], W[k] - .1 * share * by_W[k], 0x1p-24,
                 .1 * 500 * 0x1p-24);
  es_pairs_free(batches);
  close_trained(&t);
}

static void targets_move_or_are_held(void **state) {
  (void)state;
  check_pull("method.target=self", 1);
  check_pull("method.target=stop-gradient", .5);
  check_pull("method.target=ema", .5); /* at the start it is the network */
}

/* What is no embedding: a linear network W with a predictor P, b on C values
 * compares p = P W x + b of each view with the unit vector of its class (K
 * classes) or with x itself. By p the losses' gradients are r/2N with
 *   r = softmax(p) - t,
 * and r/N with r = p - x; by P then sum r (W x)^T, by b sum r. */
enum { PIX = 36, K = 3, IMAGES = 10 };

static char *path_in(const folder *f, const char *name) {
  char *path = NULL;
  assert_true(asprintf(&path, "%s/%s", f->name, name) > 0);
  return path;
}

/* Fashion-MNIST's files, of ten waves in the classes 0, 1, 2, 0, …. */
static void write_classes(const folder *f, bool remove) {
  unsigned char bytes[8 + IMAGES] = {0, 0, 8, 1, 0, 0, 0, IMAGES};
  char *images = path_in(f, "train-images-idx3-ubyte");
  char *labels = path_in(f, "train-labels-idx1-ubyte");
  for (int i = 0; i < IMAGES; i++) bytes[8 + i] = (unsigned char)(i % K);
  if (remove) {
    unlink(images);
    unlink(labels);
  } else {
    write_waves(f, IMAGES, 6);
    assert_int_equal(rename(f->plain, images), 0);
    write_plain(labels, bytes, sizeof bytes);
  }
  free(images);
  free(labels);
}

static double softmax_loss(double *p, int label) {
  double sum = 0;
  for (size_t c = 0; c < K; c++) sum += exp(p[c]);
  const double loss = log(sum) - p[label];
  for (size_t c = 0; c < K; c++) p[c] = exp(p[c]) / sum - (c == (size_t)label);
  return loss;
}

static double half_square(double *p, const float *x) {
  double loss = 0;
  for (size_t c = 0; c < PIX; c++) {
    p[c] -= (double)x[c];
    loss += p[c] * p[c] / 2;
  }
  return loss;
}

static const float *param(const trained *t, const char *name) {
  const es_tensor *found =
      es_graph_find(&es_trainer_network(t->trainer)->graph, name);
  assert_non_null(found);
  return es_trainer_params(t->trainer) + found->offset;
}

/* p of one view, and f = W x. */
static void predict(const float *W, const float *P, size_t count,
                    const float *x, double *f, double *p) {
  for (size_t a = 0; a < D; a++) {
    f[a] = 0;
    for (size_t j = 0; j < PIX; j++)
      f[a] += (double)W[a * PIX + j] * (double)x[j];
  }
  for (size_t c = 0; c < count; c++) {
    p[c] = 0;
    for (size_t a = 0; a < D; a++) p[c] += (double)P[c * D + a] * f[a];
  }
}

/* The start's loss at all ten pairs, which are passed four at a time. */
static void check_measured(const trained *t, es_pairs *pairs, bool labels) {
  enum { B = 4 };
  const double share = labels ? .5 / IMAGES : 1. / IMAGES;
  double L = 0, got, r[PIX], z[D];
  es_diag diag = {0};
  for (size_t first = 0; first < IMAGES; first += B) {
    float x[2 * B * PIX];
    int label[B];
    es_pairs_fixed(pairs, first, IMAGES, x);
    es_pairs_fixed_labels(pairs, first, IMAGES, label);
    for (size_t i = 0; i < 2 * B; i++) {
      if (first + i % B >= IMAGES) continue;
      predict(param(t, "fc.weight"), param(t, "predictor.0.weight"),
              labels ? K : PIX, x + i * PIX, z, r);
      L += share * (labels ? softmax_loss(r, label[i % B])
                           : half_square(r, x + i * PIX));
    }
  }
  assert_ok(es_trainer_measure(t->trainer, NULL, NULL, NULL, &got, &diag),
            diag);
  assert_close(got, L, 1e-5, 0);
}

/* Sums of 2n = 8 rows, 36 products of order one each, in float. */
static void check_aim(const folder *f, const char *loss, const char *target,
                      size_t count) {
  enum { B = 4 };
  const double rate = .5, tiny = 300 * 0x1p-24;
  char folder_word[128];
  snprintf(folder_word, sizeof folder_word, "data.path=%s", f->name);
  trained t = TRAINER("data.name=fashion-mnist", folder_word, "data.size=6",
                      "net.arch=linear", "method.dim=2", "train.batch=4",
                      "train.lr=0.5", "data.center=on",
                      "method.predictor=linear", loss, target);
  es_diag diag = {0};
  es_pairs *pairs;
  int label[B];
  float x[2 * B * PIX];
  double L = 0, by_P[PIX * D] = {0}, by_b[PIX] = {0}, r[PIX], z[D];
  assert_ok(es_pairs_new(&pairs, t.config, NULL, &diag), diag);
  es_pairs_labels(pairs, 0, label); /* whatever was asked for before */
  es_pairs_fill(pairs, 0, x);
  float *start = copy_params(t.trainer);
  const float *now = es_trainer_params(t.trainer);
  const float *W = start + (param(&t, "fc.weight") - now);
  const float *P = start + (param(&t, "predictor.0.weight") - now);
  const bool labels = count == K;
  const double share = labels ? .5 / B : 1. / B;
  check_measured(&t, pairs, labels);
  for (size_t i = 0; i < 2 * B; i++) {
    const float *view = x + i * PIX;
    predict(W, P, count, view, z, r);
    L +=
        share * (labels ? softmax_loss(r, label[i % B]) : half_square(r, view));
    for (size_t c = 0; c < count; c++) {
      by_b[c] += share * r[c];
      for (size_t a = 0; a < D; a++) by_P[c * D + a] += share * r[c] * z[a];
    }
  }
  take_steps(t.trainer, 1);
  assert_close(es_trainer_batch_loss(t.trainer), L, 1e-5, 0);
  const float *P1 = param(&t, "predictor.0.weight");
  const float *b1 = param(&t, "predictor.0.bias");
  for (size_t c = 0; c < count; c++)
    assert_close((double)b1[c], -rate * by_b[c], 0, tiny);
  for (size_t k = 0; k < count * D; k++)
    assert_close((double)P1[k], (double)P[k] - rate * by_P[k], 0, tiny);
  free(start);
  es_pairs_free(pairs);
  close_trained(&t);
}

static void targets_may_be_no_embeddings(void **state) {
  write_classes(*state, false);
  check_aim(*state, "method.loss=cross-entropy", "method.target=labels", K);
  check_aim(*state, "method.loss=l2", "method.target=pixels", PIX);
  write_classes(*state, true);
}

#define SIAMESE(f, ...)                                                        \
  (write_waves(f, 18, 8),                                                      \
   TRAINER("data.name=idx", (f)->word, "net.width=4", "method.dim=3",          \
           "train.batch=5", "train.eval_n=12", "train.seed=6",                 \
           "train.lr=0.05", "method.loss=cosine", "method.predictor=mlp",      \
           "method.predictor_hidden_dim=4", __VA_ARGS__))

/* A target network starts as the online one, and takes the batch's statistics:
 * the first step is that with the network's own embeddings held fixed. The
 * second is not, nor is a step in which targets move. */
static void an_average_starts_as_the_network(void **state) {
  const folder *f = *state;
  trained sg = SIAMESE(f, "method.target=stop-gradient");
  trained ema = SIAMESE(f, "method.target=ema");
  trained self = SIAMESE(f, "method.target=self");
  const size_t bytes = params_size(sg.trainer) * sizeof(float);
  for (int step = 1; step <= 2; step++) {
    take_steps(sg.trainer, 1);
    take_steps(ema.trainer, 1);
    take_steps(self.trainer, 1);
    const float *want = es_trainer_params(sg.trainer);
    assert_int_equal(memcmp(es_trainer_params(ema.trainer), want, bytes) == 0,
                     step == 1);
    assert_true(memcmp(es_trainer_params(self.trainer), want, bytes) != 0);
  }
  close_trained(&sg);
  close_trained(&ema);
  close_trained(&self);
}

static void save_trainer(const es_trainer *t, const char *path) {
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_trainer_save(t, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

static void load_trainer(es_trainer *t, const char *path) {
  es_h5_source *file;
  es_diag diag = {0};
  assert_ok(es_h5_open(&file, path, &diag), diag);
  assert_ok(es_trainer_load(t, file, &diag), diag);
  es_h5_close(file);
}

/* m times itself plus 1 - m times the network, after each step: with m = 7/8,
 * or 1 - m from there to 0 as a cosine, in double, which the saved floats
 * differ from by one rounding. */
static void check_average(const folder *f, bool cosine) {
  write_waves(f, 18, 8);
  trained t = TRAINER(
      "data.name=idx", f->word, "net.width=4", "method.dim=3", "train.batch=5",
      "train.lr=0.05", "method.loss=cosine", "method.target=ema",
      "method.ema_momentum=0.875", "train.steps=9",
      cosine ? "method.ema_schedule=cosine" : "method.ema_schedule=constant");
  const es_graph *g = &es_trainer_network(t.trainer)->graph;
  double *want = calloc(g->param_size, sizeof *want);
  float *got = calloc(g->param_size, sizeof *got);
  assert_true(want != NULL && got != NULL);
  const float *params = es_trainer_params(t.trainer);
  for (size_t k = 0; k < g->param_size; k++) want[k] = (double)params[k];
  for (int step = 0; step < 9; step++) {
    const double share = cosine ? (1 + cos(M_PI * step / 9)) / 16 : .125;
    take_steps(t.trainer, 1);
    for (size_t k = 0; k < g->param_size; k++)
      want[k] += share * ((double)params[k] - want[k]);
  }
  char *path = path_in(f, "ema.h5");
  save_trainer(t.trainer, path);
  es_h5_source *file;
  es_diag diag = {0};
  assert_ok(es_h5_open(&file, path, &diag), diag);
  assert_ok(es_tensors_read("/target", g->param, g->n_params, got, file, &diag),
            diag);
  es_h5_close(file);
  double apart = 0;
  for (size_t k = 0; k < g->param_size; k++) {
    assert_close((double)got[k], want[k], 0x1p-24, 1e-12);
    apart = fmax(apart, fabs((double)(got[k] - params[k])));
  }
  assert_true(apart > 1e-3); /* the network itself is elsewhere */
  unlink(path);
  free(path);
  free(want);
  free(got);
  close_trained(&t);
}

static void an_average_follows(void **state) {
  check_average(*state, false);
  check_average(*state, true);
}

/* A target network has running statistics of its own, which start as the
 * network's. */
static void statistics_start_as_the_networks(void **state) {
  const folder *f = *state;
  trained t = SIAMESE(f, "method.target=ema");
  const es_graph *g = &es_trainer_network(t.trainer)->graph;
  float *both = calloc(2 * g->buffer_size, sizeof *both);
  char *path = path_in(f, "start.h5");
  es_h5_source *file;
  es_diag diag = {0};
  assert_non_null(both);
  save_trainer(t.trainer, path);
  assert_ok(es_h5_open(&file, path, &diag), diag);
  assert_ok(
      es_tensors_read("/params", g->buffer, g->n_buffers, both, file, &diag),
      diag);
  assert_ok(es_tensors_read("/target", g->buffer, g->n_buffers,
                            both + g->buffer_size, file, &diag),
            diag);
  es_h5_close(file);
  assert_memory_equal(both, both + g->buffer_size,
                      g->buffer_size * sizeof *both);
  unlink(path);
  free(path);
  free(both);
  close_trained(&t);
}

/* Save after three steps of seven, load into a new trainer: four more give the
 * same bits, of which the target network's (its share goes on to change), and
 * what sets a predictor, are a part. */
static void check_goes_on(const folder *f, const char *target,
                          const char *more) {
  trained whole = SIAMESE(f, target, more, "train.steps=7");
  trained half = SIAMESE(f, target, more, "train.steps=7");
  char *path = path_in(f, "half.h5");
  take_steps(whole.trainer, 3);
  save_trainer(whole.trainer, path);
  take_steps(whole.trainer, 4);
  load_trainer(half.trainer, path);
  take_steps(half.trainer, 4);
  assert_memory_equal(es_trainer_params(half.trainer),
                      es_trainer_params(whole.trainer),
                      params_size(whole.trainer) * sizeof(float));
  double loss[2];
  es_diag diag = {0};
  assert_ok(
      es_trainer_measure(whole.trainer, NULL, NULL, NULL, &loss[0], &diag),
      diag);
  assert_ok(es_trainer_measure(half.trainer, NULL, NULL, NULL, &loss[1], &diag),
            diag);
  assert_true(loss[0] == loss[1]);
  unlink(path);
  free(path);
  close_trained(&whole);
  close_trained(&half);
}

static void states_go_on_to_the_bit(void **state) {
  check_goes_on(*state, "method.target=ema", "method.ema_schedule=cosine");
  check_goes_on(*state, "method.target=stop-gradient",
                "method.predictor=directpred");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(targets_move_or_are_held),
      IN_FOLDER(targets_may_be_no_embeddings),
      IN_FOLDER(an_average_starts_as_the_network),
      IN_FOLDER(an_average_follows),
      IN_FOLDER(statistics_start_as_the_networks),
      IN_FOLDER(states_go_on_to_the_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
