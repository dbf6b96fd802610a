/* Making and freeing the workspace: one slab, carved once. */
#include "ode/solve.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

enum { VECTORS = 7 }; /* y, f, y_new, f_new, atol, scale, y_at */

static size_t doubles_of(const es_stepper *stepper, size_t stride) {
  return stepper->doubles == NULL ? 0 : stepper->doubles(stride);
}

static es_status unknown_method(const char *method, es_diag *diag) {
  char names[128] = "auto";
  size_t used = strlen(names);
  es_stepper_info info;
  for (size_t i = 0; (info = es_stepper_list(i)).name != NULL; i++) {
    const int added =
        snprintf(names + used, sizeof names - used, ", %s", info.name);
    used = used + (size_t)added < sizeof names ? used + (size_t)added : used;
  }
  return es_fail(diag, ES_BAD_VALUE, "method = %s: is none of %s", method,
                 names);
}

/* At rtol 1e-3 tsit5 takes a tenth to a third fewer evaluations than dop853 on
 * Kepler's, Lorenz's and the circle's equations; at 1e-4 they are about even,
 * and dop853 is nearer to the solution from there on. */
const es_stepper *es_stepper_auto(double rtol) {
  return rtol > 1e-4 ? &es_stepper_tsit5 : &es_stepper_dop853;
}

/* The system's own fast part is the best there is. Without, rosenbrock up to an
 * n beyond which its matrices hardly ever pay, and rock4 there, as far as order
 * 4 goes: on a Barlow Twins flow of n = 50,176 it takes a third of dop853's
 * evaluations at rtol 1e-6 and as many at 1e-9. */
enum { LARGEST_FACTORED = 1024 };

static const es_stepper *for_stiff(const es_ode_system *system, double rtol) {
  if (system->linear.phi != NULL) return &es_stepper_exponential;
  if (system->n <= LARGEST_FACTORED) return &es_stepper_rosenbrock;
  return rtol >= 1e-8 ? &es_stepper_rock4 : NULL;
}

/* work is the tolerances here: each side has its own, which es_ode_use puts in
 * its place. */
static void carve(es_ode *ode, size_t stride) {
  es_step *s = &ode->step;
  double **const vector[VECTORS] = {&s->y,    &s->f,       &s->y_new, &s->f_new,
                                    &s->work, &ode->scale, &ode->y_at};
  for (size_t i = 0; i < VECTORS; i++)
    *vector[i] = es_slab_take(&ode->slab, stride, sizeof(double));
}

static void set_tolerances(es_step *s, double *atol, double *scale,
                           const es_ode_options *o) {
  s->rtol = o->rtol;
  for (size_t i = 0; i < s->n; i++) {
    scale[i] = o->scale == NULL ? 1 : o->scale[i];
    /* Not 0, so that a component that stays 0 has no error of 0/0; finite, so
     * that an infinite error is seen. */
    atol[i] = fmin(fmax(o->atol * scale[i], DBL_MIN), DBL_MAX);
  }
  s->atol = atol;
}

void es_ode_use(es_ode *ode, size_t side) {
  const bool both = ode->stats.switches > 0;
  ode->stepper = ode->events.stepper = ode->side[side].stepper;
  ode->step.work = ode->side[side].work;
  ode->step.own = ode->side[side].own;
  snprintf(ode->method, sizeof ode->method, "%s%s%s",
           ode->side[0].stepper->name, both ? "+" : "",
           both ? ode->side[1].stepper->name : "");
}

/* Fills a zeroed workspace whose slab is open. */
static void fill(es_ode *ode, const es_stepper *stepper,
                 const es_ode_system *system, const es_ode_options *options,
                 size_t stride) {
  ode->system = *system;
  ode->options = *options;
  ode->options.scale = NULL;
  ode->options.method = stepper->name;
  es_step *s = &ode->step;
  s->n = system->n;
  s->stride = stride;
  s->rhs = system->rhs;
  s->jacobian = system->jacobian;
  s->linear = system->linear;
  s->context = system->context;
  carve(ode, stride);
  set_tolerances(s, s->work, ode->scale, options);
  es_events_init(&ode->events, &ode->slab, stepper, s, system, ode->y_at);
  es_events_limit(&ode->events, options->limit, ode->scale);
}

/* A side counts from here on as one to be closed. */
static es_status open_side(es_ode *ode, es_side *side,
                           const es_stepper *stepper, es_diag *diag) {
  es_step *s = &ode->step;
  side->stepper = stepper;
  side->work = s->work =
      es_slab_take(&ode->slab, doubles_of(stepper, s->stride), sizeof(double));
  s->own = NULL;
  es_status status = ES_OK;
  if (stepper->open != NULL) status = stepper->open(s, diag);
  side->own = s->own;
  return status;
}

/* Changes to `stiff` (NULL: never) and back where that pays; both have dense
 * output. */
static es_status open_pair(es_ode **out, const es_stepper *stepper,
                           const es_stepper *stiff, const es_ode_system *system,
                           const es_ode_options *options, es_diag *diag) {
  *out = NULL;
  es_status status = es_ode_check(stepper, system, options, diag);
  if (status != ES_OK) return status;
  /* Beyond this no memory would do, and the sizes below could overflow. */
  if (system->n > SIZE_MAX >> 16)
    return es_fail(diag, ES_NO_MEMORY, "no memory for n = %zu", system->n);
  const size_t line = ES_SLAB_ALIGN / sizeof(double);
  const size_t stride = (system->n + line - 1) / line * line;
  if (doubles_of(stepper, stride) == SIZE_MAX)
    return es_fail(diag, ES_NO_MEMORY,
                   "%s: no memory for matrices of n x n numbers, n = %zu",
                   stepper->name, system->n);
  size_t total = 0;
  es_slab_add(&total, 1, sizeof(es_ode));
  for (int i = 0; i < VECTORS; i++) es_slab_add(&total, stride, sizeof(double));
  es_slab_add(&total, doubles_of(stepper, stride), sizeof(double));
  if (stiff != NULL)
    es_slab_add(&total, doubles_of(stiff, stride), sizeof(double));
  es_events_plan(&total, stepper, system);
  es_slab slab;
  status = es_slab_open(&slab, total, diag);
  if (status != ES_OK) return status;
  es_ode *ode = es_slab_take(&slab, 1, sizeof *ode);
  ode->slab = slab;
  fill(ode, stepper, system, options, stride);
  status = open_side(ode, &ode->side[0], stepper, diag);
  if (status == ES_OK && stiff != NULL)
    status = open_side(ode, &ode->side[1], stiff, diag);
  es_ode_use(ode, 0);
  if (status == ES_OK)
    *out = ode;
  else
    es_ode_free(ode);
  return status;
}

es_status es_ode_open(es_ode **out, const es_stepper *stepper,
                      const es_ode_system *system,
                      const es_ode_options *options, es_diag *diag) {
  return open_pair(out, stepper, NULL, system, options, diag);
}

es_status es_ode_new(es_ode **out, const es_ode_system *system,
                     const es_ode_options *options, es_diag *diag) {
  *out = NULL;
  const char *name = options->method == NULL ? "(null)" : options->method;
  const es_stepper *stepper = es_stepper_find(name);
  if (strcmp(name, "auto") == 0)
    return open_pair(out, es_stepper_auto(options->rtol),
                     for_stiff(system, options->rtol), system, options, diag);
  if (stepper == NULL) return unknown_method(name, diag);
  return es_ode_open(out, stepper, system, options, diag);
}

void es_ode_free(es_ode *ode) {
  if (ode == NULL) return;
  for (size_t i = 0; i < 2 && ode->side[i].stepper != NULL; i++) {
    const es_stepper *stepper = ode->side[i].stepper;
    if (stepper->close == NULL) continue;
    es_ode_use(ode, i);
    stepper->close(&ode->step);
  }
  es_slab slab = ode->slab;
  es_slab_close(&slab);
}

es_ode_statistics es_ode_stats(const es_ode *ode) { return ode->stats; }

const char *es_ode_method(const es_ode *ode) { return ode->method; }
