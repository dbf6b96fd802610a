/* The columns that a network's trace has with a linear predictor, by their
 * definitions from what the trainer measures, and emb_std. */
#include "tests/models/monitored.h"

#include "linalg/linalg.h"
#include "models/resnet/alignment.h"

#include <omp.h>

enum { N = 12, D = 3, ROWS = 2 * N };

/* Sums of at most 72 products of doubles, and eigenvalues of order 3: some tens
 * of roundoffs. */
static const double tol = 1e-13;

static void embeddings(const trained *t, double *z) {
  es_diag diag = {0};
  assert_ok(es_trainer_measure(t->trainer, NULL, NULL, z, NULL, &diag), diag);
}

#define PREDICTING(f, predictor, target, more)                                 \
  (write_waves(f, 18, 8),                                                      \
   TRAINER("data.name=idx", (f)->word, "net.width=4", "method.dim=3",          \
           "train.batch=5", "train.eval_n=12", "train.seed=6",                 \
           "method.loss=l2", "train.lr=0.02", predictor, target, more))

/* Behind the embedding's measures, as monitor.h has them. */
static void names_stand_behind_the_embeddings(void **state) {
  static const char *const kinds[] = {
      "method.predictor=linear",     "method.predictor=linear-symmetric",
      "method.predictor=directpred", "method.predictor=directset",
      "method.predictor=directcopy", "method.predictor=none",
      "method.predictor=mlp"};
  static const char *const want[] = {"p_1",
                                     "p_2",
                                     "p_3",
                                     "s_1",
                                     "s_2",
                                     "s_3",
                                     "commutator_normalised",
                                     "asymmetry",
                                     "tau",
                                     "tau_residual",
                                     "emb_std"};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    trained t = PREDICTING((folder *)*state, kinds[k],
                           "method.target=stop-gradient", "train.steps=9");
    es_monitor *m = monitor_of(&t, 0, NULL, NULL);
    const size_t first = column(m, "emb_participation_ratio") + 1;
    const size_t skipped = k < 5 ? 0 : 10;
    for (size_t j = skipped; j < 11; j++)
      assert_string_equal(es_monitor_column(m, first + j - skipped), want[j]);
    assert_int_equal(es_monitor_columns(m), first + 11 - skipped);
    es_monitor_free(m);
    close_trained(&t);
  }
}

static double norm_of(const double *x) {
  double sum = 0;
  for (int k = 0; k < D * D; k++) sum += x[k] * x[k];
  return sqrt(sum);
}

/* (1/rows) sum f f^T */
static void moment(const double *z, double *F) {
  memset(F, 0, D * D * sizeof *F);
  for (size_t i = 0; i < ROWS; i++)
    for (size_t k = 0; k < D * D; k++)
      F[k] += z[i * D + k / D] * z[i * D + k % D] / ROWS;
}

/* W_p, row by row. */
static void predictor(const es_trainer *t, double *W) {
  const es_tensor *w =
      es_graph_find(&es_trainer_network(t)->graph, "predictor.0.weight");
  assert_non_null(w);
  for (size_t k = 0; k < D * D; k++)
    W[k] = (double)es_trainer_params(t)[w->offset + k];
}

static void check_matrices(const es_monitor *m, const double *row,
                           const double *F, const double *W) {
  double L[D * D] = {0}, A[D * D];
  for (int i = 0; i < D; i++)
    for (int j = 0; j < D; j++) {
      A[i * D + j] = W[i * D + j] - W[j * D + i];
      for (int k = 0; k < D; k++)
        L[i * D + j] +=
            F[i * D + k] * W[k * D + j] - W[i * D + k] * F[k * D + j];
    }
  assert_close(row[column(m, "commutator_normalised")],
               norm_of(L) / norm_of(F) / norm_of(W), 0, tol);
  assert_close(row[column(m, "asymmetry")], norm_of(A) / norm_of(W), 0, tol);
}

/* Every pair (p_j, s_j) is of an eigenvector q of W_p's symmetric part and u of
 * F with the largest (q . u)^2 of those that are left. */
static void check_modes(const es_monitor *m, const double *row, const double *F,
                        const double *W) {
  double U[D * D], Q[D * D], s[D], p[D];
  bool used_q[D] = {false}, used_u[D] = {false};
  es_diag diag = {0};
  memcpy(U, F, sizeof U);
  for (int k = 0; k < D * D; k++) Q[k] = (W[k] + W[k % D * D + k / D]) / 2;
  assert_ok(es_eigen_symmetric(D, U, s, true, &diag), diag);
  assert_ok(es_eigen_symmetric(D, Q, p, true, &diag), diag);
  es_eigen_falling(D, s, U);
  for (int pair = 0; pair < D; pair++) {
    double best = -1;
    int i = 0, j = 0;
    for (int a = 0; a < D; a++)
      for (int b = 0; b < D; b++) {
        double dot = 0;
        for (int k = 0; k < D; k++) dot += Q[k + a * D] * U[k + b * D];
        if (used_q[a] || used_u[b] || dot * dot <= best) continue;
        best = dot * dot, i = a, j = b;
      }
    used_q[i] = used_u[j] = true;
    assert_close(row[column(m, "p_1") + (size_t)j], p[i], 0, tol * norm_of(W));
    assert_close(row[column(m, "s_1") + (size_t)j], s[j], 0, tol * norm_of(F));
  }
}

static void modes_are_those_of_predictor_and_moment(void **state) {
  static const char *const kinds[] = {"method.predictor=linear",
                                      "method.predictor=linear-symmetric",
                                      "method.predictor=directset"};
  for (int k = 0; k < 3; k++) {
    trained t = PREDICTING((folder *)*state, kinds[k],
                           "method.target=stop-gradient", "train.steps=9");
    es_monitor *m = monitor_of(&t, 0, NULL, NULL);
    double z[ROWS * D], F[D * D], W[D * D];
    for (int step = 0; step < 4; step += 3) {
      const double *row = row_of(m, &t);
      embeddings(&t, z);
      moment(z, F);
      predictor(t.trainer, W);
      check_matrices(m, row, F, W);
      check_modes(m, row, F, W);
      assert_close(row[column(m, "tau")], 1, 0, 0);
      assert_close(row[column(m, "tau_residual")], 0, 0, 0);
      if (k == 1) assert_close(row[column(m, "asymmetry")], 0, 0, 0);
      take_steps(t.trainer, 3);
    }
    es_monitor_free(m);
    close_trained(&t);
  }
}

/* With momentum 1 the target stays as the network started: its embeddings are
 * those before the first step. With momentum 0 it is the network. */
static void tau_is_of_the_target(void **state) {
  for (int still = 0; still < 2; still++) {
    trained t = PREDICTING(
        (folder *)*state, "method.predictor=linear", "method.target=ema",
        still ? "method.ema_momentum=1" : "method.ema_momentum=0");
    es_monitor *m = monitor_of(&t, 0, NULL, NULL);
    double a[ROWS * D], z[ROWS * D], az = 0, zz = 0, aa = 0, left = 0;
    embeddings(&t, a);
    take_steps(t.trainer, 6);
    const double *row = row_of(m, &t);
    embeddings(&t, z);
    for (size_t k = 0; k < ROWS * D; k++) {
      if (!still) a[k] = z[k];
      az += a[k] * z[k];
      zz += z[k] * z[k];
      aa += a[k] * a[k];
    }
    for (size_t k = 0; k < ROWS * D; k++)
      left += (a[k] - az / zz * z[k]) * (a[k] - az / zz * z[k]);
    /* The residual of one network is roundoff alone, of tau. */
    assert_close(row[column(m, "tau")], az / zz, 0, tol);
    assert_close(row[column(m, "tau_residual")], sqrt(left / aa), 0, tol);
    if (still) assert_true(sqrt(left / aa) > .01);
    es_monitor_free(m);
    close_trained(&t);
  }
}

/* By the definition, from lengths to deviations: in the range of what training
 * calls healthy here. */
static void spread_of_directions(void **state) {
  trained t = PREDICTING((folder *)*state, "method.predictor=linear",
                         "method.target=stop-gradient", "train.steps=9");
  es_monitor *m = monitor_of(&t, 0, NULL, NULL);
  double z[ROWS * D], mean[D] = {0}, square[D] = {0}, sum = 0;
  const double *row = row_of(m, &t);
  embeddings(&t, z);
  for (size_t i = 0; i < ROWS; i++) {
    const double *x = z + i * D;
    const double norm = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
    for (size_t j = 0; j < D; j++) mean[j] += x[j] / norm / ROWS;
    for (size_t j = 0; j < D; j++)
      square[j] += x[j] / norm * (x[j] / norm) / ROWS;
  }
  for (size_t j = 0; j < D; j++) sum += sqrt(square[j] - mean[j] * mean[j]);
  assert_close(row[column(m, "emb_std")], sum / D * sqrt(D), 0, 1e-12);
  es_monitor_free(m);
  close_trained(&t);
}

/* Numbers beyond a square's range, and parameters that are none; the caller's
 * number of threads is as it was. */
static void what_is_not_finite_has_no_modes(void **state) {
  const int before = omp_get_max_threads();
  trained t = PREDICTING((folder *)*state, "method.predictor=linear",
                         "method.target=stop-gradient", "train.steps=9");
  const es_network *n = es_trainer_network(t.trainer);
  const size_t weight =
      es_graph_find(&n->graph, "predictor.0.weight")->offset + 1;
  float *params = copy_params(t.trainer);
  double z[ROWS * D], out[2 * D + 4];
  es_alignment *a;
  es_diag diag = {0};
  embeddings(&t, z);
  assert_ok(es_alignment_new(&a, n, ROWS, &diag), diag);
  omp_set_num_threads(2);
  assert_ok(es_alignment_measure(a, params, z, NULL, out, &diag), diag);
  assert_int_equal(omp_get_max_threads(), 2);
  omp_set_num_threads(before);
  params[weight] = NAN;
  assert_status(es_alignment_measure(a, params, z, NULL, out, &diag),
                ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "the predictor is not finite"));
  z[1] = 1e200;
  assert_status(es_alignment_measure(a, params, z, NULL, out, &diag),
                ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "moment is not finite, or too large"));
  es_alignment_free(a);
  free(params);
  close_trained(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(names_stand_behind_the_embeddings),
      IN_FOLDER(modes_are_those_of_predictor_and_moment),
      IN_FOLDER(tau_is_of_the_target),
      IN_FOLDER(spread_of_directions),
      IN_FOLDER(what_is_not_finite_has_no_modes),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
