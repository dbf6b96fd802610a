/* Spaces of functions: see subspace.h. Components are found from the d×d
 * covariance, and made orthonormal at the points afterwards. */
#include "metrics/subspace.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>

static const double dead = 1e-6; /* of the first deviation */

/* Z (n×d, column-major) = x less the means; the length of the longest column.
 */
static double centre(double *Z, size_t n, size_t d, const double *x) {
  double longest = 0;
  for (size_t j = 0; j < d; j++) {
    double mean = 0;
    for (size_t i = 0; i < n; i++)
      mean += (x[i * d + j] - x[j]) / (double)n; /* constant: exactly 0 */
    for (size_t i = 0; i < n; i++) Z[i + j * n] = x[i * d + j] - x[j] - mean;
    const double length = es_norm(n, Z + j * n);
    if (length > longest || isnan(length)) longest = length;
  }
  return longest;
}

/* The same with a length whose square is in the range of double: spaces do not
 * know of sizes, and a power of two changes no bit. */
static es_status fill(double *Z, size_t n, size_t d, const double *x,
                      es_diag *diag) {
  enum { SAFE = 400 };
  const double longest = centre(Z, n, d, x);
  if (!isfinite(longest))
    return es_fail(diag, ES_NOT_FINITE,
                   "functions are not finite, or too large");
  const int power = longest > 0 ? ilogb(longest) : 0;
  if (abs(power) <= SAFE) return ES_OK;
  for (size_t i = 0; i < n * d; i++) Z[i] = ldexp(Z[i], -power);
  return ES_OK;
}

/* P (n×most) = the largest components of Z, *k of them alive; V is d×d. */
static es_status find_components(double *P, size_t *k, size_t n, size_t d,
                                 const double *Z, size_t most, double *V,
                                 double *values, es_diag *diag) {
  es_gemm(true, false, d, d, n, 1, Z, n, Z, n, 0, V, d);
  const es_status status = es_eigen_symmetric(d, V, values, true, diag);
  if (status != ES_OK) return status;
  es_eigen_falling(d, values, V);
  for (*k = 0; *k < most && values[*k] > dead * dead * values[0];) ++*k;
  if (*k > 0) es_gemm(false, false, n, *k, d, 1, Z, n, V, d, 0, P, n);
  for (size_t j = 0; j < *k; j++)
    for (size_t i = 0; i < n; i++) P[i + j * n] /= sqrt(values[j]);
  return ES_OK;
}

/* Gram-Schmidt, twice over, which leaves no part along the ones before. along:
 * numbers for as many columns. */
static void orthogonalise(double *P, size_t *k, size_t n, size_t columns,
                          double *along) {
  double longest = 0;
  for (size_t j = 0; j < columns; j++)
    longest = fmax(longest, es_norm(n, P + j * n));
  *k = 0;
  for (size_t j = 0; j < columns; j++) {
    double *q = P + *k * n;
    for (size_t i = 0; i < n; i++) q[i] = P[i + j * n];
    for (size_t pass = 0; pass < 2 && *k > 0; pass++) {
      es_gemm(true, false, *k, 1, n, 1, P, n, q, n, 0, along, *k);
      es_gemm(false, false, n, 1, *k, -1, P, n, along, *k, 1, q, n);
    }
    const double length = es_norm(n, q);
    if (!(length > dead * longest)) continue;
    for (size_t i = 0; i < n; i++) q[i] /= length;
    ++*k;
  }
}

es_status es_subspace_basis(double *Q, size_t *k, size_t n, size_t d,
                            const double *x, size_t most,
                            es_subspace_first first, es_diag *diag) {
  es_slab slab;
  size_t total = 0;
  *k = 0;
  if (n < 2 || d == 0 || most == 0)
    return es_fail(diag, ES_BAD_SHAPE,
                   "%zu functions at %zu points span no space", d, n);
  es_slab_add(&total, es_size_product(n, d), sizeof(double));
  es_slab_add(&total, es_size_product(d, d), sizeof(double));
  es_slab_add(&total, d, sizeof(double));
  es_status status = es_slab_open(&slab, total, diag);
  if (status != ES_OK) return status;
  double *Z = es_slab_take(&slab, n * d, sizeof(double));
  double *V = es_slab_take(&slab, d * d, sizeof(double));
  double *values = es_slab_take(&slab, d, sizeof(double));
  const size_t columns = most < d ? most : d;
  const int threads = es_blas_serial();
  status = fill(Z, n, d, x, diag);
  if (status == ES_OK && first == ES_FIRST_COMPONENTS)
    status = find_components(Q, k, n, d, Z, columns, V, values, diag);
  else if (status == ES_OK)
    for (size_t i = 0; i < n * columns; i++) Q[i] = Z[i];
  if (status == ES_OK)
    orthogonalise(Q, k, n, first == ES_FIRST_COMPONENTS ? *k : columns, values);
  es_blas_resume(threads);
  es_slab_close(&slab);
  return status;
}

double es_subspace_shared(size_t n, size_t p, const double *P, size_t q,
                          const double *Q) {
  enum { BLOCK = 16 };
  double dot[BLOCK * BLOCK], sum = 0;
  const int threads = es_blas_serial();
  for (size_t a = 0; a < p; a += BLOCK)
    for (size_t b = 0; b < q; b += BLOCK) {
      const size_t rows = p - a < BLOCK ? p - a : BLOCK,
                   cols = q - b < BLOCK ? q - b : BLOCK;
      es_gemm(true, false, rows, cols, n, 1, P + a * n, n, Q + b * n, n, 0, dot,
              rows);
      for (size_t i = 0; i < rows * cols; i++) sum += dot[i] * dot[i];
    }
  es_blas_resume(threads);
  return sum;
}

es_status es_subspace_alignment(double *out, size_t n, size_t d,
                                const double *A, const double *B,
                                es_diag *diag) {
  double *P = es_zeroed(n, d, sizeof *P), *Q = es_zeroed(n, d, sizeof *Q);
  size_t p, q;
  es_status status = P == NULL || Q == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory for a space")
                         : ES_OK;
  if (status == ES_OK)
    status = es_subspace_basis(P, &p, n, d, A, d, ES_FIRST_COMPONENTS, diag);
  if (status == ES_OK)
    status = es_subspace_basis(Q, &q, n, d, B, d, ES_FIRST_COMPONENTS, diag);
  if (status == ES_OK) *out = es_subspace_shared(n, p, P, q, Q) / (double)d;
  free(P);
  free(Q);
  return status;
}
