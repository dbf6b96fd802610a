/* Finished contrastive runs beside the flow of their last maps: see
 * contrastive.h. */
#include "overlay/agreement.h"
#include "overlay/contrastive.h"
#include "overlay/contrastive_run.h"
#include "overlay/interval.h"

#include "base/slab.h"
#include "file/atomic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = ES_PAIRED_NAME };

static const double sigma_bar = .05;

typedef struct metric {
  char name[NAME];
  double *value; /* of each run */
  double null;   /* median over runs */
  const char *verdict;
} metric;

typedef struct book {
  const es_paired *run;
  size_t n_runs, n;
  metric *row;
  double *value, *work; /* work: n_runs + ES_RESAMPLES */
  double *lambda;       /* a spectrum */
} book;

static metric *next(book *b, const char *name) {
  metric *m = &b->row[b->n];
  m->value = b->value + b->n++ * b->n_runs;
  m->null = NAN;
  m->verdict = "";
  snprintf(m->name, sizeof m->name, "%.60s", name);
  return m;
}

static double median(const book *b, const double *value) {
  return es_interval_median(value, b->n_runs, 1, b->work);
}

/* One run outside the theorem makes all of them that. */
static double value_of(const book *b, const metric *m) {
  return strcmp(m->verdict, "outside") == 0 ? 0 : median(b, m->value);
}

static metric *add_error(book *b, const char *row, const char *name, bool whole,
                         bool relative, es_paired_value *of) {
  metric *m = next(b, row);
  for (size_t r = 0; r < b->n_runs; r++)
    m->value[r] =
        es_paired_error(&b->run[r], name, whole, relative, es_paired_held);
  m->null = median(b, m->value);
  for (size_t r = 0; r < b->n_runs; r++)
    m->value[r] = es_paired_error(&b->run[r], name, whole, relative, of);
  return m;
}

static void judge(const book *b, metric *m) {
  const double x = median(b, m->value);
  m->verdict = isnan(x)                             ? "inconclusive"
               : x <= sigma_bar && x <= m->null / 2 ? "holds"
                                                    : "fails";
}

static void add_modes(book *b) {
  char row[2 * NAME];
  for (size_t j = 0; j < b->run[0].width; j++) {
    const char *name = es_paired_name(&b->run[0], j);
    if (!es_paired_begins(&b->run[0], j, "sigma_")) continue;
    snprintf(row, sizeof row, "sigma_error_%.40s", name + strlen("sigma_"));
    add_error(b, row, name, true, true, es_paired_predicted);
  }
}

/* rank and rankme of what `of` gives, at the end; null: at the start. */
static void add_collapse(book *b, const char *suffix, es_paired_value *of) {
  char name[NAME];
  for (int rankme = 0; rankme < 2; rankme++) {
    snprintf(name, sizeof name, "%s%s", rankme ? "rankme" : "rank", suffix);
    metric *m = next(b, name);
    for (int end = 0; end < 2; end++) {
      for (size_t r = 0; r < b->n_runs; r++) {
        const es_paired *run = &b->run[r];
        m->value[r] =
            es_paired_rank(run, end ? run->rows - 1 : 0, of, rankme, b->lambda);
      }
      if (!end) m->null = median(b, m->value);
    }
  }
}

static metric *find(const book *b, const char *name) {
  size_t k = 0;
  while (strcmp(b->row[k].name, name) != 0) k++;
  return &b->row[k];
}

/* Where maps that stay as they start would hold too, nothing is shown. */
static void judge_rank(book *b) {
  const metric *theory = find(b, "rank_predicted");
  metric *m = find(b, "rank");
  m->verdict =
      fabs(median(b, m->value) - m->null) <= 1 ? "inconclusive" : "holds";
  for (size_t r = 0; r < b->n_runs; r++)
    if (fabs(m->value[r] - theory->value[r]) > 1) m->verdict = "fails";
}

static void add_theorem(book *b) {
  metric *m = next(b, "theorem");
  for (size_t r = 0; r < b->n_runs; r++) {
    m->value[r] = b->run[r].theorem;
    if (m->value[r] == 0) m->verdict = "outside";
  }
}

static void fill(book *b) {
  metric *runs = next(b, "runs");
  for (size_t r = 0; r < b->n_runs; r++) runs->value[r] = (double)b->n_runs;
  judge(b, add_error(b, "sigma_error", "sigma_", false, true,
                     es_paired_predicted));
  add_modes(b);
  add_error(b, "fed_sigma_error", "sigma_", false, true, es_paired_fed);
  add_error(b, "loss_error", "loss", true, false, es_paired_predicted);
  add_error(b, "alignment_error", "alignment_", false, false,
            es_paired_predicted);
  metric *drift = next(b, "conserved_drift");
  for (size_t r = 0; r < b->n_runs; r++)
    drift->value[r] = es_paired_drift(&b->run[r]);
  add_collapse(b, "", es_paired_measured);
  add_collapse(b, "_predicted", es_paired_predicted);
  judge_rank(b);
  add_theorem(b);
}

static es_overlay_metric told(const book *b, const metric *m) {
  es_overlay_metric row = {
      .value = value_of(b, m), .null = m->null, .verdict = m->verdict};
  snprintf(row.metric, sizeof row.metric, "%.60s", m->name);
  es_interval_of(&row.low, &row.high, m->value, b->n_runs, 1, b->work);
  return row;
}

static es_status write_agreement(const book *b, const char *dir,
                                 void (*say)(void *context, const char *line),
                                 void *context, es_diag *diag) {
  es_overlay_metric *row = es_zeroed(b->n, 1, sizeof *row);
  if (row == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t k = 0; k < b->n; k++) row[k] = told(b, &b->row[k]);
  const es_status status = es_agreement_write(row, b->n, dir, diag);
  if (status == ES_OK) es_agreement_tell(row, b->n, 28, say, context);
  free(row);
  return status;
}

/* Names of the columns behind run, step and t: a column, predicted_ and fed_ of
 * it where there is that. */
static es_status curves_header(es_csv *csv, const es_paired *run, char *names,
                               const char **list, es_diag *diag) {
  static const char *const prefix[] = {"", "predicted_", "fed_"};
  size_t n = 0;
  for (const char *const *name =
           (const char *const[]){"run", "step", "t", NULL};
       *name != NULL; name++)
    list[n++] = *name;
  for (size_t j = 0; j < run->width; j++)
    for (int k = 0; k < 3; k++) {
      if (k == 2 && !es_paired_has_fed(run, j)) continue;
      snprintf(names, 2 * NAME, "%s%.60s", prefix[k], es_paired_name(run, j));
      list[n++] = names;
      names += 2 * NAME;
    }
  return es_csv_header(csv, list, n, diag);
}

static es_status write_rows(es_csv *csv, const book *b, double *row,
                            es_diag *diag) {
  es_status status = ES_OK;
  for (size_t r = 0; r < b->n_runs; r++)
    for (size_t i = 0; status == ES_OK && i < b->run[r].rows; i++) {
      const es_paired *run = &b->run[r];
      size_t n = 0;
      row[n++] = (double)(r + 1);
      row[n++] = run->prediction.value[i * run->prediction.columns + 0];
      row[n++] = run->prediction.value[i * run->prediction.columns + 1];
      for (size_t j = 0; j < run->width; j++) {
        row[n++] = es_paired_measured(run, i, j);
        row[n++] = es_paired_predicted(run, i, j);
        if (es_paired_has_fed(run, j)) row[n++] = es_paired_fed(run, i, j);
      }
      status = es_csv_row(csv, row, n, diag);
    }
  return status;
}

static es_status write_curves(const book *b, const char *dir, es_diag *diag) {
  const size_t most = 3 + 3 * b->run[0].width;
  char *names = es_zeroed(most, 2 * NAME, 1);
  const char **list = es_zeroed(most, 1, sizeof *list);
  double *row = es_zeroed(most, 1, sizeof *row);
  es_csv csv;
  es_status status = names == NULL || list == NULL || row == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory")
                         : es_csv_open_in(&csv, dir, "overlay.csv", diag);
  if (status == ES_OK) {
    status = curves_header(&csv, b->run, names, list, diag);
    if (status == ES_OK) status = write_rows(&csv, b, row, diag);
    status = es_csv_end(&csv, status, diag);
  }
  free(names);
  free(list);
  free(row);
  return status;
}

/* All runs have the columns of the first. */
static es_status check_alike(const es_paired *run, size_t n_runs,
                             const char *const *dir, es_diag *diag) {
  for (size_t r = 1; r < n_runs; r++)
    if (!es_paired_alike(run, run + r))
      return es_fail(diag, ES_BAD_SHAPE, "%s and %s have other maps", dir[0],
                     dir[r]);
  return ES_OK;
}

static es_status write_all(book *b, const char *dir,
                           void (*say)(void *context, const char *line),
                           void *context, es_diag *diag) {
  const size_t width = b->run[0].width, rows = width + 16;
  b->row = es_zeroed(rows, 1, sizeof *b->row);
  b->value = es_zeroed(rows, b->n_runs, sizeof *b->value);
  b->work = es_zeroed(b->n_runs + ES_RESAMPLES, 1, sizeof *b->work);
  b->lambda = es_zeroed(width, 1, sizeof *b->lambda);
  es_status status =
      b->row == NULL || b->value == NULL || b->work == NULL || b->lambda == NULL
          ? es_fail(diag, ES_NO_MEMORY, "no memory")
          : es_file_mkdirs(dir, diag);
  if (status == ES_OK) {
    fill(b);
    status = write_curves(b, dir, diag);
  }
  if (status == ES_OK) status = write_agreement(b, dir, say, context, diag);
  free(b->row);
  free(b->value);
  free(b->work);
  free(b->lambda);
  return status;
}

es_status es_contrastive_overlay(const char *const *run, size_t n_runs,
                                 const char *dir,
                                 void (*say)(void *context, const char *line),
                                 void *context, es_diag *diag) {
  es_paired *paired = es_zeroed(n_runs, 1, sizeof *paired);
  es_status status =
      paired == NULL ? es_fail(diag, ES_NO_MEMORY, "no memory") : ES_OK;
  for (size_t r = 0; status == ES_OK && r < n_runs; r++)
    status = es_paired_read(&paired[r], run[r], diag);
  if (status == ES_OK) status = check_alike(paired, n_runs, run, diag);
  book b = {.run = paired, .n_runs = n_runs};
  if (status == ES_OK) status = write_all(&b, dir, say, context, diag);
  for (size_t r = 0; paired != NULL && r < n_runs; r++)
    es_paired_free(&paired[r]);
  free(paired);
  return status;
}
