/* Blocks of cells in flight: dealt out in order, solved by whoever is free,
 * taken in order. As many as the pool has room for, so that memory does not
 * grow with the number of cells. */
#ifndef ES_SWEEP_POOL_H
#define ES_SWEEP_POOL_H

#include "sweep/own.h"

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

typedef struct es_pool {
  const es_sweep *sweep;
  const es_sink *sink;
  uint64_t first, last; /* cells */
  size_t size;          /* cells of a block */
  uint64_t blocks;      /* in all */
  uint64_t dealt, taken;
  es_block *ring; /* n_ring: block k lives in ring[k % n_ring] */
  size_t n_ring;
  bool taking; /* somebody is handing rows over */
  bool ended;  /* early, with status */
  es_status status;
  es_diag diag;
  pthread_mutex_t lock;
  pthread_cond_t change;
} es_pool;

es_status es_pool_open(es_pool *pool, const es_sweep *sweep,
                       const es_sink *sink, uint64_t first, uint64_t last,
                       size_t workers, es_diag *diag) ES_MUST_USE;
void es_pool_close(es_pool *pool);

/* What es_pool_deal has for a worker. */
typedef enum es_deal {
  ES_DEAL_BLOCK, /* *out */
  ES_DEAL_LATER, /* no room before blocks in flight are done */
  ES_DEAL_END    /* all dealt, or the sweep has ended */
} es_deal;

/* seconds: how long to wait for room; 0: not at all. */
es_deal es_pool_deal(es_pool *pool, es_block **out, double seconds);

/* Gives a block back, solved and prepared; hands over what is next in order. */
void es_pool_done(es_pool *pool, es_block *block);

/* Ends the sweep with a failure; the first counts. */
void es_pool_end(es_pool *pool, es_status status, const es_diag *diag);
bool es_pool_ended(es_pool *pool);

/* Cells handed over. */
uint64_t es_pool_cells(es_pool *pool);

#endif
