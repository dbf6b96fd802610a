/* A linear network without predictor on fixed pairs, full batches: theory.md 2
 * is exact. loss=l2 is the sum of both directions, 2 J: with X' = E Cov[x'|x] =
 * E[(x - x')(x - x')^T]/2 of the pairs the flow is
 *   W' = -2 W (X' + eta I)    with target=stop-gradient,
 *   W' = -2 W (2X' + eta I)   with target=self,   2 eta = train.weight_decay:
 * theory's, at twice the rates. */
#include "tests/models/trained.h"

#include "linalg/linalg.h"

#include <omp.h>

enum { N = 24, SIDE = 6, M = SIDE * SIDE, D = 4, STEPS = 200 };
static const double lr = .01, decay = .1;

/* E[(x - x')(x - x')^T] = 2X' */
static void differences(const trained *t, double *G) {
  static float x[2 * N * M];
  es_pairs *pairs;
  es_diag diag = {0};
  assert_ok(es_pairs_new(&pairs, t->config, NULL, &diag), diag);
  es_pairs_fixed(pairs, 0, N, x);
  es_pairs_free(pairs);
  memset(G, 0, M * M * sizeof *G);
  for (size_t i = 0; i < N; i++)
    for (size_t k = 0; k < M * M; k++) {
      const size_t a = i * M + k / M, b = i * M + k % M;
      G[k] += ((double)x[a] - (double)x[a + N * M]) *
              ((double)x[b] - (double)x[b + N * M]) / N;
    }
}

/* fc.weight, row by row. */
static void weights(const es_trainer *t, double *W) {
  const es_tensor *w =
      es_graph_find(&es_trainer_network(t)->graph, "fc.weight");
  assert_int_equal(w->size, D * M);
  for (size_t k = 0; k < D * M; k++)
    W[k] = (double)es_trainer_params(t)[w->offset + k];
}

/* |W v_j| of M directions, the columns of V. */
static void lengths(const double *W, const double *V, double *out) {
  for (size_t j = 0; j < M; j++) {
    double squares = 0;
    for (size_t i = 0; i < D; i++) {
      double along = 0;
      for (size_t k = 0; k < M; k++) along += W[i * M + k] * V[k + j * M];
      squares += along * along;
    }
    out[j] = sqrt(squares);
  }
}

/* By -ln of what is left over the time; discrete descent is faster than the
 * flow by lr · rate/2, and rates are below 3.5: within 1.75%. Floats leave 1e-4
 * of descent itself. */
static void check_rates(const double *before, const double *after,
                        const double *values, double factor) {
  const double time = lr * STEPS;
  assert_true(values[M - 1] > .05 && factor * values[M - 1] + decay < 3.5);
  for (size_t j = 0; j < M; j++) {
    const double rate = factor * fmax(values[j], 0) + decay;
    const double measured = -log(after[j] / before[j]) / time;
    assert_close(measured, rate, .0175, 0);
    assert_close(measured, -log1p(-lr * rate) / lr, 1e-4, 0);
  }
}

static void modes_decay_at_theirs(void **state) {
  static const char *const targets[] = {"method.target=stop-gradient",
                                        "method.target=self"};
  const folder *f = *state;
  write_waves(f, N, SIDE);
  for (int k = 0; k < 2; k++) {
    static double G[M * M], W[D * M], values[M], before[M], after[M];
    es_diag diag = {0};
    trained t = TRAINER("data.name=idx", f->word, "net.arch=linear",
                        "method.dim=4", "method.loss=l2", targets[k],
                        "data.pairs=fixed", "augment.shift=1", "train.batch=24",
                        "train.lr=0.01", "train.weight_decay=0.1");
    differences(&t, G);
    assert_ok(es_eigen_symmetric(M, G, values, true, &diag), diag);
    weights(t.trainer, W);
    lengths(W, G, before);
    take_steps(t.trainer, STEPS);
    weights(t.trainer, W);
    lengths(W, G, after);
    check_rates(before, after, values, k == 0 ? 1 : 2);
    close_trained(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {IN_FOLDER(modes_decay_at_theirs)};
  omp_set_num_threads(1);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
