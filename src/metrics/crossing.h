/* Step times on a sampled curve. */
#ifndef ES_METRICS_CROSSING_H
#define ES_METRICS_CROSSING_H

#include <stddef.h>

/* The first t at which y rises through `level`: y[i-1] < level <= y[i],
 * interpolated linearly in logit(y) = ln(y/(1 - y)) where both are in (0,1),
 * which is exact for a logistic rise, else linearly. t and y have the given
 * strides, in numbers. t[0] where y starts at or above the level; NaN where it
 * never gets there. Samples whose t or y is not finite are skipped. */
double es_crossing_time(size_t n, const double *t, size_t t_stride,
                        const double *y, size_t y_stride, double level);

#endif
