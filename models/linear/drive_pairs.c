/* The pairs of a contrastive drive: samples given by the settings or drawn from
 * a data set, all of them held, or a batch of a step alone. Step k takes
 * numbers k·batch … of the pairs' endless line: number g is pair g mod n on
 * draw g/n. */
#include "models/linear/drive.h"

#include "base/slab.h"
#include "models/linear/asked.h"
#include "models/linear/given.h"

#include <stdlib.h>
#include <string.h>

void es_drive_pair(const es_drive *drive, size_t i, uint64_t draw, double *x,
                   double *xp) {
  const size_t m = drive->m;
  if (drive->set != NULL) {
    es_dataset_pair(drive->set, i, draw, x, xp);
    return;
  }
  memcpy(x, drive->all + i * m, m * sizeof *x);
  memcpy(xp, drive->all_p + i * m, m * sizeof *xp);
}

static void unshift(const es_drive *drive, double *x) {
  if (drive->shift == NULL) return;
  for (size_t j = 0; j < drive->m; j++) x[j] -= drive->shift[j];
}

void es_drive_take(es_drive *drive, uint64_t step) {
  const size_t m = drive->m, n = drive->n, batch = drive->batch;
  if (drive->x == drive->all || step == drive->step) return;
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < batch; c++) {
    const uint64_t number = step * batch + c;
    double *x = drive->x + c * m, *xp = drive->xp + c * m;
    es_drive_pair(drive, (size_t)(number % n), number / n, x, xp);
    if (drive->set == NULL) continue;
    unshift(drive, x);
    unshift(drive, xp);
  }
  drive->step = step;
}

/* out (m×n) = M^T */
static void transpose(const es_matrix *M, double *out) {
  const size_t n = M->rows, m = M->cols;
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i < n; i++) out[j + i * m] = M->data[i + j * n];
}

static es_status given_pairs(es_drive *drive, const es_config *config,
                             es_diag *diag) {
  const es_matrix *x = es_config_matrix(config, "model", "x");
  const es_matrix *xp = es_config_matrix(config, "model", "xp");
  const es_status both = es_given_both(config, "x", "xp", diag);
  if (both != ES_OK) return both;
  if (xp->rows != x->rows || xp->cols != x->cols)
    return es_config_blame(config, "model", "xp", diag,
                           "%zu by %zu, but x is %zu by %zu", xp->rows,
                           xp->cols, x->rows, x->cols);
  drive->n = x->rows;
  drive->m = x->cols;
  drive->all = es_zeroed(drive->n, drive->m, sizeof *drive->all);
  drive->all_p = es_zeroed(drive->n, drive->m, sizeof *drive->all_p);
  if (drive->all == NULL || drive->all_p == NULL)
    return es_drive_no_memory(diag);
  transpose(x, drive->all);
  transpose(xp, drive->all_p);
  return ES_OK;
}

/* Whether the machine has room for both views of every pair, where a step takes
 * them all. */
static es_status check_room(const es_drive *drive, const es_config *config,
                            es_diag *diag) {
  const double bytes =
      4. * sizeof(double) * (double)drive->m * (double)drive->n;
  const bool streams = drive->mode == ES_DRIVE_POPULATION ||
                       es_config_has(config, "model", "batch");
  if (drive->set == NULL || streams || bytes <= es_machine_bytes())
    return ES_OK;
  return es_fail(diag, ES_NO_MEMORY,
                 "%zu pairs of %zu values need %.3g GB: take fewer (data.n) "
                 "or model.batch with solver.method=gd",
                 drive->n, drive->m, bytes * 1e-9);
}

/* Both views of every pair. */
static es_status hold(es_drive *drive, es_diag *diag) {
  double *x = es_zeroed(drive->n, drive->m, sizeof *x);
  double *xp = es_zeroed(drive->n, drive->m, sizeof *xp);
  if (x == NULL || xp == NULL) {
    free(x);
    free(xp);
    return es_drive_no_memory(diag);
  }
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < drive->n; i++) {
    es_drive_pair(drive, i, 0, x + i * drive->m, xp + i * drive->m);
    unshift(drive, x + i * drive->m);
    unshift(drive, xp + i * drive->m);
  }
  drive->all = x;
  drive->all_p = xp;
  es_dataset_free(drive->set);
  drive->set = NULL;
  return ES_OK;
}

static es_status read_batch(es_drive *drive, const es_config *config,
                            es_diag *diag) {
  if (!es_config_has(config, "model", "batch")) {
    drive->batch = drive->n;
    return ES_OK;
  }
  drive->batch = es_config_size(config, "model", "batch");
  return drive->batch <= drive->n
             ? ES_OK
             : es_config_blame(config, "model", "batch", diag,
                               "there are %zu pairs, expected a whole number "
                               "in [1, %zu]",
                               drive->n, drive->n);
}

static es_status open_data(es_drive *drive, const es_config *config,
                           const es_watch *watch, es_diag *diag) {
  es_asked asked = {watch, false};
  const es_progress progress = es_asked_progress(&asked);
  const es_status status =
      es_dataset_open_whitened(&drive->set, config, &progress, diag);
  if (status != ES_OK) return status;
  drive->from_data = true;
  drive->crc = es_dataset_checksum(drive->set);
  drive->n = es_dataset_count(drive->set);
  drive->m = es_dataset_dim(drive->set);
  size_t channels, side;
  es_dataset_geometry(drive->set, &channels, &side);
  drive->image_shape[0] = (double)channels;
  drive->image_shape[1] = drive->image_shape[2] = (double)side;
  return ES_OK;
}

/* Room for a step's pairs where these are not all that are held. */
static es_status read_steps(es_drive *drive, const es_config *config,
                            es_diag *diag) {
  drive->step = UINT64_MAX;
  if (!es_config_has(config, "model", "batch")) {
    const es_status status = drive->set != NULL ? hold(drive, diag) : ES_OK;
    drive->x = drive->all;
    drive->xp = drive->all_p;
    return status;
  }
  drive->x = es_zeroed(drive->m, drive->batch, sizeof *drive->x);
  drive->xp = es_zeroed(drive->m, drive->batch, sizeof *drive->xp);
  return drive->x != NULL && drive->xp != NULL ? ES_OK
                                               : es_drive_no_memory(diag);
}

es_status es_drive_read_pairs(es_drive *drive, const es_config *config,
                              const es_watch *watch, es_diag *diag) {
  const bool given = es_config_has(config, "model", "x") ||
                     es_config_has(config, "model", "xp");
  const bool center = !given && es_config_flag(config, "data", "center");
  double *mean = NULL;
  es_status status = given ? given_pairs(drive, config, diag)
                           : open_data(drive, config, watch, diag);
  if (status == ES_OK) status = read_batch(drive, config, diag);
  /* Before their moments, which take time. */
  if (status == ES_OK) status = check_room(drive, config, diag);
  if (status != ES_OK) return status;
  if (center) {
    mean = es_zeroed(drive->m, 1, sizeof *mean);
    if (mean == NULL) return es_drive_no_memory(diag);
  }
  status = es_drive_moments(drive, mean, watch, diag);
  drive->shift = mean;
  if (status == ES_OK && drive->mode != ES_DRIVE_POPULATION)
    status = read_steps(drive, config, diag);
  return status;
}
