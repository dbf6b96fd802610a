/* Settings of `contrastive` to an opened model: the drive, the start, and
 * workspaces. */
#include "models/linear/one_layer.h"

#include "base/random.h"
#include "base/slab.h"
#include "models/linear/drive_keys.h"
#include "models/linear/given.h"

#include <stdlib.h>
#include <string.h>

static const es_key keys[] = {
    ES_DRIVE_KEYS,
    ES_DRIVE_MATRIX("W0", 0, "1", "start of W, d by m [Gaussian]"),
};
const es_keys es_one_layer_keys = {keys, sizeof keys / sizeof *keys};

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the model");
}

static es_status read_shape(one_layer *b, const es_config *config,
                            es_diag *diag) {
  const es_matrix *W0 = es_config_matrix(config, "model", "W0");
  const bool has_d = es_config_has(config, "model", "d");
  b->m = es_drive_dim(b->drive);
  b->d = has_d        ? es_config_size(config, "model", "d")
         : W0 != NULL ? W0->rows
                      : b->m;
  b->k = b->d < b->m ? b->d : b->m;
  if (W0 == NULL) return ES_OK;
  if (W0->cols != b->m)
    return es_config_blame(config, "model", "W0", diag,
                           "%zu by %zu; it must have %zu columns, as the data "
                           "have values",
                           W0->rows, W0->cols, b->m);
  return W0->rows == b->d
             ? ES_OK
             : es_config_blame(config, "model", "W0", diag,
                               "%zu rows, but d=%zu", W0->rows, b->d);
}

/* Of the model and of the least solver, 15 states: before any of it is taken.
 */
static es_status check_size(const one_layer *b, es_diag *diag) {
  const double m = (double)b->m, d = (double)b->d;
  const double bytes = sizeof(double) * (6 * m * m + 20 * d * m);
  if (bytes <= es_machine_bytes()) return ES_OK;
  return es_fail(diag, ES_NO_MEMORY,
                 "W of %zu by %zu needs %.3g GB with a solver, and this "
                 "machine has %.3g GB",
                 b->d, b->m, bytes * 1e-9, es_machine_bytes() * 1e-9);
}

static es_status allocate(one_layer *b, es_diag *diag) {
  double **const wide[] = {&b->W0, &b->G, &b->T};
  bool whole = true;
  for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
    whole = (*wide[i] = es_zeroed(b->d, b->m, sizeof(double))) && whole;
  b->X = es_zeroed(b->m, b->m, sizeof *b->X);
  b->value = es_zeroed(b->m, 1, sizeof *b->value);
  if (!whole || b->X == NULL || b->value == NULL) return no_memory(diag);
  const es_status status = es_eigen_new(&b->eigen, b->m, false, diag);
  return status == ES_OK ? es_singular_new(&b->singular, b->d, b->m, diag)
                         : status;
}

/* Row by row, so that a row does not depend on how many there are. */
static es_status read_start(one_layer *b, const es_config *config,
                            es_diag *diag) {
  const es_matrix *W0 = es_config_matrix(config, "model", "W0");
  const double scale = es_config_real(config, "model", "init_scale");
  const uint64_t seed = es_config_size(config, "model", "seed");
  if (W0 != NULL) {
    const es_status idle =
        es_given_idle(config, "init_scale", "model.W0 is given", diag);
    if (idle != ES_OK) return idle;
  }
  for (size_t i = 0; i < b->d; i++)
    for (size_t j = 0; j < b->m; j++)
      b->W0[i + j * b->d] =
          W0 != NULL
              ? W0->data[i + j * b->d]
              : scale * es_random_normal(seed, ES_STREAM_INIT, i * b->m + j);
  return ES_OK;
}

static es_status find_least(one_layer *b, es_diag *diag) {
  const double *X = es_drive_constant(b->drive);
  b->constant = X != NULL;
  if (!b->constant) return ES_OK;
  memcpy(b->X, X, b->m * b->m * sizeof *X);
  const es_status status =
      es_eigen_run(b->eigen, b->m, b->X, b->value, false, diag);
  b->x_min = b->value[0];
  return status;
}

static es_status build(one_layer *b, const es_config *config,
                       const es_watch *watch, es_diag *diag) {
  b->eta = es_config_real(config, "model", "eta");
  es_status status = es_drive_open(&b->drive, config, watch, diag);
  if (status == ES_OK) status = read_shape(b, config, diag);
  if (status == ES_OK) status = check_size(b, diag);
  if (status == ES_OK) status = allocate(b, diag);
  if (status == ES_OK) status = read_start(b, config, diag);
  if (status == ES_OK) status = es_drive_begin(b->drive, b->d, b->W0, diag);
  if (status == ES_OK) status = es_drive_root(b->drive, &b->root, diag);
  if (status == ES_OK) status = find_least(b, diag);
  if (status == ES_OK) status = es_one_layer_close_form(b, diag);
  if (status == ES_OK) status = es_one_layer_find_points(b, diag);
  return status;
}

es_status es_one_layer_open(void **self, const es_config *config,
                            const es_watch *watch, es_diag *diag) {
  one_layer *b = calloc(1, sizeof *b);
  *self = NULL;
  if (b == NULL) return no_memory(diag);
  const es_status status = build(b, config, watch, diag);
  if (status != ES_OK) {
    es_one_layer_close(b);
    return status;
  }
  *self = b;
  return ES_OK;
}

void es_one_layer_close(void *self) {
  one_layer *b = self;
  if (b == NULL) return;
  double *const own[] = {b->W0, b->root,   b->X,      b->value,  b->G,
                         b->T,  b->mode_c, b->mode_a, b->mode_s, b->modes};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  free(b->mode);
  es_eigen_free(b->eigen);
  es_singular_free(b->singular);
  es_one_layer_closed_free(b->closed);
  es_drive_close(b->drive);
  free(b);
}
