/* Spectral radius of df/dy by the power method on differences of f (Sommeijer,
 * Shampine, Verwer, J. Comput. Appl. Math. 88 (1997) 315-326, section 4). */
#ifndef ES_ODE_RADIUS_H
#define ES_ODE_RADIUS_H

#include "ode/stepper.h"

/* Fills v (s->n) with noise, the same every time: a start that no mode lacks.
 */
void es_radius_start(size_t n, double *v);

/* Improves v and *radius, what they were found to be last (*radius < 0: not
 * yet), until *radius changes by less than 1/200 or most evaluations are spent;
 * for a symmetric Jacobian it is approached from below. f is f(t, y); y_new and
 * f_new are scratch. ES_INTERRUPTED and ES_NO_MEMORY come back as they are;
 * where f fails or is not finite nearby, *radius stays. */
es_status es_radius_estimate(double *radius, double *v, es_step *s,
                             int most) ES_MUST_USE;

#endif
