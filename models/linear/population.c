/* The Gaussian population flow of matrices: see population.h. With T = W C and
 * Cholesky's factor of I + S, S = T W^T,
 *   Y = (I+S)^-1 T = W P,   (I+S)^-1 Y = W P C^-1 P,
 *   P = C - T^T Y,   P C^-1 P = P - P W^T W P = P - Y^T Y,
 * so that neither C^-1 nor a root of C is needed, and a push costs W C, W A and
 * what d^2 m does: 2 d m^2 multiplications where d is small beside m. */
#include "models/linear/population.h"

#include "base/slab.h"
#include "base/sums.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct es_population {
  size_t d, m;
  const double *C, *A; /* m×m, borrowed */
  es_slab slab;
  double *T, *Y;    /* d×m */
  double *L;        /* d×d: I + S, then its factor */
  double *diagonal; /* d: of S */
};

es_status es_population_new(es_population **out, size_t d, size_t m,
                            const double *C, const double *A, es_diag *diag) {
  *out = NULL;
  if (d == 0 || m == 0)
    return es_fail(diag, ES_BAD_SHAPE, "a map of %zu rows and %zu columns", d,
                   m);
  es_population *w = calloc(1, sizeof *w);
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  *w = (es_population){.d = d, .m = m, .C = C, .A = A};
  const size_t dm = es_size_product(d, m), dd = es_size_product(d, d);
  size_t total = 0;
  es_slab_add(&total, dm, sizeof *w->T);
  es_slab_add(&total, dm, sizeof *w->Y);
  es_slab_add(&total, dd, sizeof *w->L);
  es_slab_add(&total, d, sizeof *w->diagonal);
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) {
    es_population_free(w);
    return status;
  }
  w->T = es_slab_take(&w->slab, dm, sizeof *w->T);
  w->Y = es_slab_take(&w->slab, dm, sizeof *w->Y);
  w->L = es_slab_take(&w->slab, dd, sizeof *w->L);
  w->diagonal = es_slab_take(&w->slab, d, sizeof *w->diagonal);
  *out = w;
  return ES_OK;
}

void es_population_free(es_population *work) {
  if (work == NULL) return;
  es_slab_close(&work->slab);
  free(work);
}

/* T, Y, the factor and the diagonal of S. */
static es_status solve(es_population *w, const double *W) {
  const size_t d = w->d, m = w->m;
  es_gemm(false, false, d, m, m, 1, W, d, w->C, m, 0, w->T, d);
  es_gemm(false, true, d, d, m, 1, w->T, d, W, d, 0, w->L, d);
  for (size_t j = 0; j < d; j++) {
    w->diagonal[j] = w->L[j + j * d];
    w->L[j + j * d] += 1;
    if (!isfinite(w->diagonal[j])) return ES_NOT_FINITE;
  }
  memcpy(w->Y, w->T, d * m * sizeof *w->Y);
  return es_cholesky_solve(d, w->L, m, w->Y) == ES_OK ? ES_OK : ES_NOT_FINITE;
}

/* ln det(I+S) from the pivots less one, S_jj - sum_k L_jk^2, which keep their
 * digits where S is small. */
static double log_determinant(const es_population *w) {
  const size_t d = w->d;
  double sum = 0;
  for (size_t k = 0; k < d; k++)
    for (size_t j = k + 1; j < d; j++)
      w->diagonal[j] -= w->L[j + k * d] * w->L[j + k * d];
  for (size_t j = 0; j < d; j++) sum += log1p(fmax(w->diagonal[j], 0));
  return sum;
}

es_status es_population_push(es_population *w, const double *W, double *G,
                             double *loss) {
  const size_t d = w->d, m = w->m, n = d * m;
  const es_status status = solve(w, W);
  if (status != ES_OK) return status;
  es_gemm(false, false, d, m, m, 1, W, d, w->A, m, 0, w->T, d); /* W A */
  if (loss != NULL)
    *loss = (es_dot(n, w->T, W) - log_determinant(w) - es_dot(n, w->Y, W)) / 2;
  memcpy(G, w->Y, n * sizeof *G);
  es_cholesky_again(d, w->L, m, G);
  bool finite = true;
  for (size_t i = 0; i < n; i++) {
    G[i] += w->Y[i] - w->T[i];
    finite = finite && isfinite(G[i]);
  }
  return finite ? ES_OK : ES_NOT_FINITE;
}

es_status es_population_x(es_population *w, const double *W, double *X) {
  const size_t d = w->d, m = w->m;
  const es_status status = solve(w, W);
  if (status != ES_OK) return status;
  memcpy(X, w->C, m * m * sizeof *X);
  es_gemm(true, false, m, m, d, -2, w->T, d, w->Y, d, 2, X, m);
  es_gemm(true, false, m, m, d, -1, w->Y, d, w->Y, d, 1, X, m);
  bool finite = true;
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i <= j; i++) {
      X[i + j * m] -= w->A[i + j * m];
      X[j + i * m] = X[i + j * m];
      finite = finite && isfinite(X[i + j * m]);
    }
  return finite ? ES_OK : ES_NOT_FINITE;
}
