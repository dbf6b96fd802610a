/* The equations of a contrastive drive (theory.md 6): G = V X(V), of a constant
 * X by one product, of pairs through the gradient of their embeddings Z = V x,
 *   G = -(dL/dZ x^T + dL/dZ' x'^T),
 * and of the population. */
#include "models/linear/drive.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* X = -A, -n A for a sum over pairs. */
static es_status without_negatives(es_drive *drive, es_diag *diag) {
  const size_t m = drive->m;
  const bool sum = drive->mode != ES_DRIVE_POPULATION && drive->n > 0;
  const double weight = sum && !drive->mean ? (double)drive->n : 1;
  drive->X = es_zeroed(m, m, sizeof *drive->X);
  if (drive->X == NULL) return es_drive_no_memory(diag);
  for (size_t k = 0; k < m * m; k++) drive->X[k] = -weight * drive->A[k];
  return ES_OK;
}

static es_status plan_pairs(es_drive *drive, es_diag *diag) {
  double **const wide[] = {&drive->Z, &drive->Zp, &drive->dZ, &drive->dZp};
  for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
    *wide[i] = es_zeroed(drive->d, drive->batch, sizeof(double));
    if (*wide[i] == NULL) return es_drive_no_memory(diag);
  }
  return es_infonce_new(&drive->infonce, drive->d, drive->batch, drive->loss,
                        drive->temperature, diag);
}

/* X at V0, before it is held. */
static es_status freeze(es_drive *drive, const double *V0, es_diag *diag) {
  double *X = es_zeroed(drive->m, drive->m, sizeof *X);
  if (X == NULL) return es_drive_no_memory(diag);
  const es_status status = es_drive_x(drive, 0, V0, X);
  drive->X = X;
  return status == ES_OK ? ES_OK
                         : es_fail(diag, status, "X of the start: %s",
                                   es_status_text(status));
}

es_status es_drive_begin(es_drive *drive, size_t d, const double *V0,
                         es_diag *diag) {
  drive->d = d;
  if (drive->X != NULL) return ES_OK;
  if (!drive->negatives && (drive->set == NULL && drive->x == drive->all))
    return without_negatives(drive, diag);
  es_status status = drive->n > 0 && drive->mode != ES_DRIVE_POPULATION
                         ? plan_pairs(drive, diag)
                         : es_population_new(&drive->population, d, drive->m,
                                             drive->C, drive->A, diag);
  if (status == ES_OK && drive->mode == ES_DRIVE_FIXED)
    status = freeze(drive, V0, diag);
  return status;
}

/* C (d×m) = alpha A B + beta C, A being d×k. */
static void times(const es_drive *drive, bool transpose, size_t k, size_t cols,
                  double alpha, const double *A, const double *B, size_t ldb,
                  double beta, double *C) {
  es_gemm(false, transpose, drive->d, cols, k, alpha, A, drive->d, B, ldb, beta,
          C, drive->d);
}

/* -tr(V X V^T)/2 */
static double quadratic(size_t n, const double *V, const double *G) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += V[k] * G[k];
  return -sum / 2;
}

static void embed(es_drive *drive, double t, const double *V) {
  const size_t m = drive->m, n = drive->batch;
  es_drive_take(drive, drive->lr > 0 ? (uint64_t)llround(t / drive->lr) : 0);
  times(drive, false, m, n, 1, V, drive->x, m, 0, drive->Z);
  times(drive, false, m, n, 1, V, drive->xp, m, 0, drive->Zp);
}

static es_status push_pairs(es_drive *drive, double t, const double *V,
                            double *G, double *loss) {
  const size_t m = drive->m, n = drive->batch;
  double unused;
  embed(drive, t, V);
  const es_status status =
      es_drive_gradient(drive, drive->Z, drive->Zp,
                        loss != NULL ? loss : &unused, drive->dZ, drive->dZp);
  if (status != ES_OK) return status;
  times(drive, true, n, m, -1, drive->dZ, drive->x, m, 0, G);
  times(drive, true, n, m, -1, drive->dZp, drive->xp, m, 1, G);
  return ES_OK;
}

es_status es_drive_push(es_drive *drive, double t, const double *V, double *G,
                        double *loss) {
  if (drive->X != NULL) {
    times(drive, false, drive->m, drive->m, 1, V, drive->X, drive->m, 0, G);
    if (loss != NULL) *loss = quadratic(drive->d * drive->m, V, G);
    return ES_OK;
  }
  return drive->population != NULL
             ? es_population_push(drive->population, V, G, loss)
             : push_pairs(drive, t, V, G, loss);
}

/* X = -sum (x'-x)(x'-x)^T of a batch. */
static void x_of_distances(es_drive *drive, double *X) {
  const size_t m = drive->m, n = drive->batch;
  memset(X, 0, m * m * sizeof *X);
  for (size_t c = 0; c < n; c++)
    for (size_t j = 0; j < m; j++) {
      const double *x = drive->x + c * m, *xp = drive->xp + c * m;
      const double off = xp[j] - x[j];
      for (size_t i = 0; i < m; i++) X[i + j * m] -= off * (xp[i] - x[i]);
    }
}

es_status es_drive_x(es_drive *drive, double t, const double *V, double *X) {
  const size_t m = drive->m;
  es_status status = ES_OK;
  if (drive->loss == ES_INFONCE_DOT) return ES_BAD_VALUE;
  if (drive->X != NULL) {
    memcpy(X, drive->X, m * m * sizeof *X);
    return ES_OK;
  }
  if (drive->population != NULL)
    return es_population_x(drive->population, V, X);
  embed(drive, t, V);
  if (drive->negatives)
    status = es_infonce_x(drive->infonce, drive->Z, drive->Zp, m, drive->x,
                          drive->xp, X);
  else
    x_of_distances(drive, X);
  if (drive->mean)
    for (size_t k = 0; k < m * m; k++) X[k] /= (double)drive->batch;
  return status;
}

es_status es_drive_pairs(es_drive *drive, double t, const double **x,
                         const double **xp, size_t *n) {
  if (drive->mode != ES_DRIVE_INFONCE) return ES_BAD_VALUE;
  es_drive_take(drive, drive->lr > 0 ? (uint64_t)llround(t / drive->lr) : 0);
  *x = drive->x;
  *xp = drive->xp;
  *n = drive->batch;
  return ES_OK;
}

/* Of sum |z'-z|^2/2. */
static void distances(size_t n, const double *Z, const double *Zp, double *loss,
                      double *dZ, double *dZp) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) {
    const double off = Zp[k] - Z[k];
    sum += off * off / 2;
    if (dZ == NULL) continue;
    dZp[k] = off;
    dZ[k] = -off;
  }
  *loss = sum;
}

es_status es_drive_gradient(es_drive *drive, const double *Z, const double *Zp,
                            double *loss, double *dZ, double *dZp) {
  const size_t cells = drive->d * drive->batch;
  es_status status = ES_OK;
  if (drive->negatives)
    status = es_infonce_gradient(drive->infonce, Z, Zp, loss, dZ, dZp);
  else
    distances(cells, Z, Zp, loss, dZ, dZp);
  if (status != ES_OK || !drive->mean) return status;
  const double share = 1 / (double)drive->batch;
  *loss *= share;
  for (size_t k = 0; dZ != NULL && k < cells; k++) {
    dZ[k] *= share;
    dZp[k] *= share;
  }
  return ES_OK;
}
