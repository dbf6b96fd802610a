/* Bases of symmetric matrices, and a root of a drive's Cov(x): contrastive.h.
 */
#include "models/linear/drive.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

es_status es_drive_basis(size_t m, const double *A, double **V, double *values,
                         es_diag *diag) {
  *V = NULL;
  if (es_is_diagonal(m, m, A)) {
    for (size_t j = 0; j < m; j++) values[j] = A[j + j * m];
    return ES_OK;
  }
  *V = es_zeroed(m, m, sizeof **V);
  if (*V == NULL) return es_drive_no_memory(diag);
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

static double *identity(size_t m) {
  double *out = es_zeroed(m, m, sizeof *out);
  for (size_t j = 0; out != NULL && j < m; j++) out[j + j * m] = 1;
  return out;
}

/* V Lambda^(1/2) */
es_status es_drive_root(const es_drive *drive, double **root, es_diag *diag) {
  const size_t m = drive->m;
  *root = NULL;
  if (drive->C == NULL) return ES_OK;
  double *values = es_zeroed(m, 1, sizeof *values);
  if (values == NULL) return es_drive_no_memory(diag);
  es_status status = es_drive_basis(m, drive->C, root, values, diag);
  if (status == ES_OK && *root == NULL) *root = identity(m);
  if (status == ES_OK && *root == NULL) status = es_drive_no_memory(diag);
  for (size_t k = 0; status == ES_OK && k < m * m; k++)
    (*root)[k] *= sqrt(fmax(values[k / m], 0));
  free(values);
  return status;
}
