/* Gradient descent as a map: y_{k+1} = y_k + h f(t_k, y_k), t_k = t0 + k h with
 * h the learning rate. No error estimate: h is meant. Between steps the state
 * is the straight line that the update itself draws, which places events
 * without an evaluation and without overshoot; an event is a change of sign
 * from one step to the next. */
#include "ode/stepper.h"

static es_status attempt(es_step *s) {
  const size_t n = s->n;
  const double h = s->h;
  const double *restrict y = s->y, *restrict f = s->f;
  double *restrict y_new = s->y_new;
  const es_status status = es_step_rhs(s, s->t, s->y, s->f);
  if (status != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++) y_new[i] = y[i] + h * f[i];
  return ES_OK;
}

static void dense(const es_step *s, double theta, double *out) {
  for (size_t i = 0; i < s->n; i++)
    out[i] = s->y[i] + theta * (s->y_new[i] - s->y[i]);
}

const es_stepper es_stepper_gd = {
    .name = "gd",
    .summary = "gradient descent, y += h0*f, one step per learning rate",
    .order = 1,
    .stages = 1,
    .fixed_step = true,
    .attempt = attempt,
    .dense = dense,
};
