/* Elementwise work on arrays whose layout does not matter, as all operands have
 * the same one. The compiler's vectors do: memory is the limit. */
#include "net/lanes_onednn.h"

#include <string.h>

void es_dnn_flat_relu(float *y, const float *x, size_t n) {
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0 : x[i];
}

void es_dnn_flat_relu_back(float *dx, const float *y, const float *dy,
                           size_t n) {
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < n; i++) dx[i] = y[i] <= 0 ? 0 : dy[i];
}

void es_dnn_flat_add(float *y, const float *a, const float *b, bool relu,
                     size_t n) {
  if (relu) {
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i] < 0 ? 0 : a[i] + b[i];
  } else {
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
  }
}

void es_dnn_flat_copy(float *y, const float *x, size_t n) {
  enum { PART = 1 << 14 };
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n; i += PART) {
    const size_t part = n - i < PART ? n - i : PART;
    if (x == NULL)
      memset(y + i, 0, part * sizeof *y);
    else
      memcpy(y + i, x + i, part * sizeof *y);
  }
}
