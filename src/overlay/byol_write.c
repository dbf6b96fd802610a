/* Tables of BYOL's overlay: see byol_agreement.h and docs/overlay-byol.md. */
#include "overlay/agreement.h"
#include "overlay/byol_agreement.h"

#include "file/csv.h"
#include "overlay/byol_fate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct tables {
  const es_byolnet_run *run;
  size_t n_runs;
} tables;

typedef es_status writer(es_csv *csv, const tables *t, es_diag *diag);

static es_status write_table(const char *dir, const char *name, writer *body,
                             const tables *t, es_diag *diag) {
  es_csv csv;
  const es_status status = es_csv_open_in(&csv, dir, name, diag);
  return status == ES_OK ? es_csv_end(&csv, body(&csv, t, diag), diag) : status;
}

static es_status cells(es_csv *csv, size_t n, const double *x, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < n; k++)
    status = es_csv_cell(csv, x[k], diag);
  return status;
}

enum { PLAIN = 9, MODE = 14 };
static const char *const plain[PLAIN] = {"run",
                                         "step",
                                         "t",
                                         "time",
                                         "loss",
                                         "commutator_normalised",
                                         "asymmetry",
                                         "commutator_matrices",
                                         "asymmetry_matrices"};
static const char *const by_mode[MODE] = {
    "p",          "s",           "tau",        "lambda_d",        "lambda_s",
    "p_matrices", "s_matrices",  "p_constant", "s_constant",      "p_features",
    "s_features", "p_star_plus", "invariant",  "invariant_theory"};

/* Runs may differ in their number of modes; the table has that of the widest.
 */
static size_t widest(const tables *t) {
  size_t d = 0;
  for (size_t r = 0; r < t->n_runs; r++)
    if (t->run[r].d > d) d = t->run[r].d;
  return d;
}

static es_status curves_header(es_csv *csv, size_t d, es_diag *diag) {
  enum { NAME = 40 };
  const size_t n = PLAIN + MODE * d;
  const char **list = es_zeroed(n, 1, sizeof *list);
  char(*name)[NAME] = es_zeroed(n, 1, sizeof *name);
  es_status status = ES_OK;
  if (list == NULL || name == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory for a table");
  for (size_t k = 0; status == ES_OK && k < n; k++) {
    const size_t j = k < PLAIN ? 0 : k - PLAIN;
    if (k < PLAIN)
      snprintf(name[k], NAME, "%s", plain[k]);
    else
      snprintf(name[k], NAME, "%s_%zu", by_mode[j / d], j % d + 1);
    list[k] = name[k];
  }
  if (status == ES_OK) status = es_csv_header(csv, list, n, diag);
  free(list);
  free(name);
  return status;
}

/* Mode j at row i in the order of by_mode. */
static void mode_cells(const es_byolnet_run *run, size_t i, size_t j,
                       double out[MODE]) {
  const size_t at = i * run->d + j;
  double s_star;
  const es_byolnet_modes here = {.d = 1,
                                 .p = run->p + at,
                                 .s = run->s + at,
                                 .tau = run->tau + at,
                                 .lambda_d = run->lambda_d + at,
                                 .lambda_s = run->lambda_s + at};
  const es_eigenmode mode = es_byolnet_mode(&run->map, &here, 0);
  const double *const column[] = {run->p, run->s, run->tau, run->lambda_d,
                                  run->lambda_s};
  for (size_t k = 0; k < 5; k++) out[k] = column[k][at];
  for (size_t k = 0; k < ES_BYOLNET_WAYS; k++) {
    out[5 + 2 * k] = run->way_p[k][at];
    out[6 + 2 * k] = run->way_s[k][at];
  }
  es_byolnet_rest(&run->map, &mode, &out[11], &s_star);
  out[13] = es_byolnet_invariant(run, i, j);
  out[12] = isnan(out[13]) ? NAN : out[1] - out[0] * out[0] / run->map.alpha_p;
}

static void curve_row(const es_byolnet_run *run, size_t r, size_t i, size_t d,
                      double *out) {
  const double head[PLAIN] = {(double)r + 1,
                              run->step[i],
                              run->t[i],
                              run->map.factor * run->t[i],
                              run->loss[i],
                              run->commutator[i],
                              run->asymmetry[i],
                              run->theory_commutator[i],
                              run->theory_asymmetry[i]};
  for (size_t k = 0; k < PLAIN; k++) out[k] = head[k];
  for (size_t k = PLAIN; k < PLAIN + MODE * d; k++) out[k] = NAN;
  for (size_t j = 0; j < run->d; j++) {
    double cell[MODE];
    mode_cells(run, i, j, cell);
    for (size_t k = 0; k < MODE; k++) out[PLAIN + k * d + j] = cell[k];
  }
}

static es_status write_curves(es_csv *csv, const tables *t, es_diag *diag) {
  const size_t d = widest(t), n = PLAIN + MODE * d;
  double *row = es_zeroed(n, 1, sizeof *row);
  es_status status = row == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory for a table")
                         : curves_header(csv, d, diag);
  for (size_t r = 0; r < t->n_runs; r++)
    for (size_t i = 0; status == ES_OK && i < t->run[r].rows; i++) {
      curve_row(&t->run[r], r, i, d, row);
      status = es_csv_row(csv, row, n, diag);
    }
  free(row);
  return status;
}

static es_status write_mode(es_csv *csv, const es_byolnet_run *run, size_t r,
                            size_t j, es_diag *diag) {
  const es_eigenmode *a = &run->mode[j], *z = &run->last[j];
  const double before[] = {(double)r + 1, (double)j + 1, a->lambda_d,
                           a->lambda_s,   z->lambda_d,   z->lambda_s,
                           a->p0,         a->s0,         a->tau0};
  double p[2], s[2];
  es_byolnet_rest(&run->map, a, &p[0], &s[0]);
  es_byolnet_rest(&run->map, z, &p[1], &s[1]);
  double after[6 + 2 * ES_BYOLNET_WAYS] = {
      z->p0, z->s0, p[0], p[1], s[1], es_byolnet_invariant_error(run, j)};
  for (int way = 0; way < ES_BYOLNET_WAYS; way++)
    for (int curve = 0; curve < 2; curve++)
      after[6 + 2 * way + curve] = es_byolnet_error(run, (es_byolnet_way)way,
                                                    (es_byolnet_curve)curve, j);
  es_status status = cells(csv, sizeof before / sizeof *before, before, diag);
  if (status == ES_OK)
    status = es_csv_cell_text(csv, es_fate_name(run->fate[j]), diag);
  if (status == ES_OK)
    status = es_csv_cell_text(csv, es_fate_name(run->met[j]), diag);
  return status == ES_OK ? cells(csv, sizeof after / sizeof *after, after, diag)
                         : status;
}

static es_status write_modes(es_csv *csv, const tables *t, es_diag *diag) {
  static const char *const names[] = {"run",
                                      "mode",
                                      "lambda_d",
                                      "lambda_s",
                                      "lambda_d_end",
                                      "lambda_s_end",
                                      "p0",
                                      "s0",
                                      "tau0",
                                      "fate",
                                      "fate_met",
                                      "p_end",
                                      "s_end",
                                      "p_star_plus",
                                      "p_star_plus_end",
                                      "s_star_end",
                                      "invariant_error",
                                      "p_error_matrices",
                                      "s_error_matrices",
                                      "p_error_constant",
                                      "s_error_constant",
                                      "p_error_features",
                                      "s_error_features"};
  es_status status =
      es_csv_header(csv, names, sizeof names / sizeof *names, diag);
  for (size_t r = 0; r < t->n_runs; r++)
    for (size_t j = 0; status == ES_OK && j < t->run[r].d; j++)
      status = write_mode(csv, &t->run[r], r, j, diag);
  return status;
}

static es_status write_crossing(es_csv *csv, const es_byolnet_run *run,
                                size_t r, size_t j, es_byolnet_turn turn,
                                es_diag *diag) {
  es_byolnet_crossing x;
  es_status status = es_byolnet_cross(&x, &run->map, &run->mode[j], turn, diag);
  const double head[] = {(double)r + 1, (double)j + 1};
  const double number[] = {x.value, x.factor};
  if (status == ES_OK) status = cells(csv, 2, head, diag);
  if (status == ES_OK)
    status = es_csv_cell_text(csv, es_byolnet_turn_name(turn), diag);
  if (status == ES_OK) status = cells(csv, 2, number, diag);
  if (status == ES_OK)
    status = es_csv_cell_text(csv, es_fate_name(x.from), diag);
  return status == ES_OK ? es_csv_cell_text(csv, es_fate_name(x.to), diag)
                         : status;
}

static es_status write_crossings(es_csv *csv, const tables *t, es_diag *diag) {
  static const char *const names[] = {"run",    "mode", "parameter", "value",
                                      "factor", "from", "to"};
  es_status status =
      es_csv_header(csv, names, sizeof names / sizeof *names, diag);
  for (size_t r = 0; r < t->n_runs; r++)
    for (size_t j = 0; j < t->run[r].d; j++)
      for (int turn = 0; status == ES_OK && turn < ES_BYOLNET_TURNS; turn++)
        status =
            write_crossing(csv, &t->run[r], r, j, (es_byolnet_turn)turn, diag);
  return status;
}

es_status es_byolnet_write(const es_byolnet_run *run, size_t n_runs,
                           const es_overlay_metric *metric, size_t n,
                           const char *dir, es_diag *diag) {
  const tables t = {run, n_runs};
  es_status status = write_table(dir, "overlay.csv", write_curves, &t, diag);
  if (status == ES_OK)
    status = write_table(dir, "modes.csv", write_modes, &t, diag);
  if (status == ES_OK)
    status = write_table(dir, "crossing.csv", write_crossings, &t, diag);
  return status == ES_OK ? es_agreement_write(metric, n, dir, diag) : status;
}
