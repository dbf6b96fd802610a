/* What a training would take: see trainer.h. */
#include "models/resnet/trainer_own.h"

#include "models/resnet/ordering.h"
#include "net/cost.h"

#include <omp.h>
#include <stdlib.h>

/* One more forward pass a step, and one more network. */
static bool averages(const es_config *config) {
  return es_loss_of(config)->targets &&
         es_config_is(config, "method", "target", "ema");
}

/* Copies of the parameters: themselves, the gradient, what the engine and the
 * optimiser have beside them, and the average. */
static double copies_of(const es_config *config) {
  const bool adam = es_config_is(config, "train", "optimizer", "adamw");
  const bool moves = adam || es_config_real(config, "train", "momentum") > 0;
  return 4 + moves + adam + 2 * averages(config);
}

/* Embeddings, gradients and targets of a batch and of the eval pairs, what is
 * measured of these, and matrices of the order of an embedding or of a
 * representation. */
static double numbers_of(const es_estimate *e) {
  enum { BATCH = 4, EVAL = 6, MATRICES = 6 };
  const double z = (double)e->network.embedding.size;
  const double h = (double)e->network.representation.size;
  const double eval = (double)(VIEWS * e->eval_n);
  double layers = 0;
  for (size_t k = 0; k < e->network.n_layers; k++)
    layers += (double)e->network.layer[k].size;
  return (double)(VIEWS * e->batch) * z * BATCH +
         eval * (z * EVAL + h + layers) + MATRICES * (z * z + h * h);
}

static double bytes_of(const es_estimate *e, const es_config *config,
                       const es_dataset *set) {
  const double images = (double)(VIEWS * e->batch);
  const double passes = (double)((e->eval_n + e->batch - 1) / e->batch);
  const es_cost cost = es_cost_of(&e->network.graph);
  return es_cost_bytes(&cost, images) +
         (double)e->network.graph.param_size * copies_of(config) *
             sizeof(float) +
         images * (1 + passes) * (double)es_dataset_dim(set) * sizeof(float) +
         numbers_of(e) * sizeof(double) + (double)es_dataset_bytes(set) +
         3 * (double)es_dataset_count(set) * sizeof(size_t);
}

/* Seconds that one thread takes for a view. */
static es_status time_view(double *out, const es_dataset *set, es_diag *diag) {
  static const double enough = .02;
  double *x = es_zeroed(es_dataset_dim(set), 1, sizeof *x);
  if (x == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a view");
  const double begun = es_seconds();
  uint64_t n = 0;
  do {
    es_dataset_view(set, 0, n / VIEWS, (unsigned)(n % VIEWS), x);
    *out = (es_seconds() - begun) / (double)++n;
  } while (*out * (double)n < enough);
  free(x);
  return ES_OK;
}

static es_status find_seconds(es_estimate *e, const es_config *config,
                              const es_dataset *set, es_diag *diag) {
  const es_cost cost = es_cost_of(&e->network.graph);
  const double images = (double)(VIEWS * e->batch);
  const double passes = (double)((e->eval_n + e->batch - 1) / e->batch);
  double view = 0, per_flop = 0;
  es_status status =
      es_cost_measure(&per_flop, &e->network.graph, (size_t)images, diag);
  if (status == ES_OK) status = time_view(&view, set, diag);
  if (status != ES_OK) return status;
  const double forward = images * cost.flops * per_flop / 3;
  const bool drawn = !es_config_is(config, "data", "pairs", "fixed");
  const double step = 3 * forward + averages(config) * forward +
                      drawn * images * view / (double)omp_get_max_threads();
  e->seconds = (double)e->steps * step + (double)e->rows * passes * forward;
  return ES_OK;
}

/* All but the seconds. */
static es_status size_up(es_estimate *e, const es_config *config,
                         const es_dataset *set, es_diag *diag) {
  const size_t n = es_dataset_count(set);
  const size_t wanted = es_config_size(config, "train", "eval_n");
  es_ordering ordering;
  es_status status = es_ordering_from(&ordering, config, n, diag);
  if (status == ES_OK)
    status = es_trainer_design(&e->network, config, set, diag);
  if (status != ES_OK) return status;
  e->batch = ordering.batch;
  e->eval_n = wanted < n ? wanted : n;
  e->steps = es_trainer_length(config, es_ordering_per_epoch(&ordering));
  status = es_descent_check(config, e->steps, diag);
  if (status != ES_OK) return status;
  e->rows = 1 + e->steps / es_config_size(config, "train", "log_every");
  e->bytes = bytes_of(e, config, set);
  return ES_OK;
}

es_status es_estimate_training(es_estimate *out, const es_config *config,
                               es_diag *diag) {
  es_dataset *set;
  *out = (es_estimate){0};
  es_status status = es_dataset_look(&set, config, diag);
  if (status == ES_OK) status = size_up(out, config, set, diag);
  if (status == ES_OK) status = find_seconds(out, config, set, diag);
  es_dataset_free(set);
  return status;
}

/* More is not asked for than what Linux would kill the run for later on. */
es_status es_estimate_check(const es_config *config, es_diag *diag) {
  const double has = es_machine_bytes();
  es_dataset *set;
  es_estimate e = {0};
  es_status status = es_dataset_look(&set, config, diag);
  if (status == ES_OK) status = size_up(&e, config, set, diag);
  if (status == ES_OK && e.bytes > has)
    status = es_fail(diag, ES_NO_MEMORY,
                     "train: batches of train.batch=%zu pairs take %.3g GB "
                     "with this network and data, and this machine has %.3g "
                     "GB",
                     e.batch, e.bytes * 1e-9, has * 1e-9);
  es_dataset_free(set);
  es_estimate_free(&e);
  return status;
}

void es_estimate_free(es_estimate *estimate) {
  es_network_free(&estimate->network);
}
