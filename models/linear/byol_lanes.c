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
  es_cell_options options; /* t_end is finite */
  bool endless;            /* until the fate is certain */
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
  double *seen[ES_LANES]; /* the state of each lane when last looked at, */
  double t_seen[ES_LANES];
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
         o->atol > 0;
}

static es_status batch_open(void **self, const es_config *config,
                            const char *const *axis, size_t n_axes,
                            const es_cell_options *options, es_diag *diag) {
  batch *b = calloc(1, sizeof *b);
  *self = NULL;
  if (b == NULL) return es_byol_no_memory(diag);
  b->config = config;
  b->options = *options;
  b->endless = isinf(options->t_end);
  b->options.t_end = fmin(options->t_end, ES_ODE_FOREVER);
  b->eta_p_given = es_config_has(config, "model", "eta_p");
  b->eta_s_given = es_config_has(config, "model", "eta_s");
  void *shared = NULL;
  es_status status = es_simd_choose(&b->simd, options->simd, diag);
  bool wanted = status == ES_OK && know_axes(b, axis, n_axes);
  if (wanted) status = es_byol_open(&shared, config, NULL, diag);
  b->shared = shared;
  /* Aligned starts may have a closed form. */
  wanted = wanted && status == ES_OK && is_for_lanes(b, options) &&
           b->shared->aligned == NULL && !es_byol_starts_along(config);
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
  memcpy(c->seen[lane], c->y, c->batch->n * sizeof *c->y);
  c->t_seen[lane] = 0;
  block->fate[lane] = es_model_byol.fate(cell, 0, c->y);
  if (block->fate[lane] != ES_FATE_UNDECIDED) block->t_settle[lane] = 0;
  const bool settled =
      c->batch->endless && block->fate[lane] != ES_FATE_UNDECIDED;
  return block->status[lane] == ES_OK && !settled &&
         c->batch->options.t_end > 0;
}

/* The fate of a lane's state at t, and where since the last look it became
 * certain: the region is not left, so that looks may be seldom. */
static void see(call *c, size_t lane, double t, const double *y,
                const double *scale, es_cell *said) {
  byol *cell = c->cell[lane];
  es_cell found = {.fate = ES_FATE_UNDECIDED, .t_settle = NAN};
  const es_byol_stretch since = {c->t_seen[lane], t, 0, true};
  const es_fate fate = es_model_byol.fate(cell, t, y);
  if (fate != ES_FATE_UNDECIDED && t > since.t) {
    const es_status status = es_byol_lanes_alone(
        cell, &c->batch->options, &since, c->seen[lane], scale, &found);
    said->fate = fate;
    said->t_settle =
        status == ES_OK && found.t_settle <= t ? found.t_settle : t;
  }
  memcpy(c->seen[lane], y, c->batch->n * sizeof *y);
  c->t_seen[lane] = t;
}

static void look(void *context, es_lane_block *block, size_t lane) {
  call *c = context;
  es_cell said = {.fate = ES_FATE_UNDECIDED, .t_settle = NAN};
  es_byol_lanes_state(block, lane, c->y, c->scale);
  see(c, lane, block->t[lane], c->y, c->scale, &said);
  block->fate[lane] = said.fate;
  block->t_settle[lane] = said.t_settle;
}

/* Whether nothing is left to do for a cell without an end. */
static bool is_settled(const call *c, const es_cell *said) {
  return c->batch->endless && said->fate != ES_FATE_UNDECIDED;
}

static void store(void *context, size_t i, const es_lane_block *block,
                  size_t lane) {
  call *c = context;
  const size_t n = c->batch->n_columns;
  double *row = c->columns + i * n;
  es_cell *said = c->said + i;
  byol *cell = c->cell[lane];
  const es_cell_options *o = &c->batch->options;
  const es_byol_stretch rest = {block->t[lane], o->t_end, block->h[lane],
                                c->batch->endless};
  *said = (es_cell){.fate = block->fate[lane],
                    .t_settle = block->t_settle[lane],
                    .steps = block->steps[lane],
                    .status = block->status[lane]};
  if (said->status == ES_OK) {
    es_byol_lanes_state(block, lane, c->y, c->scale);
    if (said->fate == ES_FATE_UNDECIDED)
      see(c, lane, rest.t, c->y, c->scale, said);
    if (!is_settled(c, said) && block->work[BYOL_LEFT * ES_LANES + lane] != 0)
      said->status = es_byol_lanes_alone(cell, o, &rest, c->y, c->scale, said);
  }
  if (said->status == ES_OK && is_settled(c, said))
    es_model_byol.limit(cell, said->fate, said->t_settle, c->y, row);
  else if (said->status == ES_OK)
    said->status = es_byol_observe(cell, o->t_end, c->y, row);
  if (said->status == ES_DIVERGED || said->status == ES_NOT_FINITE)
    said->fate = ES_FATE_DIVERGED;
  for (size_t k = 0; k < n && said->status != ES_OK; k++) row[k] = NAN;
}

static es_status run(call *c, size_t n) {
  const batch *b = c->batch;
  es_status status = c->y == NULL || c->scale == NULL ? ES_NO_MEMORY : ES_OK;
  for (size_t l = 0; l < ES_LANES && status == ES_OK; l++) {
    c->seen[l] = es_zeroed(b->n, 1, sizeof *c->seen[l]);
    status = es_byol_cell_new(&c->cell[l], b->shared, NULL);
    if (c->seen[l] == NULL) status = ES_NO_MEMORY;
  }
  if (status != ES_OK) return status;
  const es_byol_ensemble ensemble = {b->shared, look, c, b->endless};
  const es_lane_kernel kernel = es_byol_lanes_kernel(&ensemble);
  return es_lanes_run(&kernel, b->simd, &b->options, n, fill, store, c);
}

static es_status batch_solve(const void *self, const double *axes, size_t n,
                             es_cell *cells, double *columns) {
  const batch *b = self;
  call c = {.batch = b, .axes = axes, .said = cells, .columns = columns};
  c.y = es_zeroed(b->n, 1, sizeof *c.y);
  c.scale = es_zeroed(b->n, 1, sizeof *c.scale);
  const es_status status = run(&c, n);
  for (size_t l = 0; l < ES_LANES; l++) {
    es_byol_cell_free(c.cell[l]);
    free(c.seen[l]);
  }
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
