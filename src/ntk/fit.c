/* Least squares by the eigenvectors of B^T B: see fit.h. With B^T B = U L U^T,
 * W^T = U L^-1 U^T B^T F. */
#include "ntk/fit.h"

#include "base/slab.h"
#include "linalg/linalg.h"
#include "metrics/spectra.h"

#include <string.h>

static const double none = 1e-12;

typedef struct fit {
  double *B, *F, *mean; /* centred */
  double *U, *values;   /* m×m, m rising */
  double *G, *H;        /* m×d each: B^T F; U^T B^T F */
  es_slab slab;
} fit;

static es_status open_fit(fit *w, size_t rows, size_t m, size_t d,
                          es_diag *diag) {
  const size_t sizes[] = {es_size_product(rows, m),
                          es_size_product(rows, d),
                          m > d ? m : d,
                          es_size_product(m, m),
                          m,
                          es_size_product(m, d),
                          es_size_product(m, d)};
  double **const pieces[] = {&w->B,      &w->F, &w->mean, &w->U,
                             &w->values, &w->G, &w->H};
  enum { PIECES = sizeof sizes / sizeof *sizes };
  return es_slab_doubles(&w->slab, pieces, sizes, PIECES, 0, diag);
}

/* B and F as they lie are B^T (m×rows) and F^T (d×rows). */
static es_status solve(fit *w, size_t rows, size_t m, size_t d, double *W,
                       es_diag *diag) {
  es_syrk(m, rows, 1, w->B, 0, w->U);
  es_gemm(false, true, m, d, rows, 1, w->B, m, w->F, d, 0, w->G, m);
  const es_status status = es_eigen_symmetric(m, w->U, w->values, true, diag);
  if (status != ES_OK) return status;
  es_gemm(true, false, m, d, m, 1, w->U, m, w->G, m, 0, w->H, m);
  for (size_t r = 0; r < m; r++) {
    const double value = w->values[r];
    const bool there = value > none * w->values[m - 1];
    for (size_t i = 0; i < d; i++)
      w->H[r + i * m] = there ? w->H[r + i * m] / value : 0;
  }
  /* Column-major m×d is row-major d×m. */
  es_gemm(false, false, m, d, m, 1, w->U, m, w->H, m, 0, W, m);
  return ES_OK;
}

es_status es_features_fit(double *W, size_t n, size_t m, const double *B,
                          size_t d, const double *F, es_diag *diag) {
  fit w = {0};
  const size_t rows = 2 * n;
  es_status status = open_fit(&w, rows, m, d, diag);
  if (status != ES_OK) return status;
  es_centre(w.B, w.mean, rows, m, B);
  es_centre(w.F, w.mean, rows, d, F);
  const int threads = es_blas_serial();
  status = solve(&w, rows, m, d, W, diag);
  es_blas_resume(threads);
  es_slab_close(&w.slab);
  return status;
}
