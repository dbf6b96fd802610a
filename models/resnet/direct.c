/* Predictors that are set: see direct.h. */
#include "models/resnet/direct.h"

#include "base/finite.h"
#include "base/slab.h"
#include "linalg/linalg.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum rule { PRED, PRED_CODE, SET, COPY } rule;
enum { BLOCK = 128 };             /* embeddings that enter F at a time */
static const double least = 1e-4; /* of form=code */

struct es_direct {
  rule rule;
  size_t d, offset; /* of the predictor's weight among the parameters */
  double rho, epsilon, batches;
  uint64_t freq;
  double *F, *U, *V, *s; /* d×d each; d */
  double *z;             /* d×BLOCK */
  es_eigen *eigen;
  es_slab slab;
};

static rule rule_of(const es_config *config) {
  if (es_config_is(config, "method", "predictor", "directset")) return SET;
  if (es_config_is(config, "method", "predictor", "directcopy")) return COPY;
  return es_config_is(config, "method", "form", "code") ? PRED_CODE : PRED;
}

static es_status open_direct(es_direct *w, const es_network *network,
                             es_diag *diag) {
  const size_t d = network->embedding.size, square = es_size_product(d, d);
  const es_tensor *weight =
      es_graph_find(&network->graph, "predictor.0.weight");
  const size_t block = es_size_product(d, BLOCK);
  size_t total = 0;
  if (weight == NULL || weight->size != square)
    return es_fail(diag, ES_BAD_SHAPE, "no linear predictor to set");
  for (int k = 0; k < 3; k++) es_slab_add(&total, square, sizeof *w->F);
  es_slab_add(&total, d, sizeof *w->s);
  es_slab_add(&total, block, sizeof *w->z);
  es_status status = es_slab_open(&w->slab, total, diag);
  if (status == ES_OK) status = es_eigen_new(&w->eigen, d, true, diag);
  if (status != ES_OK) return status;
  w->d = d;
  w->offset = weight->offset;
  w->F = es_slab_take(&w->slab, square, sizeof *w->F);
  w->U = es_slab_take(&w->slab, square, sizeof *w->U);
  w->V = es_slab_take(&w->slab, square, sizeof *w->V);
  w->s = es_slab_take(&w->slab, d, sizeof *w->s);
  w->z = es_slab_take(&w->slab, block, sizeof *w->z);
  return ES_OK;
}

es_status es_direct_new(es_direct **out, const es_network *network,
                        const es_config *config, es_diag *diag) {
  *out = NULL;
  if (strncmp(es_config_text(config, "method", "predictor"), "direct", 6) != 0)
    return ES_OK;
  es_direct *w = calloc(1, sizeof *w);
  if (w == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for a predictor");
  w->rule = rule_of(config);
  w->rho = es_config_real(config, "method", "rho");
  if (w->rule != SET) w->epsilon = es_config_real(config, "method", "epsilon");
  w->freq = es_config_size(config, "method", "freq");
  const es_status status = open_direct(w, network, diag);
  if (status == ES_OK)
    *out = w;
  else
    es_direct_free(w);
  return status;
}

void es_direct_free(es_direct *w) {
  if (w == NULL) return;
  es_eigen_free(w->eigen);
  es_slab_close(&w->slab);
  free(w);
}

void es_direct_see(es_direct *w, const float *z, size_t rows) {
  if (w == NULL) return;
  const size_t d = w->d;
  const double old = w->batches > 0 ? w->rho : 0;
  const double share = (1 - old) / (double)rows;
  const int threads = es_blas_serial();
  for (size_t i = 0; i < rows; i += BLOCK) {
    const size_t count = rows - i < BLOCK ? rows - i : BLOCK;
    for (size_t k = 0; k < count * d; k++) w->z[k] = (double)z[i * d + k];
    es_syrk(d, count, share, w->z, i == 0 ? old : 1, w->F);
  }
  es_blas_resume(threads);
  w->batches++;
}

/* s becomes p. */
static void predictor_of(const es_direct *w, double *s) {
  const double most = fmax(s[w->d - 1], 0);
  for (size_t j = 0; j < w->d; j++) {
    const double root = sqrt(fmax(s[j], 0));
    if (w->rule == PRED_CODE)
      s[j] = fmax((most > 0 ? root / sqrt(most) : 0) + w->epsilon, least);
    else
      s[j] = root + (w->rule == PRED ? w->epsilon * most : 0);
  }
}

/* V = U diag(p) U^T: no p is negative, and their roots go to both sides. */
static es_status by_modes(es_direct *w, es_diag *diag) {
  const size_t d = w->d;
  memcpy(w->U, w->F, d * d * sizeof *w->U);
  const es_status status = es_eigen_run(w->eigen, d, w->U, w->s, true, diag);
  if (status != ES_OK) return status;
  predictor_of(w, w->s);
  for (size_t j = 0; j < d; j++)
    for (size_t a = 0; a < d; a++) w->U[a + j * d] *= sqrt(w->s[j]);
  es_syrk(d, d, 1, w->U, 0, w->V);
  return ES_OK;
}

static void by_copy(es_direct *w) {
  const size_t d = w->d;
  const double norm = es_norm(d * d, w->F);
  for (size_t k = 0; k < d * d; k++)
    w->V[k] =
        (norm > 0 ? w->F[k] / norm : 0) + (k % (d + 1) == 0 ? w->epsilon : 0);
}

es_status es_direct_set(es_direct *w, uint64_t done, float *params,
                        es_diag *diag) {
  if (w == NULL || done % w->freq != 0) return ES_OK;
  if (!es_all_finite(w->d * w->d, w->F))
    return es_fail(diag, ES_NOT_FINITE,
                   "the embeddings' moment is not finite after step %" PRIu64,
                   done);
  const int threads = es_blas_serial();
  if (w->rule == COPY) by_copy(w);
  const es_status status = w->rule == COPY ? ES_OK : by_modes(w, diag);
  es_blas_resume(threads);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < w->d * w->d; k++)
    params[w->offset + k] = (float)w->V[k];
  return ES_OK;
}

#define MOMENT "/train/moment"
#define BATCHES "/train/moment_batches"

es_status es_direct_save(const es_direct *w, es_h5 *file, es_diag *diag) {
  if (w == NULL) return ES_OK;
  const size_t dims[2] = {w->d, w->d};
  const es_status status = es_h5_write(file, MOMENT, w->F, dims, 2, diag);
  return status == ES_OK
             ? es_h5_write(file, BATCHES, &w->batches, NULL, 0, diag)
             : status;
}

es_status es_direct_load(es_direct *w, es_h5_source *file, es_diag *diag) {
  if (w == NULL) return ES_OK;
  const size_t dims[2] = {w->d, w->d};
  const es_status status = es_h5_read(file, MOMENT, w->F, dims, 2, diag);
  return status == ES_OK ? es_h5_read(file, BATCHES, &w->batches, NULL, 0, diag)
                         : status;
}
