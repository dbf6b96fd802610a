/* Barlow Twins beside a training: the kernel at the start, the steps that it
 * predicts and its eigenfunctions; a descent whose kernel is measured as the
 * training goes; the kernel at the end. See barlow.h. */
#include "overlay/barlow.h"

#include "models/resnet/loss.h"
#include "ntk/fit.h"
#include "ntk/follow.h"
#include "overlay/barlow_kernel.h"
#include "overlay/live.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct barlow {
  const es_config *config;
  es_kernel_kind kind;
  bool theorem, spectral;      /* theory.md 1 speaks of the loss; which */
  es_barlow_kernel start, end; /* end: empty up to the end */
  es_held_step *step;          /* d predictions */
  es_follow *follow;
  size_t n, d;
  double pairs;    /* which they are: es_live_pairs */
  double *phi;     /* 2n×d: of the first d modes */
  double *F;       /* 2n×d: embeddings at the start */
  double *watched; /* 2n×m: what the last layer takes now; NULL with ntk */
} barlow;

static bool speaks(const es_config *config) {
  (void)config;
  return true;
}

static void close_barlow(void *self) {
  barlow *b = self;
  if (b == NULL) return;
  es_barlow_kernel_free(&b->start);
  es_barlow_kernel_free(&b->end);
  es_follow_free(b->follow);
  free(b->step);
  free(b->phi);
  free(b->F);
  free(b->watched);
  free(b);
}

/* Steps up to a blow-up of the predicted descent, which is no failure: the
 * network need not share it. */
static es_status predict(barlow *b, const es_live_run *run, es_diag *diag) {
  es_diag own = {0};
  const es_status status =
      es_held_steps(&b->start.held, es_trainer_time(run->trainer, 1),
                    es_live_horizon(run->trainer), b->step, &own);
  if (status == ES_OK) return ES_OK;
  if (status != ES_NOT_FINITE) return es_fail(diag, status, "%s", own.message);
  run->say(run->context, own.message);
  return ES_OK;
}

static es_status make_room(barlow *b, const es_features *f, es_diag *diag) {
  const size_t rows = 2 * f->n;
  b->n = f->n;
  b->d = f->d;
  b->step = calloc(f->d, sizeof *b->step);
  b->phi = es_zeroed(rows, f->d, sizeof *b->phi);
  b->F = es_zeroed(rows, f->d, sizeof *b->F);
  if (b->kind == ES_KERNEL_CONJUGATE)
    b->watched = es_zeroed(rows, f->m, sizeof *b->watched);
  return b->step == NULL || b->phi == NULL || b->F == NULL ||
                 (b->watched == NULL && b->kind == ES_KERNEL_CONJUGATE)
             ? es_fail(diag, ES_NO_MEMORY, "no memory for a prediction")
             : ES_OK;
}

static es_status begin_descent(barlow *b, const es_live_run *run,
                               const es_features *f, es_diag *diag) {
  const es_status status =
      es_follow_new(&b->follow, f->n, f->d, f->F,
                    es_trainer_time(run->trainer, 1), b->spectral, diag);
  return status == ES_OK ? es_follow_kernel(b->follow, f->m, f->B, diag)
                         : status;
}

static es_status look_ahead(barlow *b, const es_live_run *run,
                            const es_features *f, es_diag *diag) {
  es_status status =
      es_barlow_kernel_new(&b->start, f, f->W, b->spectral, diag);
  if (status != ES_OK) return status;
  *run->gamma_1 = b->start.held.gamma[0];
  status = es_live_settle_rate(run, b->start.held.gamma[0], diag);
  if (status == ES_OK) status = make_room(b, f, diag);
  if (status != ES_OK) return status;
  memcpy(b->F, f->F, 2 * f->n * f->d * sizeof *b->F);
  es_held_functions(&b->start.held, 2 * f->n, f->B, f->d, b->phi);
  es_trainer_watch(run->trainer, b->watched);
  status = begin_descent(b, run, f, diag);
  return status == ES_OK ? predict(b, run, diag) : status;
}

static void find_loss(barlow *b, const es_live_run *run) {
  char line[200];
  const es_loss *loss = es_loss_of(run->config);
  b->theorem = loss->theorem;
  b->spectral = loss == &es_loss_spectral;
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
  b->config = run->config;
  b->kind = es_live_kernel(run->config);
  es_status status =
      es_features_measure(&f, b->kind, run->trainer, run->config, diag);
  if (status == ES_OK) status = es_live_pairs(&b->pairs, run, diag);
  if (status == ES_OK) {
    find_loss(b, run);
    status = look_ahead(b, run, &f, diag);
  }
  es_features_free(&f);
  return status;
}

static size_t functions(const void *self, const double **phi,
                        const double **gamma) {
  const barlow *b = self;
  *phi = b->phi;
  *gamma = b->start.held.gamma;
  return b->d;
}

static size_t columns(const void *self) {
  const barlow *b = self;
  return b->d;
}

static void column(const void *self, size_t j, char *name, size_t size) {
  (void)self;
  snprintf(name, size, "followed_%zu", j + 1);
}

/* Whether that step is the first of another train.predict_times-th part. */
static bool due(const barlow *b, const es_trainer *trainer) {
  const double parts =
      (double)es_config_size(b->config, "train", "predict_times");
  const double steps = (double)es_trainer_steps(trainer),
               done = (double)es_trainer_done(trainer),
               last = (double)es_follow_kernel_step(b->follow);
  return done < steps &&
         floor(parts * done / steps) > floor(parts * last / steps);
}

/* The kernel from here on, where it is measured anew. */
static es_status renew(barlow *b, es_trainer *trainer, es_diag *diag) {
  es_features f = {0};
  if (b->kind == ES_KERNEL_CONJUGATE)
    return es_follow_kernel(b->follow, b->start.held.m, b->watched, diag);
  if (!due(b, trainer)) return ES_OK;
  es_status status = es_features_measure(&f, b->kind, trainer, b->config, diag);
  if (status == ES_OK) status = es_follow_kernel(b->follow, f.m, f.B, diag);
  es_features_free(&f);
  return status;
}

static es_status row(void *self, es_trainer *trainer, double *out,
                     es_diag *diag) {
  barlow *b = self;
  es_follow_advance(b->follow, es_trainer_done(trainer));
  const es_status status = es_follow_values(b->follow, out, diag);
  return status == ES_OK ? renew(b, trainer, diag) : status;
}

static es_status write_prediction(const void *self, const char *path,
                                  es_diag *diag) {
  enum { COLUMNS = 7 };
  static const char *const names[COLUMNS] = {
      "mode", "gamma", "s0", "tau", "tau_generic", "step", "plateau"};
  const barlow *b = self;
  const size_t width = b->spectral ? COLUMNS : COLUMNS - 1;
  double *rows = es_zeroed(b->d, COLUMNS, sizeof *rows);
  if (rows == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t j = 0; j < b->d; j++) {
    const es_held_step *p = &b->step[j];
    const double cells[COLUMNS] = {(double)j + 1,
                                   p->gamma,
                                   p->s0,
                                   p->tau,
                                   p->tau_generic,
                                   p->step,
                                   es_held_plateau(&b->start.held, j)};
    memcpy(rows + j * width, cells, width * sizeof *cells);
  }
  const es_status status = es_live_table(path, names, width, rows, b->d, diag);
  free(rows);
  return status;
}

/* What the kernel has become, with the embeddings that it started from. */
static es_status end(void *self, es_trainer *trainer, es_diag *diag) {
  barlow *b = self;
  es_features f = {0};
  es_barlow_kernel_free(&b->end);
  es_status status = es_features_measure(&f, b->kind, trainer, b->config, diag);
  double *W = status == ES_OK ? es_zeroed(f.d, f.m, sizeof *W) : NULL;
  if (status == ES_OK && W == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory for a kernel");
  if (status == ES_OK)
    status = es_features_fit(W, f.n, f.m, f.B, f.d, b->F, diag);
  if (status == ES_OK)
    status = es_barlow_kernel_new(&b->end, &f, W, b->spectral, diag);
  free(W);
  es_features_free(&f);
  return status;
}

static es_status save(const void *self, es_h5 *file, es_diag *diag) {
  const barlow *b = self;
  const double theorem = b->theorem;
  es_status status =
      es_barlow_kernel_save(&b->start, "/prediction", file, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/prediction/theorem", &theorem, NULL, 0, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/prediction/pairs", &b->pairs, NULL, 0, diag);
  if (status == ES_OK) status = es_follow_save(b->follow, file, diag);
  return status == ES_OK && b->end.phi != NULL
             ? es_barlow_kernel_save(&b->end, "/prediction/end", file, diag)
             : status;
}

static es_status load(void *self, es_h5_source *file, es_diag *diag) {
  barlow *b = self;
  return es_follow_load(b->follow, file, diag);
}

static const char *const tables[] = {"overlay.csv", "steps.csv",
                                     "agreement.csv", NULL};

const es_family es_family_barlow = {
    .name = "barlow-twins",
    .speaks = speaks,
    .rates = true,
    .open = open_barlow,
    .close = close_barlow,
    .functions = functions,
    .columns = columns,
    .column = column,
    .row = row,
    .predict = write_prediction,
    .end = end,
    .save = save,
    .load = load,
    .overlay = es_barlow_overlay,
    .plot = "overlay",
    .tables = tables,
};
