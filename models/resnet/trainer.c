/* Training: see trainer.h. A step is a batch, the network forward on both views
 * at once, the loss of its outputs in double, the network backward, and
 * descent. */
#include "models/resnet/trainer.h"

#include "base/slab.h"
#include "data/whiten.h"
#include "models/resnet/descent.h"
#include "models/resnet/objective.h"
#include "net/engine.h"
#include "net/params.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 2 };

struct es_trainer {
  es_pairs *pairs;
  es_network network;
  const es_engine *engine;
  void *net; /* the engine's instance */
  es_objective *objective;
  size_t batch, eval_n, passes; /* passes: batches that hold the eval pairs */
  uint64_t steps, done;
  es_descent *descent;
  double batch_loss;
  float *params, *buffers, *gradient;
  float *input;            /* 2·batch images */
  float *eval_input;       /* passes times as many */
  int *label, *eval_label; /* classes of those images' pairs */
  double *exact_z;         /* embeddings of the eval pairs, in double */
  double *layer[ES_LAYERS];
  double *watched; /* the caller's, or NULL */
  es_slab slab;
};

static size_t layer_size(const es_trainer *t, size_t k) {
  return es_size_product(VIEWS * t->eval_n, t->network.layer[k].size);
}

static es_status allocate(es_trainer *t, es_diag *diag) {
  const es_graph *g = &t->network.graph;
  const size_t d = t->network.embedding.size;
  const size_t images =
      es_size_product(VIEWS * t->batch, es_pairs_values(t->pairs));
  const size_t exact = es_size_product(VIEWS * t->eval_n, d);
  size_t total = 0;
  for (int k = 0; k < 2; k++) es_slab_add(&total, g->param_size, sizeof(float));
  es_slab_add(&total, g->buffer_size, sizeof(float));
  es_slab_add(&total, images, sizeof(float));
  es_slab_add(&total, es_size_product(images, t->passes), sizeof(float));
  es_slab_add(&total, exact, sizeof(double));
  for (size_t k = 0; k < t->network.n_layers; k++)
    es_slab_add(&total, layer_size(t, k), sizeof(double));
  es_slab_add(&total, t->batch, sizeof(int));
  es_slab_add(&total, es_size_product(t->batch, t->passes), sizeof(int));
  const es_status status = es_slab_open(&t->slab, total, diag);
  if (status != ES_OK) return status;
  t->params = es_slab_take(&t->slab, g->param_size, sizeof(float));
  t->gradient = es_slab_take(&t->slab, g->param_size, sizeof(float));
  t->buffers = es_slab_take(&t->slab, g->buffer_size, sizeof(float));
  t->input = es_slab_take(&t->slab, images, sizeof(float));
  t->eval_input = es_slab_take(&t->slab, images * t->passes, sizeof(float));
  t->exact_z = es_slab_take(&t->slab, exact, sizeof(double));
  for (size_t k = 0; k < t->network.n_layers; k++)
    t->layer[k] = es_slab_take(&t->slab, layer_size(t, k), sizeof(double));
  t->label = es_slab_take(&t->slab, t->batch, sizeof(int));
  t->eval_label = es_slab_take(&t->slab, t->batch * t->passes, sizeof(int));
  return ES_OK;
}

static void read_settings(es_trainer *t, const es_config *config) {
  const size_t n = es_dataset_count(es_pairs_set(t->pairs));
  const size_t wanted = es_config_size(config, "train", "eval_n");
  const bool epochs = es_config_has(config, "train", "epochs");
  t->batch = es_pairs_batch(t->pairs);
  t->eval_n = wanted < n ? wanted : n;
  t->passes = (t->eval_n + t->batch - 1) / t->batch;
  t->steps = es_config_size(config, "train", "steps");
  if (epochs)
    t->steps = (uint64_t)es_config_size(config, "train", "epochs") *
               es_pairs_per_epoch(t->pairs);
  t->batch_loss = NAN;
}

static es_status open_network(es_trainer *t, const es_config *config,
                              es_diag *diag) {
  size_t channels, side;
  es_encoder encoder;
  es_dataset_geometry(es_pairs_set(t->pairs), &channels, &side);
  if (channels == 0) side = es_pairs_values(t->pairs);
  es_status status = es_encoder_from(&encoder, config, channels, side, diag);
  if (status == ES_OK)
    status = es_encoder_aim(&encoder, config,
                            es_dataset_classes(es_pairs_set(t->pairs)), diag);
  if (status == ES_OK) status = es_network_new(&t->network, &encoder, diag);
  if (status == ES_OK)
    status = es_descent_new(&t->descent, &t->network, config, t->steps, diag);
  if (status != ES_OK) return status;
  t->engine = es_engine_fastest();
  return t->engine->open(&t->net, &t->network.graph, VIEWS * t->batch, VIEWS,
                         true, diag);
}

/* The last linear layer along what its inputs share. Losses that compare with
 * targets are those of theory.md 2, which does not centre. */
static es_status align(es_trainer *t, const es_config *config, double scale,
                       es_diag *diag) {
  const bool centred = !es_loss_of(config)->targets;
  double *h =
      calloc(es_size_product(VIEWS * t->eval_n, t->network.penultimate.size),
             sizeof *h);
  es_status status = h == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory for a start")
                         : es_trainer_measure(t, h, NULL, NULL, NULL, diag);
  if (status == ES_OK)
    status = es_network_align(&t->network, t->eval_n, h, centred, scale,
                              t->params, diag);
  free(h);
  return status;
}

static es_status start(es_trainer *t, const es_config *config, es_diag *diag) {
  const bool given = es_config_has(config, "net", "init_scale");
  const double scale = given ? es_config_real(config, "net", "init_scale") : 0;
  es_network_start(&t->network, es_config_size(config, "train", "seed"), scale,
                   t->params, t->buffers);
  for (size_t k = 0; k < t->passes; k++) {
    es_pairs_fixed(t->pairs, k * t->batch, t->eval_n,
                   t->eval_input +
                       k * VIEWS * t->batch * es_pairs_values(t->pairs));
    es_pairs_fixed_labels(t->pairs, k * t->batch, t->eval_n,
                          t->eval_label + k * t->batch);
  }
  const es_status status =
      t->network.encoder.pca ? align(t, config, scale, diag) : ES_OK;
  if (status == ES_OK) es_objective_start(t->objective, t->params, t->buffers);
  return status;
}

static es_status open_trainer(es_trainer *t, const es_config *config,
                              const es_progress *progress, es_diag *diag) {
  es_status status = es_pairs_new(&t->pairs, config, progress, diag);
  if (status != ES_OK) return status;
  read_settings(t, config);
  status = open_network(t, config, diag);
  if (status != ES_OK) return status;
  status = es_objective_new(&t->objective, &t->network, t->engine, t->net,
                            t->batch, t->eval_n, t->steps, config, diag);
  if (status == ES_OK) status = allocate(t, diag);
  return status == ES_OK ? start(t, config, diag) : status;
}

es_status es_trainer_new(es_trainer **out, const es_config *config,
                         const es_progress *progress, es_diag *diag) {
  *out = NULL;
  es_trainer *t = calloc(1, sizeof *t);
  if (t == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a trainer");
  const es_status status = open_trainer(t, config, progress, diag);
  if (status == ES_OK)
    *out = t;
  else
    es_trainer_free(t);
  return status;
}

void es_trainer_free(es_trainer *trainer) {
  if (trainer == NULL) return;
  es_objective_free(trainer->objective);
  if (trainer->engine != NULL) trainer->engine->close(trainer->net);
  es_descent_free(trainer->descent);
  es_network_free(&trainer->network);
  es_pairs_free(trainer->pairs);
  es_slab_close(&trainer->slab);
  free(trainer);
}

const es_network *es_trainer_network(const es_trainer *t) {
  return &t->network;
}
const es_pairs *es_trainer_pairs(const es_trainer *t) { return t->pairs; }
const char *es_trainer_engine(const es_trainer *t) { return t->engine->name; }
const float *es_trainer_params(const es_trainer *t) { return t->params; }
size_t es_trainer_eval_n(const es_trainer *t) { return t->eval_n; }
const float *es_trainer_eval_images(const es_trainer *t, size_t *passes) {
  *passes = t->passes;
  return t->eval_input;
}
uint64_t es_trainer_steps(const es_trainer *t) { return t->steps; }
uint64_t es_trainer_done(const es_trainer *t) { return t->done; }
double es_trainer_rate(const es_trainer *t) {
  return es_descent_rate(t->descent);
}
void es_trainer_set_rate(es_trainer *t, double lr) {
  es_descent_set_rate(t->descent, lr);
}
double es_trainer_last_rate(const es_trainer *t) {
  return es_descent_rate_of(t->descent, t->done > 0 ? t->done - 1 : 0);
}
double es_trainer_time(const es_trainer *t, uint64_t steps) {
  return es_descent_time(t->descent, steps);
}
double es_trainer_batch_loss(const es_trainer *t) { return t->batch_loss; }

size_t es_trainer_memory(const es_trainer *t) {
  return t->slab.size + es_objective_memory(t->objective) +
         es_pairs_memory(t->pairs) + es_descent_memory(t->descent) +
         t->engine->memory(t->net);
}

static es_status not_finite(const es_trainer *t, const char *what,
                            es_diag *diag) {
  return es_fail(diag, ES_NOT_FINITE,
                 "%s is not finite at step %" PRIu64
                 ", with train.lr=%g; a smaller rate may help",
                 what, t->done, es_trainer_rate(t));
}

/* The same of what is measured: before the first step no rate is at fault. */
static es_status not_measured(const es_trainer *t, const char *what,
                              es_diag *diag) {
  if (t->done > 0) return not_finite(t, what, diag);
  return es_fail(diag, ES_NOT_FINITE,
                 "%s is not finite before the first step: the data or the "
                 "network's start (net.init_scale, net.output_multiplier, "
                 "method.predictor_scale) are too large",
                 what);
}

/* A loss without gradient, and at which step. */
static es_status check_loss(const es_trainer *t, es_pass pass, es_diag *diag) {
  es_diag own = {0};
  const es_status status = es_objective_check(t->objective, pass, &own);
  return status == ES_OK ? ES_OK
                         : es_fail(diag, status, "step %" PRIu64 ": %s",
                                   t->done, own.message);
}

es_status es_trainer_step(es_trainer *t, es_diag *diag) {
  const es_engine *e = t->engine;
  es_pairs_fill(t->pairs, t->done, t->input);
  es_pairs_labels(t->pairs, t->done, t->label);
  es_status status =
      es_objective_look(t->objective, ES_PASS_TRAIN, t->input, t->label, diag);
  if (status == ES_OK)
    status = e->forward(t->net, ES_PASS_TRAIN, t->params, t->buffers, t->input,
                        diag);
  if (status != ES_OK) return status;
  t->batch_loss = es_objective_value(t->objective);
  status = check_loss(t, ES_PASS_TRAIN, diag);
  if (status != ES_OK) return status;
  if (!isfinite(t->batch_loss)) return not_finite(t, "the loss", diag);
  status = e->backward(t->net, t->params, es_objective_gradient(t->objective),
                       t->gradient, diag);
  if (status != ES_OK) return status;
  es_network_constrain(&t->network, t->gradient);
  if (!es_descent_step(t->descent, t->params, t->gradient, t->done))
    return not_finite(t, "the gradient", diag);
  t->done++;
  return es_objective_follow(t->objective, t->done, t->params, diag);
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

static bool all_finite(const double *x, size_t n) {
  bool finite = true;
  for (size_t k = 0; k < n; k++) finite &= isfinite(x[k]) != 0;
  return finite;
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
  if (!all_finite(z, size)) return not_measured(t, "the embedding", diag);
  if (representation != NULL && !all_finite(representation, features))
    return not_measured(t, "the representation", diag);
  if (loss == NULL) return ES_OK;
  *loss = es_objective_measure(t->objective);
  if (isfinite(*loss)) return ES_OK;
  const es_status status = check_loss(t, ES_PASS_MEASURE, diag);
  return status == ES_OK ? not_measured(t, "the loss", diag) : status;
}

const double *es_trainer_targets(const es_trainer *t) {
  return es_objective_targets(t->objective);
}

const double *es_trainer_layer(const es_trainer *t, size_t k) {
  return t->layer[k];
}

/* Running statistics can overflow a step before the loss does. */
static bool state_is_finite(const es_trainer *t) {
  const es_graph *g = &t->network.graph;
  bool finite = true;
  for (size_t k = 0; k < g->param_size; k++)
    finite &= isfinite(t->params[k]) != 0;
  for (size_t k = 0; k < g->buffer_size; k++)
    finite &= isfinite(t->buffers[k]) != 0;
  return finite;
}

es_status es_trainer_save(const es_trainer *t, es_h5 *file, es_diag *diag) {
  if (!state_is_finite(t)) return not_finite(t, "the network's state", diag);
  const double step = (double)t->done;
  const double checksum = es_dataset_checksum(es_pairs_set(t->pairs));
  const double *mean = es_pairs_mean(t->pairs);
  const size_t values = es_pairs_values(t->pairs);
  const es_whiten *whiten = es_dataset_whiten(es_pairs_set(t->pairs));
  es_status status =
      es_params_write(&t->network.graph, t->params, t->buffers, file, diag);
  if (status == ES_OK) status = es_descent_write(t->descent, file, diag);
  if (status == ES_OK) status = es_objective_save(t->objective, file, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/train/step", &step, NULL, 0, diag);
  if (status == ES_OK)
    status =
        es_h5_write(file, "/train/data_checksum", &checksum, NULL, 0, diag);
  if (status == ES_OK && mean != NULL)
    status = es_h5_write(file, "/train/mean", mean, &values, 1, diag);
  if (status == ES_OK && whiten != NULL)
    status = es_whiten_save(whiten, file, diag);
  return status;
}

es_status es_trainer_load(es_trainer *t, es_h5_source *file, es_diag *diag) {
  double step, checksum;
  es_status status =
      es_params_read(&t->network.graph, t->params, t->buffers, file, diag);
  if (status == ES_OK) status = es_descent_read(t->descent, file, diag);
  if (status == ES_OK) status = es_objective_load(t->objective, file, diag);
  if (status == ES_OK)
    status = es_h5_read(file, "/train/step", &step, NULL, 0, diag);
  if (status == ES_OK)
    status = es_h5_read(file, "/train/data_checksum", &checksum, NULL, 0, diag);
  if (status != ES_OK) return status;
  const double now = es_dataset_checksum(es_pairs_set(t->pairs));
  if (checksum != now)
    return es_h5_refuse(file, diag, ES_FILE_DATA,
                        "the data are not those that the training began with: "
                        "their checksum is %.0f, and was %.0f",
                        now, checksum);
  if (!(step >= 0 && step <= (double)t->steps && step == floor(step)))
    return es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                        "/train/step is %g, expected a whole number in "
                        "[0, %" PRIu64 "]",
                        step, t->steps);
  t->done = (uint64_t)step;
  return ES_OK;
}
