/* Bases of symmetric matrices: see basis.h. */
#include "models/linear/basis.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <float.h>
#include <math.h>
#include <string.h>

es_status es_basis_falling(size_t m, double *A, double *values, es_diag *diag) {
  const es_status status = es_eigen_symmetric(m, A, values, true, diag);
  if (status != ES_OK) return status;
  es_eigen_falling(m, values, A);
  const double top = fmax(fabs(values[0]), fabs(values[m - 1]));
  for (size_t j = 0; j < m; j++)
    if (fabs(values[j]) <= (double)m * DBL_EPSILON * top) values[j] = 0;
  return ES_OK;
}

es_status es_basis_of(size_t m, const double *A, double **V, double *values,
                      es_diag *diag) {
  *V = NULL;
  if (es_is_diagonal(m, m, A)) {
    for (size_t j = 0; j < m; j++) values[j] = A[j + j * m];
    return ES_OK;
  }
  *V = es_zeroed(m, m, sizeof **V);
  if (*V == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a basis");
  memcpy(*V, A, m * m * sizeof *A);
  const es_status status = es_eigen_symmetric(m, *V, values, true, diag);
  if (status != ES_OK) return status;
  es_eigen_falling(m, values, *V);
  return isfinite(values[0]) && isfinite(values[m - 1])
             ? ES_OK
             : es_fail(diag, ES_NOT_FINITE,
                       "eigenvalues are not finite: the settings or data have "
                       "too large values");
}

void es_basis_turn(size_t m, const double *V, const double *A, double *work,
                   double *out) {
  es_gemm(false, false, m, m, m, 1, A, m, V, m, 0, work, m);
  es_gemm(true, false, m, m, m, 1, V, m, work, m, 0, out, m);
}
