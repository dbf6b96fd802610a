/* Learning rates over a training, as shares of the full one. */
#ifndef ES_NET_SCHEDULE_H
#define ES_NET_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* The first `warmup` steps have shares 1/warmup, 2/warmup, …, 1. The remaining
 * T have 1 or, with cosine, (1 + cos(π j/T))/2 for j = 0, …, T - 1 (Loshchilov
 * and Hutter 2017, without restarts), which never reaches 0: PyTorch's LinearLR
 * and then CosineAnnealingLR. */
typedef struct es_schedule {
  bool cosine;
  uint64_t warmup, steps; /* warmup <= steps; steps in all */
} es_schedule;

/* Of step number `step`, from 0. */
double es_schedule_share(const es_schedule *schedule, uint64_t step);

/* The sum of the first `n` shares, n <= steps, in closed form: a few units of
 * roundoff from it, and n itself for a constant rate. */
double es_schedule_sum(const es_schedule *schedule, uint64_t n);

#endif
