/* The choice of h. */
#ifndef ES_ODE_CONTROL_H
#define ES_ODE_CONTROL_H

#include "ode/stepper.h"

typedef struct es_control {
  double alpha, beta; /* of the PI controller */
  double log_old;     /* log of the last accepted error */
  bool rejected;      /* the last attempt was */
} es_control;

void es_control_begin(es_control *c, const es_stepper *stepper);

/* The next h after an attempt with h that passed, or that did not. An error
 * that is not finite stands for a step that could not be evaluated. */
double es_control_accept(es_control *c, double h, double error);
double es_control_reject(es_control *c, double h, double error);

/* A first h for the step's (t, y, f), at most span; one evaluation. */
es_status es_control_first(double *h, es_step *s, const es_stepper *stepper,
                           double span);

#endif
