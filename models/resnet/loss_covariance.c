/* The covariance loss: see loss.h. With M = A B^T/2n of the centred views A, B
 * (d×n, columns) and E = M + M^T - I, the loss is |E|^2 and its gradient (2/n)
 * E B by A and (2/n) E A by B. The centring adds nothing to it: what it would
 * subtract is E times the mean of centred values. */
#include "models/resnet/loss.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <stdint.h>
#include <stdlib.h>

typedef struct covariance {
  size_t n, d;
  double *z, *mean, *E; /* d×2n, d, d×d */
  es_slab slab;
} covariance;

static void close_covariance(void *self) {
  covariance *c = self;
  if (c == NULL) return;
  es_slab_close(&c->slab);
  free(c);
}

static es_status open_covariance(void **self, size_t n, size_t d,
                                 const es_config *config, es_diag *diag) {
  (void)config;
  const size_t cells = es_size_product(2 * d, n);
  size_t total = 0;
  covariance *c = calloc(1, sizeof *c);
  *self = NULL;
  if (c == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a loss");
  es_slab_add(&total, cells, sizeof *c->z);
  es_slab_add(&total, d, sizeof *c->mean);
  es_slab_add(&total, d * d, sizeof *c->E);
  const es_status status = es_slab_open(&c->slab, total, diag);
  if (status != ES_OK) {
    free(c);
    return status;
  }
  c->n = n;
  c->d = d;
  c->z = es_slab_take(&c->slab, cells, sizeof *c->z);
  c->mean = es_slab_take(&c->slab, d, sizeof *c->mean);
  c->E = es_slab_take(&c->slab, d * d, sizeof *c->E);
  *self = c;
  return ES_OK;
}

static void center(covariance *c, const double *z) {
  const size_t rows = 2 * c->n, d = c->d;
  for (size_t j = 0; j < d; j++) c->mean[j] = 0;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < d; j++) c->mean[j] += z[i * d + j];
  for (size_t j = 0; j < d; j++) c->mean[j] /= (double)rows;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < d; j++) c->z[i * d + j] = z[i * d + j] - c->mean[j];
}

/* E = C - I; returns |E|^2. */
static double excess(covariance *c) {
  const size_t d = c->d;
  const double *A = c->z, *B = c->z + c->n * d;
  double sum = 0;
  es_gemm(false, true, d, d, c->n, .5 / (double)c->n, A, d, B, d, 0, c->E, d);
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i <= j; i++) {
      const double e = c->E[i + j * d] + c->E[j + i * d] - (i == j);
      c->E[i + j * d] = c->E[j + i * d] = e;
      sum += e * e * (i == j ? 1 : 2);
    }
  return sum;
}

static double value_covariance(void *self, const double *z, const double *t,
                               double *dz, double *dt) {
  covariance *c = self;
  const size_t n = c->n, d = c->d;
  (void)t;
  (void)dt;
  center(c, z);
  const double loss = excess(c);
  const double scale = 2 / (double)n;
  es_gemm(false, false, d, n, d, scale, c->E, d, c->z + n * d, d, 0, dz, d);
  es_gemm(false, false, d, n, d, scale, c->E, d, c->z, d, 0, dz + n * d, d);
  return loss;
}

const es_loss es_loss_covariance = {
    .name = "covariance",
    .summary = "squared distance of the views' cross-covariance from I",
    .rate = "0.02",
    .conjugate = true,
    .open = open_covariance,
    .close = close_covariance,
    .value = value_covariance};
