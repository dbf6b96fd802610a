/* Settings to output times and method: see flow_settings.h. */
#include "trace/flow_settings.h"

#include "ode/stepper.h"

#include <eigenstep/flow.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The choices of solver.method: the table of steppers behind these two. */
#define BARRED(id, name) "|" name
#define METHODS "auto|exact" ES_STEPPERS(BARRED)
#define LISTED(id, name) ", " name
#define STEPPERS (&(ES_STEPPERS(LISTED))[2])

static const es_key keys[] = {
    {"time", "t", ES_LIST, ES_RISING, 0, INFINITY, NULL, "time", NULL,
     "output times, rising"},
    {"time", "t_end", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time", NULL,
     "last of n output times from 0 on [1.2 times the last step time]"},
    {"time", "n", ES_SIZE, 0, 2, 1e8, NULL, "1", "200",
     "output times up to t_end, both ends included"},
    {"solver", "method", ES_CHOICE, 0, 0, 0, METHODS, NULL, "auto",
     "auto: the closed form where there is one, else dop853 (tsit5 for "
     "rtol > 1e-4), and exponential, rosenbrock or rock4 where fast modes hold "
     "that short"},
    {"solver", "rtol", ES_REAL, ES_OPEN_LOW | ES_OPEN_HIGH, 0, 1, NULL, "1",
     "1e-9", "relative tolerance of a step"},
    {"solver", "atol", ES_REAL, 0, 0, INFINITY, NULL, "start", "1e-12",
     "absolute tolerance of a step, in units of each component's start"},
    {"solver", "max_steps", ES_SIZE, 0, 1, 0x1p53, NULL, "1", "1e8",
     "steps after which a flow stops with exit code 4"},
    {"solver", "limit", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "start", NULL,
     "size of a component, in units of its start, at which a flow has diverged "
     "[none]"},
    {"output", "state", ES_FLAG, 0, 0, 0, NULL, NULL, "off",
     "append the state, row by row, to every row"},
    {"output", "embeddings", ES_SIZE, 0, 0, 1e6, NULL, "points", "0",
     "store the embeddings of that many data points over time in arrays.h5"},
    {"output", "points", ES_CHOICE, 0, 0, 0, "train|test", NULL, "train",
     "whose embeddings: first views of the first pairs, or the first test "
     "images of the data set, without augmentation"},
    {"output", "modes", ES_FLAG, 0, 0, 0, NULL, NULL, "off",
     "store eigenvalues, eigenvectors and the start in arrays.h5; R² on known "
     "factors of the data in factors.csv"},
};
const es_keys es_flow_keys = {keys, sizeof keys / sizeof *keys};

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the output times");
}

static es_status linear_times(es_flow_settings *out, double t_end, size_t n,
                              es_diag *diag) {
  out->times = calloc(n, sizeof *out->times);
  if (out->times == NULL) return no_memory(diag);
  for (size_t i = 0; i < n; i++)
    out->times[i] = t_end * ((double)i / (double)(n - 1));
  out->times[n - 1] = t_end;
  out->n_times = n;
  return ES_OK;
}

static es_status settle_times(es_flow_settings *out,
                              const es_instance *instance,
                              const es_config *config, es_diag *diag) {
  const bool end_given = es_config_has(config, "time", "t_end");
  if (es_config_has(config, "time", "t")) {
    const double *list = es_config_list(config, "time", "t", &out->n_times);
    if (end_given)
      return es_fail(diag, ES_USAGE, "give time.t or time.t_end, not both");
    out->times = malloc(out->n_times * sizeof *list);
    if (out->times == NULL) return no_memory(diag);
    memcpy(out->times, list, out->n_times * sizeof *list);
    return ES_OK;
  }
  double t_end = 1.2 * instance->shape.t_last;
  if (end_given) t_end = es_config_real(config, "time", "t_end");
  if (!isfinite(t_end))
    return es_fail(diag, ES_USAGE,
                   "time.t: no mode steps, so give output times (time.t=1,2,5 "
                   "or time.t_end=10)");
  return linear_times(out, t_end, es_config_size(config, "time", "n"), diag);
}

/* An explicit method takes fastest·t_end/6 steps of 12 evaluations in the end,
 * the exponential one some 250 of 29, each with as much for its linear part. */
static const double long_enough = 4000;

/* What auto begins with. */
static const char *begin_with(const es_flow_settings *out,
                              const es_instance *instance, double t_end) {
  const es_model_shape *shape = &instance->shape;
  if (shape->has_linear && shape->fastest * t_end > long_enough)
    return "exponential";
  return es_stepper_auto(out->options.rtol)->name;
}

es_status es_flow_settle_method(es_flow_settings *out,
                                const es_instance *instance,
                                const es_config *config, double t_end,
                                es_diag *diag) {
  out->method = es_config_text(config, "solver", "method");
  out->by_auto = strcmp(out->method, "auto") == 0;
  if (out->by_auto && instance->shape.has_exact) out->method = "exact";
  if (strcmp(out->method, "exact") == 0)
    return instance->shape.has_exact
               ? ES_OK
               : es_fail(diag, ES_BAD_VALUE,
                         "solver.method=exact: %s has no closed form from this "
                         "start; use auto or a stepper (%s)",
                         instance->model->name, STEPPERS);
  es_ode_options_default(&out->options);
  out->options.method = out->method;
  out->options.rtol = es_config_real(config, "solver", "rtol");
  if (out->by_auto) out->method = begin_with(out, instance, t_end);
  if (strcmp(out->method, "exponential") == 0)
    out->options.method = out->method;
  out->options.atol = es_config_real(config, "solver", "atol");
  if (instance->shape.atol_unit > 0)
    out->options.atol *= instance->shape.atol_unit;
  out->options.max_steps = es_config_size(config, "solver", "max_steps");
  if (es_config_has(config, "solver", "limit"))
    out->options.limit = es_config_real(config, "solver", "limit");
  if (strcmp(out->method, "gd") != 0) return ES_OK;
  out->options.h0 = instance->shape.lr;
  return instance->shape.lr > 0
             ? ES_OK
             : es_fail(diag, ES_USAGE,
                       "model.lr: solver.method=gd needs a learning rate");
}

es_status es_flow_settle(es_flow_settings *out, const es_instance *instance,
                         const es_config *config, es_diag *diag) {
  const char *missing = instance->shape.no_start;
  if (missing != NULL) return es_fail(diag, ES_USAGE, "%s", missing);
  const es_status status = settle_times(out, instance, config, diag);
  if (status != ES_OK) return status;
  return es_flow_settle_method(out, instance, config,
                               out->times[out->n_times - 1], diag);
}
