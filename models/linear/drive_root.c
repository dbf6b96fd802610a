/* A root of a drive's Cov(x): see contrastive.h. */
#include "models/linear/drive.h"

#include "base/slab.h"
#include "models/linear/basis.h"

#include <math.h>
#include <stdlib.h>

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
  es_status status = es_basis_of(m, drive->C, root, values, diag);
  if (status == ES_OK && *root == NULL) *root = identity(m);
  if (status == ES_OK && *root == NULL) status = es_drive_no_memory(diag);
  for (size_t k = 0; status == ES_OK && k < m * m; k++)
    (*root)[k] *= sqrt(fmax(values[k / m], 0));
  free(values);
  return status;
}
