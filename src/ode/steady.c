/* A steady state: the slope, if it stays, moves no component beyond its
 * tolerance on the rest of the way, after two steps in a row,
 *   |f_i| (t_end - t) <= atol_i + rtol |y_i| for all i.
 *
 * An explicit method left to its error control never gets there over long
 * times: at rest every error estimate is small, h grows until |1 + z + ...| > 1
 * for the fastest mode, z = lambda h, and errors of about a tolerance are then
 * kept alive for ever, in f with the factor lambda. So steps are kept below
 * 1/rate, where all modes decay as they should; the rate is the largest
 * |f_new - f|/|y_new - y|, sizes in tolerances, of any step that moved by more
 * than roundoff. */
#include "ode/steady.h"

#define LEAST_MOVE .01

static void measure_rate(es_steady *steady, const es_step *s) {
  double df = 0, dy = 0;
  for (size_t i = 0; i < s->n; i++) {
    const double weight = es_step_weight(s, i, s->y[i], s->y_new[i]);
    df = fmax(df, fabs(s->f_new[i] - s->f[i]) * weight);
    dy = fmax(dy, fabs(s->y_new[i] - s->y[i]) * weight);
  }
  if (dy >= LEAST_MOVE) steady->rate = fmax(steady->rate, df / dy);
}

bool es_steady_see(es_steady *steady, const es_step *s, bool fixed_step,
                   double left) {
  double worst = 0;
  for (size_t i = 0; i < s->n; i++) {
    const double y = s->y_new[i];
    const double f = fixed_step ? (y - s->y[i]) / s->h : s->f_new[i];
    worst = es_worse(worst, fabs(f) * left * es_step_weight(s, i, y, y));
  }
  if (!fixed_step) measure_rate(steady, s);
  steady->in_a_row = worst <= 1 ? steady->in_a_row + 1 : 0;
  return steady->in_a_row >= 2;
}

double es_steady_shorten(const es_steady *steady, double h) {
  return h * steady->rate > 1 ? 1 / steady->rate : h;
}
