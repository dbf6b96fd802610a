/* Where W goes under the losses with Sigma, and what is observed there.
 *
 * Stationary W have rows sqrt(beta_i) v_i^T (up to a rotation U) with A v =
 * beta Sigma v, v^T Sigma v = 1, A = (1 - nu) Sigma + nu Gamma: beta = 1 - nu +
 * nu rho, Gamma v = rho Sigma v. Next to one, a direction j that is not in W
 * grows at 4 sigma_j (beta_j - beta_i) in row i: only the largest beta are
 * stable, however small gamma_j is. From a small start the modes of largest
 * rate come first and are replaced where others have larger beta. */
#include "models/linear/barlow.h"

#include "base/order.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

es_status es_barlow_spectra(const barlow *b, const double *Z, double *lambda,
                            double *cov) {
  const size_t d = b->d, k = b->k;
  const double *turned = Z, *values = b->active_gamma;
  if (b->to_gamma != NULL) {
    es_gemm(false, false, d, k, k, 1, Z, d, b->to_gamma, k, 0, b->turned, d);
    turned = b->turned;
    values = b->gamma_values;
  }
  const es_status status =
      es_congruence_factored(b->eigen, turned, values, lambda);
  if (status != ES_OK || cov == NULL) return status;
  if (b->to_sigma == NULL)
    return es_congruence_factored(b->eigen, Z, b->active_sigma, cov);
  es_gemm(false, false, d, k, k, 1, Z, d, b->to_sigma, k, 0, b->turned, d);
  return es_congruence_factored(b->eigen, b->turned, b->sigma_values, cov);
}

static es_status make_room(barlow *b, es_diag *diag) {
  es_barlow_pencil *p = &b->pencil;
  p->beta = es_zeroed(b->d, 1, sizeof *p->beta);
  p->lambda = es_zeroed(b->d, 1, sizeof *p->lambda);
  p->s = es_zeroed(b->d, 1, sizeof *p->s);
  p->gamma = es_zeroed(b->d, 1, sizeof *p->gamma);
  p->V = es_zeroed(b->k, b->d, sizeof *p->V);
  return p->beta == NULL || p->lambda == NULL || p->s == NULL ||
                 p->gamma == NULL || p->V == NULL
             ? es_barlow_no_memory(diag)
             : ES_OK;
}

void es_barlow_pencil_free(es_barlow_pencil *p) {
  free(p->beta);
  free(p->lambda);
  free(p->s);
  free(p->gamma);
  free(p->V);
  *p = (es_barlow_pencil){0};
}

/* Appends the eigenpair whose vector stands in p->V + n k; gamma = v^T Gamma v.
 */
static void append(barlow *b, double beta, double gamma) {
  es_barlow_pencil *p = &b->pencil;
  const double norm = es_norm(b->k, p->V + p->n * b->k);
  p->beta[p->n] = beta;
  p->lambda[p->n] = gamma * beta;
  p->s[p->n] = sqrt(beta) * norm;
  p->gamma[p->n++] = gamma / (norm * norm);
}

static es_status diagonal(barlow *b, es_diag *diag) {
  es_ranked *row = es_zeroed(b->k, 1, sizeof *row);
  size_t n = 0;
  if (row == NULL) return es_barlow_no_memory(diag);
  for (size_t c = 0; c < b->k; c++)
    if (b->active_rate[c] > 0 && es_norm(b->d, b->Z0 + b->active[c] * b->d) > 0)
      row[n++] = (es_ranked){b->active_rate[c] / b->active_sigma[c], c};
  es_rank_falling(row, n);
  for (size_t i = 0; i < n && i < b->reachable; i++) {
    const size_t c = row[i].place;
    b->pencil.V[c + i * b->k] = 1 / sqrt(b->active_sigma[c]);
    append(b, row[i].key, b->active_gamma[c] / b->active_sigma[c]);
  }
  free(row);
  return ES_OK;
}

/* v^T Gamma v, from its eigenbasis; work: k numbers. */
static double gamma_along(const barlow *b, const double *v, double *work) {
  const size_t k = b->k;
  double sum = 0;
  if (b->to_gamma != NULL)
    es_gemm(true, false, k, 1, k, 1, b->to_gamma, k, v, k, 0, work, k);
  else
    memcpy(work, v, k * sizeof *work);
  for (size_t j = 0; j < k; j++) sum += b->gamma_values[j] * work[j] * work[j];
  return sum;
}

/* T = to_sigma diag(sigma_values)^-1/2 over the p that are not 0; T^T A T. */
static void whiten(const barlow *b, size_t p, double *T, double *RT,
                   double *B) {
  const size_t k = b->k;
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i < k; i++) {
      T[i + j * k] = b->to_sigma[i + j * k] / sqrt(b->sigma_values[j]);
      RT[i + j * k] = b->rate[i] * T[i + j * k];
    }
  es_gemm(true, false, p, p, k, 1, T, k, RT, k, 0, B, p);
}

static es_status full(barlow *b, es_diag *diag) {
  const size_t k = b->k;
  size_t p = 0;
  while (p < k && b->sigma_values[p] > 0) p++;
  double *T = es_zeroed(k, p, sizeof *T);
  double *RT = es_zeroed(k, p, sizeof *RT);
  double *B = es_zeroed(p, p, sizeof *B);
  double *beta = es_zeroed(k, 1, sizeof *beta);
  es_status status = ES_OK;
  if (T == NULL || RT == NULL || B == NULL || beta == NULL)
    status = es_barlow_no_memory(diag);
  if (status == ES_OK) {
    whiten(b, p, T, RT, B);
    status = es_eigen_symmetric(p, B, beta, true, diag);
  }
  if (status == ES_OK) es_eigen_falling(p, beta, B);
  for (size_t i = 0; status == ES_OK && i < p && i < b->reachable; i++) {
    double *v = b->pencil.V + i * k;
    if (!(beta[i] > 0)) break;
    es_gemm(false, false, k, 1, p, 1, T, k, B + i * p, p, 0, v, k);
    append(b, beta[i], gamma_along(b, v, RT));
  }
  free(T);
  free(RT);
  free(B);
  free(beta);
  return status;
}

es_status es_barlow_find_end(barlow *b, es_diag *diag) {
  const es_status status = make_room(b, diag);
  if (status != ES_OK) return status;
  return b->S != NULL ? full(b, diag) : diagonal(b, diag);
}

/* Learned i and j turn into each other at 4 (beta_i sigma_j + beta_j sigma_i),
 * i = j being the way along the plateau; what is not learned dies away at 4
 * sigma_j (beta_i - beta_j), or from nothing at -4 rate_j. */
static double decay_of_modes(const barlow *b, size_t n, const double *beta,
                             const double *sigma) {
  double top = 0, most = 0;
  for (size_t i = 0; i < n; i++) {
    top = fmax(top, beta[i]);
    for (size_t j = 0; j <= i; j++)
      most = fmax(most, 4 * (beta[i] * sigma[j] + beta[j] * sigma[i]));
  }
  for (size_t j = 0; j < b->m; j++)
    most = fmax(most, 4 * (b->sigma[j] * top - b->rate[j]));
  return most;
}

static double decay_diagonal(const barlow *b) {
  double *beta = b->values, *sigma = b->vectors;
  size_t n = 0;
  for (size_t j = 0; b->aligned && j < b->d; j++)
    if (b->rate[j] > 0 && b->s0[j] > 0) {
      beta[n] = b->rate[j] / b->sigma[j];
      sigma[n++] = b->sigma[j];
    }
  for (size_t j = 0; !b->aligned && j < b->pencil.n; j++) {
    const double size = b->pencil.s[j];
    beta[n] = b->pencil.beta[j];
    sigma[n++] = b->pencil.beta[j] / (size * size);
  }
  return decay_of_modes(b, n, beta, sigma);
}

/* The largest eigenvalue of the Hessian at the end, by power iteration on
 * central differences of the right-hand side, which is cubic: with steps of
 * 1e-4 of Z their error is 1e-8. */
static double decay_full(const barlow *b) {
  enum { ROUNDS = 300 };
  const size_t n = b->d * b->k;
  double *memory = es_zeroed(n, 5, sizeof *memory), rate = 0;
  if (memory == NULL) return NAN;
  double *Z = memory, *way = Z + n, *at = way + n, *up = at + n, *down = up + n;
  for (size_t c = 0; c < b->k; c++)
    for (size_t i = 0; i < b->pencil.n; i++)
      Z[i + c * b->d] = sqrt(b->pencil.beta[i]) * b->pencil.V[c + i * b->k];
  for (size_t i = 0; i < n; i++)
    way[i] = es_random_normal(0, ES_STREAM_INIT, i);
  const double h = 1e-4 * es_norm(n, Z);
  for (int round = 0; round < ROUNDS; round++) {
    const double size = es_norm(n, way), before = rate;
    for (size_t i = 0; i < n; i++) at[i] = Z[i] + (way[i] *= h / size);
    if (b->flow->rhs(b, at, up) != ES_OK) break;
    for (size_t i = 0; i < n; i++) at[i] = Z[i] - way[i];
    if (b->flow->rhs(b, at, down) != ES_OK) break;
    rate = 0;
    for (size_t i = 0; i < n; i++) {
      down[i] = (down[i] - up[i]) / 2;
      rate += down[i] * way[i] / (h * h);
      way[i] = down[i];
    }
    if (fabs(rate - before) <= 1e-6 * rate) break;
  }
  free(memory);
  return rate;
}

double es_barlow_fastest_decay(const barlow *b) {
  /* About W = 0 the flow is that of the rates alone. */
  return b->S != NULL && b->pencil.n > 0 ? decay_full(b) : decay_diagonal(b);
}
