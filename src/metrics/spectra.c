/* Spectra of representations: see spectra.h. A row-major matrix of samples
 * n×d is a column-major d×n one, Z, whose columns are samples: the moments are
 * Z Z^T and Z_1 Z_2^T without a transpose.
 *
 * Centring: the first row is taken from all n of them before they are summed,
 * and the mean of what is left after it. A constant representation is 0 to the
 * last bit then, and how large the mean is does not matter: that sum is wrong
 * by n u max|z - z_1| <= 2 n u (n C_jj)^(1/2) a row, which changes C_jj by the
 * square, 4 n^3 u^2 C_jj, under 1e-16 C_jj for 10^5 rows.
 *
 * OpenBLAS's products and LAPACK's eigenvalues change in the last bits with the
 * number of threads (measured: products from order 100, eigenvalues from 10),
 * so everything runs on one: 2048×512 takes 25 ms. */
#include "metrics/spectra.h"

#include "base/finite.h"
#include "base/slab.h"
#include "linalg/linalg.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct es_spectra {
  size_t rows, width;
  es_slab slab;
  es_eigen *eigen;
  double *Z;      /* width×rows: centred samples */
  double *mean;   /* width */
  double *C;      /* width×width; then its eigenvectors */
  double *A, *CA; /* width×width: a_j as columns, and C a_j */
};

static es_status open_slab(es_spectra *w, es_diag *diag) {
  const size_t column = w->width * sizeof(double);
  size_t total = 0;
  es_slab_add(&total, w->rows, column);
  es_slab_add(&total, 1, column);
  for (int i = 0; i < 3; i++) es_slab_add(&total, w->width, column);
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->Z = es_slab_take(&w->slab, w->rows, column);
  w->mean = es_slab_take(&w->slab, 1, column);
  w->C = es_slab_take(&w->slab, w->width, column);
  w->A = es_slab_take(&w->slab, w->width, column);
  w->CA = es_slab_take(&w->slab, w->width, column);
  return ES_OK;
}

es_status es_spectra_new(es_spectra **out, size_t rows, size_t width,
                         es_diag *diag) {
  *out = NULL;
  if (rows == 0 || width == 0 || rows > INT_MAX)
    return es_fail(diag, ES_BAD_SHAPE,
                   "%zu samples of %zu values are out of range", rows, width);
  es_spectra *w = calloc(1, sizeof *w);
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  w->rows = rows;
  w->width = width;
  es_status status = es_eigen_new(&w->eigen, width, true, diag);
  if (status == ES_OK) status = open_slab(w, diag);
  if (status == ES_OK)
    *out = w;
  else
    es_spectra_free(w);
  return status;
}

void es_spectra_free(es_spectra *work) {
  if (work == NULL) return;
  es_eigen_free(work->eigen);
  es_slab_close(&work->slab);
  free(work);
}

/* rows: 2n where samples are pairs, 0 where they overflow. */
static es_status check_shape(const es_spectra *w, size_t rows, size_t d,
                             es_diag *diag) {
  if (rows >= 1 && rows <= w->rows && d >= 1 && d <= w->width) return ES_OK;
  return es_fail(diag, ES_BAD_SHAPE,
                 "%zu samples of %zu values where 1 to %zu of 1 to %zu were "
                 "planned",
                 rows, d, w->rows, w->width);
}

static size_t twice(size_t n) { return n <= SIZE_MAX / 2 ? 2 * n : 0; }

void es_centre(double *restrict out, double *restrict mean, size_t rows,
               size_t d, const double *z) {
  memset(mean, 0, d * sizeof *mean);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < d; j++) {
      out[i * d + j] = z[i * d + j] - z[j];
      mean[j] += out[i * d + j];
    }
  for (size_t j = 0; j < d; j++) mean[j] /= (double)rows;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < d; j++) out[i * d + j] -= mean[j];
  for (size_t j = 0; j < d; j++) mean[j] += z[j];
}

static es_status check_finite(const double *x, size_t n, es_diag *diag) {
  return es_all_finite(n, x)
             ? ES_OK
             : es_fail(diag, ES_NOT_FINITE,
                       "the representation is not finite, or too large");
}

/* C of the pairs in Z: (Z_1 Z_2^T + Z_2 Z_1^T)/2n. */
static void cross(es_spectra *w, size_t n, size_t d) {
  es_syr2k(d, n, .5 / (double)n, w->Z, w->Z + n * d, w->C);
}

/* Falling eigenvalues of C, which becomes its eigenvectors. */
static es_status eigen(es_spectra *w, size_t d, double *values, bool vectors,
                       es_diag *diag) {
  es_status status = check_finite(w->C, d * d, diag);
  if (status == ES_OK)
    status = es_eigen_run(w->eigen, d, w->C, values, vectors, diag);
  if (status == ES_OK) es_eigen_falling(d, values, vectors ? w->C : NULL);
  return status;
}

es_status es_spectra_cross(es_spectra *w, size_t n, size_t d, const double *z,
                           double *values, double *vectors, es_diag *diag) {
  es_status status = check_shape(w, twice(n), d, diag);
  if (status != ES_OK) return status;
  const int threads = es_blas_serial();
  es_centre(w->Z, w->mean, 2 * n, d, z);
  cross(w, n, d);
  status = eigen(w, d, values, vectors != NULL, diag);
  es_blas_resume(threads);
  /* Columns here are the caller's rows. */
  if (status == ES_OK && vectors != NULL)
    memcpy(vectors, w->C, d * d * sizeof *vectors);
  return status;
}

es_status es_spectra_covariance(es_spectra *w, size_t rows, size_t d,
                                const double *z, double *values,
                                es_diag *diag) {
  es_status status = check_shape(w, rows, d, diag);
  if (status != ES_OK) return status;
  const int threads = es_blas_serial();
  es_centre(w->Z, w->mean, rows, d, z);
  es_syrk(d, rows, 1 / (double)rows, w->Z, 0, w->C);
  status = eigen(w, d, values, false, diag);
  es_blas_resume(threads);
  for (size_t j = 0; status == ES_OK && j < d; j++)
    if (values[j] < 0) values[j] = 0;
  return status;
}

/* a_j as columns of A: (1/2n) (Z_1 Phi_2^T + Z_2 Phi_1^T); and C A. */
static void project(es_spectra *w, size_t n, size_t d, size_t k,
                    const double *phi) {
  const double share = .5 / (double)n;
  es_gemm(false, true, d, k, n, share, w->Z, d, phi + n * k, k, 0, w->A, d);
  es_gemm(false, true, d, k, n, share, w->Z + n * d, d, phi, k, 1, w->A, d);
  es_gemm(false, false, d, k, d, 1, w->C, d, w->A, d, 0, w->CA, d);
}

/* along and overlap of one function from a_j and C a_j. */
static void share_of(double *along, double *overlap, size_t d, const double *a,
                     const double *Ca, double gamma) {
  const double norm = es_norm(d, a);
  double variance = 0; /* of the embedding in the direction of a */
  for (size_t i = 0; i < d && norm > 0; i++)
    variance += a[i] / norm * (Ca[i] / norm);
  *along = gamma > 0 ? norm / gamma * norm : NAN;
  *overlap = variance > 0 ? *along / variance : NAN;
}

es_status es_spectra_along(es_spectra *w, size_t n, size_t d, size_t k,
                           const double *z, const double *phi,
                           const double *gamma, double *along, double *overlap,
                           es_diag *diag) {
  es_status status = check_shape(w, twice(n), d, diag);
  if (status != ES_OK) return status;
  if (k > w->width)
    return es_fail(diag, ES_BAD_SHAPE,
                   "%zu functions where up to %zu were planned", k, w->width);
  if (k == 0) return ES_OK;
  const int threads = es_blas_serial();
  es_centre(w->Z, w->mean, 2 * n, d, z);
  cross(w, n, d);
  project(w, n, d, k, phi);
  status = check_finite(w->C, d * d, diag);
  if (status == ES_OK) status = check_finite(w->A, d * k, diag);
  for (size_t j = 0; status == ES_OK && j < k; j++)
    share_of(along + j, overlap + j, d, w->A + j * d, w->CA + j * d, gamma[j]);
  es_blas_resume(threads);
  return status;
}
