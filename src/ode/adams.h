/* For tests: an Adams method whose history is given and whose order stays. */
#ifndef ES_ODE_ADAMS_H
#define ES_ODE_ADAMS_H

#include "ode/stepper.h"

#define ES_ADAMS_MOST 12 /* highest order of the predictor */

/* In the place of begin: keeps the predictor's order at k, 1 <= k <=
 * ES_ADAMS_MOST, with the slopes f (k rows of n) at the falling times x[0..k),
 * x[0] that of the start. */
void es_adams_hold(es_step *step, size_t k, const double *x, const double *f);

#endif
