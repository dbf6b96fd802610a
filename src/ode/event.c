/* Events: each g_j is sampled at the end of a step and at four places inside
 * (ends only for discrete maps); a part whose ends differ in sign holds a root
 * of g_j(t, y(t)) on the interpolant, found by Chandrupatla's method ("A new
 * hybrid quadratic/bisection algorithm for finding the zero of a nonlinear
 * function without using derivatives", Adv. Eng. Softw. 28 (1997) 145-149),
 * which bisects wherever inverse quadratic interpolation cannot be trusted. Two
 * roots of one g_j within one part are not seen.
 *
 * Where the interpolant of a method costs right-hand sides, a cubic through
 * both ends is sampled first: if no g_j changes sign along that, none is looked
 * for.
 *
 * A zero takes no side: g_j changes sign where it differs from its last value
 * other than 0. The place reported is the far end of the final bracket, so
 * that a solve restarted from there does not meet the event again. */
#include "ode/event.h"

#include <float.h>

enum { PARTS = 5, ITERATIONS = 200 };

static size_t parts_of(const es_stepper *stepper) {
  return stepper->fixed_step ? 1 : PARTS;
}

void es_events_plan(size_t *total, const es_stepper *stepper,
                    const es_ode_system *system) {
  const size_t n = system->n_events + 1; /* one for the limit */
  for (int i = 0; i < 3; i++) es_slab_add(total, n, sizeof(double));
  es_slab_add(total, n, sizeof(int));
  es_slab_add(total, es_size_product(n, parts_of(stepper)),
              sizeof(es_event_hit));
}

void es_events_init(es_events *e, es_slab *slab, const es_stepper *stepper,
                    const es_step *step, const es_ode_system *system,
                    double *y) {
  const size_t n = system->n_events + 1;
  *e = (es_events){.stepper = stepper,
                   .step = step,
                   .g_of = system->events,
                   .context = system->context,
                   .n = system->n_events,
                   .parts = parts_of(stepper),
                   .y = y};
  e->g = es_slab_take(slab, n, sizeof(double));
  e->g_next = es_slab_take(slab, n, sizeof(double));
  e->try = es_slab_take(slab, n, sizeof(double));
  e->sign = es_slab_take(slab, n, sizeof(int));
  e->hits = es_slab_take(slab, n * e->parts, sizeof(es_event_hit));
}

void es_events_limit(es_events *e, double limit, const double *scale) {
  e->limit = limit;
  e->scale = scale;
  if (limit > 0) e->n++;
}

static double excess(const es_events *e, const double *y) {
  double worst = 0;
  for (size_t i = 0; i < e->step->n; i++)
    worst = es_worse(worst, fabs(y[i]) / e->scale[i]);
  return worst / e->limit - 1;
}

bool es_events_beyond(const es_events *e, const double *y) {
  return e->limit > 0 && excess(e, y) > 0;
}

static void evaluate(es_events *e, double t, const double *y, double *g) {
  if (e->n > (e->limit > 0)) e->g_of(t, y, g, e->context);
  if (e->limit > 0) g[e->n - 1] = excess(e, y);
}

static int sign_of(double x) { return (x > 0) - (x < 0); }

static bool any_nan(size_t n, const double *g) {
  int bad = 0;
  for (size_t i = 0; i < n; i++) bad |= isnan(g[i]) != 0;
  return bad != 0;
}

static es_status sample(es_events *e, double t, double *g) {
  es_step_at(e->stepper, e->step, t, e->y);
  evaluate(e, t, e->y, g);
  return any_nan(e->n, g) ? ES_NOT_FINITE : ES_OK;
}

/* Whether a g_j changes sign, takes a side for the first time, or is not a
 * number, at a time of the step. */
static bool turns(es_events *e, const double *y, double t) {
  evaluate(e, t, y, e->g_next);
  bool found = any_nan(e->n, e->g_next);
  for (size_t j = 0; j < e->n; j++) {
    const int sign = sign_of(e->g_next[j]);
    found = found || (sign != 0 && sign != e->sign[j]);
  }
  return found;
}

bool es_events_suspect(es_events *e) {
  const es_step *s = e->step;
  e->clear = false;
  if (e->n == 0) return false;
  for (size_t p = 1; p < e->parts; p++) {
    const double part = (double)p / (double)e->parts;
    es_step_hermite(s, part, e->y);
    if (turns(e, e->y, s->t + part * s->h)) return true;
  }
  e->clear = !turns(e, s->y_new, s->t_new);
  return !e->clear;
}

/* Where in (0, 1) from x1 to x2 to look next: by inverse quadratic
 * interpolation if the last three points bend little enough, else halfway. */
static double next_mix(double x1, double f1, double x2, double f2, double x3,
                       double f3) {
  const double xi = (x1 - x2) / (x3 - x2), phi = (f1 - f2) / (f3 - f2);
  if (!(phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi)) return .5;
  return f1 / (f2 - f1) * (f3 / (f2 - f3)) +
         (x3 - x1) / (x2 - x1) * (f1 / (f3 - f1)) * (f2 / (f3 - f2));
}

/* The root of g_j in (a, b], whose ends have opposite signs. */
static es_status locate(double *root, es_events *e, size_t j, double a,
                        double b) {
  double x1 = a, f1 = e->g[j], x2 = b, f2 = e->g_next[j], mix = .5;
  /* Ends about two units in the last place of t apart are one time; the second
   * term ends the search for a root at t = 0 itself. */
  const double least = 1e-9 * DBL_EPSILON * e->step->h;
  for (int i = 0; i < ITERATIONS; i++) {
    const double x = x1 + mix * (x2 - x1);
    const es_status status = sample(e, x, e->try);
    if (status != ES_OK) return status;
    const double f = e->try[j];
    const bool same = sign_of(f) == sign_of(f1);
    const double x3 = same ? x1 : x2, f3 = same ? f1 : f2;
    if (!same) x2 = x1, f2 = f1;
    x1 = x, f1 = f;
    const double tolerance = DBL_EPSILON * fmax(fabs(x1), fabs(x2)) + least;
    const double relative = tolerance / fabs(x2 - x1);
    *root = f == 0 ? x : fmax(x1, x2);
    if (f == 0 || relative > .5) return ES_OK;
    mix = next_mix(x1, f1, x2, f2, x3, f3);
    mix = fmin(fmax(mix, relative), 1 - relative);
  }
  return ES_OK;
}

/* Keeps hits in order of time, then of event. Few, so by insertion. */
static void record(es_events *e, es_event_hit hit) {
  size_t at = e->n_hits++;
  while (at > 0 && e->hits[at - 1].t > hit.t) {
    e->hits[at] = e->hits[at - 1];
    at--;
  }
  e->hits[at] = hit;
}

static void turn(es_events *e) {
  double *swap = e->g;
  e->g = e->g_next;
  e->g_next = swap;
}

static es_status search_part(es_events *e, double a, double b) {
  es_status status = sample(e, b, e->g_next);
  for (size_t j = 0; j < e->n && status == ES_OK; j++) {
    const int sign = sign_of(e->g_next[j]);
    if (sign == 0) continue;
    es_event_hit hit = {a, j, sign};
    const bool crossed = e->sign[j] == -sign;
    e->sign[j] = sign;
    if (!crossed) continue;
    /* A zero just at the sample before is the root itself. */
    if (e->g[j] < 0 || e->g[j] > 0) status = locate(&hit.t, e, j, a, b);
    if (status == ES_OK) record(e, hit);
  }
  turn(e);
  return status;
}

es_status es_events_begin(es_events *e) {
  e->n_hits = 0;
  e->clear = false;
  if (e->n == 0) return ES_OK;
  evaluate(e, e->step->t, e->step->y, e->g);
  for (size_t j = 0; j < e->n; j++) e->sign[j] = sign_of(e->g[j]);
  if (e->limit > 0) e->sign[e->n - 1] = -1;
  return any_nan(e->n, e->g) ? ES_NOT_FINITE : ES_OK;
}

es_status es_events_search(es_events *e) {
  const es_step *s = e->step;
  e->n_hits = 0;
  if (e->n == 0) return ES_OK;
  if (e->clear) { /* g at the end was just taken */
    e->clear = false;
    turn(e);
    for (size_t j = 0; j < e->n; j++)
      if (e->g[j] != 0) e->sign[j] = sign_of(e->g[j]);
    return ES_OK;
  }
  double a = s->t;
  for (size_t p = 1; p <= e->parts; p++) {
    const double part = (double)p / (double)e->parts;
    const double b = p == e->parts ? s->t_new : s->t + part * s->h;
    const es_status status = search_part(e, a, b);
    if (status != ES_OK) return status;
    a = b;
  }
  return ES_OK;
}
