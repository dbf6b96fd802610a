/* agreement.csv: its rows, its file and its lines. Private to the room. */
#ifndef ES_OVERLAY_AGREEMENT_H
#define ES_OVERLAY_AGREEMENT_H

#include "overlay/joined.h"

/* The metrics of n_runs runs with k modes each; *out is freed by the caller. */
es_status es_agreement_of(es_overlay_metric **out, size_t *n,
                          const es_joined *run, size_t n_runs,
                          es_diag *diag) ES_MUST_USE;

/* DIR/agreement.csv of any family's n rows. */
es_status es_agreement_write(const es_overlay_metric *row, size_t n,
                             const char *dir, es_diag *diag) ES_MUST_USE;

/* A line for each of them, names in `width` places; say NULL: nothing. */
void es_agreement_tell(const es_overlay_metric *row, size_t n, int width,
                       void (*say)(void *context, const char *line),
                       void *context);

#endif
