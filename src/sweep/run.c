/* Threads over the cells of a sweep. The calling thread is one of them and the
 * only one that asks the watch; BLAS and loops inside a cell are serial, so
 * that what a cell computes does not depend on how many there are. */
#include "linalg/linalg.h"
#include "sweep/cell.h"
#include "sweep/pool.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct team {
  es_sweep *sweep;
  es_pool *pool;
  const es_watch *watch;
  atomic_bool stop;
} team;

typedef struct member {
  team *team;
  bool leads; /* the calling thread */
  es_solver *solver;
} member;

/* Asked between cells and, through the solver, within them. */
static bool stopping(void *context, const char *what, double done,
                     double total) {
  (void)what, (void)done, (void)total;
  const member *m = context;
  team *t = m->team;
  if (m->leads && t->watch != NULL) {
    const double cells = (double)(t->pool->last - t->pool->first);
    if (t->watch->ask(t->watch->context, "sweep",
                      (double)es_pool_cells(t->pool), cells))
      atomic_store(&t->stop, true);
  }
  return atomic_load(&t->stop);
}

static es_status solve_cells(member *m, es_block *block, es_diag *diag) {
  const es_sweep *sweep = m->team->sweep;
  es_status status = ES_OK;
  for (size_t i = 0; i < block->n; i++)
    es_points_at(&sweep->points, block->first + i,
                 block->axes + i * sweep->n_axes);
  if (sweep->batch != NULL)
    return sweep->model->batch->solve(sweep->batch, block->axes, block->n,
                                      block->cell, block->columns);
  for (size_t i = 0; status == ES_OK && i < block->n; i++) {
    if (stopping(m, "", 0, 0))
      return es_fail(diag, ES_INTERRUPTED, "interrupted");
    status = es_solver_run(m->solver, block->axes + i * sweep->n_axes,
                           &block->cell[i],
                           block->columns + i * sweep->n_columns, diag);
  }
  return status;
}

static es_status solve_block(member *m, es_block *block, es_diag *diag) {
  const es_sink *sink = m->team->pool->sink;
  es_status status = solve_cells(m, block, diag);
  const es_rows rows = {block->first, block->n, block->axes, block->columns,
                        block->cell};
  if (status == ES_OK && sink->prepare != NULL)
    status = sink->prepare(sink->context, &rows, &block->bytes);
  if (status != ES_OK && diag->message[0] == '\0')
    es_fail(diag, status, "%s", es_status_text(status));
  return status;
}

static void work(member *m) {
  es_pool *pool = m->team->pool;
  for (;;) {
    es_block *block;
    es_diag diag = {0};
    es_status status = ES_OK;
    const es_deal got = es_pool_deal(pool, &block, .1);
    if (got == ES_DEAL_END) return;
    if (stopping(m, "", 0, 0))
      status = es_fail(&diag, ES_INTERRUPTED, "interrupted");
    else if (got == ES_DEAL_BLOCK)
      status = solve_block(m, block, &diag);
    if (status != ES_OK)
      es_pool_end(pool, status, &diag);
    else if (got == ES_DEAL_BLOCK)
      es_pool_done(pool, block);
  }
}

static void join(team *t, bool leads) {
  es_sweep *sweep = t->sweep;
  member m = {.team = t, .leads = leads};
  const es_watch watch = {stopping, &m};
  const es_solver_setup setup = {.model = sweep->model,
                                 .config = sweep->config,
                                 .axis = sweep->axis,
                                 .n_axes = sweep->n_axes,
                                 .n_columns = sweep->n_columns,
                                 .opening =
                                     sweep->locks ? &sweep->opening : NULL,
                                 .watch = &watch};
  es_diag diag = {0};
  es_status status = ES_OK;
  if (sweep->batch == NULL) status = es_solver_new(&m.solver, &setup, &diag);
  if (status == ES_OK)
    work(&m);
  else
    es_pool_end(t->pool, status, &diag);
  es_solver_free(m.solver);
}

es_status es_sweep_run_rows(es_sweep *sweep, uint64_t first, uint64_t last,
                            size_t threads, const es_watch *watch,
                            const es_sink *sink, es_diag *diag) {
  es_pool pool;
  es_status status =
      es_pool_open(&pool, sweep, sink, first, last, threads, diag);
  if (status != ES_OK) return status;
  team t = {.sweep = sweep, .pool = &pool, .watch = watch};
  atomic_init(&t.stop, false);
#pragma omp parallel num_threads((int)threads)
  {
    const int before = es_blas_serial();
    join(&t, omp_get_thread_num() == 0);
    es_blas_resume(before);
  }
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
