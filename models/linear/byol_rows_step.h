/* One step of up to 8 cells one after another, with vectors along the rows of
 * their matrices (byol_lanes.h), which are padded with zeros to whole vectors.
 * Included once per instruction set, with what byol_vec.h asks for and the
 * function's name, BYOL_ADVANCE. */
#define BYOL_STRIDE BYOL_WIDTH
#include "models/linear/byol_vec.h"

#include <string.h>

/* A tile: one vector of rows by 8 columns of a product. */
typedef struct tile {
  vec c0, c1, c2, c3, c4, c5, c6, c7;
} tile;

INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* sum over k < n of a_k b_kj for columns j0 to j0 + 7 of `columns`; beyond the
 * last it is the last again. Vector k of the left factor is at a + k*a_step,
 * entry (k, j) of the right one at b + k*b_step + j*b_column. */
INLINE tile product(size_t n, const double *a, size_t a_step, const double *b,
                    size_t b_step, size_t b_column, size_t j0, size_t columns) {
  tile c = {0};
#define COLUMN(q)                                                              \
  const double *b##q = b + least(j0 + q, columns - 1) * b_column;
  EACH(COLUMN)
#undef COLUMN
  for (size_t k = 0; k < n; k++) {
    const vec x = load(a + k * a_step);
    const size_t e = k * b_step;
#define ADD(q) c.c##q += x * b##q[e];
    EACH(ADD)
#undef ADD
  }
  return c;
}

/* A cell: sizes, m being n2 padded; rates, a state and its slope, and scratch:
 * T = Z S, G, B = Z D and P^T. */
typedef struct part {
  const byol *b;
  size_t n1, n2, m, end[3]; /* vectors up to the ends of Z, P and A */
  double alpha_p, beta, eta_p, eta_s;
  const double *Z, *P, *A;
  double *dZ, *dP, *dA, *T, *G, *B, *Q;
} part;

/* For the columns of a tile: column's sum, whose place is e. The last may come
 * more than once. */
#define DO(q, columns, then)                                                   \
  {                                                                            \
    const size_t column = least(j + q, (columns)-1), e = i + column * p->m;    \
    const vec sum = c.c##q;                                                    \
    (void)column;                                                              \
    then;                                                                      \
  }
#define FOR_COLUMNS(columns, then)                                             \
  DO(0, columns, then)                                                         \
  DO(1, columns, then)                                                         \
  DO(2, columns, then)                                                         \
  DO(3, columns, then)                                                         \
  DO(4, columns, then)                                                         \
  DO(5, columns, then)                                                         \
  DO(6, columns, then)                                                         \
  DO(7, columns, then)
#define FOR_TILES(columns)                                                     \
  for (size_t i = 0; i < p->m; i += BYOL_WIDTH)                                \
    for (size_t j = 0; j < (columns); j += 8)
INLINE void set(double *a, vec x) { *(vec *)a = x; }

static BYOL_TARGET void residual(const part *p) {
  const byol *b = p->b;
  const size_t n1 = p->n1, n2 = p->n2, m = p->m;
  const double *D = b->D;
  if (b->S != NULL) FOR_TILES(n1) {
      const tile c = product(n1, p->Z + i, m, b->S, 1, n1, j, n1);
      FOR_COLUMNS(n1, set(p->T + e, sum))
    }
  else
    for (size_t j = 0; j < n1; j++)
      for (size_t i = 0; i < m; i += BYOL_WIDTH)
        set(p->T + i + j * m, b->sum[j] * load(p->Z + i + j * m));
  FOR_TILES(n1) {
    const tile c = product(n2, p->P + i, m, p->T, 1, m, j, n1);
    FOR_COLUMNS(n1, set(p->G + e, D[column] * load(p->A + e) - sum))
  }
}

static BYOL_TARGET void through_target(const part *p) {
  const size_t n1 = p->n1, m = p->m;
  for (size_t j = 0; j < n1; j++)
    for (size_t i = 0; i < m; i += BYOL_WIDTH) {
      const size_t e = i + j * m;
      set(p->B + e, p->b->D[j] * load(p->Z + e));
      set(p->T + e, load(p->dZ + e) - load(p->T + e));
    }
  FOR_TILES(n1) {
    const tile c = product(p->n2, p->P + i, m, p->B, 1, m, j, n1);
    FOR_COLUMNS(n1, set(p->dZ + e, sum + load(p->T + e)))
  }
}

/* Q = P^T, rows padded with zeros. */
#ifdef __has_builtin
#if BYOL_WIDTH == 8 && __has_builtin(__builtin_shufflevector)
#define BYOL_SHUFFLES
#endif
#endif
#ifdef BYOL_SHUFFLES
/* The 2×2 blocks of single entries, of pairs and of fours change places. */
#define LOW_1 0, 8, 2, 10, 4, 12, 6, 14
#define HIGH_1 1, 9, 3, 11, 5, 13, 7, 15
#define LOW_2 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH_2 2, 3, 10, 11, 6, 7, 14, 15
#define LOW_4 0, 1, 2, 3, 8, 9, 10, 11
#define HIGH_4 4, 5, 6, 7, 12, 13, 14, 15
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define TURN(a, b, by)                                                         \
  do {                                                                         \
    const vec a_ = c.c##a, b_ = c.c##b;                                        \
    c.c##a = SHUFFLE(a_, b_, LOW_##by);                                        \
    c.c##b = SHUFFLE(a_, b_, HIGH_##by);                                       \
  } while (0)
static BYOL_TARGET void transpose(const part *p) {
  const size_t n2 = p->n2, m = p->m;
  for (size_t i = 0; i < m; i += 8)
    for (size_t j = 0; j < n2; j += 8) {
      tile c = {0};
#define TAKE(q)                                                                \
  if (i + q < n2) c.c##q = load(p->P + j + (i + q) * m);
      EACH(TAKE)
#undef TAKE
      TURN(0, 1, 1);
      TURN(2, 3, 1);
      TURN(4, 5, 1);
      TURN(6, 7, 1);
      TURN(0, 2, 2);
      TURN(1, 3, 2);
      TURN(4, 6, 2);
      TURN(5, 7, 2);
      TURN(0, 4, 4);
      TURN(1, 5, 4);
      TURN(2, 6, 4);
      TURN(3, 7, 4);
#define PUT(q)                                                                 \
  if (j + q < n2) set(p->Q + i + (j + q) * m, c.c##q);
      EACH(PUT)
#undef PUT
    }
}
#else
static BYOL_TARGET void transpose(const part *p) {
  for (size_t j = 0; j < p->n2; j++)
    for (size_t i = 0; i < p->n2; i++) p->Q[i + j * p->m] = p->P[j + i * p->m];
}
#endif

static BYOL_TARGET void slope(const part *given, const double *y, double *k) {
  part own = *given;
  const part *p = &own;
  const size_t n1 = own.n1, n2 = own.n2, m = own.m;
  own.Z = y, own.P = y + m * n1;
  own.A = own.b->variant == BYOL_EMA ? own.P + m * n2 : y;
  own.dZ = k, own.dP = k + m * n1, own.dA = own.dP + m * n2;
  transpose(p);
  residual(p);
  FOR_TILES(n2) {
    const tile c = product(n1, p->G + i, m, p->Z, m, 1, j, n2);
    FOR_COLUMNS(n2,
                set(p->dP + e, p->alpha_p * sum - p->eta_p * load(p->P + e)))
  }
  FOR_TILES(n1) {
    const tile c = product(n2, p->Q + i, m, p->G, 1, m, j, n1);
    FOR_COLUMNS(n1, set(p->dZ + e, sum - p->eta_s * load(p->Z + e)))
  }
  if (p->b->variant == BYOL_NO_STOP) through_target(p);
  if (p->b->variant == BYOL_EMA)
    for (size_t i = 0; i < m * n1; i += BYOL_WIDTH)
      set(p->dA + i, p->beta * (load(p->Z + i) - load(p->A + i)));
}

#include "models/linear/byol_dop853.h"

/* The largest of a vector's elements; NaN if one is. */
INLINE double largest_of(vec x) {
  double worst = x[0];
  for (size_t i = 1; i < BYOL_WIDTH; i++)
    if (!(x[i] <= worst)) worst = x[i];
  return worst;
}

static BYOL_TARGET void try_cell(es_lane_block *block, size_t lane,
                                 const part *p, double *const *k, double *w,
                                 const es_cell_options *o) {
  const double *scale = block->param + BYOL_SCALE * ES_LANES + lane;
  const vec unit[3] = {splat(scale[0]), splat(scale[ES_LANES]),
                       splat(scale[2 * ES_LANES])};
  const double *y = block->y + lane * p->end[2] * BYOL_WIDTH;
  double *state = block->work + lane;
  const vec h = splat(state[BYOL_H * ES_LANES]);
  stages(p, y, w, k, h);
  const verdict v = finish(p, h, unit, y, w, k, o);
  state[BYOL_ERROR * ES_LANES] = largest_of(v.error);
  state[BYOL_LARGEST * ES_LANES] = largest_of(v.largest);
}

BYOL_TARGET unsigned BYOL_ADVANCE(es_lane_block *block,
                                  const es_cell_options *o) {
  const byol *b = es_byol_of(block);
  const es_byol_layout l = es_byol_layout_of(b);
  double *first = block->work + BYOL_ROWS * ES_LANES, *k[13], *w;
  double *scratch = first + BYOL_ARRAYS * l.distance;
  const size_t wide = l.m * b->n1;
  unsigned ended = 0;
  places(first, l.distance, k, &w);
  for (size_t lane = 0; lane < ES_LANES; lane++) {
    if (!(block->busy >> lane & 1u)) continue;
    const double *rate = block->param + lane;
    const part p = {.b = b,
                    .n1 = b->n1,
                    .n2 = b->n2,
                    .m = l.m,
                    .end = {l.end[0] / BYOL_WIDTH, l.end[1] / BYOL_WIDTH,
                            l.end[2] / BYOL_WIDTH},
                    .alpha_p = rate[BYOL_ALPHA_P * ES_LANES],
                    .beta = rate[BYOL_BETA * ES_LANES],
                    .eta_p = rate[BYOL_ETA_P * ES_LANES],
                    .eta_s = rate[BYOL_ETA_S * ES_LANES],
                    .T = scratch,
                    .G = scratch + wide,
                    .B = scratch + 2 * wide,
                    .Q = scratch + 3 * wide};
    double *y = block->y + lane * l.end[2];
    slope(&p, y, k[1]);
    es_byol_lanes_aim(block, lane, k[1], o);
    try_cell(block, lane, &p, k, w, o);
    if (es_byol_lanes_judge(block, lane, &ended, o))
      memcpy(y, w, l.end[2] * sizeof *y);
  }
  return ended;
}
