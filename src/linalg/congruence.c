/* Eigenvalues of C = Z diag(gamma) Z^T, Z (d×m), gamma of either sign.
 *
 * Forming C costs every eigenvalue an absolute error of about u*|C|: with
 * lambda_1 = 1 a mode that is still at 1e-17 is lost. The factored way keeps
 * it. With J = sign(gamma) and B = (Z |gamma|^(1/2))^T (m×d),
 *   B P = Q R                 rows sorted by size, columns pivoted
 *   M = Q^T J Q = L L^T       well conditioned where C is positive definite
 *   C = P (R^T L)(R^T L)^T P^T
 * and one-sided Jacobi on R^T L, whose columns are graded and otherwise well
 * conditioned, gives its singular values to high relative accuracy (Demmel and
 * Veselic, SIAM J. Matrix Anal. Appl. 13 (1992) 1204; Cox and Higham, Numer.
 * Math. 80 (1998) 1, on sorting rows). Where the Cholesky factor does not exist
 * C is indefinite, and the eigenvalues of C itself are returned. */
#include "linalg/linalg.h"

#include "base/slab.h"

#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct es_congruence {
  size_t d, m;
  es_slab slab;
  double *B, *C, *M, *T, *tau, *norm, *work;
  lapack_int lwork;
  lapack_int *pivot;
  size_t *order, *spare; /* spare: for sorting */
};

static void plan(es_congruence *w, size_t *total) {
  const size_t d = w->d, m = w->m;
  es_slab_add(total, m * d, sizeof(double));
  for (int i = 0; i < 3; i++) es_slab_add(total, d * d, sizeof(double));
  es_slab_add(total, d, sizeof(double));
  es_slab_add(total, m, sizeof(double));
  es_slab_add(total, (size_t)w->lwork, sizeof(double));
  es_slab_add(total, d, sizeof(lapack_int));
  for (int i = 0; i < 2; i++) es_slab_add(total, m, sizeof(size_t));
}

static void carve(es_congruence *w) {
  const size_t d = w->d, m = w->m;
  w->B = es_slab_take(&w->slab, m * d, sizeof(double));
  w->C = es_slab_take(&w->slab, d * d, sizeof(double));
  w->M = es_slab_take(&w->slab, d * d, sizeof(double));
  w->T = es_slab_take(&w->slab, d * d, sizeof(double));
  w->tau = es_slab_take(&w->slab, d, sizeof(double));
  w->norm = es_slab_take(&w->slab, m, sizeof(double));
  w->work = es_slab_take(&w->slab, (size_t)w->lwork, sizeof(double));
  w->pivot = es_slab_take(&w->slab, d, sizeof(lapack_int));
  w->order = es_slab_take(&w->slab, m, sizeof(size_t));
  w->spare = es_slab_take(&w->slab, m, sizeof(size_t));
}

es_status es_congruence_new(es_congruence **out, size_t d, size_t m,
                            es_diag *diag) {
  size_t total = 0, cells;
  *out = NULL;
  if (d == 0 || d > m || m > INT_MAX / 128 || !es_size_mul(&cells, d, m))
    return es_fail(diag, ES_BAD_SHAPE, "a %zu by %zu matrix is out of range", d,
                   m);
  es_congruence *w = calloc(1, sizeof *w);
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  w->d = d;
  w->m = m;
  w->lwork = (lapack_int)(64 * (d + 1) + 2 * d);
  plan(w, &total);
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) {
    free(w);
    return status;
  }
  carve(w);
  *out = w;
  return ES_OK;
}

void es_congruence_free(es_congruence *work) {
  if (work == NULL) return;
  es_slab_close(&work->slab);
  free(work);
}

es_status es_congruence_eigen(es_congruence *w, const double *Z,
                              const double *gamma, double *values,
                              double *vectors) {
  const size_t d = w->d, m = w->m;
  const lapack_int order = (lapack_int)d;
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i < d; i++) w->B[i + j * d] = gamma[j] * Z[i + j * d];
  es_gemm(false, true, d, d, m, 1, w->B, d, Z, d, 0, w->C, d);
  const int threads = es_blas_serial_below(d);
  const lapack_int info =
      LAPACKE_dsyev_work(LAPACK_COL_MAJOR, vectors != NULL ? 'V' : 'N', 'U',
                         order, w->C, order, values, w->work, w->lwork);
  es_blas_resume(threads);
  if (info != 0) return ES_NO_CONVERGENCE;
  if (vectors != NULL) memcpy(vectors, w->C, d * d * sizeof *vectors);
  es_eigen_reverse(d, values, vectors);
  return ES_OK;
}

/* Merges order[from..middle) and order[middle..to), each of falling norm. */
static void merge(const double *norm, size_t *order, size_t *spare, size_t from,
                  size_t middle, size_t to) {
  if (!(norm[order[middle - 1]] < norm[order[middle]])) return;
  const size_t left = middle - from;
  memcpy(spare, order + from, left * sizeof *spare);
  size_t i = 0, j = middle, k = from;
  while (i < left)
    order[k++] =
        j < to && norm[spare[i]] < norm[order[j]] ? order[j++] : spare[i++];
}

/* order[] = rows by falling norm, equals as they stand: runs of twice the
 * length in each pass. Rows often arrive sorted (modes stand in the order of
 * their eigenvalues), where a pass is a look at the ends of its runs. */
static void sort_rows(size_t m, const double *norm, size_t *order,
                      size_t *spare) {
  for (size_t i = 0; i < m; i++) order[i] = i;
  for (size_t run = 1; run < m; run *= 2)
    for (size_t from = 0; m - from > run; from += 2 * run) {
      const size_t rest = m - from;
      merge(norm, order, spare, from, from + run,
            from + (rest < 2 * run ? rest : 2 * run));
      if (rest <= 2 * run) break;
    }
}

/* B = (Z |gamma|^(1/2))^T with rows sorted by size. */
static void sorted_factor(es_congruence *w, const double *Z,
                          const double *gamma) {
  const size_t d = w->d, m = w->m;
  for (size_t j = 0; j < m; j++)
    w->norm[j] = sqrt(fabs(gamma[j])) * es_norm(d, Z + j * d);
  sort_rows(m, w->norm, w->order, w->spare);
  for (size_t r = 0; r < m; r++) {
    const size_t j = w->order[r];
    const double root = sqrt(fabs(gamma[j]));
    for (size_t i = 0; i < d; i++) w->B[r + i * m] = root * Z[i + j * d];
  }
}

/* M = Q^T J Q = I - 2 Q_-^T Q_-, over the rows with gamma < 0. Exactly I where
 * there are none. */
static void signed_gram(es_congruence *w, const double *gamma) {
  const size_t d = w->d, m = w->m;
  memset(w->M, 0, d * d * sizeof *w->M);
  for (size_t i = 0; i < d; i++) w->M[i + i * d] = 1;
  for (size_t r = 0; r < m; r++) {
    if (gamma[w->order[r]] >= 0) continue;
    for (size_t j = 0; j < d; j++)
      for (size_t i = j; i < d; i++)
        w->M[i + j * d] -= 2 * w->B[r + i * m] * w->B[r + j * m];
  }
}

static es_status factored(es_congruence *w, const double *Z,
                          const double *gamma, double *values) {
  const size_t d = w->d, m = w->m;
  const lapack_int rows = (lapack_int)m, cols = (lapack_int)d;
  sorted_factor(w, Z, gamma);
  memset(w->pivot, 0, d * sizeof *w->pivot);
  if (LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, rows, cols, w->B, rows, w->pivot,
                          w->tau, w->work, w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  /* T = R^T, lower triangular. */
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i < d; i++)
      w->T[i + j * d] = i >= j ? w->B[j + i * m] : 0;
  if (LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, rows, cols, cols, w->B, rows,
                          w->tau, w->work, w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  signed_gram(w, gamma);
  if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', cols, w->M, cols) != 0)
    return es_congruence_eigen(w, Z, gamma, values, NULL);
  for (size_t j = 1; j < d; j++)
    for (size_t i = 0; i < j; i++) w->M[i + j * d] = 0;
  es_gemm(false, false, d, d, d, 1, w->T, d, w->M, d, 0, w->C, d);
  if (LAPACKE_dgesvj_work(LAPACK_COL_MAJOR, 'L', 'N', 'N', cols, cols, w->C,
                          cols, values, 0, NULL, cols, w->work, w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  for (size_t i = 0; i < d; i++) {
    const double sigma = w->work[0] * values[i];
    values[i] = sigma * sigma;
  }
  return ES_OK;
}

es_status es_congruence_factored(es_congruence *w, const double *Z,
                                 const double *gamma, double *values) {
  const int threads = es_blas_serial_below(w->d);
  const es_status status = factored(w, Z, gamma, values);
  es_blas_resume(threads);
  return status;
}
