/* s(t) of one mode of the population flow by inverting t(s). With tau = 2 c t
 * and r = a/c,
 *   s' = s [(2+s) - r (1+s)^2]/(1+s)^2 = -r s (s-p)(s-q)/(1+s)^2,
 *   R = sqrt(1+4r), p = (1-2r+R)/(2r), q = -(3+R)/(1+R) in (-2, -1),
 * where p is the stable s for r < 2 and lies in (-1, 0] above. In partial
 * fractions tau is
 *   ln(s/s0)/(2-r) - (1+p)^2/(p R) ln|(s-p)/(s0-p)| + k ln((s-q)/(s0-q)),
 *   k = (2/(1+R))^2/(q R),
 * which is used in two arrangements, each without a case of its own where it
 * degenerates: for r <= 1 in omega = 1/p, r = 0 included, where
 *   p ln|(s-p)/(s0-p)| = ln((1 - omega s)/(1 - omega s0))/omega;
 * and for r > 1 in p, r = 2 (p = 0) included,
 *   -(1/r + k) ln(s/s0) - (1+p)^2/R ln((1 - p/s)/(1 - p/s0))/p.
 * Both quotients are es_pair_log_over's. The inversion is Newton's, kept in a
 * bracket, in a variable zeta that runs over the line: ln(s/|1 - s/p|) under p,
 * ln(s - p) above it, ln s where there is no p > 0. Sums are carried to twice
 * the precision of double, for what is left to be as good as the result. Below
 * 2^-500 the flow is s' = (2-r) s, or -3 s^2 for r = 2, to all digits. */
#include "models/linear/pair_log.h"
#include "models/linear/population.h"
#include "models/linear/scaled.h"

#include <math.h>
#include <stdbool.h>

#define FLOOR 0x1p-500 /* of the flow that is inverted */
#define CEILING 1e280
#define STEEP 1e25 /* r above: s' = -2 a s to all digits */

static const pair one = {1, 0};

typedef struct flow {
  bool far;        /* r <= 1: by omega and not by p */
  pair gap;        /* 2 - r */
  pair r, p, q;    /* p is infinite for r = 0 */
  pair omega;      /* 1/p; not for r >= 2 */
  pair by_s;       /* weights of the three logarithms */
  pair by_p, by_q; /* by_p with its sign changed */
  double rise;     /* r p */
} flow;

static pair number(double x) { return (pair){x, 0}; }

static pair plus(pair a, double b) { return pair_add(a, number(b)); }

static pair square(pair a) { return pair_multiply(a, a); }

static flow flow_of(double c, pair a) {
  flow f = {.r = pair_divide(a, number(c))};
  f.far = f.r.hi <= 1;
  f.gap = pair_divide(pair_subtract(number(2 * c), a), number(c));
  const pair R = pair_sqrt(plus(pair_scale(f.r, 4), 1));
  const pair low = pair_divide(number(2), plus(R, 1));
  f.q = pair_negate(plus(low, 1));
  f.by_q = pair_divide(square(low), pair_multiply(f.q, R));
  if (f.far) {
    const pair rise =
        pair_scale(plus(pair_subtract(R, pair_scale(f.r, 2)), 1), .5);
    f.rise = rise.hi;
    f.omega = pair_divide(f.r, rise);
    f.p = f.r.hi > 0 ? pair_divide(rise, f.r) : number(INFINITY);
    f.by_s = pair_divide(one, f.gap);
    f.by_p = pair_divide(square(plus(f.omega, 1)), R);
  } else {
    f.p = pair_divide(pair_scale(f.gap, 2),
                      plus(pair_add(R, pair_scale(f.r, 2)), -1));
    f.by_s = pair_negate(pair_add(pair_divide(one, f.r), f.by_q));
    f.by_p = pair_divide(square(plus(f.p, 1)), R);
    f.rise = f.r.hi * f.p.hi;
    if (f.p.hi > 0) f.omega = pair_divide(one, f.p);
  }
  return f;
}

static pair log_near(pair a, pair b) {
  return es_pair_log_over(a, b, pair_subtract(a, b), one);
}

/* ln(a/b), also where a/b leaves the range of double. */
static pair log_ratio(pair a, pair b) {
  const double share = a.hi / b.hi;
  return share > 0x1p-900 && share < 0x1p900
             ? log_near(a, b)
             : pair_subtract(log_near(a, one), log_near(b, one));
}

/* 1 - s/p, or 1 - p/s. */
static pair distance(const flow *f, pair s) {
  return pair_subtract(one, f->far ? pair_multiply(f->omega, s)
                                   : pair_divide(f->p, s));
}

/* tau from s0 to s, both on one side of p. */
static pair elapsed(const flow *f, pair s0, pair s) {
  const pair d = pair_subtract(s, s0);
  const pair part =
      f->far ? pair_negate(d) : pair_divide(pair_divide(d, s), s0);
  const pair log_p = es_pair_log_over(distance(f, s), distance(f, s0), part,
                                      f->far ? f->omega : f->p);
  const pair log_s = log_ratio(s, s0);
  const pair log_q = log_ratio(pair_subtract(s, f->q), pair_subtract(s0, f->q));
  return pair_add(pair_subtract(pair_multiply(f->by_s, log_s),
                                pair_multiply(f->by_p, log_p)),
                  pair_multiply(f->by_q, log_q));
}

/* Where s0 moves, and how. */
typedef struct path {
  const flow *flow;
  pair s0;
  bool below;       /* s < p */
  pair base;        /* else: max(p, 0) */
  double from, end; /* zeta at s0, and where it is as good as over */
} path;

static path path_of(const flow *f, double s0, bool forward) {
  path w = {.flow = f, .s0 = number(s0)};
  const bool rests = f->gap.hi > 0; /* at p > 0 */
  const pair share = pair_subtract(one, pair_multiply(f->omega, w.s0));
  w.below = rests && share.hi > 0;
  w.base = rests && !w.below ? f->p : number(0);
  w.from = w.below ? log(s0 / share.hi) : log(pair_subtract(w.s0, w.base).hi);
  if (w.below)
    w.end = forward ? fmin(log(CEILING), 50 - log(f->omega.hi)) : log(FLOOR);
  else
    w.end = !forward ? log(CEILING) : rests ? log(f->p.hi) - 50 : log(FLOOR);
  return w;
}

static pair state_at(const path *w, double zeta) {
  const pair e = number(exp(zeta));
  return w->below ? pair_divide(e, plus(pair_multiply(w->flow->omega, e), 1))
                  : pair_add(w->base, e);
}

/* (s-q)/(1+s)^2 */
static double shape(const flow *f, double s) {
  return (s - f->q.hi) / (1 + s) / (1 + s);
}

/* dzeta/dtau */
static double slope(const path *w, double s) {
  const flow *f = w->flow;
  if (w->below) return f->rise * shape(f, s);
  return -f->r.hi * (f->gap.hi > 0 ? s : s - f->p.hi) * shape(f, s);
}

/* ds/dtau, its factors in an order that does not overflow. */
static double velocity(const flow *f, pair s) {
  const double factor = f->far ? f->rise : -f->r.hi * s.hi;
  return factor * shape(f, s.hi) * distance(f, s).hi * s.hi;
}

/* Where zeta stops: at p, or beyond what is asked of it. */
static double at_end(const path *w, bool forward) {
  return forward && w->flow->gap.hi > 0 ? w->flow->p.hi : INFINITY;
}

/* Steps of Newton's in u = |zeta - from|, bisections where they leave the
 * bracket or do not halve. The last is taken in s itself. */
static double invert(const flow *f, double s0, pair tau) {
  const bool forward = tau.hi > 0;
  const path w = path_of(f, s0, forward);
  const double length = fabs(w.end - w.from), way = w.end > w.from ? 1 : -1;
  double low = 0, high = length, u = 0, before = INFINITY;
  if (tau.hi == 0) return s0; /* c t underflows */
  if (w.below == forward ? w.end <= w.from : w.end >= w.from)
    return at_end(&w, forward);
  for (int k = 0; k < 200; k++) {
    const pair s = state_at(&w, w.from + way * u);
    const pair left = pair_subtract(tau, elapsed(f, w.s0, s));
    const double du = way * pair_value(left) * slope(&w, s.hi);
    if (fabs(du) < 1e-9)
      return s.hi + (s.lo + pair_value(left) * velocity(f, s));
    if (du > 0)
      low = u;
    else
      high = u;
    if (low == length) return at_end(&w, forward);
    const bool halves = 2 * fabs(du) < before;
    before = fabs(du);
    if (u + du >= length && high == length)
      u = length;
    else if (u + du > low && u + du < high && halves)
      u += du;
    else
      u = low + (high - low) / 2;
  }
  return state_at(&w, w.from + way * u).hi;
}

/* s below FLOOR; at r = 2 1/s = 1/s0 + 3 tau, which cancels backwards. */
static double tail(const flow *f, double s, pair tau) {
  if (f->gap.hi == 0) {
    const pair grown = pair_scale(pair_scale(tau, s), 3);
    return pair_value(pair_divide(number(s), plus(grown, 1)));
  }
  return scaled_value(
      scaled_mul(scaled_make(s, 0), scaled_exp(pair_multiply(f->gap, tau))));
}

/* tau at which s0 < FLOOR comes to FLOOR. */
static pair out_of_tail(const flow *f, double s0) {
  if (f->gap.hi == 0)
    return pair_divide(
        plus(pair_negate(pair_divide(one, number(s0))), 1 / FLOOR), number(3));
  return pair_divide(log_ratio(number(FLOOR), number(s0)), f->gap);
}

static double exact(const flow *f, double s0, pair tau) {
  const bool forward = tau.hi > 0;
  const pair share = pair_subtract(one, pair_multiply(f->omega, number(s0)));
  const bool up = f->gap.hi > 0 && share.hi > 0; /* as time runs on */
  if (f->gap.hi > 0 && fabs(share.hi) < 1e-30) return s0;
  if (f->gap.hi <= 0 || up) {
    const bool falls = up != forward;
    if (s0 < FLOOR && falls) return tail(f, s0, tau);
    const pair need = s0 < FLOOR ? out_of_tail(f, s0)
                      : falls    ? elapsed(f, number(s0), number(FLOOR))
                                 : number(0);
    const bool passes = fabs(tau.hi) > fabs(need.hi);
    if (s0 < FLOOR && !passes) return tail(f, s0, tau);
    if (falls && passes) return tail(f, FLOOR, pair_subtract(tau, need));
    if (s0 < FLOOR) return invert(f, FLOOR, pair_subtract(tau, need));
  }
  return invert(f, s0, tau);
}

/* After all time. */
static double limit(double c, double a, double s0, bool forward) {
  const double s = es_population_stable(c, a);
  if (forward || s0 == s) return s;
  return s0 < s ? 0 : INFINITY;
}

double es_population_decayed(double c, double a, double eta, double s0,
                             double t) {
  if (isnan(t) || !(s0 > 0) || t == 0 || isinf(s0)) return isnan(t) ? t : s0;
  int e = 0;
  const pair sum = pair_sum(a, eta);
  const double m = frexp(c, &e), time = ldexp(t, e + 1);
  const pair rate = {ldexp(sum.hi, -e), ldexp(sum.lo, -e)};
  if (isinf(time)) return limit(c, sum.hi, s0, t > 0);
  if (rate.hi > STEEP * m) {
    const pair x = pair_product(-2 * sum.hi, t);
    const pair all =
        isinf(x.hi) ? number(x.hi) : pair_make(x.hi, x.lo - 2 * sum.lo * t);
    return scaled_value(scaled_mul(scaled_make(s0, 0), scaled_exp(all)));
  }
  const flow f = flow_of(m, rate);
  return exact(&f, s0, pair_product(m, time));
}

double es_population_exact(double c, double a, double s0, double t) {
  return es_population_decayed(c, a, 0, s0, t);
}
