/* Event location on the interpolant of one accepted step. */
#ifndef ES_ODE_EVENT_H
#define ES_ODE_EVENT_H

#include "base/slab.h"
#include "ode/stepper.h"

typedef struct es_event_hit {
  double t;
  size_t event;
  int direction;
} es_event_hit;

typedef struct es_events {
  const es_stepper *stepper;
  const es_step *step;
  es_ode_events g_of;
  void *context;
  size_t n, parts;          /* components, the limit's too; samples per step */
  double *g, *g_next, *try; /* at the ends of a part; inside it */
  int *sign;                /* last sign other than 0; 0: none yet */
  double *y;                /* scratch state */
  double limit;             /* on |y_i|/scale_i; 0: none */
  const double *scale;
  bool clear;         /* g_next holds the end's, and nothing changed sign */
  es_event_hit *hits; /* of the step, in order of time */
  size_t n_hits;
} es_events;

/* Adds what es_events_init takes to a slab's plan. */
void es_events_plan(size_t *total, const es_stepper *stepper,
                    const es_ode_system *system);
/* Takes what was planned; y is scratch of the state's size. */
void es_events_init(es_events *e, es_slab *slab, const es_stepper *stepper,
                    const es_step *step, const es_ode_system *system,
                    double *y);

/* Adds an event, the last, at which the largest |y_i|/scale_i passes the limit;
 * it is seen where a start lies on the limit, too. 0: none. */
void es_events_limit(es_events *e, double limit, const double *scale);

/* Whether y is beyond the limit. */
bool es_events_beyond(const es_events *e, const double *y);

/* Whether an attempt that passed may hold an event, judged by a cubic through
 * its ends; if not, the search that follows is free. For methods whose own
 * interpolant must be prepared. */
bool es_events_suspect(es_events *e);

/* Both give ES_NOT_FINITE where a g is not a number. */
es_status es_events_begin(es_events *e);
es_status es_events_search(es_events *e);

#endif
