/* A sweep on the threads of one process. */
#include "sweep/pool.h"

#include <omp.h>

es_status es_sweep_run_rows(es_sweep *sweep, uint64_t first, uint64_t last,
                            size_t threads, const es_watch *watch,
                            const es_sink *sink, es_diag *diag) {
  es_pool pool;
  es_status status =
      es_pool_open(&pool, sweep, sink, first, last, threads, diag);
  if (status != ES_OK) return status;
  es_team team = {.sweep = sweep,
                  .sink = sink,
                  .source = es_pool_source(&pool),
                  .watch = watch,
                  .all = (double)(last - first)};
  atomic_init(&team.stop, false);
#pragma omp parallel num_threads((int)threads)
  es_team_work(&team, omp_get_thread_num() == 0);
  if (pool.ended) {
    status = pool.status;
    if (diag != NULL) *diag = pool.diag;
  }
  es_pool_close(&pool);
  return status;
}

typedef struct caller {
  es_sweep_row row;
  void *context;
  size_t n_axes, n_columns;
} caller;

static es_status take_rows(void *context, const es_rows *rows,
                           const es_bytes *bytes, es_diag *diag) {
  const caller *c = context;
  es_status status = ES_OK;
  (void)bytes;
  for (size_t i = 0; status == ES_OK && i < rows->n; i++)
    status = c->row(c->context, rows->first + i, rows->axes + i * c->n_axes,
                    rows->columns + i * c->n_columns, &rows->cell[i]);
  if (status == ES_OK) return ES_OK;
  return es_fail(diag, status, "%s", es_status_text(status));
}

es_status es_sweep_run(es_sweep *sweep, uint64_t first, uint64_t last,
                       size_t threads, const es_watch *watch, es_sweep_row row,
                       void *context, es_diag *diag) {
  caller c = {row, context, sweep->n_axes, sweep->n_columns};
  const es_sink sink = {.take = take_rows, .context = &c};
  if (threads == 0 || first > last || last > sweep->points.n)
    return es_fail(diag, ES_BAD_VALUE,
                   "a sweep needs threads, and cells that it has");
  return es_sweep_run_rows(sweep, first, last, threads, watch, &sink, diag);
}
