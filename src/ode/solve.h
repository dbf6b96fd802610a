/* The workspace of a solve. */
#ifndef ES_ODE_SOLVE_H
#define ES_ODE_SOLVE_H

#include "base/slab.h"
#include "ode/control.h"
#include "ode/event.h"
#include "ode/stepper.h"

/* A stepper and what is its own. */
typedef struct es_side {
  const es_stepper *stepper; /* NULL: there is none */
  double *work;
  void *own;
} es_side;

struct es_ode {
  es_slab slab;              /* holds this struct too */
  const es_stepper *stepper; /* the side in use */
  es_side side[2];           /* the second: for stiff stretches, or none */
  char method[48];
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

/* Goes on with that side, from the step's (t, y, f), or begins with it. */
void es_ode_use(es_ode *ode, size_t side);

#endif
