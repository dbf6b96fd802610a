/* Finished runs and what was predicted of them: see barlow.h and overlay.h. */
#include "overlay/agreement.h"
#include "overlay/barlow.h"
#include "overlay/overlay.h"

#include "file/atomic.h"

es_status es_barlow_overlay(const char *const *run, size_t n_runs,
                            const char *dir,
                            void (*say)(void *context, const char *line),
                            void *context, es_diag *diag) {
  es_overlay *overlay;
  size_t n;
  es_status status = es_overlay_new(&overlay, run, n_runs, diag);
  if (status != ES_OK) return status;
  status = es_file_mkdirs(dir, diag);
  if (status == ES_OK) status = es_overlay_write(overlay, dir, diag);
  const es_overlay_metric *m = es_overlay_agreement(overlay, &n);
  if (status == ES_OK) es_agreement_tell(m, n, 28, say, context);
  es_overlay_free(overlay);
  return status;
}
