/* From the measures of each run to rows of agreement.csv: medians over the runs
 * (over runs and modes where a mode has its own number), with their intervals.
 * A run in which a measure is not defined is left out of its row. */
#include "overlay/agreement.h"

#include "overlay/interval.h"
#include "overlay/measures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST = 4, ROWS = 40 }; /* modes of the bar; rows without numbers */
static const double step_bar = 0.15;

typedef struct book {
  const es_joined *run;
  size_t n_runs, k;
  es_overlay_metric *row;
  size_t n;
  double *cells, *work; /* n_runs × k; as many + ES_RESAMPLES */
} book;

static es_overlay_metric *next_row(book *b, const char *name) {
  es_overlay_metric *row = &b->row[b->n++];
  *row = (es_overlay_metric){
      .value = NAN, .low = NAN, .high = NAN, .null = NAN, .verdict = ""};
  snprintf(row->metric, sizeof row->metric, "%s", name);
  return row;
}

static double over_runs(const book *b, es_measure *of) {
  for (size_t r = 0; r < b->n_runs; r++) b->cells[r] = of(&b->run[r]);
  return es_interval_median(b->cells, b->n_runs, 1, b->work);
}

static es_overlay_metric *add(book *b, const char *name, es_measure *of,
                              es_measure *null) {
  es_overlay_metric *row = next_row(b, name);
  if (null != NULL) row->null = over_runs(b, null);
  row->value = over_runs(b, of);
  es_interval_of(&row->low, &row->high, b->cells, b->n_runs, 1, b->work);
  return row;
}

/* Median over modes first … last-1. */
static double over_modes(const book *b, es_mode_measure *of, size_t first,
                         size_t last) {
  const size_t width = last - first;
  for (size_t r = 0; r < b->n_runs; r++)
    for (size_t j = first; j < last; j++)
      b->cells[r * width + j - first] = of(&b->run[r], j);
  return es_interval_median(b->cells, b->n_runs, width, b->work);
}

static es_overlay_metric *add_modes(book *b, const char *name,
                                    es_mode_measure *of, es_mode_measure *null,
                                    size_t first, size_t last) {
  es_overlay_metric *row = next_row(b, name);
  if (null != NULL) row->null = over_modes(b, null, first, last);
  row->value = over_modes(b, of, first, last);
  es_interval_of(&row->low, &row->high, b->cells, b->n_runs, last - first,
                 b->work);
  return row;
}

/* Every run has a number for each of the first four steps. */
static bool first_four_met(const book *b) {
  if (b->k < FIRST) return false;
  for (size_t r = 0; r < b->n_runs; r++)
    for (size_t j = 0; j < FIRST; j++)
      if (isnan(es_step_error(&b->run[r], j))) return false;
  return true;
}

static void add_step_error(book *b) {
  es_overlay_metric *row =
      add_modes(b, "median_step_error_first_4", es_step_error,
                es_step_error_null, 0, b->k < FIRST ? b->k : FIRST);
  row->verdict = !first_four_met(b)       ? "inconclusive"
                 : row->value <= step_bar ? "holds"
                                          : "fails";
}

/* A row for each mode that some run was predicted to reach. */
static void add_ratios(book *b) {
  char name[48];
  for (size_t j = 0; j < b->k; j++) {
    bool expected = false;
    for (size_t r = 0; r < b->n_runs; r++)
      expected |= es_joined_expected(&b->run[r], j);
    snprintf(name, sizeof name, "step_ratio_%zu", j + 1);
    if (expected) add_modes(b, name, es_step_ratio, NULL, j, j + 1);
  }
}

/* A row for each eigenvalue that in some run did not rise by itself. */
static void add_not_separate(book *b) {
  char name[48];
  for (size_t j = 0; j < b->run[0].d; j++) {
    bool together = false;
    for (size_t r = 0; r < b->n_runs; r++)
      together |= es_not_separate(&b->run[r], j);
    snprintf(name, sizeof name, "not_separate_%zu", j + 1);
    if (together) add_modes(b, name, es_value_at_next, NULL, j, j + 1);
  }
}

/* One run outside makes it outside. */
static void add_theorem(book *b) {
  es_overlay_metric *row = add(b, "theorem", es_of_theorem, NULL);
  for (size_t r = 0; r < b->n_runs; r++)
    row->value = fmin(row->value, b->run[r].theorem);
  if (row->value == 0) row->verdict = "outside";
}

/* A null's number; the verdict says whether theory's is better. Where both are
 * the same but for rounding, as two correlations of 1, or one is none, nothing
 * is decided. */
static void add_null(book *b, const char *name, es_measure *of,
                     es_measure *theory, bool least) {
  const double said = over_runs(b, theory);
  es_overlay_metric *row = add(b, name, of, NULL);
  if (!(fabs(row->value - said) > ES_SAME * fabs(said)))
    row->verdict = "inconclusive";
  else
    row->verdict =
        (least ? said < row->value : said > row->value) ? "holds" : "fails";
}

static void add_nulls(book *b) {
  add_null(b, "null_other_kernel_step_log_error", es_other_log_error,
           es_timed_log_error, true);
  add_null(b, "null_other_kernel_rank_correlation", es_other_correlation,
           es_timed_correlation, false);
  add_null(b, "null_other_kernel_subspace_alignment", es_other_share,
           es_share_start, false);
  add_null(b, "null_random_kernel_step_log_error", es_random_log_error,
           es_timed_log_error, true);
  add_null(b, "null_random_kernel_rank_correlation", es_random_correlation,
           es_timed_correlation, false);
  add_null(b, "null_random_kernel_subspace_alignment", es_random_share,
           es_share_start, false);
  add_null(b, "null_untrained_subspace_alignment", es_share_untrained,
           es_share_start, false);
}

/* Beyond the best null by more than the runs scatter. */
static void add_score(book *b) {
  es_overlay_metric *row = add(b, "score", es_score, NULL);
  row->null = 0;
  row->verdict = row->low > 0     ? "holds"
                 : row->high <= 0 ? "fails"
                                  : "inconclusive";
}

/* How much of the error is the kernel moving. */
static void add_kernels(book *b) {
  add(b, "eigenvalue_error", es_rank_error, es_rank_error_null);
  add(b, "eigenvalue_error_end", es_rank_error_end, es_rank_error_null);
  add(b, "eigenvalue_error_followed", es_rank_error_followed,
      es_rank_error_null);
  add(b, "subspace_alignment", es_share_start, es_share_chance);
  add(b, "subspace_alignment_end", es_share_end, es_share_chance);
  add(b, "subspace_alignment_followed", es_share_followed, es_share_chance);
  add(b, "subspace_alignment_top", es_share_top, es_share_chance);
}

static void fill(book *b) {
  es_overlay_metric *runs = next_row(b, "runs");
  runs->value = runs->low = runs->high = (double)b->n_runs;
  add(b, "modes_predicted", es_modes_predicted, NULL);
  add(b, "modes_met", es_modes_met, NULL);
  add(b, "modes_unforeseen", es_modes_unforeseen, NULL);
  add_step_error(b);
  add(b, "rank_correlation", es_rank_correlation, es_rank_correlation_null);
  add(b, "step_log_error", es_step_log_error, es_step_log_null);
  add(b, "aligned_step_log_error", es_aligned_log_error, es_step_log_null);
  add(b, "curve_error", es_curve_error, es_curve_error_null);
  add(b, "loss_error", es_loss_error, es_loss_error_null);
  add_modes(b, "overlap_median", es_overlap_met, es_overlap_null, 0, b->k);
  add(b, "eigenvalues_one_at_a_time", es_one_at_a_time, es_one_at_a_time_null);
  add(b, "plateau_distance", es_plateau_distance, es_plateau_distance_null);
  add_not_separate(b);
  add_ratios(b);
  add_theorem(b);
  add_kernels(b);
  add_nulls(b);
  add_score(b);
}

es_status es_agreement_of(es_overlay_metric **out, size_t *n,
                          const es_joined *run, size_t n_runs, es_diag *diag) {
  book b = {.run = run, .n_runs = n_runs, .k = run[0].k};
  const size_t cells = es_size_product(n_runs, b.k);
  b.row = calloc(ROWS + run[0].d + b.k, sizeof *b.row);
  b.cells = calloc(cells, sizeof *b.cells);
  b.work = calloc(cells + ES_RESAMPLES, sizeof *b.work);
  es_status status = ES_OK;
  if (b.row == NULL || b.cells == NULL || b.work == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory for the agreement");
  else
    fill(&b);
  free(b.cells);
  free(b.work);
  if (status != ES_OK) {
    free(b.row);
    return status;
  }
  *out = b.row;
  *n = b.n;
  return ES_OK;
}
