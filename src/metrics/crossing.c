/* Step times on a sampled curve: see crossing.h. A mode rises by lambda =
 * 1/(1 + e^{-8 gamma (t - tau)}) (theory.md 1), whose logit is a straight line
 * in t: samples on both sides of a level give its time without an error,
 * however far apart they are. */
#include "metrics/crossing.h"

#include <math.h>
#include <stdbool.h>

static bool inside(double y) { return y > 0 && y < 1; }

static double logit(double y) { return log(y / (1 - y)); }

/* Time between samples a < level <= b. */
static double between(double t_a, double a, double t_b, double b,
                      double level) {
  double low = a, high = b, mark = level;
  if (level == b) return t_b; /* not by way of rounding */
  if (inside(a) && inside(b)) {
    low = logit(a);
    high = logit(b);
    mark = logit(level);
  }
  /* Neighbours near 0 may have one logit. */
  if (!(low < high)) return t_b;
  return t_a + (mark - low) / (high - low) * (t_b - t_a);
}

double es_crossing_time(size_t n, const double *t, size_t t_stride,
                        const double *y, size_t y_stride, double level) {
  bool begun = false;
  double t_last = NAN, y_last = NAN;
  for (size_t i = 0; i < n; i++) {
    const double t_i = t[i * t_stride], y_i = y[i * y_stride];
    if (!isfinite(t_i) || !isfinite(y_i)) continue;
    if (y_i >= level)
      return begun ? between(t_last, y_last, t_i, y_i, level) : t_i;
    begun = true;
    t_last = t_i;
    y_last = y_i;
  }
  return NAN;
}
