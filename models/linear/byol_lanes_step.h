/* One step of dop853 (src/ode/dop853.c) of 8 cells, for the system of
 * byol_lanes.h. Included once per instruction set, with
 *   BYOL_WIDTH   doubles in a vector: 8, 4 or 2; a block is stepped in
 *                8/BYOL_WIDTH parts
 *   BYOL_TARGET  the attribute that switches the instructions on
 *   BYOL_ADVANCE the function's name
 * Every entry of a product is summed in one order, whatever the width and the
 * shape of the register blocks, and nothing is fused (-ffp-contract=off): the
 * bits are the same in all builds. */
#include "models/linear/byol_lanes.h"
#include "ode/dop853_table.h"

#define INLINE static inline __attribute__((always_inline)) BYOL_TARGET

typedef double vec __attribute__((vector_size(8 * BYOL_WIDTH),
                                  aligned(8 * BYOL_WIDTH), may_alias));
typedef long long bits __attribute__((vector_size(8 * BYOL_WIDTH),
                                      aligned(8 * BYOL_WIDTH), may_alias));

/* Keeps 0/0 out of an error; far below the square of any tolerance. */
#define TINY 1e-300

/* Entry i of an array of lanes. */
INLINE vec at(const double *a, size_t i) {
  return *(const vec *)(a + i * ES_LANES);
}
INLINE void put(double *a, size_t i, vec x) { *(vec *)(a + i * ES_LANES) = x; }
INLINE vec splat(double x) { return x - (vec){0}; }
/* a where the mask's lanes are set. */
INLINE vec choose(bits mask, vec a, vec b) {
  return (vec)((mask & (bits)a) | (~mask & (bits)b));
}
INLINE vec size_of(vec x) {
  return (vec)((bits)x & ((bits){0} + 0x7fffffffffffffffLL));
}
/* The larger; a NaN in a wins and stays. */
INLINE vec worse(vec a, vec b) { return choose((a >= b) | (a != a), a, b); }

/* 4×2 entries of a product, kept in registers. */
typedef struct tile {
  vec c00, c10, c20, c30, c01, c11, c21, c31;
} tile;

/* Where a factor's four rows, or two columns, begin, and the distance between
 * neighbours along the sum, in doubles. Rows beyond the last are the last
 * again: it is computed more than once, to the same bits. */
typedef struct rows {
  const double *r0, *r1, *r2, *r3;
  size_t step;
} rows;
typedef struct columns {
  const double *c0, *c1;
  size_t step;
} columns;

INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Entry (i, k) of the left factor is at a[i*along + k*step]. */
INLINE rows rows_at(const double *a, size_t i, size_t n, size_t along,
                    size_t step) {
  return (rows){a + i * along * ES_LANES,
                a + least(i + 1, n - 1) * along * ES_LANES,
                a + least(i + 2, n - 1) * along * ES_LANES,
                a + least(i + 3, n - 1) * along * ES_LANES, step * ES_LANES};
}
INLINE columns columns_at(const double *b, size_t j, size_t n, size_t along,
                          size_t step) {
  return (columns){b + j * along * ES_LANES,
                   b + least(j + 1, n - 1) * along * ES_LANES, step * ES_LANES};
}

INLINE vec load(const double *a) { return *(const vec *)a; }

#define ADD_PRODUCTS(B0, B1)                                                   \
  const vec a0 = load(a.r0 + k * a.step), a1 = load(a.r1 + k * a.step);        \
  const vec a2 = load(a.r2 + k * a.step), a3 = load(a.r3 + k * a.step);        \
  const vec b0 = B0, b1 = B1;                                                  \
  c.c00 += a0 * b0, c.c10 += a1 * b0, c.c20 += a2 * b0, c.c30 += a3 * b0;      \
  c.c01 += a0 * b1, c.c11 += a1 * b1, c.c21 += a2 * b1, c.c31 += a3 * b1;

/* c + sum over k of a_ik b_kj. */
INLINE tile add_product(tile c, rows a, columns b, size_t n) {
  for (size_t k = 0; k < n; k++) {
    ADD_PRODUCTS(load(b.c0 + k * b.step), load(b.c1 + k * b.step))
  }
  return c;
}
/* The same with a factor that all cells share, columns b0 and b1. */
INLINE tile add_shared(tile c, rows a, const double *x0, const double *x1,
                       size_t n) {
  for (size_t k = 0; k < n; k++) {
    ADD_PRODUCTS(splat(x0[k]), splat(x1[k]))
  }
  return c;
}
/* c times x in the first column and y in the second. */
INLINE tile times(tile c, vec x, vec y) {
  return (tile){c.c00 * x, c.c10 * x, c.c20 * x, c.c30 * x,
                c.c01 * y, c.c11 * y, c.c21 * y, c.c31 * y};
}
/* Entry e of out becomes c - x d_e, or c where d is NULL. */
INLINE void put_less(double *out, size_t e, vec c, vec x, const double *d) {
  if (d != NULL) c -= x * at(d, e);
  put(out, e, c);
}
/* The same for entries (i.., j..) of n2×n arrays. */
INLINE void put_tile(double *out, size_t n2, size_t n, size_t i, size_t j,
                     tile c, vec x, const double *d) {
  const size_t last = n2 - 1, e0 = j * n2, e1 = least(j + 1, n - 1) * n2;
  const size_t i1 = least(i + 1, last), i2 = least(i + 2, last);
  const size_t i3 = least(i + 3, last);
  put_less(out, e0 + i, c.c00, x, d), put_less(out, e0 + i1, c.c10, x, d);
  put_less(out, e0 + i2, c.c20, x, d), put_less(out, e0 + i3, c.c30, x, d);
  put_less(out, e1 + i, c.c01, x, d), put_less(out, e1 + i1, c.c11, x, d);
  put_less(out, e1 + i2, c.c21, x, d), put_less(out, e1 + i3, c.c31, x, d);
}

/* c + diag-scaled entries (i.., j..) of d, an n2×n array. */
INLINE tile add_tile(tile c, size_t n2, size_t n, size_t i, size_t j, vec x,
                     vec y, const double *d) {
  const size_t last = n2 - 1, e0 = j * n2, e1 = least(j + 1, n - 1) * n2;
  const size_t i1 = least(i + 1, last), i2 = least(i + 2, last);
  const size_t i3 = least(i + 3, last);
  c.c00 += x * at(d, e0 + i), c.c10 += x * at(d, e0 + i1);
  c.c20 += x * at(d, e0 + i2), c.c30 += x * at(d, e0 + i3);
  c.c01 += y * at(d, e1 + i), c.c11 += y * at(d, e1 + i1);
  c.c21 += y * at(d, e1 + i2), c.c31 += y * at(d, e1 + i3);
  return c;
}

/* The lanes of one part: parameters, and scratch for T = Z S, G and Z D. */
typedef struct part {
  const byol *b;
  vec alpha_p, beta, eta_p, eta_s;
  double *T, *G, *B;
} part;

/* T = Z S. */
static BYOL_TARGET void moment(const part *p, const double *Z) {
  const size_t n1 = p->b->n1, n2 = p->b->n2;
  const double *S = p->b->S;
  for (size_t j = 0; j < n1; j += 2)
    for (size_t i = 0; i < n2; i += 4) {
      tile c = {0};
      c = add_shared(c, rows_at(Z, i, n2, 1, n2), S + j * n1,
                     S + least(j + 1, n1 - 1) * n1, n1);
      put_tile(p->T, n2, n1, i, j, c, p->beta, NULL);
    }
}

/* G = A D - P T, or, where S is diagonal, A D - (P Z) S; A is Z without a
 * target of its own. */
static BYOL_TARGET void residual(const part *p, const double *Z,
                                 const double *P, const double *A) {
  const byol *s = p->b;
  const size_t n1 = s->n1, n2 = s->n2;
  const double *right = s->S != NULL ? p->T : Z;
  for (size_t j = 0; j < n1; j += 2) {
    const size_t j1 = least(j + 1, n1 - 1);
    const columns b = columns_at(right, j, n1, n2, 1);
    const double x0 = s->S != NULL ? 1 : s->sum[j];
    const double x1 = s->S != NULL ? 1 : s->sum[j1];
    for (size_t i = 0; i < n2; i += 4) {
      tile c = {0};
      c = add_product(c, rows_at(P, i, n2, 1, n2), b, n2);
      c = times(c, splat(-x0), splat(-x1));
      c = add_tile(c, n2, n1, i, j, splat(s->D[j]), splat(s->D[j1]), A);
      put_tile(p->G, n2, n1, i, j, c, p->beta, NULL);
    }
  }
}

/* P' = alpha_p G Z^T - eta_p P. */
static BYOL_TARGET void predictor(const part *p, const double *Z,
                                  const double *P, double *dP) {
  const size_t n1 = p->b->n1, n2 = p->b->n2;
  for (size_t j = 0; j < n2; j += 2)
    for (size_t i = 0; i < n2; i += 4) {
      tile c = {0};
      c = add_product(c, rows_at(p->G, i, n2, 1, n2),
                      columns_at(Z, j, n2, 1, n2), n1);
      c = times(c, p->alpha_p, p->alpha_p);
      put_tile(dP, n2, n2, i, j, c, p->eta_p, P);
    }
}

/* Z' = P^T G - eta_s Z. */
static BYOL_TARGET void encoder(const part *p, const double *Z, const double *P,
                                double *dZ) {
  const size_t n1 = p->b->n1, n2 = p->b->n2;
  for (size_t j = 0; j < n1; j += 2) {
    const columns g = columns_at(p->G, j, n1, n2, 1);
    for (size_t i = 0; i < n2; i += 4) {
      tile c = {0};
      c = add_product(c, rows_at(P, i, n2, n2, 1), g, n2);
      put_tile(dZ, n2, n1, i, j, c, p->eta_s, Z);
    }
  }
}

/* What is missing without stop-gradient: Z' += P (Z D) - Z S. */
static BYOL_TARGET void through_target(const part *p, const double *Z,
                                       const double *P, double *dZ) {
  const byol *s = p->b;
  const size_t n1 = s->n1, n2 = s->n2;
  for (size_t j = 0; j < n1; j++)
    for (size_t i = 0; i < n2; i++) {
      const size_t e = i + j * n2;
      vec left = s->sum[j] * at(Z, e);
      if (s->S != NULL) left = at(p->T, e);
      put(p->T, e, at(dZ, e) - left);
      put(p->B, e, s->D[j] * at(Z, e));
    }
  for (size_t j = 0; j < n1; j += 2) {
    const columns b = columns_at(p->B, j, n1, n2, 1);
    for (size_t i = 0; i < n2; i += 4) {
      tile c = {0};
      c = add_product(c, rows_at(P, i, n2, 1, n2), b, n2);
      put_tile(dZ, n2, n1, i, j, c, splat(-1), p->T);
    }
  }
}

static BYOL_TARGET void slope(const part *p, const double *y, double *k) {
  const byol *s = p->b;
  const size_t wide = s->n2 * s->n1, square = s->n2 * s->n2;
  const double *Z = y, *P = y + wide * ES_LANES, *A = P + square * ES_LANES;
  double *dZ = k, *dP = k + wide * ES_LANES, *dA = dP + square * ES_LANES;
  if (s->S != NULL) moment(p, Z);
  residual(p, Z, P, s->variant == BYOL_EMA ? A : Z);
  predictor(p, Z, P, dP);
  encoder(p, Z, P, dZ);
  if (s->variant == BYOL_NO_STOP) through_target(p, Z, P, dZ);
  if (s->variant == BYOL_EMA)
    for (size_t i = 0; i < wide; i++)
      put(dA, i, p->beta * (at(Z, i) - at(A, i)));
}

#define K(m, j) dop_a[m][j] * at(k[j], i)
#define STAGE(m, sum)                                                          \
  for (size_t i = 0; i < n; i++) put(w, i, at(y, i) + h * (sum));              \
  slope(p, w, k[m]);

static BYOL_TARGET void stages(const part *p, const double *y, double *w,
                               double *const *k, vec h) {
  const size_t n = es_byol_length(p->b);
  STAGE(2, K(2, 1))
  STAGE(3, K(3, 1) + K(3, 2))
  STAGE(4, K(4, 1) + K(4, 3))
  STAGE(5, K(5, 1) + K(5, 3) + K(5, 4))
  STAGE(6, K(6, 1) + K(6, 4) + K(6, 5))
  STAGE(7, K(7, 1) + K(7, 4) + K(7, 5) + K(7, 6))
  STAGE(8, K(8, 1) + K(8, 4) + K(8, 5) + K(8, 6) + K(8, 7))
  STAGE(9, K(9, 1) + K(9, 4) + K(9, 5) + K(9, 6) + K(9, 7) + K(9, 8))
  STAGE(10, K(10, 1) + K(10, 4) + K(10, 5) + K(10, 6) + K(10, 7) + K(10, 8) +
                K(10, 9))
  STAGE(11, K(11, 1) + K(11, 4) + K(11, 5) + K(11, 6) + K(11, 7) + K(11, 8) +
                K(11, 9) + K(11, 10))
  STAGE(12, K(12, 1) + K(12, 4) + K(12, 5) + K(12, 6) + K(12, 7) + K(12, 8) +
                K(12, 9) + K(12, 10) + K(12, 11))
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
  vec error = v.error, largest = {0};
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
    const vec tol = atol * unit + v.rtol * worse(size, size_of(old));
    const vec square = q5 * q5, both = square + .01 * (q3 * q3);
    error = worse(square * square / (both * (tol * tol) + TINY), error);
    largest = worse(size, largest);
    put(w, i, y_new);
  }
  v.error = error;
  v.largest = worse(largest / unit, v.largest);
  return v;
}

static BYOL_TARGET void finish(const byol *b, const es_lane_block *block,
                               size_t lane, const double *y, double *w,
                               double *const *k, const es_cell_options *o) {
  const size_t wide = b->n2 * b->n1, both = wide + b->n2 * b->n2;
  const double *scale = block->param + BYOL_SCALE * ES_LANES + lane;
  double *state = block->work + lane;
  const vec h = at(state, BYOL_H), atol = splat(o->atol);
  verdict v = {h, splat(o->rtol), splat(0), splat(0)};
  v = finish_part(v, 0, wide, y, w, k, atol, at(scale, 0));
  v = finish_part(v, wide, both, y, w, k, atol, at(scale, 1));
  if (b->variant == BYOL_EMA)
    v = finish_part(v, both, both + wide, y, w, k, atol, at(scale, 2));
  put(state, BYOL_ERROR, h * h * v.error);
  put(state, BYOL_LARGEST, v.largest);
}

INLINE part part_of(const es_lane_block *block, size_t lane) {
  const byol *b = block->system;
  const size_t wide = b->n2 * b->n1;
  const double *param = block->param + lane;
  double *scratch = block->work + lane +
                    (BYOL_ROWS + BYOL_ARRAYS * es_byol_length(b)) * ES_LANES;
  return (part){b,
                at(param, BYOL_ALPHA_P),
                at(param, BYOL_BETA),
                at(param, BYOL_ETA_P),
                at(param, BYOL_ETA_S),
                scratch,
                scratch + wide * ES_LANES,
                scratch + 2 * wide * ES_LANES};
}

/* Where the slopes are and the state of a stage. k2 and k3 are soon over: later
 * ones take their places. */
static void places(const es_lane_block *block, size_t lane, double **k,
                   double **w) {
  static const unsigned char place[13] = {0, 0, 1, 2, 1, 3, 2,
                                          4, 5, 6, 7, 8, 9};
  const size_t row = es_byol_length(block->system) * ES_LANES;
  double *first = block->work + BYOL_ROWS * ES_LANES + lane;
  for (size_t m = 1; m <= 12; m++) k[m] = first + place[m] * row;
  *w = first + (BYOL_ARRAYS - 1) * row;
}

/* y = w in the lanes that passed. */
static BYOL_TARGET void keep(size_t n, size_t lane, unsigned passed, double *y,
                             const double *w) {
  bits mask = {0};
  for (size_t l = 0; l < BYOL_WIDTH; l++)
    mask[l] = passed >> (lane + l) & 1u ? -1 : 0;
  for (size_t i = 0; i < n; i++) put(y, i, choose(mask, at(w, i), at(y, i)));
}

BYOL_TARGET unsigned BYOL_ADVANCE(es_lane_block *block,
                                  const es_cell_options *o) {
  const byol *b = block->system;
  const size_t n = es_byol_length(b);
  double *k[13], *w;
  for (size_t lane = 0; lane < ES_LANES; lane += BYOL_WIDTH) {
    const part p = part_of(block, lane);
    places(block, lane, k, &w);
    slope(&p, block->y + lane, k[1]);
  }
  places(block, 0, k, &w);
  es_byol_lanes_aim(block, k[1], o);
  for (size_t lane = 0; lane < ES_LANES; lane += BYOL_WIDTH) {
    const part p = part_of(block, lane);
    const double *y = block->y + lane;
    places(block, lane, k, &w);
    stages(&p, y, w, k, at(block->work + lane, BYOL_H));
    finish(b, block, lane, y, w, k, o);
  }
  unsigned ended;
  const unsigned passed = es_byol_lanes_judge(block, &ended, o);
  for (size_t lane = 0; lane < ES_LANES; lane += BYOL_WIDTH) {
    places(block, lane, k, &w);
    keep(n, lane, passed, block->y + lane, w);
  }
  return ended;
}
