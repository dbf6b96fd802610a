/* Right-hand sides of `byol` (theory.md 2), in the basis of byol.h:
 *   R  = A D - P Z S          the error, of which all are made
 *   P' = alpha_p R Z^T - eta_p P
 *   Z' = P^T R - eta_s Z      (through both branches: + P Z D - Z S)
 *   A' = beta (Z - A)
 * Without a predictor Z' = -Z (D + eta_s), D being X' there. Products are
 * added to what one pass over the state has left for them. */
#include "models/linear/byol.h"

#include <string.h>

/* Numbers in a state that are worth a second thread's waking. */
enum { WIDE = 1 << 14 };

static size_t cells(const byol *b) { return b->n2 * b->n1; }

size_t es_byol_length(const byol *b) {
  if (b->variant == BYOL_NO_PREDICTOR) return cells(b);
  const size_t two = cells(b) + b->n2 * b->n2;
  return b->variant == BYOL_EMA ? two + cells(b) : two;
}

byol_state es_byol_view(const byol *b, const double *y) {
  const double *P = b->variant == BYOL_NO_PREDICTOR ? b->P0 : y + cells(b);
  return (byol_state){y, P, b->variant == BYOL_EMA ? P + b->n2 * b->n2 : y};
}

/* C = alpha op(A) op(B) + beta C for n2×n2 times n2×n1. */
static void wide(const byol *b, bool transpose, double alpha, const double *A,
                 const double *B, double beta, double *C) {
  es_gemm(transpose, false, b->n2, b->n1, b->n2, alpha, A, b->n2, B, b->n2,
          beta, C, b->n2);
}

/* One pass: R = A D, Z' = -eta_s Z, A' = beta (Z - A); T = Z S where S is
 * diagonal. */
static void one_pass(const byol *b, const byol_state *x, double *dZ,
                     double *dA) {
  const size_t n2 = b->n2;
  const bool diagonal = b->S == NULL, ema = b->variant == BYOL_EMA;
#pragma omp parallel for schedule(static) if (n2 * b->n1 >= WIDE)
  for (size_t j = 0; j < b->n1; j++) {
    const double *z = x->Z + j * n2, *a = x->A + j * n2;
    double *r = b->R + j * n2, *t = b->T + j * n2, *dz = dZ + j * n2;
    for (size_t i = 0; i < n2; i++) {
      r[i] = b->D[j] * a[i];
      dz[i] = -b->eta_s * z[i];
    }
    if (diagonal)
      for (size_t i = 0; i < n2; i++) t[i] = b->sum[j] * z[i];
    if (!ema) continue;
    double *da = dA + j * n2;
    for (size_t i = 0; i < n2; i++) da[i] = b->beta * (z[i] - a[i]);
  }
}

static void without_predictor(const byol *b, const double *Z, double *dZ) {
  const size_t n2 = b->n2;
  for (size_t j = 0; j < b->n1; j++)
    for (size_t i = 0; i < n2; i++)
      dZ[i + j * n2] = -(b->D[j] + b->eta_s) * Z[i + j * n2];
}

es_status es_byol_rhs(double t, const double *y, double *dydt, void *self) {
  const byol *b = self;
  const byol_state x = es_byol_view(b, y);
  const size_t n1 = b->n1, n2 = b->n2, n = cells(b);
  double *dZ = dydt, *dP = dydt + n, *dA = dP + n2 * n2;
  (void)t;
  if (b->variant == BYOL_NO_PREDICTOR) {
    without_predictor(b, x.Z, dZ);
    return ES_OK;
  }
  one_pass(b, &x, dZ, dA);
  if (b->S != NULL)
    es_gemm(false, false, n2, n1, n1, 1, x.Z, n2, b->S, n1, 0, b->T, n2);
  if (b->variant == BYOL_NO_STOP) { /* R = Z D still */
    wide(b, false, 1, x.P, b->R, 1, dZ);
    for (size_t i = 0; i < n; i++) dZ[i] -= b->T[i];
  }
  wide(b, false, -1, x.P, b->T, 1, b->R);
  wide(b, true, 1, x.P, b->R, 1, dZ);
  for (size_t i = 0; i < n2 * n2; i++) dP[i] = -b->eta_p * x.P[i];
  es_gemm(false, true, n2, n2, n1, b->alpha_p, b->R, n2, x.Z, n2, 1, dP, n2);
  return ES_OK;
}
