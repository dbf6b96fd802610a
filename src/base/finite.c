/* Finite numbers: see finite.h. All are looked at, several at a time. */
#include "base/finite.h"

#include <float.h>
#include <math.h>

bool es_all_finite(size_t n, const double *x) {
  int bad = 0;
  for (size_t i = 0; i < n; i++) bad |= !(fabs(x[i]) <= DBL_MAX);
  return bad == 0;
}

bool es_all_finite_float(size_t n, const float *x) {
  int bad = 0;
  for (size_t i = 0; i < n; i++) bad |= !(fabsf(x[i]) <= FLT_MAX);
  return bad == 0;
}
