/* Sweeps of byol-eigenmode: cells as they come from the axes, on lanes. */
#include "models/linear/eigenmode_lanes.h"
#include "models/linear/eigenmodes.h"

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

/* False: an axis that is not for lanes. What has an axis is given, and does not
 * follow another axis, before it or behind it. */
static bool know_axes(batch *b, const es_eigenmode_axes *axes) {
  b->given = *axes;
  for (size_t j = 0; j < axes->n; j++) {
    if (!find_target(&b->axis[j], axes->name[j])) return false;
    if (b->axis[j] == TO_ETA_P) b->given.eta_p_given = true;
    if (b->axis[j] == TO_ETA_S) b->given.eta_s_given = true;
    if (b->axis[j] == TO_LAMBDA_S) b->given.lambda_s_given = true;
  }
  return true;
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

/* A first step's unit: one over the rate at which anything can move. */
static double unit_of(const double *k, const double *y) {
  const double most = fmax(fabs(y[0]), fabs(y[1]));
  const double rate = fmax(fabs(y[2]), most) + most * most +
                      k[EM_ETA_P * ES_LANES] + k[EM_ETA_S * ES_LANES] +
                      k[EM_BETA * ES_LANES];
  return rate > 0 ? 1 / rate : 1;
}

static bool fill(void *context, size_t i, es_lane_block *block, size_t lane) {
  const call *c = context;
  const es_cell_options *options = &c->self->options;
  const es_eigenmode mode = mode_of(c, i);
  const double invariant = es_eigenmode_c(&mode);
  const es_eigenmode_state start = {mode.p0, mode.s0, mode.tau0};
  double *k = block->param + lane, y[3];
  es_eigenmode_regular(&mode, &start, y);
  for (size_t j = 0; j < 3; j++) block->y[j * ES_LANES + lane] = y[j];
  es_eigenmode_rows(k, ES_LANES, &mode, invariant, options);
  block->h[lane] = unit_of(k, y);
  const es_fate fate = es_eigenmode_fate(&mode, invariant, &start);
  if (fate != ES_FATE_UNDECIDED) {
    block->fate[lane] = fate;
    block->t_settle[lane] = 0;
  }
  const bool settled = isinf(options->t_end) && fate != ES_FATE_UNDECIDED;
  return options->t_end > 0 && mode.s0 > 0 && !settled;
}

/* The state at the end; what lanes have left of the way is done here. */
static es_eigenmode_state finish(const call *c, const es_eigenmode *mode,
                                 const es_lane_block *block, size_t lane,
                                 es_cell *cell) {
  const es_cell_options *options = &c->self->options;
  const double t = block->t[lane];
  const bool endless = isinf(options->t_end);
  const bool settled = endless && cell->fate != ES_FATE_UNDECIDED;
  double y[3], k[EM_ROWS];
  es_eigenmode_state out;
  for (size_t j = 0; j < 3; j++) y[j] = block->y[j * ES_LANES + lane];
  for (size_t j = 0; j < EM_ROWS; j++) k[j] = block->param[j * ES_LANES + lane];
  out = es_eigenmode_from_regular(mode, y);
  if (fabs(y[0]) > k[EM_MOST_P] || fabs(y[1]) > k[EM_MOST_S]) {
    cell->fate = ES_FATE_DIVERGED;
    cell->status = ES_DIVERGED;
  } else if (!settled && t < k[EM_T_END] &&
             (endless || !es_eigenmode_rest(mode, k, t, y, &out))) {
    if (cell->steps >= (double)options->max_steps)
      cell->status = ES_BUDGET;
    else
      out = es_eigenmode_go_on(mode, es_eigenmode_c(mode), options, t, y, cell);
  }
  if (!endless && cell->status == ES_OK && es_eigenmode_has_exact(mode))
    return es_eigenmode_exact(mode, options->t_end);
  const bool certain =
      cell->fate == ES_FATE_STABLE || cell->fate == ES_FATE_COLLAPSED;
  return endless && certain ? es_eigenmode_limit(mode, cell->fate) : out;
}

static void store(void *context, size_t i, const es_lane_block *block,
                  size_t lane) {
  const call *c = context;
  const es_eigenmode mode = mode_of(c, i);
  double *out = c->columns + 3 * i;
  es_cell *cell = c->cells + i;
  *cell =
      (es_cell){.fate = block->fate[lane],
                .t_settle = block->t_settle[lane] / es_eigenmode_rate(&mode),
                .steps = block->steps[lane],
                .status = block->status[lane]};
  const es_eigenmode_state end = finish(c, &mode, block, lane, cell);
  const bool good = cell->status == ES_OK;
  out[0] = good ? end.p : NAN;
  out[1] = good ? end.s : NAN;
  out[2] = good ? end.tau : NAN;
}

es_status es_eigenmode_batch_solve(const void *self, const double *axes,
                                   size_t n, es_cell *cells, double *columns) {
  const batch *b = self;
  call c = {.self = b, .axes = axes, .cells = cells, .columns = columns};
  return es_lanes_run(es_eigenmode_kernel(b->options.rtol, b->base.ema),
                      b->simd, &b->options, n, fill, store, &c);
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
  const bool known = know_axes(b, axes);
  const es_status status =
      known ? es_simd_choose(&b->simd, options->simd, diag) : ES_OK;
  if (known && status == ES_OK)
    *out = b;
  else
    free(b);
  return status;
}

void es_eigenmode_batch_free(void *self) { free(self); }

/* One mode, whose keys alone vary, by method auto. */
static es_status batch_open(void **self, const es_config *config,
                            const char *const *axis, size_t n_axes,
                            const es_cell_options *options, es_diag *diag) {
  es_eigenmode *modes = NULL;
  size_t n = 0;
  const char *no_start = NULL;
  const es_eigenmode_axes axes = {
      .name = axis,
      .n = n_axes,
      .eta_p_given = es_config_given(config, "model", "eta_p"),
      .eta_s_given = es_config_given(config, "model", "eta_s"),
      .lambda_s_given = es_config_given(config, "model", "lambda_s")};
  *self = NULL;
  if (options->method != NULL && strcmp(options->method, "auto") != 0)
    return ES_OK;
  es_status status =
      es_eigenmodes_read(&modes, &n, &no_start, config, false, diag);
  if (status == ES_OK && n == 1)
    status = es_eigenmode_batch_new(self, modes, &axes, options, diag);
  free(modes);
  return status;
}

const es_batch es_eigenmode_batch = {.at_once = 256,
                                     .open = batch_open,
                                     .close = es_eigenmode_batch_free,
                                     .solve = es_eigenmode_batch_solve};
