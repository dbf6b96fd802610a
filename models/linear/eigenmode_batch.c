/* Sweeps of byol-eigenmode: cells as they come from the axes, on lanes. */
#include "models/linear/eigenmode_lanes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where an axis goes. */
typedef enum target {
  TO_P0,
  TO_S0,
  TO_TAU0,
  TO_SIGMA2,
  TO_ALPHA,
  TO_ETA,
  TO_ETA_P,
  TO_ETA_S,
  TO_BETA,
  TO_LAMBDA_S,
  TO_LAMBDA_D,
  TARGETS
} target;
static const char *const target_names[TARGETS] = {
    "p0",    "s0",    "tau0", "sigma2",   "alpha_p", "eta",
    "eta_p", "eta_s", "beta", "lambda_s", "lambda_d"};

typedef struct batch {
  es_eigenmode base;
  es_cell_options options;
  es_simd simd;
  es_eigenmode_axes given; /* name is not kept */
  target axis[];
} batch;

/* One call of solve. */
typedef struct call {
  const batch *self;
  const double *axes;
  es_cell *cells;
  double *columns;
} call;

static bool find_target(target *out, const char *name) {
  for (size_t i = 0; i < TARGETS; i++)
    if (strcmp(name, target_names[i]) == 0) {
      *out = (target)i;
      return true;
    }
  return false;
}

static void set_axis(const batch *b, es_eigenmode *mode, target to, double x) {
  switch (to) {
  case TO_P0:
    mode->p0 = x;
    break;
  case TO_S0:
    mode->s0 = x;
    break;
  case TO_TAU0:
    mode->tau0 = x;
    break;
  case TO_SIGMA2:
    if (!b->given.lambda_s_given) mode->lambda_s = 1 + x;
    break;
  case TO_ALPHA:
    mode->alpha_p = x;
    break;
  case TO_ETA:
    if (!b->given.eta_p_given) mode->eta_p = x;
    if (!b->given.eta_s_given) mode->eta_s = x;
    break;
  case TO_ETA_P:
    mode->eta_p = x;
    break;
  case TO_ETA_S:
    mode->eta_s = x;
    break;
  case TO_BETA:
    mode->beta = x;
    break;
  case TO_LAMBDA_S:
    mode->lambda_s = x;
    break;
  case TO_LAMBDA_D:
    mode->lambda_d = x;
    break;
  case TARGETS:
    break;
  }
}

static es_eigenmode mode_of(const call *c, size_t i) {
  es_eigenmode mode = c->self->base;
  const double *x = c->axes + i * c->self->given.n;
  for (size_t j = 0; j < c->self->given.n; j++)
    set_axis(c->self, &mode, c->self->axis[j], x[j]);
  return mode;
}

static void put(const call *c, size_t i, const es_eigenmode_state *state,
                const es_cell *cell) {
  const bool good = cell->status == ES_OK;
  double *out = c->columns + 3 * i;
  out[0] = good ? state->p : NAN;
  out[1] = good ? state->s : NAN;
  out[2] = good ? state->tau : NAN;
  c->cells[i] = *cell;
}

/* A first step's unit: one over the rate at which anything can move. */
static double unit_of(const es_eigenmode *m, const double *y) {
  const double p = fabs(y[0]), S = fabs(y[1]), Q = fabs(y[2]);
  const double most = fmax(p, S);
  return 1 / (m->lambda_d * fmax(Q, most) + m->lambda_s * most * most +
              m->eta_p + m->eta_s + m->beta);
}

static bool fill(void *context, size_t i, es_lane_block *block, size_t lane) {
  const call *c = context;
  const es_eigenmode mode = mode_of(c, i);
  const double invariant = es_eigenmode_c(&mode);
  const es_eigenmode_state start = {mode.p0, mode.s0, mode.tau0};
  double y[3];
  const es_fate fate = es_eigenmode_fate(&mode, invariant, 0, &start);
  if (fate != ES_FATE_UNDECIDED) {
    block->fate[lane] = fate;
    block->t_settle[lane] = 0;
    if (isinf(c->self->options.t_end)) return false;
  }
  es_eigenmode_regular(&mode, &start, y);
  for (size_t j = 0; j < 3; j++) block->y[j * ES_LANES + lane] = y[j];
  es_eigenmode_rows(block->param + lane, ES_LANES, &mode, invariant);
  block->h[lane] = unit_of(&mode, y);
  return c->self->options.t_end > 0;
}

static void store(void *context, size_t i, const es_lane_block *block,
                  size_t lane) {
  const call *c = context;
  const es_cell_options *o = &c->self->options;
  const es_eigenmode mode = mode_of(c, i);
  es_cell cell = {.fate = block->fate[lane],
                  .t_settle = block->t_settle[lane],
                  .steps = block->steps[lane],
                  .status = block->status[lane]};
  double y[3];
  for (size_t j = 0; j < 3; j++) y[j] = block->y[j * ES_LANES + lane];
  const bool settled = isinf(o->t_end) && cell.fate != ES_FATE_UNDECIDED;
  es_eigenmode_state state = es_eigenmode_from_regular(&mode, y);
  const double limit = o->limit > 0 ? o->limit : INFINITY;
  if (fabs(state.p) > limit || state.s > limit) {
    cell.fate = ES_FATE_DIVERGED;
    cell.status = ES_DIVERGED;
  } else if (!settled && block->t[lane] < o->t_end) {
    if (cell.steps >= (double)o->max_steps)
      cell.status = ES_BUDGET;
    else
      es_eigenmode_go_on(&mode, es_eigenmode_c(&mode), o, block->t[lane], y,
                         &cell);
    state = es_eigenmode_from_regular(&mode, y);
  }
  if (isinf(o->t_end) && cell.fate != ES_FATE_UNDECIDED)
    state = es_eigenmode_limit(&mode, cell.fate);
  put(c, i, &state, &cell);
}

es_status es_eigenmode_batch_solve(const void *self, const double *axes,
                                   size_t n, es_cell *cells, double *columns) {
  const batch *b = self;
  call c = {.self = b, .axes = axes, .cells = cells, .columns = columns};
  return es_lanes_run(&es_eigenmode_kernels[b->base.ema], b->simd, &b->options,
                      n, fill, store, &c);
}

es_status es_eigenmode_batch_new(void **out, const es_eigenmode *base,
                                 const es_eigenmode_axes *axes,
                                 const es_cell_options *options,
                                 es_diag *diag) {
  *out = NULL;
  batch *b = calloc(1, sizeof *b + axes->n * sizeof *b->axis);
  if (b == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  b->base = *base;
  b->options = *options;
  b->given = *axes;
  for (size_t j = 0; j < axes->n; j++)
    if (!find_target(&b->axis[j], axes->name[j])) {
      free(b);
      return ES_OK;
    }
  const es_status status = es_simd_choose(&b->simd, options->simd, diag);
  if (status == ES_OK)
    *out = b;
  else
    free(b);
  return status;
}

void es_eigenmode_batch_free(void *self) { free(self); }
