/* Singular values of a tall matrix whose rows come block by block: LAPACK's
 * dtpqrt takes a block below the triangle of all before it,
 *   [R; block] = Q R',
 * which is a QR of all rows so far (Demmel, Grigori, Hoemmen and Langou, SIAM
 * J. Sci. Comput. 34 (2012) A206), and dgesdd the values of R. No A^T A is
 * formed: it would lose what is below 1e-8 of the largest. */
#include "linalg/linalg.h"

#include "base/slab.h"

#include <lapacke.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 32766, PANEL = 32 };

struct es_tall {
  size_t d;
  es_slab slab;
  double *R, *T, *work;
  lapack_int lwork, *iwork;
};

/* Of dgesdd; dtpqrt takes a panel of d columns. */
static es_status plan_work(es_tall *w, es_diag *diag) {
  const lapack_int d = (lapack_int)w->d;
  double unused = 0, size = 0;
  if (LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'N', d, d, &unused, d, &unused,
                          &unused, d, &unused, d, &size, -1, NULL) != 0 ||
      !(size >= 1 && size <= INT_MAX))
    return es_fail(diag, ES_BAD_SHAPE, "LAPACK plans no work for order %zu",
                   w->d);
  w->lwork = (lapack_int)size < d * PANEL ? d * PANEL : (lapack_int)size;
  return ES_OK;
}

static es_status allocate(es_tall *w, es_diag *diag) {
  const size_t d = w->d, lwork = (size_t)w->lwork;
  size_t total = 0;
  es_slab_add(&total, d, d * sizeof(double));
  es_slab_add(&total, d, PANEL * sizeof(double));
  es_slab_add(&total, lwork, sizeof(double));
  es_slab_add(&total, 8 * d, sizeof(lapack_int));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->R = es_slab_take(&w->slab, d, d * sizeof(double));
  w->T = es_slab_take(&w->slab, d, PANEL * sizeof(double));
  w->work = es_slab_take(&w->slab, lwork, sizeof(double));
  w->iwork = es_slab_take(&w->slab, 8 * d, sizeof(lapack_int));
  return ES_OK;
}

es_status es_tall_new(es_tall **out, size_t d, es_diag *diag) {
  *out = NULL;
  if (d == 0 || d > LARGEST)
    return es_fail(diag, ES_BAD_SHAPE, "%zu columns: expected from 1 to %d", d,
                   LARGEST);
  es_tall *w = calloc(1, sizeof *w);
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  w->d = d;
  es_status status = plan_work(w, diag);
  if (status == ES_OK) status = allocate(w, diag);
  if (status == ES_OK)
    *out = w;
  else
    es_tall_free(w);
  return status;
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
  const int threads = es_blas_serial();
  const lapack_int info =
      LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, rows, d, 0, panel, work->R, d,
                          block, rows, work->T, panel, work->work);
  es_blas_resume(threads);
  return info == 0 ? ES_OK : ES_NO_CONVERGENCE;
}

es_status es_tall_values(es_tall *work, double *sigma) {
  const lapack_int d = (lapack_int)work->d;
  const int threads = es_blas_serial();
  const lapack_int info =
      LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'N', d, d, work->R, d, sigma, NULL,
                          d, NULL, d, work->work, work->lwork, work->iwork);
  es_blas_resume(threads);
  memset(work->R, 0, work->d * work->d * sizeof *work->R);
  return info == 0 ? ES_OK : ES_NO_CONVERGENCE;
}
