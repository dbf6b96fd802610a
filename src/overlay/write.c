/* overlay.csv, steps.csv and agreement.csv: see overlay.h. */
#include "overlay/agreement.h"
#include "overlay/measures.h"
#include "overlay/store.h"

#include "file/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef es_status writer(es_csv *csv, const es_overlay *overlay, double *row,
                         es_diag *diag);

/* Writes DIR/name through body; row has room for a line of any table. */
static es_status write_table(const char *dir, const char *name, writer *body,
                             const es_overlay *overlay, es_diag *diag) {
  es_csv csv;
  const size_t width = 5 + 2 * overlay->run[0].k + 4 * overlay->run[0].d;
  double *row = calloc(width + overlay->n_runs, sizeof *row);
  es_status status = row == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory for %s", name)
                         : es_csv_open_in(&csv, dir, name, diag);
  if (status == ES_OK)
    status = es_csv_end(&csv, body(&csv, overlay, row, diag), diag);
  free(row);
  return status;
}

/* name_1, …, name_n at list[0], …; false without memory. */
static bool name_family(char **list, const char *name, size_t n) {
  for (size_t j = 0; j < n; j++)
    if (asprintf(&list[j], "%s_%zu", name, j + 1) < 0) {
      list[j] = NULL;
      return false;
    }
  return true;
}

static es_status curves_header(es_csv *csv, const es_joined *run,
                               es_diag *diag) {
  enum { PLAIN = 5 };
  char *plain[PLAIN] = {"run", "step", "t", "loss", "predicted_loss"};
  const size_t k = run->k, d = run->d, n = PLAIN + 2 * k + 4 * d;
  char **list = calloc(n, sizeof *list);
  if (list == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a table");
  for (size_t j = 0; j < PLAIN; j++) list[j] = plain[j];
  es_status status =
      name_family(list + PLAIN, "measured", k) &&
              name_family(list + PLAIN + k, "predicted", k) &&
              name_family(list + PLAIN + 2 * k, "lambda", d) &&
              name_family(list + PLAIN + 2 * k + d, "lambda_start", d) &&
              name_family(list + PLAIN + 2 * k + 2 * d, "lambda_end", d) &&
              name_family(list + PLAIN + 2 * k + 3 * d, "lambda_followed", d)
          ? es_csv_header(csv, (const char *const *)list, n, diag)
          : es_fail(diag, ES_NO_MEMORY, "no memory for a table");
  for (size_t j = PLAIN; j < n; j++) free(list[j]);
  free(list);
  return status;
}

static es_status write_curves(es_csv *csv, const es_overlay *overlay,
                              double *row, es_diag *diag) {
  es_status status = curves_header(csv, overlay->run, diag);
  for (size_t r = 0; r < overlay->n_runs; r++) {
    const es_joined *run = &overlay->run[r];
    for (size_t i = 0; status == ES_OK && i < run->rows; i++) {
      double *to = row;
      *to++ = (double)(r + 1);
      *to++ = run->step[i];
      *to++ = run->t[i];
      *to++ = run->loss[i];
      *to++ = run->predicted_loss[i];
      for (size_t j = 0; j < run->k; j++) *to++ = run->along[i * run->k + j];
      for (size_t j = 0; j < run->k; j++)
        *to++ = run->predicted[i * run->d + j];
      const double *const ranks[] = {run->lambda, run->lambda_start,
                                     run->lambda_end, run->followed};
      for (int c = 0; c < 4; c++)
        for (size_t j = 0; j < run->d; j++) *to++ = ranks[c][i * run->d + j];
      status = es_csv_row(csv, row, (size_t)(to - row), diag);
    }
  }
  return status;
}

/* The fields of a step in the order of the columns. */
static void unpack(double out[7], const es_overlay_step *step) {
  const double fields[7] = {step->mode,         step->gamma,
                            step->gap,          step->tau_predicted,
                            step->tau_measured, step->relative_error,
                            step->overlap};
  for (int c = 0; c < 7; c++) out[c] = fields[c];
}

/* Medians of mode j over the runs. A step time that is not a number lies behind
 * every other one, and so does its ratio. */
static void median_step(double out[9], const es_overlay *overlay, size_t j,
                        double *work) {
  for (int c = 0; c < 7; c++) {
    for (size_t r = 0; r < overlay->n_runs; r++) {
      double fields[7];
      unpack(fields, &overlay->run[r].mode[j]);
      const bool late = isnan(fields[c]) && c >= 3 && c <= 5;
      work[r] = late ? INFINITY : fields[c];
    }
    out[c] = es_measure_median(work, overlay->n_runs);
    if (isinf(out[c])) out[c] = NAN;
    /* The median has sorted the times. */
    if (c == 4) {
      out[7] = work[0];
      out[8] = work[overlay->n_runs - 1];
    }
  }
}

static es_status write_steps(es_csv *csv, const es_overlay *overlay,
                             double *row, es_diag *diag) {
  static const char *const names[] = {
      "mode",           "gamma",   "gap",     "tau_predicted", "tau_measured",
      "relative_error", "overlap", "tau_low", "tau_high"};
  const size_t n = overlay->n_runs > 1 ? 9 : 7;
  es_status status = es_csv_header(csv, names, n, diag);
  for (size_t j = 0; status == ES_OK && j < overlay->run[0].k; j++) {
    double cells[9];
    if (overlay->n_runs > 1)
      median_step(cells, overlay, j, row);
    else
      unpack(cells, &overlay->run[0].mode[j]);
    status = es_csv_row(csv, cells, n, diag);
  }
  return status;
}

es_status es_overlay_write(const es_overlay *overlay, const char *dir,
                           es_diag *diag) {
  es_status status =
      write_table(dir, "overlay.csv", write_curves, overlay, diag);
  if (status == ES_OK)
    status = write_table(dir, "steps.csv", write_steps, overlay, diag);
  if (status == ES_OK)
    status = es_agreement_write(overlay->metric, overlay->n_metrics, dir, diag);
  return status;
}
