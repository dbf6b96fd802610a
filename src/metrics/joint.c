/* Joint diagonalisation: see joint.h. In the plane of axes i and j, with
 *   d = A_ii - A_jj and o = 2 A_ij
 * of each matrix, turning by theta makes o cos(2 theta) - d sin(2 theta) of o;
 * the sum of its squares is least where
 *   tan(4 theta) = 2 sum(d o)/sum(d d - o o),
 * with theta on the side that the two signs say. */
#include "metrics/joint.h"

#include "linalg/linalg.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { SWEEPS = 100 };

/* Columns i and j of an n×n matrix. */
static void turn_columns(size_t n, double *A, size_t i, size_t j, double c,
                         double s) {
  for (size_t k = 0; k < n; k++) {
    const double x = A[k + i * n], y = A[k + j * n];
    A[k + i * n] = c * x + s * y;
    A[k + j * n] = c * y - s * x;
  }
}

static void turn_rows(size_t n, double *A, size_t i, size_t j, double c,
                      double s) {
  for (size_t k = 0; k < n; k++) {
    const double x = A[i + k * n], y = A[j + k * n];
    A[i + k * n] = c * x + s * y;
    A[j + k * n] = c * y - s * x;
  }
}

/* Whether there was anything to turn: least is what counts off a diagonal. */
static bool turn(size_t n, size_t count, double *A, double *U, size_t i,
                 size_t j, double least) {
  static const double still = 1e-14;
  double dd = 0, of = 0, oo = 0;
  for (size_t k = 0; k < count; k++) {
    const double *a = A + k * n * n;
    const double d = a[i + i * n] - a[j + j * n], o = 2 * a[i + j * n];
    dd += d * d;
    of += d * o;
    oo += o * o;
  }
  if (!(oo > least)) return false;
  const double theta = atan2(2 * of, dd - oo) / 4;
  const double c = cos(theta), s = sin(theta);
  if (!(fabs(s) > still)) return false;
  for (size_t k = 0; k < count; k++) {
    turn_columns(n, A + k * n * n, i, j, c, s);
    turn_rows(n, A + k * n * n, i, j, c, s);
  }
  turn_columns(n, U, i, j, c, s);
  return true;
}

void es_joint_axes(size_t n, size_t count, double *A, double *U, double *work) {
  for (size_t k = 0; k < count; k++) {
    double *a = A + k * n * n;
    es_gemm(false, false, n, n, n, 1, a, n, U, n, 0, work, n);
    es_gemm(true, false, n, n, n, 1, U, n, work, n, 0, a, n);
  }
  const double size = es_norm(count * n * n, A);
  const double rounding = 4 * (double)n * DBL_EPSILON * size;
  bool turning = true;
  for (int sweep = 0; sweep < SWEEPS && turning; sweep++) {
    turning = false;
    for (size_t i = 0; i + 1 < n; i++)
      for (size_t j = i + 1; j < n; j++)
        turning |= turn(n, count, A, U, i, j, rounding * rounding);
  }
}
