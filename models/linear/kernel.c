/* The kernel of a data set's pairs: see kernel.h. One symmetric product makes
 * the linear kernel, and rbf from it in place: |x-y|^2 = |x|^2 + |y|^2 - 2 x^T
 * y, where the rounding is eps (|x|^2 + |y|^2); with the points' mean taken off
 * that is eps times the spread. No other matrix of order 2n is made. */
#include "models/linear/kernel.h"

#include "base/order.h"
#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pairs drawn between two looks at the progress. */
enum { BLOCK = 256 };

/* Pair i to rows i and n+i of X; views: room for one pair. */
static void draw_pair(double *X, double *views, const es_dataset *set,
                      size_t i) {
  const size_t n = es_dataset_count(set), p = es_dataset_dim(set);
  es_dataset_pair(set, i, 0, views, views + p);
  for (size_t r = 0; r < p; r++) {
    X[i + 2 * n * r] = views[r];
    X[n + i + 2 * n * r] = views[p + r];
  }
}

static es_status draw_pairs(double *X, double *views, const es_dataset *set,
                            const es_progress *progress, es_diag *diag) {
  const size_t n = es_dataset_count(set), p = es_dataset_dim(set);
  for (size_t from = 0; from < n; from += BLOCK) {
    const size_t to = n - from < BLOCK ? n : from + BLOCK;
    if (es_progress_stopping(progress))
      return es_fail(diag, ES_INTERRUPTED, "interrupted after %zu of %zu pairs",
                     from, n);
#pragma omp parallel for schedule(static)
    for (size_t i = from; i < to; i++)
      draw_pair(X, views + 2 * p * (i - from), set, i);
    es_progress_report(progress, "pairs", (double)to, (double)n);
  }
  return ES_OK;
}

es_status es_kernel_pairs(double **X, const es_dataset *set,
                          const es_progress *progress, es_diag *diag) {
  const size_t n = es_dataset_count(set), p = es_dataset_dim(set);
  *X = es_zeroed(2 * n, p, sizeof(double));
  double *views = es_zeroed(2 * p, BLOCK, sizeof(double));
  const es_status status =
      *X == NULL || views == NULL
          ? es_fail(diag, ES_NO_MEMORY, "no memory for %zu pairs", n)
          : draw_pairs(*X, views, set, progress, diag);
  free(views);
  if (status == ES_OK) return ES_OK;
  free(*X);
  *X = NULL;
  return status;
}

/* Takes the mean off; once more for what rounding of a large one left. */
static void centre_points(es_kernel *k) {
  const size_t N = 2 * k->n;
  for (int twice = 0; twice < 2; twice++)
    for (size_t r = 0; r < k->p; r++) {
      double *x = k->X + r * N, sum = 0;
      for (size_t i = 0; i < N; i++) sum += x[i];
      const double mean = sum / (double)N;
      for (size_t i = 0; i < N; i++) x[i] -= mean;
      k->shift[r] += mean;
    }
}

static double squared_distance(double xx, double yy, double xy) {
  return fmax(0, xx + yy - 2 * xy);
}

/* From the Gram matrix, whose first rows are the first views. */
static es_status find_bandwidth(es_kernel *k, es_diag *diag) {
  const size_t N = 2 * k->n;
  const size_t few = k->n < ES_KERNEL_MEDIAN ? k->n : ES_KERNEL_MEDIAN;
  const size_t count = few * (few - 1) / 2;
  double *distances = es_zeroed(count + 1, 1, sizeof(double));
  if (distances == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  size_t c = 0;
  for (size_t j = 0; j < few; j++)
    for (size_t i = 0; i < j; i++)
      distances[c++] =
          sqrt(squared_distance(k->square[i], k->square[j], k->K[i + j * N]));
  es_sort(distances, count);
  if (count > 0) k->bandwidth = es_sorted_median(distances, count);
  free(distances);
  if (count > 0 && k->bandwidth > 0) return ES_OK;
  return es_fail(diag, ES_BAD_VALUE,
                 "model.bandwidth: the first views have no median distance "
                 "above 0 (%zu pairs), so give a number",
                 k->n);
}

/* exp(-d^2/(2 bandwidth^2)), in units of the bandwidth so that neither square
 * leaves the range where the quotient is in it. */
static double rbf(const es_kernel *k, double d2) {
  const double x = sqrt(d2) / k->bandwidth;
  return exp(-x * x / 2);
}

static void gram_to_rbf(es_kernel *k) {
  const size_t N = 2 * k->n;
#pragma omp parallel for schedule(dynamic, 16)
  for (size_t j = 0; j < N; j++) {
    for (size_t i = 0; i < j; i++)
      k->K[i + j * N] =
          rbf(k, squared_distance(k->square[i], k->square[j], k->K[i + j * N]));
    k->K[j + j * N] = 1;
  }
#pragma omp parallel for schedule(dynamic, 16)
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < i; j++) k->K[i + j * N] = k->K[j + i * N];
}

/* K <- H K H, H = I - 11^T/2n. */
static void centre_kernel(es_kernel *k) {
  const size_t N = 2 * k->n;
  for (size_t j = 0; j < N; j++) {
    double sum = 0;
    for (size_t i = 0; i < N; i++) sum += k->K[i + j * N];
    k->row[j] = sum / (double)N;
    k->mean += k->row[j] / (double)N;
  }
  for (size_t j = 0; j < N; j++)
    for (size_t i = 0; i < N; i++)
      k->K[i + j * N] -= k->row[i] + k->row[j] - k->mean;
}

static es_status make_matrix(es_kernel *k, es_diag *diag) {
  const size_t N = 2 * k->n;
  const bool is_rbf = k->bandwidth != 0;
  if (is_rbf || k->center) centre_points(k);
  es_syrk(N, k->p, 1, k->X, 0, k->K);
  for (size_t i = 0; i < N; i++) {
    k->square[i] = k->K[i + i * N];
    if (!isfinite(k->square[i]))
      return es_fail(diag, ES_NOT_FINITE,
                     "the kernel is not finite: the data's values are too "
                     "large");
  }
  if (!is_rbf) return ES_OK;
  if (isnan(k->bandwidth)) {
    const es_status status = find_bandwidth(k, diag);
    if (status != ES_OK) return status;
  }
  gram_to_rbf(k);
  if (k->center) centre_kernel(k);
  return ES_OK;
}

es_status es_kernel_new(es_kernel *out, size_t n, size_t p, double *X,
                        double bandwidth, bool center, es_diag *diag) {
  *out = (es_kernel){
      .n = n, .p = p, .X = X, .bandwidth = bandwidth, .center = center};
  out->shift = es_zeroed(p, 1, sizeof(double));
  out->square = es_zeroed(2 * n, 1, sizeof(double));
  out->row = es_zeroed(2 * n, 1, sizeof(double));
  out->K = es_zeroed(2 * n, 2 * n, sizeof(double));
  const es_status status =
      out->shift == NULL || out->square == NULL || out->row == NULL ||
              out->K == NULL
          ? es_fail(diag, ES_NO_MEMORY, "no memory for a kernel of %zu pairs",
                    n)
          : make_matrix(out, diag);
  if (status != ES_OK) es_kernel_free(out);
  return status;
}

void es_kernel_free(es_kernel *k) {
  free(k->X);
  free(k->shift);
  free(k->square);
  free(k->row);
  free(k->K);
  *k = (es_kernel){0};
}

/* Column c of k~: from products with the points to the kernel. */
static void finish_column(const es_kernel *k, const double *x, double *out) {
  const size_t N = 2 * k->n;
  double square = 0, sum = 0;
  if (k->bandwidth == 0) return;
  for (size_t r = 0; r < k->p; r++) square += x[r] * x[r];
  for (size_t i = 0; i < N; i++) {
    out[i] = rbf(k, squared_distance(k->square[i], square, out[i]));
    sum += out[i];
  }
  for (size_t i = 0; k->center && i < N; i++)
    out[i] -= sum / (double)N + k->row[i] - k->mean;
}

void es_kernel_at(const es_kernel *k, double *points, size_t count,
                  double *out) {
  const size_t N = 2 * k->n, p = k->p;
  for (size_t c = 0; c < count; c++)
    for (size_t r = 0; r < p; r++) points[r + c * p] -= k->shift[r];
  es_gemm(false, false, N, count, p, 1, k->X, N, points, p, 0, out, N);
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < count; c++)
    finish_column(k, points + c * p, out + c * N);
}
