/* Closed forms of linear Barlow Twins under gradient flow from an aligned
 * start (Simon et al. 2023, "On the Stepwise Nature of Self-Supervised
 * Learning"): f(x) = Wx, loss |W Gamma W^T - I|_F^2. Each mode j of Gamma moves
 * by itself; lambda_j = gamma_j s_j^2 obeys lambda' = 8 gamma lambda (1 -
 * lambda). All functions are pure. */
#ifndef EIGENSTEP_BARLOW_TWINS_H
#define EIGENSTEP_BARLOW_TWINS_H

#include <eigenstep/model.h>

typedef struct es_barlow_mode {
  double s;                /* singular value s_j(t) of W along the mode */
  double lambda;           /* gamma s^2, eigenvalue of C = W Gamma W^T */
  double one_minus_lambda; /* 1 - lambda without cancellation */
} es_barlow_mode;

/* The mode at time t >= 0 from s0 >= 0, for gamma of either sign or 0. s and
 * lambda are within 8 units of roundoff (8 * 2.2e-16 relative) of the exact
 * values for these three doubles wherever they are normal numbers. */
es_barlow_mode es_barlow_closed_form(double gamma, double s0, double t);

/* Step time tau = -log(gamma s0^2)/(8 gamma); infinite where the mode never
 * steps (gamma <= 0 or s0 = 0). */
double es_barlow_step_time(double gamma, double s0);

/* Time at which lambda = 1/2: log((1 - gamma s0^2)/(gamma s0^2))/(8 gamma).
 * Negative where the start is beyond 1/2; NaN from lambda(0) > 1, which never
 * passes 1/2; infinite where the mode never steps. */
double es_barlow_half_time(double gamma, double s0);

/* Steps of discrete descent with learning rate lr until tau:
 * -log(gamma s0^2)/(2 log(1 + 4 lr gamma)). */
double es_barlow_descent_steps(double gamma, double s0, double lr);

/* Largest learning rate for which discrete descent is stable:
 * min(1/(4 gamma_max), 1/(2 |gamma_min|) where gamma_min < 0). */
double es_barlow_lr_limit(double gamma_max, double gamma_min);

/* The model `barlow-twins` (theory.md 1): keys, flow, predictions. */
extern const es_model es_model_barlow_twins;

/* The model `barlow-twins-kernel`: the same in a kernel's eigenbasis. */
extern const es_model es_model_barlow_twins_kernel;

#endif
