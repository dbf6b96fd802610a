/* The closed form of `byol-symmetric` where W_p0 and F0 have common
 * eigenvectors: then they stay, the flow is one of decoupled modes, and those
 * have closed forms on the parabola or without weight decay (theory.md 4). */
#include "models/linear/byol_symmetric.h"

#include "base/slab.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* W_p in units of its norm is weighted by this in the combination whose
 * eigenvectors are taken: any number that no ratio of differences of
 * eigenvalues is likely to be. */
static const double weight = 0.7548776662466927;

static void combine(const symmetric *m, double *out) {
  const size_t nn = m->n * m->n;
  const double p = es_norm(nn, m->P0), f = es_norm(nn, m->F0);
  for (size_t k = 0; k < nn; k++)
    out[k] = (f > 0 ? m->F0[k] / f : 0) + (p > 0 ? weight * m->P0[k] / p : 0);
}

/* out = U^T A U; G is used. */
static void turn(const symmetric *m, const double *A, double *out) {
  const size_t n = m->n;
  es_gemm(false, false, n, n, n, 1, A, n, m->basis, n, 0, m->G, n);
  es_gemm(true, false, n, n, n, 1, m->basis, n, m->G, n, 0, out, n);
}

/* What is off the diagonal is roundoff of the products beside the norm. */
static bool is_diagonal(size_t n, const double *A) {
  const double room = 8 * (double)n * DBL_EPSILON * es_norm(n * n, A);
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++)
      if (i != j && !(fabs(A[i + j * n]) <= room)) return false;
  return true;
}

/* Products of the basis leave some units of roundoff: s within them of the
 * parabola is on it, as it is where both were given as diagonals. */
static double settled_s(const symmetric *m, double s, double p) {
  const double on = p * p / m->alpha_p;
  return fabs(s - on) <= 8 * (double)m->n * DBL_EPSILON * on ? on : fmax(s, 0);
}

static void place_modes(symmetric *m) {
  const size_t n = m->n;
  m->has_exact = true;
  for (size_t j = 0; j < n; j++) {
    const double p = m->P[j + j * n];
    m->mode[j] = (es_eigenmode){.alpha_p = m->alpha_p,
                                .eta_p = m->eta,
                                .eta_s = m->eta,
                                .lambda_s = m->b,
                                .lambda_d = 1,
                                .p0 = p,
                                .s0 = settled_s(m, m->F[j + j * n], p),
                                .tau0 = m->tau};
    if (!es_eigenmode_has_exact(&m->mode[j])) m->has_exact = false;
  }
}

es_status es_byol_symmetric_align(symmetric *m, es_diag *diag) {
  const size_t n = m->n;
  m->basis = es_zeroed(n, n, sizeof *m->basis);
  m->mode = es_zeroed(n, 1, sizeof *m->mode);
  m->order = es_zeroed(n, 1, sizeof *m->order);
  if (m->basis == NULL || m->mode == NULL || m->order == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for the model");
  combine(m, m->basis);
  const es_status status =
      es_eigen_run(m->eigen, n, m->basis, m->value, true, diag);
  if (status != ES_OK) return status;
  turn(m, m->P0, m->P);
  turn(m, m->F0, m->F);
  if (is_diagonal(n, m->P) && is_diagonal(n, m->F)) place_modes(m);
  return ES_OK;
}

/* out (n×n) = U diag(value) U^T, symmetric to the last bit. */
static void from_modes(const symmetric *m, const double *value, double *out) {
  const size_t n = m->n;
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++)
      m->G[i + j * n] = value[j] * m->basis[i + j * n];
  es_gemm(false, true, n, n, n, 1, m->G, n, m->basis, n, 0, out, n);
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < j; i++) out[i + j * n] = out[j + i * n];
}

/* order: modes by falling s. */
static void sort_modes(const symmetric *m, const double *s) {
  for (size_t j = 0; j < m->n; j++) {
    size_t k = j;
    for (; k > 0 && s[m->order[k - 1]] < s[j]; k--)
      m->order[k] = m->order[k - 1];
    m->order[k] = j;
  }
}

es_status es_byol_symmetric_exact(void *self, double t, double *out,
                                  double *user) {
  const symmetric *m = self;
  const size_t n = m->n;
  double *p = m->P, *s = m->F, least = INFINITY, trace = 0;
  for (size_t j = 0; j < n; j++) {
    const es_eigenmode_state x = es_eigenmode_exact(&m->mode[j], t);
    p[j] = x.p;
    s[j] = x.s;
    least = fmin(least, m->b * (m->alpha_p / 2 * x.s + x.p * x.p) -
                            m->tau * x.p + 1.5 * m->eta);
    trace += x.s - x.p * x.p / m->alpha_p;
  }
  sort_modes(m, s);
  out[0] = out[1] = 0;
  out[2] = least;
  out[3] = fabs(trace - m->trace * exp(-2 * m->eta * t));
  for (size_t j = 0; j < n; j++) {
    out[SYMMETRIC_FIRST + j] = p[m->order[j]];
    out[SYMMETRIC_FIRST + n + j] = s[m->order[j]];
  }
  if (user == NULL) return ES_OK;
  from_modes(m, p, user);
  from_modes(m, s, user + n * n);
  return ES_OK;
}
