/* Rank 0 of a sweep: deals blocks, takes rows. See mpi_wire.h. */
#include "sweep/mpi_wire.h"

#include <mpi.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

typedef struct server {
  es_pool *pool;
  es_team *team;
  int *wants;  /* blocks that a rank asked for and has not got */
  bool *told;  /* it was told that there is no more */
  int n, here; /* ranks; those that have not said bye */
  int threads; /* of this rank, the one that talks among them */
  es_bytes buffer;
} server;

static void answer(server *s, int rank) {
  es_block *block;
  const bool ended = es_pool_ended(s->pool);
  while ((s->wants[rank] > 0 || ended) && !s->told[rank]) {
    uint64_t message[3] = {ended, 0, 0};
    const es_deal got = es_pool_deal(s->pool, &block, 0);
    if (got == ES_DEAL_LATER) return;
    if (got == ES_DEAL_BLOCK) {
      message[0] = block->number;
      message[1] = block->first;
      message[2] = block->n;
    }
    s->told[rank] = got == ES_DEAL_END;
    s->wants[rank]--;
    MPI_Send(message, 3, MPI_UINT64_T, rank, ES_MPI_DEAL, MPI_COMM_WORLD);
  }
}

static void take_rows(server *s, size_t n) {
  uint64_t number;
  memcpy(&number, s->buffer.data, sizeof number);
  es_block *block = es_pool_block(s->pool, number);
  es_diag diag = {0};
  if (block == NULL) return; /* the sweep has ended meanwhile */
  if (es_mpi_unpack(block, s->pool->sweep, s->buffer.data, n))
    es_pool_done(s->pool, block);
  else
    es_pool_end(s->pool,
                es_fail(&diag, ES_NO_MEMORY, "no memory for rows of a rank"),
                &diag);
}

static void take_failure(server *s) {
  es_mpi_failure f;
  es_diag diag = {0};
  memcpy(&f, s->buffer.data, sizeof f);
  f.message[sizeof f.message - 1] = '\0';
  es_pool_end(s->pool, es_fail(&diag, (es_status)f.status, "%s", f.message),
              &diag);
}

/* One message, if there is any. */
static bool listen(server *s) {
  int there = 0, n = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
  if (there == 0) return false;
  MPI_Get_count(&status, MPI_BYTE, &n);
  const int rank = status.MPI_SOURCE;
  if (!es_mpi_reserve(&s->buffer, (size_t)n + 1))
    MPI_Abort(MPI_COMM_WORLD, es_status_exit_code(ES_NO_MEMORY));
  MPI_Recv(s->buffer.data, n, MPI_BYTE, rank, status.MPI_TAG, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  if (status.MPI_TAG == ES_MPI_ASK) s->wants[rank]++;
  if (status.MPI_TAG == ES_MPI_ROWS) take_rows(s, (size_t)n);
  if (status.MPI_TAG == ES_MPI_FAIL) take_failure(s);
  if (status.MPI_TAG == ES_MPI_BYE) s->here--;
  return true;
}

static void serve(server *s) {
  const es_watch *watch = s->team->watch;
  while (s->here > 0 || !es_pool_over(s->pool)) {
    es_diag diag = {0};
    if (watch != NULL &&
        watch->ask(watch->context, "sweep", (double)es_pool_cells(s->pool),
                   s->team->all))
      es_pool_end(s->pool, es_fail(&diag, ES_INTERRUPTED, "interrupted"),
                  &diag);
    if (es_pool_ended(s->pool)) atomic_store(&s->team->stop, true);
    const bool heard = listen(s);
    for (int rank = 1; rank < s->n; rank++) answer(s, rank);
    if (!heard) es_mpi_nap();
  }
}

es_status es_mpi_run_first(es_team *team, uint64_t first, uint64_t last,
                           size_t threads, size_t all_threads, es_diag *diag) {
  es_pool pool;
  int n = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &n);
  es_status status = es_pool_open(&pool, team->sweep, team->sink, first, last,
                                  all_threads, diag);
  server s = {.pool = &pool,
              .team = team,
              .n = n,
              .here = n - 1,
              .threads = (int)threads + 1};
  s.wants = calloc((size_t)n, sizeof *s.wants);
  s.told = calloc((size_t)n, sizeof *s.told);
  if (status != ES_OK || s.wants == NULL || s.told == NULL)
    MPI_Abort(MPI_COMM_WORLD, es_status_exit_code(ES_NO_MEMORY));
  uint64_t size = pool.size;
  MPI_Bcast(&size, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  team->source = es_pool_source(&pool);
#pragma omp parallel num_threads(s.threads)
  {
    if (omp_get_thread_num() == 0)
      serve(&s);
    else
      es_team_work(team, false);
  }
  if (pool.ended) status = es_fail(diag, pool.status, "%s", pool.diag.message);
  es_pool_close(&pool);
  free(s.wants);
  free(s.told);
  free(s.buffer.data);
  return status;
}
