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
#include "models/resnet/loss_parts.h"

#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { Z, MEAN, E, SHIFTED, S /* the last two where it is not PLAIN */ };
typedef enum steering { PLAIN, LEFT, LOGDET } steering;

typedef struct covariance {
  es_loss_work work;
  steering how;
  double ridge, mu;
  bool indefinite; /* C + rI was not positive definite */
} covariance;

static steering steering_of(const es_config *config) {
  if (config == NULL || es_config_is(config, "method", "precondition", "none"))
    return PLAIN;
  return es_config_is(config, "method", "precondition", "left") ? LEFT : LOGDET;
}

static es_status open_covariance(void **self, size_t n, size_t d,
                                 const es_config *config, es_diag *diag) {
  const steering how = steering_of(config);
  const size_t square = es_size_product(d, d), own = how == PLAIN ? 0 : square;
  const size_t count[] = {es_size_product(2, es_size_product(d, n)),
                          d,
                          square,
                          own,
                          own,
                          ES_LOSS_END};
  const es_status status =
      es_loss_work_new(self, sizeof(covariance), n, d, count, diag);
  if (status != ES_OK || how == PLAIN) return status;
  covariance *c = *self;
  c->how = how;
  c->ridge = es_config_real(config, "method", "precondition_epsilon");
  if (how == LOGDET) c->mu = es_config_real(config, "method", "mu");
  return ES_OK;
}

/* es_loss_centre but for rounding: the bits of runs are made with these sums.
 */
static void centre(const covariance *c, const double *z) {
  const size_t rows = 2 * c->work.n, d = c->work.d;
  double *x = c->work.piece[Z], *mean = c->work.piece[MEAN];
  for (size_t j = 0; j < d; j++) mean[j] = 0;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < d; j++) mean[j] += z[i * d + j];
  for (size_t j = 0; j < d; j++) mean[j] /= (double)rows;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < d; j++) x[i * d + j] = z[i * d + j] - mean[j];
}

/* E = C - I; returns |E|^2. */
static double excess(const covariance *c) {
  const size_t n = c->work.n, d = c->work.d;
  const double *A = c->work.piece[Z], *B = A + n * d;
  double *e = c->work.piece[E], sum = 0;
  es_gemm(false, true, d, d, n, .5 / (double)n, A, d, B, d, 0, e, d);
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i <= j; i++) {
      const double x = e[i + j * d] + e[j + i * d] - (i == j);
      e[i + j * d] = e[j + i * d] = x;
      sum += x * x * (i == j ? 1 : 2);
    }
  return sum;
}

/* S from E; returns log det(C + rI). */
static double steer(covariance *c) {
  const size_t d = c->work.d;
  const double *e = c->work.piece[E];
  double *shifted = c->work.piece[SHIFTED], *s = c->work.piece[S], half = 0;
  for (size_t k = 0; k < d * d; k++) {
    const bool diagonal = k % (d + 1) == 0;
    shifted[k] = e[k] + (diagonal ? 1 + c->ridge : 0);
    s[k] = c->how == LEFT ? e[k] : diagonal;
  }
  c->indefinite = es_cholesky_solve(d, shifted, d, s) != ES_OK;
  for (size_t k = 0; k < d * d; k++) {
    if (c->indefinite) s[k] = NAN;
    if (c->how == LOGDET) s[k] = e[k] - c->mu / 2 * s[k];
  }
  for (size_t j = 0; j < d; j++) half += log(shifted[j + j * d]);
  return c->indefinite ? NAN : 2 * half;
}

/* The least eigenvalue of C, for a message: memory of its own. */
static double least_eigenvalue(const covariance *c) {
  const size_t d = c->work.d;
  double *C = calloc(d * d, sizeof *C), *values = calloc(d, sizeof *values);
  double least = NAN;
  if (C != NULL && values != NULL) {
    memcpy(C, c->work.piece[E], d * d * sizeof *C);
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
  const size_t n = c->work.n, d = c->work.d;
  const double scale = 2 / (double)n, *x = c->work.piece[Z];
  (void)t;
  (void)dt;
  centre(c, z);
  double loss = excess(c);
  c->indefinite = false;
  if (c->how != PLAIN && isfinite(loss)) {
    const double logdet = steer(c);
    if (c->how == LOGDET) loss -= c->mu * logdet;
  }
  const double *s = c->work.piece[c->how == PLAIN ? E : S];
  es_gemm(false, false, d, n, d, scale, s, d, x + n * d, d, 0, dz, d);
  es_gemm(false, false, d, n, d, scale, s, d, x, d, 0, dz + n * d, d);
  return loss;
}

const es_loss es_loss_covariance = {
    .name = "covariance",
    .summary = "squared distance of the views' cross-covariance from I",
    .rate = "0.02",
    .theorem = true,
    .open = open_covariance,
    .close = es_loss_work_free,
    .value = value_covariance,
    .check = check_covariance};
