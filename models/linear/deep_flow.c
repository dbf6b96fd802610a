/* The equations of a deep linear network (theory.md 6): products of layers
 * forwards, the drive's push on V, and its way back through the layers. */
#include "models/linear/deep.h"

#include <math.h>
#include <string.h>

void es_deep_products(const deep *b, const double *y) {
  const size_t m = b->d[0];
  for (size_t l = 1; l <= b->L; l++) {
    const double *W = y + b->at[l];
    if (l > 1)
      es_gemm(false, false, deep_rows(b, l), m, b->d[l - 1], 1, W, b->d[l],
              b->P[l - 1], b->d[l - 1], 0, b->P[l], deep_rows(b, l));
    else
      for (size_t j = 0; j < m; j++)
        memcpy(b->P[1] + j * deep_rows(b, 1), W + j * b->d[1],
               deep_rows(b, 1) * sizeof *W);
  }
  for (size_t j = 0; b->residual && j < b->head; j++)
    b->P[b->L][j + j * b->head] += 1;
}

void es_deep_pull(const deep *b, const double *y, const double *G,
                  double *dydt) {
  const size_t m = b->d[0];
  for (size_t k = 0; k < b->n; k++) dydt[k] = -b->eta * y[k];
  for (size_t l = b->L; l >= 1; l--) {
    const double *W = y + b->at[l];
    double *to = dydt + b->at[l], *next = G == b->R ? b->S : b->R;
    if (l > 1) {
      es_gemm(false, true, deep_rows(b, l), b->d[l - 1], m, 1, G,
              deep_rows(b, l), b->P[l - 1], b->d[l - 1], 1, to, b->d[l]);
      es_gemm(true, false, b->d[l - 1], m, deep_rows(b, l), 1, W, b->d[l], G,
              deep_rows(b, l), 0, next, b->d[l - 1]);
      G = next;
      continue;
    }
    for (size_t j = 0; j < m; j++)
      for (size_t i = 0; i < deep_rows(b, 1); i++)
        to[i + j * b->d[1]] += G[i + j * deep_rows(b, 1)];
  }
}

es_status es_deep_rhs(double t, const double *y, double *dydt, void *self) {
  deep *b = self;
  if (b->relu) return es_deep_relu_rhs(b, t, y, dydt);
  es_deep_products(b, y);
  const es_status status = es_drive_push(b->drive, t, b->P[b->L], b->S, NULL);
  if (status != ES_OK) return status;
  es_deep_pull(b, y, b->S, dydt);
  return ES_OK;
}

es_status es_deep_loss(deep *b, double t, const double *y, double *loss) {
  if (b->relu) return es_deep_relu_loss(b, t, y, loss);
  es_deep_products(b, y);
  return es_drive_push(b->drive, t, b->P[b->L], b->S, loss);
}
