/* What the modes learn of: where it is known what samples were made from, R² of
 * each mode's eigenfunction v_j^T x, over the first view of every pair of draw
 * 0, on each factor's numbers. The fit has an intercept, so that centring the
 * data changes nothing. */
#include "models/linear/barlow.h"

#include "metrics/explained.h"

#include <stdlib.h>

/* As many modes as the figure of modes shows. Views are multiplied by blocks
 * of them. */
enum { MODES = 20, BLOCK = 256 };

struct es_barlow_factors {
  size_t modes, n;
  const char **name; /* n, the data room's */
  double *r2;        /* n × modes */
};

/* Y (n×modes) = X^T V, block by block of the n views. */
static es_status project(double *Y, const barlow *b, const es_dataset *set,
                         size_t modes, const es_progress *progress,
                         es_diag *diag) {
  const size_t n = es_dataset_count(set), m = b->m;
  double *X = es_zeroed(m, BLOCK, sizeof *X);
  if (X == NULL) return es_barlow_no_memory(diag);
  es_status status = ES_OK;
  for (size_t from = 0; status == ES_OK && from < n; from += BLOCK) {
    const size_t count = n - from < BLOCK ? n - from : BLOCK;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++)
      es_dataset_view(set, from + i, 0, 0, X + i * m);
    es_gemm(true, false, count, modes, m, 1, X, m, b->V, m, 0, Y + from, n);
    es_progress_report(progress, "factors", (double)(from + count), (double)n);
    if (es_progress_stopping(progress))
      status = es_fail(diag, ES_INTERRUPTED,
                       "interrupted after %zu of %zu "
                       "views",
                       from + count, n);
  }
  free(X);
  return status;
}

/* Row k of the table: factor k. */
static es_status explain(es_barlow_factors *f, const double *Y,
                         const es_dataset *set, size_t k, es_diag *diag) {
  const size_t n = es_dataset_count(set);
  const size_t width = es_dataset_factor(set, k).width;
  double *F = es_zeroed(n, width, sizeof *F);
  double *r2 = es_zeroed(f->modes, 1, sizeof *r2);
  double *one = es_zeroed(width, 1, sizeof *one);
  if (F != NULL && r2 != NULL && one != NULL) {
    for (size_t i = 0; i < n; i++) {
      es_dataset_factor_of(set, i, k, one);
      for (size_t c = 0; c < width; c++) F[i + c * n] = one[c];
    }
    es_explained(r2, Y, n, f->modes, F, width);
    for (size_t j = 0; j < f->modes; j++) f->r2[k + j * f->n] = r2[j];
    f->name[k] = es_dataset_factor(set, k).name;
  }
  const bool enough = F != NULL && r2 != NULL && one != NULL;
  free(F);
  free(r2);
  free(one);
  return enough ? ES_OK : es_barlow_no_memory(diag);
}

es_status es_barlow_factors_new(barlow *b, const es_dataset *set,
                                const es_progress *progress, es_diag *diag) {
  const size_t n = es_dataset_factors(set);
  if (n == 0) return ES_OK;
  es_barlow_factors *f = b->factors = calloc(1, sizeof *f);
  if (f == NULL) return es_barlow_no_memory(diag);
  f->n = n;
  f->modes = b->m < MODES ? b->m : MODES;
  f->name = es_zeroed(n, 1, sizeof *f->name);
  f->r2 = es_zeroed(n, f->modes, sizeof *f->r2);
  double *Y = es_zeroed(es_dataset_count(set), f->modes, sizeof *Y);
  es_status status = f->name == NULL || f->r2 == NULL || Y == NULL
                         ? es_barlow_no_memory(diag)
                         : project(Y, b, set, f->modes, progress, diag);
  for (size_t k = 0; status == ES_OK && k < n; k++)
    status = explain(f, Y, set, k, diag);
  free(Y);
  return status;
}

void es_barlow_factors_free(es_barlow_factors *f) {
  if (f == NULL) return;
  free(f->name);
  free(f->r2);
  free(f);
}

bool es_barlow_factors_of(const void *self, es_model_factors *out) {
  const barlow *b = self;
  const es_barlow_factors *f = b->factors;
  if (f == NULL) return false;
  *out = (es_model_factors){f->modes, f->n, f->name, b->gamma, f->r2};
  return true;
}
