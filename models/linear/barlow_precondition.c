/* The two speed-ups of the covariance loss (theory.md 1), ridge r:
 *   left:    Z' = -4 (C + rI)^-1 (C - I) Z diag(gamma)
 *   log-det: Z' = -[4 (C - I) - 2 mu (C + rI)^-1] Z diag(gamma), the gradient
 *            flow of |C - I|^2 - mu log det(C + rI).
 * C + rI must be positive definite at the start; it then stays so: towards the
 * edge the least eigenvalue of C is pushed up ever harder. */
#include "models/linear/barlow_ridge.h"

#include <eigenstep/barlow_twins.h>

#include <math.h>
#include <string.h>

/* shifted = C + rI, from residual = C - I; then B (d×d) = shifted^-1 B. */
static es_status solve(const barlow *b, double *B) {
  const size_t d = b->d;
  memcpy(b->shifted, b->residual, d * d * sizeof *b->shifted);
  for (size_t i = 0; i < d; i++) b->shifted[i + i * d] += 1 + b->ridge;
  return es_cholesky_solve(d, b->shifted, d, B);
}

static void identity(size_t d, double *B) {
  memset(B, 0, d * d * sizeof *B);
  for (size_t i = 0; i < d; i++) B[i + i * d] = 1;
}

/* driven = what multiplies Z diag(gamma) in Z'. */
static es_status left_factor(const barlow *b, const double *Z) {
  const size_t n = b->d * b->d;
  es_barlow_residual(b, Z);
  memcpy(b->driven, b->residual, n * sizeof *b->driven);
  const es_status status = solve(b, b->driven);
  for (size_t i = 0; i < n; i++) b->driven[i] *= -4;
  return status;
}

static es_status logdet_factor(const barlow *b, const double *Z) {
  es_barlow_residual(b, Z);
  identity(b->d, b->driven);
  const es_status status = solve(b, b->driven);
  for (size_t i = 0; i < b->d * b->d; i++)
    b->driven[i] = 2 * b->mu * b->driven[i] - 4 * b->residual[i];
  return status;
}

static void drive(const barlow *b, double *dZ) {
  es_gemm(false, false, b->d, b->k, b->d, 1, b->driven, b->d, b->scaled, b->d,
          0, dZ, b->d);
}

static es_status left_rhs(const barlow *b, const double *Z, double *dZ) {
  const es_status status = left_factor(b, Z);
  if (status == ES_OK) drive(b, dZ);
  return status;
}

static es_status logdet_rhs(const barlow *b, const double *Z, double *dZ) {
  const es_status status = logdet_factor(b, Z);
  if (status == ES_OK) drive(b, dZ);
  return status;
}

/* The derivative of (C + rI)^-1 is -(C + rI)^-1 dC (C + rI)^-1, and (C + rI)^-1
 * (C - I) = I - (1 + r) (C + rI)^-1. */
static es_status add_inverse(const barlow *b, double scale, double *J) {
  identity(b->d, b->vectors);
  const es_status status = solve(b, b->vectors);
  if (status == ES_OK)
    es_barlow_add_square(J, b->d, b->k, scale, b->vectors, b->scaled,
                         b->turned);
  return status;
}

static es_status left_jacobian(const barlow *b, const double *Z, double *J) {
  const es_status status = left_factor(b, Z);
  if (status != ES_OK) return status;
  es_barlow_add_linear(J, b->d, b->k, 1, b->driven, b->active_gamma, NULL);
  return add_inverse(b, -4 * (1 + b->ridge), J);
}

static es_status logdet_jacobian(const barlow *b, const double *Z, double *J) {
  const es_status status = logdet_factor(b, Z);
  if (status != ES_OK) return status;
  es_barlow_add_linear(J, b->d, b->k, 1, b->driven, b->active_gamma, NULL);
  es_barlow_add_square(J, b->d, b->k, -4, NULL, b->scaled, NULL);
  return add_inverse(b, -2 * b->mu, J);
}

static barlow_mode left_mode(const barlow *b, size_t j, double t) {
  const es_barlow_mode m =
      es_barlow_left_closed_form(b->gamma[j], b->ridge, b->s0[j], t);
  return (barlow_mode){m.s, m.lambda, NAN,
                       m.one_minus_lambda * m.one_minus_lambda};
}

static double with_logdet(const barlow *b, double lambda, double rest) {
  return rest * rest - b->mu * log(lambda + b->ridge);
}

static barlow_mode logdet_mode(const barlow *b, size_t j, double t) {
  const es_barlow_mode m =
      es_barlow_logdet_closed_form(b->gamma[j], b->ridge, b->mu, b->s0[j], t);
  return (barlow_mode){m.s, m.lambda, NAN,
                       with_logdet(b, m.lambda, m.one_minus_lambda)};
}

static barlow_mode left_settled(const barlow *b, size_t j) {
  return es_barlow_settled_at(b, j, 1);
}

static double plateau(const barlow *b) {
  return es_barlow_logdet_plateau(b->ridge, b->mu);
}

static barlow_mode logdet_settled(const barlow *b, size_t j) {
  barlow_mode m = es_barlow_settled_at(b, j, plateau(b));
  m.loss = with_logdet(b, m.lambda, 1 - m.lambda);
  return m;
}

static double left_half_time(const barlow *b, size_t j) {
  return es_barlow_left_half_time(b->gamma[j], b->ridge, b->s0[j]);
}

static double logdet_half_time(const barlow *b, size_t j) {
  return es_barlow_logdet_half_time(b->gamma[j], b->ridge, b->mu, b->s0[j]);
}

static double left_steps(const barlow *b, size_t j) {
  return es_barlow_left_descent_steps(b->gamma[j], b->ridge, b->s0[j], b->lr);
}

static double logdet_steps(const barlow *b, size_t j) {
  return es_barlow_logdet_descent_steps(b->gamma[j], b->ridge, b->mu, b->s0[j],
                                        b->lr);
}

static double logdet_value(const barlow *b, const double *lambda,
                           const double *cov) {
  double sum = 0;
  (void)cov;
  for (size_t j = 0; j < b->d; j++)
    sum += with_logdet(b, lambda[j], 1 - lambda[j]);
  return sum;
}

static double logdet_floor(const barlow *b) {
  const double p = plateau(b), learned = (double)b->reachable;
  return learned * with_logdet(b, p, 1 - p) +
         ((double)b->d - learned) * with_logdet(b, 0, 1);
}

/* At the fixed point 1 - lambda moves by 1 - 8 lr gamma/(1 + r) a step; at the
 * start a mode with gamma < 0 by 1 - 4 lr |gamma|/r. */
static double left_limit(const barlow *b) {
  double top, bottom;
  es_barlow_gamma_range(b, &top, &bottom);
  return es_barlow_lr_limit(top / (1 + b->ridge), bottom / b->ridge);
}

/* The same: s'/s is -4 gamma p (2 + mu/(p + r)^2) (s - s*)/s* near the plateau,
 * and 2 gamma (2 + mu/r) at the start. */
static double logdet_limit(const barlow *b) {
  const double p = plateau(b), r = b->ridge;
  double top, bottom;
  es_barlow_gamma_range(b, &top, &bottom);
  return es_barlow_lr_limit(top * p * (1 + b->mu / (2 * (p + r) * (p + r))),
                            bottom * (1 + b->mu / (2 * r)));
}

static es_status refuse_mode(const barlow *b, const es_config *config, size_t j,
                             es_diag *diag) {
  const double lambda = b->gamma[j] * b->s0[j] * b->s0[j];
  return es_config_blame(config, "model", "s0", diag,
                         "mode %zu starts at lambda = %.6g, and C + rI must be "
                         "positive definite: above -precondition_epsilon = "
                         "%.6g",
                         j + 1, lambda, -b->ridge);
}

/* Positive definite where all eigenvalues of C are above -r. */
static es_status check_start(barlow *b, const es_config *config,
                             es_diag *diag) {
  for (size_t j = 0; b->aligned && j < b->d; j++)
    if (!(b->gamma[j] * b->s0[j] * b->s0[j] > -b->ridge))
      return refuse_mode(b, config, j, diag);
  if (b->aligned) return ES_OK;
  for (size_t c = 0; c < b->k; c++)
    memcpy(b->turned + c * b->d, b->Z0 + b->active[c] * b->d,
           b->d * sizeof *b->turned);
  const es_status status =
      es_congruence_factored(b->eigen, b->turned, b->active_gamma, b->values);
  if (status != ES_OK) return es_fail(diag, status, "eigenvalues of the start");
  const double least = b->values[b->d - 1];
  if (least > -b->ridge) return ES_OK;
  const bool given = es_config_has(config, "model", "W0");
  return es_config_blame(config, "model", given ? "W0" : "init_scale", diag,
                         "C has the eigenvalue %.6g, and C + rI must be "
                         "positive definite: above -precondition_epsilon = "
                         "%.6g",
                         least, -b->ridge);
}

/* Growth from lambda < r is 1/r times faster, and so must be followed. */
static es_status left_check(barlow *b, const es_config *config, es_diag *diag) {
  const es_status status = check_start(b, config, diag);
  double top, bottom;
  es_barlow_gamma_range(b, &top, &bottom);
  const double resolved = b->ridge / (4 * top);
  if (status == ES_OK && top > 0 && b->lr > resolved)
    es_barlow_note(b,
                   "model.lr=%g: the growth from lambda < r is resolved up to "
                   "lr = r/(4 gamma_1) = %.3g only",
                   b->lr, resolved);
  return status;
}

const barlow_flow es_barlow_left = {
    .loss = "covariance",
    .precondition = "left",
    .rhs = left_rhs,
    .jacobian = left_jacobian,
    .mode = left_mode,
    .settled = left_settled,
    .step_time = left_half_time,
    .half_time = left_half_time,
    .descent_steps = left_steps,
    .plateau = es_barlow_one,
    .value = es_barlow_distance_from_one,
    .floor = es_barlow_unlearned,
    .lr_limit = left_limit,
    .check = left_check,
};

const barlow_flow es_barlow_logdet = {
    .loss = "covariance",
    .precondition = "logdet",
    .rhs = logdet_rhs,
    .jacobian = logdet_jacobian,
    .mode = logdet_mode,
    .settled = logdet_settled,
    .step_time = logdet_half_time,
    .half_time = logdet_half_time,
    .descent_steps = logdet_steps,
    .plateau = plateau,
    .value = logdet_value,
    .floor = logdet_floor,
    .lr_limit = logdet_limit,
    .check = check_start,
};
