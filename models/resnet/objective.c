/* Objectives: see objective.h. The target network is passed through the same
 * engine's instance, so that it costs its numbers alone. */
#include "models/resnet/objective.h"

#include "base/finite.h"
#include "base/slab.h"
#include "models/resnet/direct.h"
#include "net/params.h"
#include "net/schedule.h"

#include <stdlib.h>
#include <string.h>

enum { VIEWS = 2, PIECES = 6 /* of each type */ };

struct es_objective {
  const es_network *network;
  const es_engine *engine;
  void *net; /* the engine's instance: borrowed */
  const es_loss *kind;
  void *loss, *eval_loss; /* of a batch, of the eval pairs */
  size_t batch, eval_n;
  es_tap own, other; /* what the loss takes; what it is compared with */
  bool self, ema, labels, pixels; /* what t is */
  double momentum;
  es_schedule pace;              /* of 1 - momentum */
  float *params, *buffers, *low; /* the target network's */
  float *target;           /* what is not the network's own: 2·batch × d */
  double *z, *t, *dz, *dt; /* of a batch */
  double *eval_z, *eval_t;
  float *back, *back_t; /* dz, dt for the engine */
  const void *gradient[ES_TAPS];
  es_direct *direct; /* sets the predictor, or NULL */
  es_slab slab;
};

static void read_settings(es_objective *o, const es_config *config) {
  const es_network *n = o->network;
  o->kind = es_loss_of(config);
  o->own = o->kind->targets ? n->prediction : n->embedding;
  o->other = n->embedding;
  o->self =
      o->kind->targets && es_config_is(config, "method", "target", "self");
  o->ema = o->kind->targets && es_config_is(config, "method", "target", "ema");
  o->labels =
      o->kind->targets && es_config_is(config, "method", "target", "labels");
  o->pixels =
      o->kind->targets && es_config_is(config, "method", "target", "pixels");
  if (o->ema)
    o->pace.cosine = es_config_is(config, "method", "ema_schedule", "cosine");
  o->momentum = es_config_real(config, "method", "ema_momentum");
}

/* Whether targets are kept from before the network's own forward. */
static bool keeps(const es_objective *o) {
  return o->ema || o->labels || o->pixels;
}

static es_status allocate(es_objective *o, es_diag *diag) {
  const es_graph *g = &o->network->graph;
  const size_t most = o->eval_n > o->batch ? o->eval_n : o->batch;
  const size_t d = o->own.size;
  const size_t rows = es_size_product(VIEWS * o->batch, d);
  const size_t wide = es_size_product(VIEWS * most, d);
  const size_t eval = es_size_product(VIEWS * o->eval_n, d);
  const size_t params = o->ema ? g->param_size : 0;
  const size_t buffers = o->ema ? g->buffer_size : 0;
  const size_t targets = o->kind->targets;
  float **const floats[] = {&o->params, &o->low,  &o->buffers,
                            &o->target, &o->back, &o->back_t};
  const size_t n_floats[] = {
      params, params, buffers, keeps(o) ? rows : 0, rows, rows * targets};
  double **const doubles[] = {&o->z,  &o->t,      &o->dt,
                              &o->dz, &o->eval_z, &o->eval_t};
  const size_t n_doubles[] = {rows, rows * targets, rows * targets,
                              wide, eval,           eval * targets};
  size_t total = 0;
  for (size_t k = 0; k < PIECES; k++) {
    es_slab_add(&total, n_floats[k], sizeof(float));
    es_slab_add(&total, n_doubles[k], sizeof(double));
  }
  const es_status status = es_slab_open(&o->slab, total, diag);
  for (size_t k = 0; status == ES_OK && k < PIECES; k++) {
    *floats[k] = es_slab_take(&o->slab, n_floats[k], sizeof(float));
    *doubles[k] = es_slab_take(&o->slab, n_doubles[k], sizeof(double));
  }
  return status;
}

static es_status open_objective(es_objective *o, const es_config *config,
                                es_diag *diag) {
  const size_t d = o->own.size;
  es_status status = o->kind->open(&o->loss, o->batch, d, config, diag);
  if (status == ES_OK)
    status = o->kind->open(&o->eval_loss, o->eval_n, d, config, diag);
  if (status == ES_OK) status = allocate(o, diag);
  if (status == ES_OK)
    status = es_direct_new(&o->direct, o->network, config, diag);
  if (status != ES_OK) return status;
  if (o->self && o->own.output != o->other.output)
    o->gradient[o->other.output] = o->back_t;
  o->gradient[o->own.output] = o->back;
  return ES_OK;
}

es_status es_objective_new(es_objective **out, const es_network *network,
                           const es_engine *engine, void *net, size_t batch,
                           size_t eval_n, uint64_t steps,
                           const es_config *config, es_diag *diag) {
  es_objective *o = calloc(1, sizeof *o);
  *out = NULL;
  if (o == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a loss");
  o->network = network;
  o->engine = engine;
  o->net = net;
  o->batch = batch;
  o->eval_n = eval_n;
  o->pace.steps = steps;
  read_settings(o, config);
  const es_status status = open_objective(o, config, diag);
  if (status == ES_OK)
    *out = o;
  else
    es_objective_free(o);
  return status;
}

void es_objective_free(es_objective *o) {
  if (o == NULL) return;
  o->kind->close(o->loss);
  o->kind->close(o->eval_loss);
  es_direct_free(o->direct);
  es_slab_close(&o->slab);
  free(o);
}

size_t es_objective_memory(const es_objective *o) { return o->slab.size; }

void es_objective_start(es_objective *o, const float *params,
                        const float *buffers) {
  const es_graph *g = &o->network->graph;
  if (!o->ema) return;
  memcpy(o->params, params, g->param_size * sizeof *params);
  memcpy(o->buffers, buffers, g->buffer_size * sizeof *buffers);
}

static const float *output(const es_objective *o, es_tap tap) {
  return o->engine->output(o->net, tap.output);
}

static size_t values(const es_objective *o) {
  return VIEWS * o->batch * o->own.size;
}

/* A loss compares a view with the other one's target: a view's own goes to the
 * other one's place. */
static void keep_pixels(es_objective *o, const float *input) {
  const size_t view = o->batch * o->own.size;
  memcpy(o->target, input + view, view * sizeof *input);
  memcpy(o->target + view, input, view * sizeof *input);
}

static void keep_labels(es_objective *o, const int *label) {
  const size_t d = o->own.size;
  memset(o->target, 0, values(o) * sizeof *o->target);
  for (size_t k = 0; k < VIEWS * o->batch; k++)
    o->target[k * d + (size_t)label[k % o->batch]] = 1;
}

es_status es_objective_look(es_objective *o, es_pass pass, const float *input,
                            const int *label, es_diag *diag) {
  if (o->pixels) keep_pixels(o, input);
  if (o->labels) keep_labels(o, label);
  if (!o->ema) return ES_OK;
  const es_status status =
      o->engine->forward(o->net, pass, o->params, o->buffers, input, diag);
  if (status == ES_OK)
    memcpy(o->target, output(o, o->other), values(o) * sizeof *o->target);
  return status;
}

static const float *targets(const es_objective *o) {
  return keeps(o) ? o->target : output(o, o->other);
}

static void widen(double *out, const float *x, size_t n) {
  for (size_t k = 0; k < n; k++) out[k] = (double)x[k];
}

static void narrow(float *out, const double *x, size_t n) {
  for (size_t k = 0; k < n; k++) out[k] = (float)x[k];
}

double es_objective_value(es_objective *o) {
  const size_t n = values(o);
  es_direct_see(o->direct, output(o, o->network->embedding), VIEWS * o->batch);
  widen(o->z, output(o, o->own), n);
  if (o->kind->targets) widen(o->t, targets(o), n);
  const double loss =
      o->kind->value(o->loss, o->z, o->t, o->dz, o->self ? o->dt : NULL);
  if (o->self && o->own.output == o->other.output)
    for (size_t k = 0; k < n; k++) o->dz[k] += o->dt[k];
  else if (o->self)
    narrow(o->back_t, o->dt, n);
  narrow(o->back, o->dz, n);
  return loss;
}

es_status es_objective_check(const es_objective *o, es_pass pass,
                             es_diag *diag) {
  const void *loss = pass == ES_PASS_MEASURE ? o->eval_loss : o->loss;
  return o->kind->check == NULL ? ES_OK : o->kind->check(loss, diag);
}

const void *const *es_objective_gradient(const es_objective *o) {
  return o->gradient;
}

/* With what rounding took, as descent does: a share of 1 - m of a small change
 * would be lost in a float's last place. */
es_status es_objective_follow(es_objective *o, uint64_t done, float *params,
                              es_diag *diag) {
  const size_t n = o->network->graph.param_size;
  const double share =
      o->ema ? (1 - o->momentum) * es_schedule_share(&o->pace, done - 1) : 0;
  for (size_t k = 0; o->ema && k < n; k++) {
    const double now = (double)o->params[k] + (double)o->low[k];
    const double next = now + share * ((double)params[k] - now);
    o->params[k] = (float)next;
    o->low[k] = (float)(next - (double)o->params[k]);
  }
  return es_direct_set(o->direct, done, params, diag);
}

static void keep(const es_objective *o, const float *from, size_t first,
                 size_t count, double *out) {
  const size_t d = o->own.size;
  for (size_t v = 0; v < VIEWS; v++)
    widen(out + (v * o->eval_n + first) * d, from + v * o->batch * d,
          count * d);
}

void es_objective_keep(es_objective *o, size_t first, size_t count) {
  keep(o, output(o, o->own), first, count, o->eval_z);
  if (o->kind->targets) keep(o, targets(o), first, count, o->eval_t);
}

double es_objective_measure(es_objective *o) {
  return o->kind->value(o->eval_loss, o->eval_z, o->eval_t, o->dz, NULL);
}

const double *es_objective_targets(const es_objective *o) {
  return o->ema ? o->eval_t : NULL;
}

/* Of the target network; none where there is none. */
enum { PARTS = 3 };

static size_t parts_of(es_state_part out[PARTS], const es_objective *o) {
  const es_graph *g = &o->network->graph;
  out[0] = (es_state_part){"/target", g->param, g->n_params, o->params};
  out[1] = (es_state_part){"/target", g->buffer, g->n_buffers, o->buffers};
  out[2] =
      (es_state_part){"/optimizer/target_low", g->param, g->n_params, o->low};
  return o->ema ? PARTS : 0;
}

es_status es_objective_save(const es_objective *o, es_h5 *file, es_diag *diag) {
  const es_graph *g = &o->network->graph;
  es_state_part parts[PARTS];
  if (o->ema && (!es_all_finite_float(g->param_size, o->params) ||
                 !es_all_finite_float(g->buffer_size, o->buffers)))
    return es_fail(diag, ES_NOT_FINITE, "the target network is not finite");
  const es_status status =
      es_state_write(parts, parts_of(parts, o), file, diag);
  return status == ES_OK ? es_direct_save(o->direct, file, diag) : status;
}

es_status es_objective_load(es_objective *o, es_h5_source *file,
                            es_diag *diag) {
  es_state_part parts[PARTS];
  const es_status status = es_state_read(parts, parts_of(parts, o), file, diag);
  return status == ES_OK ? es_direct_load(o->direct, file, diag) : status;
}
