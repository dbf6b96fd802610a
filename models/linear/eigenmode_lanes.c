/* The lanes' kernel, once for each instruction set. */
#include "models/linear/eigenmode_lanes.h"

#include <float.h>
#include <math.h>

/* Terms of a step's series beyond the first. */
#define ORDER 16
/* Of the step at which the last terms reach the tolerance: the root that gives
 * it is within 7%, and errors of steps add up. */
#define SAFETY .8
/* A step over the last: what it is in units of. */
#define MOST_GROWTH 16.

#define WIDTH 2
#define TARGET
#define NAME(f) f##_none
#include "models/linear/eigenmode_step.h"
#undef WIDTH
#undef TARGET
#undef NAME

#if defined(__x86_64__)
#define WIDTH 4
#define TARGET __attribute__((target("avx2")))
#define NAME(f) f##_avx2
#include "models/linear/eigenmode_step.h"
#undef WIDTH
#undef TARGET
#undef NAME

#define WIDTH 8
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#define NAME(f) f##_avx512
#include "models/linear/eigenmode_step.h"
#else
#define advance_avx2 advance_none
#define advance_avx512 advance_none
#endif

static const bool ema[2] = {false, true};
#define KERNEL(i)                                                              \
  {                                                                            \
    .n = 3, .n_param = EM_ROWS, .system = &ema[i],                             \
    .advance = {advance_none, advance_avx2, advance_avx512},                   \
  }
const es_lane_kernel es_eigenmode_kernels[2] = {KERNEL(0), KERNEL(1)};
