/* Collapse metrics of a spectrum: see collapse.h. Li, Efros and Pathak 2022,
 * "Understanding Collapse in Non-Contrastive Siamese Representation Learning"
 * (auc); Garrido et al. 2023 (RankMe); Agrawal et al. 2022 (alpha-ReQ).
 *
 * With the sums exchanged, the area needs no cumulative ones:
 *   auc = (1/d) sum_j sum_{i<=j} sigma_i/S = sum_i (d - i + 1) sigma_i/(d S).
 * Everything but n_dead is a function of sigma_j/sigma_1, which is what is
 * squared here, so that no scale leaves the range of double. */
#include "metrics/collapse.h"

#include "linalg/linalg.h"

#include <math.h>
#include <stdbool.h>

static const double dead_below = 1e-6; /* of sigma_1 */

/* Singular values, or the roots of variances. */
typedef struct spectrum {
  size_t d;
  const double *value;
  bool squared;
} spectrum;

static double sigma(const spectrum *s, size_t j) {
  const double x = s->value[j];
  if (!s->squared) return x;
  return x <= 0 ? 0 : sqrt(x);
}

/* Minus the slope of ln sigma_j^2 on ln j: both sums about the mean of ln j.
 * The values kept are a prefix, since sigma falls. */
static double power_law(const spectrum *s) {
  const double top = sigma(s, 0);
  size_t kept = 0;
  double mean = 0, xy = 0, xx = 0;
  while (kept < s->d && sigma(s, kept) > dead_below * top) kept++;
  if (kept < 2) return INFINITY;
  for (size_t j = 0; j < kept; j++) mean += log((double)(j + 1));
  mean /= (double)kept;
  for (size_t j = 0; j < kept; j++) {
    const double x = log((double)(j + 1)) - mean;
    xy += x * 2 * log(top / sigma(s, j));
    xx += x * x;
  }
  return xy / xx;
}

static es_collapse constant(size_t d) {
  return (es_collapse){1, 1, INFINITY, 1, d};
}

static es_collapse undefined(void) {
  return (es_collapse){NAN, NAN, NAN, NAN, 0};
}

static es_collapse measure(const spectrum *s) {
  const double top = s->d > 0 ? sigma(s, 0) : 0, d = (double)s->d;
  double sum = 0, area = 0, squares = 0, fourths = 0, entropy = 0;
  es_collapse out = {.n_dead = 0};
  if (top == 0) return constant(s->d);
  for (size_t j = 0; j < s->d; j++) {
    const double r = sigma(s, j) / top;
    sum += r;
    area += (d - (double)j) * r;
    squares += r * r;
    fourths += r * r * r * r;
    if (sigma(s, j) < dead_below * top) out.n_dead++;
  }
  if (!isfinite(sum)) return undefined();
  for (size_t j = 0; j < s->d; j++) {
    const double q = sigma(s, j) / top / sum;
    if (q > 0) entropy -= q * log(q);
  }
  out.auc = area / (d * sum);
  out.rankme = exp(entropy);
  out.alpha_req = power_law(s);
  out.participation_ratio = squares * squares / fourths;
  return out;
}

es_collapse es_collapse_of(size_t d, const double *singular) {
  return measure(&(spectrum){d, singular, false});
}

es_collapse es_collapse_of_variances(size_t d, const double *value) {
  return measure(&(spectrum){d, value, true});
}

/* Of every d-th of rows·d numbers. The first is taken off before the mean is:
 * where all are alike nothing is left. */
static double deviation(size_t rows, size_t d, const double *x) {
  double mean = 0, squares = 0;
  for (size_t i = 0; i < rows; i++) mean += (x[i * d] - x[0]) / (double)rows;
  for (size_t i = 0; i < rows; i++) {
    const double off = x[i * d] - x[0] - mean;
    squares += off * off;
  }
  return sqrt(squares / (double)rows);
}

double es_collapse_spread(size_t rows, size_t d, const double *z,
                          double *scratch) {
  double sum = 0;
  for (size_t i = 0; i < rows; i++) {
    const double norm = es_norm(d, z + i * d);
    for (size_t j = 0; j < d; j++)
      scratch[i * d + j] = norm > 0 ? z[i * d + j] / norm : 0;
  }
  for (size_t j = 0; j < d; j++) sum += deviation(rows, d, scratch + j);
  return sum / sqrt((double)d);
}
