/* gsl-rk8pd: the explicit pair of order 8(7) with 13 stages of P. J. Prince and
 * J. R. Dormand, "High order embedded Runge-Kutta formulae", J. Comput. Appl.
 * Math. 7 (1981) 67-75, as the GNU Scientific Library has it: numbers and code
 * that owe nothing to ours, so that the two can be held against each other. Of
 * GSL's odeiv2 only the step is used; the driver judges and chooses h.
 *
 * GSL has no dense output for it: septic.h has one. */
#include "ode/gsl.h"

#include "ode/septic.h"

#include <stdlib.h>
#include <string.h>

/* Rows of step->work: GSL's error, and the septic's. */
enum { ERROR, SEPTIC, ROWS = SEPTIC + ES_SEPTIC_ROWS };

static size_t doubles(size_t stride) { return ROWS * stride; }
void es_init(void) { gsl_set_error_handler_off(); }

/* t + (t_new - t) may be rounded to beyond t_new. */
int es_gsl_slope(double t, const double y[], double dydt[], void *self) {
  es_step *s = self;
  const es_status status = es_step_rhs(s, fmin(t, s->t_new), y, dydt);
  if (status == ES_OK) return GSL_SUCCESS;
  ((es_gsl *)s->own)->status = status;
  return GSL_EFAILED;
}

/* The handler is one for the whole process, and GSL's own aborts: it is out of
 * the way for as long as GSL may lack memory, and then again what it was. One
 * thread at a time, so that none restores it while another still needs it off.
 */
static gsl_odeiv2_step *allocate(const gsl_odeiv2_step_type *type, size_t n) {
  gsl_odeiv2_step *step;
#ifdef _OPENMP
#pragma omp critical(es_gsl_handler)
#endif
  {
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    step = gsl_odeiv2_step_alloc(type, n);
    gsl_set_error_handler(before);
  }
  return step;
}

es_status es_gsl_open(es_step *s, es_diag *diag,
                      const gsl_odeiv2_step_type *type, size_t bytes) {
  es_gsl *o = s->own = calloc(1, bytes);
  if (o != NULL) o->step = allocate(type, s->n);
  if (o == NULL || o->step == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for gsl-%s, n = %zu",
                   type->name, s->n);
  o->system = (gsl_odeiv2_system){
      .function = es_gsl_slope, .dimension = s->n, .params = s};
  return ES_OK;
}

static es_status open_rk8pd(es_step *s, es_diag *diag) {
  return es_gsl_open(s, diag, gsl_odeiv2_step_rk8pd, sizeof(es_gsl));
}

void es_gsl_close(es_step *s) {
  es_gsl *o = s->own;
  if (o != NULL && o->step != NULL) gsl_odeiv2_step_free(o->step);
  free(o);
}

/* y_new = y after h with GSL's estimate of the error in work. */
static es_status take(es_step *s, double t, double h, const double *y,
                      const double *f, double *y_new) {
  es_gsl *o = s->own;
  memcpy(y_new, y, s->n * sizeof *y);
  o->status = ES_NO_CONVERGENCE; /* unless it is a right-hand side that fails */
  const int code = gsl_odeiv2_step_apply(
      o->step, t, h, y_new, es_step_row(s, ERROR), f, NULL, &o->system);
  return code == GSL_SUCCESS ? ES_OK : o->status;
}

static es_status attempt(es_step *s) {
  const es_status status = take(s, s->t, s->h, s->y, s->f, s->y_new);
  if (status != ES_OK) return status;
  s->error = es_step_norm(s, es_step_row(s, ERROR), s->y, s->y_new);
  return s->error <= 1 ? es_step_rhs(s, s->t_new, s->y_new, s->f_new) : ES_OK;
}

static es_status prepare(es_step *s) {
  return es_septic_prepare(s, es_step_row(s, SEPTIC), take);
}

static void dense(const es_step *s, double theta, double *out) {
  es_septic_at(s, es_step_row(s, SEPTIC), theta, out);
}

const es_stepper es_stepper_gsl_rk8pd = {
    .name = "gsl-rk8pd",
    .summary = "GSL's Runge-Kutta 8(7) of Prince and Dormand",
    .order = 8,
    .error_order = 7,
    .dense_order = 7,
    .stages = 13,
    .doubles = doubles,
    .open = open_rk8pd,
    .close = es_gsl_close,
    .attempt = attempt,
    .prepare = prepare,
    .dense = dense,
};
