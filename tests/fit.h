/* Observed orders. */
#ifndef ES_TESTS_FIT_H
#define ES_TESTS_FIT_H

#include <math.h>
#include <stddef.h>

/* The slope of log(error) on log(h) over n >= 2 positive pairs, by least
 * squares. */
static inline double fitted_order(size_t n, const double *h,
                                  const double *error) {
  double x = 0, y = 0, xx = 0, xy = 0;
  for (size_t i = 0; i < n; i++) {
    const double a = log(h[i]), b = log(error[i]);
    x += a, y += b, xx += a * a, xy += a * b;
  }
  return ((double)n * xy - x * y) / ((double)n * xx - x * x);
}

#endif
