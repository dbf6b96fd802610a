/* How sure a median over runs is. Private to the room. */
#ifndef ES_OVERLAY_INTERVAL_H
#define ES_OVERLAY_INTERVAL_H

#include <stddef.h>

/* Numbers of n_runs runs, `width` of each, row-major; NaN: none there. The
 * median of all of them. work: n_runs×width numbers. */
double es_interval_median(const double *cells, size_t n_runs, size_t width,
                          double *work);

/* Its 95% interval by the percentile bootstrap: ES_RESAMPLES times n_runs runs
 * are drawn with replacement, always the same ones, and *low and *high are the
 * 2.5% and 97.5% quantiles of the medians that are numbers. Of one run both are
 * its median; NaN for none. work: n_runs×width + ES_RESAMPLES numbers. */
enum { ES_RESAMPLES = 2000 };
void es_interval_of(double *low, double *high, const double *cells,
                    size_t n_runs, size_t width, double *work);

#endif
