/* Numbers with their exponent apart, m * 2^e with |m| in [1/2, 1) or 0: for
 * quotients whose parts leave the range of double. */
#ifndef ES_MODELS_LINEAR_SCALED_H
#define ES_MODELS_LINEAR_SCALED_H

#include "models/linear/pair.h"

typedef struct scaled {
  double m;
  int e;
} scaled;

static inline scaled scaled_make(double m, int e) {
  int shift = 0;
  const double f = frexp(m, &shift);
  return (scaled){f, m == 0 ? 0 : e + shift};
}

static inline scaled scaled_mul(scaled a, scaled b) {
  return scaled_make(a.m * b.m, a.e + b.e);
}

/* Sum of two non-negative numbers. */
static inline scaled scaled_add(scaled a, scaled b) {
  if (a.m == 0) return b;
  if (b.m == 0) return a;
  if (a.e < b.e) {
    const scaled other = a;
    a = b;
    b = other;
  }
  return scaled_make(a.m + ldexp(b.m, b.e - a.e), a.e);
}

static inline scaled scaled_div(scaled a, scaled b) {
  return scaled_make(a.m / b.m, a.e - b.e);
}

static inline scaled scaled_sqrt(scaled a) {
  return a.e % 2 == 0 ? scaled_make(sqrt(a.m), a.e / 2)
                      : scaled_make(sqrt(2 * a.m), (a.e - 1) / 2);
}

static inline double scaled_value(scaled a) { return ldexp(a.m, a.e); }

/* ln 2 in two parts, the first short enough for k*SCALED_LN2_HI to be exact
 * for whole |k| < 2^20. */
#define SCALED_LN2_HI 0x1.62e42feep-1
#define SCALED_LN2_LO 0x1.a39ef35793c76p-33

/* exp(x). Beyond 7000 either way it is 0, or 2^10099, and so past whatever
 * quotients three doubles can make. */
static inline scaled scaled_exp(pair x) {
  if (!(x.hi > -7000)) return (scaled){0, 0};
  if (!(x.hi < 7000)) return (scaled){.5, 10100};
  const double k = rint(x.hi / M_LN2);
  const double r = fma(-k, SCALED_LN2_HI, x.hi) - fma(k, SCALED_LN2_LO, -x.lo);
  return scaled_make(exp(r), (int)k);
}

/* 1 - exp(-x) for x >= 0. */
static inline double scaled_one_minus_exp(pair x) {
  return x.hi < 7000 ? -expm1(-x.hi) + x.lo * exp(-x.hi) : 1;
}

/* 8 |rate| t, with the rounding of the product kept: it is worth 15 units of
 * roundoff in exp at 30. */
static inline pair scaled_phase(pair rate, double t) {
  const pair p = pair_product(fabs(rate.hi), t);
  const double rest = p.lo + (rate.hi < 0 ? -rate.lo : rate.lo) * t;
  return (pair){8 * p.hi, isfinite(p.hi) ? 8 * rest : 0};
}

#endif
