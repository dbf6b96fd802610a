/* Elementwise work on arrays whose layout does not matter, as all operands have
 * the same one. */
#include "net/lanes_onednn.h"

#include <string.h>

#include "net/clones_onednn.h"

enum { PART = 1 << 12 }; /* numbers that a thread takes at a time */

static size_t part(size_t n, size_t i) { return n - i < PART ? n - i : PART; }

ES_DNN_CLONES static void relu(float *y, const float *x, size_t n) {
#pragma omp simd
  for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0 : x[i];
}

/* The operand is read in any case: no branch. */
ES_DNN_CLONES static void relu_back(float *dx, const float *y, const float *dy,
                                    size_t n) {
#pragma omp simd
  for (size_t i = 0; i < n; i++) {
    const float g = dy[i];
    dx[i] = y[i] <= 0 ? 0 : g;
  }
}

ES_DNN_CLONES static void relu_back_sum(float *dx, const float *y,
                                        const float *dy, const float *more,
                                        size_t n) {
#pragma omp simd
  for (size_t i = 0; i < n; i++) {
    const float g = dy[i] + more[i];
    dx[i] = y[i] <= 0 ? 0 : g;
  }
}

ES_DNN_CLONES static void add(float *y, const float *a, const float *b,
                              size_t n) {
#pragma omp simd
  for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

ES_DNN_CLONES static void add_relu(float *y, const float *a, const float *b,
                                   size_t n) {
#pragma omp simd
  for (size_t i = 0; i < n; i++) {
    const float v = a[i] + b[i];
    y[i] = v < 0 ? 0 : v;
  }
}

void es_dnn_flat_relu(float *y, const float *x, size_t n) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n; i += PART) relu(y + i, x + i, part(n, i));
}

void es_dnn_flat_relu_back(float *dx, const float *y, const float *dy,
                           const float *more, size_t n) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n; i += PART)
    if (more == NULL)
      relu_back(dx + i, y + i, dy + i, part(n, i));
    else
      relu_back_sum(dx + i, y + i, dy + i, more + i, part(n, i));
}

void es_dnn_flat_add(float *y, const float *a, const float *b, bool with_relu,
                     size_t n) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n; i += PART)
    (with_relu ? add_relu : add)(y + i, a + i, b + i, part(n, i));
}

void es_dnn_flat_copy(float *y, const float *x, size_t n) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n; i += PART)
    if (x == NULL)
      memset(y + i, 0, part(n, i) * sizeof *y);
    else
      memcpy(y + i, x + i, part(n, i) * sizeof *y);
}
