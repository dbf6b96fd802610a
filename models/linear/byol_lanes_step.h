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
INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }

/* A tile: 4×2 entries of a product, kept in registers. */
typedef struct tile {
  vec c00, c10, c20, c30, c01, c11, c21, c31;
} tile;

/* Which entries: rows i0 to i3 and columns j0, j1 of n2×n arrays. Beyond the
 * last they are the last again, which is then made more than once, to the same
 * bits. */
typedef struct place {
  size_t i0, i1, i2, i3, j0, j1, n2;
} place;

INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

INLINE place place_at(size_t i, size_t j, size_t n2, size_t n) {
  const size_t last = n2 - 1;
  return (place){i,
                 least(i + 1, last),
                 least(i + 2, last),
                 least(i + 3, last),
                 j,
                 least(j + 1, n - 1),
                 n2};
}
INLINE place whole_place(size_t i, size_t j, size_t n2) {
  return (place){i, i + 1, i + 2, i + 3, j, j + 1, n2};
}

INLINE vec load(const double *a) { return *(const vec *)a; }

/* c + sum over k < n of a_ik b_kj: entry (i, k) of the left factor is number
 * i*a_row + k*a_sum, entry (k, j) of the right one number k*b_sum + j*b_column.
 */
#define ADD_PRODUCTS(B0, B1)                                                   \
  const vec a0 = load(r0 + k * step), a1 = load(r1 + k * step);                \
  const vec a2 = load(r2 + k * step), a3 = load(r3 + k * step);                \
  const vec b0 = B0, b1 = B1;                                                  \
  c.c00 += a0 * b0, c.c10 += a1 * b0, c.c20 += a2 * b0, c.c30 += a3 * b0;      \
  c.c01 += a0 * b1, c.c11 += a1 * b1, c.c21 += a2 * b1, c.c31 += a3 * b1;
#define ROWS                                                                   \
  const double *r0 = a + x.i0 * a_row * ES_LANES;                              \
  const double *r1 = a + x.i1 * a_row * ES_LANES;                              \
  const double *r2 = a + x.i2 * a_row * ES_LANES;                              \
  const double *r3 = a + x.i3 * a_row * ES_LANES;                              \
  const size_t step = a_sum * ES_LANES;

INLINE tile add_product(tile c, place x, size_t n, const double *a,
                        size_t a_row, size_t a_sum, const double *b,
                        size_t b_sum, size_t b_column) {
  ROWS const double *q0 = b + x.j0 * b_column * ES_LANES;
  const double *q1 = b + x.j1 * b_column * ES_LANES;
  for (size_t k = 0; k < n; k++) {
    ADD_PRODUCTS(load(q0 + k * b_sum * ES_LANES),
                 load(q1 + k * b_sum * ES_LANES))
  }
  return c;
}
/* The same with a right factor (n×) that all cells share. */
INLINE tile add_shared(tile c, place x, size_t n, const double *a, size_t a_row,
                       size_t a_sum, const double *b) {
  ROWS const double *q0 = b + x.j0 * n, *q1 = b + x.j1 * n;
  for (size_t k = 0; k < n; k++) {
    ADD_PRODUCTS(splat(q0[k]), splat(q1[k]))
  }
  return c;
}

/* c + d diag(u, v) and c diag(u, v). */
INLINE tile add_scaled(tile c, place x, vec u, vec v, const double *d) {
  const size_t e0 = x.j0 * x.n2, e1 = x.j1 * x.n2;
  c.c00 += u * at(d, e0 + x.i0), c.c10 += u * at(d, e0 + x.i1);
  c.c20 += u * at(d, e0 + x.i2), c.c30 += u * at(d, e0 + x.i3);
  c.c01 += v * at(d, e1 + x.i0), c.c11 += v * at(d, e1 + x.i1);
  c.c21 += v * at(d, e1 + x.i2), c.c31 += v * at(d, e1 + x.i3);
  return c;
}
INLINE tile times(tile c, vec u, vec v) {
  return (tile){c.c00 * u, c.c10 * u, c.c20 * u, c.c30 * u,
                c.c01 * v, c.c11 * v, c.c21 * v, c.c31 * v};
}
INLINE void put_tile(double *out, place x, tile c) {
  const size_t e0 = x.j0 * x.n2, e1 = x.j1 * x.n2;
  put(out, e0 + x.i0, c.c00), put(out, e0 + x.i1, c.c10);
  put(out, e0 + x.i2, c.c20), put(out, e0 + x.i3, c.c30);
  put(out, e1 + x.i0, c.c01), put(out, e1 + x.i1, c.c11);
  put(out, e1 + x.i2, c.c21), put(out, e1 + x.i3, c.c31);
}

/* Calls make(x) for tiles that cover n2×n: whole ones without a thought for the
 * edges, which follow. */
#define FOR_TILES(n2, n, make)                                                 \
  do {                                                                         \
    const size_t whole_rows_ = (n2) & ~(size_t)3;                              \
    const size_t whole_columns_ = (n) & ~(size_t)1;                            \
    for (size_t j_ = 0; j_ < whole_columns_; j_ += 2)                          \
      for (size_t i_ = 0; i_ < whole_rows_; i_ += 4)                           \
        make(whole_place(i_, j_, n2));                                         \
    for (size_t j_ = 0; j_ < (n); j_ += 2)                                     \
      for (size_t i_ = j_ < whole_columns_ ? whole_rows_ : 0; i_ < (n2);       \
           i_ += 4)                                                            \
        make(place_at(i_, j_, n2, n));                                         \
  } while (0)

/* The lanes of one part: parameters, a state and its slope, and scratch for
 * T = Z S, G and B = Z D. A is Z without a target of its own. */
typedef struct part {
  const byol *b;
  size_t n1, n2;
  vec alpha_p, beta, eta_p, eta_s;
  const double *Z, *P, *A;
  double *dZ, *dP, *dA, *T, *G, *B;
} part;

/* T = Z S. */
INLINE void moment(const part *p, place x) {
  const tile c = {0};
  put_tile(p->T, x, add_shared(c, x, p->n1, p->Z, 1, p->n2, p->b->S));
}

/* G = A D - P T, or, where S is diagonal, A D - (P Z) S. */
INLINE void residual(const part *p, place x) {
  const bool full = p->b->S != NULL;
  const double *right = full ? p->T : p->Z, *sum = p->b->sum, *D = p->b->D;
  tile c = {0};
  c = add_product(c, x, p->n2, p->P, 1, p->n2, right, 1, p->n2);
  c = times(c, splat(full ? -1 : -sum[x.j0]), splat(full ? -1 : -sum[x.j1]));
  put_tile(p->G, x, add_scaled(c, x, splat(D[x.j0]), splat(D[x.j1]), p->A));
}

/* P' = alpha_p G Z^T - eta_p P. */
INLINE void predictor(const part *p, place x) {
  tile c = {0};
  c = add_product(c, x, p->n1, p->G, 1, p->n2, p->Z, p->n2, 1);
  c = times(c, p->alpha_p, p->alpha_p);
  put_tile(p->dP, x, add_scaled(c, x, -p->eta_p, -p->eta_p, p->P));
}

/* Z' = P^T G - eta_s Z. */
INLINE void encoder(const part *p, place x) {
  tile c = {0};
  c = add_product(c, x, p->n2, p->P, p->n2, 1, p->G, 1, p->n2);
  put_tile(p->dZ, x, add_scaled(c, x, -p->eta_s, -p->eta_s, p->Z));
}

/* What is missing without stop-gradient: Z' += P B - Z S, in T so far. */
INLINE void through_target(const part *p, place x) {
  tile c = {0};
  c = add_product(c, x, p->n2, p->P, 1, p->n2, p->B, 1, p->n2);
  put_tile(p->dZ, x, add_scaled(c, x, splat(1), splat(1), p->T));
}
static BYOL_TARGET void before_target(const part *p) {
  for (size_t j = 0; j < p->n1; j++)
    for (size_t e = j * p->n2; e < (j + 1) * p->n2; e++) {
      vec left = p->b->sum[j] * at(p->Z, e);
      if (p->b->S != NULL) left = at(p->T, e);
      put(p->T, e, at(p->dZ, e) - left);
      put(p->B, e, p->b->D[j] * at(p->Z, e));
    }
}

#define MAKE_MOMENT(x) moment(&p, x)
#define MAKE_RESIDUAL(x) residual(&p, x)
#define MAKE_PREDICTOR(x) predictor(&p, x)
#define MAKE_ENCODER(x) encoder(&p, x)
#define MAKE_THROUGH(x) through_target(&p, x)

static BYOL_TARGET void slope(const part *given, const double *y, double *k) {
  const byol *b = given->b;
  const size_t n1 = b->n1, n2 = b->n2, wide = n2 * n1, square = n2 * n2;
  part p = *given;
  p.n1 = n1, p.n2 = n2;
  p.Z = y, p.P = y + wide * ES_LANES;
  p.A = b->variant == BYOL_EMA ? p.P + square * ES_LANES : y;
  p.dZ = k, p.dP = k + wide * ES_LANES, p.dA = p.dP + square * ES_LANES;
  if (b->S != NULL) FOR_TILES(n2, n1, MAKE_MOMENT);
  FOR_TILES(n2, n1, MAKE_RESIDUAL);
  FOR_TILES(n2, n2, MAKE_PREDICTOR);
  FOR_TILES(n2, n1, MAKE_ENCODER);
  if (b->variant == BYOL_NO_STOP) {
    before_target(&p);
    FOR_TILES(n2, n1, MAKE_THROUGH);
  }
  if (b->variant == BYOL_EMA)
    for (size_t i = 0; i < wide; i++)
      put(p.dA, i, p.beta * (at(p.Z, i) - at(p.A, i)));
}

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
  const size_t n = es_byol_length(p->b);
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
  double *scratch =
      block->work + lane +
      (BYOL_ROWS + BYOL_ARRAYS * es_byol_lanes_stride(es_byol_length(b))) *
          ES_LANES;
  return (part){.b = b,
                .alpha_p = at(param, BYOL_ALPHA_P),
                .beta = at(param, BYOL_BETA),
                .eta_p = at(param, BYOL_ETA_P),
                .eta_s = at(param, BYOL_ETA_S),
                .T = scratch,
                .G = scratch + wide * ES_LANES,
                .B = scratch + 2 * wide * ES_LANES};
}

/* Where the slopes are, and the state of a stage. Slopes 2 and 3 are over when
 * 4 and 6 are made; 4 and 5 when stage 8 is. */
static void places(const es_lane_block *block, size_t lane, double **k,
                   double **w) {
  static const unsigned char array[13] = {0, 0, 1, 2, 1, 3, 2,
                                          4, 5, 1, 3, 6, 7};
  const size_t row =
      es_byol_lanes_stride(es_byol_length(block->system)) * ES_LANES;
  double *first = block->work + BYOL_ROWS * ES_LANES + lane;
  for (size_t m = 1; m <= 12; m++) k[m] = first + array[m] * row;
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
