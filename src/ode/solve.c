/* The loop around a stepper: aim, attempt, judge, locate events, deliver
 * outputs and events in order of time, go on. Every way out is a status, and
 * (t, y) is always the last state that was good. An attempt that fails, for
 * whatever reason, is repeated with a smaller h until t no longer moves; the
 * reason of the last one is then the status. */
#include "ode/solve.h"

#include "ode/pole.h"
#include "ode/steady.h"
#include "ode/stiff.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct run {
  es_ode *ode;
  const double *times;
  size_t n, next; /* the output to come */
  es_ode_output output;
  es_diag *diag;
  double t0;
  uint64_t k;         /* accepted steps of a fixed-step method */
  double h;           /* wanted; the step may be cut to hit its target */
  double too_long;    /* h of the last attempt if it was rejected */
  es_control control; /* of h */
  es_pole pole;       /* of a solution that blows up */
  es_steady steady;
  es_stiff stiff;
  es_status cause;    /* why the last attempt was rejected */
  es_status callback; /* what the right-hand side or the output returned */
  bool ended;         /* by an event */
} run;

static bool passes_through(es_status status) {
  return status == ES_INTERRUPTED || status == ES_NO_MEMORY;
}

/* A callback that shares the diagnostic may have left its own line there,
 * which then ends ours. */
static es_status fail(run *r, es_status code, const char *what) {
  es_diag *d = r->diag;
  if (d == NULL) return code;
  const es_ode *ode = r->ode;
  const es_ode_statistics *st = &ode->stats;
  const char *inner = "";
  if (r->callback != ES_OK)
    inner = d->message[0] != '\0' ? d->message : es_status_text(r->callback);
  char copy[sizeof d->message];
  strcpy(copy, inner);
  es_fail(d, code,
          "%s at t = %.10g (h = %.3g, %" PRIu64 " steps, %" PRIu64
          " rejected)%s%s",
          what, ode->step.t, r->h, st->steps, st->rejected,
          copy[0] == '\0' ? "" : ": ", copy);
  d->t = ode->step.t;
  d->h = r->h;
  d->steps = (size_t)(st->steps + st->rejected);
  return code;
}

static es_status fail_step(run *r, es_status code) {
  const bool own = code == ES_STEP_UNDERFLOW || code == ES_NOT_FINITE;
  double t_star, order;
  if (own) r->callback = ES_OK;
  fail(r, code, es_status_text(code));
  if (own && r->diag != NULL && es_pole_find(&r->pole, &t_star, &order)) {
    char *line = r->diag->message;
    const size_t used = strlen(line);
    snprintf(line + used, sizeof r->diag->message - used,
             "; y grows like (t* - t)^-%.3g: blow-up at t* = %.10g", order,
             t_star);
  }
  return code;
}

static es_status check_times(double t0, const double *times, size_t n,
                             es_diag *diag) {
  if (!isfinite(t0))
    return es_fail(diag, ES_BAD_VALUE, "t0 = %g: must be finite", t0);
  double last = t0;
  for (size_t i = 0; i < n; i++) {
    if (!(times[i] >= last && isfinite(times[i])))
      return es_fail(diag, ES_BAD_VALUE,
                     "times[%zu] = %.10g: must be finite and not before %.10g",
                     i, times[i], last);
    last = times[i];
  }
  return ES_OK;
}

/* Ends at a time inside the step just made. */
static void stop_at(run *r, double t) {
  es_step *s = &r->ode->step;
  es_step_at(r->ode->stepper, s, t, r->ode->y_at);
  memcpy(s->y, r->ode->y_at, s->n * sizeof *s->y);
  s->t = t;
}

/* Whether the next output belongs to the stretch up to limit; with a
 * fixed-step method only steps count, and the nearest one is taken. */
static bool is_due(const run *r, double limit) {
  if (r->next == r->n) return false;
  const double t = r->times[r->next];
  if (!r->ode->stepper->fixed_step) return t <= limit;
  const double nearest = round((t - r->t0) / r->ode->options.h0);
  return limit >= r->ode->step.t_new && nearest <= (double)r->k;
}

static const char output_failed[] = "the output ended the solve";

static es_status outputs_until(run *r, double limit) {
  es_ode *ode = r->ode;
  const bool fixed = ode->stepper->fixed_step;
  while (is_due(r, limit)) {
    const double t = fixed ? ode->step.t_new : r->times[r->next];
    const size_t index = r->next++;
    if (r->output == NULL) continue;
    es_step_at(ode->stepper, &ode->step, t, ode->y_at);
    r->callback = r->output(index, t, ode->y_at, ode->system.context);
    if (r->callback == ES_OK) continue;
    stop_at(r, t);
    return fail(r, r->callback, output_failed);
  }
  return ES_OK;
}

/* Delivers the outputs that remain from the state as it is. */
static es_status rest(run *r) {
  es_ode *ode = r->ode;
  const double h0 = ode->options.h0;
  ode->stats.t_steady = ode->step.t;
  while (r->next < r->n) {
    const size_t index = r->next++;
    double t = r->times[index];
    if (ode->stepper->fixed_step) t = r->t0 + round((t - r->t0) / h0) * h0;
    ode->step.t = t;
    if (r->output == NULL) continue;
    r->callback = r->output(index, t, ode->step.y, ode->system.context);
    if (r->callback != ES_OK) return fail(r, r->callback, output_failed);
  }
  return ES_OK;
}

static es_status diverged(run *r) {
  char line[80];
  snprintf(line, sizeof line, "%s %g", es_status_text(ES_DIVERGED),
           r->ode->options.limit);
  return fail(r, ES_DIVERGED, line);
}

/* Outputs and events of the step just made, in order of time; an output at the
 * time of an event comes first. */
static es_status deliver(run *r) {
  es_ode *ode = r->ode;
  es_status status;
  for (size_t i = 0; i < ode->events.n_hits; i++) {
    const es_event_hit hit = ode->events.hits[i];
    if ((status = outputs_until(r, hit.t)) != ES_OK) return status;
    if (hit.event == ode->system.n_events) {
      stop_at(r, hit.t);
      return diverged(r);
    }
    es_step_at(ode->stepper, &ode->step, hit.t, ode->y_at);
    r->ended = ode->system.on_event(hit.event, hit.direction, hit.t, ode->y_at,
                                    ode->system.context);
    if (!r->ended) continue;
    stop_at(r, hit.t);
    return ES_OK;
  }
  return outputs_until(r, ode->step.t_new);
}

/* Sets t_new and h; false where t would not move, or where a rejected h of a
 * few units in the last place of t is rounded back to what it was. */
static bool aim(run *r) {
  const es_stepper *stepper = r->ode->stepper;
  es_step *s = &r->ode->step;
  if (stepper->fixed_step) {
    s->h = r->h;
    s->t_new = r->t0 + (double)(r->k + 1) * s->h;
    return s->t_new > s->t;
  }
  const size_t target = stepper->dense_order > 0 ? r->n - 1 : r->next;
  const double left = r->times[target] - s->t;
  /* Two equal steps rather than a long one and a stub. */
  s->t_new = s->t + (2 * r->h > left ? left / 2 : r->h);
  if (r->h >= left) s->t_new = r->times[target];
  s->h = s->t_new - s->t;
  return s->h > 0 && s->h < r->too_long;
}

/* ES_OK, or why the step cannot be taken. */
static es_status attempt(run *r) {
  const es_stepper *stepper = r->ode->stepper;
  es_step *s = &r->ode->step;
  s->error = 0;
  s->h_next = 0;
  r->ode->events.clear = false;
  r->callback = stepper->attempt(s);
  const bool passed = r->callback == ES_OK && s->error <= 1;
  if (passed && es_stiff_due(&r->stiff, stepper))
    r->stiff.rate = stepper->rate(s);
  if (passed && stepper->prepare != NULL) {
    if (r->times[r->next] < s->t_new || es_events_suspect(&r->ode->events))
      r->callback = stepper->prepare(s);
  }
  if (passes_through(r->callback)) return r->callback;
  if (r->callback != ES_OK) s->error = NAN;
  if (r->callback != ES_OK) return ES_RHS_FAILED;
  if (s->error > 1 && isfinite(s->error)) return ES_STEP_UNDERFLOW;
  if (!es_all_finite(s->n, s->y_new)) s->error = NAN;
  if (!stepper->fixed_step && !es_all_finite(s->n, s->f_new)) s->error = NAN;
  return isfinite(s->error) ? ES_OK : ES_NOT_FINITE;
}

static void reject(run *r, es_status cause) {
  const es_step *s = &r->ode->step;
  r->ode->stats.rejected++;
  r->cause = cause;
  r->too_long = s->h;
  r->h = es_control_reject(&r->control, s->h, s->error);
  /* A method's own choice may shrink h further; a solve must end. */
  if (s->h_next > 0) r->h = fmin(r->h, s->h_next);
}

static void turn(es_step *s) {
  double *y = s->y, *f = s->f;
  s->y = s->y_new;
  s->f = s->f_new;
  s->y_new = y;
  s->f_new = f;
  s->t = s->t_new;
}

static void choose_next(run *r) {
  const es_ode *ode = r->ode;
  const es_step *s = &ode->step;
  if (ode->stepper->fixed_step) return;
  const bool cut = s->h < r->h;
  const double h = es_control_accept(&r->control, s->h, s->error);
  /* A step cut to hit its target says little about a longer one. */
  r->h = cut ? fmax(r->h, h) : h;
  if (s->h_next > 0) r->h = s->h_next;
  if (ode->options.h_max > 0) r->h = fmin(r->h, ode->options.h_max);
  if (!ode->stepper->l_stable) r->h = es_steady_shorten(&r->steady, r->h);
}

/* Looks for stiffness in the step just made, and changes methods. */
static void choose_side(run *r) {
  es_ode *ode = r->ode;
  const double h = ode->step.h;
  const bool shortened = h * r->steady.rate > .5;
  if (!es_stiff_see(&r->stiff, ode->stepper, ode->step.t, h, shortened,
                    &ode->stats))
    return;
  es_ode_use(ode, ode->stepper == r->stiff.plain);
  es_control_begin(&r->control, ode->stepper);
  if (ode->stepper->begin != NULL) ode->stepper->begin(&ode->step);
  if (ode->stepper == r->stiff.plain)
    r->h = fmin(r->h, es_stiff_first(&r->stiff));
}

/* The time over which a steady state may not move: what is left, or, without
 * an end, what has passed once all that is fast has had time to move. */
static double horizon(const run *r) {
  static const double times_of_fastest = 100;
  const double t = r->ode->step.t_new, end = r->times[r->n - 1];
  if (end < ES_ODE_FOREVER) return end - t;
  const double passed = t - r->t0;
  return passed * r->steady.rate >= times_of_fastest ? passed : INFINITY;
}

static es_status accept(run *r) {
  es_ode *ode = r->ode;
  r->callback = ES_OK;
  if (r->diag != NULL) r->diag->message[0] = '\0';
  if (es_events_search(&ode->events) != ES_OK)
    return fail(r, ES_NOT_FINITE, "an event function is not a number");
  ode->stats.steps++;
  ode->stats.h_last = ode->step.h;
  r->k++;
  r->cause = ES_STEP_UNDERFLOW;
  r->too_long = INFINITY;
  const es_status status = deliver(r);
  if (status != ES_OK || r->ended) return status;
  const bool fixed = ode->stepper->fixed_step;
  const bool at_rest = ode->options.stop_when_steady && r->next < r->n &&
                       es_steady_see(&r->steady, &ode->step, fixed, horizon(r));
  turn(&ode->step);
  choose_next(r);
  choose_side(r);
  if (!fixed) es_pole_see(&r->pole, &ode->step, ode->scale, ode->step.h);
  return at_rest ? rest(r) : ES_OK;
}

/* One attempt, with what must hold before it. */
static es_status advance(run *r) {
  const es_ode_options *o = &r->ode->options;
  const es_ode_statistics *st = &r->ode->stats;
  es_status halt = ES_OK;
  if (o->max_steps > 0 && st->steps + st->rejected >= o->max_steps)
    halt = ES_BUDGET;
  if (o->stopping != NULL && o->stopping(o->stopping_self))
    halt = ES_INTERRUPTED;
  if (halt != ES_OK) {
    r->callback = ES_OK; /* an attempt that failed before is not the reason */
    return fail(r, halt,
                halt == ES_BUDGET ? "max_steps is used up" : "interrupted");
  }
  if (!aim(r)) return fail_step(r, r->cause);
  const es_status outcome = attempt(r);
  if (outcome == ES_OK) return accept(r);
  if (r->ode->stepper->fixed_step || passes_through(outcome))
    return fail_step(r, outcome);
  reject(r, outcome);
  return ES_OK;
}

/* The first slope, the first signs, the first h. */
static es_status begin(run *r) {
  es_ode *ode = r->ode;
  es_step *s = &ode->step;
  const es_ode_options *o = &ode->options;
  r->h = o->h0;
  es_ode_use(ode, 0);
  es_stiff_begin(&r->stiff, ode->stepper, ode->side[1].stepper, s->n,
                 s->jacobian != NULL);
  es_control_begin(&r->control, ode->stepper);
  if (!es_all_finite(s->n, s->y))
    return fail(r, ES_NOT_FINITE, "the start is not finite");
  if (es_events_beyond(&ode->events, s->y)) return diverged(r);
  if (!ode->stepper->fixed_step) {
    r->callback = es_step_rhs(s, s->t, s->y, s->f);
    if (r->callback != ES_OK)
      return fail_step(r, passes_through(r->callback) ? r->callback
                                                      : ES_RHS_FAILED);
    if (!es_all_finite(s->n, s->f)) return fail_step(r, ES_NOT_FINITE);
    const double span = r->times[r->n - 1] - s->t;
    if (r->h == 0) r->callback = es_control_first(&r->h, s, ode->stepper, span);
    if (r->callback != ES_OK) return fail_step(r, r->callback);
    if (o->h_max > 0) r->h = fmin(r->h, o->h_max);
  }
  if (es_events_begin(&ode->events) != ES_OK)
    return fail(r, ES_NOT_FINITE, "an event function is not a number");
  if (ode->stepper->begin != NULL) ode->stepper->begin(s);
  return ES_OK;
}

static es_status go(run *r) {
  es_status status = outputs_until(r, r->t0);
  if (status != ES_OK || r->next == r->n) return status;
  status = begin(r);
  while (status == ES_OK && r->next < r->n && !r->ended) status = advance(r);
  return status;
}

es_status es_ode_solve(es_ode *ode, double t0, double *y0, const double *times,
                       size_t n, es_ode_output output, double *t_reached,
                       es_diag *diag) {
  run r = {.ode = ode,
           .times = times,
           .n = n,
           .output = output,
           .diag = diag,
           .t0 = t0,
           .too_long = INFINITY,
           .cause = ES_STEP_UNDERFLOW};
  es_step *s = &ode->step;
  const size_t bytes = s->n * sizeof *y0;
  if (diag != NULL) *diag = (es_diag){0};
  if (t_reached != NULL) *t_reached = t0;
  ode->stats = (es_ode_statistics){.t_steady = NAN, .t_stiff = NAN};
  es_status status = check_times(t0, times, n, diag);
  if (status != ES_OK) return status;
  s->rhs_calls = s->jacobian_calls = s->lu_calls = 0;
  s->t = s->t_new = t0;
  memcpy(s->y, y0, bytes);
  memcpy(s->y_new, y0, bytes);
  status = go(&r);
  memcpy(y0, s->y, bytes);
  if (t_reached != NULL) *t_reached = s->t;
  ode->stats.rhs_calls = s->rhs_calls;
  ode->stats.jacobian_calls = s->jacobian_calls;
  ode->stats.lu_calls = s->lu_calls;
  if (status == ES_OK && diag != NULL) *diag = (es_diag){0};
  return status;
}
