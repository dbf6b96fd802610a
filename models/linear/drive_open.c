/* Settings of the contrastive models to a drive: which source, which mode, and
 * whether they go together. */
#include "models/linear/drive.h"

#include "base/slab.h"
#include "linalg/linalg.h"
#include "models/linear/given.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has(const es_config *config, const char *name) {
  return es_config_has(config, "model", name);
}

/* What the settings give. */
typedef struct given {
  bool X, pairs, population, data;
} given;

static es_status find_source(given *out, const es_config *config,
                             es_diag *diag) {
  out->X = has(config, "X");
  out->pairs = has(config, "x") || has(config, "xp");
  out->population = has(config, "C") || has(config, "A");
  out->data = es_config_given(config, "data", NULL) ||
              es_config_given(config, "augment", NULL);
  const int sources = out->X + out->pairs + out->population + out->data;
  if (sources == 1) return ES_OK;
  return es_fail(diag, ES_USAGE,
                 "give %smodel.X, model.x and model.xp, model.C and model.A, "
                 "or [data]",
                 sources > 1 ? "one only of " : "");
}

static es_status find_mode(es_drive *drive, const given *source,
                           const es_config *config, es_diag *diag) {
  static const char *const names[] = {"fixed", "infonce", "population"};
  const char *mode = es_config_text(config, "model", "mode");
  drive->mode = source->X            ? ES_DRIVE_FIXED
                : source->population ? ES_DRIVE_POPULATION
                                     : ES_DRIVE_INFONCE;
  for (unsigned i = 0; mode != NULL && i < 3; i++)
    if (strcmp(mode, names[i]) == 0) drive->mode = (es_drive_mode)i;
  if (source->X && drive->mode != ES_DRIVE_FIXED)
    return es_config_blame(config, "model", "mode", diag, "%s, not model.X",
                           drive->mode == ES_DRIVE_INFONCE
                               ? "it needs model.x and model.xp, or [data]"
                               : "it needs model.C and model.A, model.x and "
                                 "model.xp, or [data]");
  if (source->population && drive->mode == ES_DRIVE_INFONCE)
    return es_config_blame(config, "model", "mode", diag,
                           "it needs model.x and model.xp, or [data], not "
                           "model.C and model.A");
  return ES_OK;
}

static es_status check_loss(const es_drive *drive, const given *source,
                            const es_config *config, es_diag *diag) {
  if (drive->loss == ES_INFONCE_DOT && drive->mode != ES_DRIVE_INFONCE)
    return es_config_blame(config, "model", "loss", diag,
                           "of mode=infonce alone");
  if (drive->loss == ES_INFONCE_DOT && !drive->negatives)
    return es_config_blame(config, "model", "negatives", diag,
                           "loss=dot without them has no lower bound");
  if (source->X && !drive->negatives)
    return es_config_blame(config, "model", "negatives", diag,
                           "model.X is given, which they would change");
  if (!drive->mean && drive->mode == ES_DRIVE_POPULATION &&
      has(config, "reduction"))
    return es_config_blame(config, "model", "reduction", diag,
                           "mode=population is the limit of the mean");
  return drive->loss == ES_INFONCE_DOT
             ? ES_OK
             : es_given_idle(config, "temperature", "of loss=dot alone", diag);
}

static es_status check_batch(const es_drive *drive, const es_config *config,
                             es_diag *diag) {
  const char *method = es_config_text(config, "solver", "method");
  if (!has(config, "batch")) return ES_OK;
  if (drive->mode != ES_DRIVE_INFONCE)
    return es_config_blame(config, "model", "batch", diag,
                           "of mode=infonce alone");
  if (method != NULL && strcmp(method, "gd") == 0) return ES_OK;
  return es_config_blame(config, "model", "batch", diag,
                         "it needs solver.method=gd");
}

static es_status read_loss(es_drive *drive, const given *source,
                           const es_config *config, es_diag *diag) {
  const char *reduction = es_config_text(config, "model", "reduction");
  const bool dot = es_config_is(config, "model", "loss", "dot");
  drive->loss = dot ? ES_INFONCE_DOT : ES_INFONCE_DISTANCE;
  drive->temperature = es_config_real(config, "model", "temperature");
  drive->negatives = es_config_flag(config, "model", "negatives");
  drive->mean = reduction != NULL ? strcmp(reduction, "mean") == 0 : dot;
  if (has(config, "lr")) drive->lr = es_config_real(config, "model", "lr");
  const es_status status = check_loss(drive, source, config, diag);
  return status == ES_OK ? check_batch(drive, config, diag) : status;
}

/* A copy of a matrix; m is its order. */
static es_status take_matrix(double **out, size_t *m, const es_config *config,
                             const char *name, es_diag *diag) {
  const es_matrix *M = es_config_matrix(config, "model", name);
  *m = M->rows;
  *out = es_given_copy(M);
  return *out != NULL ? ES_OK : es_drive_no_memory(diag);
}

/* That no eigenvalue is negative by more than rounding. */
static es_status check_semidefinite(size_t m, const double *M,
                                    const es_config *config, const char *name,
                                    es_diag *diag) {
  double *copy = es_zeroed(m, m, sizeof *copy);
  double *values = es_zeroed(m, 1, sizeof *values);
  es_status status = ES_OK;
  if (copy == NULL || values == NULL) status = es_drive_no_memory(diag);
  if (status == ES_OK) {
    memcpy(copy, M, m * m * sizeof *copy);
    status = es_eigen_symmetric(m, copy, values, false, diag);
  }
  if (status == ES_OK &&
      values[0] < -8 * (double)m * DBL_EPSILON * fabs(values[m - 1]))
    status = es_config_blame(config, "model", name, diag,
                             "it has the eigenvalue %.6g: expected a positive "
                             "semi-definite matrix",
                             values[0]);
  free(copy);
  free(values);
  return status;
}

static es_status given_moments(es_drive *drive, const es_config *config,
                               es_diag *diag) {
  size_t other;
  es_status status = es_given_both(config, "C", "A", diag);
  if (status == ES_OK)
    status = take_matrix(&drive->C, &drive->m, config, "C", diag);
  if (status == ES_OK)
    status = take_matrix(&drive->A, &other, config, "A", diag);
  if (status == ES_OK && other != drive->m)
    status = es_config_blame(config, "model", "A", diag,
                             "%zu by %zu, but C is %zu by %zu", other, other,
                             drive->m, drive->m);
  if (status == ES_OK)
    status = check_semidefinite(drive->m, drive->C, config, "C", diag);
  return status == ES_OK
             ? check_semidefinite(drive->m, drive->A, config, "A", diag)
             : status;
}

static es_status build(es_drive *drive, const es_config *config,
                       const es_watch *watch, es_diag *diag) {
  given source;
  es_status status = find_source(&source, config, diag);
  if (status == ES_OK) status = find_mode(drive, &source, config, diag);
  if (status == ES_OK) status = read_loss(drive, &source, config, diag);
  if (status != ES_OK) return status;
  if (source.X) return take_matrix(&drive->X, &drive->m, config, "X", diag);
  return source.population ? given_moments(drive, config, diag)
                           : es_drive_read_pairs(drive, config, watch, diag);
}

es_status es_drive_open(es_drive **out, const es_config *config,
                        const es_watch *watch, es_diag *diag) {
  es_drive *drive = calloc(1, sizeof *drive);
  *out = NULL;
  if (drive == NULL) return es_drive_no_memory(diag);
  const es_status status = build(drive, config, watch, diag);
  if (status != ES_OK) {
    es_drive_close(drive);
    return status;
  }
  *out = drive;
  return ES_OK;
}

void es_drive_close(es_drive *drive) {
  if (drive == NULL) return;
  if (drive->x != drive->all) {
    free(drive->x);
    free(drive->xp);
  }
  double *const own[] = {drive->all, drive->all_p, drive->shift, drive->C,
                         drive->A,   drive->X,     drive->Z,     drive->Zp,
                         drive->off, drive->X_step};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  es_dataset_free(drive->set);
  es_infonce_free(drive->infonce);
  es_population_free(drive->population);
  free(drive);
}

es_drive_mode es_drive_mode_of(const es_drive *drive) { return drive->mode; }
size_t es_drive_dim(const es_drive *drive) { return drive->m; }
double es_drive_rate(const es_drive *drive) { return drive->lr; }
size_t es_drive_count(const es_drive *drive) { return drive->batch; }

bool es_drive_has_loss(const es_drive *drive) {
  return drive->mode != ES_DRIVE_FIXED;
}

bool es_drive_is_dot(const es_drive *drive) {
  return drive->loss == ES_INFONCE_DOT;
}

bool es_drive_repels(const es_drive *drive) {
  return drive->negatives && drive->loss == ES_INFONCE_DISTANCE;
}

bool es_drive_checksum(const es_drive *drive, unsigned *crc) {
  *crc = drive->crc;
  return drive->from_data;
}

const double *es_drive_image_shape(const es_drive *drive) {
  return drive->image_shape[0] > 0 ? drive->image_shape : NULL;
}

const double *es_drive_covariance(const es_drive *drive) { return drive->C; }

const double *es_drive_c(const es_drive *drive) {
  return drive->mode == ES_DRIVE_POPULATION ? drive->C : NULL;
}

const double *es_drive_a(const es_drive *drive) {
  return drive->mode == ES_DRIVE_POPULATION ? drive->A : NULL;
}

const double *es_drive_constant(const es_drive *drive) { return drive->X; }
