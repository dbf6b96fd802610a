/* Barlow Twins beside a training: the kernel at the start, the steps that it
 * predicts, and its eigenfunctions; see barlow.h. */
#include "overlay/barlow.h"

#include "models/resnet/loss.h"
#include "ntk/held.h"
#include "overlay/live.h"

#include <stdlib.h>

typedef struct barlow {
  es_held kernel;
  es_held_step *step; /* kernel.d predictions */
  double *phi;        /* 2·eval_n×kernel.d */
  double theorem;     /* 1: theory.md 1 speaks of the loss, or 0 */
} barlow;

static bool speaks(const es_config *config) {
  (void)config;
  return true;
}

static void close_barlow(void *self) {
  barlow *b = self;
  if (b == NULL) return;
  es_held_free(&b->kernel);
  free(b->step);
  free(b->phi);
  free(b);
}

/* Steps up to a blow-up of the predicted descent, which is no failure: the
 * network need not share it. */
static es_status predict(barlow *b, const es_live_run *run, es_diag *diag) {
  es_diag own = {0};
  const es_status status =
      es_held_steps(&b->kernel, es_trainer_time(run->trainer, 1),
                    es_live_horizon(run->trainer), b->step, &own);
  if (status == ES_OK) return ES_OK;
  if (status != ES_NOT_FINITE) return es_fail(diag, status, "%s", own.message);
  run->say(run->context, own.message);
  return ES_OK;
}

static es_status look_ahead(barlow *b, const es_live_run *run,
                            const es_features *f, es_diag *diag) {
  es_status status =
      es_held_new(&b->kernel, f->n, f->m, f->B, f->d, f->W, diag);
  if (status != ES_OK) return status;
  *run->gamma_1 = b->kernel.gamma[0];
  status = es_live_settle_rate(run, b->kernel.gamma[0], diag);
  if (status != ES_OK) return status;
  b->step = calloc(f->d, sizeof *b->step);
  b->phi = es_zeroed(2 * f->n, f->d, sizeof *b->phi);
  if (b->step == NULL || b->phi == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for a prediction");
  es_held_functions(&b->kernel, 2 * f->n, f->B, f->d, b->phi);
  return predict(b, run, diag);
}

static void say_theorem(barlow *b, const es_live_run *run) {
  char line[200];
  const es_loss *loss = es_loss_of(run->config);
  b->theorem = loss->theorem;
  if (loss->theorem) return;
  snprintf(line, sizeof line,
           "method.loss=%s is outside the theory's theorems: what is predicted "
           "is the descent of the covariance loss, and laid over it for "
           "comparison",
           loss->name);
  run->say(run->context, line);
}

static es_status open_barlow(void **self, const es_live_run *run,
                             es_diag *diag) {
  es_features f = {0};
  barlow *b = calloc(1, sizeof *b);
  *self = b;
  if (b == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_features_measure(&f, es_live_kernel(run->config),
                                         run->trainer, run->config, diag);
  if (status == ES_OK) status = look_ahead(b, run, &f, diag);
  if (status == ES_OK) say_theorem(b, run);
  es_features_free(&f);
  return status;
}

static size_t functions(const void *self, const double **phi,
                        const double **gamma) {
  const barlow *b = self;
  *phi = b->phi;
  *gamma = b->kernel.gamma;
  return b->kernel.d;
}

static es_status write_prediction(const void *self, const char *path,
                                  es_diag *diag) {
  enum { COLUMNS = 6 };
  static const char *const names[COLUMNS] = {"mode", "gamma",       "s0",
                                             "tau",  "tau_generic", "step"};
  const barlow *b = self;
  const size_t d = b->kernel.d;
  double *rows = es_zeroed(d, COLUMNS, sizeof *rows);
  if (rows == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t j = 0; j < d; j++) {
    const es_held_step *p = &b->step[j];
    double *row = rows + j * COLUMNS;
    row[0] = (double)j + 1;
    row[1] = p->gamma;
    row[2] = p->s0;
    row[3] = p->tau;
    row[4] = p->tau_generic;
    row[5] = p->step;
  }
  const es_status status = es_live_table(path, names, COLUMNS, rows, d, diag);
  free(rows);
  return status;
}

static es_status save(const void *self, es_h5 *file, es_diag *diag) {
  const barlow *b = self;
  const es_held *k = &b->kernel;
  es_status status =
      es_h5_write(file, "/prediction/gamma", k->gamma, &k->m, 1, diag);
  if (status == ES_OK)
    status =
        es_h5_write_columns(file, "/prediction/Z0", k->Z0, k->d, k->m, diag);
  return status == ES_OK ? es_h5_write(file, "/prediction/theorem", &b->theorem,
                                       NULL, 0, diag)
                         : status;
}

const es_family es_family_barlow = {
    .name = "barlow-twins",
    .speaks = speaks,
    .rates = true,
    .open = open_barlow,
    .close = close_barlow,
    .functions = functions,
    .predict = write_prediction,
    .save = save,
    .overlay = es_barlow_overlay,
    .plot = "overlay",
};
