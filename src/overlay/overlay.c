/* Runs joined with their predictions: see overlay.h. */
#include "overlay/store.h"

#include "file/open.h"
#include "overlay/agreement.h"
#include "overlay/nulls.h"

#include <stdlib.h>

static es_status read_runs(es_overlay *overlay, const char *const *run,
                           size_t n_runs, es_diag *diag) {
  for (size_t r = 0; r < n_runs; r++) {
    es_joined *here = &overlay->run[r];
    const es_status status = es_joined_read(here, run[r], diag);
    if (status != ES_OK) return status;
    overlay->n_runs++;
    if (here->k != overlay->run[0].k || here->d != overlay->run[0].d)
      return es_file_fail(diag, ES_BAD_SHAPE, run[r],
                          "%zu modes of %zu outputs, and %zu of %zu in %s",
                          here->k, here->d, overlay->run[0].k,
                          overlay->run[0].d, run[0]);
  }
  return ES_OK;
}

es_status es_overlay_new(es_overlay **out, const char *const *run,
                         size_t n_runs, es_diag *diag) {
  *out = NULL;
  if (n_runs == 0) return es_fail(diag, ES_USAGE, "no run to overlay");
  es_overlay *overlay = calloc(1, sizeof *overlay);
  if (overlay != NULL) overlay->run = calloc(n_runs, sizeof *overlay->run);
  if (overlay == NULL || overlay->run == NULL) {
    es_overlay_free(overlay);
    return es_fail(diag, ES_NO_MEMORY, "no memory for %zu runs", n_runs);
  }
  es_status status = read_runs(overlay, run, n_runs, diag);
  if (status == ES_OK) status = es_nulls_fill(overlay->run, n_runs, diag);
  if (status == ES_OK)
    status = es_agreement_of(&overlay->metric, &overlay->n_metrics,
                             overlay->run, n_runs, diag);
  if (status == ES_OK)
    *out = overlay;
  else
    es_overlay_free(overlay);
  return status;
}

void es_overlay_free(es_overlay *overlay) {
  if (overlay == NULL) return;
  for (size_t r = 0; r < overlay->n_runs; r++) es_joined_free(&overlay->run[r]);
  free(overlay->run);
  free(overlay->metric);
  free(overlay);
}

size_t es_overlay_modes(const es_overlay *overlay) { return overlay->run[0].k; }

const es_overlay_step *es_overlay_steps(const es_overlay *overlay, size_t run) {
  return overlay->run[run].mode;
}

const es_overlay_metric *es_overlay_agreement(const es_overlay *overlay,
                                              size_t *n) {
  *n = overlay->n_metrics;
  return overlay->metric;
}
