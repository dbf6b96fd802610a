/* Steps and measurements of a trainer: a step by hand, what is
 * measured, failures. */
#include "tests/models/trained.h"

#include "net/engine.h"

#include <omp.h>

/* theory.md 1 in double for a linear map: loss and its derivative by W (d×m) at
 * rows x (first views, second views), centred. */
static double linear_loss(size_t n, size_t m, size_t d, const float *x,
                          const double *W, double *by_W) {
  double *xc = calloc(2 * n * m, sizeof *xc), *G = calloc(m * m, sizeof *G);
  double *E = calloc(d * d, sizeof *E), *WG = calloc(d * m, sizeof *WG);
  double loss = 0;
  assert_true(xc != NULL && G != NULL && E != NULL && WG != NULL);
  for (size_t j = 0; j < m; j++) {
    double mean = 0;
    for (size_t i = 0; i < 2 * n; i++)
      mean += (double)x[i * m + j] / (2 * (double)n);
    for (size_t i = 0; i < 2 * n; i++)
      xc[i * m + j] = (double)x[i * m + j] - mean;
  }
  for (size_t i = 0; i < 2 * n; i++)
    for (size_t a = 0; a < m; a++)
      for (size_t b = 0; b < m; b++)
        G[a * m + b] +=
            xc[i * m + a] * xc[(i + n) % (2 * n) * m + b] / (2 * (double)n);
  for (size_t r = 0; r < d; r++)
    for (size_t a = 0; a < m; a++)
      for (size_t b = 0; b < m; b++)
        WG[r * m + b] += W[r * m + a] * G[a * m + b];
  for (size_t r = 0; r < d; r++)
    for (size_t s = 0; s < d; s++) {
      E[r * d + s] = -(double)(r == s);
      for (size_t b = 0; b < m; b++)
        E[r * d + s] += WG[r * m + b] * W[s * m + b];
      loss += E[r * d + s] * E[r * d + s];
    }
  for (size_t k = 0; k < d * m; k++) {
    by_W[k] = 0;
    for (size_t s = 0; s < d; s++)
      by_W[k] += 4 * E[k / m * d + s] * WG[s * m + k % m];
  }
  free(xc);
  free(G);
  free(E);
  free(WG);
  return loss;
}

/* W <- W - lr dL/dW, twice: with the gradient of theory.md 1, 4(WGW^T - I)WG,
 * on the batch of that step. In float the network's outputs and the gradient
 * are sums of at most 2n = 40 and m = 4 terms: 50 roundings (2^-24) of sizes
 * that are below 40 here, relative to lr. */
static void a_step_is_descent(void **state) {
  (void)state;
  enum { N = 20, M = 4, D = 2 };
  static const double lr = .01;
  trained t = TRAINER("net.arch=linear", "data.name=gaussian", "data.dims=4",
                      "data.n=50", "augment.noise=0.4", "train.batch=20",
                      "method.dim=2", "train.lr=0.01", "net.init_scale=0.6");
  es_pairs *batches;
  es_diag diag = {0};
  float x[2 * N * M];
  double W[D * M], by_W[D * M];
  assert_ok(es_pairs_new(&batches, t.config, NULL, &diag), diag);
  assert_close(es_trainer_rate(t.trainer), lr, 0, 0);
  assert_true(isnan(es_trainer_batch_loss(t.trainer)));
  for (uint64_t step = 0; step < 3; step++) {
    const float *params = es_trainer_params(t.trainer);
    for (size_t k = 0; k < D * M; k++) W[k] = (double)params[k];
    es_pairs_fill(batches, step, x);
    const double loss = linear_loss(N, M, D, x, W, by_W);
    assert_int_equal(es_trainer_done(t.trainer), step);
    take_steps(t.trainer, 1);
    assert_int_equal(es_trainer_done(t.trainer), step + 1);
    assert_close(es_trainer_batch_loss(t.trainer), loss, 1e-5, 0);
    for (size_t k = 0; k < D * M; k++)
      assert_close((double)params[k], W[k] - lr * by_W[k], 0x1p-24,
                   lr * 50 * 40 * 0x1p-24);
  }
  es_pairs_free(batches);
  close_trained(&t);
}

/* All numbers of a measurement. eval_n = 12 pairs. */
typedef struct measured {
  double h[2 * 12 * 64], r[2 * 12 * 64], z[2 * 12 * 3], loss;
} measured;

static void measure(trained *t, measured *m) {
  es_diag diag = {0};
  memset(m, 0, sizeof *m);
  assert_true(es_trainer_network(t->trainer)->penultimate.size <= 64);
  assert_ok(es_trainer_measure(t->trainer, m->h, m->r, m->z, &m->loss, &diag),
            diag);
}

/* Of a linear map the last layer's input is the images: draw 0 of the first 12
 * samples, in order, first views first; though they are passed in batches of
 * five, the last of which is not full. */
static void measurements_are_of_the_eval_pairs(void **state) {
  folder *f = *state;
  enum { N = 12, M = 64, D = 3 };
  write_waves(f, 18, 8);
  trained t =
      TRAINER("data.name=idx", f->word, "net.arch=linear", "method.dim=3",
              "train.batch=5", "train.eval_n=12", "train.lr=0.001");
  measured *m = malloc(sizeof *m), *again = malloc(sizeof *again);
  double x[M], W[D * M], by_W[D * M];
  float flat[2 * N * M];
  assert_true(m != NULL && again != NULL);
  take_steps(t.trainer, 2);
  measure(&t, m);
  assert_int_equal(es_trainer_eval_n(t.trainer), N);
  for (size_t k = 0; k < D * M; k++)
    W[k] = (double)es_trainer_params(t.trainer)[k];
  for (size_t i = 0; i < 2 * N; i++) {
    es_dataset_view(es_pairs_set(es_trainer_pairs(t.trainer)), i % N, 0, i >= N,
                    x);
    for (size_t j = 0; j < M; j++) {
      flat[i * M + j] = (float)x[j];
      assert_true(m->h[i * M + j] == (double)(float)x[j]);
    }
    for (size_t a = 0; a < D; a++) {
      double z = 0, size = 0;
      for (size_t j = 0; j < M; j++) z += W[a * M + j] * (double)(float)x[j];
      for (size_t j = 0; j < M; j++) size += fabs(W[a * M + j] * x[j]);
      assert_close(m->z[i * D + a], z, 0, M * size * 0x1p-24);
      assert_true(m->r[i * D + a] == m->z[i * D + a]);
    }
  }
  /* The loss is the theory's at all of them together. */
  assert_close(m->loss, linear_loss(N, M, D, flat, W, by_W), 1e-5, 0);
  /* Asked for less, the same. */
  es_diag diag = {0};
  assert_ok(
      es_trainer_measure(t.trainer, NULL, NULL, NULL, &again->loss, &diag),
      diag);
  assert_true(again->loss == m->loss);
  assert_ok(es_trainer_measure(t.trainer, NULL, NULL, again->z, NULL, &diag),
            diag);
  assert_memory_equal(again->z, m->z, sizeof m->z);
  free(m);
  free(again);
  close_trained(&t);
}

/* z = W h for what was measured of a ResNet; a run that is measured on the way
 * takes the same steps. */
static void measuring_changes_nothing(void **state) {
  trained a = SMALL_RESNET((folder *)*state, "train.lr=0.05", "train.steps=9");
  trained b = SMALL_RESNET((folder *)*state, "train.lr=0.05", "train.steps=9");
  measured *m = malloc(sizeof *m);
  assert_non_null(m);
  take_steps(a.trainer, 5);
  for (int k = 0; k < 5; k++) {
    measure(&b, m);
    take_steps(b.trainer, 1);
  }
  assert_memory_equal(es_trainer_params(a.trainer),
                      es_trainer_params(b.trainer),
                      params_size(a.trainer) * sizeof(float));
  measure(&b, m);
  const es_network *n = es_trainer_network(b.trainer);
  const float *W =
      es_trainer_params(b.trainer) + n->graph.param[n->last].offset;
  const size_t width = n->penultimate.size;
  assert_int_equal(width, 32);
  assert_memory_equal(m->h, m->r, sizeof m->h);
  for (size_t i = 0; i < 2 * 12; i++)
    for (size_t j = 0; j < 3; j++) {
      double z = 0, size = 0;
      for (size_t k = 0; k < width; k++) {
        z += (double)W[j * width + k] * m->h[i * width + k];
        size += fabs((double)W[j * width + k] * m->h[i * width + k]);
      }
      assert_close(m->z[i * 3 + j], z, 0, 32 * size * 0x1p-24);
    }
  free(m);
  close_trained(&a);
  close_trained(&b);
}

/* Five rows of one view passed alone, in double, and how far those of the
 * measurement are from them; relative to their size. */
static double distance(const es_trainer *t, const measured *m, size_t first,
                       unsigned view) {
  const es_network *n = es_trainer_network(t);
  const es_engine *e = &es_engine_reference_double;
  double x[5 * 64], *params = calloc(params_size(t), sizeof *params);
  double *buffers = calloc(n->graph.buffer_size + 1, sizeof *buffers);
  double error = 0, size = 0;
  void *net;
  es_diag diag = {0};
  assert_true(params != NULL && buffers != NULL);
  for (size_t k = 0; k < params_size(t); k++)
    params[k] = (double)es_trainer_params(t)[k];
  for (size_t i = 0; i < 5; i++)
    es_dataset_view(es_pairs_set(es_trainer_pairs(t)), (first + i) % 12, 0,
                    view, x + i * 64);
  assert_ok(e->open(&net, &n->graph, 5, 1, false, &diag), diag);
  assert_ok(e->forward(net, ES_PASS_MEASURE, params, buffers, x, &diag), diag);
  const double *z = e->output(net, n->embedding.output);
  for (size_t i = 0; i < 5 && first + i < 12; i++)
    for (size_t j = 0; j < 3; j++) {
      const double d = m->z[(view * 12 + first + i) * 3 + j] - z[i * 3 + j];
      error += d * d;
      size += z[i * 3 + j] * z[i * 3 + j];
    }
  e->close(net);
  free(params);
  free(buffers);
  return sqrt(error / size);
}

/* Statistics are those of one view of train.batch pairs, the last batch being
 * filled up with the first pairs. Float in some 30 operations, with sums of up
 * to 300 terms, is 1e-5 off; other statistics make tenths. */
static void measurements_are_normalised_by_batches(void **state) {
  trained t = SMALL_RESNET((folder *)*state, "train.lr=0.01", "train.steps=9");
  measured *m = malloc(sizeof *m);
  assert_non_null(m);
  take_steps(t.trainer, 3);
  measure(&t, m);
  for (size_t first = 0; first < 12; first += 5)
    for (unsigned view = 0; view < 2; view++)
      assert_close(distance(t.trainer, m, first, view), 0, 0, 1e-3);
  free(m);
  close_trained(&t);
}

/* Descent on the full batch of fixed pairs: within 60 small steps all three
 * modes are learned, the loss falls from d = 3 below 1 (in 40 it was under .01
 * when this was written). */
static void a_network_learns(void **state) {
  folder *f = *state;
  double loss;
  es_diag diag = {0};
  write_waves(f, 18, 8);
  trained t = TRAINER("data.name=idx", f->word, "net.width=4", "method.dim=3",
                      "data.pairs=fixed", "train.batch=18", "train.lr=0.01",
                      "net.init_scale=0.05");
  take_steps(t.trainer, 1);
  assert_close(es_trainer_batch_loss(t.trainer), 3, .1, 0);
  take_steps(t.trainer, 59);
  assert_ok(es_trainer_measure(t.trainer, NULL, NULL, NULL, &loss, &diag),
            diag);
  assert_true(loss < 1);
  /* Full and fixed: a batch's loss is that of the eval pairs, but for the order
   * of float sums. */
  assert_int_equal(es_trainer_eval_n(t.trainer), 18);
  take_steps(t.trainer, 1);
  assert_close(es_trainer_batch_loss(t.trainer), loss, 0, 1e-4);
  close_trained(&t);
}

/* A rate far too large: after a step or two a step leaves the range of a float.
 * What was done before it stays, finite, and the line says what to change. */
static void a_step_out_of_range(void **state) {
  folder *f = *state;
  write_waves(f, 18, 8);
  trained t =
      TRAINER("data.name=idx", f->word, "net.arch=linear", "train.batch=5",
              "train.eval_n=12", "method.dim=3", "train.lr=1e37");
  es_diag diag = {0};
  es_status status = ES_OK;
  float *before = NULL;
  uint64_t done = 0;
  for (int k = 0; k < 10 && status == ES_OK; k++) {
    free(before);
    before = copy_params(t.trainer);
    done = es_trainer_done(t.trainer);
    status = es_trainer_step(t.trainer, &diag);
  }
  assert_int_equal(status, ES_NOT_FINITE);
  assert_true(done > 0);
  assert_int_equal(es_trainer_done(t.trainer), done);
  assert_memory_equal(es_trainer_params(t.trainer), before,
                      params_size(t.trainer) * sizeof *before);
  assert_non_null(strstr(diag.message, "train.lr=1e+37"));
  for (size_t k = 0; k < params_size(t.trainer); k++)
    assert_true(isfinite(before[k]) != 0);
  free(before);
  close_trained(&t);
}

/* Embeddings of some 1e1 and predictions beyond a float's 3e38: the loss that
 * they have none of is not measured as a number, and no step is made of it. */
static void predictions_out_of_range(void **state) {
  folder *f = *state;
  double loss;
  es_diag diag = {0};
  write_waves(f, 12, 6);
  trained t =
      TRAINER("data.name=idx", f->word, "net.arch=linear", "method.dim=3",
              "train.batch=12", "net.init_scale=10", "method.loss=l2",
              "method.predictor=linear", "method.predictor_scale=3e38");
  assert_status(es_trainer_measure(t.trainer, NULL, NULL, NULL, &loss, &diag),
                ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "the loss"));
  assert_non_null(strstr(diag.message, "method.predictor_scale"));
  assert_status(es_trainer_step(t.trainer, &diag), ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "the loss is not finite at step 0"));
  assert_int_equal(es_trainer_done(t.trainer), 0);
  close_trained(&t);
}

/* Twelve pairs in eight dimensions: C of a start has eigenvalues below 0. A
 * step says so with either preconditioner; a measurement needs no gradient, and
 * only log det has no loss there. Nothing has moved. */
static void an_indefinite_covariance_stops(void **state) {
  folder *f = *state;
  write_waves(f, 12, 6);
  for (int k = 0; k < 2; k++) {
    trained t = TRAINER(
        "data.name=idx", f->word, "net.arch=linear", "method.dim=8",
        "train.batch=12", "method.precondition_epsilon=1e-9",
        k == 0 ? "method.precondition=left" : "method.precondition=logdet");
    float *before = copy_params(t.trainer);
    double loss;
    es_diag diag = {0};
    const es_status status =
        es_trainer_measure(t.trainer, NULL, NULL, NULL, &loss, &diag);
    assert_status(status, k == 0 ? ES_OK : ES_NOT_FINITE);
    if (k == 0) assert_true(isfinite(loss));
    if (k == 1) assert_non_null(strstr(diag.message, "step 0: C + rI is not"));
    assert_status(es_trainer_step(t.trainer, &diag), ES_NOT_FINITE);
    assert_non_null(strstr(diag.message, "step 0: C + rI is not positive"));
    assert_int_equal(es_trainer_done(t.trainer), 0);
    assert_memory_equal(before, es_trainer_params(t.trainer),
                        params_size(t.trainer) * sizeof *before);
    free(before);
    close_trained(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_step_is_descent),
      IN_FOLDER(measurements_are_of_the_eval_pairs),
      IN_FOLDER(measuring_changes_nothing),
      IN_FOLDER(measurements_are_normalised_by_batches),
      IN_FOLDER(a_network_learns),
      IN_FOLDER(a_step_out_of_range),
      IN_FOLDER(predictions_out_of_range),
      IN_FOLDER(an_indefinite_covariance_stops),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
