/* Ensembles of small BYOL flows: 8 cells side by side (src/sweep/lanes.h), each
 * with its own alpha_p, beta, eta_p, eta_s and start, and all with the moments
 * of one opened model, whose state and basis (byol.h) they share:
 *   G  = A D - P (Z S)
 *   P' = alpha_p G Z^T - eta_p P
 *   Z' = P^T G - eta_s Z     (without stop-gradient: + P (Z D) - Z S)
 *   A' = beta (Z - A);       other variants than byol: A = Z, no state
 * stepped by dop853, each cell with its own step. The batch is made for
 * matrices that fit a cache 8 times: n1 and n2 up to 32 or so. */
#ifndef ES_MODELS_LINEAR_BYOL_LANES_H
#define ES_MODELS_LINEAR_BYOL_LANES_H

#include "models/linear/byol.h"
#include "sweep/lanes.h"

/* Rows of a block's param. */
enum {
  BYOL_ALPHA_P,
  BYOL_BETA,
  BYOL_ETA_P,
  BYOL_ETA_S,
  BYOL_SCALE, /* of Z, P and A: what atol is in units of */
  BYOL_PARAMS = BYOL_SCALE + 3
};

/* Rows of a block's work: what step control remembers of a lane, and of the
 * step being made; then 9 arrays like the state, and scratch. */
enum {
  BYOL_LOG_OLD,  /* of the last accepted error */
  BYOL_REJECTED, /* 1: the last attempt was */
  BYOL_H,        /* of this step; 0: the lane is idle */
  BYOL_ERROR,    /* of this step: squared, in tolerances */
  BYOL_LARGEST,  /* after it, of |y|/scale */
  BYOL_LEFT,     /* 1: the cell has ended here, and is left to a solver that
                    looks for stiffness, from where it is */
  BYOL_ROWS
};
enum { BYOL_ARRAYS = 9 };
/* From one of these arrays to the next: at least n, and such that equal places
 * in several of them are not in one set of a cache. */
static inline size_t es_byol_lanes_stride(size_t n) {
  return n + (21 - n % 16) % 16;
}

/* The row of param with the scale of entry i of the state. */
static inline size_t es_byol_lanes_scale(const byol *b, size_t i) {
  const size_t wide = b->n2 * b->n1;
  return BYOL_SCALE + (i < wide ? 0u : i < wide + b->n2 * b->n2 ? 1u : 2u);
}

/* The kernel of an opened model that has a predictor, b: block->system is b.
 * Three builds of one step, which give the same bits. */
es_lane_kernel es_byol_lanes_kernel(const byol *b);
unsigned es_byol_lanes_none(es_lane_block *block, const es_cell_options *o);
unsigned es_byol_lanes_avx2(es_lane_block *block, const es_cell_options *o);
unsigned es_byol_lanes_avx512(es_lane_block *block, const es_cell_options *o);

/* Makes a lane begin at t = 0 with the model's start, y and its scale. */
void es_byol_lanes_begin(es_lane_block *block, size_t lane, const double *y,
                         const double *scale);

/* The lane's state as the model has it. */
void es_byol_lanes_state(const es_lane_block *block, size_t lane, double *y);

/* What a step is around its arithmetic, compiled once for all builds. aim
 * chooses the steps of busy lanes, where k1 = f(y). judge lets them pass or
 * rejects them: returns the bits of those that passed, whose state is to be
 * replaced, and of those that ended, as advance does. */
void es_byol_lanes_aim(es_lane_block *block, const double *k1,
                       const es_cell_options *options);
unsigned es_byol_lanes_judge(es_lane_block *block, unsigned *ended,
                             const es_cell_options *options);

#endif
