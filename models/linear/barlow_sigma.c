/* Gamma and Sigma in the eigenbasis of A = (1 - nu) Sigma + nu Gamma. Where the
 * two commute that basis makes both diagonal, and modes part; else Sigma stays
 * a full matrix S there, and what is observed is taken from the eigenbases of
 * Gamma and of Sigma themselves, where small eigenvalues keep their digits. */
#include "models/linear/barlow.h"

#include "base/finite.h"
#include "base/order.h"
#include "models/linear/basis.h"

#include <eigenstep/barlow_twins.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct moments {
  size_t m;
  double *Gamma, *Sigma; /* as given, then in the basis */
  double *spare;         /* m×m */
  double top;            /* the larger of their largest entries */
} moments;

static double largest(size_t n, const double *A) {
  double top = 0;
  for (size_t i = 0; i < n; i++) top = fmax(top, fabs(A[i]));
  return top;
}

/* A (m×m) -> V^T A V. */
static void turn(moments *x, double *A, const double *V) {
  es_basis_turn(x->m, V, A, x->spare, A);
}

/* to_sigma (for now Sigma's eigenvectors) and its eigenvalues; Sigma must be
 * positive semi-definite, and Gamma 0 where it is, as |x^T x'| <= |x||x'| makes
 * all moments be. A direction counts as null up to m units of roundoff in
 * Sigma, and so up to the root of that in Gamma. */
static es_status check_sigma(barlow *b, moments *x, es_diag *diag) {
  const size_t m = b->m;
  memcpy(b->to_sigma, x->Sigma, m * m * sizeof *x->Sigma);
  const es_status status =
      es_basis_falling(m, b->to_sigma, b->sigma_values, diag);
  if (status != ES_OK) return status;
  const double top = b->sigma_values[0], least = b->sigma_values[m - 1];
  if (least < -1e-12 * top || !(top >= 0))
    return es_fail(diag, ES_BAD_VALUE,
                   "not positive semi-definite: its least eigenvalue is %.6g",
                   least);
  es_gemm(false, false, m, m, m, 1, x->Gamma, m, b->to_sigma, m, 0, x->spare,
          m);
  for (size_t j = 0; j < m; j++) {
    if (b->sigma_values[j] > 0) continue;
    b->sigma_values[j] = 0;
    const double beyond = es_norm(m, x->spare + j * m);
    if (beyond > sqrt((double)m * DBL_EPSILON) * x->top)
      return es_fail(diag, ES_BAD_VALUE,
                     "Gamma is %.3g along a direction in which Sigma is 0: no "
                     "pair of views has that",
                     beyond);
  }
  return ES_OK;
}

/* Columns [from, to) of V span one eigenspace of A: those of Sigma in it. */
static es_status turn_cluster(barlow *b, moments *x, size_t from, size_t to,
                              es_diag *diag) {
  const size_t m = b->m, n = to - from;
  double *block = es_zeroed(n, n, sizeof *block);
  double *values = es_zeroed(n, 1, sizeof *values);
  es_status status =
      block == NULL || values == NULL ? es_barlow_no_memory(diag) : ES_OK;
  for (size_t j = 0; status == ES_OK && j < n; j++)
    for (size_t i = 0; i < n; i++)
      block[i + j * n] = x->Sigma[from + i + (from + j) * m];
  if (status == ES_OK) status = es_basis_falling(n, block, values, diag);
  if (status == ES_OK) {
    es_gemm(false, false, m, n, n, 1, b->V + from * m, m, block, n, 0, x->spare,
            m);
    memcpy(b->V + from * m, x->spare, m * n * sizeof *b->V);
  }
  free(block);
  free(values);
  return status;
}

/* Repeated rates leave the basis open. */
static es_status turn_clusters(barlow *b, moments *x, es_diag *diag) {
  const size_t m = b->m;
  const double near = 1e-11 * fmax(fabs(b->rate[0]), fabs(b->rate[m - 1]));
  turn(x, x->Sigma, b->V);
  bool any = false;
  double *old = es_zeroed(m, m, sizeof *old);
  if (old == NULL) return es_barlow_no_memory(diag);
  memcpy(old, b->V, m * m * sizeof *old);
  es_status status = ES_OK;
  for (size_t from = 0, to; status == ES_OK && from < m; from = to) {
    for (to = from + 1; to < m && b->rate[to - 1] - b->rate[to] <= near;) to++;
    if (to - from < 2) continue;
    any = true;
    status = turn_cluster(b, x, from, to, diag);
  }
  if (status == ES_OK && any) {
    /* Sigma is in the old basis: R = old^T V takes it to the new one. */
    double *R = es_zeroed(m, m, sizeof *R);
    if (R == NULL) status = es_barlow_no_memory(diag);
    if (R != NULL) {
      es_gemm(true, false, m, m, m, 1, old, m, b->V, m, 0, R, m);
      turn(x, x->Sigma, R);
    }
    free(R);
  }
  free(old);
  return status;
}

static double off_diagonal(size_t m, const double *A) {
  double top = 0;
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i < j; i++) top = fmax(top, fabs(A[i + j * m]));
  return top;
}

/* An aligned start names its modes by gamma. */
static es_status order_by_gamma(barlow *b, moments *x, es_diag *diag) {
  const size_t m = b->m;
  es_ranked *row = es_zeroed(m, 1, sizeof *row);
  double *sigma = es_zeroed(m, 1, sizeof *sigma);
  if (row == NULL || sigma == NULL) {
    free(row);
    free(sigma);
    return es_barlow_no_memory(diag);
  }
  for (size_t j = 0; j < m; j++) row[j] = (es_ranked){b->gamma[j], j};
  es_rank_falling(row, m);
  memcpy(x->spare, b->V, m * m * sizeof *b->V);
  memcpy(sigma, b->sigma, m * sizeof *sigma);
  for (size_t j = 0; j < m; j++) {
    b->gamma[j] = row[j].key;
    b->sigma[j] = sigma[row[j].place];
    memcpy(b->V + j * m, x->spare + row[j].place * m, m * sizeof *b->V);
  }
  free(row);
  free(sigma);
  return ES_OK;
}

/* Both are diagonal in V. */
static es_status commuting(barlow *b, moments *x, es_diag *diag) {
  const size_t m = b->m;
  const double null = (double)m * DBL_EPSILON * x->top;
  for (size_t j = 0; j < m; j++) {
    if (b->sigma[j] <= null) b->sigma[j] = b->gamma[j] = 0;
    if (fabs(b->gamma[j]) <= null) b->gamma[j] = 0;
  }
  const es_status status = b->aligned ? order_by_gamma(b, x, diag) : ES_OK;
  for (size_t j = 0; j < m; j++)
    b->rate[j] = es_barlow_vicreg_rate(b->gamma[j], b->sigma[j], b->nu);
  free(b->to_sigma);
  free(b->sigma_values);
  b->to_sigma = b->sigma_values = NULL;
  return status;
}

/* to_sigma = V^T (Sigma's eigenvectors), and the same of Gamma. At nu = 1 V is
 * Gamma's own. */
static es_status keep_full(barlow *b, moments *x, const double *Gamma,
                           es_diag *diag) {
  const size_t m = b->m, n = m * m;
  es_gemm(true, false, m, m, m, 1, b->V, m, b->to_sigma, m, 0, x->spare, m);
  memcpy(b->to_sigma, x->spare, n * sizeof *x->spare);
  b->S = x->Sigma;
  x->Sigma = NULL;
  b->gamma_values = es_zeroed(m, 1, sizeof *b->gamma_values);
  if (b->gamma_values == NULL) return es_barlow_no_memory(diag);
  memcpy(b->gamma_values, b->gamma, m * sizeof *b->gamma);
  if (b->nu == 1) return ES_OK;
  b->to_gamma = es_zeroed(m, m, sizeof *b->to_gamma);
  if (b->to_gamma == NULL) return es_barlow_no_memory(diag);
  memcpy(b->to_gamma, Gamma, n * sizeof *Gamma);
  const es_status status =
      es_basis_falling(m, b->to_gamma, b->gamma_values, diag);
  es_gemm(true, false, m, m, m, 1, b->V, m, b->to_gamma, m, 0, x->spare, m);
  memcpy(b->to_gamma, x->spare, n * sizeof *x->spare);
  return status;
}

static es_status find_basis(barlow *b, moments *x, es_diag *diag) {
  const size_t m = b->m, n = m * m;
  double *given = es_zeroed(m, m, sizeof *given);
  if (given == NULL) return es_barlow_no_memory(diag);
  memcpy(given, x->Gamma, n * sizeof *given);
  for (size_t i = 0; i < n; i++)
    b->V[i] =
        b->nu == 1 ? given[i] : (1 - b->nu) * x->Sigma[i] + b->nu * given[i];
  es_status status = es_basis_falling(m, b->V, b->rate, diag);
  if (status == ES_OK) status = turn_clusters(b, x, diag);
  if (status == ES_OK) {
    turn(x, x->Gamma, b->V);
    for (size_t j = 0; j < m; j++) {
      b->gamma[j] = b->nu == 1 ? b->rate[j] : x->Gamma[j + j * m];
      b->sigma[j] = x->Sigma[j + j * m];
    }
    const double apart =
        fmax(off_diagonal(m, x->Sigma), off_diagonal(m, x->Gamma));
    if (apart <= 1e-10 * x->top)
      status = commuting(b, x, diag);
    else
      status = keep_full(b, x, given, diag);
  }
  free(given);
  return status;
}

es_status es_barlow_two_moments(barlow *b, double *Gamma, double *Sigma,
                                es_diag *diag) {
  const size_t m = b->m, n = m * m;
  moments x = {.m = m, .Gamma = Gamma, .Sigma = Sigma};
  x.spare = es_zeroed(m, m, sizeof *x.spare);
  x.top = fmax(largest(n, Gamma), largest(n, Sigma));
  b->V = es_zeroed(m, m, sizeof *b->V);
  b->to_sigma = es_zeroed(m, m, sizeof *b->to_sigma);
  b->gamma = es_zeroed(m, 1, sizeof *b->gamma);
  b->sigma = es_zeroed(m, 1, sizeof *b->sigma);
  b->rate = es_zeroed(m, 1, sizeof *b->rate);
  b->sigma_values = es_zeroed(m, 1, sizeof *b->sigma_values);
  es_status status = ES_OK;
  if (x.spare == NULL || b->V == NULL || b->to_sigma == NULL ||
      b->gamma == NULL || b->sigma == NULL || b->rate == NULL ||
      b->sigma_values == NULL)
    status = es_barlow_no_memory(diag);
  else if (!es_all_finite(n, Gamma) || !es_all_finite(n, Sigma))
    status = es_fail(diag, ES_NOT_FINITE,
                     "Gamma or Sigma is not finite: the data's values are too "
                     "large");
  if (status == ES_OK) status = check_sigma(b, &x, diag);
  if (status == ES_OK) status = find_basis(b, &x, diag);
  free(x.Gamma);
  free(x.Sigma);
  free(x.spare);
  return status;
}
