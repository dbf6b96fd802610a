/* The covariance loss: see loss.h. With M = A B^T/2n of the centred views A, B
 * (d×n, columns) and E = M + M^T - I, the loss is |E|^2 and its gradient (2/n)
 * E B by A and (2/n) E A by B. The centring adds nothing to it: what it would
 * subtract is E times the mean of centred values.
 *
 * Preconditioned (theory.md 1), E gives way to S in the gradient alone:
 *   left    S = (C + rI)^-1 E: with z = W x the step of W is that of W' =
 *           -(C + rI)^-1 grad |E|^2. It is no gradient: |E|^2 stays the loss
 *   logdet  S = E - (mu/2) (C + rI)^-1, the gradient of |E|^2 - mu log det(C +
 *           rI)
 * Both are functions of C, and so symmetric. */
#include "models/resnet/loss.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef enum steering { PLAIN, LEFT, LOGDET } steering;

typedef struct covariance {
  size_t n, d;
  steering how;
  double ridge, mu;
  bool indefinite;      /* C + rI was not positive definite */
  double *z, *mean, *E; /* d×2n, d, d×d */
  double *shifted, *S;  /* d×d each, where how is not PLAIN */
  es_slab slab;
} covariance;

static void close_covariance(void *self) {
  covariance *c = self;
  if (c == NULL) return;
  es_slab_close(&c->slab);
  free(c);
}

static void read_settings(covariance *c, const es_config *config) {
  const char *word = config == NULL
                         ? "none"
                         : es_config_text(config, "method", "precondition");
  if (strcmp(word, "none") == 0) return;
  c->how = strcmp(word, "left") == 0 ? LEFT : LOGDET;
  c->ridge = es_config_real(config, "method", "precondition_epsilon");
  if (c->how == LOGDET) c->mu = es_config_real(config, "method", "mu");
}

static es_status open_covariance(void **self, size_t n, size_t d,
                                 const es_config *config, es_diag *diag) {
  const size_t cells = es_size_product(2 * d, n);
  size_t total = 0;
  covariance *c = calloc(1, sizeof *c);
  *self = NULL;
  if (c == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a loss");
  read_settings(c, config);
  const size_t steered = c->how == PLAIN ? 0 : d * d;
  es_slab_add(&total, cells, sizeof *c->z);
  es_slab_add(&total, d, sizeof *c->mean);
  es_slab_add(&total, d * d, sizeof *c->E);
  for (int k = 0; k < 2; k++) es_slab_add(&total, steered, sizeof *c->S);
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
  c->shifted = es_slab_take(&c->slab, steered, sizeof *c->shifted);
  c->S = es_slab_take(&c->slab, steered, sizeof *c->S);
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

/* S from E; returns log det(C + rI). */
static double steer(covariance *c) {
  const size_t d = c->d;
  double half = 0;
  for (size_t k = 0; k < d * d; k++) {
    const bool diagonal = k % (d + 1) == 0;
    c->shifted[k] = c->E[k] + (diagonal ? 1 + c->ridge : 0);
    c->S[k] = c->how == LEFT ? c->E[k] : diagonal;
  }
  c->indefinite = es_cholesky_solve(d, c->shifted, d, c->S) != ES_OK;
  for (size_t k = 0; k < d * d; k++) {
    if (c->indefinite) c->S[k] = NAN;
    if (c->how == LOGDET) c->S[k] = c->E[k] - c->mu / 2 * c->S[k];
  }
  for (size_t j = 0; j < d; j++) half += log(c->shifted[j + j * d]);
  return c->indefinite ? NAN : 2 * half;
}

/* The least eigenvalue of C, for a message: memory of its own. */
static double least_eigenvalue(const covariance *c) {
  const size_t d = c->d;
  double *C = calloc(d * d, sizeof *C), *values = calloc(d, sizeof *values);
  double least = NAN;
  if (C != NULL && values != NULL) {
    memcpy(C, c->E, d * d * sizeof *C);
    if (es_eigen_symmetric(d, C, values, false, NULL) == ES_OK)
      least = 1 + values[0];
  }
  free(values);
  free(C);
  return least;
}

static es_status check_covariance(const void *self, es_diag *diag) {
  const covariance *c = self;
  if (!c->indefinite) return ES_OK;
  return es_fail(diag, ES_NOT_FINITE,
                 "C + rI is not positive definite: C has the eigenvalue %.4g, "
                 "and r is method.precondition_epsilon=%g; a larger one, a "
                 "larger train.batch or a smaller train.lr or net.init_scale "
                 "may help",
                 least_eigenvalue(c), c->ridge);
}

static double value_covariance(void *self, const double *z, const double *t,
                               double *dz, double *dt) {
  covariance *c = self;
  const size_t n = c->n, d = c->d;
  (void)t;
  (void)dt;
  center(c, z);
  const double scale = 2 / (double)n;
  double loss = excess(c);
  c->indefinite = false;
  if (c->how != PLAIN && isfinite(loss)) {
    const double logdet = steer(c);
    if (c->how == LOGDET) loss -= c->mu * logdet;
  }
  const double *S = c->how == PLAIN ? c->E : c->S;
  es_gemm(false, false, d, n, d, scale, S, d, c->z + n * d, d, 0, dz, d);
  es_gemm(false, false, d, n, d, scale, S, d, c->z, d, 0, dz + n * d, d);
  return loss;
}

const es_loss es_loss_covariance = {
    .name = "covariance",
    .summary = "squared distance of the views' cross-covariance from I",
    .rate = "0.02",
    .theorem = true,
    .open = open_covariance,
    .close = close_covariance,
    .value = value_covariance,
    .check = check_covariance};
