/* Numbers in order: see order.h. */
#include "base/order.h"

#include <stdlib.h>

static int rising(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void es_sort(double *x, size_t n) { qsort(x, n, sizeof *x, rising); }

double es_sorted_median(const double *x, size_t n) {
  return (x[(n - 1) / 2] + x[n / 2]) / 2;
}
