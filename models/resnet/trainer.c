/* Training: see trainer.h. A step is a batch, the network forward on both views
 * at once, the loss of its outputs in double, the network backward, and
 * descent. */
#include "models/resnet/trainer_own.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

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

uint64_t es_trainer_length(const es_config *config, uint64_t per_epoch) {
  return es_config_has(config, "train", "epochs")
             ? es_config_size(config, "train", "epochs") * per_epoch
             : es_config_size(config, "train", "steps");
}

static void read_settings(es_trainer *t, const es_config *config) {
  const size_t n = es_dataset_count(es_pairs_set(t->pairs));
  const size_t wanted = es_config_size(config, "train", "eval_n");
  t->batch = es_pairs_batch(t->pairs);
  t->eval_n = wanted < n ? wanted : n;
  t->passes = (t->eval_n + t->batch - 1) / t->batch;
  t->steps = es_trainer_length(config, es_pairs_per_epoch(t->pairs));
  t->batch_loss = NAN;
}

es_status es_trainer_design(es_network *out, const es_config *config,
                            const es_dataset *set, es_diag *diag) {
  size_t channels, side;
  es_encoder encoder;
  es_dataset_geometry(set, &channels, &side);
  if (channels == 0) side = es_dataset_dim(set);
  es_status status = es_encoder_from(&encoder, config, channels, side, diag);
  if (status == ES_OK)
    status = es_encoder_aim(&encoder, config, es_dataset_classes(set), diag);
  return status == ES_OK ? es_network_new(out, &encoder, diag) : status;
}

static es_status open_network(es_trainer *t, const es_config *config,
                              es_diag *diag) {
  es_status status =
      es_trainer_design(&t->network, config, es_pairs_set(t->pairs), diag);
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

es_status es_trainer_not_finite(const es_trainer *t, const char *what,
                                es_diag *diag) {
  return es_fail(diag, ES_NOT_FINITE,
                 "%s is not finite at step %" PRIu64
                 ", with train.lr=%g; a smaller rate may help",
                 what, t->done, es_trainer_rate(t));
}

es_status es_trainer_check_loss(const es_trainer *t, es_pass pass,
                                es_diag *diag) {
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
  status = es_trainer_check_loss(t, ES_PASS_TRAIN, diag);
  if (status != ES_OK) return status;
  if (!isfinite(t->batch_loss))
    return es_trainer_not_finite(t, "the loss", diag);
  status = e->backward(t->net, t->params, es_objective_gradient(t->objective),
                       t->gradient, diag);
  if (status != ES_OK) return status;
  es_network_constrain(&t->network, t->gradient);
  if (!es_descent_step(t->descent, t->params, t->gradient, t->done))
    return es_trainer_not_finite(t, "the gradient", diag);
  t->done++;
  return es_objective_follow(t->objective, t->done, t->params, diag);
}
