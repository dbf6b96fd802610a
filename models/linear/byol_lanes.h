/* Ensembles of small BYOL flows: 8 cells side by side (src/sweep/lanes.h), each
 * with its own alpha_p, beta, eta_p, eta_s and start, and all with the moments
 * of one opened model, whose state and basis (byol.h) they share:
 *   G  = A D - P (Z S)
 *   P' = alpha_p G Z^T - eta_p P
 *   Z' = P^T G - eta_s Z     (without stop-gradient: + P (Z D) - Z S)
 *   A' = beta (Z - A);       other variants than byol: A = Z, no state
 * stepped by dop853, each cell with its own step. Vectors run across the cells,
 * one in each lane, or along the rows of one cell's matrices after another's:
 * byol_lanes_step.h and byol_rows_step.h, whichever is faster at this size.
 * They are meant for matrices up to 64 rows and columns. */
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
 * step being made; then arrays like the state, and scratch. */
enum {
  BYOL_LOG_OLD,  /* of the last accepted error */
  BYOL_REJECTED, /* 1: the last attempt was */
  BYOL_H,        /* of this step; 0: the lane is idle */
  BYOL_ERROR,    /* of this step: squared, in tolerances */
  BYOL_LARGEST,  /* after it, of |y|/scale */
  BYOL_LEFT,     /* 1: the cell has ended here, and is left to a solver that
                    looks for stiffness, from where it is */
  BYOL_UNSEEN,   /* steps since the state was last shown */
  BYOL_ROWS
};
enum { BYOL_ARRAYS = 9 };

/* Where the numbers of a cell are: entry (r, c) of its matrices at number e =
 * c*m + r of Z, P or A in turn, which end at end[0..2); number e of lane l at
 * e*along + l*across of a block's y. */
typedef struct es_byol_layout {
  bool rows; /* vectors are along rows, cells by turns; else across cells */
  size_t m;  /* n2; by rows it is padded to whole vectors */
  size_t end[3], along, across;
  size_t distance; /* of arrays in work, in doubles: such that equal places in
                      them are not in one set of a cache */
} es_byol_layout;
es_byol_layout es_byol_layout_of(const byol *b);

/* What all cells share; block->system. look (NULL: none) is shown a lane's
 * state now and then, before a step, while the cell's fate is open, and may set
 * fate and t_settle. */
typedef struct es_byol_ensemble {
  const byol *shared; /* an opened model that has a predictor */
  void (*look)(void *context, es_lane_block *block, size_t lane);
  void *context;
  bool until_fate; /* a cell ends where its fate is certain */
} es_byol_ensemble;
static inline const byol *es_byol_of(const es_lane_block *block) {
  return ((const es_byol_ensemble *)block->system)->shared;
}

/* The kernel of an ensemble, which must outlive it.
 * Three builds of one step, which give the same bits; two ways to make it: with
 * a cell in each lane, or, where 8 cells at once would be too much for a cache
 * and rows fill whole vectors, with one cell after another. */
es_lane_kernel es_byol_lanes_kernel(const es_byol_ensemble *ensemble);
unsigned es_byol_lanes_none(es_lane_block *block, const es_cell_options *o);
unsigned es_byol_lanes_avx2(es_lane_block *block, const es_cell_options *o);
unsigned es_byol_lanes_avx512(es_lane_block *block, const es_cell_options *o);
unsigned es_byol_rows_none(es_lane_block *block, const es_cell_options *o);
unsigned es_byol_rows_avx2(es_lane_block *block, const es_cell_options *o);
unsigned es_byol_rows_avx512(es_lane_block *block, const es_cell_options *o);

/* Makes a lane begin at t = 0 with the model's start, y and its scale. */
void es_byol_lanes_begin(es_lane_block *block, size_t lane, const double *y,
                         const double *scale);

/* The lane's state, and the scale, as the model has them. */
void es_byol_lanes_state(const es_lane_block *block, size_t lane, double *y,
                         double *scale);

/* Goes on with a cell from (t, y), at first with steps of h, by the method that
 * the general solver chooses: to t_end, fate and t_settle said on the way and
 * steps counted; or until the fate is certain. */
typedef struct es_byol_stretch {
  double t, t_end, h;
  bool until_fate;
} es_byol_stretch;
es_status es_byol_lanes_alone(byol *cell, const es_cell_options *options,
                              const es_byol_stretch *stretch, double *y,
                              const double *scale, es_cell *said) ES_MUST_USE;

/* What a step is around its arithmetic, compiled once for all builds. aim
 * chooses the lane's step (0 of an idle one), where number e of f(y) is at
 * k1[e*along]. judge lets the step pass, so that the state is to be replaced,
 * or rejects it; it adds the lane to *ended where advance is to return it. */
void es_byol_lanes_aim(es_lane_block *block, size_t lane, const double *k1,
                       const es_cell_options *options);
bool es_byol_lanes_judge(es_lane_block *block, size_t lane, unsigned *ended,
                         const es_cell_options *options);

#endif
