/* The equations of a contrastive drive (theory.md 6): G = V X(V), of a constant
 * X by one product, of pairs through the gradient of their embeddings Z = V x,
 * and of the population. */
#include "models/linear/drive.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* X = -A, -n A for a sum over pairs. */
static es_status hold_distances(es_drive *drive, es_diag *diag) {
  const size_t m = drive->m;
  const bool sum = drive->mode != ES_DRIVE_POPULATION && drive->n > 0;
  const double weight = sum && !drive->mean ? (double)drive->n : 1;
  drive->X = es_zeroed(m, m, sizeof *drive->X);
  if (drive->X == NULL) return es_drive_no_memory(diag);
  for (size_t k = 0; k < m * m; k++) drive->X[k] = -weight * drive->A[k];
  return ES_OK;
}

/* What steps of pairs need: without negatives those of batches. */
static es_status plan_pairs(es_drive *drive, es_diag *diag) {
  const size_t m = drive->m, n = drive->batch;
  if (!drive->negatives) {
    drive->off = es_zeroed(m, n, sizeof *drive->off);
    drive->X_step = es_zeroed(m, m, sizeof *drive->X_step);
    return drive->off != NULL && drive->X_step != NULL
               ? ES_OK
               : es_drive_no_memory(diag);
  }
  drive->Z = es_zeroed(drive->d, n, sizeof *drive->Z);
  drive->Zp = es_zeroed(drive->d, n, sizeof *drive->Zp);
  if (drive->Z == NULL || drive->Zp == NULL) return es_drive_no_memory(diag);
  return es_infonce_new(&drive->infonce, drive->d, n, drive->loss,
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
  const bool steps = drive->x != NULL && drive->x != drive->all;
  drive->d = d;
  if (drive->X != NULL) return ES_OK;
  if (!drive->negatives && !steps) return hold_distances(drive, diag);
  es_status status = drive->n > 0 && drive->mode != ES_DRIVE_POPULATION
                         ? plan_pairs(drive, diag)
                         : es_population_new(&drive->population, d, drive->m,
                                             drive->C, drive->A, diag);
  if (status == ES_OK && drive->mode == ES_DRIVE_FIXED)
    status = freeze(drive, V0, diag);
  return status;
}

static uint64_t step_at(const es_drive *drive, double t) {
  return drive->lr > 0 ? (uint64_t)llround(t / drive->lr) : 0;
}

/* X = -sum (x'-x)(x'-x)^T, or its mean, of the pairs at t. */
static void distances_at(es_drive *drive, double t, double *X) {
  const size_t cells = drive->m * drive->batch;
  es_drive_take(drive, step_at(drive, t));
  for (size_t k = 0; k < cells; k++) drive->off[k] = drive->xp[k] - drive->x[k];
  es_syrk(drive->m, drive->batch, drive->mean ? -1 / (double)drive->batch : -1.,
          drive->off, 0, X);
}

/* C (d×n) = A (d×m) B. */
static void times(const es_drive *drive, size_t n, const double *A,
                  const double *B, double *C) {
  es_gemm(false, false, drive->d, n, drive->m, 1, A, drive->d, B, drive->m, 0,
          C, drive->d);
}

/* G = V X, L = -tr(V X V^T)/2. */
static es_status push_x(const es_drive *drive, const double *V, const double *X,
                        double *G, double *loss) {
  double sum = 0;
  times(drive, drive->m, V, X, G);
  if (loss == NULL) return ES_OK;
  for (size_t k = 0; k < drive->d * drive->m; k++) sum += V[k] * G[k];
  *loss = -sum / 2;
  return ES_OK;
}

static es_status push_pairs(es_drive *drive, double t, const double *V,
                            double *G, double *loss) {
  double sum;
  es_drive_take(drive, step_at(drive, t));
  const es_status status = es_infonce_push(drive->infonce, drive->m, V,
                                           drive->x, drive->xp, &sum, G);
  if (status != ES_OK) return status;
  const double share = drive->mean ? 1 / (double)drive->batch : 1;
  if (loss != NULL) *loss = share * sum;
  for (size_t k = 0; drive->mean && k < drive->d * drive->m; k++) G[k] *= share;
  return ES_OK;
}

es_status es_drive_push(es_drive *drive, double t, const double *V, double *G,
                        double *loss) {
  if (drive->X != NULL) return push_x(drive, V, drive->X, G, loss);
  if (drive->population != NULL)
    return es_population_push(drive->population, V, G, loss);
  if (drive->negatives) return push_pairs(drive, t, V, G, loss);
  distances_at(drive, t, drive->X_step);
  return push_x(drive, V, drive->X_step, G, loss);
}

es_status es_drive_x(es_drive *drive, double t, const double *V, double *X) {
  const size_t m = drive->m, n = drive->batch;
  if (drive->loss == ES_INFONCE_DOT) return ES_BAD_VALUE;
  if (drive->X != NULL) {
    memcpy(X, drive->X, m * m * sizeof *X);
    return ES_OK;
  }
  if (drive->population != NULL)
    return es_population_x(drive->population, V, X);
  if (!drive->negatives) {
    distances_at(drive, t, X);
    return ES_OK;
  }
  es_drive_take(drive, step_at(drive, t));
  times(drive, n, V, drive->x, drive->Z);
  times(drive, n, V, drive->xp, drive->Zp);
  const es_status status = es_infonce_x(drive->infonce, drive->Z, drive->Zp, m,
                                        drive->x, drive->xp, X);
  for (size_t k = 0; drive->mean && k < m * m; k++) X[k] /= (double)n;
  return status;
}

es_status es_drive_pairs(es_drive *drive, double t, const double **x,
                         const double **xp, size_t *n) {
  if (drive->mode != ES_DRIVE_INFONCE) return ES_BAD_VALUE;
  es_drive_take(drive, step_at(drive, t));
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
