/* Predicted embeddings: see ntk_predicted.h. The kernel of the start is
 * measured again: the run keeps its eigenfunctions in floats, on the eval pairs
 * alone. */
#include "cli/ntk_predicted.h"

#include "models/resnet/loss.h"
#include "ntk/held.h"
#include "overlay/live.h"

#include <math.h>
#include <string.h>

static bool has_prediction(const es_config *config) {
  return es_config_is(config, "train", "predict", "ntk") &&
         strcmp(es_family_of(config)->name, "barlow-twins") == 0;
}

es_status es_predicted_wanted(bool *out, const es_job *job, const es_saved *run,
                              es_diag *diag) {
  const bool has = has_prediction(run->config);
  *out = has && !es_config_is(job->config, "ntk", "predicted", "off");
  if (has || !es_config_is(job->config, "ntk", "predicted", "on")) return ES_OK;
  return es_config_blame(job->config, "ntk", "predicted", diag,
                         "%s has no prediction of a tangent kernel "
                         "(method.name=%s, train.predict=%s)",
                         run->dir,
                         es_config_text(run->config, "method", "name"),
                         es_config_text(run->config, "train", "predict"));
}

typedef struct work {
  const es_job *job;
  const es_config *config;
  es_trainer *trainer;
  es_features features;
  es_held held;
  double *B, *Z; /* of further images: test×m; d×m */
  es_slab slab;
} work;

static void say(void *context, const char *line) {
  const es_job *job = context;
  job->say(job, line);
}

static es_status open_rooms(work *w, es_predicted *p, size_t test,
                            es_diag *diag) {
  const size_t d = es_trainer_network(w->trainer)->embedding.size;
  const size_t rows = es_size_product(2, es_trainer_eval_n(w->trainer));
  const size_t mine[] = {es_size_product(test, rows), es_size_product(d, rows)};
  const size_t its[] = {es_size_product(rows, d), es_size_product(test, d)};
  double **const to_mine[] = {&w->B, &w->Z};
  double **const to_its[] = {&p->F, &p->F_test};
  p->rows = rows;
  p->test = test;
  p->d = d;
  const es_status status = es_slab_doubles(&w->slab, to_mine, mine, 2, 0, diag);
  return status == ES_OK ? es_slab_doubles(&p->slab, to_its, its, 2, 0, diag)
                         : status;
}

/* The kernel of the start as a linear model, and the rate that it sets. */
static es_status hold(work *w, es_predicted *p, const double *images,
                      es_diag *diag) {
  double gamma_1 = NAN;
  const es_live_run live = {.trainer = w->trainer,
                            .config = w->config,
                            .say = say,
                            .context = (void *)w->job,
                            .gamma_1 = &gamma_1};
  es_features *f = &w->features;
  es_status status = es_features_reach(f, w->trainer, w->config, p->test,
                                       images, w->B, p->F_test, diag);
  if (status == ES_OK)
    status = es_held_new(&w->held, f->n, f->m, f->B, f->d, f->W, diag);
  if (status == ES_OK && es_loss_of(w->config) == &es_loss_spectral)
    status = es_held_spread(&w->held, f->n, f->B, diag);
  return status == ES_OK ? es_live_settle_rate(&live, w->held.gamma[0], diag)
                         : status;
}

static es_status descend(work *w, es_predicted *p, es_diag *diag) {
  const es_features *f = &w->features;
  const size_t last = (size_t)es_trainer_steps(w->trainer);
  const es_held_path path = {.Z = w->Z};
  es_status status = es_held_descend(&w->held, es_trainer_time(w->trainer, 1),
                                     &last, 1, &path, diag);
  if (status != ES_OK) return status;
  memcpy(p->F, f->F, p->rows * p->d * sizeof *p->F);
  status = es_held_embed(&w->held, w->Z, p->rows, f->B, p->F, diag);
  return status == ES_OK
             ? es_held_embed(&w->held, w->Z, p->test, w->B, p->F_test, diag)
             : status;
}

/* A blow-up is no failure: the network need not share it. */
static es_status foresee(work *w, es_predicted *p, es_diag *diag) {
  es_diag own = {0};
  const es_status status = descend(w, p, &own);
  if (status == ES_OK) return ES_OK;
  if (status != ES_NOT_FINITE) return es_fail(diag, status, "%s", own.message);
  w->job->say(w->job, own.message);
  es_predicted_free(p);
  return ES_OK;
}

es_status es_predicted_new(es_predicted *out, const es_job *job,
                           const es_saved *run, size_t test,
                           const double *images, es_diag *diag) {
  work w = {.job = job, .config = run->config};
  *out = (es_predicted){0};
  es_status status =
      es_trainer_new(&w.trainer, run->config, job->progress, diag);
  if (status == ES_OK) status = open_rooms(&w, out, test, diag);
  if (status == ES_OK) status = hold(&w, out, images, diag);
  if (status == ES_OK) status = foresee(&w, out, diag);
  es_held_free(&w.held);
  es_features_free(&w.features);
  es_trainer_free(w.trainer);
  es_slab_close(&w.slab);
  return status;
}

void es_predicted_free(es_predicted *predicted) {
  es_slab_close(&predicted->slab);
  *predicted = (es_predicted){0};
}
