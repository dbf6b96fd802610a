/* Blocks in flight: see pool.h. */
#include "sweep/pool.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* A block is what a batch takes at once, or so many cells that dealing them
 * costs nothing and all threads are busy to the end. */
static size_t block_size(const es_sweep *sweep, uint64_t cells,
                         size_t workers) {
  enum { MOST = 1 << 16, MANY = 256, NUMBERS = 1 << 19 };
  const size_t numbers = sweep->n_axes + sweep->n_columns + 4;
  size_t n = MANY;
  if (sweep->batch != NULL) {
    n = sweep->model->batch->at_once;
    n = n < 1 ? 1 : n > MOST ? MOST : n;
  }
  const uint64_t share = cells / (16 * workers) + 1;
  if (sweep->batch == NULL && n > share) n = (size_t)share;
  return n * numbers > NUMBERS ? NUMBERS / numbers + 1 : n;
}

/* Blocks in flight: enough for all to be busy while one is waited for. */
static size_t ring_size(uint64_t blocks, size_t workers) {
  return blocks < 4 * workers ? (size_t)blocks + 1 : 4 * workers;
}

size_t es_pool_bytes(const es_sweep *sweep, uint64_t cells, size_t workers) {
  const size_t size = block_size(sweep, cells, workers);
  const size_t cell =
      (sweep->n_axes + sweep->n_columns) * sizeof(double) + sizeof(es_cell);
  return ring_size(cells / size + 1, workers) * size * cell;
}

es_status es_pool_open(es_pool *pool, const es_sweep *sweep,
                       const es_sink *sink, uint64_t first, uint64_t last,
                       size_t workers, es_diag *diag) {
  *pool = (es_pool){.sweep = sweep, .sink = sink, .first = first, .last = last};
  pthread_condattr_t clock;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&pool->change, &clock);
  pthread_condattr_destroy(&clock);
  pool->size = block_size(sweep, last - first, workers);
  pool->blocks =
      (last - first) / pool->size + ((last - first) % pool->size != 0);
  pool->n_ring = ring_size(pool->blocks, workers);
  pool->ring = calloc(pool->n_ring, sizeof *pool->ring);
  bool ok = pool->ring != NULL;
  for (size_t i = 0; ok && i < pool->n_ring; i++)
    ok = es_block_open(&pool->ring[i], sweep, pool->size);
  if (ok) return ES_OK;
  es_pool_close(pool);
  return es_fail(diag, ES_NO_MEMORY, "no memory for the cells in flight");
}

void es_pool_close(es_pool *pool) {
  for (size_t i = 0; pool->ring != NULL && i < pool->n_ring; i++)
    es_block_close(&pool->ring[i]);
  free(pool->ring);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->change);
}

static struct timespec after(double seconds) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  const double whole = floor(seconds);
  t.tv_sec += (time_t)whole;
  t.tv_nsec += (long)((seconds - whole) * 1e9);
  if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
  return t;
}

static es_deal deal(es_pool *pool, es_block **out) {
  if (pool->ended || pool->dealt == pool->blocks) return ES_DEAL_END;
  if (pool->dealt - pool->taken >= pool->n_ring) return ES_DEAL_LATER;
  es_block *block = &pool->ring[pool->dealt % pool->n_ring];
  block->number = pool->dealt++;
  block->first = pool->first + block->number * pool->size;
  block->n = pool->last - block->first < pool->size
                 ? (size_t)(pool->last - block->first)
                 : pool->size;
  block->bytes.n = 0;
  block->done = false;
  *out = block;
  return ES_DEAL_BLOCK;
}

es_deal es_pool_deal(es_pool *pool, es_block **out, double seconds) {
  pthread_mutex_lock(&pool->lock);
  es_deal got = deal(pool, out);
  if (got == ES_DEAL_LATER && seconds > 0) {
    const struct timespec until = after(seconds);
    pthread_cond_timedwait(&pool->change, &pool->lock, &until);
    got = deal(pool, out);
  }
  pthread_mutex_unlock(&pool->lock);
  return got;
}

static void fail(es_pool *pool, es_status status, const es_diag *diag) {
  if (!pool->ended) {
    pool->ended = true;
    pool->status = status;
    if (diag != NULL) pool->diag = *diag;
  }
  pthread_cond_broadcast(&pool->change);
}

/* With the lock held: the next block in order, if it is done. */
static es_block *next_done(es_pool *pool) {
  if (pool->ended || pool->taken == pool->dealt) return NULL;
  es_block *block = &pool->ring[pool->taken % pool->n_ring];
  return block->done ? block : NULL;
}

void es_pool_done(es_pool *pool, es_block *block) {
  pthread_mutex_lock(&pool->lock);
  block->done = true;
  const bool mine = !pool->taking;
  pool->taking = true;
  es_block *next;
  while (mine && (next = next_done(pool)) != NULL) {
    pthread_mutex_unlock(&pool->lock);
    const es_rows rows = {next->first, next->n, next->axes, next->columns,
                          next->cell};
    es_diag diag = {0};
    const es_status status =
        pool->sink->take(pool->sink->context, &rows, &next->bytes, &diag);
    pthread_mutex_lock(&pool->lock);
    if (status != ES_OK) fail(pool, status, &diag);
    next->done = false;
    pool->taken++;
    pthread_cond_broadcast(&pool->change);
  }
  if (mine) pool->taking = false;
  pthread_mutex_unlock(&pool->lock);
}

void es_pool_end(es_pool *pool, es_status status, const es_diag *diag) {
  pthread_mutex_lock(&pool->lock);
  fail(pool, status, diag);
  pthread_mutex_unlock(&pool->lock);
}

bool es_pool_ended(es_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  const bool ended = pool->ended;
  pthread_mutex_unlock(&pool->lock);
  return ended;
}

es_block *es_pool_block(es_pool *pool, uint64_t number) {
  pthread_mutex_lock(&pool->lock);
  es_block *block = NULL;
  if (!pool->ended && number >= pool->taken && number < pool->dealt &&
      !pool->ring[number % pool->n_ring].done)
    block = &pool->ring[number % pool->n_ring];
  pthread_mutex_unlock(&pool->lock);
  return block;
}

bool es_pool_over(es_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  const bool over = pool->ended || pool->taken == pool->blocks;
  pthread_mutex_unlock(&pool->lock);
  return over;
}

uint64_t es_pool_cells(es_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  const uint64_t blocks = pool->taken;
  pthread_mutex_unlock(&pool->lock);
  const uint64_t cells = blocks * pool->size;
  return cells < pool->last - pool->first ? cells : pool->last - pool->first;
}

static es_deal source_deal(void *context, es_block **out, double seconds) {
  return es_pool_deal(context, out, seconds);
}

static void source_done(void *context, es_block *block) {
  es_pool_done(context, block);
}

static void source_end(void *context, es_status status, const es_diag *diag) {
  es_pool_end(context, status, diag);
}

static double source_cells(void *context) {
  return (double)es_pool_cells(context);
}

es_source es_pool_source(es_pool *pool) {
  return (es_source){source_deal, source_done, source_end, source_cells, pool};
}
