/* The place of a pole. Where |y| ~ C (t* - t)^-q,
 *   r = |y| / (d|y|/dt) = (t* - t)/q,
 * whatever C is: a straight line in t, whose slope is -1/q and which is zero at
 * t*. With the 2-norm of y_i/scale_i, r = sum (y_i/scale_i)^2 /
 * sum y_i f_i/scale_i^2, from the state alone. Four points give three slopes;
 * where these agree it is a pole, and elsewhere (exponential growth, whose r is
 * constant; a wall, where y is tame) nothing is claimed. Because h is exact,
 * however few units in the last place of t it is long, r stays as exact as y
 * down to the step where t no longer moves. */
#include "ode/pole.h"

#define SHRUNK 16       /* steps near a pole are shorter than the longest by */
#define LEAST_SLOPE .01 /* q up to 100: more is exponential growth */
#define AGREEMENT .1

static double growth_time(const es_step *s, const double *scale) {
  double size = 0, yy = 0, yf = 0;
  for (size_t i = 0; i < s->n; i++) size = fmax(size, fabs(s->y[i]) / scale[i]);
  if (!(size > 0)) return NAN;
  /* In units of the size, for squares overflow long before y does. */
  for (size_t i = 0; i < s->n; i++) {
    const double y = s->y[i] / scale[i] / size;
    yy += y * y;
    yf += y * (s->f[i] / scale[i] / size);
  }
  return yy / yf;
}

void es_pole_see(es_pole *p, const es_step *s, const double *scale, double h) {
  p->longest = fmax(p->longest, h);
  /* Steps shrink with t* - t, so that the others need not pay for this. */
  if (h * SHRUNK > p->longest) {
    p->n = 0;
    return;
  }
  if (p->n == ES_POLE_POINTS)
    for (size_t i = 1; i < p->n; i++) {
      p->t[i - 1] = p->t[i];
      p->r[i - 1] = p->r[i];
    }
  else
    p->n++;
  p->t[p->n - 1] = s->t;
  p->r[p->n - 1] = growth_time(s, scale);
}

bool es_pole_find(const es_pole *p, double *t_star, double *order) {
  const size_t last = ES_POLE_POINTS - 1;
  if (p->n < ES_POLE_POINTS || !(p->r[last] > 0)) return false;
  const double slope = (p->r[0] - p->r[last]) / (p->t[last] - p->t[0]);
  if (!(slope > LEAST_SLOPE)) return false;
  for (size_t i = 0; i < last; i++) {
    const double part = (p->r[i] - p->r[i + 1]) / (p->t[i + 1] - p->t[i]);
    if (!(fabs(part - slope) <= AGREEMENT * slope)) return false;
  }
  *order = 1 / slope;
  *t_star = p->t[last] + p->r[last] / slope;
  return isfinite(*t_star);
}
