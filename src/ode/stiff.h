/* Stiffness: seeing that fast modes hold an explicit method's steps short, and
 * the choice between two methods on the way. */
#ifndef ES_ODE_STIFF_H
#define ES_ODE_STIFF_H

#include "ode/stepper.h"

typedef struct es_stiff {
  const es_stepper *plain, *stiff; /* either may be NULL: there is no choice */
  double price;                    /* of a stiff step, in plain ones */
  double rate;       /* of the last attempt that passed, if one was due */
  unsigned wait;     /* plain steps until the next look */
  uint64_t patience; /* held steps in a row that call for a change */
  uint64_t held, calm, since; /* in a row; steps since the last change */
  double level; /* h |lambda| in the steps that were held, their mean */
} es_stiff;

/* A solve of n components begins with `plain`; analytic: the system has its own
 * Jacobian. */
void es_stiff_begin(es_stiff *w, const es_stepper *plain,
                    const es_stepper *stiff, size_t n, bool analytic);

/* Whether `rate` is wanted of the attempt that passed with this stepper. */
bool es_stiff_due(const es_stiff *w, const es_stepper *stepper);

/* Sees an accepted step of length h that ended at t, counts it, and says
 * whether the other method had better go on. shortened: something else kept h
 * below the fastest mode's time. */
bool es_stiff_see(es_stiff *w, const es_stepper *stepper, double t, double h,
                  bool shortened, es_ode_statistics *stats);

/* The longest step that the plain method should begin with after a change. */
double es_stiff_first(const es_stiff *w);

#endif
