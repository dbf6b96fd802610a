/* Threads that solve blocks: see team.h. */
#include "sweep/team.h"

#include "base/slab.h"
#include "linalg/linalg.h"
#include "sweep/cell.h"

#include <stdlib.h>

bool es_block_open(es_block *block, const es_sweep *sweep, size_t n) {
  *block = (es_block){0};
  block->axes = es_zeroed(n, sweep->n_axes + 1, sizeof(double));
  block->columns = es_zeroed(n, sweep->n_columns + 1, sizeof(double));
  block->cell = es_zeroed(n, 1, sizeof *block->cell);
  return block->axes != NULL && block->columns != NULL && block->cell != NULL;
}

void es_block_close(es_block *block) {
  free(block->axes);
  free(block->columns);
  free(block->cell);
  free(block->bytes.data);
}

void es_block_place(es_block *block, const es_sweep *sweep) {
  for (size_t i = 0; i < block->n; i++)
    es_points_at(&sweep->points, block->first + i,
                 block->axes + i * sweep->n_axes);
}

typedef struct member {
  es_team *team;
  bool leads; /* the calling thread */
  es_solver *solver;
} member;

/* Asked between cells and, through the solver, within them. */
static bool stopping(void *context, const char *what, double done,
                     double total) {
  (void)what, (void)done, (void)total;
  const member *m = context;
  es_team *t = m->team;
  if (m->leads && t->watch != NULL &&
      t->watch->ask(t->watch->context, "sweep",
                    t->source.cells(t->source.context), t->all))
    atomic_store(&t->stop, true);
  return atomic_load(&t->stop);
}

static es_status solve_cells(member *m, es_block *block, es_diag *diag) {
  const es_sweep *sweep = m->team->sweep;
  es_status status = ES_OK;
  es_block_place(block, sweep);
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
  const es_sink *sink = m->team->sink;
  es_status status = solve_cells(m, block, diag);
  const es_rows rows = {block->first, block->n, block->axes, block->columns,
                        block->cell};
  block->bytes.n = 0;
  if (status == ES_OK && sink->prepare != NULL)
    status = sink->prepare(sink->context, &rows, &block->bytes);
  if (status != ES_OK && diag->message[0] == '\0')
    es_fail(diag, status, "%s", es_status_text(status));
  return status;
}

static void work(member *m) {
  const es_source *source = &m->team->source;
  for (;;) {
    es_block *block = NULL;
    es_diag diag = {0};
    es_status status = ES_OK;
    const es_deal got = source->deal(source->context, &block, .1);
    if (got == ES_DEAL_END) return;
    if (stopping(m, "", 0, 0))
      status = es_fail(&diag, ES_INTERRUPTED, "interrupted");
    else if (got == ES_DEAL_BLOCK)
      status = solve_block(m, block, &diag);
    if (status != ES_OK)
      source->end(source->context, status, &diag);
    else if (got == ES_DEAL_BLOCK)
      source->done(source->context, block);
  }
}

static void join(es_team *team, bool leads) {
  es_sweep *sweep = team->sweep;
  member m = {.team = team, .leads = leads};
  const es_watch watch = {stopping, &m};
  const es_solver_setup setup = {.model = sweep->model,
                                 .config = sweep->config,
                                 .axis = sweep->axis,
                                 .n_axes = sweep->n_axes,
                                 .n_columns = sweep->n_columns,
                                 .name = sweep->checks ? sweep->name : NULL,
                                 .opening =
                                     sweep->locks ? &sweep->opening : NULL,
                                 .watch = &watch};
  es_diag diag = {0};
  es_status status = ES_OK;
  if (sweep->batch == NULL) status = es_solver_new(&m.solver, &setup, &diag);
  if (status == ES_OK)
    work(&m);
  else
    team->source.end(team->source.context, status, &diag);
  es_solver_free(m.solver);
}

void es_team_work(es_team *team, bool leads) {
  const int before = es_blas_serial();
  join(team, leads);
  es_blas_resume(before);
}
