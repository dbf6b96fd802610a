/* The scheduler of lanes: whatever lane comes free takes the next cell. */
#include "sweep/lanes.h"

#include "base/slab.h"

#include <math.h>

typedef struct lanes {
  const es_lane_kernel *kernel;
  es_lane_block block;
  es_slab slab;
  size_t cell[ES_LANES]; /* that each lane holds */
  size_t next, n;        /* first cell not begun, and how many there are */
  es_lane_fill fill;
  es_lane_store store;
  void *context;
} lanes;

static es_status open_block(lanes *s) {
  const es_lane_kernel *k = s->kernel;
  const size_t row = ES_LANES * sizeof(double);
  size_t total = 0;
  es_slab_add(&total, k->n, row);
  es_slab_add(&total, k->n_param, row);
  es_slab_add(&total, k->n_work, row);
  const es_status status = es_slab_open(&s->slab, total, NULL);
  if (status != ES_OK) return status;
  s->block.y = es_slab_take(&s->slab, k->n, row);
  s->block.param = es_slab_take(&s->slab, k->n_param, row);
  s->block.work = es_slab_take(&s->slab, k->n_work, row);
  return ES_OK;
}

/* Gives a free lane the next cell that does not end at its start. */
static void refill(lanes *s, size_t lane) {
  es_lane_block *b = &s->block;
  while (s->next < s->n) {
    const size_t i = s->next++;
    b->t[lane] = b->h[lane] = b->steps[lane] = 0;
    b->t_settle[lane] = NAN;
    b->fate[lane] = ES_FATE_UNDECIDED;
    b->status[lane] = ES_OK;
    if (s->fill(s->context, i, b, lane)) {
      s->cell[lane] = i;
      b->busy |= 1u << lane;
      return;
    }
    s->store(s->context, i, b, lane);
  }
}

es_status es_lanes_run(const es_lane_kernel *kernel, es_simd simd,
                       const es_cell_options *options, size_t n,
                       es_lane_fill fill, es_lane_store store, void *context) {
  lanes s = {.kernel = kernel,
             .block = {.system = kernel->system},
             .n = n,
             .fill = fill,
             .store = store,
             .context = context};
  const es_status status = open_block(&s);
  if (status != ES_OK) return status;
  for (size_t lane = 0; lane < ES_LANES; lane++) refill(&s, lane);
  while (s.block.busy != 0) {
    unsigned ended = kernel->advance[simd](&s.block, options) & s.block.busy;
    s.block.busy &= ~ended;
    for (size_t lane = 0; ended != 0; lane++, ended >>= 1)
      if (ended & 1u) {
        store(context, s.cell[lane], &s.block, lane);
        refill(&s, lane);
      }
  }
  es_slab_close(&s.slab);
  return ES_OK;
}
