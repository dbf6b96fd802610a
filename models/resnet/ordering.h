/* Which samples each step sees, in places of a permutation of the n that are
 * trained on (Li, Efros, Pathak, "Understanding collapse in non-contrastive
 * siamese representation learning", ECCV 2022, section 5). All orderings have
 * E epochs of S = floor(n/batch) steps; epoch e is in chunk c = floor(e C/E) of
 * C, and its steps go through a stretch of the permutation, shuffled anew in
 * every pass, in whole batches, as often as S steps take:
 *
 *   multi-pass    all n places
 *   single-pass   chunk c alone, places floor(n c/C) to floor(n (c+1)/C) - 1
 *   cumulative    chunks 0 to c
 *   hybrid        single-pass in epochs below floor(switch E), then multi-pass
 */
#ifndef ES_MODELS_RESNET_ORDERING_H
#define ES_MODELS_RESNET_ORDERING_H

#include <eigenstep/config.h>
#include <stdint.h>

typedef enum es_order_kind {
  ES_ORDER_MULTI_PASS,
  ES_ORDER_SINGLE_PASS,
  ES_ORDER_CUMULATIVE,
  ES_ORDER_HYBRID
} es_order_kind;

typedef struct es_ordering {
  es_order_kind kind;
  size_t n, batch;         /* batch <= n */
  uint64_t epochs, chunks; /* of the whole training; 1 <= chunks <= epochs */
  uint64_t until;          /* the first epoch of hybrid's multi-pass part */
} es_ordering;

/* A batch: places first + k of the permutation for k = order[at], …,
 * order[at + batch - 1], where order is a permutation of 0 … count - 1 that
 * belongs to this pass. */
typedef struct es_place {
  size_t first, count, at;
  uint64_t pass; /* no two passes of a training have the same number */
} es_place;

/* From the settings of [train], for a set of n samples, of which train.subset
 * are trained on. A training of so many steps has as many epochs as it begins.
 * ES_BAD_VALUE where the samples or a chunk hold no batch, or there are more
 * chunks than epochs. */
es_status es_ordering_from(es_ordering *out, const es_config *config, size_t n,
                           es_diag *diag) ES_MUST_USE;

uint64_t es_ordering_per_epoch(const es_ordering *ordering); /* S */

/* The batch of a step, from 0; steps beyond the last epoch go on in its chunk.
 */
es_place es_ordering_at(const es_ordering *ordering, uint64_t step);

#endif
