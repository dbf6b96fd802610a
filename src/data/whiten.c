/* Whitening of views: see whiten.h. With V the top eigenvectors of X and d its
 * eigenvalues there, R = V^T (X + X') V = Q L Q^T and B = Q L^(-1/2), the
 * eigenproblem of B^T diag(d) B = P diag(rho) P^T gives A = (V B P)^T. Only R,
 * of order dims, is divided by; no moment is squared. */
#include "data/whiten.h"

#include "base/finite.h"
#include "data/moments.h"
#include "linalg/linalg.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum scaling { SCALE_NONE, SCALE_SUM, SCALE_DATA } scaling;

typedef struct work {
  const es_config *config;
  scaling scaling;
  size_t m, dims;
  es_slab slab;
  double *V, *d;     /* m×m and m: eigenvectors of X, falling */
  double *S;         /* m×m: X + X' */
  double *T;         /* m×dims */
  double *R, *B, *Q; /* dims×dims */
  double *l;         /* dims */
} work;

static scaling scaling_of(const es_config *config) {
  if (es_config_is(config, "data", "whiten", "sum")) return SCALE_SUM;
  return es_config_is(config, "data", "whiten", "data") ? SCALE_DATA
                                                        : SCALE_NONE;
}

static bool asks_dims(const es_config *config, bool own_dims) {
  return !own_dims && es_config_has(config, "data", "dims");
}

bool es_whiten_wanted(const es_config *config, bool own_dims) {
  return scaling_of(config) != SCALE_NONE || asks_dims(config, own_dims);
}

static es_status blame(const work *w, size_t most, const char *what,
                       es_diag *diag) {
  if (es_config_has(w->config, "data", "dims"))
    return es_config_blame(w->config, "data", "dims", diag,
                           "%s: expected a whole number in [1, %zu]", what,
                           most);
  return es_fail(diag, ES_BAD_VALUE,
                 "data.dims is not set: %s: expected a whole number in [1, "
                 "%zu]",
                 what, most);
}

static es_status size_up(work *w, const es_dataset *set, bool own_dims,
                         es_diag *diag) {
  w->m = w->dims = es_dataset_dim(set);
  if (asks_dims(w->config, own_dims))
    w->dims = es_config_size(w->config, "data", "dims");
  if (w->m > ES_WHITEN_VALUES)
    return es_fail(diag, ES_BAD_VALUE,
                   "data.size: views have %zu values, and data.dims and "
                   "data.whiten take at most %d",
                   w->m, ES_WHITEN_VALUES);
  return w->dims <= w->m ? ES_OK
                         : blame(w, w->m, "views have so many values", diag);
}

static es_status plan(work *w, es_diag *diag) {
  const size_t wide = w->m * sizeof(double), few = w->dims * sizeof(double);
  size_t total = 0;
  for (int k = 0; k < 2; k++) es_slab_add(&total, w->m, wide);
  es_slab_add(&total, w->dims, wide);
  for (int k = 0; k < 3; k++) es_slab_add(&total, w->dims, few);
  es_slab_add(&total, 1, wide);
  es_slab_add(&total, 1, few);
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  double **const square[] = {&w->R, &w->B, &w->Q};
  w->V = es_slab_take(&w->slab, w->m, wide);
  w->S = es_slab_take(&w->slab, w->m, wide);
  w->T = es_slab_take(&w->slab, w->dims, wide);
  for (int k = 0; k < 3; k++) *square[k] = es_slab_take(&w->slab, w->dims, few);
  w->d = es_slab_take(&w->slab, 1, wide);
  w->l = es_slab_take(&w->slab, 1, few);
  return ES_OK;
}

/* V becomes X, and S and the mean what they are. */
static es_status measure_pairs(work *w, const es_dataset *set, bool center,
                               double *mean, const es_progress *progress,
                               es_diag *diag) {
  es_moments moments;
  const es_status status =
      es_moments_new(&moments, set, center, progress, diag);
  if (status != ES_OK) return status;
  memcpy(w->V, moments.Gamma, w->m * w->m * sizeof *w->V);
  memcpy(w->S, moments.Sigma, w->m * w->m * sizeof *w->S);
  memcpy(mean, moments.mean, w->m * sizeof *mean);
  es_moments_free(&moments);
  return ES_OK;
}

static es_status measure_views(work *w, const es_dataset *set, bool center,
                               double *mean, const es_progress *progress,
                               es_diag *diag) {
  es_view_moments moments;
  const size_t views = es_config_size(w->config, "data", "views");
  const es_status status =
      es_view_moments_new(&moments, set, views, center, progress, diag);
  if (status != ES_OK) return status;
  memcpy(w->V, moments.X, w->m * w->m * sizeof *w->V);
  for (size_t k = 0; k < w->m * w->m; k++)
    w->S[k] = moments.X[k] + moments.Xp[k];
  memcpy(mean, moments.mean, w->m * sizeof *mean);
  es_view_moments_free(&moments);
  return ES_OK;
}

static es_status measure(work *w, const es_dataset *set, double *mean,
                         const es_progress *progress, es_diag *diag) {
  const bool center = es_config_flag(w->config, "data", "center");
  const bool fixed = es_config_is(w->config, "data", "pairs", "fixed");
  const es_status status =
      fixed ? measure_pairs(w, set, center, mean, progress, diag)
            : measure_views(w, set, center, mean, progress, diag);
  if (status == ES_OK && !center) memset(mean, 0, w->m * sizeof *mean);
  return status;
}

/* How many of the falling eigenvalues d are above the roundoff of the first. */
static size_t above_roundoff(size_t m, const double *d) {
  size_t n = 0;
  while (n < m && d[n] > (double)m * DBL_EPSILON * d[0]) n++;
  return n;
}

static es_status find_directions(work *w, es_diag *diag) {
  const es_status status = es_eigen_symmetric(w->m, w->V, w->d, true, diag);
  if (status != ES_OK) return status;
  es_eigen_falling(w->m, w->d, w->V);
  const size_t most = above_roundoff(w->m, w->d);
  if (w->scaling == SCALE_NONE || w->dims <= most) return ES_OK;
  if (most == 0)
    return es_fail(diag, ES_BAD_VALUE,
                   "data.whiten: views of an image share no direction");
  return blame(w, most,
               "so few directions that views of an image share have a variance "
               "above roundoff",
               diag);
}

/* Eigenvectors (falling) of A (k×k) in place, values in l. */
static es_status eigen(work *w, double *A, es_diag *diag) {
  const es_status status = es_eigen_symmetric(w->dims, A, w->l, true, diag);
  if (status == ES_OK) es_eigen_falling(w->dims, w->l, A);
  return status;
}

static void scale_columns(size_t n, double *A, const double *l) {
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++) A[i + j * n] /= sqrt(l[j]);
}

/* B = V^T A^T: columns in the basis of X's eigenvectors. */
static es_status scale(work *w, es_diag *diag) {
  const size_t m = w->m, n = w->dims;
  es_gemm(false, false, m, n, m, 1, w->S, m, w->V, m, 0, w->T, m);
  es_gemm(true, false, n, n, m, 1, w->V, m, w->T, m, 0, w->R, n);
  es_status status = eigen(w, w->R, diag);
  if (status != ES_OK) return status;
  /* X' adds to X: the least is at least X's own, which is above roundoff. */
  scale_columns(n, w->R, w->l);
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++) w->B[i + j * n] = w->d[i] * w->R[i + j * n];
  es_gemm(true, false, n, n, n, 1, w->R, n, w->B, n, 0, w->Q, n);
  status = eigen(w, w->Q, diag);
  if (status != ES_OK) return status;
  if (w->scaling == SCALE_DATA) scale_columns(n, w->Q, w->l);
  es_gemm(false, false, n, n, n, 1, w->R, n, w->Q, n, 0, w->B, n);
  return ES_OK;
}

/* Makes the largest entry of each row of A positive. */
static void point_rows(es_whiten *out) {
  for (size_t r = 0; r < out->dims; r++) {
    double top = 0;
    for (size_t j = 0; j < out->m; j++) {
      const double x = out->A[r + j * out->dims];
      if (fabs(x) > fabs(top)) top = x;
    }
    for (size_t j = 0; top < 0 && j < out->m; j++)
      out->A[r + j * out->dims] = -out->A[r + j * out->dims];
  }
}

static void make_rows(const work *w, es_whiten *out) {
  const size_t m = w->m, n = w->dims;
  if (w->scaling != SCALE_NONE)
    es_gemm(true, true, n, m, n, 1, w->B, n, w->V, m, 0, out->A, n);
  else
    for (size_t j = 0; j < m; j++)
      for (size_t r = 0; r < n; r++) out->A[r + j * n] = w->V[j + r * m];
  point_rows(out);
}

static es_status check_finite(const es_whiten *out, es_diag *diag) {
  return es_all_finite(out->m * out->dims, out->A)
             ? ES_OK
             : es_fail(diag, ES_NOT_FINITE,
                       "the directions of data.whiten are not finite: the "
                       "data's values are too large");
}

static es_whiten *allocate(size_t m, size_t dims) {
  es_whiten *out = calloc(1, sizeof *out);
  if (out == NULL) return NULL;
  *out = (es_whiten){m, dims, es_zeroed(m, dims, sizeof(double)),
                     es_zeroed(m, 1, sizeof(double))};
  if (out->A != NULL && out->mean != NULL) return out;
  es_whiten_free(out);
  return NULL;
}

static es_status no_memory(size_t m, es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for directions of %zu values",
                 m);
}

es_status es_whiten_new(es_whiten **out, const es_dataset *set, bool own_dims,
                        const es_config *config, const es_progress *progress,
                        es_diag *diag) {
  work w = {.config = config, .scaling = scaling_of(config)};
  *out = NULL;
  const int before = es_blas_serial();
  es_status status = size_up(&w, set, own_dims, diag);
  if (status == ES_OK) status = plan(&w, diag);
  if (status == ES_OK && (*out = allocate(w.m, w.dims)) == NULL)
    status = no_memory(w.m, diag);
  if (status == ES_OK) status = measure(&w, set, (*out)->mean, progress, diag);
  if (status == ES_OK) status = find_directions(&w, diag);
  if (status == ES_OK && w.scaling != SCALE_NONE) status = scale(&w, diag);
  if (status == ES_OK) make_rows(&w, *out);
  if (status == ES_OK) status = check_finite(*out, diag);
  es_blas_resume(before);
  es_slab_close(&w.slab);
  if (status == ES_OK) return ES_OK;
  es_whiten_free(*out);
  *out = NULL;
  return status;
}

es_status es_whiten_blank(es_whiten **out, const es_dataset *set, bool own_dims,
                          const es_config *config, es_diag *diag) {
  work w = {.config = config};
  *out = NULL;
  const es_status status = size_up(&w, set, own_dims, diag);
  if (status != ES_OK) return status;
  *out = allocate(w.m, w.dims);
  return *out == NULL ? no_memory(w.m, diag) : ES_OK;
}

void es_whiten_free(es_whiten *whiten) {
  if (whiten == NULL) return;
  free(whiten->A);
  free(whiten->mean);
  free(whiten);
}

/* Rows together, so that each is a sum in the order of the values. */
void es_whiten_apply(const es_whiten *whiten, const double *x, double *y) {
  const size_t n = whiten->dims;
  memset(y, 0, n * sizeof *y);
  for (size_t j = 0; j < whiten->m; j++) {
    const double value = x[j] - whiten->mean[j], *column = whiten->A + j * n;
    for (size_t r = 0; r < n; r++) y[r] += column[r] * value;
  }
}

es_whiten *es_whiten_copy(const es_whiten *whiten) {
  es_whiten *out = allocate(whiten->m, whiten->dims);
  if (out == NULL) return NULL;
  memcpy(out->A, whiten->A, whiten->m * whiten->dims * sizeof *out->A);
  memcpy(out->mean, whiten->mean, whiten->m * sizeof *out->mean);
  return out;
}

#define BASIS "/train/whiten/basis"
#define MEAN "/train/whiten/mean"

es_status es_whiten_save(const es_whiten *whiten, es_h5 *file, es_diag *diag) {
  const size_t dims[2] = {whiten->m, whiten->dims};
  const es_status status = es_h5_write(file, BASIS, whiten->A, dims, 2, diag);
  return status == ES_OK ? es_h5_write(file, MEAN, whiten->mean, dims, 1, diag)
                         : status;
}

es_status es_whiten_load(es_whiten **out, es_h5_source *file, es_diag *diag) {
  size_t dims[4], rank;
  *out = NULL;
  if (!es_h5_has(file, BASIS)) return ES_OK;
  es_status status = es_h5_shape(file, BASIS, dims, &rank, diag);
  if (status != ES_OK) return status;
  if (rank != 2 || dims[0] > ES_WHITEN_VALUES || dims[1] > dims[0] ||
      dims[1] == 0)
    return es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                        BASIS " is no matrix of at most %d rows, and of no "
                              "more columns",
                        ES_WHITEN_VALUES);
  *out = allocate(dims[0], dims[1]);
  if (*out == NULL) return no_memory(dims[0], diag);
  status = es_h5_read(file, BASIS, (*out)->A, dims, 2, diag);
  if (status == ES_OK)
    status = es_h5_read(file, MEAN, (*out)->mean, dims, 1, diag);
  if (status == ES_OK) return ES_OK;
  es_whiten_free(*out);
  *out = NULL;
  return status;
}
