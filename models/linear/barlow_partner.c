/* The aligned partner of a generic start, W0 V_{<=d} = U R (theory.md 1), and
 * how many modes can be learned from one. Both are QR factorisations of what
 * may have less than full rank: a column that depends on those before it has
 * R_jj = 0 and takes no direction. Householder's method gives it one all the
 * same, of roundoff, which the columns behind it would lose: from the first
 * such column on these are made orthogonal to those before them one by one. */
#include "models/linear/barlow.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* The column q (m), made orthogonal to the j of Q twice, as rounding needs, and
 * of length 1. Returns R_jj, or 0, and q is 0, where it is below least. work: j
 * numbers. */
static double orthogonalise(size_t m, size_t j, const double *Q, double *q,
                            double least, double *work) {
  for (int twice = 0; j > 0 && twice < 2; twice++) {
    es_gemm(true, false, j, 1, m, 1, Q, m, q, m, 0, work, j);
    es_gemm(false, false, m, 1, j, -1, Q, m, work, j, 1, q, m);
  }
  const double left = es_norm(m, q);
  const bool stays = left > least;
  for (size_t i = 0; i < m; i++) q[i] = stays ? q[i] / left : 0;
  return stays ? left : 0;
}

/* What is roundoff beside the column a of n. */
static double roundoff(size_t m, size_t n, const double *a) {
  return 4 * (double)n * DBL_EPSILON * es_norm(m, a);
}

/* Q (m×n) and the diagonal of R (n) of A (m×n, m >= n). */
static es_status factor(size_t m, size_t n, const double *A, double *Q,
                        double *diagonal, es_diag *diag) {
  double *R = es_zeroed(n, n, sizeof *R);
  if (R == NULL) return es_barlow_no_memory(diag);
  memcpy(Q, A, m * n * sizeof *Q);
  const es_status status = es_qr(m, n, Q, R, diag);
  size_t j = 0;
  for (; status == ES_OK && j < n; j++) {
    if (!(R[j + j * n] > roundoff(m, n, A + j * m))) break;
    diagonal[j] = R[j + j * n];
  }
  memcpy(Q + j * m, A + j * m, (n - j) * m * sizeof *Q);
  for (; status == ES_OK && j < n; j++)
    diagonal[j] =
        orthogonalise(m, j, Q, Q + j * m, roundoff(m, n, A + j * m), R);
  free(R);
  return status;
}

es_status es_barlow_find_partner(barlow *b, es_diag *diag) {
  b->U = es_zeroed(b->d, b->d, sizeof *b->U);
  return b->U == NULL ? es_barlow_no_memory(diag)
                      : factor(b->d, b->d, b->Z0, b->U, b->s0, diag);
}

/* Rows of Z0 on the columns that grow, as columns of A. */
static void growing_rows(const barlow *b, size_t rows, double *A) {
  for (size_t j = 0, r = 0; j < b->m; j++) {
    if (!(b->rate[j] > 0)) continue;
    for (size_t i = 0; i < b->d; i++) A[r + i * rows] = b->Z0[i + j * b->d];
    r++;
  }
}

/* The rank of a generic start on the columns that grow. */
static es_status find_rank(barlow *b, es_diag *diag) {
  const size_t d = b->d;
  size_t p = 0;
  for (size_t j = 0; j < b->m; j++) p += b->rate[j] > 0;
  const size_t rows = p > d ? p : d;
  double *A = es_zeroed(rows, d, sizeof *A), *Q = es_zeroed(rows, d, sizeof *Q);
  double *diagonal = es_zeroed(d, 1, sizeof *diagonal);
  es_status status = A == NULL || Q == NULL || diagonal == NULL
                         ? es_barlow_no_memory(diag)
                         : ES_OK;
  if (status == ES_OK) {
    growing_rows(b, rows, A);
    status = factor(rows, d, A, Q, diagonal, diag);
  }
  for (size_t i = 0; status == ES_OK && i < d; i++)
    b->reachable += diagonal[i] > 0;
  free(A);
  free(Q);
  free(diagonal);
  return status;
}

es_status es_barlow_count_learnable(barlow *b, es_diag *diag) {
  b->reachable = 0;
  if (!b->aligned) return find_rank(b, diag);
  for (size_t j = 0; j < b->d; j++)
    b->reachable += b->rate[j] > 0 && b->s0[j] > 0;
  return ES_OK;
}
