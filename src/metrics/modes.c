/* Modes of a predictor: see modes.h. */
#include "metrics/modes.h"

#include "linalg/linalg.h"

#include <math.h>

void es_modes_pair(size_t n, const double *U, const double *Q,
                   const double *value, double *overlap, double *p) {
  es_gemm(true, false, n, n, n, 1, Q, n, U, n, 0, overlap, n);
  for (size_t k = 0; k < n * n; k++) overlap[k] *= overlap[k];
  /* What is taken is marked by -1 in its row and column. */
  for (size_t pairs = 0; pairs < n; pairs++) {
    size_t best = 0;
    for (size_t k = 0; k < n * n; k++)
      if (overlap[k] > overlap[best]) best = k;
    const size_t i = best % n, j = best / n;
    p[j] = value[i];
    for (size_t k = 0; k < n; k++) overlap[i + k * n] = overlap[k + j * n] = -1;
  }
}

double es_modes_commutator(size_t n, const double *F, const double *P,
                           double *L) {
  es_gemm(false, false, n, n, n, 1, F, n, P, n, 0, L, n);
  es_gemm(false, false, n, n, n, -1, P, n, F, n, 1, L, n);
  return es_norm(n * n, L);
}

double es_modes_asymmetry(size_t n, const double *P, double *L) {
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++) L[i + j * n] = P[i + j * n] - P[j + i * n];
  return es_norm(n * n, L);
}

static double over(double x, double norm) { return norm > 0 ? x / norm : 0; }

void es_modes_unit(size_t n, const double *x, double norm, double *out) {
  for (size_t i = 0; i < n; i++) out[i] = over(x[i], norm);
}

double es_modes_ratio(size_t n, const double *a, const double *x,
                      double *residual) {
  const double size_a = es_norm(n, a), size_x = es_norm(n, x);
  double along = 0, left = 0;
  for (size_t i = 0; i < n; i++)
    along += over(a[i], size_a) * over(x[i], size_x);
  for (size_t i = 0; i < n; i++) {
    const double r = over(a[i], size_a) - along * over(x[i], size_x);
    left += r * r;
  }
  *residual = sqrt(left);
  return size_x > 0 ? along * size_a / size_x : NAN;
}
