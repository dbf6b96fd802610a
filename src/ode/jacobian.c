/* The Jacobian of a step: the system's own, or forward differences with
 * increments of sqrt(eps) times the size that a component has, or that its
 * tolerance gives it (Hairer, Wanner, "Solving Ordinary Differential Equations
 * II", IV.8). */
#include "ode/stepper.h"

#include <float.h>
#include <string.h>

static double increment(const es_step *s, size_t i, double y) {
  const double least = s->atol[i] / s->rtol;
  const double step = sqrt(DBL_EPSILON) * fmax(fabs(y), fmin(least, 1));
  return y < 0 ? -step : step;
}

static es_status by_differences(es_step *s, double t, double *y,
                                const double *f, double *J, double *dfdt) {
  const size_t n = s->n;
  for (size_t j = 0; j < n; j++) {
    double *column = J + j * n;
    const double kept = y[j];
    y[j] += increment(s, j, kept);
    const double moved = y[j] - kept;
    const es_status status = es_step_rhs(s, t, y, column);
    y[j] = kept;
    if (status != ES_OK) return status;
    for (size_t i = 0; i < n; i++) column[i] = (column[i] - f[i]) / moved;
  }
  if (dfdt == NULL) return ES_OK;
  /* Not beyond the step, where f need not be defined; the rounding of f weighs
   * no more in h dfdt for that than it does in f. */
  const double ahead = sqrt(DBL_EPSILON) * fmax(fabs(t), fabs(s->h));
  const double later = t + fmin(ahead, fabs(s->h));
  const es_status status = es_step_rhs(s, later, y, dfdt);
  for (size_t i = 0; i < n; i++) dfdt[i] = (dfdt[i] - f[i]) / (later - t);
  return status;
}

es_status es_step_jacobian(es_step *s, double t, double *y, const double *f,
                           double *J, double *dfdt) {
  memset(J, 0, s->n * s->n * sizeof *J);
  if (dfdt != NULL) memset(dfdt, 0, s->n * sizeof *dfdt);
  s->jacobian_calls++;
  if (s->jacobian != NULL) return s->jacobian(t, y, J, dfdt, s->context);
  return by_differences(s, t, y, f, J, dfdt);
}
