/* Steps of a block of eigenmodes by Taylor series, LANES of the block's at a
 * time. Included once per instruction set with
 *   WIDTH    lanes in a vector
 *   TARGET   attributes of functions
 *   NAME(f)  this instance's name of f
 *
 * The flow in regular variables is quadratic in (p, S, Q, G), so the series of
 * a step follow from each other by three Cauchy products (Jorba and Zou,
 * Experimental Mathematics 14 (2005) 99-117). A step is chosen so that the last
 * two terms kept are within tolerance: no step is ever taken twice, and the
 * series are there for the place where a region is entered.
 *
 * A lane's arithmetic is the same at any WIDTH, operation by operation and
 * without contraction, and so are its bits. */

typedef double NAME(real) __attribute__((vector_size(8 * WIDTH)));
typedef long long NAME(bits) __attribute__((vector_size(8 * WIDTH)));
#define REAL NAME(real)
#define BITS NAME(bits)
#define LOAD(q) (*(const REAL *)(q))
#define STRIDE ES_LANES
#define ALL(x) ((x) - (REAL){0})

TARGET static inline REAL NAME(choose)(BITS mask, REAL yes, REAL no) {
  return (REAL)(((BITS)yes & mask) | ((BITS)no & ~mask));
}
TARGET static inline REAL NAME(least)(REAL a, REAL b) {
  return NAME(choose)(a < b, a, b);
}
TARGET static inline REAL NAME(most)(REAL a, REAL b) {
  return NAME(choose)(a > b, a, b);
}
#define LEAST(a, b) NAME(least)(a, b)
#define MOST(a, b) NAME(most)(a, b)
TARGET static inline REAL NAME(size)(REAL a) { return MOST(a, -a); }
TARGET static inline unsigned NAME(lanes)(BITS mask) {
  unsigned out = 0;
  for (unsigned l = 0; l < WIDTH; l++)
    if (mask[l]) out |= 1u << l;
  return out;
}

#include "models/linear/eigenmode_region.h"

/* Series of p, S, Q in powers of (time from here)/T. */
typedef struct NAME(series) {
  REAL p[ORDER + 1], S[ORDER + 1], Q[ORDER + 1];
} NAME(series);

TARGET static inline void NAME(expand)(NAME(series) * to, const double *k,
                                       REAL T) {
  REAL *p = to->p, *S = to->S, *Q = to->Q, G[ORDER];
  const REAL l = LOAD(k + EM_L * STRIDE), b = LOAD(k + EM_B * STRIDE);
  const REAL eta_p = LOAD(k + EM_ETA_P * STRIDE);
  const REAL eta_s = LOAD(k + EM_ETA_S * STRIDE);
  const REAL beta = LOAD(k + EM_BETA * STRIDE);
  const REAL tau = LOAD(k + EM_TAU * STRIDE);
  /* Each product in two sums, for the sake of the adders' latency. */
#pragma GCC unroll 32
  for (int n = 0; n < ORDER; n++) {
    REAL q0 = p[0] * S[n], q1 = ALL(0), f0 = q1, f1 = q1, g0 = q1, g1 = q1;
#pragma GCC unroll 32
    for (int i = 1; i <= n; i += 2) {
      q1 += p[i] * S[n - i];
      f1 += S[i] * G[n - i];
      g1 += p[i] * G[n - i];
    }
#pragma GCC unroll 32
    for (int i = 2; i <= n; i += 2) {
      q0 += p[i] * S[n - i];
      f0 += S[i] * G[n - i];
      g0 += p[i] * G[n - i];
    }
    G[n] = l * Q[n] - b * (q0 + q1);
    const REAL step = T * (1. / (n + 1));
    p[n + 1] = step * (((f0 + f1) + S[0] * G[n]) - eta_p * p[n]);
    S[n + 1] = step * (((g0 + g1) + p[0] * G[n]) - eta_s * S[n]);
    Q[n + 1] = step * (beta * (S[n] - Q[n])) + tau * S[n + 1];
  }
}

TARGET static inline REAL NAME(value)(const REAL *series, REAL x) {
  REAL y = series[ORDER];
#pragma GCC unroll 32
  for (int n = ORDER - 1; n >= 0; n--) y = y * x + series[n];
  return y;
}

/* x^(-1/n) within 7%, x > 0 and normal: the exponent's bits and the mantissa's
 * taken for a logarithm. */
TARGET static inline REAL NAME(root)(REAL x, int n) {
  typedef unsigned long long word __attribute__((vector_size(8 * WIDTH)));
  const word tag = (word)ALL(0x1p52);
  const REAL high = (REAL)(((word)x >> 20) | tag) - 0x1p52;
  const REAL one = ALL(1023. * 0x1p32);
  const REAL low = (one - (high - one) * (1. / n)) + 0x1p52;
  return (REAL)(((word)low ^ tag) << 20);
}

/* The step, in T, at which the last terms are tol of the state. */
TARGET static inline REAL NAME(reach)(const NAME(series) * s, double atol,
                                      double rtol) {
  const REAL S = NAME(size)(s->S[0]), tiny = ALL(1e-300);
  const REAL fine = 1e-4 * rtol * S + tiny;
  const REAL p = MOST(rtol * NAME(size)(s->p[0]) + atol, fine);
  const REAL Q = MOST(rtol * NAME(size)(s->Q[0]), fine);
  const REAL p1 = 1 / p, S1 = 1 / (rtol * S + tiny), Q1 = 1 / Q;
  REAL out[2];
  for (int i = 0; i < 2; i++) {
    const int n = ORDER - i;
    REAL e = MOST(NAME(size)(s->p[n]) * p1, NAME(size)(s->S[n]) * S1);
    e = MOST(e, NAME(size)(s->Q[n]) * Q1);
    out[i] = NAME(root)(LEAST(MOST(e, ALL(1e-30)), ALL(1e300)), n);
  }
  return LEAST(out[0], out[1]);
}

TARGET static inline REAL NAME(margin)(const double *k, bool ema, REAL p,
                                       REAL S, REAL Q, BITS *is_stable) {
  REAL a = NAME(stable)(k, p, S, Q), b = NAME(collapsed)(k, p, S, Q);
  if (!ema) {
    const BITS fixed = LOAD(k + EM_FIXED * STRIDE) > 0;
    a = NAME(choose)(fixed, NAME(stable_fixed)(k, p, S), a);
    b = NAME(choose)(fixed, NAME(collapsed_fixed)(k, p, S), b);
  }
  *is_stable = a > 0;
  return MOST(a, b);
}

/* Where the margin turns positive between 0 and x, by the Illinois method. */
TARGET static __attribute__((noinline)) REAL NAME(entry)(const NAME(series) * s,
                                                         const double *k,
                                                         bool ema, REAL x,
                                                         REAL end) {
  BITS which;
  REAL low = ALL(0), high = x, f_high = end;
  REAL f_low =
      LEAST(NAME(margin)(k, ema, s->p[0], s->S[0], s->Q[0], &which), ALL(0));
  BITS last = (BITS)ALL(0);
  for (int i = 0; i < 60; i++) {
    const BITS open = high - low > 1e-12 * x;
    if (NAME(lanes)(open) == 0) break;
    const REAL at = low - f_low * ((high - low) / (f_high - f_low));
    const REAL mid = .5 * (low + high);
    /* Halving every fourth time bounds the number of turns. */
    const BITS inside = (at > low) & (at < high);
    const REAL z = i % 4 == 3 ? mid : NAME(choose)(inside, at, mid);
    const REAL f =
        NAME(margin)(k, ema, NAME(value)(s->p, z), NAME(value)(s->S, z),
                     NAME(value)(s->Q, z), &which);
    const BITS in = f > 0, up = open & in, down = open & ~in;
    f_low = NAME(choose)(up & last, .5 * f_low, f_low);
    f_high = NAME(choose)(down & ~last, .5 * f_high, f_high);
    high = NAME(choose)(up, z, high);
    f_high = NAME(choose)(up, f, f_high);
    low = NAME(choose)(down, z, low);
    f_low = NAME(choose)(down, f, f_low);
    last = (open & in) | (~open & last);
  }
  return high;
}

/* Steps WIDTH lanes from lane j on. */
TARGET static unsigned NAME(advance_part)(es_lane_block *block,
                                          const es_cell_options *options,
                                          size_t j) {
  const double *k = block->param + j;
  double *y = block->y + j;
  NAME(series) s;
  s.p[0] = LOAD(y), s.S[0] = LOAD(y + STRIDE), s.Q[0] = LOAD(y + 2 * STRIDE);
  const REAL T = LOAD(block->h + j), t = LOAD(block->t + j);
  NAME(expand)(&s, k, T);
  REAL x = SAFETY * NAME(reach)(&s, options->atol, options->rtol);
  x = LEAST(x, ALL(MOST_GROWTH));
  *(REAL *)(block->h + j) = x * T;
  const REAL left = (options->t_end - t) / T;
  const BITS last = x >= left;
  x = LEAST(x, left);
  const REAL p = NAME(value)(s.p, x), S = NAME(value)(s.S, x);
  const REAL Q = NAME(value)(s.Q, x);
  const BITS sound = NAME(size)(p) + NAME(size)(S) + NAME(size)(Q) <= DBL_MAX;
  *(REAL *)y = NAME(choose)(sound, p, s.p[0]);
  *(REAL *)(y + STRIDE) = NAME(choose)(sound, S, s.S[0]);
  *(REAL *)(y + 2 * STRIDE) = NAME(choose)(sound, Q, s.Q[0]);
  *(REAL *)(block->t + j) = NAME(choose)(
      sound, NAME(choose)(last, ALL(options->t_end), t + x * T), t);
  const REAL steps = LOAD(block->steps + j) + 1;
  *(REAL *)(block->steps + j) = steps;
  const REAL settle = LOAD(block->t_settle + j);
  const unsigned busy = block->busy >> j & ((1u << WIDTH) - 1);
  const unsigned open = busy & NAME(lanes)(settle != settle);
  unsigned ended = busy & NAME(lanes)(last);
  if (open != 0) {
    const bool ema = *(const bool *)block->system;
    BITS is_stable;
    const REAL margin = NAME(margin)(k, ema, p, S, Q, &is_stable);
    const unsigned in = open & NAME(lanes)(margin > 0);
    if (in != 0) {
      const REAL at = NAME(entry)(&s, k, ema, x, margin);
      for (unsigned l = 0; l < WIDTH; l++)
        if (in >> l & 1) {
          block->t_settle[j + l] = t[l] + at[l] * T[l];
          block->fate[j + l] =
              is_stable[l] ? ES_FATE_STABLE : ES_FATE_COLLAPSED;
        }
      if (isinf(options->t_end)) ended |= in;
    }
  }
  const double limit = options->limit > 0 ? options->limit : DBL_MAX;
  const REAL s_size = S * S * LOAD(k + EM_ALPHA1 * STRIDE);
  const BITS within = sound & (NAME(size)(p) <= limit) & (s_size <= limit);
  const double patience =
      fmin(ES_EIGENMODE_PATIENCE, (double)options->max_steps);
  ended |= busy & NAME(lanes)(~within | (steps >= patience));
  return ended << j;
}

TARGET static unsigned NAME(advance)(es_lane_block *block,
                                     const es_cell_options *options) {
  unsigned ended = 0;
  for (size_t j = 0; j < ES_LANES; j += WIDTH)
    ended |= NAME(advance_part)(block, options, j);
  return ended;
}

#undef REAL
#undef BITS
#undef LOAD
#undef STRIDE
#undef ALL
#undef LEAST
#undef MOST
