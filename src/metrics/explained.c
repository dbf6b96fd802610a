/* R² by projection: with Q an orthonormal basis of the factor's centred
 * numbers, R² = |Q^T (y - mean y)|² / |y - mean y|². A sum of squares over a
 * sum of squares: nothing is subtracted, and no normal equations are solved.
 * See explained.h. */
#include "metrics/explained.h"

#include "base/sums.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

/* Takes the mean from column j, then twice what lies along the columns before
 * it (twice is enough: Kahan and Parlett), and scales it to length 1, or to 0
 * where only rounding is left of it. */
static void orthonormalise(double *F, size_t n, size_t j) {
  double *f = F + j * n;
  const double mean = es_mean(n, f), whole = sqrt(es_dot(n, f, f));
  for (size_t i = 0; i < n; i++) f[i] -= mean;
  for (size_t pass = 0; pass < 2; pass++)
    for (size_t k = 0; k < j; k++) {
      const double along = es_dot(n, F + k * n, f);
      for (size_t i = 0; i < n; i++) f[i] -= along * F[k * n + i];
    }
  const double left = sqrt(es_dot(n, f, f));
  const double scale = left > (double)n * DBL_EPSILON * whole ? 1 / left : 0;
  for (size_t i = 0; i < n; i++) f[i] *= scale;
}

/* R² of one column on the basis Q. What does not vary is seen by its numbers:
 * their mean may be rounded. */
static double share(const double *y, size_t n, const double *Q, size_t width) {
  const double mean = es_mean(n, y);
  double total = 0, along = 0;
  bool varies = false;
  for (size_t i = 0; i < n; i++) {
    total += (y[i] - mean) * (y[i] - mean);
    varies = varies || y[i] != y[0];
  }
  for (size_t k = 0; k < width; k++) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (y[i] - mean) * Q[k * n + i];
    along += sum * sum;
  }
  return varies && total > 0 ? fmin(along / total, 1) : NAN;
}

void es_explained(double *r2, const double *Y, size_t n, size_t modes,
                  double *F, size_t width) {
  for (size_t k = 0; k < width; k++) orthonormalise(F, n, k);
  for (size_t j = 0; j < modes; j++) r2[j] = share(Y + j * n, n, F, width);
}
