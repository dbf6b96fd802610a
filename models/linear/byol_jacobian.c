/* The derivative of byol_flow.c's right-hand sides, entry by entry. With T = Z
 * S, E = Z D and R = A D - P T,
 *   d R  = dA D - dP T - P dZ S
 *   d Z' = dP^T R + P^T dR - eta_s dZ   (both branches: + dP E + P dZ D - dZ S)
 *   d P' = alpha_p (dR Z^T + R dZ^T) - eta_p dP
 *   d A' = beta (dZ - dA)
 * where A = Z moves with Z but of BYOL_EMA. */
#include "models/linear/byol.h"

/* J's columns come one by one: a unit of Z, P or A at row a and column c. */
typedef struct column {
  const byol *b;
  const double *Z, *P;
  double *dZ, *dP, *dA; /* of the column, zeroed */
  double *G, *H;        /* n2×n2: P^T P, alpha_p T Z^T */
} column;

/* S_(j,c). */
static double sum_at(const byol *b, size_t j, size_t c) {
  return b->S != NULL ? b->S[j + c * b->n1] : j == c ? b->sum[j] : 0;
}

/* dZ = e_a e_c^T, A apart. */
static void by_Z(const column *x, size_t a, size_t c) {
  const byol *b = x->b;
  const size_t n1 = b->n1, n2 = b->n2;
  for (size_t j = 0; j < n1; j++) {
    const double s = sum_at(b, c, j);
    if (s == 0) continue;
    for (size_t i = 0; i < n2; i++) x->dZ[i + j * n2] -= x->G[i + a * n2] * s;
    if (b->variant == BYOL_NO_STOP) x->dZ[a + j * n2] -= s;
  }
  if (b->variant == BYOL_NO_STOP)
    for (size_t i = 0; i < n2; i++)
      x->dZ[i + c * n2] += x->P[i + a * n2] * b->D[c];
  x->dZ[a + c * n2] -= b->eta_s;
  for (size_t j = 0; j < n2; j++)
    for (size_t i = 0; i < n2; i++)
      x->dP[i + j * n2] -= b->alpha_p * x->P[i + a * n2] * b->T[j + c * n2];
  for (size_t i = 0; i < n2; i++)
    x->dP[i + a * n2] += b->alpha_p * b->R[i + c * n2];
  if (b->variant == BYOL_EMA) x->dA[a + c * n2] += b->beta;
}

/* dA = e_a e_c^T in the error. */
static void by_A(const column *x, size_t a, size_t c) {
  const byol *b = x->b;
  const size_t n2 = b->n2;
  for (size_t i = 0; i < n2; i++) {
    x->dZ[i + c * n2] += x->P[a + i * n2] * b->D[c];
    x->dP[a + i * n2] += b->alpha_p * b->D[c] * x->Z[i + c * n2];
  }
}

/* dP = e_a e_c^T. */
static void by_P(const column *x, size_t a, size_t c) {
  const byol *b = x->b;
  const size_t n2 = b->n2;
  for (size_t j = 0; j < b->n1; j++) {
    x->dZ[c + j * n2] += b->R[a + j * n2];
    for (size_t i = 0; i < n2; i++)
      x->dZ[i + j * n2] -= x->P[a + i * n2] * b->T[c + j * n2];
    if (b->variant == BYOL_NO_STOP)
      x->dZ[a + j * n2] += b->D[j] * x->Z[c + j * n2];
  }
  for (size_t j = 0; j < n2; j++) x->dP[a + j * n2] -= x->H[c + j * n2];
  x->dP[a + c * n2] -= b->eta_p;
}

/* Column k of J. */
static column at(const column *x, double *J, size_t k) {
  const size_t n = es_byol_length(x->b), wide = x->b->n2 * x->b->n1;
  column out = *x;
  out.dZ = J + k * n;
  out.dP = out.dZ + wide;
  out.dA = out.dP + x->b->n2 * x->b->n2;
  return out;
}

static void without_predictor(const byol *b, double *J) {
  const size_t n = b->n2 * b->n1;
  for (size_t k = 0; k < n; k++) J[k + k * n] = -(b->D[k / b->n2] + b->eta_s);
}

es_status es_byol_jacobian(double t, const double *y, double *J, double *dfdt,
                           void *self) {
  const byol *b = self;
  const size_t n1 = b->n1, n2 = b->n2, wide = n2 * n1;
  const byol_state x = es_byol_view(b, y);
  (void)dfdt;
  if (b->variant == BYOL_NO_PREDICTOR) {
    without_predictor(b, J);
    return ES_OK;
  }
  /* Leaves T and R behind; what it computes is written over. */
  const es_status status = es_byol_rhs(t, y, J, self);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < es_byol_length(b); k++) J[k] = 0;
  es_gemm(true, false, n2, n2, n2, 1, x.P, n2, x.P, n2, 0, b->F, n2);
  es_gemm(false, true, n2, n2, n1, b->alpha_p, b->T, n2, x.Z, n2, 0, b->L, n2);
  const column base = {.b = b, .Z = x.Z, .P = x.P, .G = b->F, .H = b->L};
  for (size_t k = 0; k < wide; k++) {
    const column here = at(&base, J, k);
    const column target =
        b->variant == BYOL_EMA ? at(&base, J, k + wide + n2 * n2) : here;
    by_Z(&here, k % n2, k / n2);
    by_A(&target, k % n2, k / n2);
    if (b->variant == BYOL_EMA) target.dA[k] -= b->beta;
  }
  for (size_t k = 0; k < n2 * n2; k++) {
    const column here = at(&base, J, k + wide);
    by_P(&here, k % n2, k / n2);
  }
  return ES_OK;
}
