/* The plain flow of Barlow Twins (Simon et al. 2023; theory.md 1): L = |C -
 * I|^2, Z' = -4 (Z diag(gamma) Z^T - I) Z diag(gamma),  C = Z diag(gamma) Z^T.
 */
#include "models/linear/barlow_ridge.h"

#include <eigenstep/barlow_twins.h>

#include <math.h>

/* Numbers in a state that are worth a second thread's waking. */
enum { WIDE = 1 << 14 };

void es_barlow_residual(const barlow *b, const double *Z) {
  const size_t d = b->d, k = b->k;
#pragma omp parallel for schedule(static) if (d * k >= WIDE)
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < d; i++)
      b->scaled[i + j * d] = b->active_gamma[j] * Z[i + j * d];
  for (size_t i = 0; i < d * d; i++) b->residual[i] = 0;
  for (size_t i = 0; i < d; i++) b->residual[i + i * d] = -1;
  es_gemm(false, true, d, d, k, 1, b->scaled, d, Z, d, 1, b->residual, d);
}

static es_status rhs(const barlow *b, const double *Z, double *dZ) {
  es_barlow_residual(b, Z);
  es_gemm(false, false, b->d, b->k, b->d, -4, b->residual, b->d, b->scaled,
          b->d, 0, dZ, b->d);
  return ES_OK;
}

static es_status jacobian(const barlow *b, const double *Z, double *J) {
  es_barlow_residual(b, Z);
  es_barlow_add_linear(J, b->d, b->k, -4, b->residual, b->active_gamma, NULL);
  es_barlow_add_square(J, b->d, b->k, -4, NULL, b->scaled, NULL);
  return ES_OK;
}

static barlow_mode mode(const barlow *b, size_t j, double t) {
  const es_barlow_mode m = es_barlow_closed_form(b->gamma[j], b->s0[j], t);
  return (barlow_mode){m.s, m.lambda, NAN,
                       m.one_minus_lambda * m.one_minus_lambda};
}

barlow_mode es_barlow_settled_at(const barlow *b, size_t j, double plateau) {
  const double gamma = b->gamma[j], s0 = b->s0[j];
  if (gamma > 0 && s0 > 0)
    return (barlow_mode){sqrt(plateau / gamma), plateau, NAN,
                         (1 - plateau) * (1 - plateau)};
  return (barlow_mode){gamma < 0 ? 0 : s0, 0, NAN, 1};
}

double es_barlow_one(const barlow *b) {
  (void)b;
  return 1;
}

static barlow_mode settled(const barlow *b, size_t j) {
  return es_barlow_settled_at(b, j, 1);
}

static double step_time(const barlow *b, size_t j) {
  return es_barlow_step_time(b->gamma[j], b->s0[j]);
}

static double half_time(const barlow *b, size_t j) {
  return es_barlow_half_time(b->gamma[j], b->s0[j]);
}

static double descent_steps(const barlow *b, size_t j) {
  return es_barlow_descent_steps(b->gamma[j], b->s0[j], b->lr);
}

double es_barlow_distance_from_one(const barlow *b, const double *lambda,
                                   const double *cov) {
  double sum = 0;
  (void)cov;
  for (size_t j = 0; j < b->d; j++) sum += (1 - lambda[j]) * (1 - lambda[j]);
  return sum;
}

double es_barlow_unlearned(const barlow *b) {
  return (double)(b->d - b->reachable);
}

void es_barlow_gamma_range(const barlow *b, double *top, double *bottom) {
  *top = -INFINITY;
  *bottom = INFINITY;
  for (size_t j = 0; j < b->m; j++) {
    *top = fmax(*top, b->gamma[j]);
    *bottom = fmin(*bottom, b->gamma[j]);
  }
}

static double lr_limit(const barlow *b) {
  double top, bottom;
  es_barlow_gamma_range(b, &top, &bottom);
  return es_barlow_lr_limit(top, bottom);
}

const barlow_flow es_barlow_covariance = {
    .loss = "covariance",
    .precondition = "none",
    .apart = true,
    .plain = true,
    .rhs = rhs,
    .jacobian = jacobian,
    .mode = mode,
    .settled = settled,
    .step_time = step_time,
    .half_time = half_time,
    .descent_steps = descent_steps,
    .plateau = es_barlow_one,
    .value = es_barlow_distance_from_one,
    .floor = es_barlow_unlearned,
    .lr_limit = lr_limit,
};
