/* Symmetric eigenproblem and QR over LAPACKE, for set-up: see linalg.h. */
#include "linalg/linalg.h"

#include <lapacke.h>
#include <limits.h>
#include <stdlib.h>

static es_status too_large(es_diag *diag, size_t n) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for a matrix of order %zu", n);
}

/* dsyevd takes 1 + 6n + 2n^2 doubles, dgeqrf here 65 n: both counts are ints.
 */
enum { LARGEST_ORDER = 32766, MOST_COLUMNS = INT_MAX / 65 };

es_status es_eigen_symmetric(size_t n, double *A, double *values, bool vectors,
                             es_diag *diag) {
  const char job = vectors ? 'V' : 'N';
  const lapack_int order = (lapack_int)n;
  double work_size;
  lapack_int iwork_size;
  if (n > LARGEST_ORDER) return too_large(diag, n);
  lapack_int info =
      LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'U', order, A, order, values,
                          &work_size, -1, &iwork_size, -1);
  if (info != 0 || !(work_size >= 1 && work_size <= INT_MAX) || iwork_size < 1)
    return es_fail(diag, ES_BAD_SHAPE, "LAPACK plans no work for order %zu", n);
  const lapack_int lwork = (lapack_int)work_size, liwork = iwork_size;
  double *work = malloc((size_t)lwork * sizeof *work);
  lapack_int *iwork = malloc((size_t)liwork * sizeof *iwork);
  const bool room = work != NULL && iwork != NULL;
  if (room)
    info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'U', order, A, order,
                               values, work, lwork, iwork, liwork);
  free(work);
  free(iwork);
  if (!room) return too_large(diag, n);
  return info == 0 ? ES_OK
                   : es_fail(diag, ES_NO_CONVERGENCE,
                             "eigenvalues of a matrix of order %zu did not "
                             "converge",
                             n);
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
