/* Moments of views about their images: see moments.h.
 *
 * Within an image Welford's update gives the scatter of v views about their
 * mean as a sum of v - 1 squares,
 *   h_k = (x'_k - mean of x'_0 … x'_{k-1}) · √(k/(k+1)),   k = 1 … v-1,
 * so deviations are squared and no square of a mean is subtracted, and views
 * that are equal give Xp = 0 exactly. Xp = sum h h^T / (n (v-1)).
 *
 * The mean xbar_v over v views has E[xbar_v xbar_v^T] = X + Xp/v, hence
 *   X = (1/n) sum xbar_v xbar_v^T - Xp/v;
 * about their own mean over n images it is X + (1 - 1/n) Xp/v.
 *
 * Centring: the mean of the first block is taken from every x and xbar_v
 * before they are squared; what is left of the mean, small beside the spread,
 * leaves by a rank-one correction. */
#include "data/columns.h"
#include "data/moments.h"
#include "linalg/linalg.h"

#include <math.h>

/* Numbers of a block over all its columns: 16 MB. */
enum { BLOCK_NUMBERS = 1 << 21 };

typedef struct work {
  const es_dataset *set;
  size_t m, views, block; /* block: images */
  es_slab slab;
  double *H;      /* m×(block·(views-1)): h_1 … of each image */
  double *Mean;   /* m×block: xbar_v - mean_shift */
  double *First;  /* m×block: x - first_shift */
  double *Across; /* m×block: x' - x */
  double *mean_shift, *first_shift; /* m */
  double *mean_sum, *first_sum;     /* m: over all images so far */
} work;

static es_status work_open(work *w, const es_dataset *set, size_t views,
                           es_diag *diag) {
  const size_t n = es_dataset_count(set), m = es_dataset_dim(set);
  const size_t wish = BLOCK_NUMBERS / m / (views + 2);
  const size_t block = wish < 1 ? 1 : wish < n ? wish : n;
  *w = (work){.set = set, .m = m, .views = views, .block = block};
  double **const many[] = {&w->Mean, &w->First, &w->Across};
  double **const one[] = {&w->mean_shift, &w->first_shift, &w->mean_sum,
                          &w->first_sum};
  size_t total = 0, column = m * sizeof(double), columns = SIZE_MAX;
  (void)es_size_mul(&columns, block, views - 1);
  es_slab_add(&total, columns, column);
  for (size_t k = 0; k < 3; k++) es_slab_add(&total, block, column);
  for (size_t k = 0; k < 4; k++) es_slab_add(&total, 1, column);
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->H = es_slab_take(&w->slab, columns, column);
  for (size_t k = 0; k < 3; k++)
    *many[k] = es_slab_take(&w->slab, block, column);
  for (size_t k = 0; k < 4; k++) *one[k] = es_slab_take(&w->slab, 1, column);
  return ES_OK;
}

/* Turns view k >= 1 into h_k and the mean of k views into that of k + 1. */
static void welford(double *h, double *mean, size_t m, size_t k) {
  const double share = 1 / (double)(k + 1), scale = sqrt((double)k * share);
  for (size_t j = 0; j < m; j++) {
    const double off = h[j] - mean[j];
    mean[j] += off * share;
    h[j] = off * scale;
  }
}

/* Image i of the data becomes column c of the block. */
static void fill_image(const work *w, size_t i, size_t c) {
  const size_t m = w->m;
  double *first = w->First + c * m, *mean = w->Mean + c * m;
  double *across = w->Across + c * m, *h = w->H + c * (w->views - 1) * m;
  es_dataset_pair(w->set, i, 0, first, mean);
  for (size_t j = 0; j < m; j++) {
    across[j] = mean[j] - first[j];
    first[j] -= w->first_shift[j];
  }
  for (size_t k = 1; k < w->views; k++, h += m) {
    es_dataset_view(w->set, i, k, 1, h);
    welford(h, mean, m, k);
  }
  for (size_t j = 0; j < m; j++) mean[j] -= w->mean_shift[j];
}

static void fill_block(const work *w, size_t from, size_t count) {
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < count; c++) fill_image(w, from + c, c);
  es_columns_add(w->mean_sum, w->m, count, w->Mean);
  es_columns_add(w->first_sum, w->m, count, w->First);
}

/* The first block's means become the shifts; X keeps its own without
 * centring. */
static void learn_shifts(work *w, bool center) {
  fill_block(w, 0, w->block);
  for (size_t j = 0; j < w->m; j++) {
    w->first_shift[j] = w->first_sum[j] / (double)w->block;
    if (center) w->mean_shift[j] = w->mean_sum[j] / (double)w->block;
    w->first_sum[j] = w->mean_sum[j] = 0;
  }
}

static es_status accumulate(es_view_moments *out, const work *w,
                            const es_progress *progress, es_diag *diag) {
  const size_t m = w->m;
  for (size_t from = 0; from < out->n; from += w->block) {
    const size_t left = out->n - from;
    const size_t count = left < w->block ? left : w->block;
    if (es_progress_stopping(progress))
      return es_fail(diag, ES_INTERRUPTED,
                     "interrupted after %zu of %zu images", from, out->n);
    fill_block(w, from, count);
    es_syrk(m, count, 1, w->Mean, 1, out->X);
    es_syrk(m, count * (w->views - 1), 1, w->H, 1, out->Xp);
    es_syrk(m, count, 1, w->First, 1, out->C);
    es_syrk(m, count, 1, w->Across, 1, out->A);
    es_progress_report(progress, "moments of views", (double)(from + count),
                       (double)out->n);
  }
  return ES_OK;
}

/* Sums become moments, symmetric as they were: every entry is a function of
 * (i, j) that is the same for (j, i). */
static void finish(es_view_moments *out, work *w, bool center) {
  const size_t m = out->m;
  const double n = (double)out->n, v = (double)out->views;
  const double share = (center ? 1 - 1 / n : 1) / v;
  double *mean = w->mean_sum, *first = w->first_sum;
  for (size_t j = 0; j < m; j++) {
    mean[j] /= n;
    first[j] /= n;
    out->mean[j] = w->mean_shift[j] + mean[j];
    out->first_mean[j] = w->first_shift[j] + first[j];
  }
  for (size_t k = 0; k < m * m; k++) {
    const size_t i = k % m, j = k / m;
    const double off = center ? mean[i] * mean[j] : 0;
    out->Xp[k] /= n * (v - 1);
    out->X[k] = out->X[k] / n - off - share * out->Xp[k];
    out->C[k] = out->C[k] / n - first[i] * first[j];
    out->A[k] /= n;
  }
}

static es_status allocate(es_view_moments *out, const es_dataset *set,
                          size_t views, es_diag *diag) {
  const size_t m = es_dataset_dim(set), column = m * sizeof(double);
  double **const square[] = {&out->X, &out->Xp, &out->C, &out->A};
  *out = (es_view_moments){.n = es_dataset_count(set), .m = m, .views = views};
  if (views < 2)
    return es_fail(diag, ES_BAD_VALUE,
                   "views=%zu: expected a whole number of 2 or more", views);
  size_t total = 0;
  for (size_t k = 0; k < 4; k++) es_slab_add(&total, m, column);
  for (size_t k = 0; k < 2; k++) es_slab_add(&total, 1, column);
  const es_status status = es_slab_open(&out->slab, total, diag);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < 4; k++)
    *square[k] = es_slab_take(&out->slab, m, column);
  out->first_mean = es_slab_take(&out->slab, 1, column);
  out->mean = es_slab_take(&out->slab, 1, column);
  return ES_OK;
}

es_status es_view_moments_new(es_view_moments *out, const es_dataset *set,
                              size_t views, bool center,
                              const es_progress *progress, es_diag *diag) {
  work w = {0};
  es_status status = allocate(out, set, views, diag);
  if (status == ES_OK) status = work_open(&w, set, views, diag);
  if (status == ES_OK) {
    learn_shifts(&w, center);
    status = accumulate(out, &w, progress, diag);
  }
  if (status == ES_OK) finish(out, &w, center);
  es_slab_close(&w.slab);
  if (status != ES_OK) es_view_moments_free(out);
  return status;
}

void es_view_moments_free(es_view_moments *moments) {
  es_slab_close(&moments->slab);
  *moments = (es_view_moments){0};
}
