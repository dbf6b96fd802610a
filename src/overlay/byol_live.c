/* BYOL and SimSiam beside a training: moments and modes of the network as it
 * starts, theory's fate of each, and the modes at every row; see byol.h. */
#include "overlay/byol.h"

#include "file/csv.h"
#include "overlay/byol_moments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 2, FAMILIES = 5 };

typedef struct byol {
  es_byolnet_mapping map;
  size_t d, m;
  bool linear; /* features are the images: X and X' are the data's, for good */
  double *X, *Xp, *W0, *P0; /* X' and W; matrices row-major */
  es_eigenmode *mode;       /* d, of the start */
  double *begin;            /* d×d: axes of the start, row j the mode's */
  es_byolnet_modes modes;
  es_byolnet_state state; /* of a row */
} byol;

static void close_byol(void *self) {
  byol *b = self;
  if (b == NULL) return;
  es_byolnet_modes_free(&b->modes);
  es_byolnet_state_free(&b->state);
  free(b->X);
  free(b->Xp);
  free(b->W0);
  free(b->P0);
  free(b->mode);
  free(b->begin);
  free(b);
}

static es_status allocate(byol *b, es_diag *diag) {
  b->X = es_zeroed(b->m, b->m, sizeof *b->X);
  b->Xp = es_zeroed(b->m, b->m, sizeof *b->Xp);
  b->W0 = es_zeroed(b->d, b->m, sizeof *b->W0);
  b->P0 = es_zeroed(b->d, b->d, sizeof *b->P0);
  b->mode = es_zeroed(b->d, 1, sizeof *b->mode);
  b->begin = es_zeroed(b->d, b->d, sizeof *b->begin);
  if (b->X == NULL || b->Xp == NULL || b->W0 == NULL || b->P0 == NULL ||
      b->mode == NULL || b->begin == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for moments");
  return es_byolnet_modes_new(&b->modes, b->d, diag);
}

static es_status measure(byol *b, es_trainer *trainer, es_diag *diag) {
  es_byolnet_forms forms;
  const es_status status = es_byolnet_state_measure(
      &b->state, trainer, b->linear ? b->X : NULL, b->Xp, &forms, diag);
  return status == ES_OK ? es_byolnet_modes_follow(&b->modes, &forms, diag)
                         : status;
}

static es_status open_start(byol *b, const es_live_run *run, es_diag *diag) {
  double loss; /* with it come the target network's embeddings */
  es_status status =
      es_trainer_measure(run->trainer, NULL, NULL, NULL, &loss, diag);
  if (status == ES_OK)
    status = es_byolnet_moments(b->X, b->Xp, run->trainer, b->linear, diag);
  if (status == ES_OK)
    status = es_byolnet_state_new(&b->state, es_trainer_eval_n(run->trainer),
                                  b->d, b->m, diag);
  if (status == ES_OK) status = measure(b, run->trainer, diag);
  if (status != ES_OK) return status;
  memcpy(b->W0, b->state.W, b->d * b->m * sizeof *b->W0);
  for (size_t k = 0; k < b->d * b->d; k++) {
    b->P0[k] = b->state.P[k % b->d * b->d + k / b->d];
    b->begin[k] = b->modes.U[k];
  }
  for (size_t j = 0; j < b->d; j++)
    b->mode[j] = es_byolnet_mode(&b->map, &b->modes, j);
  return ES_OK;
}

static es_status open_byol(void **self, const es_live_run *run, es_diag *diag) {
  const es_network *network = es_trainer_network(run->trainer);
  byol *b = calloc(1, sizeof *b);
  *self = b;
  if (b == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  if (!es_config_is(run->config, "train", "predict", "conjugate"))
    return es_config_blame(run->config, "train", "predict", diag,
                           "theory of BYOL is of the last linear map, expected "
                           "off or conjugate");
  if (!es_network_ends_linear(network))
    return es_config_blame(
        run->config, "method", "projector", diag,
        "theory is of the last linear map, and the embedding "
        "is not the output of one that learns");
  b->map = es_byolnet_map(run->config, es_trainer_time(run->trainer, 1));
  b->d = network->embedding.size;
  b->m = network->penultimate.size;
  b->linear = network->penultimate.output == ES_NONE;
  if (!b->map.theorem)
    run->say(run->context,
             "theory is of method.loss=l2 with a constant momentum: what is "
             "laid over this run is a likeness");
  es_status status = allocate(b, diag);
  return status == ES_OK ? open_start(b, run, diag) : status;
}

static size_t columns(const void *self) {
  return FAMILIES * ((const byol *)self)->d;
}

static void column(const void *self, size_t j, char *name, size_t size) {
  static const char *const families[FAMILIES] = {"mode_p", "mode_s", "mode_tau",
                                                 "lambda_d", "lambda_s"};
  const size_t d = ((const byol *)self)->d;
  snprintf(name, size, "%s_%zu", families[j / d], j % d + 1);
}

static es_status row(void *self, es_trainer *trainer, double *out,
                     es_diag *diag) {
  byol *b = self;
  const es_status status = measure(b, trainer, diag);
  if (status != ES_OK) return status;
  const es_byolnet_modes *m = &b->modes;
  const double *const family[FAMILIES] = {m->p, m->s, m->tau, m->lambda_d,
                                          m->lambda_s};
  for (size_t k = 0; k < FAMILIES; k++)
    memcpy(out + k * b->d, family[k], b->d * sizeof *out);
  return ES_OK;
}

static es_status predict_mode(const byol *b, size_t j, es_csv *csv,
                              es_diag *diag) {
  const es_eigenmode *m = &b->mode[j];
  es_fate fate;
  double p, s;
  es_status status = es_byolnet_fate_of(&fate, &b->map, m, diag);
  es_byolnet_rest(&b->map, m, &p, &s);
  const double before[] = {(double)j + 1, m->lambda_d, m->lambda_s,
                           m->p0,         m->s0,       m->tau0};
  for (size_t k = 0; status == ES_OK && k < 6; k++)
    status = es_csv_cell(csv, before[k], diag);
  if (status == ES_OK) status = es_csv_cell_text(csv, es_fate_name(fate), diag);
  if (status == ES_OK) status = es_csv_cell(csv, p, diag);
  return status == ES_OK ? es_csv_cell(csv, s, diag) : status;
}

static es_status predict(const void *self, const char *path, es_diag *diag) {
  static const char *const names[] = {"mode", "lambda_d",    "lambda_s",
                                      "p0",   "s0",          "tau0",
                                      "fate", "p_star_plus", "s_star"};
  const byol *b = self;
  es_csv csv;
  es_status status = es_csv_open(&csv, path, NULL, diag);
  if (status != ES_OK) return status;
  status = es_csv_header(&csv, names, sizeof names / sizeof *names, diag);
  for (size_t j = 0; status == ES_OK && j < b->d; j++)
    status = predict_mode(b, j, &csv, diag);
  return es_csv_end(&csv, status, diag);
}

static es_status save_mapping(const byol *b, es_h5 *file, es_diag *diag) {
  const es_byolnet_mapping *m = &b->map;
  const double value[ES_BYOLNET_NUMBERS] = {
      m->kind,    m->predictor, m->symmetric, m->theorem, m->factor,
      m->alpha_p, m->eta_p,     m->eta_s,     m->beta};
  es_status status = ES_OK;
  for (int k = 0; status == ES_OK && k < ES_BYOLNET_NUMBERS; k++)
    status = es_h5_write(file, es_byolnet_dataset[k], &value[k], NULL, 0, diag);
  return status;
}

static es_status save(const void *self, es_h5 *file, es_diag *diag) {
  const byol *b = self;
  const size_t d = b->d, m = b->m, square[] = {m, m}, wide[] = {d, m},
               small[] = {d, d};
  es_status status = save_mapping(b, file, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/prediction/X", b->X, square, 2, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/prediction/Xp", b->Xp, square, 2, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/prediction/W0", b->W0, wide, 2, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/prediction/Wp0", b->P0, small, 2, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/prediction/axes0", b->begin, small, 2, diag);
  return status == ES_OK
             ? es_h5_write(file, "/prediction/axes", b->modes.U, small, 2, diag)
             : status;
}

/* The axes that were followed so far. */
static es_status load(void *self, es_h5_source *file, es_diag *diag) {
  byol *b = self;
  const size_t small[] = {b->d, b->d};
  return es_h5_read(file, "/prediction/axes", b->modes.U, small, 2, diag);
}

static const char *const tables[] = {"overlay.csv", "modes.csv", "crossing.csv",
                                     "agreement.csv", NULL};

const es_family es_family_byol = {
    .name = "byol",
    .speaks = es_byolnet_speaks,
    .open = open_byol,
    .close = close_byol,
    .columns = columns,
    .column = column,
    .row = row,
    .predict = predict,
    .save = save,
    .load = load,
    .overlay = es_byolnet_overlay,
    .plot = "overlay-byol",
    .tables = tables,
};
