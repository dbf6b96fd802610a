/* Blocks of cells in flight: dealt out in order, solved by whoever is free,
 * taken in order. As many as the pool has room for, so that memory does not
 * grow with the number of cells. */
#ifndef ES_SWEEP_POOL_H
#define ES_SWEEP_POOL_H

#include "sweep/team.h"

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
/* Bytes that it takes, but for what sinks prepare. */
size_t es_pool_bytes(const es_sweep *sweep, uint64_t cells, size_t workers);

/* The pool as what a team works on. */
es_source es_pool_source(es_pool *pool);

/* As in es_source; seconds 0: not to wait at all. */
es_deal es_pool_deal(es_pool *pool, es_block **out, double seconds);
/* Also hands over what is next in order. */
void es_pool_done(es_pool *pool, es_block *block);
void es_pool_end(es_pool *pool, es_status status, const es_diag *diag);

/* Whether the sweep has ended early; that, or all is taken. */
bool es_pool_ended(es_pool *pool);
bool es_pool_over(es_pool *pool);
/* The block of that number, which was dealt and is not done; NULL: there is
 * none, or the sweep has ended. */
es_block *es_pool_block(es_pool *pool, uint64_t number);
/* Cells handed over. */
uint64_t es_pool_cells(es_pool *pool);

#endif
