/* Where `byol` comes to rest along single directions of the data. With W_a = W
 * and W = u w v^T, |v| = 1, W_p = p u u^T, both equations of theory.md 2 hold
 * at zero exactly where
 *   (X - p (X + X')) v = (eta_s/p) v,   s = w^2 = (eta_p/eta_s) p^2/alpha_p,
 * whether or not X and X' commute: mode k is the largest p at which the k-th
 * eigenvalue of X - p (X + X') is eta_s/p, and less beyond. lambda_d and
 * lambda_s are v^T X v and v^T (X + X') v, of which p is theory.md 4's p*+.
 * Eigenvectors v of different modes need not be orthogonal; a network that has
 * learned several rests near these points, and at them where X and X' commute.
 */
#include "models/linear/byol.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const es_byol_point_columns[] = {
    "mode", "p", "s", "lambda_d", "lambda_s", "overlap", NULL};

size_t es_byol_n_points(const void *self) {
  const byol *b = self;
  const bool rests = b->variant == BYOL_EMA || b->variant == BYOL_SIMSIAM;
  return !rests ? 0 : b->n2 < b->n1 ? b->n2 : b->n1;
}

/* v^T (X + X') v */
static double within(const byol *b, const double *v) {
  const size_t n = b->n1;
  double sum = 0;
  for (size_t j = 0; j < n; j++)
    if (b->S == NULL)
      sum += b->sum[j] * v[j] * v[j];
    else
      for (size_t i = 0; i < n; i++) sum += v[i] * b->S[i + j * n] * v[j];
  return sum;
}

typedef struct search {
  const byol *b;
  size_t k;          /* the eigenvalue looked for, 0 the largest */
  double *M, *value; /* n1×n1; n1, rising */
} search;

/* f = p lambda_k(X - p (X + X')) - eta, NaN where there are no eigenvalues; M
 * becomes the eigenvectors if they are asked for. */
static double excess(const search *s, double p, bool vectors) {
  const byol *b = s->b;
  const size_t n = b->n1;
  for (size_t i = 0; i < n * n; i++) s->M[i] = b->S != NULL ? -p * b->S[i] : 0;
  for (size_t i = 0; i < n; i++)
    s->M[i + i * n] =
        b->D[i] - p * (b->S != NULL ? b->S[i + i * n] : b->sum[i]);
  if (es_eigen_symmetric(n, s->M, s->value, vectors, NULL) != ES_OK) return NAN;
  return p * s->value[n - 1 - s->k] - b->eta_s;
}

/* The root between low, f >= 0, and high, f < 0: regula falsi that halves f at
 * the end it keeps, and a bisection at every fourth step. */
static double between(const search *s, double low, double f_low, double high,
                      double f_high) {
  for (int i = 0; i < 200 && high - low > 4 * DBL_EPSILON * high; i++) {
    double p = low + (high - low) * f_low / (f_low - f_high);
    if (i % 4 == 3 || !(p > low && p < high)) p = (low + high) / 2;
    const double f = excess(s, p, false);
    if (isnan(f)) return NAN;
    if (f >= 0) {
      low = p;
      f_low = f;
      f_high /= 2;
    } else {
      high = p;
      f_high = f;
      f_low /= 2;
    }
  }
  return low;
}

enum { GRID = 64, HALVINGS = 40 };

/* Where f is largest near p, golden sections of the grid's two intervals. */
static double top(const search *s, double p) {
  const double part = 0.3819660112501051;
  double a = fmax(p - 1. / GRID, 0), c = fmin(p + 1. / GRID, 1);
  double x = a + part * (c - a), y = c - part * (c - a);
  double fx = excess(s, x, false), fy = excess(s, y, false);
  for (int i = 0; i < HALVINGS; i++)
    if (fx > fy) {
      c = y;
      y = x;
      fy = fx;
      x = a + part * (c - a);
      fx = excess(s, x, false);
    } else {
      a = x;
      x = y;
      fx = fy;
      y = c - part * (c - a);
      fy = excess(s, y, false);
    }
  return (a + c) / 2;
}

/* Where f > 0 at 1, as a negative eigenvalue of X' leaves it: the root beyond.
 * NaN: none up to 2^40, nothing holds p. */
static double beyond_one(const search *s, double f) {
  for (double low = 1; low < 0x1p40; low *= 2) {
    const double next = excess(s, 2 * low, false);
    if (next < 0) return between(s, low, f, 2 * low, next);
    f = next;
  }
  return NAN;
}

/* From 1 down, beyond which there is none where X' has no negative eigenvalue,
 * to the first f >= 0; where f comes near 0 between points of the grid, its
 * largest value decides. NaN: none. */
static double largest_root(const search *s) {
  double p_best = 0, best = -INFINITY, p_last = 1, last = 0;
  for (int i = GRID; i > 0; i--) {
    const double p = (double)i / GRID, f = excess(s, p, false);
    if (i == GRID && f >= 0) return f > 0 ? beyond_one(s, f) : p;
    if (f >= 0) return between(s, p, f, p_last, last);
    if (f > best) {
      best = f;
      p_best = p;
    }
    p_last = p;
    last = f;
  }
  if (!(best > -0.1 * s->b->eta_s)) return NAN;
  const double p = top(s, p_best), f = excess(s, p, false);
  const double beyond = fmin(p_best + 1. / GRID, 1);
  return f >= 0 ? between(s, p, f, beyond, excess(s, beyond, false)) : NAN;
}

void es_byol_point(const void *self, size_t j, double *row) {
  const byol *b = self;
  const size_t n = b->n1;
  search s = {b, j, es_zeroed(n, n, sizeof(double)),
              es_zeroed(n, 1, sizeof(double))};
  row[0] = (double)(j + 1);
  for (size_t k = 1; k < 6; k++) row[k] = NAN;
  if (s.M != NULL && s.value != NULL) {
    const double p = largest_root(&s);
    if (!isnan(p) && !isnan(excess(&s, p, true))) {
      const double *v = s.M + (n - 1 - j) * n;
      row[1] = p;
      row[2] = b->eta_s > 0 ? b->eta_p / b->eta_s * p * p / b->alpha_p : NAN;
      row[3] = 0;
      for (size_t i = 0; i < n; i++) row[3] += b->D[i] * v[i] * v[i];
      row[4] = within(b, v);
      row[5] = v[es_byol_mode(b, j)] * v[es_byol_mode(b, j)];
    }
  }
  free(s.M);
  free(s.value);
}
