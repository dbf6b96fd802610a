/* Steps of a block of eigenmodes by Taylor series. Included once per
 * instruction set and order, with
 *   WIDTH    lanes in a vector
 *   ORDER    terms beyond the first, even
 *   TARGET   attributes of functions
 *   NAME(f)  this instance's name of f
 *   BITS_OF(m)  the bits of lanes where the mask m is set
 *
 * The flow is quadratic in (p, S, Q, G), so the series of a step follow from
 * each other by three Cauchy products (Jorba and Zou, Experimental Mathematics
 * 14 (2005) 99-117). A step is chosen so that the last two terms kept are
 * within tolerance: no step is ever taken twice, and the series are there for
 * the place where a region is entered.
 *
 * A lane's arithmetic is the same at any WIDTH, operation by operation and
 * without contraction, and so are its bits. */

typedef double NAME(real) __attribute__((vector_size(8 * WIDTH)));
typedef long long NAME(mask) __attribute__((vector_size(8 * WIDTH)));
typedef unsigned long long NAME(word) __attribute__((vector_size(8 * WIDTH)));
#define INLINE TARGET static inline __attribute__((always_inline))
#define REAL NAME(real)
#define MASK NAME(mask)
#define WORD NAME(word)
#define AT(q) (*(REAL *)(q))
#define ROW(i) (*(const REAL *)(k + (size_t)(i)*ES_LANES))
#define ALL(x) ((x) - (REAL){0})

INLINE REAL NAME(choose)(MASK mask, REAL yes, REAL no) {
  return (REAL)(((MASK)yes & mask) | ((MASK)no & ~mask));
}
INLINE REAL NAME(least)(REAL a, REAL b) { return NAME(choose)(a < b, a, b); }
INLINE REAL NAME(most)(REAL a, REAL b) { return NAME(choose)(a > b, a, b); }
INLINE REAL NAME(size)(REAL a) { return (REAL)((WORD)a & ~(WORD)ALL(-0.)); }
/* b where a is not negative, else -b: (S, Q) and (-S, -Q) are one state. */
INLINE REAL NAME(mirror)(REAL a, REAL b) {
  return (REAL)((WORD)b ^ ((WORD)a & (WORD)ALL(-0.)));
}
#define CHOOSE NAME(choose)
#define LEAST(a, b) NAME(least)(a, b)
#define MOST(a, b) NAME(most)(a, b)
#define SIZE(a) NAME(size)(a)
#define SETTLE NAME(settle)

#include "models/linear/eigenmode_region.h"

/* Series of p, S, Q in powers of (time from here)/T. */
typedef struct NAME(series) {
  REAL p[ORDER + 1], S[ORDER + 1], Q[ORDER + 1];
} NAME(series);

INLINE void NAME(expand)(NAME(series) * to, const double *k, REAL T) {
  REAL *p = to->p, *S = to->S, *Q = to->Q, G[ORDER];
  const REAL eta_p = T * ROW(EM_ETA_P), eta_s = T * ROW(EM_ETA_S);
  const REAL beta = T * ROW(EM_BETA), tau = ROW(EM_TAU);
  const REAL p0 = T * p[0], S0 = T * S[0];
  G[0] = Q[0] - p[0] * S[0];
  /* Chains of sums begin with what has been known for longest, so that the last
   * coefficient is waited for once in each. */
#pragma GCC unroll 32
  for (int n = 0; n < ORDER; n++) {
    REAL q = ALL(0), f = q, g = q;
#pragma GCC unroll 32
    for (int i = (n + 1) / 2; i >= 1; i--) {
      q += p[i] * S[n + 1 - i];
      if (i != n + 1 - i) q += p[n + 1 - i] * S[i];
    }
#pragma GCC unroll 32
    for (int i = n / 2; i >= 0; i--) {
      if (i > 0) f += S[i] * G[n - i], g += p[i] * G[n - i];
      if (i != n - i) f += S[n - i] * G[i], g += p[n - i] * G[i];
    }
    const double c = 1. / (n + 1);
    p[n + 1] = c * (T * f - eta_p * p[n]) + (c * S0) * G[n];
    S[n + 1] = c * (T * g - eta_s * S[n]) + (c * p0) * G[n];
    Q[n + 1] = c * (beta * (S[n] - Q[n])) + tau * S[n + 1];
    if (n + 1 < ORDER)
      G[n + 1] = (Q[n + 1] - q) - (p[0] * S[n + 1] + p[n + 1] * S[0]);
  }
}

/* Even and odd powers apart: two short chains. */
INLINE REAL NAME(value)(const REAL *series, REAL x) {
  const REAL x2 = x * x;
  REAL even = series[ORDER], odd = series[ORDER - 1];
#pragma GCC unroll 32
  for (int n = ORDER - 2; n >= 0; n -= 2) {
    even = even * x2 + series[n];
    if (n > 0) odd = odd * x2 + series[n - 1];
  }
  return even + x * odd;
}

/* x^(-1/n) within 7%, x > 0 and normal: bits of the exponent and the mantissa
 * are taken for a logarithm. */
INLINE REAL NAME(root)(REAL x, int n) {
  const WORD tag = (WORD)ALL(0x1p52);
  const REAL one = ALL(1023. * 0x1p32);
  const REAL log = (REAL)(((WORD)x >> 20) | tag) - 0x1p52 - one;
  return (REAL)(((WORD)((one - log * (1. / n)) + 0x1p52) ^ tag) << 20);
}

/* One over the sizes that coefficients are measured by. All of p, S and Q count
 * relatively, since tau is of the last two; p passing through 0 is measured by
 * S. */
INLINE void NAME(measure)(const NAME(series) * s, double atol, double rtol,
                          REAL unit[3]) {
  const REAL S = SIZE(s->S[0]) + ALL(1e-290), crossing = 1e-4 * S;
  unit[0] = 1 / (rtol * MOST(SIZE(s->p[0]), crossing) + atol);
  unit[1] = 1 / (rtol * S);
  unit[2] = 1 / (rtol * MOST(SIZE(s->Q[0]), crossing));
}

/* The step, in T, at which `share` of term n is what is tolerated. */
INLINE REAL NAME(reach)(const NAME(series) * s, const REAL unit[3], int n,
                        double share) {
  const REAL e = MOST(MOST(SIZE(s->p[n]) * unit[0], SIZE(s->S[n]) * unit[1]),
                      SIZE(s->Q[n]) * unit[2]);
  return SAFETY * NAME(root)(LEAST(MOST(share * e, ALL(1e-30)), ALL(1e300)), n);
}

/* The next step, in T. Where fast modes have settled, steps of the plain series
 * are held short by its stability; with less of its last terms it is stable
 * more than twice as far. Those are taken inside a trapping region alone, where
 * errors die away, and the series becomes what the step is made by. */
INLINE REAL NAME(plan)(NAME(series) * s, MASK settled, double atol,
                       double rtol) {
  REAL unit[3];
  NAME(measure)(s, atol, rtol, unit);
  const REAL plain =
      LEAST(NAME(reach)(s, unit, ORDER, 1), NAME(reach)(s, unit, ORDER - 1, 1));
  if (ORDER != LOW) return plain;
  const int first = ORDER - TAMED + 1;
  const REAL tamed =
      LEAST(NAME(reach)(s, unit, first, CAUTION * (1 - tame[0])),
            NAME(reach)(s, unit, first + 1, CAUTION * (1 - tame[1])));
  const MASK calm = settled & (tamed > PREFER * plain);
#pragma GCC unroll 8
  for (int i = 0; i < TAMED; i++) {
    const REAL part = CHOOSE(calm, ALL(tame[i]), ALL(1.));
    s->p[first + i] *= part;
    s->S[first + i] *= part;
    s->Q[first + i] *= part;
  }
  return CHOOSE(calm, tamed, plain);
}

INLINE REAL NAME(margin)(const double *k, bool ema, REAL p, REAL S, REAL Q,
                         MASK *is_stable) {
  Q = NAME(mirror)(S, Q), S = SIZE(S);
  REAL a = NAME(stable)(k, p, S, Q), b = NAME(collapsed)(k, p, S, Q);
  if (!ema) {
    const MASK fixed = ROW(EM_FIXED) > 0;
    a = CHOOSE(fixed, NAME(stable_fixed)(k, p, S), a);
    b = CHOOSE(fixed, NAME(collapsed_fixed)(k, p, S), b);
  }
  *is_stable = a > 0;
  return MOST(a, b);
}

/* Where the margin turns positive between 0 and x, by the Illinois method until
 * it moves by less than `fine`: what is left then is of higher order. */
TARGET static __attribute__((noinline)) REAL NAME(entry)(const NAME(series) * s,
                                                         const double *k,
                                                         bool ema, REAL x,
                                                         REAL end, REAL fine) {
  enum { TURNS = 100, PATIENT = 10 };
  MASK which, last = ALL(0) > 0, open = ALL(0) <= 0;
  REAL low = ALL(0), high = x, f_high = end, z = x;
  REAL f_low =
      LEAST(NAME(margin)(k, ema, s->p[0], s->S[0], s->Q[0], &which), ALL(0));
  for (int i = 0; i < TURNS; i++) {
    REAL at = low - f_low * ((high - low) / (f_high - f_low));
    /* A margin with corners may want halving. */
    if (i >= PATIENT && i % 2 == 0) at = .5 * (low + high);
    at = MOST(LEAST(at, high), low);
    const MASK moves = SIZE(at - z) > fine;
    z = CHOOSE(open, at, z);
    open &= moves;
    if (BITS_OF(open) == 0) break;
    const REAL f =
        NAME(margin)(k, ema, NAME(value)(s->p, z), NAME(value)(s->S, z),
                     NAME(value)(s->Q, z), &which);
    const MASK in = f > 0;
    f_low = CHOOSE(in & last, .5 * f_low, f_low);
    f_high = CHOOSE(in | last, f_high, .5 * f_high);
    high = CHOOSE(in, z, high);
    f_high = CHOOSE(in, f, f_high);
    low = CHOOSE(in, low, z);
    f_low = CHOOSE(in, f_low, f);
    last = in;
  }
  return z;
}

/* The lanes `in` have come into a region in this step. */
TARGET static __attribute__((noinline)) void
NAME(settle)(es_lane_block *block, size_t j, const NAME(series) * s,
             unsigned in, REAL T, REAL x, REAL margin, MASK is_stable,
             double rtol) {
  const REAL fine = ALL(.01 * sqrt(rtol)) * x;
  const bool ema = *(const bool *)block->system;
  const REAL at = NAME(entry)(s, block->param + j, ema, x, margin, fine);
  for (size_t l = 0; l < WIDTH; l++)
    if (in >> l & 1) {
      block->t_settle[j + l] = block->t[j + l] + at[l] * T[l];
      block->fate[j + l] = is_stable[l] ? ES_FATE_STABLE : ES_FATE_COLLAPSED;
    }
}

/* Where the rest of the way is linear (es_eigenmode_rest). */
INLINE MASK NAME(linear)(const double *k, REAL p, REAL S, REAL Q) {
  const REAL plus = ROW(EM_PLUS), near = ROW(EM_NEAR);
  Q = NAME(mirror)(S, Q), S = SIZE(S);
  const REAL a = SIZE(p), b = S, most = MOST(a, b), least = LEAST(a, b);
  const REAL turn =
      SIZE(Q) * ROW(EM_LAST_Q) + most * (1 + most) * ROW(EM_LAST_S);
  return ((SIZE(p - plus) < near) & (SIZE(Q - plus) < near) &
          (SIZE(S - p) < near)) |
         (turn * most < least * ROW(EM_FAINT));
}

/* Steps WIDTH lanes from lane j on. */
INLINE unsigned NAME(advance_part)(es_lane_block *block,
                                   const es_cell_options *options, size_t j) {
  const double *k = block->param + j;
  double *y = block->y + j;
  NAME(series) s;
  s.p[0] = AT(y), s.S[0] = AT(y + ES_LANES), s.Q[0] = AT(y + 2 * ES_LANES);
  const REAL T = AT(block->h + j), t = AT(block->t + j), end = ROW(EM_T_END);
  const REAL settle = AT(block->t_settle + j);
  NAME(expand)(&s, k, T);
  REAL x = LEAST(NAME(plan)(&s, settle == settle, options->atol, options->rtol),
                 ALL(MOST_GROWTH));
  const REAL h = x * T, left = end - t, left_x = left / T;
  const MASK last = h >= left;
  x = CHOOSE(last, left_x, x);
  const bool ema = *(const bool *)block->system;
  const REAL p = NAME(value)(s.p, x), S = NAME(value)(s.S, x);
  /* At a constant tau what rounding leaves of Q - tau S would outlive S. */
  const REAL Q = ema ? NAME(value)(s.Q, x) : ROW(EM_TAU) * S;
  const MASK sound = SIZE(p) + SIZE(S) + SIZE(Q) <= DBL_MAX;
  const MASK within = (SIZE(p) <= ROW(EM_MOST_P)) & (SIZE(S) <= ROW(EM_MOST_S));
  const REAL steps = AT(block->steps + j) + 1;
  const MASK tired =
      (steps >= (double)options->max_steps) |
      ((steps >= ES_EIGENMODE_PATIENCE) & (left > ES_EIGENMODE_PATIENCE * h));
  const MASK faint = SIZE(S) + SIZE(Q) < ES_EIGENMODE_FAINT;
  MASK is_stable;
  const REAL margin = NAME(margin)(k, ema, p, S, Q, &is_stable);
  const MASK in = (settle != settle) & (margin > 0) & sound;
  const MASK over =
      last | ~(sound & within) | tired | faint | NAME(linear)(k, p, S, Q);
  const unsigned busy = block->busy >> j & ((1u << WIDTH) - 1);
  const unsigned event = busy & BITS_OF(in | over);
  unsigned ended = 0;
  if (event != 0) {
    const unsigned now_in = busy & BITS_OF(in);
    if (now_in != 0) {
      SETTLE(block, j, &s, now_in, T, x, margin, is_stable, options->rtol);
    }
    ended = busy & BITS_OF(over);
    if (isinf(options->t_end)) ended |= now_in;
  }
  AT(y) = CHOOSE(sound, p, s.p[0]);
  AT(y + ES_LANES) = CHOOSE(sound, S, s.S[0]);
  AT(y + 2 * ES_LANES) = CHOOSE(sound, Q, s.Q[0]);
  AT(block->t + j) = CHOOSE(sound, CHOOSE(last, end, t + h), t);
  AT(block->h + j) = h;
  AT(block->steps + j) = steps;
  return ended << j;
}

TARGET static unsigned NAME(advance)(es_lane_block *block,
                                     const es_cell_options *options) {
  unsigned ended = 0;
  for (size_t j = 0; j < ES_LANES; j += WIDTH)
    ended |= NAME(advance_part)(block, options, j);
  return ended;
}

#undef INLINE
#undef REAL
#undef MASK
#undef WORD
#undef AT
#undef ROW
#undef ALL
#undef CHOOSE
#undef LEAST
#undef MOST
#undef SIZE
#undef SETTLE
