/* InfoNCE of embeddings: scratch, and the distance loss from the weights of
 * infonce_tiles.c. With H = alpha + alpha^T off the diagonal and h = H 1,
 *   dL/dz_i' = (1 - alpha_ii)(z_i' - z_i)
 *   dL/dz_i  = sum_j H_ij (z_j - z_i) - dL/dz_i',
 * where the mean of Z drops out and is taken off first. 1 - alpha_ii is the sum
 * of the other weights. */
#include "contrast/infonce_parts.h"

#include "sweep/lanes.h"

#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

/* Rows of logits that dot keeps: some 16 MB, by sixteens of strips. */
static size_t chunk_of(size_t n) {
  const size_t fits = ((size_t)1 << 21) / n / 64 * 64;
  return fits < 64 ? 64 : fits > 512 ? 512 : fits;
}

/* Tiles are kept up to this: some 5,600 pairs. */
static const double most_kept = 128e6;

/* Enough blocks for many threads, of tiles that fit a cache. */
static void cut(es_infonce *w) {
  w->edge = w->n <= 1024 ? 64 : w->n <= 2048 ? 128 : ES_INFONCE_EDGE;
  w->blocks = (w->n + w->edge - 1) / w->edge;
  w->threads = (size_t)omp_get_max_threads();
  w->chunk = chunk_of(w->n);
  w->padded =
      (w->n + ES_INFONCE_STRIP - 1) / ES_INFONCE_STRIP * ES_INFONCE_STRIP;
}

static es_status plan(es_infonce *w, es_diag *diag) {
  const size_t all = es_size_product(w->d, w->n), tile = w->edge * w->edge;
  const bool dot = w->loss == ES_INFONCE_DOT;
  const size_t logits = dot ? es_size_product(w->padded, w->chunk)
                            : es_size_product(w->threads, tile);
  const size_t rows = dot ? es_size_product(w->d, w->chunk) : all;
  const size_t tiles = w->blocks * (w->blocks + 1) / 2;
  const bool keep = !dot && 8. * (double)tiles * (double)tile <= most_kept;
  size_t total = 0;
  es_slab_add(&total, all, sizeof(double));
  es_slab_add(&total, rows, sizeof(double));
  es_slab_add(&total, logits, sizeof(double));
  if (keep) es_slab_add(&total, tiles * tile, sizeof(double));
  for (int k = 0; k < 6; k++) es_slab_add(&total, w->padded, sizeof(double));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->C = es_slab_take(&w->slab, all, sizeof(double));
  w->G = w->rows = es_slab_take(&w->slab, rows, sizeof(double));
  w->tile = es_slab_take(&w->slab, logits, sizeof(double));
  if (keep) w->kept = es_slab_take(&w->slab, tiles * tile, sizeof(double));
  double **const vectors[] = {&w->h, &w->pair, &w->m, &w->rest, &w->f, &w->sum};
  for (int k = 0; k < 6; k++)
    *vectors[k] = es_slab_take(&w->slab, w->padded, sizeof(double));
  for (size_t i = w->n; i < w->padded; i++) w->h[i] = ES_INFONCE_NONE;
  return ES_OK;
}

es_status es_infonce_new(es_infonce **out, size_t d, size_t n,
                         es_infonce_loss loss, double temperature,
                         es_diag *diag) {
  es_simd simd = ES_SIMD_NONE;
  *out = NULL;
  if (d == 0 || n == 0 || d > INT_MAX || n > INT_MAX - ES_INFONCE_STRIP)
    return es_fail(diag, ES_BAD_SHAPE, "infonce of %zu pairs in %zu dimensions",
                   n, d);
  es_infonce *w = calloc(1, sizeof *w);
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_simd_choose(&simd, "auto", diag);
  w->loss = loss;
  w->temperature = temperature;
  w->d = d;
  w->n = n;
  cut(w);
  w->kernel = es_infonce_kernel_of((int)simd);
  if (status == ES_OK) status = plan(w, diag);
  if (status != ES_OK) {
    es_infonce_free(w);
    return status;
  }
  *out = w;
  return ES_OK;
}

void es_infonce_free(es_infonce *w) {
  if (w == NULL) return;
  es_slab_close(&w->slab);
  free(w->spare);
  free(w);
}

double es_infonce_centre(es_infonce *w, const double *Z) {
  const size_t d = w->d, n = w->n;
  double *mean = w->G, most = 0; /* G is free until it is filled */
  for (size_t k = 0; k < d; k++) mean[k] = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < d; k++) mean[k] += Z[k + i * d];
  for (size_t k = 0; k < d; k++) mean[k] /= (double)n;
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n; i++) {
    double square = 0;
    for (size_t k = 0; k < d; k++) {
      const double c = Z[k + i * d] - mean[k];
      w->C[k + i * d] = c;
      square += c * c;
    }
    w->h[i] = square / 2;
  }
  for (size_t i = 0; i < n; i++) {
    if (!(w->h[i] <= ES_INFONCE_LARGEST)) return NAN;
    most = fmax(most, w->h[i]);
  }
  return most;
}

/* ln(1 + rest/e), e = exp(pair - shift), also where e is next to nothing. */
double es_infonce_row_loss(double pair, double shift, double rest) {
  const double by = pair - shift;
  return by > -600 ? log1p(rest * exp(-by)) : log(rest + exp(by)) - by;
}

static void finish(es_infonce *w, const double *Z, const double *Zp, double *dZ,
                   double *dZp) {
  const size_t d = w->d;
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < w->n; i++) {
    const double apart = w->rest[i] * w->f[i], h = w->sum[i];
    for (size_t k = i * d; k < (i + 1) * d; k++) {
      const double own = apart * (Zp[k] - Z[k]);
      dZp[k] = own;
      dZ[k] = (w->G[k] - h * w->C[k]) - own;
    }
  }
}

es_status es_infonce_gradient(es_infonce *w, const double *Z, const double *Zp,
                              double *loss, double *dZ, double *dZp) {
  if (w->loss == ES_INFONCE_DOT) return es_infonce_dot(w, Z, Zp, loss, dZ, dZp);
  const es_status status = es_infonce_sums(w, Z, Zp);
  if (status != ES_OK) return status;
  double sum = 0;
  for (size_t i = 0; i < w->n; i++)
    sum += es_infonce_row_loss(w->pair[i], w->m[i], w->rest[i]);
  *loss = sum;
  if (dZ == NULL) return ES_OK;
  es_infonce_apply(w, w->d, w->C, w->G);
  finish(w, Z, Zp, dZ, dZp);
  return ES_OK;
}
