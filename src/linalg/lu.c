/* LU over LAPACKE (dgetrf, dgetrs): see linalg.h. */
#include "linalg/linalg.h"

#include <lapacke.h>

_Static_assert(sizeof(lapack_int) == sizeof(int), "LAPACK counts in ints");

/* From this order on a second thread helps (at 1000: 60 ms against 86
 * measured); below it waits more than it works, on a busy machine for 4 ms
 * where the whole factorisation takes .2, at 100. */
enum { WORTH_THREADS = 512 };

es_status es_lu_factor(size_t n, double *A, int *pivot) {
  if (n > ES_LU_ORDER) return ES_NO_MEMORY;
  const lapack_int order = (lapack_int)n;
  const int threads = n < WORTH_THREADS ? es_blas_serial() : 0;
  const lapack_int info =
      LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, order, order, A, order, pivot);
  if (threads > 0) es_blas_resume(threads);
  return info == 0 ? ES_OK : ES_NO_CONVERGENCE;
}

void es_lu_solve(size_t n, const double *LU, const int *pivot, double *b) {
  const lapack_int order = (lapack_int)n;
  const int threads = n < WORTH_THREADS ? es_blas_serial() : 0;
  LAPACKE_dgetrs_work(LAPACK_COL_MAJOR, 'N', order, 1, LU, order, pivot, b,
                      order);
  if (threads > 0) es_blas_resume(threads);
}
