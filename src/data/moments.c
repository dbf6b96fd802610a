/* Moments of positive pairs: see moments.h. With s = x + x', d = x - x',
 *   Gamma = (sum s s^T - sum d d^T)/4n,   Sigma = (sum s s^T + sum d d^T)/4n,
 * so two symmetric rank-k updates of n·m² flops each give both, where a
 * product for Gamma (2n·m²) and an update for Sigma (2n·m²) would take twice
 * as many. Nothing is lost by the difference: the rounding of either way is a
 * multiple of eps·|x||x'|^T <= eps·(Sigma_ii Sigma_jj)^½, and views that are
 * equal give Gamma = Sigma to the last bit.
 *
 * Centring: with c the mean over both views of the first block, s and the
 * sums are taken of x - c, x' - c; the mean of those, small beside the spread,
 * leaves by a rank-one correction. d does not see c.
 *
 * Every sum runs in the order of the pairs whatever the number of threads. */
#include "data/moments.h"

#include "base/slab.h"
#include "data/columns.h"
#include "linalg/linalg.h"

#include <stdlib.h>

/* Pairs of a block: enough for the matrix product to run at full speed and to
 * make the mirroring of its triangles cheap, at most 2^20 numbers a view. */
enum { BLOCK_MIN = 256, BLOCK_NUMBERS = 1 << 20 };

typedef struct work {
  const es_dataset *set;
  size_t m, block;
  es_slab slab;
  double *S, *D; /* m×block: s and d of a block's pairs */
  double *shift; /* m: c */
  double *sum;   /* m: of s over all pairs so far */
} work;

static es_status work_open(work *w, const es_dataset *set, es_diag *diag) {
  const size_t n = es_dataset_count(set), m = es_dataset_dim(set);
  const size_t wish = BLOCK_NUMBERS / m;
  const size_t block = wish < BLOCK_MIN ? BLOCK_MIN : wish;
  *w = (work){.set = set, .m = m, .block = block < n ? block : n};
  size_t total = 0, numbers = SIZE_MAX;
  (void)es_size_mul(&numbers, m, w->block);
  es_slab_add(&total, numbers, sizeof(double));
  es_slab_add(&total, numbers, sizeof(double));
  es_slab_add(&total, m, sizeof(double));
  es_slab_add(&total, m, sizeof(double));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->S = es_slab_take(&w->slab, numbers, sizeof(double));
  w->D = es_slab_take(&w->slab, numbers, sizeof(double));
  w->shift = es_slab_take(&w->slab, m, sizeof(double));
  w->sum = es_slab_take(&w->slab, m, sizeof(double));
  return ES_OK;
}

static void fill_pair(const work *w, size_t i, double *s, double *d) {
  es_dataset_pair(w->set, i, 0, s, d);
  for (size_t j = 0; j < w->m; j++) {
    const double x = s[j], xp = d[j];
    s[j] = (x - w->shift[j]) + (xp - w->shift[j]);
    d[j] = x - xp;
  }
}

static void fill_block(const work *w, size_t first, size_t count) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < count; i++)
    fill_pair(w, first + i, w->S + i * w->m, w->D + i * w->m);
}

/* The first block's mean becomes the shift. */
static void learn_shift(work *w) {
  fill_block(w, 0, w->block);
  es_columns_add(w->sum, w->m, w->block, w->S);
  for (size_t j = 0; j < w->m; j++) {
    w->shift[j] = w->sum[j] / (2 * (double)w->block);
    w->sum[j] = 0;
  }
}

/* Gamma and Sigma hold the sums of s s^T and d d^T meanwhile. */
static es_status accumulate(es_moments *out, const work *w,
                            const es_progress *progress, es_diag *diag) {
  for (size_t first = 0; first < out->n; first += w->block) {
    const size_t left = out->n - first;
    const size_t count = left < w->block ? left : w->block;
    if (es_progress_stopping(progress))
      return es_fail(diag, ES_INTERRUPTED, "interrupted after %zu of %zu pairs",
                     first, out->n);
    fill_block(w, first, count);
    es_columns_add(w->sum, w->m, count, w->S);
    es_syrk(w->m, count, 1, w->S, 1, out->Gamma);
    es_syrk(w->m, count, 1, w->D, 1, out->Sigma);
    es_progress_report(progress, "moments", (double)(first + count),
                       (double)out->n);
  }
  return ES_OK;
}

/* Turns the sums into moments: one triangle, copied to the other. */
static void finish(es_moments *out, work *w, bool center) {
  const size_t m = out->m;
  const double four_n = 4 * (double)out->n;
  double *offset = w->sum; /* mean of x - c over both views */
  for (size_t j = 0; j < m; j++) {
    offset[j] /= 2 * (double)out->n;
    out->mean[j] = w->shift[j] + offset[j];
    for (size_t i = 0; i <= j; i++) {
      const double ss = out->Gamma[i + j * m], dd = out->Sigma[i + j * m];
      const double remove = center ? offset[i] * offset[j] : 0;
      out->Gamma[i + j * m] = (ss - dd) / four_n - remove;
      out->Sigma[i + j * m] = (ss + dd) / four_n - remove;
      out->Gamma[j + i * m] = out->Gamma[i + j * m];
      out->Sigma[j + i * m] = out->Sigma[i + j * m];
    }
  }
}

static es_status allocate(es_moments *out, size_t n, size_t m, es_diag *diag) {
  size_t square;
  *out = (es_moments){.n = n, .m = m};
  if (es_size_mul(&square, m, m)) {
    out->Gamma = calloc(square, sizeof(double));
    out->Sigma = calloc(square, sizeof(double));
    out->mean = calloc(m, sizeof(double));
  }
  if (out->Gamma != NULL && out->Sigma != NULL && out->mean != NULL)
    return ES_OK;
  return es_fail(diag, ES_NO_MEMORY, "no memory for moments of %zu dimensions",
                 m);
}

es_status es_moments_new(es_moments *out, const es_dataset *set, bool center,
                         const es_progress *progress, es_diag *diag) {
  work w = {0};
  es_status status =
      allocate(out, es_dataset_count(set), es_dataset_dim(set), diag);
  if (status == ES_OK) status = work_open(&w, set, diag);
  if (status == ES_OK) {
    if (center) learn_shift(&w);
    status = accumulate(out, &w, progress, diag);
  }
  if (status == ES_OK) finish(out, &w, center);
  es_slab_close(&w.slab);
  if (status != ES_OK) es_moments_free(out);
  return status;
}

void es_moments_free(es_moments *moments) {
  free(moments->Gamma);
  free(moments->Sigma);
  free(moments->mean);
  *moments = (es_moments){0};
}
