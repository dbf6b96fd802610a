/* The arithmetic of a step of dop853 (src/ode/dop853.c) on arrays of vectors,
 * for the steps of byol_lanes.h; byol_vec.h and slope(p, y, k) come before it.
 * Numbers of a step are per vector element: h may differ from lane to lane. */
#include "ode/dop853_table.h"

/* Keeps 0/0 out of an error; far below the square of any tolerance. */
#define TINY 1e-300

/* Stages read many slopes of which each is too large for the nearest cache:
 * what 9 to 12 have of k1 to k7 is summed in the one pass that stage 8 takes
 * over these, and kept where the slopes are over (see places). */
#define K(m, j) dop_a[m][j] * at(k[j], i)
#define STAGE(m, from, sum)                                                    \
  for (size_t i = 0; i < n; i++) put(w, i, at(from, i) + h * (sum));           \
  slope(p, w, k[m]);
#define EARLY(m)                                                               \
  old + h *(dop_a[m][1] * k1 + dop_a[m][4] * k4 + dop_a[m][5] * k5 +           \
            dop_a[m][6] * k6 + dop_a[m][7] * k7)

static BYOL_TARGET void stages(const part *p, const double *y, double *w,
                               double *const *k, vec h) {
  const size_t n = p->end[2];
  STAGE(2, y, K(2, 1))
  STAGE(3, y, K(3, 1) + K(3, 2))
  STAGE(4, y, K(4, 1) + K(4, 3))
  STAGE(5, y, K(5, 1) + K(5, 3) + K(5, 4))
  STAGE(6, y, K(6, 1) + K(6, 4) + K(6, 5))
  STAGE(7, y, K(7, 1) + K(7, 4) + K(7, 5) + K(7, 6))
  for (size_t i = 0; i < n; i++) {
    const vec old = at(y, i), k1 = at(k[1], i), k4 = at(k[4], i);
    const vec k5 = at(k[5], i), k6 = at(k[6], i), k7 = at(k[7], i);
    put(w, i, EARLY(8));
    put(k[9], i, EARLY(9));
    put(k[10], i, EARLY(10));
    put(k[11], i, EARLY(11));
    put(k[12], i, EARLY(12));
  }
  slope(p, w, k[8]);
  STAGE(9, k[9], K(9, 8))
  STAGE(10, k[10], K(10, 8) + K(10, 9))
  STAGE(11, k[11], K(11, 8) + K(11, 9) + K(11, 10))
  STAGE(12, k[12], K(12, 8) + K(12, 9) + K(12, 10) + K(12, 11))
}

/* What all entries of a step have in common, and what is found out on the way:
 * the error's square in tolerances, max_i of
 *   E5_i^4/((E5_i^2 + E3_i^2/100) tol_i^2),
 * for which one division an entry is enough, and max_i |y_i|/scale_i. */
typedef struct verdict {
  vec h, rtol, error, largest;
} verdict;

/* w = y_new for entries first to last-1, the scale of which is `unit`. */
INLINE verdict finish_part(verdict v, size_t first, size_t last,
                           const double *y, double *w, double *const *k,
                           vec atol, vec unit) {
  const vec atol_here = atol * unit;
  vec error = v.error, largest = {0}, all = {0};
  for (size_t i = first; i < last; i++) {
    const vec k1 = at(k[1], i), k6 = at(k[6], i), k7 = at(k[7], i);
    const vec k8 = at(k[8], i), k9 = at(k[9], i), k10 = at(k[10], i);
    const vec k11 = at(k[11], i), k12 = at(k[12], i), old = at(y, i);
    const vec mean = dop_a[13][1] * k1 + dop_a[13][6] * k6 + dop_a[13][7] * k7 +
                     dop_a[13][8] * k8 + dop_a[13][9] * k9 +
                     dop_a[13][10] * k10 + dop_a[13][11] * k11 +
                     dop_a[13][12] * k12;
    const vec y_new = old + v.h * mean, size = size_of(y_new);
    const vec q3 = mean - dop_b3[1] * k1 - dop_b3[9] * k9 - dop_b3[12] * k12;
    const vec q5 = dop_e5[1] * k1 + dop_e5[6] * k6 + dop_e5[7] * k7 +
                   dop_e5[8] * k8 + dop_e5[9] * k9 + dop_e5[10] * k10 +
                   dop_e5[11] * k11 + dop_e5[12] * k12;
    const vec tol = atol_here + v.rtol * larger(size, size_of(old));
    const vec square = q5 * q5, both = square + .01 * (q3 * q3);
    const vec e = square * square / (both * (tol * tol) + TINY);
    error = larger(e, error);
    largest = larger(size, largest);
    all += e + size;
    put(w, i, y_new);
  }
  v.error = error + 0 * all; /* a NaN or infinity among them shows */
  v.largest = larger(largest / unit, v.largest);
  return v;
}

/* w = y_new. */
INLINE verdict finish(const part *p, vec h, const vec *unit, const double *y,
                      double *w, double *const *k, const es_cell_options *o) {
  verdict v = {h, splat(o->rtol), splat(0), splat(0)};
  const vec atol = splat(o->atol);
  for (size_t j = 0, first = 0; j < 3; first = p->end[j], j++)
    v = finish_part(v, first, p->end[j], y, w, k, atol, unit[j]);
  v.error *= h * h;
  return v;
}

/* Where the slopes are, and the state of a stage, in arrays of this distance.
 * Slopes 2 and 3 are over when 4 and 6 are made; 4 and 5 when stage 8 is. */
static void places(double *first, size_t distance, double **k, double **w) {
  static const unsigned char array[13] = {0, 0, 1, 2, 1, 3, 2,
                                          4, 5, 1, 3, 6, 7};
  for (size_t m = 1; m <= 12; m++) k[m] = first + array[m] * distance;
  *w = first + (BYOL_ARRAYS - 1) * distance;
}
