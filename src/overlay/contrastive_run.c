/* A contrastive run with what was predicted of it: see contrastive_run.h. */
#include "overlay/contrastive_run.h"

#include "base/slab.h"
#include "file/h5.h"
#include "file/open.h"
#include "metrics/collapse.h"
#include "overlay/sources.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers that should be equal went through text. */
static const double same = 1e-9;
/* What is left of the largest variance in a direction that counts. */
static const double alive = 1e-4;

void es_paired_free(es_paired *run) {
  es_table_free(&run->trace);
  es_table_free(&run->prediction);
  free(run->at);
  free(run->fed);
}

static double cell(const es_table *table, size_t row, size_t column) {
  return column < table->columns ? table->value[row * table->columns + column]
                                 : NAN;
}

/* Compared column j is the prediction's behind step and t. */
const char *es_paired_name(const es_paired *run, size_t j) {
  return run->prediction.name[2 + j];
}
bool es_paired_begins(const es_paired *run, size_t j, const char *with) {
  return strncmp(es_paired_name(run, j), with, strlen(with)) == 0;
}
double es_paired_predicted(const es_paired *run, size_t i, size_t j) {
  return cell(&run->prediction, i, 2 + j);
}
double es_paired_measured(const es_paired *run, size_t i, size_t j) {
  return cell(&run->trace, i, run->at[j]);
}
double es_paired_fed(const es_paired *run, size_t i, size_t j) {
  return cell(&run->trace, i, run->fed[j]);
}
/* Maps that stay as they start. */
double es_paired_held(const es_paired *run, size_t i, size_t j) {
  (void)i;
  return es_paired_predicted(run, 0, j);
}

static es_status find_columns(es_paired *run, const char *path, es_diag *diag) {
  run->width = run->prediction.columns - 2;
  run->at = es_zeroed(run->width, 1, sizeof *run->at);
  run->fed = es_zeroed(run->width, 1, sizeof *run->fed);
  if (run->at == NULL || run->fed == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for an overlay");
  for (size_t j = 0; j < run->width; j++) {
    char name[ES_PAIRED_NAME + 4];
    run->at[j] = es_table_column(&run->trace, es_paired_name(run, j));
    if (run->at[j] == run->trace.columns)
      return es_file_fail(diag, ES_FILE_CORRUPT, path,
                          "column %.60s is needed, which prediction.csv has",
                          es_paired_name(run, j));
    snprintf(name, sizeof name, "fed_%.60s", es_paired_name(run, j));
    run->fed[j] = es_table_column(&run->trace, name);
  }
  return ES_OK;
}

static es_status check_rows(es_paired *run, const char *path, es_diag *diag) {
  const size_t step = es_table_column(&run->trace, "step");
  const size_t t = es_table_column(&run->trace, "t");
  run->rows = run->trace.rows;
  bool fit = run->rows > 0 && run->rows == run->prediction.rows &&
             step < run->trace.columns && t < run->trace.columns;
  for (size_t i = 0; fit && i < run->rows; i++) {
    const double want = cell(&run->prediction, i, 1);
    fit = cell(&run->trace, i, step) == cell(&run->prediction, i, 0) &&
          fabs(cell(&run->trace, i, t) - want) <= same * fabs(want);
  }
  return fit ? ES_OK
             : es_file_fail(diag, ES_FILE_CORRUPT, path,
                            "its rows are not those of prediction.csv: steps "
                            "and t must be the same");
}

static es_status check_prediction(const es_paired *run, const char *path,
                                  es_diag *diag) {
  const es_table *p = &run->prediction;
  const bool fit = p->columns > 4 && strcmp(p->name[0], "step") == 0 &&
                   strcmp(p->name[1], "t") == 0 &&
                   strcmp(p->name[2], "loss") == 0 &&
                   strcmp(p->name[3], "sigma_1_1") == 0;
  return fit ? ES_OK
             : es_file_fail(diag, ES_FILE_CORRUPT, path,
                            "no prediction of contrastive learning: columns "
                            "step, t, loss, sigma_1_1, … are expected");
}

static es_status read_theorem(es_paired *run, const char *path, es_diag *diag) {
  es_h5_source *file;
  es_status status = es_h5_open(&file, path, diag);
  if (status != ES_OK) return status;
  status =
      es_h5_read(file, "/prediction/theorem", &run->theorem, NULL, 0, diag);
  if (status == ES_OK && run->theorem != 0 && run->theorem != 1)
    status = es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                          "/prediction/theorem is %g: 0 or 1 is expected",
                          run->theorem);
  es_h5_close(file);
  return status;
}

static es_status read_files(es_paired *run, const char *dir,
                            char *const path[3], es_diag *diag) {
  es_status status = es_sources_check(dir, path[0], path[1], path[2], diag);
  if (status == ES_OK) status = es_table_read(&run->prediction, path[0], diag);
  if (status == ES_OK) status = es_table_read(&run->trace, path[1], diag);
  if (status == ES_OK) status = read_theorem(run, path[2], diag);
  if (status == ES_OK) status = check_prediction(run, path[0], diag);
  if (status == ES_OK) status = check_rows(run, path[1], diag);
  return status == ES_OK ? find_columns(run, path[1], diag) : status;
}

es_status es_paired_read(es_paired *run, const char *dir, es_diag *diag) {
  static const char *const names[] = {"prediction.csv", "trace.csv",
                                      "arrays.h5"};
  char *path[3] = {NULL, NULL, NULL};
  bool whole = true;
  for (int k = 0; k < 3; k++)
    whole = (path[k] = es_file_join(dir, names[k])) != NULL && whole;
  const es_status status = whole ? read_files(run, dir, path, diag)
                                 : es_fail(diag, ES_NO_MEMORY, "no memory");
  for (int k = 0; k < 3; k++) free(path[k]);
  return status;
}

/* rms over rows and the columns that begin with `name` (all of it where whole)
 * of measured less `of`; relative: over the rms of measured. */
double es_paired_error(const es_paired *run, const char *name, bool whole,
                       bool relative, es_paired_value *of) {
  double sum = 0, size = 0;
  size_t n = 0;
  for (size_t j = 0; j < run->width; j++) {
    if (whole ? strcmp(es_paired_name(run, j), name) != 0
              : !es_paired_begins(run, j, name))
      continue;
    for (size_t i = 0; i < run->rows; i++, n++) {
      const double x = es_paired_measured(run, i, j), off = x - of(run, i, j);
      sum += off * off;
      size += x * x;
    }
  }
  if (n == 0) return NAN;
  return relative ? sqrt(sum / size) : sqrt(sum / (double)n);
}

/* Largest residual over the squares of the maps' singular values. */
double es_paired_drift(const es_paired *run) {
  double worst = NAN;
  for (size_t i = 0; i < run->rows; i++) {
    double residual = NAN, size = 0;
    for (size_t j = 0; j < run->width; j++) {
      const double x = es_paired_measured(run, i, j);
      if (es_paired_begins(run, j, "sigma_")) size += x * x;
      if (es_paired_begins(run, j, "conserved")) residual = x;
    }
    if (!(worst >= residual / size)) worst = residual / size;
  }
  return worst;
}

/* The embedding's spectrum in row i, falling; its length. */
static size_t spectrum(const es_paired *run, size_t i, es_paired_value *of,
                       double *out) {
  size_t d = 0;
  for (size_t j = 0; j < run->width; j++)
    if (es_paired_begins(run, j, "cov_lambda_")) out[d++] = of(run, i, j);
  return d;
}

static double rank_of(const double *lambda, size_t d) {
  size_t rank = 0;
  while (rank < d && lambda[rank] > alive * lambda[0]) rank++;
  return (double)rank;
}

double es_paired_rank(const es_paired *run, size_t i, es_paired_value *of,
                      bool rankme, double *lambda) {
  const size_t d = spectrum(run, i, of, lambda);
  return rankme ? es_collapse_of_variances(d, lambda).rankme
                : rank_of(lambda, d);
}

bool es_paired_has_fed(const es_paired *run, size_t j) {
  return run->fed[j] < run->trace.columns;
}

bool es_paired_alike(const es_paired *a, const es_paired *b) {
  bool alike = a->width == b->width;
  for (size_t j = 0; alike && j < a->width; j++)
    alike = strcmp(es_paired_name(a, j), es_paired_name(b, j)) == 0 &&
            es_paired_has_fed(a, j) == es_paired_has_fed(b, j);
  return alike;
}
