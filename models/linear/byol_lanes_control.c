/* BYOL's lanes around the arithmetic of a step: how a lane begins and how long
 * its steps are. Scalar, and the same for all instruction sets. */
#include "models/linear/byol_lanes.h"

#include "ode/control.h"

#include <math.h>
#include <string.h>

es_lane_kernel es_byol_lanes_kernel(const byol *b) {
  const size_t n = es_byol_length(b);
  return (es_lane_kernel){
      .n = n,
      .n_param = BYOL_PARAMS,
      .n_work =
          BYOL_ROWS + BYOL_ARRAYS * es_byol_lanes_stride(n) + 3 * b->n1 * b->n2,
      .system = b,
      .advance = {es_byol_lanes_none, es_byol_lanes_avx2, es_byol_lanes_avx512},
  };
}

void es_byol_lanes_begin(es_lane_block *block, size_t lane, const double *y,
                         const double *scale) {
  const byol *b = block->system;
  const size_t n = es_byol_length(b), wide = b->n2 * b->n1;
  const size_t part[3] = {0, wide, wide + b->n2 * b->n2};
  for (size_t i = 0; i < n; i++) block->y[i * ES_LANES + lane] = y[i];
  for (size_t k = 0; k < 3; k++)
    block->param[(BYOL_SCALE + k) * ES_LANES + lane] =
        part[k] < n ? scale[part[k]] : 1;
  block->work[BYOL_LOG_OLD * ES_LANES + lane] = log(1e-4);
  block->work[BYOL_REJECTED * ES_LANES + lane] = 0;
  block->work[BYOL_LEFT * ES_LANES + lane] = 0;
}

void es_byol_lanes_state(const es_lane_block *block, size_t lane, double *y) {
  const size_t n = es_byol_length(block->system);
  for (size_t i = 0; i < n; i++) y[i] = block->y[i * ES_LANES + lane];
}

/* Where part k of the state ends. */
static size_t end_of(const byol *b, size_t k) {
  const size_t wide = b->n2 * b->n1;
  return k == 0 ? wide : k == 1 ? wide + b->n2 * b->n2 : es_byol_length(b);
}

/* A first step from the slope alone (Hairer, Norsett, Wanner II.4, with one
 * evaluation): where f' is large, too, it is rejected once or twice. */
static double first_step(const es_lane_block *block, size_t lane,
                         const double *k1, const es_cell_options *o) {
  const byol *b = block->system;
  double slope = 0;
  for (size_t k = 0, i = 0; k < 3; k++) {
    const double unit = block->param[(BYOL_SCALE + k) * ES_LANES + lane];
    for (; i < end_of(b, k); i++) {
      const double size = fabs(block->y[i * ES_LANES + lane]);
      const double tol = o->atol * unit + o->rtol * size;
      slope = es_worse(slope, fabs(k1[i * ES_LANES + lane]) / tol);
    }
  }
  return slope > 1e-15 ? pow(.01 / slope, 1. / 9) : 1e-6;
}

void es_byol_lanes_aim(es_lane_block *b, const double *k1,
                       const es_cell_options *o) {
  double *row = b->work + BYOL_H * ES_LANES;
  for (size_t lane = 0; lane < ES_LANES; lane++) {
    row[lane] = 0;
    if (!(b->busy >> lane & 1u)) continue;
    if (b->h[lane] == 0) b->h[lane] = first_step(b, lane, k1, o);
    const double h = b->h[lane], left = o->t_end - b->t[lane];
    /* Two equal steps rather than a long one and a stub. */
    row[lane] = h >= left ? left : 2 * h > left ? left / 2 : h;
  }
}

/* Whether the lane passed; sets what it does next, or why it ended. */
static bool judge(es_lane_block *b, size_t lane, const es_cell_options *o) {
  double *work = b->work + lane;
  const double h = work[BYOL_H * ES_LANES], t = b->t[lane];
  const double largest = work[BYOL_LARGEST * ES_LANES];
  double error = sqrt(work[BYOL_ERROR * ES_LANES]);
  if (!isfinite(largest)) error = NAN;
  es_control c;
  es_control_begin(&c, &es_stepper_dop853);
  c.log_old = work[BYOL_LOG_OLD * ES_LANES];
  c.rejected = work[BYOL_REJECTED * ES_LANES] != 0;
  b->steps[lane]++;
  const bool passed = error <= 1;
  if (passed) {
    const double next = es_control_accept(&c, h, error);
    b->t[lane] = h == o->t_end - t ? o->t_end : t + h;
    /* A step cut to hit the end says little about a longer one. */
    b->h[lane] = h < b->h[lane] ? fmax(b->h[lane], next) : next;
    if (o->limit > 0 && largest > o->limit) b->status[lane] = ES_DIVERGED;
  } else {
    b->h[lane] = es_control_reject(&c, h, error);
    if (!(t + b->h[lane] > t))
      b->status[lane] = isfinite(error) ? ES_STEP_UNDERFLOW : ES_NOT_FINITE;
  }
  work[BYOL_LOG_OLD * ES_LANES] = c.log_old;
  work[BYOL_REJECTED * ES_LANES] = c.rejected;
  return passed;
}

/* Steps to come at the present h beyond which a method for stiff systems had
 * better be tried: it takes a hundred or so steps and as much again until it is
 * called, each at the price of n^2/360 + n/12 + 1 steps of an explicit one
 * (src/ode/stiff.c), and a lane is 8 times as fast as a cell by itself. Not
 * looked for before a flow is under way. */
enum { UNDER_WAY = 100 };
static bool had_better_leave(const es_lane_block *b, size_t lane,
                             const es_cell_options *o) {
  const double n = (double)es_byol_length(b->system);
  const double most = 8 * 115 * (n * n / 360 + n / 12 + 1);
  return b->steps[lane] >= UNDER_WAY &&
         o->t_end - b->t[lane] > most * b->h[lane] &&
         strcmp(o->method, "auto") == 0;
}

unsigned es_byol_lanes_judge(es_lane_block *b, unsigned *ended,
                             const es_cell_options *o) {
  unsigned passed = 0;
  *ended = 0;
  for (size_t lane = 0; lane < ES_LANES; lane++) {
    if (!(b->busy >> lane & 1u)) continue;
    if (judge(b, lane, o)) passed |= 1u << lane;
    const bool done = b->t[lane] >= o->t_end;
    if (!done && o->max_steps > 0 && b->status[lane] == ES_OK &&
        b->steps[lane] >= (double)o->max_steps)
      b->status[lane] = ES_BUDGET;
    const bool leaves =
        !done && b->status[lane] == ES_OK && had_better_leave(b, lane, o);
    b->work[BYOL_LEFT * ES_LANES + lane] = leaves;
    if (done || leaves || b->status[lane] != ES_OK) *ended |= 1u << lane;
  }
  return passed;
}
