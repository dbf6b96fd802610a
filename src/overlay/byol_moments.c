/* Moments of features and embeddings: see byol_moments.h. A matrix of samples,
 * a sample a row, is a matrix of columns to the linear algebra: E[x x^T] is its
 * es_syrk. */
#include "overlay/byol_moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 2, SQUARES = 6 };

const char *const es_byolnet_dataset[ES_BYOLNET_NUMBERS] = {
    "/prediction/kind",    "/prediction/predictor", "/prediction/symmetric",
    "/prediction/theorem", "/prediction/factor",    "/prediction/alpha_p",
    "/prediction/eta_p",   "/prediction/eta_s",     "/prediction/beta"};

/* S gains sum h h^T/(2 of) over both views of count pairs, X half of sum h h'^T
 * + h' h^T over `of`; h: 2 count×m, row-major. work: m×m. */
static void add_pairs(size_t m, size_t count, size_t of, const double *h,
                      double *S, double *X, double *work) {
  const int threads = es_blas_serial();
  es_syrk(m, VIEWS * count, .5 / (double)of, h, 1, S);
  es_syr2k(m, count, .5 / (double)of, h, h + count * m, work);
  es_blas_resume(threads);
  for (size_t k = 0; k < m * m; k++) X[k] += work[k];
}

/* All samples, a batch at a time. */
static es_status add_images(es_trainer *trainer, size_t m, double *S, double *X,
                            double *work, es_diag *diag) {
  /* The pairs are the trainer's to fill; nothing of its state moves. */
  es_pairs *pairs = (es_pairs *)es_trainer_pairs(trainer);
  const size_t n = es_dataset_count(es_pairs_set(pairs));
  const size_t batch = es_pairs_batch(pairs);
  float *image = es_zeroed(VIEWS * batch, m, sizeof *image);
  double *h = es_zeroed(VIEWS * batch, m, sizeof *h);
  if (image != NULL && h != NULL)
    for (size_t first = 0; first < n; first += batch) {
      const size_t count = n - first < batch ? n - first : batch;
      es_pairs_fixed(pairs, first, n, image);
      for (size_t v = 0; v < VIEWS; v++)
        for (size_t k = 0; k < count * m; k++)
          h[v * count * m + k] = (double)image[v * batch * m + k];
      add_pairs(m, count, n, h, S, X, work);
    }
  const bool had = image != NULL && h != NULL;
  free(image);
  free(h);
  return had ? ES_OK : es_fail(diag, ES_NO_MEMORY, "no memory for views");
}

static es_status add_features(es_trainer *trainer, size_t m, double *S,
                              double *X, double *work, es_diag *diag) {
  const size_t n = es_trainer_eval_n(trainer);
  double *h = es_zeroed(VIEWS * n, m, sizeof *h);
  es_status status =
      h == NULL ? es_fail(diag, ES_NO_MEMORY, "no memory for features")
                : es_trainer_measure(trainer, h, NULL, NULL, NULL, diag);
  if (status == ES_OK) add_pairs(m, n, n, h, S, X, work);
  free(h);
  return status;
}

es_status es_byolnet_moments(double *X, double *Xp, es_trainer *trainer,
                             bool all, es_diag *diag) {
  const size_t m = es_trainer_network(trainer)->penultimate.size;
  double *work = es_zeroed(m, m, sizeof *work);
  if (work == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for moments");
  memset(X, 0, m * m * sizeof *X);
  memset(Xp, 0, m * m * sizeof *Xp);
  const es_status status = all ? add_images(trainer, m, Xp, X, work, diag)
                               : add_features(trainer, m, Xp, X, work, diag);
  free(work);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < m * m; k++) {
    Xp[k] -= X[k];
    if (!isfinite(X[k]) || !isfinite(Xp[k]))
      return es_fail(diag, ES_NOT_FINITE,
                     "the moments of what the last linear layer takes are not "
                     "finite, or too large");
  }
  return ES_OK;
}

es_status es_byolnet_state_new(es_byolnet_state *out, size_t n, size_t d,
                               size_t m, es_diag *diag) {
  *out = (es_byolnet_state){.n = n, .d = d, .m = m};
  size_t total = 0;
  for (int k = 0; k < SQUARES; k++)
    es_slab_add(&total, es_size_product(d, d), sizeof(double));
  for (int k = 0; k < 2; k++)
    es_slab_add(&total, es_size_product(d, m), sizeof(double));
  es_slab_add(&total, es_size_product(VIEWS * n, d), sizeof(double));
  const es_status status = es_slab_open(&out->slab, total, diag);
  if (status != ES_OK) return status;
  double **const square[SQUARES] = {&out->P, &out->F, &out->G,
                                    &out->K, &out->T, &out->TG};
  for (int k = 0; k < SQUARES; k++)
    *square[k] = es_slab_take(&out->slab, d * d, sizeof(double));
  out->W = es_slab_take(&out->slab, d * m, sizeof(double));
  out->WS = es_slab_take(&out->slab, d * m, sizeof(double));
  out->z = es_slab_take(&out->slab, VIEWS * n * d, sizeof(double));
  return ES_OK;
}

void es_byolnet_state_free(es_byolnet_state *state) {
  es_slab_close(&state->slab);
  *state = (es_byolnet_state){0};
}

/* (A + A^T)/2. */
static void symmetrise(size_t d, double *A) {
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i < j; i++)
      A[i + j * d] = A[j + i * d] = (A[i + j * d] + A[j + i * d]) / 2;
}

/* out (d×d) = B A W^T, symmetrised, A m×m and symmetric, NULL: I; a row-major
 * matrix is its transpose by columns. */
static void form(es_byolnet_state *s, const double *B, const double *A,
                 double *out) {
  const size_t d = s->d, m = s->m;
  const double *AW = s->W;
  if (A != NULL) {
    es_gemm(false, false, m, d, m, 1, A, m, s->W, m, 0, s->WS, m);
    AW = s->WS;
  }
  es_gemm(true, false, d, d, m, 1, B, m, AW, m, 0, out, d);
  symmetrise(d, out);
}

void es_byolnet_state_forms(es_byolnet_state *s, const double *X,
                            const double *Xp, const double *Wa,
                            es_byolnet_forms *out) {
  form(s, s->W, X, s->G);
  form(s, s->W, Xp, s->F);
  for (size_t k = 0; k < s->d * s->d; k++) s->F[k] += s->G[k];
  form(s, s->W, NULL, s->K);
  *out = (es_byolnet_forms){.P = s->P, .F = s->F, .G = s->G, .K = s->K};
  if (Wa == NULL) return;
  form(s, Wa, X, s->T);
  out->T = s->T;
  out->TG = s->G;
}

static void read_weights(es_byolnet_state *s, const es_trainer *trainer) {
  const es_network *network = es_trainer_network(trainer);
  const float *params = es_trainer_params(trainer);
  const es_tensor *W = &network->graph.param[network->last];
  const es_tensor *P = es_graph_find(&network->graph, "predictor.0.weight");
  const size_t d = s->d;
  for (size_t k = 0; k < d * s->m; k++) s->W[k] = (double)params[W->offset + k];
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < d; j++)
      s->P[i + j * d] =
          P == NULL ? i == j : (double)params[P->offset + i * d + j];
}

/* E[a b'^T] of one's views with the other's, over both directions and
 * symmetrised. */
static void cross(size_t n, size_t d, const double *a, const double *b,
                  double *out, double *work) {
  es_syr2k(d, n, .25 / (double)n, a, b + n * d, out);
  es_syr2k(d, n, .25 / (double)n, a + n * d, b, work);
  for (size_t k = 0; k < d * d; k++) out[k] += work[k];
}

es_status es_byolnet_state_measure(es_byolnet_state *s, es_trainer *trainer,
                                   const double *X, const double *Xp,
                                   es_byolnet_forms *out, es_diag *diag) {
  const size_t n = s->n, d = s->d;
  read_weights(s, trainer);
  const es_status status =
      es_trainer_measure(trainer, NULL, NULL, s->z, NULL, diag);
  if (status != ES_OK) return status;
  const double *target = es_trainer_targets(trainer);
  const int threads = es_blas_serial();
  cross(n, d, s->z, s->z, s->TG, s->F);
  if (target != NULL) cross(n, d, target, s->z, s->T, s->F);
  if (X != NULL) {
    es_byolnet_state_forms(s, X, Xp, NULL, out);
  } else {
    es_syrk(d, VIEWS * n, .5 / (double)n, s->z, 0, s->F);
    form(s, s->W, NULL, s->K);
    *out = (es_byolnet_forms){.P = s->P, .F = s->F, .G = s->TG, .K = s->K};
  }
  if (target != NULL) {
    out->T = s->T;
    out->TG = s->TG;
  }
  es_blas_resume(threads);
  return ES_OK;
}
