/* Descent as [train] has it: see descent.h. */
#include "models/resnet/descent.h"

#include "base/slab.h"
#include "models/resnet/orthogonal.h"
#include "net/schedule.h"

#include <inttypes.h>
#include <stdlib.h>

struct es_descent {
  es_optimizer *optimizer;
  es_schedule schedule;
  double rate, flow;   /* flow: time of a step over its rate */
  es_orthogonal *held; /* keeps one weight to its set, or NULL */
  const es_tensor *weight;
  size_t param;
  double *W, *G; /* of it */
  es_slab slab;
};

static es_rule rule_of(const es_config *config) {
  return es_config_is(config, "train", "optimizer", "lars")    ? ES_RULE_LARS
         : es_config_is(config, "train", "optimizer", "adamw") ? ES_RULE_ADAMW
                                                               : ES_RULE_SGD;
}

/* A linear network's one map stands for a projector. */
static es_group group_of(const es_network *network, size_t p) {
  return p == network->last ? ES_GROUP_PROJECTOR : es_network_group(network, p);
}

static es_pace pace_of(const es_network *network, size_t p,
                       const es_pace *paces) {
  es_pace pace = paces[group_of(network, p)];
  if (es_network_orthogonal(network) && p == network->last) pace.decay = 0;
  return pace;
}

typedef struct paces {
  es_pace of[ES_GROUP_PREDICTOR + 1];
} paces;

static paces paces_from(const es_config *config) {
  return (paces){
      {[ES_GROUP_ENCODER] = {es_config_real(config, "train",
                                            "encoder_lr_ratio"),
                             es_config_real(config, "train", "weight_decay")},
       [ES_GROUP_PROJECTOR] = {1, es_config_real(config, "train",
                                                 "projector_weight_decay")},
       [ES_GROUP_PREDICTOR] = {
           es_config_real(config, "method", "predictor_lr_ratio"),
           es_config_real(config, "method", "predictor_weight_decay")}}};
}

double es_descent_ratio(const es_network *network, const es_config *config,
                        size_t param) {
  const paces all = paces_from(config);
  return es_network_trains(network, param)
             ? pace_of(network, param, all.of).ratio
             : 0;
}

/* Decay would move what no gradient does. */
static void set_paces(es_descent *d, const es_network *network,
                      const es_config *config) {
  const paces all = paces_from(config);
  const es_pace fixed = {0, 0};
  for (size_t p = 0; p < network->graph.n_params; p++)
    es_optimizer_pace(
        d->optimizer, p,
        es_network_trains(network, p) ? pace_of(network, p, all.of) : fixed);
}

static es_status hold(es_descent *d, const es_network *network,
                      const es_config *config, es_diag *diag) {
  if (!es_network_orthogonal(network)) return ES_OK;
  const es_tensor *t = &network->graph.param[network->last];
  const bool given = es_config_has(config, "net", "init_scale");
  const double scale =
      es_config_real(config, "net", given ? "init_scale" : "init_scale_all");
  size_t total = 0;
  for (int k = 0; k < 2; k++) es_slab_add(&total, t->size, sizeof(double));
  es_status status = es_slab_open(&d->slab, total, diag);
  if (status == ES_OK)
    status = es_orthogonal_new(&d->held, t->dims[0], t->dims[1], scale, diag);
  if (status != ES_OK) return status;
  d->param = network->last;
  d->weight = t;
  d->W = es_slab_take(&d->slab, t->size, sizeof(double));
  d->G = es_slab_take(&d->slab, t->size, sizeof(double));
  return ES_OK;
}

/* The papers that take LARS warm up for 10 of 100 epochs, or of more. */
static uint64_t warmup_of(const es_config *config, es_rule rule,
                          uint64_t steps) {
  if (es_config_has(config, "train", "warmup"))
    return es_config_size(config, "train", "warmup");
  return rule == ES_RULE_LARS ? steps / 10 : 0;
}

es_status es_descent_check(const es_config *config, uint64_t steps,
                           es_diag *diag) {
  return warmup_of(config, rule_of(config), steps) <= steps
             ? ES_OK
             : es_config_blame(config, "train", "warmup", diag,
                               "there are %" PRIu64 " steps, expected a whole "
                               "number in [0, %" PRIu64 "]",
                               steps, steps);
}

static es_status open_descent(es_descent *d, const es_network *network,
                              const es_config *config, uint64_t steps,
                              es_diag *diag) {
  const es_rule rule = rule_of(config);
  const double momentum = es_config_real(config, "train", "momentum");
  d->schedule = (es_schedule){
      .cosine = es_config_is(config, "train", "schedule", "cosine"),
      .warmup = warmup_of(config, rule, steps),
      .steps = steps};
  d->rate = es_config_real(config, "train", "lr");
  d->flow = rule == ES_RULE_ADAMW ? 1 : 1 / (1 - momentum);
  es_status status = es_descent_check(config, steps, diag);
  if (status == ES_OK)
    status =
        es_optimizer_new(&d->optimizer, &network->graph, rule, momentum, diag);
  if (status != ES_OK) return status;
  set_paces(d, network, config);
  return hold(d, network, config, diag);
}

es_status es_descent_new(es_descent **out, const es_network *network,
                         const es_config *config, uint64_t steps,
                         es_diag *diag) {
  *out = NULL;
  es_descent *d = calloc(1, sizeof *d);
  if (d == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for descent");
  const es_status status = open_descent(d, network, config, steps, diag);
  if (status == ES_OK)
    *out = d;
  else
    es_descent_free(d);
  return status;
}

void es_descent_free(es_descent *descent) {
  if (descent == NULL) return;
  es_optimizer_free(descent->optimizer);
  es_orthogonal_free(descent->held);
  es_slab_close(&descent->slab);
  free(descent);
}

size_t es_descent_memory(const es_descent *d) {
  return es_optimizer_memory(d->optimizer) + d->slab.size;
}

double es_descent_rate(const es_descent *d) { return d->rate; }
void es_descent_set_rate(es_descent *d, double lr) { d->rate = lr; }

double es_descent_rate_of(const es_descent *d, uint64_t step) {
  return d->rate * es_schedule_share(&d->schedule, step);
}

double es_descent_time(const es_descent *d, uint64_t n) {
  return d->flow * d->rate * es_schedule_sum(&d->schedule, n);
}

static void keep_along(es_descent *d, const float *params, float *gradient) {
  float *g = gradient + d->weight->offset;
  es_optimizer_get(d->optimizer, d->param, params, d->W);
  for (size_t k = 0; k < d->weight->size; k++) d->G[k] = (double)g[k];
  es_orthogonal_along(d->held, d->W, d->G);
  for (size_t k = 0; k < d->weight->size; k++) g[k] = (float)d->G[k];
}

static bool retract(es_descent *d, float *params) {
  es_optimizer_get(d->optimizer, d->param, params, d->W);
  if (!es_orthogonal_retract(d->held, d->W)) return false;
  es_optimizer_put(d->optimizer, d->param, params, d->W);
  return true;
}

bool es_descent_step(es_descent *d, float *params, float *gradient,
                     uint64_t step) {
  if (d->held != NULL) keep_along(d, params, gradient);
  return es_optimizer_step(d->optimizer, params, gradient,
                           es_descent_rate_of(d, step), step + 1) &&
         (d->held == NULL || retract(d, params));
}

es_status es_descent_write(const es_descent *d, es_h5 *file, es_diag *diag) {
  return es_optimizer_write(d->optimizer, file, diag);
}

es_status es_descent_read(es_descent *d, es_h5_source *file, es_diag *diag) {
  return es_optimizer_read(d->optimizer, file, diag);
}
