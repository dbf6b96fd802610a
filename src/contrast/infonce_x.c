/* X of the distance loss (infonce.h), with H = alpha + alpha^T off the
 * diagonal, h = H 1 and u_i = x_i' - x_i: X = x (diag(h) - H) x^T - sum_i (1 -
 * alpha_ii) u_i u_i^T, where a common mean of x drops out and is taken off
 * first. */
#include "contrast/infonce_parts.h"

#include <limits.h>

static void centre(size_t m, size_t n, const double *x, double *mean,
                   double *out) {
  for (size_t k = 0; k < m; k++) mean[k] = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < m; k++) mean[k] += x[k + i * m];
  for (size_t k = 0; k < m; k++) mean[k] /= (double)n;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < m; k++) out[k + i * m] = x[k + i * m] - mean[k];
}

es_status es_infonce_x(es_infonce *w, const double *Z, const double *Zp,
                       size_t m, const double *x, const double *xp, double *X) {
  const size_t n = w->n;
  if (w->loss != ES_INFONCE_DISTANCE || m == 0 || m > INT_MAX)
    return ES_BAD_SHAPE;
  es_status status =
      es_infonce_scratch(w, es_size_product(2, es_size_product(m, n)));
  if (status == ES_OK) status = es_infonce_sums(w, Z, Zp);
  if (status != ES_OK) return status;
  double *c = w->spare, *y = w->spare + m * n;
  centre(m, n, x, X, c);
  es_infonce_apply(w, m, c, y);
  for (size_t i = 0; i < n; i++)
    for (size_t k = i * m; k < (i + 1) * m; k++) y[k] = w->sum[i] * c[k] - y[k];
  es_infonce_product(m, m, n, 1, y, c, 0, X);
  for (size_t i = 0; i < n; i++)
    for (size_t k = i * m; k < (i + 1) * m; k++) {
      c[k] = xp[k] - x[k];
      y[k] = w->rest[i] * w->f[i] * c[k];
    }
  es_infonce_product(m, m, n, -1, y, c, 1, X);
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i < j; i++)
      X[i + j * m] = X[j + i * m] = (X[i + j * m] + X[j + i * m]) / 2;
  return ES_OK;
}
