/* Alignment of subspaces: see subspace.h. An orthonormal basis of A's columns
 * is A V L^(-1/2) of A^T A = V L V^T. */
#include "overlay/subspace.h"

#include "base/slab.h"
#include "linalg/linalg.h"
#include "metrics/spectra.h"

#include <math.h>
#include <stdlib.h>

static const double none = 1e-12;

typedef struct bases {
  double *centred, *P, *Q;      /* d×rows each */
  double *gram, *values, *mean; /* d×d, d, d */
  double *inner;                /* d×d */
  es_slab slab;
} bases;

static es_status open_bases(bases *w, size_t rows, size_t d, es_diag *diag) {
  const size_t cells = es_size_product(rows, d);
  const size_t sizes[] = {cells, cells, cells, d * d, d, d, d * d};
  double **const pieces[] = {&w->centred, &w->P,    &w->Q,    &w->gram,
                             &w->values,  &w->mean, &w->inner};
  enum { PIECES = sizeof sizes / sizeof *sizes };
  return es_slab_doubles(&w->slab, pieces, sizes, PIECES, 0, diag);
}

/* basis (d×rows): orthonormal rows, or zeros where A has no direction. */
static es_status find_basis(bases *w, size_t rows, size_t d, const double *A,
                            double *basis, es_diag *diag) {
  es_centre(w->centred, w->mean, rows, d, A);
  es_syrk(d, rows, 1, w->centred, 0, w->gram);
  const es_status status =
      es_eigen_symmetric(d, w->gram, w->values, true, diag);
  if (status != ES_OK) return status;
  for (size_t j = 0; j < d; j++) {
    const double value = w->values[j];
    const bool there = value > none * w->values[d - 1];
    const double scale = there ? 1 / sqrt(value) : 0;
    for (size_t i = 0; i < d; i++) w->gram[i + j * d] *= scale;
  }
  es_gemm(true, false, d, rows, d, 1, w->gram, d, w->centred, d, 0, basis, d);
  return ES_OK;
}

static es_status align(bases *w, double *out, size_t rows, size_t d,
                       const double *A, const double *B, es_diag *diag) {
  double sum = 0;
  es_status status = find_basis(w, rows, d, A, w->P, diag);
  if (status == ES_OK) status = find_basis(w, rows, d, B, w->Q, diag);
  if (status != ES_OK) return status;
  es_gemm(false, true, d, d, rows, 1, w->P, d, w->Q, d, 0, w->inner, d);
  for (size_t i = 0; i < d * d; i++) sum += w->inner[i] * w->inner[i];
  *out = sum / (double)d;
  return ES_OK;
}

es_status es_subspace_alignment(double *out, size_t rows, size_t d,
                                const double *A, const double *B,
                                es_diag *diag) {
  bases w = {0};
  es_status status = open_bases(&w, rows, d, diag);
  if (status != ES_OK) return status;
  const int threads = es_blas_serial();
  status = align(&w, out, rows, d, A, B, diag);
  es_blas_resume(threads);
  es_slab_close(&w.slab);
  return status;
}
