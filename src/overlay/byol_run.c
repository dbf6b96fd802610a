/* A run's files: see byol_run.h. */
#include "overlay/byol_run.h"

#include "file/csv.h"
#include "file/open.h"
#include "overlay/byol_moments.h"
#include "overlay/sources.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 7, FAMILIES = 5 };

const char *const es_byolnet_way_name[ES_BYOLNET_WAYS] = {
    "matrices", "constant", "features"};

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for curves");
}

static es_status make_room(es_byolnet_run *out, es_diag *diag) {
  size_t total = 0;
  const size_t cells = es_size_product(out->rows, out->d);
  double **const column[COLUMNS] = {&out->step,
                                    &out->t,
                                    &out->loss,
                                    &out->commutator,
                                    &out->asymmetry,
                                    &out->theory_commutator,
                                    &out->theory_asymmetry};
  double **const family[FAMILIES] = {&out->p, &out->s, &out->tau,
                                     &out->lambda_d, &out->lambda_s};
  for (int k = 0; k < COLUMNS; k++)
    es_slab_add(&total, out->rows, sizeof(double));
  for (int k = 0; k < FAMILIES + 2 * ES_BYOLNET_WAYS; k++)
    es_slab_add(&total, cells, sizeof(double));
  for (int k = 0; k < 2; k++) {
    es_slab_add(&total, out->d, sizeof *out->mode);
    es_slab_add(&total, out->d, sizeof *out->fate);
  }
  const es_status status = es_slab_open(&out->slab, total, diag);
  if (status != ES_OK) return status;
  for (int k = 0; k < COLUMNS; k++)
    *column[k] = es_slab_take(&out->slab, out->rows, sizeof(double));
  for (int k = 0; k < FAMILIES; k++)
    *family[k] = es_slab_take(&out->slab, cells, sizeof(double));
  for (int k = 0; k < ES_BYOLNET_WAYS; k++) {
    out->way_p[k] = es_slab_take(&out->slab, cells, sizeof(double));
    out->way_s[k] = es_slab_take(&out->slab, cells, sizeof(double));
  }
  out->mode = es_slab_take(&out->slab, out->d, sizeof *out->mode);
  out->last = es_slab_take(&out->slab, out->d, sizeof *out->last);
  out->fate = es_slab_take(&out->slab, out->d, sizeof *out->fate);
  out->met = es_slab_take(&out->slab, out->d, sizeof *out->met);
  return ES_OK;
}

static void take_or_nan(double *out, const es_table *trace, const char *name) {
  if (es_sources_take(out, 1, trace, name)) return;
  for (size_t i = 0; i < trace->rows; i++) out[i] = NAN;
}

static es_status take_trace(es_byolnet_run *out, const es_table *trace,
                            const char *path, es_diag *diag) {
  static const char *const names[FAMILIES] = {"mode_p", "mode_s", "mode_tau",
                                              "lambda_d", "lambda_s"};
  double *const family[FAMILIES] = {out->p, out->s, out->tau, out->lambda_d,
                                    out->lambda_s};
  for (int k = 0; k < FAMILIES; k++) {
    if (es_sources_family(trace, names[k]) != out->d)
      return es_file_fail(diag, ES_FILE_CORRUPT, path,
                          "columns %s_1 to %s_%zu are needed", names[k],
                          names[k], out->d);
    es_sources_take_family(family[k], out->d, trace, names[k]);
  }
  if (!es_sources_take(out->step, 1, trace, "step") ||
      !es_sources_take(out->t, 1, trace, "t") ||
      !es_sources_take(out->loss, 1, trace, "loss"))
    return es_file_fail(diag, ES_FILE_CORRUPT, path,
                        "columns step, t and loss are needed");
  take_or_nan(out->commutator, trace, "commutator_normalised");
  take_or_nan(out->asymmetry, trace, "asymmetry");
  for (size_t i = 0; i < out->rows; i++)
    if (!isfinite(out->t[i]) ||
        (i == 0 ? out->t[0] != 0 : !(out->t[i] > out->t[i - 1])))
      return es_file_fail(diag, ES_FILE_CORRUPT, path,
                          "t must rise from 0, row by row");
  return ES_OK;
}

/* Mode j as row i has it. */
static es_eigenmode mode_at(es_byolnet_run *run, size_t i, size_t j) {
  const size_t k = i * run->d;
  const es_byolnet_modes at = {.d = run->d,
                               .p = run->p + k,
                               .s = run->s + k,
                               .tau = run->tau + k,
                               .lambda_d = run->lambda_d + k,
                               .lambda_s = run->lambda_s + k};
  return es_byolnet_mode(&run->map, &at, j);
}

static es_status find_fates(es_byolnet_run *run, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t j = 0; status == ES_OK && j < run->d; j++) {
    run->mode[j] = mode_at(run, 0, j);
    run->last[j] = mode_at(run, run->rows - 1, j);
    status = es_byolnet_fate_of(&run->fate[j], &run->map, &run->mode[j], diag);
    run->met[j] = es_byolnet_fate_now(&run->map, &run->last[j]);
  }
  return status;
}

/* What the numbers may be, in their order. */
static es_status read_mapping(es_byolnet_run *out, es_h5_source *file,
                              es_diag *diag) {
  double x[ES_BYOLNET_NUMBERS];
  es_status status = ES_OK;
  for (int k = 0; status == ES_OK && k < ES_BYOLNET_NUMBERS; k++)
    status = es_h5_read(file, es_byolnet_dataset[k], &x[k], NULL, 0, diag);
  if (status != ES_OK) return status;
  for (int k = 0; k < ES_BYOLNET_NUMBERS; k++)
    if (!(x[k] >= 0) || (k == 0 && x[k] > ES_BYOLNET_SELF) ||
        (k == 4 && !(x[k] > 0)))
      return es_h5_refuse(file, diag, ES_FILE_CORRUPT, "%s is %g",
                          es_byolnet_dataset[k], x[k]);
  out->map = (es_byolnet_mapping){.kind = (es_byolnet_kind)x[0],
                                  .predictor = x[1] != 0,
                                  .symmetric = x[2] != 0,
                                  .theorem = x[3] != 0,
                                  .factor = x[4],
                                  .alpha_p = x[5],
                                  .eta_p = x[6],
                                  .eta_s = x[7],
                                  .beta = x[8]};
  return ES_OK;
}

static es_status read_arrays(es_byolnet_run *out, es_diag *diag) {
  es_h5_source *file;
  size_t shape[4], rank;
  es_status status = es_h5_open(&file, out->arrays, diag);
  if (status != ES_OK) return status;
  if (!es_h5_has(file, "/prediction/W0") ||
      !es_h5_has(file, es_byolnet_dataset[0]))
    status = es_h5_refuse(file, diag, ES_FILE_MISSING,
                          "no prediction of BYOL's theory; train with "
                          "train.predict=conjugate");
  if (status == ES_OK)
    status = es_h5_shape(file, "/prediction/W0", shape, &rank, diag);
  if (status == ES_OK && (rank != 2 || shape[0] == 0 || shape[1] == 0))
    status = es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                          "/prediction/W0 is no matrix");
  if (status == ES_OK) {
    out->d = shape[0];
    out->m = shape[1];
    status = read_mapping(out, file, diag);
  }
  es_h5_close(file);
  return status;
}

static es_status read_trace(es_byolnet_run *out, const char *path,
                            es_diag *diag) {
  es_table trace = {0};
  es_status status = es_table_read(&trace, path, diag);
  if (status == ES_OK && trace.rows == 0)
    status = es_file_fail(diag, ES_FILE_CORRUPT, path, "no row was logged");
  out->rows = trace.rows;
  if (status == ES_OK) status = make_room(out, diag);
  if (status == ES_OK) status = take_trace(out, &trace, path, diag);
  es_table_free(&trace);
  return status;
}

es_status es_byolnet_run_read(es_byolnet_run *out, const char *run,
                              es_diag *diag) {
  *out = (es_byolnet_run){.arrays = es_file_join(run, "arrays.h5")};
  char *trace = es_file_join(run, "trace.csv");
  es_status status =
      trace == NULL || out->arrays == NULL
          ? no_memory(diag)
          : es_sources_check(run, NULL, trace, out->arrays, diag);
  if (status == ES_OK) status = read_arrays(out, diag);
  if (status == ES_OK) status = read_trace(out, trace, diag);
  if (status == ES_OK) status = find_fates(out, diag);
  if (status == ES_OK) status = es_byolnet_run_matrices(out, diag);
  if (status == ES_OK) status = es_byolnet_run_modes(out, diag);
  free(trace);
  if (status != ES_OK) es_byolnet_run_free(out);
  return status;
}

void es_byolnet_run_free(es_byolnet_run *run) {
  es_slab_close(&run->slab);
  free(run->arrays);
  *run = (es_byolnet_run){0};
}

double es_byolnet_invariant(const es_byolnet_run *run, size_t i, size_t j) {
  const es_byolnet_mapping *map = &run->map;
  if (!map->predictor || map->eta_p != map->eta_s || !(map->alpha_p > 0) ||
      map->kind == ES_BYOLNET_SELF)
    return NAN;
  return es_eigenmode_c(&run->mode[j]) *
         exp(-2 * map->eta_s * map->factor * run->t[i]);
}
