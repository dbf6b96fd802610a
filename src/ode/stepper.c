/* The table of steppers, and what they share. */
#include "ode/stepper.h"

#include <string.h>

#define STEPPER_ROW(id, name) &es_stepper_##id,
static const es_stepper *const table[] = {ES_STEPPERS(STEPPER_ROW)};
enum { COUNT = sizeof table / sizeof *table };

es_stepper_info es_stepper_list(size_t index) {
  if (index >= COUNT) return (es_stepper_info){0};
  const es_stepper *s = table[index];
  return (es_stepper_info){s->name, s->order, s->dense_order, s->fixed_step,
                           s->summary};
}

const es_stepper *es_stepper_find(const char *name) {
  for (size_t i = 0; i < COUNT; i++)
    if (strcmp(table[i]->name, name) == 0) return table[i];
  return NULL;
}

double es_step_norm(const es_step *s, const double *v, const double *y,
                    const double *y_new) {
  double worst = 0;
  for (size_t i = 0; i < s->n; i++)
    worst = es_worse(worst, fabs(v[i] * es_step_weight(s, i, y[i], y_new[i])));
  return worst;
}

/* The stages' distance is summed as it goes, for want of room. */
double es_step_pair_rate(const es_step *s, double *const *k, int m,
                         const double *a, const double *before) {
  double df = 0, dy = 0;
  for (size_t i = 0; i < s->n; i++) {
    const double weight = es_step_weight(s, i, s->y_new[i], s->y_new[i]);
    double apart = a[m - 1] * k[m - 1][i];
    for (int j = 1; j < m - 1; j++) apart += (a[j] - before[j]) * k[j][i];
    df += es_square(weight * (k[m][i] - k[m - 1][i]));
    dy += es_square(weight * s->h * apart);
  }
  return es_root_ratio(df, dy);
}

/* Cubic Hermite interpolation (Hairer, Norsett, Wanner II.6.7). */
void es_step_hermite(const es_step *s, double theta, double *y) {
  const double left = 1 - theta, h = s->h;
  const double bend = left * left * theta * h, lean = theta * theta * left * h;
  const double rise = theta * theta * (3 - 2 * theta);
  for (size_t i = 0; i < s->n; i++)
    y[i] = s->y[i] + rise * (s->y_new[i] - s->y[i]) + bend * s->f[i] -
           lean * s->f_new[i];
}

void es_step_at(const es_stepper *stepper, const es_step *s, double t,
                double *y) {
  if (t >= s->t_new)
    memcpy(y, s->y_new, s->n * sizeof *y);
  else if (t <= s->t)
    memcpy(y, s->y, s->n * sizeof *y);
  else
    (stepper->dense != NULL ? stepper->dense
                            : es_step_hermite)(s, (t - s->t) / s->h, y);
}
