/* Orthogonal projectors: their set, the nearest point of it, steps that stay on
 * it. Starts along what the inputs of the last linear layer share. */
#include "tests/models/trained.h"

#include "base/random.h"
#include "metrics/spectra.h"
#include "models/resnet/descent.h"
#include "models/resnet/orthogonal.h"

#include <float.h>
#include <omp.h>

enum { D = 4, M = 9, CELLS = D * M };

static void draw(double *x, size_t n, uint64_t seed) {
  for (size_t k = 0; k < n; k++) x[k] = es_random_normal(seed, 2000, k);
}

/* A B^T of rows of m numbers. */
static double product(size_t m, const double *A, size_t i, const double *B,
                      size_t j) {
  double sum = 0;
  for (size_t k = 0; k < m; k++) sum += A[i * m + k] * B[j * m + k];
  return sum;
}

/* X = s Q with Q Q^T = I is nearest to W where W Q^T is symmetric and positive
 * semidefinite, and W = (W Q^T) Q. */
static void check_nearest(const double W[CELLS], const double X[CELLS],
                          double s, double size) {
  const double tiny = 1e-13 * size;
  for (size_t i = 0; i < D; i++) {
    assert_true(product(M, W, i, X, i) > 0);
    for (size_t j = 0; j < D; j++) {
      assert_close(product(M, X, i, X, j) / (s * s), i == j, 0, M * 1e-15);
      assert_close(product(M, W, i, X, j) / s, product(M, W, j, X, i) / s, 0,
                   tiny);
    }
    for (size_t k = 0; k < M; k++) {
      double sum = 0;
      for (size_t j = 0; j < D; j++)
        sum += product(M, W, i, X, j) / s * X[j * M + k] / s;
      assert_close(sum, W[i * M + k], 0, tiny);
    }
  }
}

/* From far off, near, of any size, and with rows that almost depend: there W's
 * smallest value is 1e-6 of the others, and roundings count as much more in
 * where its row goes, but not in W Q^T. */
static void the_nearest_point(void **state) {
  (void)state;
  for (int k = 0; k < 5; k++) {
    const double s = k == 1 ? 1e-3 : .7;
    const double size = k == 2 ? 1e5 : k == 3 ? 1e-5 : 1;
    double W[CELLS], X[CELLS];
    es_orthogonal *w;
    es_diag diag = {0};
    draw(W, CELLS, 3 + (uint64_t)k);
    for (size_t i = 0; i < CELLS; i++) W[i] *= size;
    for (size_t i = 0; k == 4 && i < M; i++)
      W[i] = W[M + i] + 1e-6 * W[2 * M + i];
    assert_ok(es_orthogonal_new(&w, D, M, s, &diag), diag);
    memcpy(X, W, sizeof X);
    assert_true(es_orthogonal_retract(w, X));
    check_nearest(W, X, s, 10 * size);
    memcpy(W, X, sizeof W); /* what is there stays */
    assert_true(es_orthogonal_retract(w, X));
    for (size_t i = 0; i < CELLS; i++) assert_close(X[i], W[i], 0, s * 1e-15);
    memcpy(X + M, X, M * sizeof *X); /* two equal rows have none */
    assert_false(es_orthogonal_retract(w, X));
    X[0] = NAN;
    assert_false(es_orthogonal_retract(w, X));
    es_orthogonal_free(w);
  }
  es_orthogonal_free(NULL);
}

/* G' W^T is skew; G - G' = S W with S symmetric is normal to the set. */
static void gradients_along_the_set(void **state) {
  (void)state;
  static const double s = .3;
  double W[CELLS], G[CELLS], along[CELLS];
  es_orthogonal *w;
  es_diag diag = {0};
  assert_ok(es_orthogonal_new(&w, D, M, s, &diag), diag);
  draw(W, CELLS, 1);
  draw(G, CELLS, 2);
  assert_true(es_orthogonal_retract(w, W));
  memcpy(along, G, sizeof G);
  es_orthogonal_along(w, W, along);
  for (size_t i = 0; i < D; i++)
    for (size_t j = 0; j < D; j++) {
      assert_close(product(M, along, i, W, j), -product(M, along, j, W, i), 0,
                   1e-14);
      assert_close(product(M, along, i, W, j),
                   (product(M, G, i, W, j) - product(M, G, j, W, i)) / 2, 0,
                   1e-14);
    }
  for (size_t i = 0; i < D; i++)
    for (size_t k = 0; k < M; k++) {
      double S = 0;
      for (size_t j = 0; j < D; j++)
        S += (product(M, G, i, W, j) + product(M, G, j, W, i)) / 2 *
             W[j * M + k] / (s * s);
      assert_close(G[i * M + k] - along[i * M + k], S, 0, 1e-14);
    }
  es_orthogonal_free(w);
}

typedef struct opened {
  es_config *config;
  es_network network;
  es_descent *descent;
  const es_tensor *t;
  float *params, *buffers, *gradient, *w;
} opened;

static float *zeros(size_t n) {
  float *x = calloc(n, sizeof *x);
  assert_non_null(x);
  return x;
}

/* An MLP whose projector is orthogonal, of scale .3. */
static void open_held(opened *o, const char *a, const char *b, const char *c) {
  es_encoder encoder;
  es_diag diag = {0};
  o->config =
      SETTINGS("net.arch=mlp", "net.width=9", "train.lr=0.5",
               "net.init_scale=0.3", "method.projector=orthogonal", a, b, c);
  assert_ok(es_encoder_from(&encoder, o->config, 1, 4, &diag), diag);
  assert_ok(es_network_new(&o->network, &encoder, &diag), diag);
  assert_ok(es_descent_new(&o->descent, &o->network, o->config, 400, &diag),
            diag);
  o->params = zeros(o->network.graph.param_size);
  o->gradient = zeros(o->network.graph.param_size);
  o->buffers = zeros(o->network.graph.buffer_size);
  es_network_start(&o->network, 5, .3, o->params, o->buffers);
  o->t = &o->network.graph.param[o->network.last];
  assert_string_equal(o->t->name, "projector.0.weight");
  o->w = o->params + o->t->offset;
}

static void close_held(opened *o) {
  free(o->params);
  free(o->gradient);
  free(o->buffers);
  es_descent_free(o->descent);
  es_network_free(&o->network);
  es_config_free(o->config);
}

static void step(opened *o, uint64_t k) {
  for (size_t i = 0; i < o->network.graph.param_size; i++)
    o->gradient[i] = (float)es_random_normal(7, 2001, k << 16 | i);
  assert_true(es_descent_step(o->descent, o->params, o->gradient, k));
}

/* With one row the set is a sphere: w' = s (w - r g)/|w - r g|, g less its part
 * along w. Decay would be along w, and counts for nothing. The state is double
 * but for a float's start, which is off the sphere by 2^-24. */
static void a_step_on_a_sphere(void **state) {
  (void)state;
  opened o;
  open_held(&o, "method.dim=1", "train.projector_weight_decay=0.5",
            "train.momentum=0");
  double w[M], g[M], along = 0, length = 0;
  for (size_t k = 0; k < M; k++) w[k] = (double)o.w[k];
  step(&o, 0);
  for (size_t k = 0; k < M; k++) {
    g[k] = (double)(float)es_random_normal(7, 2001, o.t->offset + k);
    along += w[k] * g[k] / (.3 * .3);
  }
  for (size_t k = 0; k < M; k++) {
    w[k] -= .5 * (g[k] - along * w[k]);
    length += w[k] * w[k];
  }
  for (size_t k = 0; k < M; k++)
    assert_close((double)o.w[k], .3 * w[k] / sqrt(length), 0, .3 * 0x1p-21);
  close_held(&o);
}

/* 2000 steps of 1e-9 of one gradient, each less than half of the last place of
 * most numbers of w: together they move w by what they add up to, but for w's
 * two roundings and the bend of the way, 1e-10. */
static void small_steps_add_up(void **state) {
  (void)state;
  opened o;
  open_held(&o, "method.dim=1", "train.lr=1e-9", "train.steps=2000");
  double w[M], g[M], along = 0;
  for (size_t k = 0; k < M; k++) w[k] = (double)o.w[k];
  for (size_t k = 0; k < M; k++) {
    g[k] = sin(1 + (double)k);
    along += w[k] * g[k] / (.3 * .3);
  }
  for (uint64_t i = 0; i < 2000; i++) {
    for (size_t k = 0; k < M; k++) o.gradient[o.t->offset + k] = (float)g[k];
    assert_true(es_descent_step(o.descent, o.params, o.gradient, i));
  }
  for (size_t k = 0; k < M; k++)
    assert_close((double)o.w[k] - w[k], -2e-6 * (g[k] - along * w[k]), 0, 4e-8);
  close_held(&o);
}

/* Rounding to float changes each number by 2^-25 of it at most twice over, so
 * that an entry of W W^T/s^2 moves by less than 2^-23 (Cauchy and Schwarz):
 * after 300 steps of every rule as after one. */
static void steps_stay_on_the_set(void **state) {
  (void)state;
  static const char *const rules[] = {
      "train.optimizer=sgd", "train.optimizer=lars", "train.optimizer=adamw"};
  for (int r = 0; r < 3; r++) {
    opened o;
    open_held(&o, rules[r], "train.momentum=0.9", "method.dim=4");
    float *first = zeros(o.t->size);
    double moved = 0;
    memcpy(first, o.w, o.t->size * sizeof *first);
    for (uint64_t k = 0; k < 300; k++) {
      step(&o, k);
      double W[CELLS];
      for (size_t i = 0; i < CELLS; i++) W[i] = (double)o.w[i];
      for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++)
          assert_close(product(M, W, i, W, j) / .09, i == j, 0, 0x1p-23);
    }
    for (size_t i = 0; i < CELLS; i++)
      moved = fmax(moved, fabs((double)o.w[i] - (double)first[i]));
    assert_true(moved > 1e-3);
    free(first);
    close_held(&o);
  }
}

/* Two rows that are one have no nearest point. */
static void dependent_rows_are_told(void **state) {
  (void)state;
  opened o;
  open_held(&o, "method.dim=4", "train.momentum=0", "train.steps=9");
  memcpy(o.w + M, o.w, M * sizeof *o.w);
  assert_false(es_descent_step(o.descent, o.params, o.gradient, 0));
  close_held(&o);
}

static void what_is_fixed_stays(void **state) {
  (void)state;
  opened o;
  open_held(&o, "method.dim=4", "method.projector_trainable=off",
            "train.optimizer=adamw");
  float *first = zeros(o.t->size);
  memcpy(first, o.w, o.t->size * sizeof *first);
  for (uint64_t k = 0; k < 3; k++) step(&o, k);
  assert_memory_equal(first, o.w, o.t->size * sizeof *first);
  free(first);
  close_held(&o);
}

/* Pairs h = a q, h' = b q, and both negative, for each q of an orthonormal
 * basis (a reflection's rows): X = sum a b q q^T/n, whose order is that of a b;
 * one is negative. An offset of both views is what centring takes off, and
 * without it the first row is along it. */
static void starts_along_what_is_shared(void **state) {
  (void)state;
  enum { N = 2 * M, ROWS = 3 };
  static const double a[M] = {1, 2, .5, 3, 1, 1, 1, .1, .2};
  static const double b[M] = {1, 1.5, .5, -3, .5, 4, .1, .1, .2};
  static const size_t order[ROWS] = {5, 1, 0}; /* a b = 4, 3, 1 */
  double v[M], norm = 0, Q[M][M], h[2][N][M];
  for (size_t j = 0; j < M; j++) v[j] = 1 + .3 * sin((double)j);
  for (size_t j = 0; j < M; j++) norm += v[j] * v[j];
  for (size_t i = 0; i < M; i++)
    for (size_t j = 0; j < M; j++) Q[i][j] = (i == j) - 2 * v[i] * v[j] / norm;
  for (int moved = 0; moved < 3; moved++) {
    const bool centred = moved == 1;
    opened o;
    open_held(&o, "method.dim=3", "method.projector_init=pca",
              "net.subtract_initial=0.5");
    es_diag diag = {0};
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < M; j++) {
        const double sign = i < M ? 1 : -1, at = moved > 0 ? 5 + v[j] : 0;
        h[0][i][j] = at + sign * a[i % M] * Q[i % M][j];
        h[1][i][j] = at + sign * b[i % M] * Q[i % M][j];
      }
    assert_ok(
        es_network_align(&o.network, N, h[0][0], centred, .3, o.params, &diag),
        diag);
    for (size_t i = 0; i < ROWS; i++) {
      const float *row = o.w + i * M;
      double most = 0, along = 0, mean = 0, length = 0;
      for (size_t j = 0; j < M; j++) {
        if (fabs((double)row[j]) > fabs(most)) most = (double)row[j];
        along += (double)row[j] / .3 * Q[order[i]][j];
        mean += (double)row[j] / .3 * (5 + v[j]);
        length += pow(5 + v[j], 2);
      }
      assert_true(most > 0);
      if (moved < 2) assert_close(fabs(along), 1, 0, 1e-6);
      if (moved == 2 && i == 0) assert_true(mean > .99 * sqrt(length));
    }
    const es_tensor *kept =
        es_graph_find(&o.network.graph, "initial.projector.0.weight");
    assert_memory_equal(o.params + kept->offset, o.w, o.t->size * sizeof *o.w);
    h[1][2][3] = NAN;
    assert_status(
        es_network_align(&o.network, N, h[0][0], centred, .3, o.params, &diag),
        ES_NOT_FINITE);
    close_held(&o);
  }
}

enum { PAIRS = 12, DIM = 3 };
static double moment(const double *z, size_t a, size_t b) {
  double sum = 0;
  for (size_t i = 0; i < PAIRS; i++)
    sum += z[i * DIM + a] * z[(PAIRS + i) * DIM + b] +
           z[i * DIM + b] * z[(PAIRS + i) * DIM + a];
  return sum / (2 * PAIRS);
}

/* In a trainer: C of the eval pairs is diagonal, and falls; centred for the
 * covariance loss, as it is for theory.md 2's. A target network starts there,
 * too: to compare with it is to compare with oneself. Float rounds the features
 * and W, 2^-24 of |h|^2 s^2 some times over. */
static void modes_of_a_trainer(void **state) {
  folder *f = *state;
  static const char *const archs[] = {"net.arch=linear", "net.width=4"};
  static const char *const losses[] = {
      "method.loss=covariance", "method.target=ema", "method.target=self"};
  write_waves(f, 18, 8);
  for (int k = 0; k < 6; k++) {
    double z[2 * PAIRS * DIM], centred[2 * PAIRS * DIM], mean[DIM], loss;
    static double self;
    es_diag diag = {0};
    trained t =
        TRAINER("data.name=idx", f->word, archs[k / 3],
                k % 3 > 0 ? "method.loss=l2" : "method.dim=3", losses[k % 3],
                "method.dim=3", "train.batch=6", "train.eval_n=12",
                "method.projector_init=pca", "net.init_scale=0.5");
    assert_ok(es_trainer_measure(t.trainer, NULL, NULL, z, &loss, &diag), diag);
    es_centre(centred, mean, 2 * PAIRS, DIM, z);
    const double *x = k % 3 == 0 ? centred : z;
    const double size = moment(x, 0, 0) + moment(x, 1, 1) + moment(x, 2, 2);
    for (size_t a = 0; a < DIM; a++)
      for (size_t b = 0; b < a; b++) {
        assert_close(moment(x, a, b), 0, 0, 1e-5 * size);
        assert_true(moment(x, b, b) > moment(x, a, a));
      }
    if (k % 3 == 1) self = loss;
    if (k % 3 == 2) assert_true(loss == self);
    close_trained(&t);
  }
  trained t =
      SMALL_RESNET(f, "method.projector_init=pca", "net.subtract_initial=1");
  double z[2 * PAIRS * DIM];
  es_diag diag = {0};
  assert_ok(es_trainer_measure(t.trainer, NULL, NULL, z, NULL, &diag), diag);
  for (size_t k = 0; k < 2 * PAIRS * DIM; k++) assert_true(z[k] == 0);
  close_trained(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_nearest_point),
      cmocka_unit_test(gradients_along_the_set),
      cmocka_unit_test(a_step_on_a_sphere),
      cmocka_unit_test(small_steps_add_up),
      cmocka_unit_test(steps_stay_on_the_set),
      cmocka_unit_test(dependent_rows_are_told),
      cmocka_unit_test(what_is_fixed_stays),
      cmocka_unit_test(starts_along_what_is_shared),
      IN_FOLDER(modes_of_a_trainer),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
