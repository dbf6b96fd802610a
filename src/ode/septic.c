/* Interpolation by two extra steps: see septic.h. */
#include "ode/septic.h"

/* Rows: y and f at 1/3, y and f at 2/3. */
es_status es_septic_prepare(es_step *s, double *rows, es_septic_step take) {
  double *y1 = rows, *f1 = y1 + s->stride, *y2 = f1 + s->stride;
  double *f2 = y2 + s->stride;
  const double third = s->h / 3, t1 = s->t + third, t2 = s->t + 2 * third;
  es_status status = take(s, s->t, third, s->y, s->f, y1);
  if (status == ES_OK) status = es_step_rhs(s, t1, y1, f1);
  if (status == ES_OK) status = take(s, t1, third, y1, f1, y2);
  if (status == ES_OK) status = es_step_rhs(s, t2, y2, f2);
  if (status != ES_OK) return status;
  const size_t n = s->n;
  if (!es_all_finite(n, y1) || !es_all_finite(n, f1) || !es_all_finite(n, y2) ||
      !es_all_finite(n, f2))
    s->error = NAN;
  return ES_OK;
}

/* The H_i add up to 1: H_0 is left out, so that a y at rest stays as it is. */
void es_septic_at(const es_step *s, const double *rows, double theta,
                  double *restrict out) {
  const double x[4] = {0, 1. / 3, 2. / 3, 1};
  const double lean[4] = {-5.5, -1.5, 1.5, 5.5}; /* L_i'(x_i) */
  double a[4], b[4];
  for (int i = 0; i < 4; i++) {
    double l = 1;
    for (int j = 0; j < 4; j++)
      if (j != i) l *= (theta - x[j]) / (x[i] - x[j]);
    a[i] = (1 - 2 * lean[i] * (theta - x[i])) * l * l;
    b[i] = s->h * (theta - x[i]) * l * l;
  }
  const double *restrict y = s->y, *restrict f = s->f;
  const double *restrict y1 = rows, *restrict f1 = rows + s->stride;
  const double *restrict y2 = rows + 2 * s->stride;
  const double *restrict f2 = rows + 3 * s->stride;
  const double *restrict y3 = s->y_new, *restrict f3 = s->f_new;
  ES_SIMD
  for (size_t i = 0; i < s->n; i++)
    out[i] = y[i] + (a[1] * (y1[i] - y[i]) + a[2] * (y2[i] - y[i]) +
                     a[3] * (y3[i] - y[i]) + b[0] * f[i] + b[1] * f1[i] +
                     b[2] * f2[i] + b[3] * f3[i]);
}
