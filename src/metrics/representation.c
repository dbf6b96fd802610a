/* Singular values of centred rows, without a Gram matrix, whose squares would
 * lose what is below 1e-8 of the largest: see representation.h.
 *
 * The first row is taken from all rows, then the mean of what is left, of the
 * size of the spread: rows that are equal become exact zeros, and a mean that
 * is large beside the spread costs no digits but those that the rows lack.
 * Where n > d blocks of rows go through a QR, whose R has their singular
 * values; else the matrix itself is small. */
#include "metrics/representation.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <string.h>

/* Numbers of a block: 2 MB. */
enum { BLOCK_NUMBERS = 1 << 18 };
/* Beyond these, or below the inverse of the second, rows are scaled, so that
 * neither differences nor sums and squares leave the range of double, and
 * LAPACK does not scale by a number that is no power of two. */
enum { SAFE_DIFFERENCE = 1000, SAFE = 400 };

typedef struct work {
  const es_rows *rows;
  const es_progress *progress;
  size_t block;  /* rows at a time */
  double shrink; /* power of two that rows are multiplied with */
  int scale;     /* and another that their differences are */
  double *mean;  /* d: of rows less the first; zeros where not centred */
  double *sum;   /* d: of a block */
  double *B;     /* block×d, column-major */
  double *sigma; /* d */
  es_slab slab;
} work;

static es_status open_work(work *w, es_diag *diag) {
  const size_t n = w->rows->n, d = w->rows->d;
  size_t total = 0;
  if (n == 0 || d == 0)
    return es_fail(diag, ES_BAD_SHAPE,
                   "%zu rows of %zu numbers: expected some of both", n, d);
  const size_t wish = BLOCK_NUMBERS / d;
  w->block = n <= d || wish >= n ? n : wish < d ? d : wish;
  es_slab_add(&total, es_size_product(w->block, d), sizeof(double));
  for (int k = 0; k < 3; k++) es_slab_add(&total, d, sizeof(double));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->B = es_slab_take(&w->slab, w->block * d, sizeof(double));
  w->mean = es_slab_take(&w->slab, d, sizeof(double));
  w->sum = es_slab_take(&w->slab, d, sizeof(double));
  w->sigma = es_slab_take(&w->slab, d, sizeof(double));
  return ES_OK;
}

/* Number j of row i, less the first row's where rows are centred, scaled. */
static double entry(const work *w, size_t i, size_t j) {
  const es_rows *r = w->rows;
  const double first = r->center ? r->data[j] * w->shrink : 0;
  const double x = r->data[i * r->d + j] * w->shrink - first;
  return w->scale == 0 ? x : ldexp(x, w->scale);
}

static es_status measure(work *w, es_diag *diag) {
  const es_rows *r = w->rows;
  double top = 0, spread = 0;
  for (size_t k = 0; k < r->n * r->d; k++) {
    const double x = fabs(r->data[k]);
    if (!isfinite(x))
      return es_fail(diag, ES_NOT_FINITE,
                     "row %zu, column %zu is not a finite number", k / r->d + 1,
                     k % r->d + 1);
    if (x > top) top = x;
  }
  w->shrink = ilogb(top) < SAFE_DIFFERENCE ? 1 : ldexp(1, -SAFE);
  for (size_t i = 0; i < r->n; i++)
    for (size_t j = 0; j < r->d; j++)
      spread = fmax(spread, fabs(entry(w, i, j)));
  const int power = spread > 0 ? ilogb(spread) : 0;
  w->scale = power > SAFE || power < -SAFE ? -power : 0;
  return ES_OK;
}

/* Blocks are summed first, so that roundoff grows with their number. */
static void find_mean(work *w) {
  const size_t n = w->rows->n, d = w->rows->d;
  if (!w->rows->center) return;
  for (size_t from = 0; from < n; from += w->block) {
    const size_t end = n - from < w->block ? n : from + w->block;
    memset(w->sum, 0, d * sizeof *w->sum);
    for (size_t i = from; i < end; i++)
      for (size_t j = 0; j < d; j++) w->sum[j] += entry(w, i, j);
    for (size_t j = 0; j < d; j++) w->mean[j] += w->sum[j];
  }
  for (size_t j = 0; j < d; j++) w->mean[j] /= (double)n;
}

/* Rows from, … of the matrix whose values are asked for. */
static void fill(work *w, size_t from, size_t count) {
  const size_t d = w->rows->d;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < d; j++)
      w->B[i + j * count] = entry(w, from + i, j) - w->mean[j];
}

static es_status of_few(work *w, es_diag *diag) {
  es_singular *singular;
  es_status status = es_singular_new(&singular, w->rows->n, w->rows->d, diag);
  fill(w, 0, w->rows->n);
  if (status == ES_OK) status = es_singular_run(singular, w->B, w->sigma);
  es_singular_free(singular);
  return status;
}

static es_status add_blocks(es_tall *tall, work *w, es_diag *diag) {
  const size_t n = w->rows->n;
  for (size_t from = 0; from < n; from += w->block) {
    const size_t count = n - from < w->block ? n - from : w->block;
    if (es_progress_stopping(w->progress))
      return es_fail(diag, ES_INTERRUPTED, "interrupted after %zu of %zu rows",
                     from, n);
    fill(w, from, count);
    const es_status status = es_tall_add(tall, count, w->B);
    if (status != ES_OK) return status;
    es_progress_report(w->progress, "rows", (double)(from + count), (double)n);
  }
  return ES_OK;
}

static es_status of_many(work *w, es_diag *diag) {
  es_tall *tall;
  es_status status = es_tall_new(&tall, w->rows->d, diag);
  if (status == ES_OK) status = add_blocks(tall, w, diag);
  if (status == ES_OK) status = es_tall_values(tall, w->sigma);
  es_tall_free(tall);
  return status;
}

static es_status find_values(work *w, es_diag *diag) {
  es_status status = open_work(w, diag);
  if (status == ES_OK) status = measure(w, diag);
  if (status != ES_OK) return status;
  find_mean(w);
  return w->rows->n > w->rows->d ? of_many(w, diag) : of_few(w, diag);
}

es_status es_collapse_of_rows(es_collapse *out, const es_rows *rows,
                              const es_progress *progress, es_diag *diag) {
  work w = {.rows = rows, .progress = progress};
  const es_status status = find_values(&w, diag);
  /* The metrics do not depend on the scale. */
  if (status == ES_OK) *out = es_collapse_of(rows->d, w.sigma);
  es_slab_close(&w.slab);
  return status;
}

es_status es_singular_of_rows(double *sigma, const es_rows *rows,
                              const es_progress *progress, es_diag *diag) {
  work w = {.rows = rows, .progress = progress};
  const es_status status = find_values(&w, diag);
  for (size_t j = 0; status == ES_OK && j < rows->d; j++)
    sigma[j] = ldexp(w.sigma[j], -w.scale) / w.shrink;
  es_slab_close(&w.slab);
  return status;
}
