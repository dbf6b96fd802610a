/* Cells of one small system side by side: ES_LANES of them in a block, number i
 * of lane l at [i*ES_LANES + l], every lane with its own time and step. A lane
 * whose cell has ended is refilled with the next, so that all are busy until
 * the cells run out. What a lane computes depends on its own cell alone, and
 * the number of lanes is the same whatever the width of the machine's vectors.
 *
 * The scheduler knows no system: a kernel makes the steps. Kernels are compiled
 * once per instruction set from one includable file. */
#ifndef ES_SWEEP_LANES_H
#define ES_SWEEP_LANES_H

#include <eigenstep/model.h>

enum { ES_LANES = 8 };

typedef enum es_simd {
  ES_SIMD_NONE,
  ES_SIMD_AVX2,   /* and FMA */
  ES_SIMD_AVX512, /* F, DQ and VL */
  ES_SIMDS
} es_simd;

/* Whether this machine has it. */
bool es_simd_has(es_simd simd);

/* The widest that this machine has, or the one that was asked for by name
 * (auto|avx512|avx2|none; NULL: auto). ES_BAD_VALUE: it is not there. */
es_status es_simd_choose(es_simd *out, const char *name,
                         es_diag *diag) ES_MUST_USE;
const char *es_simd_name(es_simd simd);

/* The cells in flight. Before a lane is filled its t, h and steps are 0, its
 * t_settle NaN, its fate open and its status ES_OK; y, param and work hold what
 * the last cell left. A kernel has its own numbers in work. */
typedef struct es_lane_block {
  _Alignas(64) double t[ES_LANES];
  _Alignas(64) double h[ES_LANES];        /* the step to try next */
  _Alignas(64) double steps[ES_LANES];    /* made and rejected */
  _Alignas(64) double t_settle[ES_LANES]; /* NaN while the fate is open */
  es_fate fate[ES_LANES];
  es_status status[ES_LANES];
  unsigned busy;      /* bit l: lane l holds a cell that has not ended */
  const void *system; /* the kernel's */
  double *y;          /* n × ES_LANES, aligned to 64 bytes, as those below */
  double *param;      /* n_param × ES_LANES */
  double *work;       /* n_work × ES_LANES */
} es_lane_block;

typedef struct es_lane_kernel {
  size_t n, n_param, n_work;
  const void *system; /* what all cells share, for advance; NULL: nothing */
  /* One step, accepted or rejected, of every busy lane; returns the bits of the
   * lanes that have ended: at t_end, with fate or status set. Idle lanes hold
   * what the last cell left, or zeros, and may be stepped along. */
  unsigned (*advance[ES_SIMDS])(es_lane_block *block,
                                const es_cell_options *options);
} es_lane_kernel;

/* Fills a lane with cell i: y, param, h, t, and what of work is not written
 * before it is read; fate and t_settle too where they are certain at the start.
 * False: the cell has ended, solved or with a status, and is stored at once. */
typedef bool (*es_lane_fill)(void *context, size_t i, es_lane_block *block,
                             size_t lane);
/* Takes what a lane holds once cell i has ended. */
typedef void (*es_lane_store)(void *context, size_t i,
                              const es_lane_block *block, size_t lane);

/* Runs cells 0 … n-1 through a block; ends once each was stored. A kernel must
 * end every cell: what cannot be stepped on ends with a status. ES_NO_MEMORY.
 */
es_status es_lanes_run(const es_lane_kernel *kernel, es_simd simd,
                       const es_cell_options *options, size_t n,
                       es_lane_fill fill, es_lane_store store,
                       void *context) ES_MUST_USE;

#endif
