/* Orthonormal rows: see orthogonal.h. The nearest point is that of Newton's
 * iteration without inverses, X <- (3I - X X^T) X/2 (Björck and Bowie 1971),
 * which takes each singular value x to x (3 - x^2)/2: quadratic near 1, and
 * never past it from below. X is kept as its transpose, column-major. */
#include "models/resnet/orthogonal.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A value of 1e-15 needs 85 growths by 3/2. */
enum { MOST = 100 };
static const double converged = 1e-8; /* its square is below rounding */

struct es_orthogonal {
  size_t d, m;
  double scale;
  double *A, *X; /* d×d, m×d */
  es_slab slab;
};

es_status es_orthogonal_new(es_orthogonal **out, size_t d, size_t m, double s,
                            es_diag *diag) {
  const size_t cells = es_size_product(d, m);
  size_t total = 0;
  es_orthogonal *w = calloc(1, sizeof *w);
  *out = NULL;
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a weight");
  es_slab_add(&total, es_size_product(d, d), sizeof *w->A);
  es_slab_add(&total, cells, sizeof *w->X);
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) {
    free(w);
    return status;
  }
  w->d = d;
  w->m = m;
  w->scale = s;
  w->A = es_slab_take(&w->slab, d * d, sizeof *w->A);
  w->X = es_slab_take(&w->slab, cells, sizeof *w->X);
  *out = w;
  return ES_OK;
}

void es_orthogonal_free(es_orthogonal *work) {
  if (work == NULL) return;
  es_slab_close(&work->slab);
  free(work);
}

void es_orthogonal_along(es_orthogonal *w, const double *W, double *G) {
  const size_t d = w->d, m = w->m;
  const double share = -.5 / (w->scale * w->scale);
  const int threads = es_blas_serial();
  es_gemm(true, false, d, d, m, 1, W, m, G, m, 0, w->A, d);
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i <= j; i++)
      w->A[i + j * d] = w->A[j + i * d] = w->A[i + j * d] + w->A[j + i * d];
  es_gemm(false, false, m, d, d, share, W, m, w->A, d, 1, G, m);
  es_blas_resume(threads);
}

static void multiply(double *x, size_t n, double by) {
  for (size_t k = 0; k < n; k++) x[k] *= by;
}

/* |X X^T - I|; A becomes X X^T. */
static double distance(es_orthogonal *w, const double *W) {
  double sum = 0;
  es_gemm(true, false, w->d, w->d, w->m, 1, W, w->m, W, w->m, 0, w->A, w->d);
  for (size_t k = 0; k < w->d * w->d; k++) {
    const double e = w->A[k] - (k % (w->d + 1) == 0);
    sum += e * e;
  }
  return sqrt(sum);
}

static bool iterate(es_orthogonal *w, double *W) {
  const size_t d = w->d, m = w->m;
  for (int k = 0; k < MOST; k++) {
    const double far = distance(w, W);
    if (!isfinite(far)) return false;
    if (k == 0 && far >= 1) { /* no value may be beyond sqrt(3) */
      multiply(W, d * m, 1 / es_norm(d * m, W));
      continue;
    }
    memcpy(w->X, W, d * m * sizeof *W);
    es_gemm(false, false, m, d, d, -.5, w->X, m, w->A, d, 1.5, W, m);
    if (far <= converged) return true;
  }
  return false;
}

bool es_orthogonal_retract(es_orthogonal *w, double *W) {
  const int threads = es_blas_serial();
  multiply(W, w->d * w->m, 1 / w->scale);
  const bool found = iterate(w, W);
  multiply(W, w->d * w->m, w->scale);
  es_blas_resume(threads);
  return found;
}
