/* Whether n numbers are finite: neither NaN nor infinite. */
#ifndef ES_BASE_FINITE_H
#define ES_BASE_FINITE_H

#include <stdbool.h>
#include <stddef.h>

bool es_all_finite(size_t n, const double *x); /* true for none */
bool es_all_finite_float(size_t n, const float *x);

#endif
