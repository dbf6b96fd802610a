/* Numbers in order. */
#ifndef ES_BASE_ORDER_H
#define ES_BASE_ORDER_H

#include <stddef.h>

static inline size_t es_least(size_t a, size_t b) { return a < b ? a : b; }

/* Sorts x, which holds no NaN, from the least to the largest. */
void es_sort(double *x, size_t n);

/* The median of n >= 1 sorted numbers: the mean of the two in the middle where
 * n is even. */
double es_sorted_median(const double *x, size_t n);

/* A number and the place where it stood. */
typedef struct es_ranked {
  double key;
  size_t place;
} es_ranked;

/* Sorts rows, whose keys hold no NaN, from the largest key to the least, equal
 * ones by rising place. */
void es_rank_falling(es_ranked *row, size_t n);

#endif
