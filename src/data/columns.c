/* Column sums: see columns.h. A strip of rows belongs to one thread, which
 * adds it in the order of the columns. */
#include "data/columns.h"

enum { STRIP = 64 };

static void add_strip(double *sum, size_t rows, size_t m, size_t count,
                      const double *A) {
  double part[STRIP] = {0};
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < rows; j++) part[j] += A[i * m + j];
  for (size_t j = 0; j < rows; j++) sum[j] += part[j];
}

void es_columns_add(double *sum, size_t m, size_t count, const double *A) {
  const size_t strips = (m + STRIP - 1) / STRIP;
#pragma omp parallel for schedule(static)
  for (size_t k = 0; k < strips; k++) {
    const size_t low = k * STRIP, left = m - low;
    add_strip(sum + low, left < STRIP ? left : STRIP, m, count, A + low);
  }
}
