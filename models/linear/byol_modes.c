/* Observables of `byol`: how far W_p commutes with F = W X W^T, how far W_a is
 * a multiple of W, the law of balance, and modes. All quotients are of matrices
 * scaled to norm one first, so that they keep their digits in collapse. */
#include "models/linear/byol.h"

#include "metrics/modes.h"

#include <math.h>
#include <string.h>

static double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

/* ‖[F, P]‖ and that over ‖F‖‖P‖; Q = P/p and T = Z/z come in, R, F and L are
 * used. F = z^2 Fhat. */
static void commutator(const byol *b, double z, double p, double *out) {
  const size_t n1 = b->n1, n2 = b->n2;
  for (size_t j = 0; j < n1; j++)
    for (size_t i = 0; i < n2; i++)
      b->R[i + j * n2] = b->D[j] * b->T[i + j * n2];
  es_gemm(false, true, n2, n2, n1, 1, b->R, n2, b->T, n2, 0, b->F, n2);
  const double L = es_modes_commutator(n2, b->F, b->Q, b->L);
  out[0] = L * z * z * p;
  out[1] = share(L, es_norm(n2 * n2, b->F));
}

/* ‖W W^T - W_p^T W_p/alpha_p - e^{-2 eta t} law‖ */
static double balance(const byol *b, double t, const byol_state *x) {
  const size_t n = b->n2;
  if (b->law == NULL) return NAN;
  const double left = exp(-2 * b->eta_s * t);
  for (size_t k = 0; k < n * n; k++) b->L[k] = left * b->law[k];
  es_syrk(n, b->n1, 1, x->Z, -1, b->L);
  es_gemm(true, false, n, n, n, -1 / b->alpha_p, x->P, n, x->P, n, 1, b->L, n);
  return es_norm(n * n, b->L);
}

/* tau = <W_a, W>/<W, W> and ‖W_a - tau W‖/‖W_a‖; T = Z/z comes in. */
static void ratio(const byol *b, const byol_state *x, double z, double a,
                  double *out) {
  const size_t n = b->n2 * b->n1;
  double along = 0;
  es_modes_unit(n, x->A, a, b->R);
  for (size_t i = 0; i < n; i++) along += b->R[i] * b->T[i];
  for (size_t i = 0; i < n; i++) b->R[i] -= along * b->T[i];
  out[0] = z > 0 ? along * a / z : NAN;
  out[1] = es_norm(n, b->R);
}

/* Eigenvalues of the symmetric part of W_p beside those of W W^T. */
static es_status modes(const byol *b, const byol_state *x, double *p,
                       double *s) {
  const size_t n = b->n2;
  es_status status = es_svd_left(b->svd, x->Z, b->sigma, b->U);
  if (status != ES_OK) return status;
  for (size_t j = 0; j < n; j++) {
    s[j] = b->sigma[j] * b->sigma[j];
    for (size_t i = 0; i < n; i++)
      b->Q[i + j * n] = x->P[i + j * n] / 2 + x->P[j + i * n] / 2;
  }
  status = es_eigen_run(b->eigen, n, b->Q, b->value, true, NULL);
  if (status == ES_OK) es_modes_pair(n, b->U, b->Q, b->value, b->L, p);
  return status;
}

es_status es_byol_columns(const byol *b, double t, const byol_state *x,
                          double *out) {
  const size_t n1 = b->n1, n2 = b->n2, n = n2 * n1;
  const double z = es_norm(n, x->Z), p = es_norm(n2 * n2, x->P);
  const double a = es_norm(n, x->A);
  out[0] = z;
  out[1] = p;
  out[2] = a;
  es_modes_unit(n, x->Z, z, b->T);
  es_modes_unit(n2 * n2, x->P, p, b->Q);
  out[3] = out[4] = 0; /* F and I commute */
  if (b->variant != BYOL_NO_PREDICTOR) commutator(b, z, p, out + 3);
  out[5] = es_modes_asymmetry(n2, b->Q, b->L);
  out[6] = balance(b, t, x);
  out[7] = z > 0 ? 1 : NAN;
  out[8] = 0;
  if (b->variant == BYOL_EMA) ratio(b, x, z, a, out + 7);
  return modes(b, x, out + BYOL_FIRST, out + BYOL_FIRST + n2);
}

es_status es_byol_observe(void *self, double t, const double *y, double *out) {
  const byol *b = self;
  const byol_state x = es_byol_view(b, y);
  return es_byol_columns(b, t, &x, out);
}
