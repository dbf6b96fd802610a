/* The loops over tiles of logits, for each instruction set. */
#include "contrast/infonce_parts.h"

#include <string.h>

/* Of e^x: the polynomial (e^r - 1 - r)/r^2, minimax on |r| <= ln 2/2, adds
 * 0.15 units of roundoff; ln 2 in two parts, of which the first has 41 bits. */
enum { N_TERMS = 10 };
static const double TERMS[N_TERMS] = {
    0.5000000000000001,     0.16666666666666669,    0.04166666666662404,
    0.008333333333330055,   0.0013888888917258759,  0.00019841269863088255,
    2.4801521225986432e-05, 2.7557268406190795e-06, 2.7620121717381933e-07,
    2.51004110820149e-08};
#define LOG2_E 1.4426950408889634
#define LN2_HIGH 0x1.62e42fefa3000p-1
#define LN2_LOW 0x1.3de6af278ece6p-42
/* Adding it rounds to an integer, which is then in the last bits. */
#define ROUNDER 0x1.8p52
/* Below, e^x is next to what is no longer a normal number. */
#define LEAST_X -708.

/* Terms this many times a logit have cancelled: it is taken from differences.
 */
#define CANCELLED 16

#define PASTE_(f, set) f##_##set
#define PASTE(f, set) PASTE_(f, set)
#define NAME(f) PASTE(f, SET)

#define SET none
#define WIDTH 2
#define TARGET
#include "contrast/infonce_step.h"
#undef SET
#undef WIDTH
#undef TARGET

#if defined(__x86_64__)
#define SET avx2
#define WIDTH 4
#define TARGET __attribute__((target("avx2")))
#include "contrast/infonce_step.h"
#undef SET
#undef WIDTH
#undef TARGET

#define SET avx512
#define WIDTH 8
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#include "contrast/infonce_step.h"
#undef SET
#undef WIDTH
#undef TARGET
#endif

#define KERNEL(set)                                                            \
  {                                                                            \
    exponentials_##set, weights_##set, logits_##set, maxima_##set,             \
        own_sums_##set, own_weights_##set, row_##set, largest_##set            \
  }
static const es_infonce_kernel kernels[] = {
    KERNEL(none),
#if defined(__x86_64__)
    KERNEL(avx2),
    KERNEL(avx512),
#endif
};

const es_infonce_kernel *es_infonce_kernel_of(int simd) {
  return &kernels[simd];
}
