/* The dot loss, whose logits are not symmetric: rows of them by chunks. Taking
 * the mean off Z' moves all logits of a row alike, which no weight sees.
 *   dL/dz_i  = sum_j (alpha_ij - delta_ij) z_j'/temperature
 *   dL/dz_j' = sum_i (alpha_ij - delta_ij) z_i/temperature,
 * with -sum over k != i of alpha_ik for alpha_ii - 1. A column of the chunk A
 * holds a row of logits, then its weights times their sum. Panels are those of
 * the chunk and of n, not of the threads: the bits do not depend on them. */
#include "contrast/infonce_parts.h"

#include "base/order.h"
#include "linalg/linalg.h"

#include <math.h>
#include <string.h>

enum { PANELS = 8 };

/* Logits and weights of anchors `from` to `to`, which stand in A from column
 * `at` on, and dL/dz_i unless dZ is NULL; false where a logit is not finite. */
static bool fill(es_infonce *w, const double *Z, size_t from, size_t to,
                 size_t at, double *dZ) {
  const size_t d = w->d, n = w->n, ld = w->padded, count = to - from;
  double *A = w->tile + at * ld;
  es_gemm(true, false, n, count, d, 1 / w->temperature, w->C, d, Z + from * d,
          d, 0, A, ld);
  for (size_t c = 0; c < count; c++) {
    const size_t i = from + c;
    double *a = A + c * ld;
    for (size_t k = n; k < ld; k++) a[k] = -ES_INFONCE_NONE;
    w->pair[i] = a[i];
    w->m[i] = w->kernel->largest(ld, a);
    if (!(fabs(w->m[i]) <= ES_INFONCE_LARGEST)) return false;
    a[i] = -ES_INFONCE_NONE;
    w->rest[i] = w->kernel->row(ld, a, w->m[i]);
    w->f[i] = 1 / (w->rest[i] + exp(w->pair[i] - w->m[i]));
    a[i] = -w->rest[i];
    for (size_t k = 0; k < d; k++)
      w->rows[k + (at + c) * d] = Z[k + i * d] * w->f[i];
  }
  if (dZ == NULL) return true;
  es_gemm(false, false, d, count, n, 1 / w->temperature, w->C, d, A, ld, 0,
          dZ + from * d, d);
  for (size_t i = from; i < to; i++)
    for (size_t k = 0; k < d; k++) dZ[k + i * d] *= w->f[i];
  return true;
}

/* dL/dz_j' for j from `from` to `to` of what `count` anchors give. */
static void add_columns(const es_infonce *w, size_t from, size_t to,
                        size_t count, bool first, double *dZp) {
  es_gemm(false, true, w->d, to - from, count, 1 / w->temperature, w->rows,
          w->d, w->tile + from, w->padded, first ? 0 : 1, dZp + from * w->d,
          w->d);
}

static bool take_chunk(es_infonce *w, const double *Z, size_t from, double *dZ,
                       double *dZp) {
  const size_t count = es_least(w->chunk, w->n - from), n = w->n;
  const size_t part = w->chunk / PANELS;
  bool good = true;
#pragma omp parallel reduction(&& : good)
  {
    const int before = es_blas_serial();
#pragma omp for schedule(dynamic)
    for (size_t at = 0; at < count; at += part)
      good = fill(w, Z, from + at, from + es_least(at + part, count), at, dZ) &&
             good;
    if (dZp != NULL)
#pragma omp for schedule(dynamic)
      for (size_t j = 0; j < n; j += ES_INFONCE_EDGE)
        add_columns(w, j, es_least(j + ES_INFONCE_EDGE, n), count, from == 0,
                    dZp);
    es_blas_resume(before);
  }
  return good;
}

es_status es_infonce_dot(es_infonce *w, const double *Z, const double *Zp,
                         double *loss, double *dZ, double *dZp) {
  double sum = 0;
  if (isnan(es_infonce_centre(w, Zp))) return ES_NOT_FINITE;
  for (size_t from = 0; from < w->n; from += w->chunk)
    if (!take_chunk(w, Z, from, dZ, dZp)) return ES_NOT_FINITE;
  for (size_t i = 0; i < w->n; i++)
    sum += es_infonce_row_loss(w->pair[i], w->m[i], w->rest[i]);
  *loss = sum;
  return ES_OK;
}
