/* Pairs of samples with known moments, shared by the tests of this room. */
#ifndef ES_TESTS_METRICS_PAIRS_H
#define ES_TESTS_METRICS_PAIRS_H

#include "tests/check.h"

#include "base/random.h"
#include "metrics/spectra.h"

#include <stdlib.h>

static const double u = 2.220446049250313e-16;

/* 2n×d: views that share `common` of their variance, columns of falling size
 * with means of their own. Free it. */
static inline double *make_pairs(size_t n, size_t d, double common,
                                 uint64_t seed) {
  double *z = calloc(2 * n * d, sizeof *z);
  assert_non_null(z);
  for (size_t i = 0; i < 2 * n * d; i++) {
    const size_t pair = i % (n * d), j = i % d;
    z[i] = (sqrt(common) * es_random_normal(seed, 1024, pair) +
            sqrt(1 - common) * es_random_normal(seed, 1025, i)) *
               pow(.8, (double)j) +
           sin((double)j);
  }
  return z;
}

static inline es_spectra *make_spectra(size_t rows, size_t width) {
  es_spectra *work;
  es_diag diag = {0};
  assert_ok(es_spectra_new(&work, rows, width, &diag), diag);
  return work;
}

/* The definitions by loops: d×d, symmetric. Free it. pairs: of the two views,
 * else the covariance. */
static inline double *naive_moment(size_t rows, size_t d, const double *z,
                                   bool pairs) {
  double *C = calloc(d * d, sizeof *C);
  double *mean = calloc(d, sizeof *mean);
  assert_true(C != NULL && mean != NULL);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < d; j++) mean[j] += z[i * d + j] / (double)rows;
  for (size_t i = 0; i < rows; i++) {
    const size_t other = pairs ? (i + rows / 2) % rows : i;
    for (size_t a = 0; a < d; a++)
      for (size_t b = 0; b < d; b++)
        C[a * d + b] += (z[i * d + a] - mean[a]) *
                        (z[other * d + b] - mean[b]) / (double)rows;
  }
  free(mean);
  return C;
}

#endif
