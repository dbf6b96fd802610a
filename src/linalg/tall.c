/* R of a tall matrix whose rows come block by block: LAPACK's dtpqrt takes a
 * block below the triangle of all before it,
 *   [R; block] = Q R',
 * which is a QR of all rows so far (Demmel, Grigori, Hoemmen and Langou, SIAM
 * J. Sci. Comput. 34 (2012) A206). No A^T A is formed, so that small singular
 * values keep their digits down to roundoff times the largest. */
#include "linalg/linalg.h"

#include "base/slab.h"

#include <lapacke.h>
#include <stdlib.h>

enum { LARGEST = 32766, PANEL = 32 };

struct es_tall {
  size_t d;
  es_slab slab;
  double *R, *T, *work;
};

es_status es_tall_new(es_tall **out, size_t d, es_diag *diag) {
  size_t total = 0;
  *out = NULL;
  if (d == 0 || d > LARGEST)
    return es_fail(diag, ES_BAD_SHAPE, "%zu columns: expected from 1 to %d", d,
                   LARGEST);
  es_tall *w = calloc(1, sizeof *w);
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_slab_add(&total, d, d * sizeof(double));
  for (int k = 0; k < 2; k++) es_slab_add(&total, d, PANEL * sizeof(double));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) {
    free(w);
    return status;
  }
  w->d = d;
  w->R = es_slab_take(&w->slab, d, d * sizeof(double));
  w->T = es_slab_take(&w->slab, d, PANEL * sizeof(double));
  w->work = es_slab_take(&w->slab, d, PANEL * sizeof(double));
  *out = w;
  return ES_OK;
}

void es_tall_free(es_tall *work) {
  if (work == NULL) return;
  es_slab_close(&work->slab);
  free(work);
}

es_status es_tall_add(es_tall *work, size_t count, double *block) {
  const lapack_int d = (lapack_int)work->d, rows = (lapack_int)count;
  const lapack_int panel = d < PANEL ? d : PANEL;
  if (count == 0) return ES_OK;
  /* The same sums whatever the number of threads. */
  const int threads = es_blas_serial();
  const lapack_int info =
      LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, rows, d, 0, panel, work->R, d,
                          block, rows, work->T, panel, work->work);
  es_blas_resume(threads);
  return info == 0 ? ES_OK : ES_NO_CONVERGENCE;
}

const double *es_tall_triangle(const es_tall *work) { return work->R; }
