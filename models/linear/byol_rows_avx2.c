/* The step of cells by rows for avx2. */
#if defined(__x86_64__)
#define BYOL_TARGET __attribute__((target("avx2")))
#else
#define BYOL_TARGET
#endif
#define BYOL_WIDTH 4
#define BYOL_ADVANCE es_byol_rows_avx2
#include "models/linear/byol_rows_step.h"
