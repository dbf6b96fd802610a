/* One step of 8 cells, one in each lane (byol_lanes.h). Included once per
 * instruction set, with what byol_vec.h asks for and the function's name,
 * BYOL_ADVANCE; a block is stepped in 8/BYOL_WIDTH parts. */
#define BYOL_STRIDE ES_LANES
#include "models/linear/byol_vec.h"

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
  size_t n1, n2, end[3]; /* where Z, P and A end in a state */
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
  part p = *given;
  const byol *b = p.b;
  const size_t n1 = p.n1, n2 = p.n2, wide = p.end[0];
  p.Z = y, p.P = y + p.end[0] * ES_LANES;
  p.A = b->variant == BYOL_EMA ? y + p.end[1] * ES_LANES : y;
  p.dZ = k, p.dP = k + p.end[0] * ES_LANES, p.dA = k + p.end[1] * ES_LANES;
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

#include "models/linear/byol_dop853.h"

INLINE part part_of(const es_lane_block *block, size_t lane) {
  const byol *b = es_byol_of(block);
  const es_byol_layout l = es_byol_layout_of(b);
  const double *param = block->param + lane;
  double *scratch =
      block->work + lane + BYOL_ROWS * ES_LANES + BYOL_ARRAYS * l.distance;
  return (part){.b = b,
                .n1 = b->n1,
                .n2 = b->n2,
                .end = {l.end[0], l.end[1], l.end[2]},
                .alpha_p = at(param, BYOL_ALPHA_P),
                .beta = at(param, BYOL_BETA),
                .eta_p = at(param, BYOL_ETA_P),
                .eta_s = at(param, BYOL_ETA_S),
                .T = scratch,
                .G = scratch + l.end[0] * ES_LANES,
                .B = scratch + 2 * l.end[0] * ES_LANES};
}

static void places_of(const es_lane_block *block, size_t lane, double **k,
                      double **w) {
  places(block->work + BYOL_ROWS * ES_LANES + lane,
         es_byol_layout_of(es_byol_of(block)).distance, k, w);
}

/* y = w in the lanes that passed. */
static BYOL_TARGET void keep(size_t n, size_t lane, unsigned passed, double *y,
                             const double *w) {
  bits mask = {0};
  for (size_t l = 0; l < BYOL_WIDTH; l++)
    mask[l] = passed >> (lane + l) & 1u ? -1 : 0;
  for (size_t i = 0; i < n; i++) put(y, i, choose(mask, at(w, i), at(y, i)));
}

static BYOL_TARGET void try_part(es_lane_block *block, size_t lane,
                                 const es_cell_options *o) {
  const part p = part_of(block, lane);
  const double *scale = block->param + BYOL_SCALE * ES_LANES + lane;
  const vec unit[3] = {at(scale, 0), at(scale, 1), at(scale, 2)};
  double *state = block->work + lane, *k[13], *w;
  const vec h = at(state, BYOL_H);
  places_of(block, lane, k, &w);
  stages(&p, block->y + lane, w, k, h);
  const verdict v = finish(&p, h, unit, block->y + lane, w, k, o);
  put(state, BYOL_ERROR, v.error);
  put(state, BYOL_LARGEST, v.largest);
}

BYOL_TARGET unsigned BYOL_ADVANCE(es_lane_block *block,
                                  const es_cell_options *o) {
  double *k[13], *w;
  unsigned ended = 0, passed = 0;
  for (size_t lane = 0; lane < ES_LANES; lane += BYOL_WIDTH) {
    const part p = part_of(block, lane);
    places_of(block, lane, k, &w);
    slope(&p, block->y + lane, k[1]);
  }
  for (size_t lane = 0; lane < ES_LANES; lane++) {
    places_of(block, lane, k, &w); /* k[1] is of this lane */
    es_byol_lanes_aim(block, lane, k[1], o);
  }
  for (size_t lane = 0; lane < ES_LANES; lane += BYOL_WIDTH)
    try_part(block, lane, o);
  for (size_t lane = 0; lane < ES_LANES; lane++)
    if (es_byol_lanes_judge(block, lane, &ended, o)) passed |= 1u << lane;
  for (size_t lane = 0; lane < ES_LANES; lane += BYOL_WIDTH) {
    places_of(block, lane, k, &w);
    keep(es_byol_length(es_byol_of(block)), lane, passed, block->y + lane, w);
  }
  return ended;
}
