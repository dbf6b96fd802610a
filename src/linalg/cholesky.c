/* Cholesky over LAPACKE (dpotrf, dpotrs): see linalg.h. */
#include "linalg/linalg.h"

#include <lapacke.h>
#include <limits.h>

es_status es_cholesky_solve(size_t n, double *A, size_t columns, double *B) {
  if (n > INT_MAX || columns > INT_MAX) return ES_NO_MEMORY;
  const lapack_int order = (lapack_int)n;
  if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', order, A, order) != 0)
    return ES_NO_CONVERGENCE;
  LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', order, (lapack_int)columns, A,
                      order, B, order);
  return ES_OK;
}
