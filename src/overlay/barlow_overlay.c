/* Finished runs and what was predicted of them: see barlow.h and overlay.h. */
#include "overlay/barlow.h"
#include "overlay/overlay.h"

#include "file/atomic.h"

#include <stdio.h>

es_status es_barlow_overlay(const char *const *run, size_t n_runs,
                            const char *dir,
                            void (*say)(void *context, const char *line),
                            void *context, es_diag *diag) {
  es_overlay *overlay;
  size_t n;
  char line[160];
  es_status status = es_overlay_new(&overlay, run, n_runs, diag);
  if (status != ES_OK) return status;
  status = es_file_mkdirs(dir, diag);
  if (status == ES_OK) status = es_overlay_write(overlay, dir, diag);
  const es_overlay_metric *m = es_overlay_agreement(overlay, &n);
  for (size_t i = 0; status == ES_OK && say != NULL && i < n; i++) {
    snprintf(line, sizeof line, "%-28s %-12.6g %s", m[i].metric, m[i].value,
             m[i].verdict);
    say(context, line);
  }
  es_overlay_free(overlay);
  return status;
}
