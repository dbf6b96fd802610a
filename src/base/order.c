/* Numbers in order: see order.h. */
#include "base/order.h"

#include <stdlib.h>

static int rising(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void es_sort(double *x, size_t n) { qsort(x, n, sizeof *x, rising); }

static int falling(const void *a, const void *b) {
  const es_ranked *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? 1 : -1;
  return x->place < y->place ? -1 : 1;
}

void es_rank_falling(es_ranked *row, size_t n) {
  qsort(row, n, sizeof *row, falling);
}

double es_sorted_median(const double *x, size_t n) {
  return (x[(n - 1) / 2] + x[n / 2]) / 2;
}
