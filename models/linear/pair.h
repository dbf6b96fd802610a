/* Sums and products to twice the precision of double: a number is hi + lo with
 * |lo| at most half a unit of hi (Dekker, Numer. Math. 18 (1971) 224). Closed
 * forms carry in it what is multiplied by a large logarithm. Results are within
 * about 2^-102 of their size; nothing here expects infinities. */
#ifndef ES_MODELS_LINEAR_PAIR_H
#define ES_MODELS_LINEAR_PAIR_H

#include <math.h>

typedef struct pair {
  double hi, lo;
} pair;

/* hi + lo, for |hi| >= |lo|. */
static inline pair pair_make(double hi, double lo) {
  const double s = hi + lo;
  return (pair){s, lo - (s - hi)};
}

static inline double pair_value(pair a) { return a.hi + a.lo; }
static inline pair pair_negate(pair a) { return (pair){-a.hi, -a.lo}; }

/* a + b exactly. */
static inline pair pair_sum(double a, double b) {
  const double s = a + b, part = s - a;
  return (pair){s, (a - (s - part)) + (b - part)};
}

/* a*b exactly. */
static inline pair pair_product(double a, double b) {
  const double p = a * b;
  return (pair){p, fma(a, b, -p)};
}

static inline pair pair_add(pair a, pair b) {
  const pair high = pair_sum(a.hi, b.hi), low = pair_sum(a.lo, b.lo);
  const pair sum = pair_make(high.hi, high.lo + low.hi);
  return pair_make(sum.hi, sum.lo + low.lo);
}

static inline pair pair_subtract(pair a, pair b) {
  return pair_add(a, pair_negate(b));
}

static inline pair pair_multiply(pair a, pair b) {
  const pair p = pair_product(a.hi, b.hi);
  return pair_make(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static inline pair pair_scale(pair a, double by) {
  return pair_multiply(a, (pair){by, 0});
}

/* Quotient in double, corrected by what it leaves. */
static inline pair pair_divide(pair a, pair b) {
  const double q = a.hi / b.hi;
  const pair rest = pair_subtract(a, pair_scale(b, q));
  const double q2 = rest.hi / b.hi;
  const pair left = pair_subtract(rest, pair_scale(b, q2));
  return pair_add(pair_make(q, q2), (pair){left.hi / b.hi, 0});
}

/* Square root of a > 0: one step of Newton from double's. */
static inline pair pair_sqrt(pair a) {
  const double root = sqrt(a.hi);
  const pair rest = pair_subtract(a, pair_product(root, root));
  return pair_make(root, rest.hi / (2 * root));
}

#endif
