/* Step times, curves and directions: see measures.h. */
#include "overlay/measures.h"

#include "base/order.h"

#include <math.h>

double es_measure_median(double *x, size_t n) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(x[i])) x[kept++] = x[i];
  if (kept == 0) return NAN;
  es_sort(x, kept);
  return es_sorted_median(x, kept);
}

double es_of_theorem(const es_joined *run) { return run->theorem; }

double es_modes_predicted(const es_joined *run) {
  size_t n = 0;
  for (size_t j = 0; j < run->k; j++) n += es_joined_expected(run, j);
  return (double)n;
}

double es_modes_met(const es_joined *run) {
  size_t n = 0;
  for (size_t j = 0; j < run->k; j++) n += es_joined_met(run, j);
  return (double)n;
}

double es_modes_unforeseen(const es_joined *run) {
  size_t n = 0;
  for (size_t j = 0; j < run->k; j++)
    n += !es_joined_expected(run, j) && !isnan(run->mode[j].tau_measured);
  return (double)n;
}

double es_step_error(const es_joined *run, size_t j) {
  if (es_joined_expected(run, j) && !es_joined_met(run, j)) return INFINITY;
  return fabs(run->mode[j].relative_error);
}

double es_step_ratio(const es_joined *run, size_t j) {
  if (!es_joined_expected(run, j)) return NAN;
  return es_joined_met(run, j) ? 1 + run->mode[j].relative_error : INFINITY;
}

/* ln(measured/reference); both may be 0 where a run starts above 1/2. */
static double log_ratio(double measured, double reference) {
  return measured == reference ? 0 : log(measured / reference);
}

/* Mean of ln(measured) over the modes that were met. */
static double mean_log(const es_joined *run) {
  double sum = 0;
  size_t n = 0;
  for (size_t j = 0; j < run->k; j++)
    if (es_joined_met(run, j)) {
      sum += log(run->mode[j].tau_measured);
      n++;
    }
  return n < 2 ? NAN : sum / (double)n;
}

double es_step_error_null(const es_joined *run, size_t j) {
  if (!es_joined_met(run, j)) return NAN;
  return fabs(run->mode[j].tau_measured / exp(mean_log(run)) - 1);
}

/* The reference times of the three rows: theory's two, and their mean. */
typedef enum reference { GENERIC, ALIGNED, MEAN } reference;

static double log_error(const es_joined *run, reference what) {
  const double mean = exp(mean_log(run));
  double sum = 0;
  size_t n = 0;
  for (size_t j = 0; j < run->k; j++) {
    if (!es_joined_met(run, j)) continue;
    const double tau = what == GENERIC   ? run->mode[j].tau_predicted
                       : what == ALIGNED ? run->aligned[j]
                                         : mean;
    const double error = log_ratio(run->mode[j].tau_measured, tau);
    sum += error * error;
    n++;
  }
  return sqrt(sum / (double)n);
}

double es_step_log_error(const es_joined *run) {
  return log_error(run, GENERIC);
}

double es_aligned_log_error(const es_joined *run) {
  return log_error(run, ALIGNED);
}

double es_step_log_null(const es_joined *run) { return log_error(run, MEAN); }

/* Mean rank of x[j] among n numbers. */
static double rank(size_t n, const double *x, size_t j) {
  double below = 0, ties = 0;
  for (size_t i = 0; i < n; i++) {
    below += x[i] < x[j];
    ties += x[i] == x[j];
  }
  return below + (ties + 1) / 2;
}

double es_measure_spearman(size_t n, const double *x, const double *y) {
  const double mean = ((double)n + 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  if (n < 3) return NAN;
  for (size_t j = 0; j < n; j++) {
    const double a = rank(n, x, j) - mean, b = rank(n, y, j) - mean;
    xy += a * b;
    xx += a * a;
    yy += b * b;
  }
  return xy / sqrt(xx * yy);
}

double es_measure_correlation(const es_joined *run,
                              bool (*counts)(const es_joined *run, size_t j)) {
  double *x = run->work, *y = x + run->k;
  size_t n = 0;
  for (size_t j = 0; j < run->k; j++) {
    if (!counts(run, j)) continue;
    x[n] = run->mode[j].tau_predicted;
    y[n++] = run->mode[j].tau_measured;
  }
  return es_measure_spearman(n, x, y);
}

double es_rank_correlation(const es_joined *run) {
  return es_measure_correlation(run, es_joined_met);
}

double es_rank_correlation_null(const es_joined *run) {
  (void)run;
  return 0;
}

/* Sum of squares of y_i - other_i over the rows where both are numbers,
 * which *n counts on. */
static double squares(size_t *n, size_t rows, const double *y, size_t y_stride,
                      const double *other, size_t stride) {
  double sum = 0;
  for (size_t i = 0; i < rows; i++) {
    const double error = y[i * y_stride] - other[i * stride];
    if (isnan(error)) continue;
    sum += error * error;
    ++*n;
  }
  return sum;
}

/* Mean over the rows that hold a number. */
static double mean_of(size_t rows, const double *y, size_t stride) {
  double sum = 0;
  size_t n = 0;
  for (size_t i = 0; i < rows; i++) {
    if (isnan(y[i * stride])) continue;
    sum += y[i * stride];
    n++;
  }
  return sum / (double)n;
}

static double curve_distance(const es_joined *run, bool from_mean) {
  double sum = 0;
  size_t n = 0;
  for (size_t j = 0; j < run->k; j++) {
    if (!es_joined_expected(run, j)) continue;
    const double *y = run->along + j, mean = mean_of(run->rows, y, run->k);
    sum += from_mean
               ? squares(&n, run->rows, y, run->k, &mean, 0)
               : squares(&n, run->rows, y, run->k, run->predicted + j, run->d);
  }
  return sqrt(sum / (double)n);
}

double es_curve_error(const es_joined *run) {
  return curve_distance(run, false);
}

double es_curve_error_null(const es_joined *run) {
  return curve_distance(run, true);
}

double es_loss_error(const es_joined *run) {
  size_t n = 0;
  if (run->theorem == 0) return NAN;
  const double sum =
      squares(&n, run->rows, run->loss, 1, run->predicted_loss, 1);
  return sqrt(sum / (double)n);
}

double es_loss_error_null(const es_joined *run) {
  const double mean = mean_of(run->rows, run->loss, 1);
  size_t n = 0;
  const double sum = squares(&n, run->rows, run->loss, 1, &mean, 0);
  return sqrt(sum / (double)n);
}

double es_overlap_met(const es_joined *run, size_t j) {
  return es_joined_met(run, j) ? run->mode[j].overlap : NAN;
}

double es_overlap_null(const es_joined *run, size_t j) {
  double sum = 0, powers = 0;
  if (!es_joined_met(run, j)) return NAN;
  for (size_t i = 0; i < run->d; i++) {
    const double value =
        es_joined_at(run, run->lambda, run->d, i, run->mode[j].tau_measured);
    if (!(value > 0)) continue;
    sum += value;
    powers += value * value;
  }
  return sum * sum / ((double)run->d * powers);
}

/* Of the eigenvalues less a curve of as many; NaN where that has none, and
 * infinite where it ends before they do. */
static double rank_distance(const es_joined *run, const double *other) {
  size_t n = 0, measured = 0;
  const size_t cells = run->rows * run->d;
  const double sum = squares(&n, cells, run->lambda, 1, other, 1);
  for (size_t i = 0; i < cells; i++)
    if (!isnan(run->lambda[i])) measured++;
  return 0 < n && n < measured ? INFINITY : sqrt(sum / (double)n);
}

double es_rank_error(const es_joined *run) {
  return rank_distance(run, run->lambda_start);
}

double es_rank_error_end(const es_joined *run) {
  return rank_distance(run, run->lambda_end);
}

double es_rank_error_followed(const es_joined *run) {
  return rank_distance(run, run->followed);
}

double es_rank_error_null(const es_joined *run) {
  double sum = 0;
  size_t n = 0;
  for (size_t j = 0; j < run->d; j++) {
    const double *y = run->lambda + j, mean = mean_of(run->rows, y, run->d);
    sum += squares(&n, run->rows, y, run->d, &mean, 0);
  }
  return sqrt(sum / (double)n);
}
