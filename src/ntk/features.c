/* A kernel of a network as features: see features.h. */
#include "ntk/features_own.h"

#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room for B, W and F, whose n, m and d are set. */
static es_status allocate(es_features *f, es_diag *diag) {
  const size_t rows = es_size_product(2, f->n);
  const size_t sizes[] = {es_size_product(rows, f->m),
                          es_size_product(f->d, f->m),
                          es_size_product(rows, f->d)};
  double **const pieces[] = {&f->B, &f->W, &f->F};
  return es_slab_doubles(&f->slab, pieces, sizes, 3, 0, diag);
}

static es_status check_conjugate(const es_features *f,
                                 const es_network *network,
                                 const es_config *config, es_diag *diag) {
  if (!es_network_ends_linear(network))
    return es_config_blame(config, "method", "projector", diag,
                           "the kernel of the last linear layer is wanted, and "
                           "the embedding is not the output of one that "
                           "learns");
  if (f->d > f->m)
    return es_config_blame(config, "method", "dim", diag,
                           "the last layer has %zu inputs, and theory needs "
                           "a whole number in [1, %zu]",
                           f->m, f->m);
  return ES_OK;
}

static es_status conjugate(es_features *f, es_trainer *trainer,
                           const es_config *config, es_diag *diag) {
  const es_network *network = es_trainer_network(trainer);
  f->m = network->penultimate.size;
  es_status status = check_conjugate(f, network, config, diag);
  if (status == ES_OK) status = allocate(f, diag);
  if (status == ES_OK)
    status = es_trainer_measure(trainer, f->B, NULL, f->F, NULL, diag);
  if (status != ES_OK) return status;
  const es_tensor *last = &network->graph.param[network->last];
  const float *weight = es_trainer_params(trainer) + last->offset;
  for (size_t k = 0; k < last->size; k++) f->W[k] = (double)weight[k];
  f->spread = 1;
  return ES_OK;
}

es_status es_features_measure(es_features *out, es_kernel_kind kind,
                              es_trainer *trainer, const es_config *config,
                              es_diag *diag) {
  *out = (es_features){.n = es_trainer_eval_n(trainer),
                       .d = es_trainer_network(trainer)->embedding.size};
  const es_status status = kind == ES_KERNEL_NTK
                               ? es_features_tangent(out, trainer, config, diag)
                               : conjugate(out, trainer, config, diag);
  if (status != ES_OK) es_features_free(out);
  return status;
}

/* K becomes its eigenvectors; the rank is how many are above roundoff. */
static es_status decompose(size_t rows, double *K, double unit, double *L,
                           size_t *rank, es_diag *diag) {
  const int threads = es_blas_serial();
  const es_status status = es_eigen_symmetric(rows, K, L, true, diag);
  es_blas_resume(threads);
  if (status != ES_OK) return status;
  es_eigen_falling(rows, L, K);
  const double noise = (double)rows * unit * L[0];
  for (*rank = 0; *rank < rows && L[*rank] > noise;) ++*rank;
  return ES_OK;
}

/* B = Q L^{1/2}, W^T = L^{-1/2} Q^T F. */
static void fill(es_features *f, const double *Q, const double *L) {
  const size_t rows = 2 * f->n, m = f->m, d = f->d;
  for (size_t j = 0; j < m; j++) {
    const double root = sqrt(L[j]), *q = Q + j * rows;
    for (size_t i = 0; i < rows; i++) f->B[i * m + j] = root * q[i];
    for (size_t o = 0; o < d; o++) {
      double sum = 0;
      for (size_t i = 0; i < rows; i++) sum += q[i] * f->F[i * d + o];
      f->W[o * m + j] = sum / root;
    }
  }
}

es_status es_features_of_kernel(es_features *out, size_t n, double *K,
                                double unit, size_t d, const double *F,
                                es_diag *diag) {
  *out = (es_features){.n = n, .d = d, .spread = 1};
  double *L = es_zeroed(2, n, sizeof *L);
  if (L == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = decompose(2 * n, K, unit, L, &out->m, diag);
  if (status == ES_OK) status = allocate(out, diag);
  if (status == ES_OK) {
    memcpy(out->F, F, 2 * n * d * sizeof *F);
    fill(out, K, L);
  }
  free(L);
  return status;
}

/* B^T B = L: K(x,X) Q L^{-1/2} = K(x,X) B L^{-1}. */
es_status es_features_extend(const es_features *f, size_t rows, const double *K,
                             double *B, es_diag *diag) {
  const size_t pairs = 2 * f->n, m = f->m;
  double *L = es_zeroed(m, 1, sizeof *L);
  if (L == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; i < pairs; i++)
    for (size_t j = 0; j < m; j++) L[j] += f->B[i * m + j] * f->B[i * m + j];
  const int threads = es_blas_serial();
  es_gemm(false, false, m, rows, pairs, 1, f->B, m, K, pairs, 0, B, m);
  es_blas_resume(threads);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < m; j++) B[i * m + j] /= L[j];
  free(L);
  return ES_OK;
}

void es_features_free(es_features *features) {
  es_slab_close(&features->slab);
  memset(features, 0, sizeof *features);
}
