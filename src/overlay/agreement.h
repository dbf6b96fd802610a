/* agreement.csv in memory. Private to the room. */
#ifndef ES_OVERLAY_AGREEMENT_H
#define ES_OVERLAY_AGREEMENT_H

#include "overlay/joined.h"

/* The metrics of n_runs runs with k modes each; *out is freed by the caller. */
es_status es_agreement_of(es_overlay_metric **out, size_t *n,
                          const es_joined *run, size_t n_runs,
                          es_diag *diag) ES_MUST_USE;

#endif
