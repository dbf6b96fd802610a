/* BYOL's lanes around the arithmetic of a step: how a lane begins and how long
 * its steps are. Scalar, and the same for all instruction sets. */
#include "models/linear/byol_lanes.h"

#include "ode/control.h"

#include <math.h>
#include <string.h>

/* Measured: cells go one after another where at most an eighth of the rows is
 * padding; from WIDE rows on 8 cells at once are too much for the caches. */
enum { WHOLE = 8, WIDE = 25 };
static bool is_by_rows(size_t n2, size_t padded) {
  return n2 >= WIDE || (n2 >= WHOLE && 8 * n2 >= 7 * padded);
}

/* At least that many cache lines, and 5 more than a multiple of 16. */
static size_t staggered(size_t lines) { return lines + (21 - lines % 16) % 16; }

es_byol_layout es_byol_layout_of(const byol *b) {
  const size_t padded = (b->n2 + ES_LANES - 1) / ES_LANES * ES_LANES;
  es_byol_layout l = {.rows = is_by_rows(b->n2, padded), .m = b->n2};
  if (l.rows) l.m = padded;
  l.end[0] = l.m * b->n1;
  l.end[1] = l.end[0] + l.m * b->n2;
  l.end[2] = l.end[1] + (b->variant == BYOL_EMA ? l.end[0] : 0);
  l.along = l.rows ? 1 : ES_LANES;
  l.across = l.rows ? l.end[2] : 1;
  l.distance = ES_LANES * staggered(l.rows ? l.end[2] / ES_LANES : l.end[2]);
  return l;
}

es_lane_kernel es_byol_lanes_kernel(const es_byol_ensemble *ensemble) {
  const byol *b = ensemble->shared;
  const es_byol_layout l = es_byol_layout_of(b);
  const size_t scratch = 3 * l.end[0] + l.m * b->n2;
  es_lane_kernel kernel = {
      .n = l.end[2],
      .n_param = BYOL_PARAMS,
      .n_work = BYOL_ROWS + BYOL_ARRAYS * l.distance / ES_LANES +
                (l.rows ? scratch / ES_LANES : scratch),
      .system = ensemble,
      .advance = {es_byol_lanes_none, es_byol_lanes_avx2, es_byol_lanes_avx512},
  };
  if (l.rows) {
    kernel.advance[ES_SIMD_NONE] = es_byol_rows_none;
    kernel.advance[ES_SIMD_AVX2] = es_byol_rows_avx2;
    kernel.advance[ES_SIMD_AVX512] = es_byol_rows_avx512;
  }
  return kernel;
}

/* Which of Z, P, A entry i of the model's state is in; its place in a block. */
static size_t matrix_of(const byol *b, size_t i) {
  const size_t wide = b->n2 * b->n1;
  return i < wide ? 0 : i < wide + b->n2 * b->n2 ? 1 : 2;
}
static size_t place_of(const byol *b, const es_byol_layout *l, size_t i,
                       size_t lane) {
  const size_t wide = b->n2 * b->n1, which = matrix_of(b, i);
  if (which > 0) i -= wide;
  if (which > 1) i -= b->n2 * b->n2;
  const size_t first = which > 0 ? l->end[which - 1] : 0;
  const size_t e = first + i / b->n2 * l->m + i % b->n2;
  return e * l->along + lane * l->across;
}

void es_byol_lanes_begin(es_lane_block *block, size_t lane, const double *y,
                         const double *scale) {
  const byol *b = es_byol_of(block);
  const es_byol_layout l = es_byol_layout_of(b);
  double *param = block->param + lane, *work = block->work + lane;
  for (size_t e = 0; e < l.end[2]; e++)
    block->y[e * l.along + lane * l.across] = 0;
  for (size_t k = 0; k < 3; k++) param[(BYOL_SCALE + k) * ES_LANES] = 1;
  for (size_t i = 0; i < es_byol_length(b); i++) {
    block->y[place_of(b, &l, i, lane)] = y[i];
    param[(BYOL_SCALE + matrix_of(b, i)) * ES_LANES] = scale[i];
  }
  work[BYOL_LOG_OLD * ES_LANES] = log(1e-4);
  work[BYOL_REJECTED * ES_LANES] = 0;
  work[BYOL_LEFT * ES_LANES] = 0;
  work[BYOL_UNSEEN * ES_LANES] = 0;
}

void es_byol_lanes_state(const es_lane_block *block, size_t lane, double *y,
                         double *scale) {
  const byol *b = es_byol_of(block);
  const es_byol_layout l = es_byol_layout_of(b);
  const double *param = block->param + lane;
  for (size_t i = 0; i < es_byol_length(b); i++) {
    y[i] = block->y[place_of(b, &l, i, lane)];
    scale[i] = param[(BYOL_SCALE + matrix_of(b, i)) * ES_LANES];
  }
}

/* A first step from the slope alone (Hairer, Norsett, Wanner II.4, with one
 * evaluation): where f' is large, too, it is rejected once or twice. */
static double first_step(const es_lane_block *block, size_t lane,
                         const double *k1, const es_cell_options *o) {
  const es_byol_layout l = es_byol_layout_of(es_byol_of(block));
  const double *y = block->y + lane * l.across;
  double slope = 0;
  for (size_t k = 0, e = 0; k < 3; k++) {
    const double unit = block->param[(BYOL_SCALE + k) * ES_LANES + lane];
    for (; e < l.end[k]; e++) {
      const double tol = o->atol * unit + o->rtol * fabs(y[e * l.along]);
      slope = es_worse(slope, fabs(k1[e * l.along]) / tol);
    }
  }
  return slope > 1e-15 ? pow(.01 / slope, 1. / 9) : 1e-6;
}

/* Accepted steps between two looks at a cell whose fate is open. */
enum { SELDOM = 4 };
static void show(es_lane_block *b, size_t lane) {
  const es_byol_ensemble *e = b->system;
  double *unseen = b->work + BYOL_UNSEEN * ES_LANES + lane;
  if (e->look == NULL || b->fate[lane] != ES_FATE_UNDECIDED || *unseen < SELDOM)
    return;
  *unseen = 0;
  e->look(e->context, b, lane);
}

void es_byol_lanes_aim(es_lane_block *b, size_t lane, const double *k1,
                       const es_cell_options *o) {
  double *row = b->work + BYOL_H * ES_LANES;
  row[lane] = 0;
  if (!(b->busy >> lane & 1u)) return;
  show(b, lane);
  if (b->h[lane] == 0) b->h[lane] = first_step(b, lane, k1, o);
  const double h = b->h[lane], left = o->t_end - b->t[lane];
  /* Two equal steps rather than a long one and a stub. */
  row[lane] = h >= left ? left : 2 * h > left ? left / 2 : h;
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
    work[BYOL_UNSEEN * ES_LANES]++;
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
  const double n = (double)es_byol_length(es_byol_of(b));
  const double most = 8 * 115 * (n * n / 360 + n / 12 + 1);
  return b->steps[lane] >= UNDER_WAY &&
         o->t_end - b->t[lane] > most * b->h[lane] &&
         strcmp(o->method, "auto") == 0;
}

bool es_byol_lanes_judge(es_lane_block *b, size_t lane, unsigned *ended,
                         const es_cell_options *o) {
  if (!(b->busy >> lane & 1u)) return false;
  const es_byol_ensemble *e = b->system;
  const bool passed = judge(b, lane, o);
  const bool settled = e->until_fate && b->fate[lane] != ES_FATE_UNDECIDED;
  const bool done = settled || b->t[lane] >= o->t_end;
  if (!done && o->max_steps > 0 && b->status[lane] == ES_OK &&
      b->steps[lane] >= (double)o->max_steps)
    b->status[lane] = ES_BUDGET;
  const bool leaves =
      !done && b->status[lane] == ES_OK && had_better_leave(b, lane, o);
  b->work[BYOL_LEFT * ES_LANES + lane] = leaves;
  if (done || leaves || b->status[lane] != ES_OK) *ended |= 1u << lane;
  return passed;
}
