/* What the files of losses share: see loss_parts.h. */
#include "models/resnet/loss_parts.h"

#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>

static const double least_norm = 1e-12; /* PyTorch's normalize */

es_status es_loss_work_new(void **out, size_t bytes, size_t n, size_t d,
                           const size_t *count, es_diag *diag) {
  size_t total = 0;
  es_loss_work *w = calloc(1, bytes);
  *out = NULL;
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a loss");
  for (size_t k = 0; k < ES_LOSS_PIECES && count[k] != ES_LOSS_END; k++)
    es_slab_add(&total, count[k], sizeof(double));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) {
    free(w);
    return status;
  }
  w->n = n;
  w->d = d;
  for (size_t k = 0; k < ES_LOSS_PIECES && count[k] != ES_LOSS_END; k++)
    w->piece[k] = es_slab_take(&w->slab, count[k], sizeof(double));
  *out = w;
  return ES_OK;
}

void es_loss_work_free(void *self) {
  es_loss_work *w = self;
  if (w == NULL) return;
  es_slab_close(&w->slab);
  free(w);
}

/* Means are taken of differences from the first column: where all are equal
 * nothing is left to round. `variance` holds the means meanwhile. */
bool es_loss_centre(size_t n, size_t d, const double *z, double *x,
                    double *variance) {
  bool finite = true;
  for (size_t j = 0; j < d; j++) variance[j] = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) variance[j] += z[i * d + j] - z[j];
  for (size_t j = 0; j < d; j++) variance[j] /= (double)n;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++)
      x[i * d + j] = (z[i * d + j] - z[j]) - variance[j];
  for (size_t j = 0; j < d; j++) variance[j] = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) variance[j] += x[i * d + j] * x[i * d + j];
  for (size_t j = 0; j < d; j++) {
    variance[j] /= (double)n;
    finite &= isfinite(variance[j]) != 0;
  }
  return finite;
}

void es_loss_unit(size_t n, size_t d, const double *z, double *u,
                  double *norm) {
  for (size_t i = 0; i < n; i++) {
    const double length = es_norm(d, z + i * d);
    norm[i] = length > least_norm ? length : least_norm;
    for (size_t j = 0; j < d; j++) u[i * d + j] = z[i * d + j] / norm[i];
  }
}

/* Below the least norm the divisor is a constant. */
void es_loss_unit_back(size_t n, size_t d, const double *u, const double *norm,
                       double *g) {
  for (size_t i = 0; i < n; i++) {
    double along = 0;
    for (size_t j = 0; j < d; j++) along += u[i * d + j] * g[i * d + j];
    if (norm[i] == least_norm) along = 0;
    for (size_t j = 0; j < d; j++)
      g[i * d + j] = (g[i * d + j] - along * u[i * d + j]) / norm[i];
  }
}

double es_loss_softmax(size_t m, double *logit, size_t positive, size_t self) {
  const double own = logit[positive];
  double most = own, rest = 0;
  for (size_t b = 0; b < m; b++)
    if (b != self && logit[b] > most) most = logit[b];
  for (size_t b = 0; b < m; b++) {
    logit[b] = b == self ? 0 : exp(logit[b] - most);
    if (b != positive) rest += logit[b];
  }
  const double total = logit[positive] + rest;
  for (size_t b = 0; b < m; b++) logit[b] /= total;
  logit[positive] = -rest / total;
  return own == most ? log1p(rest) : most - own + log(total);
}
