/* Cholesky over LAPACKE (dpotrf, dpotrs): see linalg.h. */
#include "linalg/linalg.h"

#include <lapacke.h>
#include <limits.h>

void es_cholesky_again(size_t n, const double *L, size_t columns, double *B) {
  const lapack_int order = (lapack_int)n;
  LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', order, (lapack_int)columns, L,
                      order, B, order);
}

es_status es_cholesky_solve(size_t n, double *A, size_t columns, double *B) {
  if (n > INT_MAX || columns > INT_MAX) return ES_NO_MEMORY;
  const lapack_int order = (lapack_int)n;
  if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', order, A, order) != 0)
    return ES_NO_CONVERGENCE;
  es_cholesky_again(n, A, columns, B);
  return ES_OK;
}
