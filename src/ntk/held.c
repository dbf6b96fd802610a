/* The linear model that a network is while its kernel holds: see held.h. With
 * H (m×2n) the centred features, a column a sample,
 *   Gamma = (H_1 H_2^T + H_2 H_1^T)/2n = V diag(gamma) V^T,   Z0 = W V,
 *   Z0's first d columns = U R,   s0_j = R_jj                 (theory.md 1).
 * One thread computes all of it: a prediction is the same for any number. */
#include "ntk/held.h"

#include "base/finite.h"
#include "base/order.h"
#include "linalg/linalg.h"
#include "metrics/spectra.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static es_status check_shape(size_t d, size_t m, es_diag *diag) {
  if (d >= 1 && d <= m && m <= INT_MAX / 128) return ES_OK;
  return es_fail(diag, ES_BAD_SHAPE,
                 "%zu outputs of %zu features: expected 1 or more, and no more "
                 "than features",
                 d, m);
}

/* With V and the mean, or without. */
static es_status open_slab(es_held *c, size_t d, size_t m, bool basis,
                           es_diag *diag) {
  const size_t row = m * sizeof(double);
  size_t total = 0;
  *c = (es_held){.d = d, .m = m};
  es_slab_add(&total, 1, row);
  es_slab_add(&total, d, row);
  es_slab_add(&total, d, sizeof(double));
  es_slab_add(&total, basis ? m : 0, row);
  es_slab_add(&total, basis ? 1 : 0, row);
  const es_status status = es_slab_open(&c->slab, total, diag);
  if (status != ES_OK) return status;
  c->gamma = es_slab_take(&c->slab, 1, row);
  c->Z0 = es_slab_take(&c->slab, d, row);
  c->s0 = es_slab_take(&c->slab, d, sizeof(double));
  if (!basis) return ES_OK;
  c->V = es_slab_take(&c->slab, m, row);
  c->mean = es_slab_take(&c->slab, 1, row);
  return ES_OK;
}

void es_held_free(es_held *c) {
  es_slab_close(&c->slab);
  es_slab_close(&c->spread);
  *c = (es_held){0};
}

/* gamma and V from Gamma, which V holds. What is below roundoff is Gamma's null
 * space, and exactly 0: those columns of Z never move. */
static es_status decompose(es_held *c, es_eigen *eigen, es_diag *diag) {
  const size_t m = c->m;
  if (!es_all_finite(m * m, c->V))
    return es_fail(diag, ES_NOT_FINITE,
                   "the features are not finite, or too large");
  const es_status status = es_eigen_run(eigen, m, c->V, c->gamma, true, diag);
  if (status != ES_OK) return status;
  es_eigen_falling(m, c->gamma, c->V);
  const double top = fmax(fabs(c->gamma[0]), fabs(c->gamma[m - 1]));
  for (size_t j = 0; j < m; j++)
    if (fabs(c->gamma[j]) <= (double)m * DBL_EPSILON * top) c->gamma[j] = 0;
  return ES_OK;
}

/* s0 from Z0. */
static es_status find_partner(es_held *c, es_diag *diag) {
  const size_t d = c->d;
  es_slab slab;
  size_t total = 0;
  es_slab_add(&total, d, d * sizeof(double));
  es_slab_add(&total, d, d * sizeof(double));
  es_status status = es_slab_open(&slab, total, diag);
  if (status != ES_OK) return status;
  double *Q = es_slab_take(&slab, d, d * sizeof(double));
  double *R = es_slab_take(&slab, d, d * sizeof(double));
  memcpy(Q, c->Z0, d * d * sizeof *Q);
  status = es_qr(d, d, Q, R, diag);
  for (size_t j = 0; j < d; j++) c->s0[j] = R[j + j * d];
  es_slab_close(&slab);
  return status;
}

static es_status find_start(es_held *c, const double *W, es_diag *diag) {
  const size_t d = c->d, m = c->m;
  /* Row-major d×m is column-major m×d. */
  es_gemm(true, false, d, m, m, 1, W, m, c->V, m, 0, c->Z0, d);
  if (!es_all_finite(d * m, c->Z0))
    return es_fail(diag, ES_NOT_FINITE,
                   "the last layer's weight is not "
                   "finite, or too large");
  return find_partner(c, diag);
}

/* V gets Gamma. */
static es_status find_moment(es_held *c, size_t n, const double *features,
                             es_diag *diag) {
  const size_t row = c->m * sizeof(double);
  es_slab slab;
  size_t total = 0;
  es_slab_add(&total, 2 * n, row);
  const es_status status = es_slab_open(&slab, total, diag);
  if (status != ES_OK) return status;
  double *H = es_slab_take(&slab, 2 * n, row);
  es_centre(H, c->mean, 2 * n, c->m, features);
  es_syr2k(c->m, n, .5 / (double)n, H, H + n * c->m, c->V);
  es_slab_close(&slab);
  return ES_OK;
}

es_status es_held_new(es_held *out, size_t n, size_t m, const double *features,
                      size_t d, const double *W, es_diag *diag) {
  es_eigen *eigen = NULL;
  *out = (es_held){0};
  es_status status = check_shape(d, m, diag);
  if (status == ES_OK && (n == 0 || n > INT_MAX / 2))
    status = es_fail(diag, ES_BAD_SHAPE, "%zu pairs are out of range", n);
  const int threads = es_blas_serial();
  if (status == ES_OK) status = es_eigen_new(&eigen, m, true, diag);
  if (status == ES_OK) status = open_slab(out, d, m, true, diag);
  if (status == ES_OK) status = find_moment(out, n, features, diag);
  if (status == ES_OK) status = decompose(out, eigen, diag);
  if (status == ES_OK) status = find_start(out, W, diag);
  es_blas_resume(threads);
  es_eigen_free(eigen);
  if (status != ES_OK) es_held_free(out);
  return status;
}

static es_status check_stored(size_t m, const double *gamma, size_t d,
                              const double *Z0, es_diag *diag) {
  if (!es_all_finite(m, gamma) || !es_all_finite(d * m, Z0))
    return es_fail(diag, ES_FILE_DATA, "gamma or Z0 is not finite");
  for (size_t j = 1; j < m; j++)
    if (gamma[j] > gamma[j - 1])
      return es_fail(diag, ES_FILE_DATA, "gamma rises at mode %zu", j + 1);
  return ES_OK;
}

es_status es_held_restore(es_held *out, size_t m, const double *gamma, size_t d,
                          const double *Z0, es_diag *diag) {
  *out = (es_held){0};
  es_status status = check_shape(d, m, diag);
  if (status == ES_OK) status = check_stored(m, gamma, d, Z0, diag);
  if (status == ES_OK) status = open_slab(out, d, m, false, diag);
  if (status != ES_OK) return status;
  memcpy(out->gamma, gamma, m * sizeof *gamma);
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i < d; i++) out->Z0[i + j * d] = Z0[i * m + j];
  const int threads = es_blas_serial();
  status = find_partner(out, diag);
  es_blas_resume(threads);
  if (status != ES_OK) es_held_free(out);
  return status;
}

static es_status open_spread(es_held *c, es_diag *diag) {
  const size_t row = c->m * sizeof(double);
  size_t total = 0;
  es_slab_add(&total, c->m, row);
  const es_status status = es_slab_open(&c->spread, total, diag);
  if (status == ES_OK) c->S = es_slab_take(&c->spread, c->m, row);
  return status;
}

es_status es_held_spread(es_held *c, size_t n, const double *features,
                         es_diag *diag) {
  const size_t m = c->m, row = m * sizeof(double);
  es_slab work;
  size_t total = 0;
  es_slab_add(&total, 2 * n, row);
  for (int k = 0; k < 2; k++) es_slab_add(&total, m, row);
  es_status status = es_slab_open(&work, total, diag);
  if (status == ES_OK) status = open_spread(c, diag);
  if (status == ES_OK) {
    double *H = es_slab_take(&work, 2 * n, row);
    double *Sigma = es_slab_take(&work, m, row);
    double *SV = es_slab_take(&work, m, row);
    const int threads = es_blas_serial();
    es_centre(H, c->mean, 2 * n, m, features);
    es_syrk(m, 2 * n, .5 / (double)n, H, 0, Sigma);
    es_gemm(false, false, m, m, m, 1, Sigma, m, c->V, m, 0, SV, m);
    es_gemm(true, false, m, m, m, 1, c->V, m, SV, m, 0, c->S, m);
    es_blas_resume(threads);
  }
  es_slab_close(&work);
  return status;
}

es_status es_held_restore_spread(es_held *c, const double *S, es_diag *diag) {
  if (!es_all_finite(c->m * c->m, S))
    return es_fail(diag, ES_FILE_DATA, "S is not finite");
  const es_status status = open_spread(c, diag);
  if (status == ES_OK) memcpy(c->S, S, c->m * c->m * sizeof *S);
  return status;
}

double es_held_plateau(const es_held *c, size_t j) {
  if (c->S == NULL) return 1;
  const double share = c->gamma[j] / c->S[j + j * c->m];
  return c->gamma[j] > 0 ? share * share : 0;
}

/* phi^T = V_k^T (H - mean), by blocks of samples and features that fit the
 * stack: centred before they are multiplied, so that nothing cancels. */
enum { SAMPLES = 32, FEATURES = 64 };

static void fill(double *block, const es_held *c, size_t samples,
                 size_t features, const double *h, size_t from) {
  for (size_t i = 0; i < samples; i++)
    for (size_t r = 0; r < features; r++)
      block[r + i * FEATURES] = h[i * c->m + from + r] - c->mean[from + r];
}

void es_held_functions(const es_held *c, size_t rows, const double *features,
                       size_t k, double *phi) {
  const size_t m = c->m;
  double block[FEATURES * SAMPLES];
  const int threads = es_blas_serial();
  for (size_t i = 0; i < rows && k > 0; i += SAMPLES)
    for (size_t r = 0; r < m; r += FEATURES) {
      const size_t samples = es_least(SAMPLES, rows - i);
      const size_t part = es_least(FEATURES, m - r);
      fill(block, c, samples, part, features + i * m, r);
      es_gemm(true, false, k, samples, part, 1, c->V + r, m, block, FEATURES,
              r > 0, phi + i * k, k);
    }
  es_blas_resume(threads);
}

es_status es_held_embed(const es_held *c, const double *Z, size_t rows,
                        const double *B, double *F, es_diag *diag) {
  const size_t d = c->d, m = c->m;
  double *way = es_zeroed(2 * d, m, sizeof *way);
  if (way == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  double *D = way + d * m;
  for (size_t k = 0; k < d * m; k++) way[k] = Z[k] - c->Z0[k];
  const int threads = es_blas_serial();
  es_gemm(false, true, d, m, m, 1, way, d, c->V, m, 0, D, d);
  es_gemm(false, false, d, rows, m, 1, D, d, B, m, 1, F, d);
  es_blas_resume(threads);
  free(way);
  return ES_OK;
}
