/* What a trainer measures on its eval pairs: see trainer.h. */
#include "models/resnet/trainer_own.h"

#include "base/finite.h"

#include <math.h>

/* Before the first step no rate is at fault. */
static es_status not_measured(const es_trainer *t, const char *what,
                              es_diag *diag) {
  if (t->done > 0) return es_trainer_not_finite(t, what, diag);
  return es_fail(diag, ES_NOT_FINITE,
                 "%s is not finite before the first step: the data or the "
                 "network's start (net.init_scale, net.output_multiplier, "
                 "method.predictor_scale) are too large",
                 what);
}

/* Pairs of one pass that are eval pairs. */
static size_t rows_of(const es_trainer *t, size_t pass) {
  const size_t left = t->eval_n - pass * t->batch;
  return left < t->batch ? left : t->batch;
}

/* Rows of one pass that belong to eval pairs, widened, first views and second
 * views each to their place. */
static void keep_rows(const es_trainer *t, size_t pass, const float *from,
                      size_t width, double *out) {
  const size_t first = pass * t->batch;
  const size_t count = rows_of(t, pass);
  for (size_t v = 0; v < VIEWS; v++) {
    const float *x = from + v * t->batch * width;
    double *y = out + (v * t->eval_n + first) * width;
    for (size_t k = 0; k < count * width; k++) y[k] = (double)x[k];
  }
}

static void keep_tap(const es_trainer *t, size_t pass, const float *input,
                     es_tap tap, double *out) {
  if (out == NULL) return;
  const float *from =
      tap.output == ES_NONE ? input : t->engine->output(t->net, tap.output);
  keep_rows(t, pass, from, tap.size, out);
}

void es_trainer_watch(es_trainer *trainer, double *penultimate) {
  trainer->watched = penultimate;
}

es_status es_trainer_measure(es_trainer *t, double *penultimate,
                             double *representation, double *embedding,
                             double *loss, es_diag *diag) {
  const size_t images = VIEWS * t->batch * es_pairs_values(t->pairs);
  const size_t size = VIEWS * t->eval_n * t->network.embedding.size;
  const size_t features = VIEWS * t->eval_n * t->network.representation.size;
  double *z = embedding != NULL ? embedding : t->exact_z;
  for (size_t k = 0; k < t->passes; k++) {
    const float *input = t->eval_input + k * images;
    es_status status =
        loss == NULL ? ES_OK
                     : es_objective_look(t->objective, ES_PASS_MEASURE, input,
                                         t->eval_label + k * t->batch, diag);
    if (status == ES_OK)
      status = t->engine->forward(t->net, ES_PASS_MEASURE, t->params,
                                  t->buffers, input, diag);
    if (status != ES_OK) return status;
    keep_tap(t, k, input, t->network.penultimate, penultimate);
    keep_tap(t, k, input, t->network.penultimate, t->watched);
    keep_tap(t, k, input, t->network.representation, representation);
    keep_tap(t, k, input, t->network.embedding, z);
    for (size_t j = 0; j < t->network.n_layers; j++)
      keep_tap(t, k, input, t->network.layer[j], t->layer[j]);
    if (loss != NULL)
      es_objective_keep(t->objective, k * t->batch, rows_of(t, k));
  }
  if (!es_all_finite(size, z)) return not_measured(t, "the embedding", diag);
  if (representation != NULL && !es_all_finite(features, representation))
    return not_measured(t, "the representation", diag);
  if (loss == NULL) return ES_OK;
  *loss = es_objective_measure(t->objective);
  if (isfinite(*loss)) return ES_OK;
  const es_status status = es_trainer_check_loss(t, ES_PASS_MEASURE, diag);
  return status == ES_OK ? not_measured(t, "the loss", diag) : status;
}

const double *es_trainer_targets(const es_trainer *t) {
  return es_objective_targets(t->objective);
}

const double *es_trainer_layer(const es_trainer *t, size_t k) {
  return t->layer[k];
}
