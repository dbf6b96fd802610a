/* Pieces that the Jacobians of all flows are made of: see barlow.h. A flow is
 * Z' = N(C) Y with Y = Z G and C = Z Y^T; dC by Z_ab is e_a (Y^T)_b + Y_b
 * e_a^T, so that every derivative is one of the two shapes below. Entry (i + j
 * d) + (a + b d) n, n = d k. */
#include "models/linear/barlow.h"
#include "base/sums.h"

void es_barlow_add_linear(double *J, size_t d, size_t k, double scale,
                          const double *N, const double *g,
                          const double *full) {
  const size_t n = d * k;
  for (size_t b = 0; b < k; b++)
    for (size_t j = 0; j < k; j++) {
      const double G = full != NULL ? full[b + j * k] : b == j ? g[j] : 0;
      if (G == 0) continue;
      for (size_t a = 0; a < d; a++)
        for (size_t i = 0; i < d; i++)
          J[i + j * d + (a + b * d) * n] +=
              scale * G * (N != NULL ? N[i + a * d] : i == a);
    }
}

void es_barlow_add_square(double *J, size_t d, size_t k, double scale,
                          const double *Q, const double *Y, double *QY) {
  const size_t n = d * k;
  const double *P = Q != NULL ? QY : Y;
  if (Q != NULL) es_gemm(false, false, d, k, d, 1, Q, d, Y, d, 0, QY, d);
  for (size_t b = 0; b < k; b++)
    for (size_t j = 0; j < k; j++) {
      const double inner = es_dot(d, Y + b * d, P + j * d);
      for (size_t a = 0; a < d; a++)
        for (size_t i = 0; i < d; i++)
          J[i + j * d + (a + b * d) * n] +=
              scale * ((Q != NULL ? Q[i + a * d] : i == a) * inner +
                       P[i + b * d] * P[a + j * d]);
    }
}
