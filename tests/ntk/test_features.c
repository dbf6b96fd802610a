/* Kernels of a trainer's network as features: what they promise, and that the
 * tangent kernel is what a small step of descent does. */
#include "tests/models/trained.h"

#include "models/resnet/loss.h"
#include "ntk/features.h"

#include <omp.h>

enum { N = 12 };

#define NET(f, a, b, c)                                                        \
  (write_waves(f, N, 8),                                                       \
   TRAINER("data.name=idx", ((folder *)f)->word, "net.width=4",                \
           "train.batch=12", "train.eval_n=12", "train.seed=6",                \
           "data.pairs=fixed", a, b, c))

static es_features measured(const trained *t, es_kernel_kind kind) {
  es_features f;
  es_diag diag = {0};
  assert_ok(es_features_measure(&f, kind, t->trainer, t->config, &diag), diag);
  assert_true(f.n == N && f.m >= f.d && f.m <= (size_t)4 * 8);
  return f;
}

/* B W^T = F where K has full rank, to rounding of K's root: of 24 eigenvalues,
 * the least is far above 1e-10 of the largest. */
static void check_embeddings(const es_features *f, double tolerance) {
  double size = 0;
  for (size_t k = 0; k < 2 * N * f->d; k++) size = fmax(size, fabs(f->F[k]));
  assert_true(size > 0);
  for (size_t i = 0; i < 2 * N; i++)
    for (size_t o = 0; o < f->d; o++) {
      double sum = 0;
      for (size_t j = 0; j < f->m; j++)
        sum += f->B[i * f->m + j] * f->W[o * f->m + j];
      assert_close(sum, f->F[i * f->d + o], 0, tolerance * size);
    }
}

static void features_make_the_embeddings(void **state) {
  const char *const more[][2] = {
      {"net.norm=batch", "net.depth=10"},
      {"net.norm=none", "net.depth=10"},
      {"net.feature_norm=batch", "net.depth=10"},
      {"net.arch=mlp", "net.width=16"},
      {"net.output_multiplier=20", "net.subtract_initial=0.5"}};
  for (size_t k = 0; k < sizeof more / sizeof *more; k++) {
    trained t = NET(*state, more[k][0], more[k][1], "method.dim=3");
    es_features f = measured(&t, ES_KERNEL_NTK);
    assert_true(f.m == (size_t)2 * N && f.spread >= 1 && f.spread < 10);
    check_embeddings(&f, 1e-9);
    es_features_free(&f);
    assert_null(f.B);
    if (k < 4) {
      f = measured(&t, ES_KERNEL_CONJUGATE);
      assert_true(f.spread == 1);
      check_embeddings(&f, 1e-5); /* floats' products */
      es_features_free(&f);
    }
    close_trained(&t);
  }
}

/* With one output its own kernel is all there is: z moves by -lr K dL/dz, and
 * by terms of order lr², which are a thousandth at this rate; a step of the
 * encoder's at a quarter of the rate counts a quarter. */
static void a_step_goes_where_the_kernel_says(void **state) {
  const char *const ratio[] = {"train.encoder_lr_ratio=1",
                               "train.encoder_lr_ratio=0.25"};
  for (size_t k = 0; k < 2; k++) {
    trained t = NET(*state, "net.norm=none", "method.dim=1", ratio[k]);
    es_features f = measured(&t, ES_KERNEL_NTK);
    double dz[2 * N], after[2 * N], size = 0;
    void *loss;
    es_diag diag = {0};
    assert_ok(es_loss_covariance.open(&loss, N, 1, NULL, &diag), diag);
    es_loss_covariance.value(loss, f.F, NULL, dz, NULL);
    es_loss_covariance.close(loss);
    const double lr = 1e-3 / f.B[0] / f.B[0];
    es_trainer_set_rate(t.trainer, lr);
    take_steps(t.trainer, 1);
    assert_ok(es_trainer_measure(t.trainer, NULL, NULL, after, NULL, &diag),
              diag);
    double want[2 * N] = {0};
    for (size_t i = 0; i < 2 * N; i++) {
      for (size_t j = 0; j < 2 * N; j++)
        for (size_t m = 0; m < f.m; m++)
          want[i] -= lr * f.B[i * f.m + m] * f.B[j * f.m + m] * dz[j];
      size = fmax(size, fabs(want[i]));
    }
    for (size_t i = 0; i < 2 * N; i++)
      assert_close(after[i] - f.F[i], want[i], 0, .02 * size);
    es_features_free(&f);
    close_trained(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(features_make_the_embeddings),
      IN_FOLDER(a_step_goes_where_the_kernel_says),
  };
  omp_set_num_threads(1); /* too little to share */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
