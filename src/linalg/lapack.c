/* Symmetric eigenproblem and QR over LAPACKE: see linalg.h. */
#include "linalg/linalg.h"

#include "base/slab.h"

#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

static es_status too_large(es_diag *diag, size_t n) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for a matrix of order %zu", n);
}

/* dsyevd takes 1 + 6n + 2n^2 doubles, dgeqrf here 65 n: both counts are ints.
 */
enum { LARGEST_ORDER = 32766, MOST_COLUMNS = INT_MAX / 65 };

struct es_eigen {
  size_t n;
  bool vectors;
  es_slab slab;
  lapack_int lwork, liwork;
  double *work;
  lapack_int *iwork;
};

/* What dsyevd asks for. */
static es_status ask(lapack_int *lwork, lapack_int *liwork, size_t n,
                     bool vectors, es_diag *diag) {
  const lapack_int order = (lapack_int)n;
  double unused = 0, work_size = 0;
  if (n > LARGEST_ORDER) return too_large(diag, n);
  if (n == 0) return es_fail(diag, ES_BAD_SHAPE, "a matrix of order 0");
  *liwork = 0;
  const lapack_int info =
      LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, vectors ? 'V' : 'N', 'U', order,
                          &unused, order, &unused, &work_size, -1, liwork, -1);
  if (info != 0 || !(work_size >= 1 && work_size <= INT_MAX) || *liwork < 1)
    return es_fail(diag, ES_BAD_SHAPE, "LAPACK plans no work for order %zu", n);
  *lwork = (lapack_int)work_size;
  return ES_OK;
}

/* For small orders dsyevd asks for more without vectors than with them. */
static es_status plan(es_eigen *w, es_diag *diag) {
  lapack_int lwork = 0, liwork = 0;
  es_status status = ask(&w->lwork, &w->liwork, w->n, false, diag);
  if (status == ES_OK && w->vectors)
    status = ask(&lwork, &liwork, w->n, true, diag);
  if (status != ES_OK) return status;
  if (lwork > w->lwork) w->lwork = lwork;
  if (liwork > w->liwork) w->liwork = liwork;
  size_t total = 0;
  es_slab_add(&total, (size_t)w->lwork, sizeof *w->work);
  es_slab_add(&total, (size_t)w->liwork, sizeof *w->iwork);
  status = es_slab_open(&w->slab, total, NULL);
  if (status != ES_OK) return too_large(diag, w->n);
  w->work = es_slab_take(&w->slab, (size_t)w->lwork, sizeof *w->work);
  w->iwork = es_slab_take(&w->slab, (size_t)w->liwork, sizeof *w->iwork);
  return ES_OK;
}

es_status es_eigen_new(es_eigen **out, size_t n, bool vectors, es_diag *diag) {
  *out = NULL;
  es_eigen *w = calloc(1, sizeof *w);
  if (w == NULL) return too_large(diag, n);
  w->n = n;
  w->vectors = vectors;
  const es_status status = plan(w, diag);
  if (status == ES_OK)
    *out = w;
  else
    es_eigen_free(w);
  return status;
}

void es_eigen_free(es_eigen *work) {
  if (work == NULL) return;
  es_slab_close(&work->slab);
  free(work);
}

/* LAPACK chooses its blocks by the room it is given, and so its rounding: it is
 * given what this order asks for and not all there is. */
es_status es_eigen_run(es_eigen *w, size_t n, double *A, double *values,
                       bool vectors, es_diag *diag) {
  const lapack_int order = (lapack_int)n;
  lapack_int lwork, liwork;
  if (n > w->n || (vectors && !w->vectors))
    return es_fail(diag, ES_BAD_SHAPE,
                   "order %zu where eigenproblems up to %zu were planned", n,
                   w->n);
  const es_status status = ask(&lwork, &liwork, n, vectors, diag);
  if (status != ES_OK) return status;
  const int threads = es_blas_serial_below(n);
  const lapack_int info =
      LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, vectors ? 'V' : 'N', 'U', order, A,
                          order, values, w->work, lwork, w->iwork, liwork);
  es_blas_resume(threads);
  return info == 0 ? ES_OK
                   : es_fail(diag, ES_NO_CONVERGENCE,
                             "eigenvalues of a matrix of order %zu did not "
                             "converge",
                             n);
}

es_status es_eigen_symmetric(size_t n, double *A, double *values, bool vectors,
                             es_diag *diag) {
  es_eigen *work;
  es_status status = es_eigen_new(&work, n, vectors, diag);
  if (status == ES_OK) status = es_eigen_run(work, n, A, values, vectors, diag);
  es_eigen_free(work);
  return status;
}

static void swap(double *a, double *b) {
  const double t = *a;
  *a = *b;
  *b = t;
}

void es_eigen_reverse(size_t n, double *values, double *vectors) {
  for (size_t i = 0, j = n - 1; i < j; i++, j--) {
    swap(values + i, values + j);
    for (size_t r = 0; vectors != NULL && r < n; r++)
      swap(vectors + r + i * n, vectors + r + j * n);
  }
}

void es_eigen_falling(size_t n, double *values, double *vectors) {
  es_eigen_reverse(n, values, vectors);
  for (size_t j = 0; vectors != NULL && j < n; j++) {
    double *v = vectors + j * n, largest = 0;
    for (size_t r = 0; r < n; r++)
      if (fabs(v[r]) > fabs(largest)) largest = v[r];
    for (size_t r = 0; largest < 0 && r < n; r++) v[r] = -v[r];
  }
}

/* Signs are LAPACK's; make R_jj >= 0 by turning columns of Q and rows of R. */
static void make_diagonal_positive(size_t m, size_t n, double *Q, double *R) {
  for (size_t j = 0; j < n; j++) {
    if (R[j + j * n] >= 0) continue;
    for (size_t i = 0; i < m; i++) Q[i + j * m] = -Q[i + j * m];
    for (size_t k = j; k < n; k++) R[j + k * n] = -R[j + k * n];
  }
}

es_status es_qr(size_t m, size_t n, double *A, double *R, es_diag *diag) {
  if (m > INT_MAX / 2 || n > MOST_COLUMNS) return too_large(diag, m);
  const lapack_int rows = (lapack_int)m, cols = (lapack_int)n;
  const lapack_int lwork = 64 * cols;
  double *work = malloc(((size_t)lwork + n) * sizeof *work);
  if (work == NULL) return too_large(diag, m);
  double *tau = work + lwork;
  lapack_int info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, rows, cols, A, rows,
                                        tau, work, lwork);
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++) R[i + j * n] = i <= j ? A[i + j * m] : 0;
  if (info == 0)
    info = LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, rows, cols, cols, A, rows, tau,
                               work, lwork);
  free(work);
  if (info != 0)
    return es_fail(diag, ES_NO_CONVERGENCE, "QR factorisation failed (%d)",
                   (int)info);
  make_diagonal_positive(m, n, A, R);
  return ES_OK;
}
