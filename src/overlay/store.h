/* What an es_overlay is. Private to the room. */
#ifndef ES_OVERLAY_STORE_H
#define ES_OVERLAY_STORE_H

#include "overlay/joined.h"

struct es_overlay {
  es_joined *run; /* n_runs, of the same d and k */
  size_t n_runs;
  es_overlay_metric *metric;
  size_t n_metrics;
};

#endif
