/* Options: defaults, and what is refused. */
#include "ode/solve.h"

#include <float.h>

void es_ode_options_default(es_ode_options *o) {
  *o = (es_ode_options){
      .method = "tsit5", .rtol = 1e-9, .atol = 1e-12, .max_steps = 100000000};
}

static bool not_negative(double x) { return x >= 0 && x <= DBL_MAX; }

static es_status check_scale(const double *scale, size_t n, es_diag *diag) {
  for (size_t i = 0; scale != NULL && i < n; i++)
    if (!(scale[i] > 0 && scale[i] <= DBL_MAX))
      return es_fail(diag, ES_BAD_VALUE,
                     "scale[%zu] = %g: must be positive and finite", i,
                     scale[i]);
  return ES_OK;
}

static es_status check_system(const es_ode_system *s, es_diag *diag) {
  if (s->n == 0) return es_fail(diag, ES_BAD_VALUE, "n = 0: nothing to solve");
  if (s->rhs == NULL)
    return es_fail(diag, ES_BAD_VALUE, "the system has no right-hand side");
  if (s->n_events > 0 && (s->events == NULL || s->on_event == NULL))
    return es_fail(diag, ES_BAD_VALUE,
                   "n_events = %zu, but no function for them", s->n_events);
  return ES_OK;
}

es_status es_ode_check(const es_stepper *stepper, const es_ode_system *system,
                       const es_ode_options *o, es_diag *diag) {
  const es_status status = check_system(system, diag);
  if (status != ES_OK) return status;
  if (!(o->rtol > 0 && o->rtol < 1))
    return es_fail(diag, ES_BAD_VALUE, "rtol = %g: must lie in (0, 1)",
                   o->rtol);
  if (!not_negative(o->atol))
    return es_fail(diag, ES_BAD_VALUE, "atol = %g: must be finite and >= 0",
                   o->atol);
  if (stepper->fixed_step && !(o->h0 > 0 && o->h0 <= DBL_MAX))
    return es_fail(diag, ES_BAD_VALUE,
                   "lr = %g: %s needs a learning rate (its step h0) > 0", o->h0,
                   stepper->name);
  if (!not_negative(o->h0))
    return es_fail(diag, ES_BAD_VALUE, "h0 = %g: must be finite and >= 0",
                   o->h0);
  if (!not_negative(o->h_max))
    return es_fail(diag, ES_BAD_VALUE, "h_max = %g: must be finite and >= 0",
                   o->h_max);
  if (!not_negative(o->limit))
    return es_fail(diag, ES_BAD_VALUE, "limit = %g: must be finite and >= 0",
                   o->limit);
  return check_scale(o->scale, system->n, diag);
}
