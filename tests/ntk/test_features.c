/* Kernels of a trainer's network as features: what they promise, and that the
 * tangent kernel is what a small step of descent does. */
#include "tests/models/trained.h"

#include "models/resnet/loss.h"
#include "ntk/features.h"
#include "ntk/follow.h"
#include "ntk/held.h"

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

enum { FURTHER = 4, VALUES = 8 * 8, D = 3, LAST = 20 };

/* Two images of the pairs, one of each view; a third one, that lies on the line
 * through them; and what is far from all. */
static void take_further(const es_trainer *t, double *x) {
  size_t passes;
  const float *pixels = es_trainer_eval_images(t, &passes);
  assert_true(passes == 1);
  for (size_t k = 0; k < VALUES; k++) {
    x[k] = (double)pixels[k];
    x[VALUES + k] = (double)pixels[(N + 5) * VALUES + k];
    x[2 * VALUES + k] = 3 * x[k] - 2 * x[VALUES + k];
    x[3 * VALUES + k] = sin((double)(k * k));
  }
}

/* Against the descent of the embeddings themselves, which knows no modes. */
static void check_descent(const es_features *f, double rate, const double *F) {
  es_follow *follow;
  es_diag diag = {0};
  assert_ok(es_follow_new(&follow, N, D, f->F, rate, false, &diag), diag);
  assert_ok(es_follow_kernel(follow, f->m, f->B, &diag), diag);
  es_follow_advance(follow, LAST);
  const double *want = es_follow_embedding(follow);
  for (size_t o = 0; o < D; o++) {
    double mean = 0;
    for (size_t i = 0; i < 2 * N; i++) mean += F[i * D + o] / (2 * N);
    for (size_t i = 0; i < 2 * N; i++)
      assert_close(F[i * D + o] - mean, want[i * D + o], 0, 1e-9);
  }
  es_follow_free(follow);
}

/* Predicted embeddings F (2N×D) after LAST steps, and of the further images. */
static void predict(const trained *t, double *F, double *far, double *way) {
  static double x[FURTHER * VALUES], B[FURTHER * 2 * N], Z[D * 2 * N];
  const size_t last = LAST;
  es_features f;
  es_held c;
  es_diag diag = {0};
  take_further(t->trainer, x);
  assert_ok(
      es_features_reach(&f, t->trainer, t->config, FURTHER, x, B, far, &diag),
      diag);
  assert_true(f.d == D);
  assert_ok(es_held_new(&c, N, f.m, f.B, D, f.W, &diag), diag);
  assert_ok(es_held_descend(&c, .1 / c.gamma[0], &last, 1,
                            &(es_held_path){.Z = Z}, &diag),
            diag);
  memcpy(F, f.F, 2 * N * D * sizeof *F);
  assert_ok(es_held_embed(&c, Z, 2 * N, f.B, F, &diag), diag);
  check_descent(&f, .1 / c.gamma[0], F);
  assert_ok(es_held_embed(&c, Z, FURTHER, B, far, &diag), diag);
  *way = 0;
  for (size_t i = 0; i < 2 * N * D; i++) *way = fmax(*way, fabs(F[i] - f.F[i]));
  es_held_free(&c);
  es_features_free(&f);
}

/* At an image of the pairs the prediction is the pair's own, and a linear
 * network's is affine in x. Where K has eigenvalues down to 2N u of the first,
 * features of a further image are off by the root of that, 1e-7, but the way
 * along them is as small, and of it all 1e-9 is left at the most. */
static void predictions_reach_further_images(void **state) {
  const char *const arch[] = {"net.arch=linear", "net.arch=mlp",
                              "net.arch=resnet"};
  for (size_t k = 0; k < 3; k++) {
    trained t = NET(*state, "net.norm=none", arch[k], "method.dim=3");
    double F[2 * N * D], far[FURTHER * D], way;
    predict(&t, F, far, &way);
    assert_true(way > .1);
    for (size_t o = 0; o < D; o++) {
      const double *first = F + o, *second = F + (N + 5) * D + o;
      assert_close(far[o], *first, 0, 1e-9);
      assert_close(far[D + o], *second, 0, 1e-9);
      const double line = 3 * *first - 2 * *second;
      const bool on_line = fabs(far[2 * D + o] - line) < 1e-9;
      assert_true(on_line == (k == 0));
    }
    close_trained(&t);
  }
}

/* Images that are the first views, in the batch that these are, have their
 * statistics, and so their embeddings and their rows of the kernel. */
static void further_images_are_normalised(void **state) {
  static double x[N * VALUES], B[N * 2 * N];
  trained t = NET(*state, "net.norm=batch", "net.depth=10", "method.dim=3");
  double far[N * D];
  size_t passes;
  const float *pixels = es_trainer_eval_images(t.trainer, &passes);
  es_features f;
  es_diag diag = {0};
  for (size_t k = 0; k < N * VALUES; k++) x[k] = (double)pixels[k];
  assert_ok(es_features_reach(&f, t.trainer, t.config, N, x, B, far, &diag),
            diag);
  for (size_t k = 0; k < N * D; k++) assert_close(far[k], f.F[k], 0, 1e-12);
  for (size_t i = 0; i < N; i++)
    for (size_t r = 0; r < 2 * N; r++) {
      double got = 0, want = 0, size = 0;
      for (size_t j = 0; j < f.m; j++) {
        got += B[i * f.m + j] * f.B[r * f.m + j];
        want += f.B[i * f.m + j] * f.B[r * f.m + j];
        size += f.B[i * f.m + j] * f.B[i * f.m + j];
      }
      assert_close(got, want, 0, 1e-9 * size);
    }
  es_features_free(&f);
  close_trained(&t);
}

/* A linear network's kernel holds: in full batches of its own pairs it goes
 * where it is predicted to, with either loss. A step rounds embeddings of size
 * 3 by some floats' units, 2e-7: 20 of them by less than 1e-5. */
static void linear_networks_are_foretold(void **state) {
  const char *const loss[] = {"method.loss=covariance", "method.loss=spectral"};
  for (size_t k = 0; k < 2; k++) {
    trained t = NET(*state, "net.arch=linear", "method.dim=3", loss[k]);
    double Z[D * 2 * N], after[2 * N * D], way = 0;
    const size_t last = LAST;
    size_t at_rest = 0;
    es_features f = measured(&t, ES_KERNEL_NTK);
    es_held c;
    es_diag diag = {0};
    assert_ok(es_held_new(&c, N, f.m, f.B, D, f.W, &diag), diag);
    if (k == 1) assert_ok(es_held_spread(&c, N, f.B, &diag), diag);
    for (size_t j = 0; j < f.m; j++) at_rest += c.gamma[j] == 0;
    assert_true(at_rest > 0); /* the pairs' mean */
    const double lr = .05 / c.gamma[0];
    assert_ok(es_held_descend(&c, lr, &last, 1, &(es_held_path){.Z = Z}, &diag),
              diag);
    es_trainer_set_rate(t.trainer, lr);
    take_steps(t.trainer, LAST);
    assert_ok(es_trainer_measure(t.trainer, NULL, NULL, after, NULL, &diag),
              diag);
    for (size_t i = 0; i < 2 * N * D; i++)
      way = fmax(way, fabs(after[i] - f.F[i]));
    assert_true(way > 1);
    assert_ok(es_held_embed(&c, Z, 2 * N, f.B, f.F, &diag), diag);
    for (size_t i = 0; i < 2 * N * D; i++)
      assert_close(after[i], f.F[i], 0, 1e-5);
    es_held_free(&c);
    es_features_free(&f);
    close_trained(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(features_make_the_embeddings),
      IN_FOLDER(a_step_goes_where_the_kernel_says),
      IN_FOLDER(predictions_reach_further_images),
      IN_FOLDER(further_images_are_normalised),
      IN_FOLDER(linear_networks_are_foretold),
  };
  omp_set_num_threads(1); /* too little to share */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
