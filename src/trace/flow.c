/* Flow of a model by its closed form or a stepper, one row at a time. See
 * include/eigenstep/flow.h. */
#include <eigenstep/flow.h>

#include "base/slab.h"
#include "trace/flow_settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct es_flow {
  es_instance instance;
  es_flow_settings settings;
  char ran[48]; /* what a stepper's run made of the method */
  size_t n_states, n_row;
  double *row, *y, *scale;
  double *state;      /* the user's, where rows, distance or points need it */
  double *embeddings; /* n_times × n_points × embed_dim */
  double *row_times;  /* n_times: t of the rows delivered */
  size_t n_rows;
  double sup_error;
  es_flow_step *met; /* by event */
  size_t *mode_of;   /* of event j */
  es_ode_statistics statistics;
  const es_watch *watch;
  double now;
  es_flow_row deliver; /* the caller's, during a run */
  void *deliver_context;
};

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the flow");
}

static es_status allocate_embeddings(es_flow *flow, const es_config *config,
                                     es_diag *diag) {
  const es_model_shape *shape = &flow->instance.shape;
  size_t row, cells;
  if (es_config_size(config, "output", "embeddings") == 0) return ES_OK;
  if (flow->instance.model->embed == NULL || shape->n_points == 0)
    return es_fail(diag, ES_USAGE,
                   "output.embeddings: this model was not built from data");
  if (!es_size_mul(&row, shape->n_points, shape->embed_dim) ||
      !es_size_mul(&cells, row, flow->settings.n_times))
    return no_memory(diag);
  flow->embeddings = calloc(cells, sizeof *flow->embeddings);
  return flow->embeddings != NULL ? ES_OK : no_memory(diag);
}

/* Events by rank belong to modes in the order of their predicted times; what
 * is never predicted to step comes last. */
static void pair_events(es_flow *flow) {
  const es_instance *instance = &flow->instance;
  const bool sorted = instance->shape.by_rank &&
                      es_instance_steps(instance) >= instance->shape.n_events;
  for (size_t i = 0; i < instance->shape.n_events; i++) {
    size_t k = i;
    const double time = sorted ? es_instance_step(instance, i).half_time : 0;
    for (; sorted && k > 0; k--) {
      if (!(time < es_instance_step(instance, flow->mode_of[k - 1]).half_time))
        break;
      flow->mode_of[k] = flow->mode_of[k - 1];
    }
    flow->mode_of[k] = i;
  }
}

static es_status allocate(es_flow *flow, es_diag *diag) {
  const size_t n = flow->instance.shape.n;
  flow->row = calloc(flow->n_row, sizeof *flow->row);
  flow->y = calloc(n, sizeof *flow->y);
  flow->scale = calloc(n, sizeof *flow->scale);
  flow->met = calloc(flow->instance.shape.n_events + 1, sizeof *flow->met);
  flow->mode_of =
      calloc(flow->instance.shape.n_events + 1, sizeof *flow->mode_of);
  flow->row_times = calloc(flow->settings.n_times, sizeof *flow->row_times);
  flow->state =
      calloc(es_instance_states(&flow->instance), sizeof *flow->state);
  if (flow->row == NULL || flow->y == NULL || flow->scale == NULL ||
      flow->met == NULL || flow->mode_of == NULL || flow->row_times == NULL ||
      flow->state == NULL)
    return no_memory(diag);
  return ES_OK;
}

es_status es_flow_new(es_flow **out, const es_model *model,
                      const es_config *config, const es_watch *watch,
                      es_diag *diag) {
  *out = NULL;
  es_flow *flow = calloc(1, sizeof *flow);
  if (flow == NULL) return no_memory(diag);
  flow->watch = watch;
  es_status status =
      es_instance_open(&flow->instance, model, config, watch, diag);
  if (status == ES_OK) {
    if (es_config_flag(config, "output", "state"))
      flow->n_states = es_instance_states(&flow->instance);
    flow->n_row = 1 + flow->instance.shape.n_columns + flow->n_states;
    status = es_flow_settle(&flow->settings, &flow->instance, config, diag);
  }
  if (status == ES_OK) status = allocate(flow, diag);
  if (status == ES_OK) pair_events(flow);
  if (status == ES_OK) status = allocate_embeddings(flow, config, diag);
  if (status != ES_OK) {
    es_flow_free(flow);
    return status;
  }
  *out = flow;
  return ES_OK;
}

void es_flow_free(es_flow *flow) {
  if (flow == NULL) return;
  es_instance_close(&flow->instance);
  free(flow->settings.times);
  free(flow->row);
  free(flow->y);
  free(flow->scale);
  free(flow->met);
  free(flow->mode_of);
  free(flow->state);
  free(flow->embeddings);
  free(flow->row_times);
  free(flow);
}

size_t es_flow_columns(const es_flow *flow) { return flow->n_row; }

void es_flow_column(const es_flow *flow, size_t j, char *name, size_t size) {
  if (j == 0)
    snprintf(name, size, "t");
  else if (j <= flow->instance.shape.n_columns)
    es_instance_column(&flow->instance, j - 1, name, size);
  else
    es_instance_state_name(&flow->instance,
                           j - 1 - flow->instance.shape.n_columns, name, size);
}

static bool stopping(void *self) {
  const es_flow *flow = self;
  const es_watch *watch = flow->watch;
  return watch != NULL &&
         watch->ask(watch->context, flow->instance.model->name, flow->now,
                    flow->settings.times[flow->settings.n_times - 1]);
}

static es_status rhs(double t, const double *y, double *dydt, void *self) {
  es_flow *flow = self;
  flow->now = t;
  return flow->instance.model->rhs(t, y, dydt, flow->instance.self);
}

static es_status jacobian(double t, const double *y, double *J, double *dfdt,
                          void *self) {
  const es_instance *i = &((es_flow *)self)->instance;
  return i->model->jacobian(t, y, J, dfdt, i->self);
}

static es_status freeze(double t, const double *y, double h, void *self) {
  const es_instance *i = &((es_flow *)self)->instance;
  return i->model->linear.freeze(t, y, h, i->self);
}

static void phi(double tau, double *v, void *self) {
  const es_instance *i = &((es_flow *)self)->instance;
  i->model->linear.phi(tau, v, i->self);
}

static void events(double t, const double *y, double *g, void *self) {
  es_flow *flow = self;
  flow->instance.model->events(t, y, g, flow->instance.self);
}

/* The first rise of mode j is its step; numerical wiggles later are not. */
static bool on_event(size_t j, int direction, double t, const double *y,
                     void *self) {
  es_flow *flow = self;
  if (direction > 0 && isnan(flow->met[j].t)) {
    flow->met[j].t = t;
    if (flow->instance.model->overlap != NULL)
      flow->met[j].overlap = flow->instance.model->overlap(
          flow->instance.self, j, flow->mode_of[j], t, y);
  }
  return false;
}

/* What needs the user's state: the row's tail and the embeddings. */
static void use_state(es_flow *flow) {
  const es_model *model = flow->instance.model;
  const es_model_shape *shape = &flow->instance.shape;
  if (flow->n_states > 0)
    memcpy(flow->row + 1 + shape->n_columns, flow->state,
           flow->n_states * sizeof *flow->state);
  if (flow->embeddings != NULL)
    model->embed(flow->instance.self, flow->state,
                 flow->embeddings +
                     flow->n_rows * shape->n_points * shape->embed_dim);
}

static es_status deliver(es_flow *flow, double t) {
  flow->row[0] = t;
  flow->row_times[flow->n_rows++] = t;
  return flow->deliver(flow->deliver_context, flow->row, flow->n_row);
}

static es_status output(size_t index, double t, const double *y, void *self) {
  es_flow *flow = self;
  const es_model *model = flow->instance.model;
  (void)index;
  const es_status status =
      es_instance_observe(&flow->instance, t, y, flow->row + 1);
  if (status != ES_OK) return status;
  es_instance_state(&flow->instance, y, flow->state);
  use_state(flow);
  if (model->distance != NULL)
    flow->sup_error =
        fmax(flow->sup_error, model->distance(flow->instance.self, t, y));
  return deliver(flow, t);
}

/* Output times at which there is a state. Discrete descent has one always. */
static size_t times_before_end(const es_flow *flow) {
  size_t n = flow->settings.n_times;
  if (strcmp(flow->settings.method, "gd") == 0) return n;
  while (n > 0 && flow->settings.times[n - 1] >= flow->instance.shape.t_blowup)
    n--;
  return n;
}

static es_status fail_exact(es_status status, double t, es_diag *diag) {
  if (diag != NULL) diag->t = t;
  return es_fail(diag, status, "%s at t = %.10g", es_status_text(status), t);
}

static es_status run_exact(es_flow *flow, size_t n_times, es_diag *diag) {
  const es_instance *instance = &flow->instance;
  for (size_t i = 0; i < n_times; i++) {
    const double t = flow->now = flow->settings.times[i];
    if (stopping(flow))
      return es_fail(diag, ES_INTERRUPTED, "interrupted at t=%.6g", t);
    es_status status =
        instance->model->exact(instance->self, t, flow->row + 1, flow->state);
    if (status != ES_OK) return fail_exact(status, t, diag);
    use_state(flow);
    status = deliver(flow, t);
    if (status != ES_OK) return status;
  }
  return ES_OK;
}

static es_status run_ode(es_flow *flow, size_t n_times, es_diag *diag) {
  es_ode *ode = NULL;
  es_ode_system system = {
      .n = flow->instance.shape.n, .rhs = rhs, .context = flow};
  system.n_events = flow->instance.shape.n_events;
  system.events = events;
  system.on_event = on_event;
  const es_model *model = flow->instance.model;
  if (model->jacobian != NULL) system.jacobian = jacobian;
  if (flow->instance.shape.has_linear)
    system.linear = (es_ode_linear){freeze, phi};
  es_instance_start(&flow->instance, flow->y, flow->scale);
  flow->settings.options.scale = flow->scale;
  flow->settings.options.stopping = stopping;
  flow->settings.options.stopping_self = flow;
  es_status status = es_ode_new(&ode, &system, &flow->settings.options, diag);
  if (status != ES_OK) return status;
  status = es_ode_solve(ode, 0, flow->y, flow->settings.times, n_times, output,
                        NULL, diag);
  flow->statistics = es_ode_stats(ode);
  snprintf(flow->ran, sizeof flow->ran, "%s", es_ode_method(ode));
  es_ode_free(ode);
  return status;
}

es_status es_flow_run(es_flow *flow, es_flow_row row, void *context,
                      es_diag *diag) {
  flow->n_rows = 0;
  flow->sup_error = NAN;
  for (size_t j = 0; j < flow->instance.shape.n_events; j++)
    flow->met[j] = (es_flow_step){NAN, NAN};
  flow->deliver = row;
  flow->deliver_context = context;
  const size_t n_times = times_before_end(flow);
  const es_status status = strcmp(flow->settings.method, "exact") == 0
                               ? run_exact(flow, n_times, diag)
                               : run_ode(flow, n_times, diag);
  if (status != ES_OK || n_times == flow->settings.n_times) return status;
  if (diag != NULL) diag->t = flow->instance.shape.t_blowup;
  return es_fail(diag, ES_DIVERGED, "the solution blows up at t = %.15g",
                 flow->instance.shape.t_blowup);
}

const char *es_flow_method(const es_flow *flow) {
  return flow->ran[0] != '\0' ? flow->ran : flow->settings.method;
}

bool es_flow_by_auto(const es_flow *flow) { return flow->settings.by_auto; }

es_ode_statistics es_flow_statistics(const es_flow *flow) {
  return flow->statistics;
}

double es_flow_sup_error(const es_flow *flow) { return flow->sup_error; }

const double *es_flow_embeddings(const es_flow *flow, size_t *n_rows,
                                 size_t *n_points, size_t *dim,
                                 const double **times) {
  *n_rows = flow->n_rows;
  *n_points = flow->instance.shape.n_points;
  *dim = flow->instance.shape.embed_dim;
  *times = flow->row_times;
  return flow->embeddings;
}

size_t es_flow_steps(const es_flow *flow) {
  return flow->instance.shape.n_events;
}

es_flow_step es_flow_step_met(const es_flow *flow, size_t j) {
  const size_t n = flow->instance.shape.n_events;
  for (size_t event = 0; event < n; event++)
    if (flow->mode_of[event] == j) return flow->met[event];
  return (es_flow_step){NAN, NAN};
}

const es_instance *es_flow_instance(const es_flow *flow) {
  return &flow->instance;
}

size_t es_flow_times(const es_flow *flow, double *last) {
  if (last != NULL) *last = flow->settings.times[flow->settings.n_times - 1];
  return flow->settings.n_times;
}
