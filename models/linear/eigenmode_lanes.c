/* The lanes' kernels: each instruction set, at a low and a high order. */
#include "models/linear/eigenmode_lanes.h"

#include <float.h>
#include <math.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Orders: the first costs less where rtol is not small. */
#define LOW 12
#define HIGH 20
static const double low_rtol = 1e-10;
/* Of the step at which the last terms reach the tolerance: the root that gives
 * it is within 7%, and errors of steps add up. */
#define SAFETY .85
/* Parts of the last three terms of order 12 with which the series of e^z stays
 * below 0.8 for -13.3 < z < -0.3, where the whole of it is stable to -5.2; the
 * order is 9 then. What is left out may be an eighth of the tolerance; and the
 * step a fifth shorter than the plain one: fast modes that this damps let the
 * next be longer. */
enum { TAMED = 3 };
static const double tame[TAMED] = {.86169269, .49024762, .12767663};
#define CAUTION 8
#define PREFER .8
/* A step over the last, which is the unit of its series. */
#define MOST_GROWTH 16.

#define PASTE_(f, set, order) f##_##set##_##order
#define PASTE(f, set, order) PASTE_(f, set, order)
#define NAME(f) PASTE(f, SET, ORDER)

#define SET none
#define WIDTH 2
#define TARGET
#if defined(__x86_64__)
#define BITS_OF(m) ((unsigned)_mm_movemask_pd((__m128d)(m)))
#else
#define BITS_OF(m) ((m)[0] != 0 | ((m)[1] != 0) << 1)
#endif
#define ORDER LOW
#include "models/linear/eigenmode_step.h"
#undef ORDER
#define ORDER HIGH
#include "models/linear/eigenmode_step.h"
#undef ORDER
#undef SET
#undef WIDTH
#undef TARGET
#undef BITS_OF

#if defined(__x86_64__)
#define SET avx2
#define WIDTH 4
#define TARGET __attribute__((target("avx2")))
#define BITS_OF(m) ((unsigned)_mm256_movemask_pd((__m256d)(m)))
#define ORDER LOW
#include "models/linear/eigenmode_step.h"
#undef ORDER
#define ORDER HIGH
#include "models/linear/eigenmode_step.h"
#undef ORDER
#undef SET
#undef WIDTH
#undef TARGET
#undef BITS_OF

#define SET avx512
#define WIDTH 8
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#define BITS_OF(m) ((unsigned)_mm512_movepi64_mask((__m512i)(m)))
#define ORDER LOW
#include "models/linear/eigenmode_step.h"
#undef ORDER
#define ORDER HIGH
#include "models/linear/eigenmode_step.h"
#undef ORDER
#define WIDEST(order) PASTE(advance, avx2, order), PASTE(advance, avx512, order)
#else
#define WIDEST(order) PASTE(advance, none, order), PASTE(advance, none, order)
#endif

static const bool with_ema[2] = {false, true};
#define KERNEL(order, ema)                                                     \
  {                                                                            \
    .n = 3, .n_param = EM_ROWS, .system = &with_ema[ema],                      \
    .advance = {PASTE(advance, none, order), WIDEST(order)},                   \
  }
static const es_lane_kernel kernels[2][2] = {
    {KERNEL(LOW, 0), KERNEL(LOW, 1)}, {KERNEL(HIGH, 0), KERNEL(HIGH, 1)}};

const es_lane_kernel *es_eigenmode_kernel(double rtol, bool ema) {
  return &kernels[rtol < low_rtol][ema];
}
