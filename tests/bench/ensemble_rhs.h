/* The right-hand side of `byol` in plain C for square matrices of a fixed size,
 * which the compiler knows: what one would write for GSL. As in
 * models/linear/byol.h, column-major:
 *   G = A D - P (Z S),  P' = alpha_p G Z^T - eta_p P,  Z' = P^T G - eta_s Z,
 *   A' = beta (Z - A) */
#ifndef ES_BENCH_ENSEMBLE_RHS_H
#define ES_BENCH_ENSEMBLE_RHS_H

#include "models/linear/byol.h"

#define PLAIN_RHS(name, N)                                                     \
  static void name(const byol *b, const double *restrict y,                    \
                   double *restrict dydt) {                                    \
    const double *Z = y, *P = y + (N) * (N), *A = P + (N) * (N);               \
    double *dZ = dydt, *dP = dZ + (N) * (N), *dA = dP + (N) * (N);             \
    double T[(N) * (N)], G[(N) * (N)];                                         \
    for (int j = 0; j < (N); j++)                                              \
      for (int i = 0; i < (N); i++) {                                          \
        double sum = 0;                                                        \
        for (int k = 0; k < (N); k++)                                          \
          sum += Z[i + k * (N)] * b->S[k + j * (N)];                           \
        T[i + j * (N)] = sum;                                                  \
      }                                                                        \
    for (int j = 0; j < (N); j++)                                              \
      for (int i = 0; i < (N); i++) {                                          \
        double sum = A[i + j * (N)] * b->D[j];                                 \
        for (int k = 0; k < (N); k++) sum -= P[i + k * (N)] * T[k + j * (N)];  \
        G[i + j * (N)] = sum;                                                  \
      }                                                                        \
    for (int j = 0; j < (N); j++)                                              \
      for (int i = 0; i < (N); i++) {                                          \
        double sum = 0;                                                        \
        for (int k = 0; k < (N); k++) sum += G[i + k * (N)] * Z[j + k * (N)];  \
        dP[i + j * (N)] = b->alpha_p * sum - b->eta_p * P[i + j * (N)];        \
      }                                                                        \
    for (int j = 0; j < (N); j++)                                              \
      for (int i = 0; i < (N); i++) {                                          \
        double sum = 0;                                                        \
        for (int k = 0; k < (N); k++) sum += P[k + i * (N)] * G[k + j * (N)];  \
        dZ[i + j * (N)] = sum - b->eta_s * Z[i + j * (N)];                     \
      }                                                                        \
    for (int i = 0; i < (N) * (N); i++) dA[i] = b->beta * (Z[i] - A[i]);       \
  }

PLAIN_RHS(plain_8, 8)
PLAIN_RHS(plain_16, 16)
PLAIN_RHS(plain_32, 32)

#endif
