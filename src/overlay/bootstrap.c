/* Bootstrap intervals: see bootstrap.h. */
#include "overlay/bootstrap.h"

#include "base/random.h"
#include "overlay/measures.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { RESAMPLES = 2000, MOST = 64, TAIL = 50 /* of the resamples: 2.5% */ };

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static size_t numbers_of(double *x, size_t n) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(x[i])) x[kept++] = x[i];
  return kept;
}

/* The median of as many draws from n sorted numbers. */
static double draw(const double *x, size_t n, uint64_t first) {
  double drawn[MOST];
  for (size_t i = 0; i < n; i++) {
    drawn[i] = x[es_random_below(n, 0, ES_STREAM_USER, first + i)];
  }
  return es_measure_median(drawn, n);
}

double es_bootstrap_median(double *x, size_t n, double *low, double *high) {
  double median[RESAMPLES];
  const size_t all = numbers_of(x, n);
  const double value = es_measure_median(x, all);
  *low = *high = value;
  /* More runs than that have intervals of their own width left out. */
  if (all < 2 || all > MOST) return value;
  for (size_t k = 0; k < RESAMPLES; k++) median[k] = draw(x, all, k * all);
  qsort(median, RESAMPLES, sizeof *median, by_value);
  *low = median[TAIL];
  *high = median[RESAMPLES - 1 - TAIL];
  return value;
}
