/* Shards: a sweep cut into N runs of cells of nearly the same length. */
#ifndef ES_SWEEP_SHARD_H
#define ES_SWEEP_SHARD_H

#include <eigenstep/status.h>
#include <stdint.h>

/* index from 1 to count; count 0: not sharded. */
typedef struct es_shard {
  uint64_t index, count;
} es_shard;

enum { ES_MOST_SHARDS = 1 << 30 };

/* "I/N", or "slurm": from SLURM_ARRAY_TASK_ID, _MIN, _COUNT and _STEP (1 where
 * it is not set). ES_USAGE says what is wrong or which variable is missing. */
es_status es_shard_parse(es_shard *out, const char *text,
                         es_diag *diag) ES_MUST_USE;

/* The cells [floor((I-1) C/N), floor(I C/N)) of C; all where not sharded. */
void es_shard_cells(const es_shard *shard, uint64_t cells, uint64_t *first,
                    uint64_t *last);

#endif
