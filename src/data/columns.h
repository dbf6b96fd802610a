/* Sums over the columns of a block, the same to the last bit for any number of
 * threads. */
#ifndef ES_DATA_COLUMNS_H
#define ES_DATA_COLUMNS_H

#include <stddef.h>

/* sum (m) += A (m×count) · 1. The block's own sum comes first, so that over n
 * columns the rounding grows with count + n/count and not with n. */
void es_columns_add(double *sum, size_t m, size_t count, const double *A);

#endif
