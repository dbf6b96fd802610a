/* C = Cov(x) and A = E[(x'-x)(x'-x)^T] of a drive's pairs, streamed in blocks.
 * Blocks are shifted by the mean of the first one before they are squared; what
 * is left of the mean, small beside the spread, leaves by a rank-one
 * correction. The bits do not depend on the number of threads in the sums over
 * columns; products are BLAS's. */
#include "models/linear/drive.h"

#include "base/finite.h"
#include "base/slab.h"
#include "data/columns.h"
#include "linalg/linalg.h"
#include "models/linear/asked.h"

#include <stdlib.h>

/* Numbers of a block: 8 MB. */
enum { BLOCK_NUMBERS = 1 << 20 };

typedef struct work {
  size_t block;
  double *x, *xp;               /* m×block */
  double *shift, *sum, *across; /* m: of x, of x, of x'-x */
} work;

static void fill_block(const es_drive *drive, const work *w, size_t from,
                       size_t count) {
  const size_t m = drive->m;
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < count; c++) {
    double *x = w->x + c * m, *xp = w->xp + c * m;
    es_drive_pair(drive, from + c, 0, x, xp);
    for (size_t j = 0; j < m; j++) {
      xp[j] -= x[j];
      x[j] -= w->shift[j];
    }
  }
  es_columns_add(w->sum, m, count, w->x);
  es_columns_add(w->across, m, count, w->xp);
}

static void learn_shift(const es_drive *drive, const work *w) {
  fill_block(drive, w, 0, w->block);
  for (size_t j = 0; j < drive->m; j++) {
    w->shift[j] = w->sum[j] / (double)w->block;
    w->sum[j] = w->across[j] = 0;
  }
}

static es_status accumulate(es_drive *drive, const work *w,
                            const es_progress *progress, es_diag *diag) {
  const size_t m = drive->m, n = drive->n;
  for (size_t from = 0; from < n; from += w->block) {
    const size_t left = n - from, count = left < w->block ? left : w->block;
    if (es_progress_stopping(progress))
      return es_fail(diag, ES_INTERRUPTED, "interrupted after %zu of %zu pairs",
                     from, n);
    fill_block(drive, w, from, count);
    es_syrk(m, count, 1, w->x, 1, drive->C);
    es_syrk(m, count, 1, w->xp, 1, drive->A);
    es_progress_report(progress, "moments of pairs", (double)(from + count),
                       (double)n);
  }
  return ES_OK;
}

static es_status finish(es_drive *drive, const work *w, double *mean,
                        es_diag *diag) {
  const size_t m = drive->m;
  const double n = (double)drive->n;
  for (size_t j = 0; j < m; j++) {
    w->sum[j] /= n;
    if (mean != NULL) mean[j] = w->shift[j] + w->sum[j] + w->across[j] / n / 2;
  }
  for (size_t k = 0; k < m * m; k++) {
    drive->C[k] = drive->C[k] / n - w->sum[k % m] * w->sum[k / m];
    drive->A[k] /= n;
  }
  return es_all_finite(m * m, drive->C) && es_all_finite(m * m, drive->A)
             ? ES_OK
             : es_fail(diag, ES_NOT_FINITE,
                       "moments of the pairs are not finite: their values are "
                       "too large");
}

static bool allocate(es_drive *drive, work *w) {
  const size_t m = drive->m, wish = BLOCK_NUMBERS / m / 2;
  w->block = wish < 1 ? 1 : wish < drive->n ? wish : drive->n;
  double **const wide[] = {&w->x, &w->xp};
  double **const one[] = {&w->shift, &w->sum, &w->across};
  drive->C = es_zeroed(m, m, sizeof *drive->C);
  drive->A = es_zeroed(m, m, sizeof *drive->A);
  bool whole = drive->C != NULL && drive->A != NULL;
  for (size_t i = 0; i < 2; i++)
    whole = (*wide[i] = es_zeroed(m, w->block, sizeof(double))) && whole;
  for (size_t i = 0; i < 3; i++)
    whole = (*one[i] = es_zeroed(m, 1, sizeof(double))) && whole;
  return whole;
}

es_status es_drive_moments(es_drive *drive, double *mean, const es_watch *watch,
                           es_diag *diag) {
  es_asked asked = {watch, false};
  const es_progress progress = es_asked_progress(&asked);
  work w = {0};
  es_status status = allocate(drive, &w) ? ES_OK : es_drive_no_memory(diag);
  if (status == ES_OK) {
    learn_shift(drive, &w);
    status = accumulate(drive, &w, &progress, diag);
  }
  if (status == ES_OK) status = finish(drive, &w, mean, diag);
  double *const parts[] = {w.x, w.xp, w.shift, w.sum, w.across};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
  return status;
}
