/* Ensembles of `byol` for sweeps: cells of one model's moments that differ in
 * rates and starts, stepped side by side (byol_lanes.h). A cell's start and
 * columns are made by the model's own code, so that they are those of a single
 * flow. */
#include "models/linear/byol_lanes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond that, single cells on BLAS are as fast. */
enum { MOST_SIDE = 64 };

static const char *const names[] = {"alpha_p", "beta", "eta",       "eta_p",
                                    "eta_s",   "seed", "init_scale"};
enum { ALPHA_P, BETA, ETA, ETA_P, ETA_S, SEED, INIT_SCALE, NAMES };

typedef struct batch {
  const es_config *config;
  byol *shared;
  es_cell_options options;
  es_simd simd;
  size_t n, n_columns, n_axes;
  unsigned char axis[NAMES]; /* each one's name */
  bool eta_p_given, eta_s_given,
      draws; /* the start differs from cell to cell */
} batch;

/* A call's: a model for the cell in each lane. */
typedef struct call {
  const batch *batch;
  byol *cell[ES_LANES];
  double *y, *scale;
  const double *axes;
  es_cell *said;
  double *columns;
} call;

static void batch_close(void *self) {
  batch *b = self;
  if (b == NULL) return;
  es_byol_close(b->shared);
  free(b);
}

/* False: a key that all cells must share is an axis. */
static bool know_axes(batch *b, const char *const *axis, size_t n_axes) {
  if (n_axes > NAMES) return false;
  b->n_axes = n_axes;
  for (size_t i = 0; i < n_axes; i++) {
    unsigned char k = 0;
    while (k < NAMES && strcmp(names[k], axis[i]) != 0) k++;
    if (k == NAMES) return false;
    b->axis[i] = k;
    if (k == SEED || k == INIT_SCALE) b->draws = true;
    if (k == ETA_P) b->eta_p_given = true;
    if (k == ETA_S) b->eta_s_given = true;
  }
  return true;
}

static bool is_for_lanes(const batch *b, const es_cell_options *o) {
  const bool method =
      strcmp(o->method, "auto") == 0 || strcmp(o->method, "dop853") == 0;
  const bool fits = b->shared->n1 <= MOST_SIDE && b->shared->n2 <= MOST_SIDE;
  return method && fits && b->shared->variant != BYOL_NO_PREDICTOR &&
         isfinite(o->t_end) && o->atol > 0;
}

static es_status batch_open(void **self, const es_config *config,
                            const char *const *axis, size_t n_axes,
                            const es_cell_options *options, es_diag *diag) {
  batch *b = calloc(1, sizeof *b);
  *self = NULL;
  if (b == NULL) return es_byol_no_memory(diag);
  b->config = config;
  b->options = *options;
  b->eta_p_given = es_config_has(config, "model", "eta_p");
  b->eta_s_given = es_config_has(config, "model", "eta_s");
  void *shared = NULL;
  es_status status = es_simd_choose(&b->simd, options->simd, diag);
  bool wanted = status == ES_OK && know_axes(b, axis, n_axes);
  if (wanted) status = es_byol_open(&shared, config, NULL, diag);
  b->shared = shared;
  wanted = wanted && status == ES_OK && is_for_lanes(b, options);
  if (wanted) {
    es_model_shape shape = {0};
    es_model_byol.shape(b->shared, &shape);
    b->n = shape.n;
    b->n_columns = shape.n_swept > 0 ? shape.n_swept : shape.n_columns;
    *self = b;
  } else
    batch_close(b);
  return status;
}

/* The cell's settings into its lane's model. */
static es_status set_cell(const batch *b, byol *cell, const double *value) {
  const byol *s = b->shared;
  cell->alpha_p = s->alpha_p, cell->beta = s->beta;
  cell->eta_p = s->eta_p, cell->eta_s = s->eta_s;
  for (size_t i = 0; i < b->n_axes; i++) {
    const double x = value[i];
    switch (b->axis[i]) {
    case ALPHA_P:
      cell->alpha_p = x;
      break;
    case BETA:
      cell->beta = x;
      break;
    case ETA:
      if (!b->eta_p_given) cell->eta_p = x;
      if (!b->eta_s_given) cell->eta_s = x;
      break;
    case ETA_P:
      cell->eta_p = x;
      break;
    case ETA_S:
      cell->eta_s = x;
      break;
    case SEED:
      cell->seed = (uint64_t)x;
      break;
    case INIT_SCALE:
      cell->init_scale = x;
      break;
    }
  }
  if (b->draws) es_byol_read_start(cell, b->config);
  return es_byol_keep_law(cell, NULL);
}

static bool beyond(const call *c) {
  const double limit = c->batch->options.limit;
  for (size_t i = 0; limit > 0 && i < c->batch->n; i++)
    if (fabs(c->y[i]) > limit * c->scale[i]) return true;
  return false;
}

static bool fill(void *context, size_t i, es_lane_block *block, size_t lane) {
  call *c = context;
  byol *cell = c->cell[lane];
  block->status[lane] =
      set_cell(c->batch, cell, c->axes + i * c->batch->n_axes);
  if (block->status[lane] != ES_OK) return false;
  for (size_t k = 0; k < c->batch->n; k++) c->scale[k] = 1;
  es_model_byol.start(cell, c->y, c->scale);
  es_byol_lanes_begin(block, lane, c->y, c->scale);
  const double rates[] = {cell->alpha_p, cell->beta, cell->eta_p, cell->eta_s};
  for (size_t k = 0; k < 4; k++)
    block->param[(BYOL_ALPHA_P + k) * ES_LANES + lane] = rates[k];
  if (beyond(c)) block->status[lane] = ES_DIVERGED;
  return block->status[lane] == ES_OK && c->batch->options.t_end > 0;
}

/* The rest of a cell that lanes are not for: from (t, y) in steps of a method
 * that the general solver chooses. */
static es_status go_on(call *c, byol *cell, double t, double h, es_cell *said) {
  const es_cell_options *given = &c->batch->options;
  const uint64_t made = (uint64_t)said->steps;
  const es_ode_system system = {.n = c->batch->n,
                                .rhs = es_model_byol.rhs,
                                .jacobian = es_model_byol.jacobian,
                                .context = cell};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = given->method;
  o.rtol = given->rtol, o.atol = given->atol;
  o.scale = c->scale;
  o.h0 = h;
  o.max_steps = given->max_steps > 0 ? given->max_steps - made : 0;
  o.limit = given->limit;
  es_ode *ode = NULL;
  es_status status = es_ode_new(&ode, &system, &o, NULL);
  if (status == ES_OK)
    status = es_ode_solve(ode, t, c->y, &given->t_end, 1, NULL, NULL, NULL);
  if (ode != NULL) {
    const es_ode_statistics stats = es_ode_stats(ode);
    said->steps += (double)(stats.steps + stats.rejected);
  }
  es_ode_free(ode);
  return status;
}

static void store(void *context, size_t i, const es_lane_block *block,
                  size_t lane) {
  call *c = context;
  const size_t n = c->batch->n_columns;
  double *row = c->columns + i * n;
  es_cell *said = c->said + i;
  *said = (es_cell){.fate = ES_FATE_UNDECIDED,
                    .t_settle = NAN,
                    .steps = block->steps[lane],
                    .status = block->status[lane]};
  byol *cell = c->cell[lane];
  es_byol_lanes_state(block, lane, c->y, c->scale);
  if (said->status == ES_OK && block->work[BYOL_LEFT * ES_LANES + lane] != 0)
    said->status = go_on(c, cell, block->t[lane], block->h[lane], said);
  if (said->status == ES_OK)
    said->status = es_byol_observe(cell, c->batch->options.t_end, c->y, row);
  if (said->status == ES_DIVERGED || said->status == ES_NOT_FINITE)
    said->fate = ES_FATE_DIVERGED;
  for (size_t k = 0; k < n && said->status != ES_OK; k++) row[k] = NAN;
}

static es_status run(call *c, size_t n) {
  const batch *b = c->batch;
  es_status status = c->y == NULL || c->scale == NULL ? ES_NO_MEMORY : ES_OK;
  for (size_t l = 0; l < ES_LANES && status == ES_OK; l++)
    status = es_byol_cell_new(&c->cell[l], b->shared, NULL);
  if (status != ES_OK) return status;
  const es_lane_kernel kernel = es_byol_lanes_kernel(b->shared);
  return es_lanes_run(&kernel, b->simd, &b->options, n, fill, store, c);
}

static es_status batch_solve(const void *self, const double *axes, size_t n,
                             es_cell *cells, double *columns) {
  const batch *b = self;
  call c = {.batch = b, .axes = axes, .said = cells, .columns = columns};
  c.y = es_zeroed(b->n, 1, sizeof *c.y);
  c.scale = es_zeroed(b->n, 1, sizeof *c.scale);
  const es_status status = run(&c, n);
  for (size_t l = 0; l < ES_LANES; l++) es_byol_cell_free(c.cell[l]);
  free(c.y);
  free(c.scale);
  return status;
}

const es_batch es_byol_batch = {
    .at_once = 64,
    .open = batch_open,
    .close = batch_close,
    .solve = batch_solve,
};
