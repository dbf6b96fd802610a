/* The two losses with Sigma = E[x x^T] (theory.md 1, Family):
 *   vicreg:   L = 2 nu tr W(Sigma - Gamma)W^T + |W Sigma W^T - I|^2
 *   spectral: L = -2 tr W Gamma W^T + |W Sigma W^T|^2, nu = 1
 *   Z' = 4 Z diag(rate) - 4 (Z S Z^T) Z S
 * for both, in the eigenbasis of A = (1 - nu) Sigma + nu Gamma, S being Sigma
 * there: diagonal where the two commute, and else one more product per
 * right-hand side. In that basis columns of a small Z grow one by one, which
 * the aligned partner, its step times and a stiff solver need. */
#include "models/linear/barlow.h"

#include <eigenstep/barlow_twins.h>

#include <math.h>

/* scaled = Z S, residual = Z S Z^T. */
static void products(const barlow *b, const double *Z) {
  const size_t d = b->d, k = b->k;
  if (b->S != NULL)
    es_gemm(false, false, d, k, k, 1, Z, d, b->S, k, 0, b->scaled, d);
  else
    for (size_t j = 0; j < k; j++)
      for (size_t i = 0; i < d; i++)
        b->scaled[i + j * d] = b->active_sigma[j] * Z[i + j * d];
  es_gemm(false, true, d, d, k, 1, b->scaled, d, Z, d, 0, b->residual, d);
}

static es_status rhs(const barlow *b, const double *Z, double *dZ) {
  const size_t d = b->d, k = b->k;
  products(b, Z);
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < d; i++)
      dZ[i + j * d] = 4 * b->active_rate[j] * Z[i + j * d];
  es_gemm(false, false, d, k, d, -4, b->residual, d, b->scaled, d, 1, dZ, d);
  return ES_OK;
}

static es_status jacobian(const barlow *b, const double *Z, double *J) {
  const size_t d = b->d, k = b->k;
  products(b, Z);
  es_barlow_add_linear(J, d, k, 4, NULL, b->active_rate, NULL);
  es_barlow_add_linear(J, d, k, -4, b->residual, b->active_sigma, b->S);
  es_barlow_add_square(J, d, k, -4, NULL, b->scaled, NULL);
  return ES_OK;
}

static es_barlow_family_mode closed(const barlow *b, size_t j, double t) {
  return es_barlow_vicreg_closed_form(b->gamma[j], b->sigma[j], b->nu, b->s0[j],
                                      t);
}

static barlow_mode vicreg_mode(const barlow *b, size_t j, double t) {
  const es_barlow_family_mode m = closed(b, j, t);
  const double apart = 2 * b->nu * (b->sigma[j] - b->gamma[j]) * m.s * m.s;
  return (barlow_mode){m.s, m.lambda, m.cov_lambda,
                       m.one_minus_cov * m.one_minus_cov + apart};
}

static barlow_mode spectral_mode(const barlow *b, size_t j, double t) {
  const es_barlow_family_mode m = closed(b, j, t);
  return (barlow_mode){m.s, m.lambda, m.cov_lambda,
                       m.cov_lambda * m.cov_lambda - 2 * m.lambda};
}

/* On the plateau sigma s^2 = beta = rate/sigma the losses are 1 - beta^2 and
 * -beta^2; where nothing is learned s falls to 0, or stays in the null space.
 */
static barlow_mode settled(const barlow *b, size_t j, double none) {
  const double gamma = b->gamma[j], sigma = b->sigma[j], rate = b->rate[j];
  if (!(rate > 0 && b->s0[j] > 0))
    return (barlow_mode){sigma > 0 ? 0 : b->s0[j], 0, 0, none};
  const double beta = rate / sigma;
  return (barlow_mode){sqrt(beta / sigma), gamma * beta / sigma, beta,
                       none - beta * beta};
}

static barlow_mode vicreg_settled(const barlow *b, size_t j) {
  return settled(b, j, 1);
}

static barlow_mode spectral_settled(const barlow *b, size_t j) {
  return settled(b, j, 0);
}

static double step_time(const barlow *b, size_t j) {
  return es_barlow_vicreg_step_time(b->gamma[j], b->sigma[j], b->nu, b->s0[j]);
}

static double half_time(const barlow *b, size_t j) {
  return es_barlow_vicreg_half_time(b->gamma[j], b->sigma[j], b->nu, b->s0[j]);
}

static double descent_steps(const barlow *b, size_t j) {
  return es_barlow_vicreg_descent_steps(b->gamma[j], b->sigma[j], b->nu,
                                        b->s0[j], b->lr);
}

/* E|W(x - x')|^2 = 2 tr W(Sigma - Gamma)W^T. */
static double vicreg_value(const barlow *b, const double *lambda,
                           const double *cov) {
  double sum = 0;
  for (size_t j = 0; j < b->d; j++)
    sum += (1 - cov[j]) * (1 - cov[j]) + 2 * b->nu * (cov[j] - lambda[j]);
  return sum;
}

static double spectral_value(const barlow *b, const double *lambda,
                             const double *cov) {
  double sum = 0;
  for (size_t j = 0; j < b->d; j++) sum += cov[j] * cov[j] - 2 * lambda[j];
  return sum;
}

/* -sum beta^2 of what is learned in the end. */
static double learned(const barlow *b) {
  double sum = 0;
  for (size_t j = 0; b->aligned && j < b->d; j++) sum += settled(b, j, 0).loss;
  for (size_t j = 0; !b->aligned && j < b->pencil.n; j++)
    sum -= b->pencil.beta[j] * b->pencil.beta[j];
  return sum;
}

static double vicreg_floor(const barlow *b) {
  return (double)b->d + learned(b);
}

static double lr_limit(const barlow *b) {
  return 2 / es_barlow_fastest_decay(b);
}

static es_status check(barlow *b, const es_config *config, es_diag *diag) {
  (void)config;
  return b->aligned ? ES_OK : es_barlow_find_end(b, diag);
}

const barlow_flow es_barlow_vicreg = {
    .loss = "vicreg",
    .precondition = "none",
    .by_sigma = true,
    .apart = true,
    .rhs = rhs,
    .jacobian = jacobian,
    .mode = vicreg_mode,
    .settled = vicreg_settled,
    .step_time = step_time,
    .half_time = half_time,
    .descent_steps = descent_steps,
    .value = vicreg_value,
    .floor = vicreg_floor,
    .lr_limit = lr_limit,
    .check = check,
};

const barlow_flow es_barlow_spectral = {
    .loss = "spectral",
    .precondition = "none",
    .by_sigma = true,
    .apart = true,
    .rhs = rhs,
    .jacobian = jacobian,
    .mode = spectral_mode,
    .settled = spectral_settled,
    .step_time = step_time,
    .half_time = half_time,
    .descent_steps = descent_steps,
    .value = spectral_value,
    .floor = learned,
    .lr_limit = lr_limit,
    .check = check,
};
