/* The percentile bootstrap over runs (Efron 1979): see interval.h. */
#include "overlay/interval.h"

#include "base/order.h"
#include "base/random.h"
#include "overlay/measures.h"

#include <math.h>
#include <string.h>

static const uint64_t seed = 20;
static const double tail = 0.025;

double es_interval_median(const double *cells, size_t n_runs, size_t width,
                          double *work) {
  memcpy(work, cells, n_runs * width * sizeof *work);
  return es_measure_median(work, n_runs * width);
}

void es_interval_of(double *low, double *high, const double *cells,
                    size_t n_runs, size_t width, double *work) {
  double *median = work + n_runs * width;
  size_t kept = 0;
  *low = *high = NAN;
  for (size_t b = 0; b < ES_RESAMPLES; b++) {
    for (size_t i = 0; i < n_runs; i++) {
      const size_t r =
          es_random_below(n_runs, seed, ES_STREAM_BOOTSTRAP, b * n_runs + i);
      memcpy(work + i * width, cells + r * width, width * sizeof *work);
    }
    const double here = es_measure_median(work, n_runs * width);
    if (!isnan(here)) median[kept++] = here;
    if (n_runs == 1) break;
  }
  if (kept == 0) return;
  es_sort(median, kept);
  const size_t rank = (size_t)(tail * (double)(kept - 1) + .5);
  *low = median[rank];
  *high = median[kept - 1 - rank];
}
