/* Theory's curves of a run: the flow of `byol` (matrices) and of one eigenmode
 * with lambda_d and lambda_s as they are given at the rows, linear between; see
 * byol_run.h. Theory's time is factor·t. */
#include "overlay/byol_run.h"

#include "file/array.h"
#include "models/linear/byol.h"
#include "models/linear/eigenmodes.h"
#include "overlay/byol_moments.h"

#include <eigenstep/flow.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A learning rate of zero, near enough. */
#define HELD "1e-300"

/* A flow under way. */
typedef struct flowing {
  es_byolnet_run *run;
  const double *X, *Xp;
  es_byolnet_state state;
  es_byolnet_modes modes;
  size_t row;
} flowing;

static void fill(double *x, size_t from, size_t to) {
  for (size_t k = from; k < to; k++) x[k] = NAN;
}

/* Theory's matrices at one row. The flow's state is W, W_p, W_a, row by row. */
static es_status take_row(void *context, const double *row, size_t n) {
  flowing *f = context;
  es_byolnet_run *run = f->run;
  const size_t d = run->d, m = run->m;
  const double *W = row + (n - d * (2 * m + d)), *P = W + d * m;
  es_byolnet_forms forms;
  memcpy(f->state.W, W, d * m * sizeof *W);
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < d; j++) f->state.P[i + j * d] = P[i * d + j];
  es_byolnet_state_forms(&f->state, f->X, f->Xp,
                         run->map.kind == ES_BYOLNET_EMA ? P + d * d : NULL,
                         &forms);
  const es_status status = es_byolnet_modes_follow(&f->modes, &forms, NULL);
  if (status != ES_OK) return status;
  const size_t at = f->row++;
  memcpy(run->way_p[ES_BYOLNET_MATRICES] + at * d, f->modes.p, d * sizeof *W);
  memcpy(run->way_s[ES_BYOLNET_MATRICES] + at * d, f->modes.s, d * sizeof *W);
  run->theory_commutator[at] = f->modes.commutator;
  run->theory_asymmetry[at] = f->modes.asymmetry;
  return ES_OK;
}

static const char *variant_of(const es_byolnet_mapping *map) {
  if (map->kind == ES_BYOLNET_SELF) return "no-stop-gradient";
  if (map->kind == ES_BYOLNET_EMA) return "byol";
  return map->predictor ? "simsiam" : "no-predictor";
}

static es_status set(es_config *config, const char *name, const char *value,
                     es_diag *diag) {
  char *word = NULL;
  if (asprintf(&word, "%s=%s", name, value) < 0)
    return es_fail(diag, ES_NO_MEMORY, "no memory for settings");
  const es_status status = es_config_set(config, word, diag);
  free(word);
  return status;
}

static es_status set_real(es_config *config, const char *name, double x,
                          es_diag *diag) {
  return es_config_set_real(config, "model", name, x, diag);
}

/* Times of the rows, theory's. */
static es_status set_times(es_config *config, const es_byolnet_run *run,
                           es_diag *diag) {
  enum { DIGITS = 26 };
  const size_t room = es_size_product(run->rows + 1, DIGITS);
  char *list = es_zeroed(room, 1, 1);
  size_t used = 0;
  if (list == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for times");
  for (size_t i = 0; i < run->rows; i++)
    used += (size_t)snprintf(list + used, room - used, "%s%.17g",
                             i > 0 ? "," : "", run->map.factor * run->t[i]);
  const es_status status = set(config, "time.t", list, diag);
  free(list);
  return status;
}

static es_status set_matrix(es_config *config, const es_byolnet_run *run,
                            const char *name, const char *dataset,
                            es_diag *diag) {
  char *value = NULL;
  if (asprintf(&value, "file:%s:/prediction/%s", run->arrays, dataset) < 0)
    return es_fail(diag, ES_NO_MEMORY, "no memory for settings");
  const es_status status = set(config, name, value, diag);
  free(value);
  return status;
}

static es_status configure(es_config *config, const es_byolnet_run *run,
                           es_diag *diag) {
  const es_byolnet_mapping *map = &run->map;
  const char *variant = variant_of(map);
  const bool held = !map->predictor && strcmp(variant, "no-predictor") != 0;
  es_status status = set(config, "model.variant", variant, diag);
  if (status == ES_OK) status = set_matrix(config, run, "model.X", "X", diag);
  if (status == ES_OK) status = set_matrix(config, run, "model.Xp", "Xp", diag);
  if (status == ES_OK) status = set_matrix(config, run, "model.W0", "W0", diag);
  if (status == ES_OK && strcmp(variant, "no-predictor") != 0)
    status = set_matrix(config, run, "model.Wp0", "Wp0", diag);
  if (status == ES_OK && map->kind == ES_BYOLNET_EMA)
    status = set_matrix(config, run, "model.Wa0", "W0", diag);
  if (status == ES_OK)
    status = held || !(map->alpha_p > 0)
                 ? set(config, "model.alpha_p", HELD, diag)
                 : set_real(config, "alpha_p", map->alpha_p, diag);
  if (status == ES_OK) status = set_real(config, "beta", map->beta, diag);
  if (status == ES_OK) status = set_real(config, "eta_p", map->eta_p, diag);
  if (status == ES_OK) status = set_real(config, "eta_s", map->eta_s, diag);
  if (status == ES_OK) status = set(config, "output.state", "on", diag);
  return status == ES_OK ? set_times(config, run, diag) : status;
}

/* A solver's own failure, or none. */
static bool numerical(es_status status) {
  return es_status_exit_code(status) <= 1 || status == ES_BUDGET;
}

/* Rows that a failed solver leaves out are theory's silence and no failure. */
static es_status run_flow(flowing *f, const es_config *config, es_diag *diag) {
  es_flow *flow = NULL;
  es_diag own = {0};
  es_status status = es_flow_new(&flow, &es_model_byol, config, NULL, &own);
  if (status == ES_OK) status = es_flow_run(flow, take_row, f, &own);
  es_flow_free(flow);
  return numerical(status) ? ES_OK : es_fail(diag, status, "%s", own.message);
}

static es_status prepare(flowing *f, const es_array *X, const es_array *Xp,
                         const es_array *axes, es_diag *diag) {
  const size_t d = f->run->d, m = f->run->m;
  if (X->rows != m || X->cols != m || Xp->rows != m || Xp->cols != m ||
      axes->rows != d || axes->cols != d)
    return es_fail(diag, ES_FILE_CORRUPT,
                   "%s: /prediction/X, Xp and axes0 do not fit /prediction/W0, "
                   "%zu×%zu",
                   f->run->arrays, d, m);
  f->X = X->data;
  f->Xp = Xp->data;
  es_status status = es_byolnet_state_new(&f->state, 0, d, m, diag);
  if (status == ES_OK) status = es_byolnet_modes_new(&f->modes, d, diag);
  if (status != ES_OK) return status;
  /* The axes of the run's own start: where they are not determined these are
   * its choice. */
  memcpy(f->modes.U, axes->data, d * d * sizeof *axes->data);
  f->modes.begun = true;
  return ES_OK;
}

static es_status flow_symmetric(flowing *f, es_diag *diag) {
  es_diag own = {0};
  const es_status status =
      es_byolnet_run_symmetric(f->run, f->X, f->Xp, take_row, f, &own);
  return numerical(status) ? ES_OK : es_fail(diag, status, "%s", own.message);
}

static es_status flow_along(flowing *f, es_diag *diag) {
  const es_keys keys[] = {es_byol_keys, es_flow_keys};
  es_config *config = NULL;
  es_status status = es_config_new(&config, keys, 2, diag);
  if (status == ES_OK) status = configure(config, f->run, diag);
  if (status == ES_OK) status = run_flow(f, config, diag);
  es_config_free(config);
  return status;
}

es_status es_byolnet_run_matrices(es_byolnet_run *run, es_diag *diag) {
  const size_t d = run->d;
  flowing f = {.run = run};
  es_array X = {0}, Xp = {0}, axes = {0};
  es_status status = es_h5_read_array(&X, run->arrays, "/prediction/X", diag);
  if (status == ES_OK)
    status = es_h5_read_array(&Xp, run->arrays, "/prediction/Xp", diag);
  if (status == ES_OK)
    status = es_h5_read_array(&axes, run->arrays, "/prediction/axes0", diag);
  if (status == ES_OK) status = prepare(&f, &X, &Xp, &axes, diag);
  /* That of the model `byol` is free. */
  if (status == ES_OK)
    status =
        run->map.symmetric ? flow_symmetric(&f, diag) : flow_along(&f, diag);
  fill(run->way_p[ES_BYOLNET_MATRICES], f.row * d, run->rows * d);
  fill(run->way_s[ES_BYOLNET_MATRICES], f.row * d, run->rows * d);
  fill(run->theory_commutator, f.row, run->rows);
  fill(run->theory_asymmetry, f.row, run->rows);
  es_byolnet_modes_free(&f.modes);
  es_byolnet_state_free(&f.state);
  es_array_free(&X);
  es_array_free(&Xp);
  es_array_free(&axes);
  return status;
}

enum { PARTS = 4 };

/* A mode between two rows. */
typedef struct drive {
  es_eigenmode mode;
  double t0, t1, lambda_d[2], lambda_s[2];
} drive;

static es_status drive_rhs(double t, const double *y, double *dydt,
                           void *context) {
  const drive *r = context;
  es_eigenmode mode = r->mode;
  const double x = (t - r->t0) / (r->t1 - r->t0);
  mode.lambda_d = r->lambda_d[0] + x * (r->lambda_d[1] - r->lambda_d[0]);
  mode.lambda_s = r->lambda_s[0] + x * (r->lambda_s[1] - r->lambda_s[0]);
  es_direction_flow(&mode, false, y, dydt);
  return ES_OK;
}

/* p and s of mode j along the rows, as long as the solver goes on. */
static es_status follow(es_byolnet_run *run, size_t j, es_byolnet_way way,
                        es_ode *ode, drive *r, double *y, es_diag *diag) {
  const size_t d = run->d;
  const bool own = way == ES_BYOLNET_FEATURES;
  const double both = run->map.kind == ES_BYOLNET_SELF ? 2 : 1;
  es_status status = ES_OK;
  size_t i = 0;
  for (; i < run->rows; i++) {
    const size_t at = i * d + j;
    r->t0 = r->t1;
    r->t1 = run->map.factor * run->t[i];
    r->lambda_d[0] = r->lambda_d[1];
    r->lambda_s[0] = r->lambda_s[1];
    r->lambda_d[1] = own ? both * run->lambda_d[at] : r->mode.lambda_d;
    r->lambda_s[1] = own ? both * run->lambda_s[at] : r->mode.lambda_s;
    if (!isfinite(r->lambda_d[1]) || !isfinite(r->lambda_s[1])) break;
    if (i > 0)
      status = es_ode_solve(ode, r->t0, y, &r->t1, 1, NULL, NULL, diag);
    if (status != ES_OK) break;
    run->way_p[way][at] = y[0];
    run->way_s[way][at] = es_eigenmode_s(&r->mode, y + 1);
  }
  for (; i < run->rows; i++)
    run->way_p[way][i * d + j] = run->way_s[way][i * d + j] = NAN;
  return numerical(status) ? ES_OK : status;
}

static es_status along_mode(es_byolnet_run *run, size_t j, es_byolnet_way way,
                            es_diag *diag) {
  static const double log_scale = 1e3 / ES_EIGENMODE_ATOL_UNIT;
  drive r = {.mode = run->mode[j]};
  const es_ode_system system = {.n = PARTS, .rhs = drive_rhs, .context = &r};
  es_ode_options options;
  es_ode *ode = NULL;
  double y[PARTS], scale[PARTS];
  y[0] = r.mode.p0;
  scale[0] = y[0] != 0 ? fabs(y[0]) : 1 / ES_EIGENMODE_ATOL_UNIT;
  es_eigenmode_begin(&r.mode, log_scale, y + 1, scale + 1);
  es_ode_options_default(&options);
  options.method = "auto";
  options.atol *= ES_EIGENMODE_ATOL_UNIT;
  options.scale = scale;
  options.max_steps = 100000;
  es_status status = es_ode_new(&ode, &system, &options, diag);
  if (status == ES_OK) status = follow(run, j, way, ode, &r, y, diag);
  es_ode_free(ode);
  return status;
}

es_status es_byolnet_run_modes(es_byolnet_run *run, es_diag *diag) {
  const bool silent = run->map.kind == ES_BYOLNET_SELF && run->map.predictor;
  es_status status = ES_OK;
  for (int way = ES_BYOLNET_CONSTANT; way < ES_BYOLNET_WAYS; way++) {
    if (silent) {
      fill(run->way_p[way], 0, run->rows * run->d);
      fill(run->way_s[way], 0, run->rows * run->d);
    }
    for (size_t j = 0; status == ES_OK && !silent && j < run->d; j++)
      status = along_mode(run, j, (es_byolnet_way)way, diag);
  }
  return status;
}
