/* The step of 8 cells in lanes for avx2. */
#if defined(__x86_64__)
#define BYOL_TARGET __attribute__((target("avx2")))
#else
#define BYOL_TARGET
#endif
#define BYOL_WIDTH 4
#define BYOL_ADVANCE es_byol_lanes_avx2
#include "models/linear/byol_lanes_step.h"
