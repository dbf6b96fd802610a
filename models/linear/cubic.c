/* The flow of cubic.h. With real roots n and f, partial fractions paired so
 * that no coefficient grows where eta = b n f or f - n vanishes give
 *   t = [ln((P-n)/P)]/(b n f) + [ln((P-n)/(P-f))]/(b f (f-n)),
 * [] from the start to P; else, with eta = b (mu^2 + D), v = P - mu,
 *   eta t = [-ln P + ln(v^2 + D)/2 - mu atan(v/sqrt D)/sqrt D]
 * (theory.md 4; differences of logarithms are logarithms of quotients, whose
 * distance from 1 is known as a product with P - P(0)). At 106 bits this leaves
 * the digits of double beside every root and in every corner of the parameters.
 * The cancellation that stays is that of P far above all roots, P/|root| with
 * real ones and its square else: there a series takes over.
 *
 * It is inverted in s >= 0, the growth of ln |P-U|/|P-L| since the start, where
 * L is the root ahead and U the one behind (of none behind, of -ln |P-L|): by
 * Newton on ln t(s) in a shrinking bracket, then by Newton in P itself, in
 * pairs. What comes after the last root of the bracket is a tail in which the
 * terms left out are below rounding. */
#include "models/linear/cubic.h"
#include "models/linear/pair_log.h"
#include "models/linear/scaled.h"

#include <float.h>

/* Of the scale of P: below it the flow is its first two terms. */
#define SMALL 1e-20
/* Above it logarithms cancel too far, and so many terms of a series do. */
#define FAR 1e6
enum { FAR_TERMS = 4 };

static const pair zero = {0, 0};

/* Between which roots: ahead (where P goes) and behind. */
typedef struct way {
  pair ahead, behind;
  bool open; /* nothing is behind */
} way;

static cubic_point moved(const cubic_point *from, pair by) {
  return (cubic_point){pair_add(from->P, by), pair_add(from->v, by),
                       pair_add(from->delta, by)};
}

/* Where P is less than half of its start. */
static cubic_point placed_at(const cubic *flow, pair P) {
  return (cubic_point){P, pair_subtract(P, flow->mu),
                       pair_subtract(P, flow->start.P)};
}

/* P' */
static pair slope(const cubic *flow, const cubic_point *at) {
  const pair q = flow->real ? pair_multiply(pair_subtract(at->P, flow->n),
                                            pair_subtract(at->P, flow->f))
                            : pair_add(pair_multiply(at->v, at->v), flow->D);
  return pair_negate(pair_scale(pair_multiply(at->P, q), flow->b));
}

static pair real_time(const cubic *flow, const cubic_point *at) {
  const pair n = flow->n, f = flow->f, P0 = flow->start.P, P = at->P;
  const pair bf = pair_scale(f, flow->b);
  const pair n1 = pair_subtract(P, n), n0 = pair_subtract(P0, n);
  const pair f1 = pair_subtract(P, f), f0 = pair_subtract(P0, f);
  const pair part = pair_divide(at->delta, bf);
  const pair first =
      es_pair_log_over(pair_divide(n1, P), pair_divide(n0, P0),
                       pair_divide(pair_divide(part, P), P0), flow->rate);
  const pair second =
      es_pair_log_over(pair_divide(n1, f1), pair_divide(n0, f0),
                       pair_negate(pair_divide(pair_divide(part, f1), f0)),
                       pair_multiply(bf, pair_subtract(f, n)));
  return pair_add(first, second);
}

static pair complex_time(const cubic *flow, const cubic_point *at) {
  const pair one = {1, 0}, v = at->v, v0 = flow->start.v, D = flow->D;
  const pair fall =
      es_pair_log_over(flow->start.P, at->P, pair_negate(at->delta), one);
  const pair rise = es_pair_log_over(
      pair_add(pair_multiply(v, v), D), pair_add(pair_multiply(v0, v0), D),
      pair_multiply(at->delta, pair_add(v, v0)), one);
  pair turn = zero;
  if (flow->mu.hi != 0)
    turn = es_pair_angle_over(at->delta, pair_add(D, pair_multiply(v, v0)), D);
  const pair sum = pair_subtract(pair_add(fall, pair_scale(rise, .5)),
                                 pair_multiply(flow->mu, turn));
  return pair_divide(sum, flow->rate);
}

static pair near_time(const cubic *flow, const cubic_point *at) {
  return flow->real ? real_time(flow, at) : complex_time(flow, at);
}

static double scale_of(const cubic *flow) {
  if (flow->real) return fabs(flow->f.hi);
  return sqrt(flow->mu.hi * flow->mu.hi + flow->D.hi);
}

/* Far above all roots, w = 1/P, from w0 to w: with w' = (b/w)(1 - 2 mu w +
 * (mu^2 + D) w^2) the series of
 *   b t = [w^2/2 + 2 mu w^3/3 + ...]
 *       = (w - w0) w sum_k e_k (1 + r + ... + r^{k+1})/(k + 2),   r = w0/w,
 *   e_k = 2 mu w e_{k-1} - (mu^2 + D) w^2 e_{k-2}. */
static pair far_time(const cubic *flow, const cubic_point *at) {
  const pair one = {1, 0}, P = at->P, b = {flow->b, 0};
  const pair r = pair_divide(P, flow->start.P);
  const pair twice = pair_divide(
      flow->real ? pair_add(flow->n, flow->f) : pair_scale(flow->mu, 2), P);
  const pair both = pair_divide(pair_divide(pair_divide(flow->rate, b), P), P);
  pair e = one, before = zero, power = r, shares = pair_add(one, r), sum = zero;
  for (int k = 0; k < FAR_TERMS; k++) {
    const pair term = pair_multiply(e, shares);
    sum = pair_add(sum, pair_divide(term, (pair){k + 2, 0}));
    const pair next =
        pair_subtract(pair_multiply(twice, e), pair_multiply(both, before));
    before = e;
    e = next;
    power = pair_multiply(power, r);
    shares = pair_add(shares, power);
  }
  const pair step = pair_divide(pair_divide(at->delta, flow->start.P), P);
  return pair_negate(pair_divide(pair_divide(pair_multiply(step, sum), P), b));
}

/* The time from the start to at, on its way. */
static pair time_to(const cubic *flow, const cubic_point *at) {
  const double far = FAR * scale_of(flow);
  if (!(flow->start.P.hi > far)) return near_time(flow, at);
  if (!(at->P.hi < far)) return far_time(flow, at);
  cubic rest = *flow;
  rest.start = placed_at(flow, (pair){far, 0});
  const pair first = far_time(flow, &rest.start);
  cubic_point end = *at;
  end.delta = pair_subtract(at->P, rest.start.P);
  return pair_add(first, near_time(&rest, &end));
}

static way find_way(const cubic *flow) {
  const pair roots[] = {flow->n, flow->f}, P0 = flow->start.P;
  pair below = zero, above = zero;
  bool open = true;
  for (int i = 0; flow->real && i < 2; i++) {
    if (!(roots[i].hi > 0)) continue;
    if (pair_subtract(P0, roots[i]).hi > 0) {
      if (pair_subtract(roots[i], below).hi > 0) below = roots[i];
    } else if (open || pair_subtract(above, roots[i]).hi > 0) {
      above = roots[i];
      open = false;
    }
  }
  if (slope(flow, &flow->start).hi < 0) return (way){below, above, open};
  return (way){above, below, false};
}

static double distance(pair a, pair b) {
  return pair_value(pair_subtract(a, b));
}

/* (P0-U)/(P0-L) < 0 */
static double start_ratio(const cubic *flow, const way *w) {
  return distance(flow->start.P, w->behind) / distance(flow->start.P, w->ahead);
}

static cubic_point point_at(const cubic *flow, const way *w, double s) {
  const cubic_point *start = &flow->start;
  const double before = distance(start->P, w->ahead), e = exp(-s);
  double by = before * expm1(-s), left = before * e;
  if (!w->open) {
    const double share = e - start_ratio(flow, w);
    by = -distance(start->P, w->behind) * expm1(-s) / share;
    left = distance(w->behind, w->ahead) * e / share;
  }
  if (fabs(by) <= fabs(left)) return moved(start, (pair){by, 0});
  return placed_at(flow, pair_add(w->ahead, (pair){left, 0}));
}

/* ds/dt */
static double speed(const cubic *flow, const way *w, const cubic_point *at) {
  const double ahead = distance(at->P, w->ahead);
  const double rate = pair_value(slope(flow, at)) / ahead;
  if (w->open) return -rate;
  return rate * (distance(w->behind, w->ahead) / distance(at->P, w->behind));
}

/* s where what is left of the way is small. */
static double last(const cubic *flow, const way *w) {
  double scale = w->ahead.hi;
  if (scale == 0) scale = scale_of(flow);
  /* Where n > 0 is nearest, and where P is to be taken from mu. */
  const double other = flow->real ? flow->n.hi : fabs(flow->mu.hi);
  if (w->ahead.hi == 0 && other > 0) scale = fmin(scale, other);
  const double end = fmax(SMALL * scale, DBL_TRUE_MIN);
  if (w->open) return log(distance(flow->start.P, w->ahead) / end);
  return log(fabs(distance(w->behind, w->ahead)) / end) -
         log(-start_ratio(flow, w));
}

/* With real roots P's relative distance from all of them is as good as s, so
 * that Newton can take over early; else v may pass 0. */
static cubic_point search(const cubic *flow, const way *w, double high,
                          double t) {
  const double close = flow->real ? 1e-6 : 1e-13;
  double low = 0, s = t * speed(flow, w, &flow->start);
  if (!(s < high)) s = high / 2;
  for (int i = 0; i < 300; i++) {
    const cubic_point at = point_at(flow, w, s);
    const double reached = pair_value(time_to(flow, &at));
    const double by = -reached * speed(flow, w, &at) * log(reached / t);
    *(reached < t ? &low : &high) = s;
    if (fabs(by) <= close * fmin(s, 1) + 4e-16 * s) break;
    s += by;
    if (!(s > low && s < high) || i % 6 == 5) s = low + (high - low) / 2;
  }
  cubic_point at = point_at(flow, w, s);
  for (int i = 0; i < 3; i++) {
    const pair lacking = pair_subtract((pair){t, 0}, time_to(flow, &at));
    at = moved(&at, pair_multiply(slope(flow, &at), lacking));
    if (fabs(lacking.hi) <= 1e-20 * t) break;
  }
  return at;
}

/* From P, small, after another t: P' = -rate P + g P^2, with g = b (n + f) = 2
 * b mu where the cubic term is the next one. */
static cubic_point tail(const cubic *flow, pair P, pair t) {
  const double g =
      flow->b *
      (flow->real ? pair_value(pair_add(flow->n, flow->f)) : 2 * flow->mu.hi);
  const pair x = pair_multiply(flow->rate, t);
  const double mean = x.hi > 0 ? scaled_one_minus_exp(x) / x.hi : 1;
  scaled share = scaled_exp(pair_negate(x));
  const double grown = 1 - g * P.hi * t.hi * mean;
  share = scaled_mul(scaled_make(P.hi / grown, 0), share);
  return placed_at(flow, (pair){scaled_value(share), 0});
}

/* P' = -b P^3 */
static cubic_point triple(const cubic *flow, double t) {
  const double P0 = flow->start.P.hi;
  const double P = P0 / sqrt(1 + 2 * flow->b * P0 * P0 * t);
  return placed_at(flow, (pair){P, 0});
}

cubic_point es_cubic_at(const cubic *flow, double t) {
  cubic_point from = flow->start;
  pair passed = zero;
  if (t == 0 || slope(flow, &from).hi == 0) return from;
  if (flow->real && flow->f.hi == 0) return triple(flow, t);
  const way w = find_way(flow);
  const double end = last(flow, &w);
  if (end > 0) {
    const cubic_point there = point_at(flow, &w, end);
    passed = time_to(flow, &there);
    if (t < passed.hi) return search(flow, &w, end, t);
    from = there;
  }
  if (w.ahead.hi == 0)
    return tail(flow, from.P, pair_subtract((pair){t, 0}, passed));
  return placed_at(flow, w.ahead);
}

double es_cubic_time(const cubic *flow, const cubic_point *point) {
  const double rate = slope(flow, &flow->start).hi, by = point->delta.hi;
  if (by == 0) return 0;
  if (rate == 0 || (rate > 0) != (by > 0)) return INFINITY;
  const way w = find_way(flow);
  const double left = distance(point->P, w.ahead);
  const bool short_of = left != 0 && (left > 0) == (rate < 0);
  return short_of ? pair_value(time_to(flow, point)) : INFINITY;
}
