/* Sums of arrays in the order of their elements, so that they are the same bits
 * wherever they are taken; the hot ones are BLAS's (linalg). */
#ifndef ES_BASE_SUMS_H
#define ES_BASE_SUMS_H

#include <stddef.h>

double es_dot(size_t n, const double *x, const double *y);
double es_mean(size_t n, const double *x); /* NaN of none */

#endif
