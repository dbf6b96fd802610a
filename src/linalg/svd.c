/* Left singular vectors of W (n×m), all n of them, and singular values that
 * keep their digits beside larger ones:
 *   W^T P = Q R        columns pivoted; zero rows are added where m < n
 *   R^T = U1 S V^T     one-sided Jacobi, so that P U1 are W's left vectors
 * (Demmel and Veselic, SIAM J. Matrix Anal. Appl. 13 (1992) 1204: R^T is graded
 * and otherwise well conditioned). Jacobi leaves out the vectors of zero
 * singular values, and orders above SMALL go by divide and conquer, which is
 * many times as fast. */
#include "linalg/linalg.h"

#include "base/slab.h"

#include <lapacke.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 64, LARGEST = 32766 };

struct es_svd {
  size_t n, m, rows; /* rows: max(n, m) */
  es_slab slab;
  double *B, *G, *VT, *tau, *work;
  lapack_int lwork;
  lapack_int *pivot, *iwork;
};

/* Of dgesdd and of the rest, which take 64 columns at a time. */
static es_status plan_work(es_svd *w, es_diag *diag) {
  const lapack_int n = (lapack_int)w->n;
  double unused = 0, size = 0;
  w->lwork = 64 * (n + 1) + 2 * n;
  if (n <= SMALL) return ES_OK;
  if (LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'A', n, n, &unused, n, &unused,
                          &unused, n, &unused, n, &size, -1, NULL) != 0 ||
      !(size >= 1 && size <= INT_MAX))
    return es_fail(diag, ES_BAD_SHAPE, "LAPACK plans no work for order %zu",
                   w->n);
  if ((lapack_int)size > w->lwork) w->lwork = (lapack_int)size;
  return ES_OK;
}

static es_status allocate(es_svd *w, es_diag *diag) {
  const size_t n = w->n, column = n * sizeof(double);
  size_t total = 0;
  es_slab_add(&total, w->rows, column);
  for (int i = 0; i < 2; i++) es_slab_add(&total, n, column);
  es_slab_add(&total, n, sizeof(double));
  es_slab_add(&total, (size_t)w->lwork, sizeof(double));
  es_slab_add(&total, 9 * n, sizeof(lapack_int));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->B = es_slab_take(&w->slab, w->rows, column);
  w->G = es_slab_take(&w->slab, n, column);
  w->VT = es_slab_take(&w->slab, n, column);
  w->tau = es_slab_take(&w->slab, n, sizeof(double));
  w->work = es_slab_take(&w->slab, (size_t)w->lwork, sizeof(double));
  w->pivot = es_slab_take(&w->slab, 9 * n, sizeof(lapack_int));
  w->iwork = w->pivot + n;
  return ES_OK;
}

es_status es_svd_new(es_svd **out, size_t n, size_t m, es_diag *diag) {
  *out = NULL;
  if (n == 0 || m == 0 || n > LARGEST || m > INT_MAX / 128)
    return es_fail(diag, ES_BAD_SHAPE, "a %zu by %zu matrix is out of range", n,
                   m);
  es_svd *w = calloc(1, sizeof *w);
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  w->n = n;
  w->m = m;
  w->rows = n > m ? n : m;
  es_status status = plan_work(w, diag);
  if (status == ES_OK) status = allocate(w, diag);
  if (status == ES_OK)
    *out = w;
  else
    es_svd_free(w);
  return status;
}

void es_svd_free(es_svd *work) {
  if (work == NULL) return;
  es_slab_close(&work->slab);
  free(work);
}

/* G = R^T and the pivots. */
static es_status triangle(es_svd *w, const double *W) {
  const size_t n = w->n, rows = w->rows;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < rows; j++)
      w->B[j + i * rows] = j < w->m ? W[i + j * n] : 0;
  memset(w->pivot, 0, n * sizeof *w->pivot);
  if (LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, (lapack_int)rows, (lapack_int)n,
                          w->B, (lapack_int)rows, w->pivot, w->tau, w->work,
                          w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++)
      w->G[i + j * n] = i >= j ? w->B[j + i * rows] : 0;
  return ES_OK;
}

/* Columns rank … n-1 of U become an orthonormal basis of what the others leave
 * out: the last columns of the Q of a QR of those. */
static es_status complete(es_svd *w, size_t rank, double *U) {
  const lapack_int n = (lapack_int)w->n, r = (lapack_int)rank;
  if (rank == w->n) return ES_OK;
  memcpy(w->VT, U, w->n * rank * sizeof *U);
  if (rank > 0 && LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, n, r, w->VT, n, w->tau,
                                      w->work, w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  if (LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, n, n, r, w->VT, n, w->tau, w->work,
                          w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  memcpy(U + w->n * rank, w->VT + w->n * rank,
         w->n * (w->n - rank) * sizeof *U);
  return ES_OK;
}

/* U1, falling, of G; both n×n. */
static es_status jacobi(es_svd *w, double *sigma, double *U) {
  const lapack_int n = (lapack_int)w->n;
  memcpy(U, w->G, w->n * w->n * sizeof *U);
  if (LAPACKE_dgesvj_work(LAPACK_COL_MAJOR, 'L', 'U', 'N', n, n, U, n, sigma, 0,
                          NULL, n, w->work, w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  for (size_t i = 0; i < w->n; i++) sigma[i] *= w->work[0];
  return complete(w, (size_t)w->work[1], U);
}

static es_status divide(es_svd *w, double *sigma, double *U) {
  const lapack_int n = (lapack_int)w->n;
  return LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'A', n, n, w->G, n, sigma, U, n,
                             w->VT, n, w->work, w->lwork, w->iwork) == 0
             ? ES_OK
             : ES_NO_CONVERGENCE;
}

static es_status left(es_svd *w, const double *W, double *sigma, double *U) {
  const size_t n = w->n;
  es_status status = triangle(w, W);
  if (status == ES_OK)
    status = n <= SMALL ? jacobi(w, sigma, U) : divide(w, sigma, U);
  /* P U1: row i of U1 is W's row pivot[i]. */
  for (size_t j = 0; status == ES_OK && j < n; j++) {
    for (size_t i = 0; i < n; i++) w->tau[w->pivot[i] - 1] = U[i + j * n];
    memcpy(U + j * n, w->tau, n * sizeof *U);
  }
  return status;
}

es_status es_svd_left(es_svd *work, const double *W, double *sigma, double *U) {
  const int threads = es_blas_serial_below(work->n);
  const es_status status = left(work, W, sigma, U);
  es_blas_resume(threads);
  return status;
}
