/* An interpolant for one-step methods of order 8 that have none of their own.
 * The cubic through both ends of a step would be off by far more than the step
 * itself. Two more steps of a third each give y and f at theta = 1/3 and 2/3;
 * the polynomial of degree 7 through the four values and slopes is y + O(h^8):
 *   y(t + theta h) = sum_i H_i(theta) y_i + h sum_i K_i(theta) f_i,
 *   H_i = (1 - 2 L_i'(x_i) (theta - x_i)) L_i^2,  K_i = (theta - x_i) L_i^2,
 * L_i the Lagrange polynomials of x = 0, 1/3, 2/3, 1. */
#ifndef ES_ODE_SEPTIC_H
#define ES_ODE_SEPTIC_H

#include "ode/stepper.h"

/* Rows of step->stride doubles that the two functions share. */
enum { ES_SEPTIC_ROWS = 4 };

/* out = the method's y after h from (t, y) with slope f. */
typedef es_status (*es_septic_step)(es_step *s, double t, double h,
                                    const double *y, const double *f,
                                    double *out);

/* Fills rows for an attempt that passed. Sets the step's error to NAN where
 * what it met inside is not finite, which rejects it. */
es_status es_septic_prepare(es_step *s, double *rows,
                            es_septic_step take) ES_MUST_USE;

/* y(t + theta h) of the prepared step. */
void es_septic_at(const es_step *s, const double *rows, double theta,
                  double *out);

#endif
