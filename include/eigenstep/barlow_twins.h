/* Closed forms of linear Barlow Twins under gradient flow from an aligned
 * start (Simon et al. 2023, "On the Stepwise Nature of Self-Supervised
 * Learning"): f(x) = Wx, loss |W Gamma W^T - I|_F^2. Each mode j of Gamma moves
 * by itself; lambda_j = gamma_j s_j^2 obeys lambda' = 8 gamma lambda (1 -
 * lambda). All functions are pure. */
#ifndef EIGENSTEP_BARLOW_TWINS_H
#define EIGENSTEP_BARLOW_TWINS_H

#include <eigenstep/model.h>

ES_API_BEGIN

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

/* The VICReg-like loss nu E|W(x-x')|^2 + |W Sigma W^T - I|^2, Sigma = E[x x^T]
 * over both views; at nu = 1 the spectral contrastive loss -2 tr(W Gamma W^T) +
 * |W Sigma W^T|^2 up to a constant. A mode of commuting Gamma and Sigma obeys
 *   s' = 4 s (r - sigma^2 s^2),   r = sigma - nu (sigma - gamma) */
typedef struct es_barlow_family_mode {
  double s;
  double lambda;        /* gamma s^2, eigenvalue of C = W Gamma W^T */
  double cov_lambda;    /* sigma s^2, of W Sigma W^T; plateau r/sigma */
  double one_minus_cov; /* 1 - cov_lambda; within the same of the larger of its
                           parts (1 - plateau, the way to the plateau) */
} es_barlow_family_mode;

/* The rate r, to one rounding. */
double es_barlow_vicreg_rate(double gamma, double sigma, double nu);

/* The mode at time t >= 0 from s0 >= 0; gamma of either sign, sigma >= 0, nu >=
 * 0. s, lambda and cov_lambda are within 8 units of roundoff of the exact
 * values for these five doubles wherever they are normal numbers, while sigma
 * (1 + nu) t is below 1e15. */
es_barlow_family_mode es_barlow_vicreg_closed_form(double gamma, double sigma,
                                                   double nu, double s0,
                                                   double t);

/* Step time -log(f0)/(8r), f0 = sigma^2 s0^2/r being the share of the plateau
 * at the start; infinite where r <= 0, sigma = 0 or s0 = 0: nothing steps. */
double es_barlow_vicreg_step_time(double gamma, double sigma, double nu,
                                  double s0);

/* Time at which s^2, and so lambda and cov_lambda, is half of its plateau:
 * log((1 - f0)/f0)/(8r). Negative from beyond half, NaN from beyond the
 * plateau, infinite as above. */
double es_barlow_vicreg_half_time(double gamma, double sigma, double nu,
                                  double s0);

/* Steps of discrete descent until the step time: -log(f0)/(2 log(1+4 lr r)). */
double es_barlow_vicreg_descent_steps(double gamma, double sigma, double nu,
                                      double s0, double lr);

/* The covariance loss with the left preconditioner: W' = -(C + rI)^-1 grad L,
 * ridge r > 0. A mode obeys lambda' = 8 gamma lambda (1-lambda)/(lambda+r);
 * with gamma < 0 it needs gamma s0^2 > -r. For gamma s0^2 from 0 to 10, and
 * with gamma < 0 from -r/2, s, lambda and 1 - lambda are within 8 units of
 * roundoff of the exact values for these four doubles wherever they are normal
 * numbers; from above within 64 of them, and with gamma < 0 beyond -r/2 the
 * error grows like r/(r + lambda0). */
es_barlow_mode es_barlow_left_closed_form(double gamma, double r, double s0,
                                          double t);

/* Time at which lambda = 1/2, also the step time: [ln(2(1-lambda0)) + r ln((1 -
 * lambda0)/lambda0)]/(8 gamma). Signs, NaN and infinity as for the plain
 * flow's.
 */
double es_barlow_left_half_time(double gamma, double r, double s0);

/* Steps of discrete descent until lambda >= 1/2, counted; half time/lr where
 * they are more than 10^6. */
double es_barlow_left_descent_steps(double gamma, double r, double s0,
                                    double lr);

/* The covariance loss less mu log det(C + rI), 0 <= mu, 0 < r, both up to
 * 1e100: lambda' = 4 gamma lambda [2(1-lambda) + mu/(lambda+r)]. Range as for
 * the left preconditioner, and accuracy in lambda and s; 1 - lambda, which may
 * pass 0, within the same of the larger of its parts (1 - plateau, the way to
 * the plateau). */
es_barlow_mode es_barlow_logdet_closed_form(double gamma, double r, double mu,
                                            double s0, double t);

/* The plateau p > 0 of lambda, p^2 - (1 - r) p - (r + mu/2) = 0: near 1 + mu/2.
 */
double es_barlow_logdet_plateau(double r, double mu);

/* Time at which lambda = p/2; steps of descent to there: as above. */
double es_barlow_logdet_half_time(double gamma, double r, double mu, double s0);
double es_barlow_logdet_descent_steps(double gamma, double r, double mu,
                                      double s0, double lr);

/* The model `barlow-twins` (theory.md 1): keys, flow, predictions. */
extern const es_model es_model_barlow_twins;

/* The model `barlow-twins-kernel`: the same in a kernel's eigenbasis. */
extern const es_model es_model_barlow_twins_kernel;

ES_API_END

#endif
