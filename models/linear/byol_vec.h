/* Vectors of BYOL_WIDTH doubles in plain C, for the steps of byol_lanes.h.
 * Included once per source that is compiled for an instruction set, with
 *   BYOL_WIDTH   doubles in a vector: 8, 4 or 2
 *   BYOL_STRIDE  from one vector of an array to the next, in doubles
 *   BYOL_TARGET  the attribute that switches the instructions on
 * Every entry of a product is summed in one order, whatever the width and the
 * shape of the register blocks, and nothing is fused (-ffp-contract=off): the
 * bits are the same in all builds. */
#include "models/linear/byol_lanes.h"

#define INLINE static inline __attribute__((always_inline)) BYOL_TARGET

typedef double vec __attribute__((vector_size(8 * BYOL_WIDTH),
                                  aligned(8 * BYOL_WIDTH), may_alias));
typedef long long bits __attribute__((vector_size(8 * BYOL_WIDTH),
                                      aligned(8 * BYOL_WIDTH), may_alias));

INLINE vec load(const double *a) { return *(const vec *)a; }
/* Vector i of an array. */
INLINE vec at(const double *a, size_t i) { return load(a + i * BYOL_STRIDE); }
INLINE void put(double *a, size_t i, vec x) {
  *(vec *)(a + i * BYOL_STRIDE) = x;
}
INLINE vec splat(double x) { return x - (vec){0}; }
/* a where the mask is set. */
INLINE vec choose(bits mask, vec a, vec b) {
  return (vec)((mask & (bits)a) | (~mask & (bits)b));
}
INLINE vec size_of(vec x) {
  return (vec)((bits)x & ((bits){0} + 0x7fffffffffffffffLL));
}
INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }
