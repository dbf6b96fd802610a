/* Step size control (Hairer, Norsett, Wanner II.4; Hairer, Wanner, "Solving
 * Ordinary Differential Equations II", IV.2): with k = error_order + 1,
 *   h_new = h * safety * err^-alpha * err_old^beta,
 *   beta = 0.2/k, alpha = 1/k - 0.75 beta,
 * after a rejection h_new = h * safety * err^(-1/k) and no growth in the step
 * that follows. The first h is that of II.4, "starting step size". */
#include "ode/control.h"

#include <float.h>

#define SAFETY 0.9
#define SHRINK 0.2 /* least and largest change of h from step to step */
#define GROW 10.0
#define RETREAT 0.25 /* change of h after a step that had no error at all */
#define LEAST_ERROR 1e-10

static double clamp(double x, double low, double high) {
  return fmin(fmax(x, low), high);
}

void es_control_begin(es_control *c, const es_stepper *stepper) {
  const double k = stepper->error_order + 1;
  c->beta = .2 / k;
  c->alpha = 1 / k - .75 * c->beta;
  c->log_old = log(1e-4);
  c->rejected = false;
}

double es_control_accept(es_control *c, double h, double error) {
  const double log_error = log(fmax(error, LEAST_ERROR));
  const double factor =
      SAFETY * exp(c->beta * c->log_old - c->alpha * log_error);
  c->log_old = fmax(log_error, log(1e-4));
  const double limit = c->rejected ? 1 : GROW;
  c->rejected = false;
  return h * clamp(factor, SHRINK, limit);
}

double es_control_reject(es_control *c, double h, double error) {
  c->rejected = true;
  if (!isfinite(error)) return h * RETREAT;
  const double k_inverse = c->alpha + .75 * c->beta;
  return h * clamp(SAFETY * pow(error, -k_inverse), SHRINK, SAFETY);
}

/* |f(t + h, y + h f) - f|/h, an estimate of the second derivative. */
static es_status bend(double *out, es_step *s, double h) {
  for (size_t i = 0; i < s->n; i++) s->y_new[i] = s->y[i] + h * s->f[i];
  const es_status status = es_step_rhs(s, s->t + h, s->y_new, s->f_new);
  if (status != ES_OK) return status;
  for (size_t i = 0; i < s->n; i++) s->f_new[i] -= s->f[i];
  *out = es_step_norm(s, s->f_new, s->y, s->y) / h;
  return ES_OK;
}

es_status es_control_first(double *h, es_step *s, const es_stepper *stepper,
                           double span) {
  const double size = es_step_norm(s, s->y, s->y, s->y);
  const double slope = es_step_norm(s, s->f, s->y, s->y);
  double second = 0, guess = .01 * (size / slope);
  if (!(size > 1e-5 && slope > 1e-5)) guess = 1e-6;
  /* Far from t = 0 the book's 1e-6 may not even move t. Nothing here grows with
   * the span: a method that damps all would see no error in a step of it. */
  const double least = fmax(16 * DBL_EPSILON * fabs(s->t), DBL_MIN);
  guess = fmin(fmax(guess, least), span);
  const es_status status = bend(&second, s, guess);
  if (status == ES_INTERRUPTED || status == ES_NO_MEMORY) return status;
  const double steepest = fmax(slope, second);
  double h1 = fmax(1e-6, guess * 1e-3);
  if (steepest > 1e-15) h1 = pow(.01 / steepest, 1. / (stepper->order + 1));
  /* A probe that failed or overflowed leaves the guess for step control. */
  if (status != ES_OK || !isfinite(second)) h1 = guess;
  *h = fmin(fmax(fmin(100 * guess, h1), least), span);
  return ES_OK;
}
