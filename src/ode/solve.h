/* The workspace of a solve. */
#ifndef ES_ODE_SOLVE_H
#define ES_ODE_SOLVE_H

#include "base/slab.h"
#include "ode/control.h"
#include "ode/event.h"
#include "ode/stepper.h"

struct es_ode {
  es_slab slab; /* holds this struct too */
  const es_stepper *stepper;
  es_ode_system system;
  es_ode_options options; /* but scale, which is copied */
  es_step step;
  es_events events;
  es_ode_statistics stats;
  double *scale; /* n: the caller's, or 1 */
  double *y_at;  /* interpolated state */
};

/* ES_BAD_VALUE names what is out of range. */
es_status es_ode_check(const es_stepper *stepper, const es_ode_system *system,
                       const es_ode_options *options, es_diag *diag);

#endif
