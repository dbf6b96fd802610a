/* How sure a median over runs is: for every family. Private to the room. */
#ifndef ES_OVERLAY_BOOTSTRAP_H
#define ES_OVERLAY_BOOTSTRAP_H

#include <stddef.h>

/* The percentile interval of 95% of the median of n numbers (NaN left out) over
 * 2000 resamples, which are the same ones every time (Efron 1979): *low and
 * *high are the number itself where there is one, NaN where there is none. x is
 * sorted. Returns the median. */
double es_bootstrap_median(double *x, size_t n, double *low, double *high);

#endif
