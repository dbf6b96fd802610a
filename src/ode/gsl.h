/* What the steppers around GSL's odeiv2 share: its step, and its error handler
 * kept out of the way. */
#ifndef ES_ODE_GSL_H
#define ES_ODE_GSL_H

#include "ode/stepper.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>

/* What step->own points to, or begins with. */
typedef struct es_gsl {
  gsl_odeiv2_step *step;
  gsl_odeiv2_system system;
  es_status status; /* of the right-hand side that failed */
} es_gsl;

/* Makes step->own, of `bytes` bytes with an es_gsl first and zeros behind it,
 * with a step of that type and es_gsl_slope on it. ES_NO_MEMORY. */
es_status es_gsl_open(es_step *step, es_diag *diag,
                      const gsl_odeiv2_step_type *type,
                      size_t bytes) ES_MUST_USE;
/* es_stepper's close; what was half opened is accepted. */
void es_gsl_close(es_step *step);

/* GSL's right-hand side, self an es_step: the system's own, not beyond t_new.
 */
int es_gsl_slope(double t, const double y[], double dydt[], void *self);

#endif
