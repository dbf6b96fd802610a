/* The step of 8 cells in lanes for avx512. */
#if defined(__x86_64__)
#define BYOL_TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#else
#define BYOL_TARGET
#endif
#define BYOL_WIDTH 8
#define BYOL_ADVANCE es_byol_lanes_avx512
#include "models/linear/byol_lanes_step.h"
