/* Threads that solve blocks of cells, wherever the blocks come from. */
#ifndef ES_SWEEP_TEAM_H
#define ES_SWEEP_TEAM_H

#include "sweep/own.h"

#include <stdatomic.h>

/* A block and the memory for it. */
typedef struct es_block {
  uint64_t number; /* in the order of the cells */
  uint64_t first;  /* cell */
  size_t n;
  double *axes, *columns;
  es_cell *cell;
  es_bytes bytes;
  bool done;
} es_block;

/* Memory for blocks of up to n cells; false without it. Free in every case. */
bool es_block_open(es_block *block, const es_sweep *sweep, size_t n);
void es_block_close(es_block *block);
/* Fills in the axes of a block's cells. */
void es_block_place(es_block *block, const es_sweep *sweep);

/* What deal has for a worker. */
typedef enum es_deal {
  ES_DEAL_BLOCK, /* *out */
  ES_DEAL_LATER, /* nothing before blocks in flight are done */
  ES_DEAL_END    /* no more */
} es_deal;

/* Where blocks come from and go to. Called by all threads. */
typedef struct es_source {
  /* seconds: how long to wait for a block. */
  es_deal (*deal)(void *context, es_block **out, double seconds);
  /* Gives a block back, solved and prepared. */
  void (*done)(void *context, es_block *block);
  /* Ends the sweep with a failure; the first counts. */
  void (*end)(void *context, es_status status, const es_diag *diag);
  double (*cells)(void *context); /* done so far, for the watch */
  void *context;
} es_source;

typedef struct es_team {
  es_sweep *sweep;
  const es_sink *sink;
  es_source source;
  const es_watch *watch; /* asked by the leader alone; NULL: none */
  double all;            /* cells to do */
  atomic_bool stop;
} es_team;

/* Works until there are no more blocks. leads: this is the calling thread of
 * the sweep, which asks the watch. BLAS and loops inside a cell are serial, so
 * that what a cell computes does not depend on the number of threads. */
void es_team_work(es_team *team, bool leads);

#endif
