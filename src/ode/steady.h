/* Recognising a state that no longer moves. */
#ifndef ES_ODE_STEADY_H
#define ES_ODE_STEADY_H

#include "ode/stepper.h"

typedef struct es_steady {
  int in_a_row; /* steps after which the state looked steady */
  double rate;  /* largest |f_new - f|/|y_new - y| so far */
} es_steady;

/* Sees the step just accepted, with so much time left after it (INFINITY: for
 * its rate alone); true if the state is taken to be final. */
bool es_steady_see(es_steady *steady, const es_step *s, bool fixed_step,
                   double left);

/* At most h, such that errors die away as fast as the solution. */
double es_steady_shorten(const es_steady *steady, double h);

#endif
