/* Finished runs under theory of BYOL: see byol.h. */
#include "overlay/agreement.h"
#include "overlay/byol_agreement.h"

#include "file/atomic.h"

#include <stdlib.h>

static es_status lay_over(const es_byolnet_run *run, size_t n_runs,
                          const char *dir,
                          void (*say)(void *context, const char *line),
                          void *context, es_diag *diag) {
  es_overlay_metric *metric = NULL;
  size_t n = 0;
  es_status status = es_byolnet_agreement(&metric, &n, run, n_runs, diag);
  if (status == ES_OK) status = es_file_mkdirs(dir, diag);
  if (status == ES_OK)
    status = es_byolnet_write(run, n_runs, metric, n, dir, diag);
  if (status == ES_OK) es_agreement_tell(metric, n, 36, say, context);
  free(metric);
  return status;
}

es_status es_byolnet_overlay(const char *const *run, size_t n_runs,
                             const char *dir,
                             void (*say)(void *context, const char *line),
                             void *context, es_diag *diag) {
  es_byolnet_run *list = es_zeroed(n_runs, 1, sizeof *list);
  size_t read = 0;
  es_status status =
      list == NULL ? es_fail(diag, ES_NO_MEMORY, "no memory for runs") : ES_OK;
  while (status == ES_OK && read < n_runs) {
    status = es_byolnet_run_read(&list[read], run[read], diag);
    if (status == ES_OK) read++;
  }
  if (status == ES_OK) status = lay_over(list, n_runs, dir, say, context, diag);
  for (size_t r = 0; r < read; r++) es_byolnet_run_free(&list[r]);
  free(list);
  return status;
}
