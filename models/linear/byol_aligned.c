/* The closed form of `byol` with W_a = W where the start is aligned: u_j common
 * eigenvectors of W_p0, which is symmetric, and of W_0 W_0^T, and w_j = W_0^T
 * u_j eigenvectors of X and of X + X'. Then all of them stay, W(t) = sum_j
 * sqrt(s_j(t)/s_j(0)) u_j w_j^T, and (p_j, s_j) are the modes of theory.md 4 at
 * tau = 1, which have closed forms on the parabola or without weight decay. */
#include "models/linear/byol.h"
#include "models/linear/eigenmode.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct es_byol_aligned {
  double *U;               /* n2×n2: u_j */
  double *w;               /* n2×n1: row j is w_j in the state's basis */
  es_eigenmode *mode;      /* n2 */
  size_t *order;           /* n2: modes by falling s */
  double *Z, *P;           /* a state, */
  es_eigenmode_state *now; /* n2: and its modes */
};

void es_byol_aligned_free(es_byol_aligned *a) {
  if (a == NULL) return;
  double *const own[] = {a->U, a->w, a->Z, a->P};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  free(a->mode);
  free(a->order);
  free(a->now);
  free(a);
}

/* Roundoff of a product of the given depth, in units of its factors. */
static double roundoff(size_t depth) { return 8 * (double)depth * DBL_EPSILON; }

/* out (n2×n1) = Z S. */
static void times_S(const byol *b, const double *Z, double *out) {
  const size_t n1 = b->n1, n2 = b->n2;
  if (b->S != NULL)
    es_gemm(false, false, n2, n1, n1, 1, Z, n2, b->S, n1, 0, out, n2);
  for (size_t k = 0; b->S == NULL && k < n1 * n2; k++)
    out[k] = b->sum[k / n2] * Z[k];
}

/* out += weight M/‖M‖ for M = Y Z0^T or, of NULL, W_p0, symmetrised by dsyevd's
 * reading of one triangle; L is used. */
static void mix(const byol *b, double weight, const double *Y, double *out) {
  const size_t n = b->n2, nn = n * n;
  if (Y == NULL)
    memcpy(b->L, b->P0, nn * sizeof *b->L);
  else
    es_gemm(false, true, n, n, b->n1, 1, Y, n, b->Z0, n, 0, b->L, n);
  const double norm = es_norm(nn, b->L);
  for (size_t k = 0; k < nn && norm > 0; k++) out[k] += weight * b->L[k] / norm;
}

/* U of a combination of W_p, W W^T, W X W^T and W (X + X') W^T whose weights no
 * ratio of differences of eigenvalues is likely to be; then w. */
static es_status find_basis(const byol *b, es_byol_aligned *a, es_diag *diag) {
  const size_t n1 = b->n1, n2 = b->n2;
  mix(b, 1, b->Z0, a->U);
  mix(b, .7548776662466927, NULL, a->U);
  for (size_t k = 0; k < n1 * n2; k++) b->R[k] = b->D[k / n2] * b->Z0[k];
  mix(b, .5698402909980532, b->R, a->U);
  times_S(b, b->Z0, b->T);
  mix(b, .4301597090019468, b->T, a->U);
  const es_status status =
      es_eigen_run(b->eigen, n2, a->U, b->value, true, diag);
  if (status == ES_OK)
    es_gemm(true, false, n2, n1, n2, 1, a->U, n2, b->Z0, n2, 0, a->w, n2);
  return status;
}

/* Row i of A times row j of B, n1 long. */
static double dot(const byol *b, const double *A, const double *B, size_t i,
                  size_t j) {
  double sum = 0;
  for (size_t k = 0; k < b->n1; k++) sum += A[i + k * b->n2] * B[j + k * b->n2];
  return sum;
}

/* The eigenvalue whose eigenvector row j of w is, Y being w times the matrix;
 * NaN: it is none. */
static double eigenvalue(const byol *b, const double *w, const double *Y,
                         size_t j, double square) {
  const double value = dot(b, w, Y, j, j) / square;
  double off = 0;
  for (size_t k = 0; k < b->n1; k++) {
    const double gap = Y[j + k * b->n2] - value * w[j + k * b->n2];
    off += gap * gap;
  }
  return sqrt(off / square) <= roundoff(b->n1) * value ? value : NAN;
}

/* Mode j from U^T W_p U in Q and w, w D, w S in w, R, T; false: not aligned. */
static bool place(const byol *b, es_byol_aligned *a, size_t j) {
  const size_t n = b->n2;
  const double square = dot(b, a->w, a->w, j, j), p = b->Q[j + j * n];
  es_eigenmode *mode = &a->mode[j];
  *mode = (es_eigenmode){.alpha_p = b->alpha_p,
                         .eta_p = b->eta_p,
                         .eta_s = b->eta_s,
                         .lambda_s = 1,
                         .lambda_d = 1,
                         .p0 = p,
                         .s0 = square,
                         .tau0 = 1};
  for (size_t i = 0; i < j; i++) {
    const double other = dot(b, a->w, a->w, i, i);
    if (fabs(dot(b, a->w, a->w, i, j)) >
        roundoff(b->n1) * sqrt(square) * sqrt(other))
      return false;
  }
  if (square == 0) return es_eigenmode_has_exact(mode);
  mode->lambda_d = eigenvalue(b, a->w, b->R, j, square);
  mode->lambda_s = eigenvalue(b, a->w, b->T, j, square);
  /* Products leave s some units beside the parabola that it was put on. */
  const double on = p * p / b->alpha_p;
  if (fabs(square - on) <= roundoff(n) * on) mode->s0 = on;
  return mode->lambda_d > 0 && mode->lambda_s > 0 &&
         es_eigenmode_has_exact(mode);
}

/* Q = U^T W_p U is diagonal up to roundoff, so that W_p is symmetric, too; L is
 * used. */
static bool turns_predictor(const byol *b, const es_byol_aligned *a) {
  const size_t n = b->n2;
  es_gemm(false, false, n, n, n, 1, b->P0, n, a->U, n, 0, b->L, n);
  es_gemm(true, false, n, n, n, 1, a->U, n, b->L, n, 0, b->Q, n);
  const double room = roundoff(n) * es_norm(n * n, b->Q);
  for (size_t k = 0; k < n * n; k++)
    if (k % (n + 1) != 0 && !(fabs(b->Q[k]) <= room)) return false;
  return true;
}

static bool aligned(const byol *b, es_byol_aligned *a) {
  if (!turns_predictor(b, a)) return false;
  for (size_t k = 0; k < b->n1 * b->n2; k++)
    b->R[k] = b->D[k / b->n2] * a->w[k];
  times_S(b, a->w, b->T);
  for (size_t j = 0; j < b->n2; j++)
    if (!place(b, a, j)) return false;
  return true;
}

es_status es_byol_align(byol *b, es_diag *diag) {
  const size_t n1 = b->n1, n2 = b->n2;
  if (b->variant != BYOL_SIMSIAM || b->eta_p != b->eta_s) return ES_OK;
  es_byol_aligned *a = calloc(1, sizeof *a);
  if (a == NULL) return es_byol_no_memory(diag);
  a->U = es_zeroed(n2, n2, sizeof *a->U);
  a->w = es_zeroed(n2, n1, sizeof *a->w);
  a->mode = es_zeroed(n2, 1, sizeof *a->mode);
  a->order = es_zeroed(n2, 1, sizeof *a->order);
  a->now = es_zeroed(n2, 1, sizeof *a->now);
  a->Z = es_zeroed(n2, n1, sizeof *a->Z);
  a->P = es_zeroed(n2, n2, sizeof *a->P);
  es_status status = ES_OK;
  if (a->U == NULL || a->w == NULL || a->mode == NULL || a->order == NULL ||
      a->now == NULL || a->Z == NULL || a->P == NULL)
    status = es_byol_no_memory(diag);
  if (status == ES_OK) status = find_basis(b, a, diag);
  if (status == ES_OK && aligned(b, a))
    b->aligned = a;
  else
    es_byol_aligned_free(a);
  return status;
}

/* Z and P of the modes as they are now; Q and R are used. */
static void compose(const byol *b, const es_byol_aligned *a) {
  const size_t n1 = b->n1, n2 = b->n2;
  for (size_t j = 0; j < n2; j++) {
    const es_eigenmode_state *x = &a->now[j];
    const double grown = x->s > 0 ? sqrt(x->s / a->mode[j].s0) : 0;
    for (size_t k = 0; k < n1; k++) b->R[j + k * n2] = grown * a->w[j + k * n2];
    for (size_t i = 0; i < n2; i++) b->Q[i + j * n2] = x->p * a->U[i + j * n2];
  }
  es_gemm(false, false, n2, n1, n2, 1, a->U, n2, b->R, n2, 0, a->Z, n2);
  es_gemm(false, true, n2, n2, n2, 1, b->Q, n2, a->U, n2, 0, a->P, n2);
}

es_status es_byol_aligned_at(const byol *b, double t, byol_state *x,
                             double *out) {
  const es_byol_aligned *a = b->aligned;
  const size_t n = b->n2;
  for (size_t j = 0; j < n; j++) {
    a->now[j] = es_eigenmode_exact(&a->mode[j], t);
    size_t k = j;
    for (; k > 0 && a->now[a->order[k - 1]].s < a->now[j].s; k--)
      a->order[k] = a->order[k - 1];
    a->order[k] = j;
  }
  compose(b, a);
  *x = (byol_state){a->Z, a->P, a->Z};
  const es_status status = es_byol_columns(b, t, x, out);
  /* What the form of the solution says, and not what is found again. */
  out[3] = out[4] = out[5] = 0;
  for (size_t j = 0; j < n; j++) {
    out[BYOL_FIRST + j] = a->now[a->order[j]].p;
    out[BYOL_FIRST + n + j] = a->now[a->order[j]].s;
  }
  return status;
}
