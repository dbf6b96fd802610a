/* The loops over a tile of infonce_parts.h, included once per instruction set
 * with SET, WIDTH (doubles in a vector: 8, 4 or 2) and TARGET, the attribute
 * that switches it on. A sum runs along the strips in eight lanes, whatever the
 * width, and nothing is fused (-ffp-contract=off): the bits are the same. */

typedef double NAME(vec)
    __attribute__((vector_size(8 * WIDTH), aligned(8 * WIDTH), may_alias));
typedef long long NAME(bits)
    __attribute__((vector_size(8 * WIDTH), aligned(8 * WIDTH), may_alias));
typedef unsigned long long NAME(words)
    __attribute__((vector_size(8 * WIDTH), aligned(8 * WIDTH), may_alias));
#define VEC NAME(vec)
#define BITS NAME(bits)
#define WORDS NAME(words)
#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE VEC NAME(load)(const double *a) { return *(const VEC *)a; }
INLINE void NAME(put)(double *a, VEC x) { *(VEC *)a = x; }
INLINE VEC NAME(splat)(double x) { return x - (VEC){0}; }
INLINE VEC NAME(choose)(BITS mask, VEC a, VEC b) {
  return (VEC)((mask & (BITS)a) | (~mask & (BITS)b));
}
#define LOAD NAME(load)
#define PUT NAME(put)
#define SPLAT NAME(splat)
#define CHOOSE NAME(choose)

/* e^x for x < 709, within 1.1 units in the last place; 0 below LEAST_X. x = k
 * ln 2 + r, where k times the first part of ln 2 is exact; then a polynomial in
 * r, and k is added to the exponent. */
INLINE VEC NAME(exp)(VEC x) {
  const VEC magic = SPLAT(ROUNDER), t = x * LOG2_E + magic, k = t - magic;
  const VEC r = (x - k * LN2_HIGH) - k * LN2_LOW;
  VEC q = SPLAT(TERMS[N_TERMS - 1]);
#define THEN(i) q = q * r + TERMS[i]
  THEN(8), THEN(7), THEN(6), THEN(5), THEN(4), THEN(3), THEN(2), THEN(1),
      THEN(0);
#undef THEN
  const VEC p = 1 + (r + r * r * q);
  const VEC e = (VEC)((WORDS)p + ((WORDS)t << 52));
  return CHOOSE(x < SPLAT(LEAST_X), SPLAT(0), e);
}
#define EXP NAME(exp)

INLINE VEC NAME(logit)(const es_infonce_tile *t, const double *S, size_t i,
                       VEC h) {
  return LOAD(S + i) - (LOAD(t->row_h + i) + h);
}
#define LOGIT NAME(logit)

INLINE double NAME(total)(const double *a) {
  return ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
}

/* For each column j: `first`, then `each` for each vector of rows from i on,
 * which adds to `sum`; the total is added to col_sum. */
#define FOR_TILE(first, each)                                                  \
  for (size_t j = 0; j < t->cols; j++) {                                       \
    double lanes[ES_INFONCE_STRIP] __attribute__((aligned(64)));               \
    double *const S = t->S + j * t->edge;                                      \
    first;                                                                     \
    for (size_t q = 0; q < ES_INFONCE_STRIP; q += WIDTH) {                     \
      VEC sum = {0};                                                           \
      for (size_t i = q; i < t->rows; i += ES_INFONCE_STRIP) each;             \
      PUT(lanes + q, sum);                                                     \
    }                                                                          \
    t->col_sum[j] += NAME(total)(lanes);                                       \
  }

TARGET static void NAME(exponentials)(const es_infonce_tile *t){
    FOR_TILE(const VEC h = SPLAT(t->col_h[j]),
             {
               const VEC e = EXP(LOGIT(t, S, i, h));
               PUT(S + i, e);
               PUT(t->row_sum + i, LOAD(t->row_sum + i) + e);
               sum += e;
             })}

TARGET static void NAME(weights)(const es_infonce_tile *t) {
  FOR_TILE(double *const H = t->H + j * t->edge;
           const VEC f = SPLAT(t->col_f[j]), {
             const VEC e = LOAD(S + i) * (LOAD(t->row_f + i) + f);
             PUT(H + i, e);
             PUT(t->row_sum + i, LOAD(t->row_sum + i) + e);
             sum += e;
           })
}

TARGET static void NAME(own_sums)(const es_infonce_tile *t){
    FOR_TILE(const VEC m = SPLAT(t->col_m[j]),
             {
               const VEC l = LOAD(S + i);
               const VEC e = EXP(l - LOAD(t->row_m + i));
               PUT(t->row_sum + i, LOAD(t->row_sum + i) + e);
               sum += EXP(l - m);
             })}

TARGET static void NAME(own_weights)(const es_infonce_tile *t) {
  FOR_TILE(double *const H = t->H + j * t->edge;
           const VEC m = SPLAT(t->col_m[j]); const VEC f = SPLAT(t->col_f[j]), {
             const VEC l = LOAD(S + i);
             const VEC a = EXP(l - LOAD(t->row_m + i)) * LOAD(t->row_f + i);
             const VEC e = a + EXP(l - m) * f;
             PUT(H + i, e);
             PUT(t->row_sum + i, LOAD(t->row_sum + i) + e);
             sum += e;
           })
}

/* |a - b|^2/2 of d numbers, which need not be aligned. */
INLINE double NAME(apart)(size_t d, const double *a, const double *b) {
  double lanes[ES_INFONCE_STRIP] __attribute__((aligned(64)));
  const size_t whole = d - d % ES_INFONCE_STRIP;
  for (size_t q = 0; q < ES_INFONCE_STRIP; q += WIDTH) {
    VEC sum = {0}, x, y;
    for (size_t k = q; k < whole; k += ES_INFONCE_STRIP) {
      memcpy(&x, a + k, sizeof x);
      memcpy(&y, b + k, sizeof y);
      sum += (x - y) * (x - y);
    }
    PUT(lanes + q, sum);
  }
  double square = NAME(total)(lanes);
  for (size_t k = whole; k < d; k++) square += (a[k] - b[k]) * (a[k] - b[k]);
  return square / 2;
}

TARGET static void NAME(logits)(const es_infonce_tile *t, size_t d,
                                const double *row_z, const double *col_z) {
  for (size_t j = 0; j < t->cols; j++) {
    double *const S = t->S + j * t->edge;
    const VEC h = SPLAT(t->col_h[j]);
    for (size_t i = 0; i < t->rows; i += WIDTH) PUT(S + i, LOGIT(t, S, i, h));
    for (size_t i = 0; i < t->rows; i++) {
      const double terms = t->row_h[i] + t->col_h[j];
      if (terms > ES_INFONCE_LARGE && CANCELLED * -S[i] < terms)
        S[i] = -NAME(apart)(d, row_z + i * d, col_z + j * d);
    }
  }
}

TARGET static void NAME(maxima)(const es_infonce_tile *t) {
  for (size_t j = 0; j < t->cols; j++) {
    const double *const S = t->S + j * t->edge;
    VEC most = SPLAT(t->col_sum[j]);
    for (size_t i = 0; i < t->rows; i += WIDTH) {
      const VEC l = LOAD(S + i), row = LOAD(t->row_sum + i);
      PUT(t->row_sum + i, CHOOSE(l > row, l, row));
      most = CHOOSE(l > most, l, most);
    }
    for (size_t q = 0; q < WIDTH; q++)
      if (most[q] > t->col_sum[j]) t->col_sum[j] = most[q];
  }
}

TARGET static double NAME(row)(size_t n, double *a, double shift) {
  double lanes[ES_INFONCE_STRIP] __attribute__((aligned(64)));
  for (size_t q = 0; q < ES_INFONCE_STRIP; q += WIDTH) {
    VEC sum = {0};
    for (size_t i = q; i < n; i += ES_INFONCE_STRIP) {
      const VEC e = EXP(LOAD(a + i) - shift);
      PUT(a + i, e);
      sum += e;
    }
    PUT(lanes + q, sum);
  }
  return NAME(total)(lanes);
}

/* NaN where one is: it is not at most the other. */
TARGET static double NAME(largest)(size_t n, const double *a) {
  VEC most = LOAD(a);
  double out;
  for (size_t i = 0; i < n; i += WIDTH) {
    const VEC x = LOAD(a + i);
    most = CHOOSE(x <= most, most, x);
  }
  out = most[0];
  for (size_t q = 1; q < WIDTH; q++)
    if (!(most[q] <= out)) out = most[q];
  return out;
}

#undef FOR_TILE
#undef LOGIT
#undef EXP
#undef CHOOSE
#undef SPLAT
#undef PUT
#undef LOAD
#undef INLINE
#undef WORDS
#undef BITS
#undef VEC
