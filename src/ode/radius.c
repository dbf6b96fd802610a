/* One turn of the power method: v <- J v/|J v|, J v = (f(t, y + d v) - f)/d
 * with |v| = 1 and d = sqrt(eps) |y|, where cutting off and rounding are about
 * equally small; |J v| is the estimate. */
#include "ode/radius.h"

#include "base/random.h"
#include "base/sums.h"

#include <float.h>

#define ENOUGH .005 /* relative change between two turns */

static double length_of(size_t n, const double *v) {
  return sqrt(es_dot(n, v, v));
}

static void scale(size_t n, double *v, double by) {
  for (size_t i = 0; i < n; i++) v[i] *= by;
}

void es_radius_start(size_t n, double *v) {
  for (size_t i = 0; i < n; i++) v[i] = es_random_normal(0, ES_STREAM_POWER, i);
  scale(n, v, 1 / length_of(n, v));
}

/* |J v|, and v turned; NAN where f has no value. */
static es_status turn(double *estimate, double *restrict v, es_step *s,
                      double d) {
  const size_t n = s->n;
  const double *restrict y = s->y, *restrict f = s->f;
  double *restrict at = s->y_new, *restrict moved = s->f_new;
  *estimate = NAN;
  ES_SIMD
  for (size_t i = 0; i < n; i++) at[i] = y[i] + d * v[i];
  const es_status status = es_step_rhs(s, s->t, at, moved);
  if (status == ES_INTERRUPTED || status == ES_NO_MEMORY) return status;
  if (status != ES_OK) return ES_OK;
  ES_SIMD
  for (size_t i = 0; i < n; i++) moved[i] -= f[i];
  const double moves = length_of(n, moved);
  if (!isfinite(moves)) return ES_OK;
  *estimate = moves / d;
  if (moves == 0) return ES_OK;
  ES_SIMD
  for (size_t i = 0; i < n; i++) v[i] = moved[i] / moves;
  return ES_OK;
}

es_status es_radius_estimate(double *radius, double *v, es_step *s, int most) {
  const double size = length_of(s->n, s->y), root = sqrt(DBL_EPSILON);
  const double d = size > 0 ? root * size : root;
  for (int i = 0; i < most; i++) {
    double estimate;
    const es_status status = turn(&estimate, v, s, d);
    if (status != ES_OK) return status;
    if (isnan(estimate)) return ES_OK;
    const double change = fabs(estimate - *radius);
    *radius = estimate;
    if (change <= ENOUGH * estimate) return ES_OK;
  }
  return ES_OK;
}
