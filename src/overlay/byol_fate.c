/* Fates of a run's modes by theory's eigenmodes (docs/fate.md): see byol.h.
 * Without predictor w' = (lambda_d tau - lambda_s - eta) w, and the target
 * follows: all is lost where lambda_d < lambda_s + eta, as it is through both
 * branches (theory.md 2). */
#include "overlay/byol_fate.h"

#include "models/linear/eigenmode_lanes.h"

#include <math.h>

static const es_cell_options endless = {
    .t_end = INFINITY, .rtol = 1e-9, .max_steps = 100000, .simd = "auto"};

/* p for -p, lambda_d for -lambda_d: nothing else changes. */
static es_eigenmode upright(const es_eigenmode *mode) {
  es_eigenmode out = *mode;
  if (mode->lambda_d < 0) {
    out.lambda_d = -mode->lambda_d;
    out.p0 = -mode->p0;
  }
  return out;
}

static bool is_eigenmode(const es_byolnet_mapping *map,
                         const es_eigenmode *mode) {
  return map->predictor && map->kind != ES_BYOLNET_SELF && mode->alpha_p > 0 &&
         isfinite(mode->lambda_d) && mode->lambda_d != 0 &&
         isfinite(mode->lambda_s) && mode->lambda_s > 0;
}

/* What needs no trajectory. */
static es_fate simple_fate(const es_byolnet_mapping *map,
                           const es_eigenmode *mode) {
  if (map->predictor && map->kind != ES_BYOLNET_SELF) return ES_FATE_UNDECIDED;
  return mode->lambda_d < mode->lambda_s + mode->eta_s ? ES_FATE_COLLAPSED
                                                       : ES_FATE_UNDECIDED;
}

es_status es_byolnet_fates(es_fate *fate, const es_eigenmode *mode,
                           const char *const *axis, size_t n_axes,
                           const double *values, size_t n, es_cell *cells,
                           double *columns, es_diag *diag) {
  const es_eigenmode base = upright(mode);
  const es_eigenmode_axes axes = {axis, n_axes, true, true, true};
  void *batch = NULL;
  es_status status =
      es_eigenmode_batch_new(&batch, &base, &axes, &endless, diag);
  if (status == ES_OK)
    status = es_eigenmode_batch_solve(batch, values, n, cells, columns);
  es_eigenmode_batch_free(batch);
  for (size_t i = 0; status == ES_OK && i < n; i++)
    fate[i] = cells[i].status == ES_OK || cells[i].fate == ES_FATE_DIVERGED
                  ? cells[i].fate
                  : ES_FATE_UNDECIDED;
  return status;
}

es_status es_byolnet_fate_of(es_fate *fate, const es_byolnet_mapping *map,
                             const es_eigenmode *mode, es_diag *diag) {
  static const char *const axis[] = {"p0"};
  es_cell cell;
  double columns[3];
  *fate = simple_fate(map, mode);
  if (!is_eigenmode(map, mode)) return ES_OK;
  const double p0 = upright(mode).p0;
  return es_byolnet_fates(fate, mode, axis, 1, &p0, 1, &cell, columns, diag);
}

es_fate es_byolnet_fate_now(const es_byolnet_mapping *map,
                            const es_eigenmode *mode) {
  if (!is_eigenmode(map, mode)) return simple_fate(map, mode);
  const es_eigenmode own = upright(mode);
  const es_eigenmode_state here = {own.p0, own.s0, own.tau0};
  return es_eigenmode_fate(&own, es_eigenmode_c(&own), &here);
}

void es_byolnet_rest(const es_byolnet_mapping *map, const es_eigenmode *mode,
                     double *p, double *s) {
  es_eigenmode_point point[3];
  *p = *s = NAN;
  if (!is_eigenmode(map, mode)) return;
  const es_eigenmode own = upright(mode);
  const size_t n = es_eigenmode_points(&own, point);
  if (n < 2 || point[n - 1].kind == ES_POINT_SADDLE) return;
  *p = mode->lambda_d < 0 ? -point[n - 1].p : point[n - 1].p;
  *s = point[n - 1].s;
}
