/* How far BYOL's runs are from theory: see byol_agreement.h. */
#include "overlay/byol_agreement.h"

#include "overlay/interval.h"
#include "overlay/measures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 48, FATES = 3 };

static const double *measured(const es_byolnet_run *run,
                              es_byolnet_curve curve) {
  return curve == ES_BYOLNET_P ? run->p : run->s;
}

/* Of column j of x from y, or from y's first row where kept. */
static double distance(const es_byolnet_run *run, const double *x,
                       const double *y, bool kept, size_t j) {
  double most = 0, size = 0;
  for (size_t i = 0; i < run->rows; i++) {
    const double here = x[i * run->d + j],
                 said = y[(kept ? 0 : i) * run->d + j];
    if (isnan(here) || isnan(said)) return NAN;
    most = fmax(most, fabs(here - said));
    size = fmax(size, fabs(here));
  }
  return size > 0 ? most / size : NAN;
}

double es_byolnet_error(const es_byolnet_run *run, es_byolnet_way way,
                        es_byolnet_curve curve, size_t j) {
  const double *theory =
      curve == ES_BYOLNET_P ? run->way_p[way] : run->way_s[way];
  return distance(run, measured(run, curve), theory, false, j);
}

double es_byolnet_error_kept(const es_byolnet_run *run, es_byolnet_curve curve,
                             size_t j) {
  const double *own = measured(run, curve);
  return distance(run, own, own, true, j);
}

bool es_byolnet_alive(const es_byolnet_run *run, size_t j) {
  return run->met[j] == ES_FATE_STABLE;
}

double es_byolnet_invariant_error(const es_byolnet_run *run, size_t j) {
  double most = 0, size = 0;
  for (size_t i = 0; i < run->rows; i++) {
    const double p = run->p[i * run->d + j], s = run->s[i * run->d + j];
    const double off =
        s - p * p / run->map.alpha_p - es_byolnet_invariant(run, i, j);
    if (isnan(off)) return NAN;
    most = fmax(most, fabs(off));
    size = fmax(size, s);
  }
  return size > 0 ? most / size : NAN;
}

double es_byolnet_end_error(const es_byolnet_run *run, size_t j, bool of_end) {
  double p, s;
  es_byolnet_rest(&run->map, of_end ? &run->last[j] : &run->mode[j], &p, &s);
  return fabs(run->p[(run->rows - 1) * run->d + j] / p - 1);
}

typedef struct book {
  const es_byolnet_run *run;
  size_t n_runs;
  es_overlay_metric *row;
  size_t n;
  double *mode;         /* as many as the widest run has modes */
  double *value, *null; /* n_runs */
  double *work;         /* n_runs + ES_RESAMPLES */
} book;

static es_overlay_metric *next_row(book *b, const char *name) {
  es_overlay_metric *row = &b->row[b->n++];
  snprintf(row->metric, sizeof row->metric, "%s", name);
  row->verdict = "";
  row->null = NAN;
  return row;
}

/* From b->value and b->null, a number for each run. */
static es_overlay_metric *settle(book *b, const char *name, bool has_null) {
  es_overlay_metric *row = next_row(b, name);
  row->value = es_interval_median(b->value, b->n_runs, 1, b->work);
  es_interval_of(&row->low, &row->high, b->value, b->n_runs, 1, b->work);
  if (has_null) row->null = es_measure_median(b->null, b->n_runs);
  return row;
}

typedef double mode_number(const es_byolnet_run *run, size_t j, int which);

typedef enum over { WORST, MEDIAN, ALL } over;

/* Of the modes that are alive: the largest, or the median; or the largest of
 * all. */
static double sum_up(book *b, const es_byolnet_run *run, mode_number *number,
                     int which, over how) {
  size_t n = 0;
  double most = NAN;
  for (size_t j = 0; j < run->d; j++) {
    if (how != ALL && !es_byolnet_alive(run, j)) continue;
    b->mode[n] = number(run, j, which);
    if (isnan(b->mode[n])) return NAN;
    if (!(b->mode[n] <= most)) most = b->mode[n];
    n++;
  }
  return how == MEDIAN ? es_measure_median(b->mode, n) : most;
}

static void add(book *b, const char *name, mode_number *number,
                mode_number *null, int which) {
  static const char *const suffix[] = {"worst", "median", "all"};
  char full[48];
  for (int how = WORST; how <= ALL; how++) {
    for (size_t r = 0; r < b->n_runs; r++) {
      const es_byolnet_run *run = &b->run[r];
      b->value[r] = sum_up(b, run, number, which, (over)how);
      if (null != NULL) b->null[r] = sum_up(b, run, null, which, (over)how);
    }
    snprintf(full, sizeof full, "%s_%s", name, suffix[how]);
    settle(b, full, null != NULL);
  }
}

static double curve_error(const es_byolnet_run *run, size_t j, int which) {
  return es_byolnet_error(run, (es_byolnet_way)(which / 2),
                          (es_byolnet_curve)(which % 2), j);
}

static double kept_error(const es_byolnet_run *run, size_t j, int which) {
  return es_byolnet_error_kept(run, (es_byolnet_curve)(which % 2), j);
}

static double end_error(const es_byolnet_run *run, size_t j, int of_end) {
  return es_byolnet_end_error(run, j, of_end != 0);
}

static double invariant_error(const es_byolnet_run *run, size_t j, int which) {
  (void)which;
  return es_byolnet_invariant_error(run, j);
}

static void add_curves(book *b) {
  char name[48];
  for (int way = 0; way < ES_BYOLNET_WAYS; way++)
    for (int curve = 0; curve < 2; curve++) {
      snprintf(name, sizeof name, "%s_error_%s",
               curve == ES_BYOLNET_P ? "p" : "s", es_byolnet_way_name[way]);
      add(b, name, curve_error, kept_error, 2 * way + curve);
    }
}

/* Largest difference of two columns. */
static double apart(const es_byolnet_run *run, const double *x,
                    const double *y) {
  double most = 0;
  for (size_t i = 0; i < run->rows; i++) {
    if (isnan(x[i]) || isnan(y[i])) return NAN;
    most = fmax(most, fabs(x[i] - y[i]));
  }
  return most;
}

static void add_alignment(book *b) {
  for (size_t r = 0; r < b->n_runs; r++) {
    const es_byolnet_run *run = &b->run[r];
    b->value[r] = apart(run, run->commutator, run->theory_commutator);
  }
  settle(b, "commutator_error", false);
  for (size_t r = 0; r < b->n_runs; r++) {
    const es_byolnet_run *run = &b->run[r];
    b->value[r] = apart(run, run->asymmetry, run->theory_asymmetry);
  }
  settle(b, "asymmetry_error", false);
}

/* Modes, over all runs, that were to end as `said` and were seen to end as
 * `met`. */
static double count(const book *b, es_fate said, es_fate met) {
  double n = 0;
  for (size_t r = 0; r < b->n_runs; r++)
    for (size_t j = 0; j < b->run[r].d; j++)
      n += b->run[r].fate[j] == said && b->run[r].met[j] == met;
  return n;
}

static void add_count(book *b, const char *name, double n) {
  es_overlay_metric *row = next_row(b, name);
  row->value = row->low = row->high = n;
}

static void add_fates(book *b) {
  static const es_fate fate[FATES] = {ES_FATE_STABLE, ES_FATE_COLLAPSED,
                                      ES_FATE_UNDECIDED};
  char name[48];
  double all = 0, right = 0;
  for (int said = 0; said < FATES; said++)
    for (int met = 0; met < FATES; met++) {
      const double n = count(b, fate[said], fate[met]);
      snprintf(name, sizeof name, "predicted_%s_met_%s",
               es_fate_name(fate[said]), es_fate_name(fate[met]));
      add_count(b, name, n);
      if (fate[said] == ES_FATE_UNDECIDED || fate[met] == ES_FATE_UNDECIDED)
        continue;
      all += n;
      right += said == met ? n : 0;
    }
  add_count(b, "fates_right", all > 0 ? right / all : NAN);
}

static void fill(book *b) {
  double alive = 0, modes = 0;
  bool theorem = true;
  for (size_t r = 0; r < b->n_runs; r++) {
    theorem = theorem && b->run[r].map.theorem;
    for (size_t j = 0; j < b->run[r].d; j++) {
      modes++;
      alive += es_byolnet_alive(&b->run[r], j);
    }
  }
  add_count(b, "runs", (double)b->n_runs);
  add_count(b, "theorem", theorem);
  if (!theorem) b->row[b->n - 1].verdict = "outside";
  add_count(b, "modes", modes);
  add_count(b, "modes_alive", alive);
  add_fates(b);
  add_curves(b);
  add(b, "p_end_error", end_error, NULL, 1);
  add(b, "p_end_error_of_start", end_error, NULL, 0);
  add(b, "invariant_error", invariant_error, NULL, 0);
  add_alignment(b);
}

es_status es_byolnet_agreement(es_overlay_metric **out, size_t *n,
                               const es_byolnet_run *run, size_t n_runs,
                               es_diag *diag) {
  size_t widest = 0;
  for (size_t r = 0; r < n_runs; r++)
    if (run[r].d > widest) widest = run[r].d;
  book b = {.run = run, .n_runs = n_runs};
  b.row = calloc(ROWS, sizeof *b.row);
  b.mode = es_zeroed(widest, 1, sizeof *b.mode);
  b.value = es_zeroed(3 * n_runs + ES_RESAMPLES, 1, sizeof *b.value);
  if (b.row == NULL || b.mode == NULL || b.value == NULL) {
    free(b.row);
    free(b.mode);
    free(b.value);
    return es_fail(diag, ES_NO_MEMORY, "no memory for the agreement");
  }
  b.null = b.value + n_runs;
  b.work = b.null + n_runs;
  fill(&b);
  free(b.mode);
  free(b.value);
  *out = b.row;
  *n = b.n;
  return ES_OK;
}
