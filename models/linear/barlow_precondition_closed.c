/* Closed forms of an aligned mode of the two speed-ups of the covariance loss
 * (theory.md 1), with ridge r > 0:
 *   left:    lambda' = 8 gamma lambda (1 - lambda)/(lambda + r)
 *   log-det: lambda' = 4 gamma lambda [2(1 - lambda) + mu/(lambda + r)]
 * Both are, by partial fractions over the roots p > 0 > -N of the rate,
 *   8 gamma t = A ln(lambda/lambda0) - B ln((p - lambda)/(p - lambda0))
 *             + C ln((lambda + N)/(lambda0 + N))
 * with A = r, B = 1 + r, C = 0, p = 1 (left), and A = r/(r + mu/2),
 * B = (p + r)/(p(p + N)), C = (N - r)/(N(p + N)), p and -N the roots of
 * lambda^2 - (1 - r) lambda - (r + mu/2) (log-det).
 *
 * It is inverted by Newton's method in G = ln(lambda/lambda0) below half of the
 * plateau and in H = ln((p - lambda0)/(p - lambda)) above it: in these the
 * right side is convex (or concave) and nearly straight, so that Newton's steps
 * from a bound on the proper side never pass the root. The last correction is
 * made with the large terms carried to twice the precision; lambda and its
 * distance from the plateau come from exp of a pair. What is left is the
 * rounding of logarithms of order 1. */
#include "models/linear/scaled.h"

#include <eigenstep/barlow_twins.h>

#include <float.h>

/* The law of all modes, and one mode's start. */
typedef struct law {
  pair p, N, A, B, C;
  pair above; /* p - 1 */
  bool falls; /* like e^-8 gamma t far above p, not like 1/(8 gamma t) */
} law;

typedef struct origin {
  scaled lambda0;     /* |gamma| s0^2 */
  double value, size; /* lambda0 with its sign; its size: both may underflow */
  pair log0;          /* ln |lambda0| */
  pair gap0;          /* p - lambda0 */
} origin;

static law left_law(double r) {
  const pair one = {1, 0};
  return (law){.p = one,
               .N = {1e300, 0}, /* without C: beyond every lambda */
               .A = {r, 0},
               .B = pair_sum(1, r),
               .C = {0, 0},
               .above = {0, 0},
               .falls = true};
}

static law logdet_law(double r, double mu) {
  const pair plus = pair_sum(1, r), minus = pair_sum(1, -r);
  const pair c = pair_sum(r, mu / 2), ridge = {r, 0}, one = {1, 0};
  const pair root =
      pair_sqrt(pair_add(pair_multiply(plus, plus), pair_product(2, mu)));
  law l = {.falls = false};
  if (r < 1) {
    l.p = pair_scale(pair_add(root, minus), .5);
    l.N = pair_divide(c, l.p);
  } else {
    l.N = pair_scale(pair_subtract(root, minus), .5);
    l.p = pair_divide(c, l.N);
  }
  const pair half = {mu / 2, 0}, width = pair_add(l.p, l.N);
  l.above = pair_divide(half, pair_add(l.p, ridge));
  l.A = pair_divide(ridge, c);
  l.B = pair_divide(pair_add(l.p, ridge), pair_multiply(l.p, width));
  /* N - r = (mu/2)/(N + 1) */
  l.C = pair_divide(
      half, pair_multiply(pair_add(l.N, one), pair_multiply(l.N, width)));
  return l;
}

/* gamma s0^2 without rounding that matters, and what follows from it. */
static origin start_of(const law *l, double gamma, double s0) {
  const scaled g = scaled_make(fabs(gamma), 0), s = scaled_make(s0, 0);
  const pair m = pair_scale(pair_product(g.m, s.m), s.m);
  const int e = g.e + 2 * s.e;
  origin o = {.lambda0 = scaled_make(pair_value(m), e)};
  o.size = scaled_value(o.lambda0);
  o.value = gamma < 0 ? -o.size : o.size;
  const pair whole = pair_sum(e * SCALED_LN2_HI, e * SCALED_LN2_LO);
  o.log0 = pair_add(whole, pair_sum(log(m.hi), m.lo / m.hi));
  pair exact = {ldexp(m.hi, e), ldexp(m.lo, e)};
  if (gamma < 0) exact = pair_negate(exact);
  o.gap0 = pair_subtract(l->p, exact);
  return o;
}

/* lambda0 exp(v) for v of either sign, and its difference from lambda0. */
static double grown(const origin *o, pair v, double *change) {
  const double size = scaled_value(scaled_mul(o->lambda0, scaled_exp(v)));
  const double by = fabs(v.hi) < 1 ? o->size * expm1(v.hi) : size - o->size;
  *change = o->value < 0 ? -by : by;
  return o->value < 0 ? -size : size;
}

/* B and C terms of the law at lambda0 + change. */
static double saturation(const law *l, const origin *o, double change) {
  return -l->B.hi * log1p(-change / o->gap0.hi) +
         l->C.hi * log1p(change / (o->value + l->N.hi));
}

/* What v = ln|lambda/lambda0| leaves of 8 gamma t = x; *slope is d(law)/dv. */
static double growth_rest(const law *l, const origin *o, pair x, pair v,
                          double *slope) {
  double change;
  const double lambda = grown(o, v, &change);
  *slope = l->A.hi + lambda * (l->B.hi / (o->gap0.hi - change) +
                               l->C.hi / (lambda + l->N.hi));
  const pair large = pair_subtract(x, pair_multiply(l->A, v));
  return pair_value(pair_subtract(large, (pair){saturation(l, o, change), 0}));
}

/* ln(lambda/lambda0) for lambda at least half of p or beyond it. */
static pair log_ratio(const origin *o, double lambda, double change) {
  if (fabs(change) < o->size) return (pair){log1p(change / o->size), 0};
  return pair_subtract((pair){log(lambda), 0}, o->log0);
}

/* The same for v = ln(gap0/gap). */
static double gap_rest(const law *l, const origin *o, pair x, pair v,
                       double *slope) {
  const double share = scaled_value(scaled_exp(pair_negate(v)));
  const double gap = o->gap0.hi * share, lambda = l->p.hi - gap;
  const double change = -o->gap0.hi * expm1(-v.hi);
  *slope = l->B.hi + gap * (l->A.hi / lambda + l->C.hi / (lambda + l->N.hi));
  const pair large =
      pair_subtract(pair_subtract(x, pair_multiply(l->B, v)),
                    pair_multiply(l->A, log_ratio(o, lambda, change)));
  const double small = l->C.hi * log1p(change / (o->value + l->N.hi));
  return pair_value(pair_subtract(large, (pair){small, 0}));
}

typedef double rest_of(const law *l, const origin *o, pair x, pair v,
                       double *slope);

/* exp of that much is 0 or infinite beside any start. */
#define FARTHEST 1e6
#define LONGEST 1e290 /* 8 gamma t */

/* Newton from a bound on the side where its steps are one-way, a few of them;
 * the last one in pairs. */
static pair solve(rest_of *rest, const law *l, const origin *o, pair x,
                  double from) {
  pair v = {fmin(fmax(from, 0), FARTHEST), 0};
  double slope;
  for (int i = 0; i < 200; i++) {
    const double step = rest(l, o, x, v, &slope) / slope;
    const double next = fmin(fmax(v.hi + step, 0), FARTHEST);
    const bool done = fabs(next - v.hi) <= 4 * DBL_EPSILON * v.hi;
    v.hi = isfinite(next) ? next : v.hi / 2;
    if (done) break;
  }
  const double last = rest(l, o, x, v, &slope) / slope;
  return v.hi < FARTHEST && isfinite(last) ? pair_sum(v.hi, last) : v;
}

/* Upper bound of G: each of the terms alone reaches x there. */
static double growth_bound(const law *l, const origin *o, double x) {
  const double alone = -o->gap0.hi * expm1(-x / l->B.hi) / o->size;
  const double room = log(l->p.hi / 2) - o->log0.hi;
  return fmin(fmin(x / l->A.hi, isfinite(alone) ? log1p(alone) : INFINITY),
              fmax(room, 0));
}

/* H with ln lambda and ln(lambda + N) at their ends: below the root where
 * lambda rises to p, above it where it falls. */
static double gap_bound(const law *l, const origin *o, double x) {
  const double p = l->p.hi,
               ends = l->A.hi * (log(p) - o->log0.hi) +
                      l->C.hi * log((p + l->N.hi) / (o->value + l->N.hi));
  const double half = log(o->gap0.hi / (p / 2));
  const double bound = (x - ends) / l->B.hi;
  return o->gap0.hi > 0 ? fmax(bound, half) : bound;
}

/* The decay of a mode with gamma < 0: all but A's term at their ends. */
static double decay_bound(const law *l, const origin *o, double x) {
  const double ends = l->B.hi * log(o->gap0.hi / l->p.hi) +
                      l->C.hi * log(l->N.hi / (o->value + l->N.hi));
  return (x + ends) / l->A.hi;
}

/* A mode with gamma < 0 obeys the law with v = -G and x negative. */
static double decay_rest(const law *l, const origin *o, pair x, pair v,
                         double *slope) {
  return -growth_rest(l, o, pair_negate(x), pair_negate(v), slope);
}

/* 8 gamma t at which lambda is half of the plateau; NaN from p or above. */
static pair half_phase(const law *l, const origin *o) {
  const double half = l->p.hi / 2, change = half - o->value;
  if (!(o->gap0.hi > 0)) return (pair){NAN, 0};
  const double rest = -l->B.hi * log(half / o->gap0.hi) +
                      l->C.hi * log1p(change / (o->value + l->N.hi));
  return pair_add(
      pair_multiply(l->A, pair_subtract((pair){log(half), 0}, o->log0)),
      (pair){rest, 0});
}

static es_barlow_mode by_growth(const origin *o, pair v, double s0) {
  double change;
  es_barlow_mode mode;
  mode.lambda = grown(o, v, &change);
  const scaled half = scaled_exp((pair){v.hi / 2, v.lo / 2});
  mode.s = scaled_value(scaled_mul(scaled_make(s0, 0), half));
  mode.one_minus_lambda = 1 - mode.lambda;
  return mode;
}

static es_barlow_mode by_gap(const law *l, const origin *o, pair v,
                             double gamma) {
  const double share = scaled_value(scaled_exp(pair_negate(v)));
  const pair gap = pair_scale(o->gap0, share);
  es_barlow_mode mode;
  mode.lambda = pair_value(pair_subtract(l->p, gap));
  mode.s = sqrt(mode.lambda / gamma);
  mode.one_minus_lambda = pair_value(pair_subtract(gap, l->above));
  return mode;
}

/* Far from the plateau on either side the three logarithms cancel, to D
 * ln(lambda0/lambda) with D = B - A - C: 1 (left) or 0 (log-det). In w =
 * 1/|lambda| - u0 of u0 = 1/|lambda0| and with z = 1 for gamma > 0, -1 for
 * gamma < 0 they are 8 |gamma| t = z [D ln(1 + w/u0) - B ln(1 - z p w/(1 - z p
 * u0))
 *                    + C ln(1 + N w/(z + N u0))],
 * terms of one sign where lambda is positive; where it is negative, and above
 * -r/2, D and C take up to some half of B's. *slope is d(8 |gamma| t)/dw. */
static double fall_phase(const law *l, double z, double u0, double w,
                         double *slope) {
  const double a = l->p.hi / (1 - z * l->p.hi * u0);
  const double b = l->N.hi / (z + l->N.hi * u0);
  const double D = l->falls ? 1 : 0;
  *slope = l->B.hi * a / (1 - z * a * w) +
           z * (D / (u0 + w) + l->C.hi * b / (1 + b * w));
  return z * (D * log1p(w / u0) - l->B.hi * log1p(-z * a * w) +
              l->C.hi * log1p(b * w));
}

/* w at the phase x, in (0, high), by Newton's method in a bracket. */
static double fall(const law *l, double z, double u0, double x, double high) {
  double low = 0, slope;
  if (l->falls && z > 0) high = fmin(high, u0 * expm1(x));
  double w = fmin(high, x);
  for (int i = 0; i < 200; i++) {
    const double rest = x - fall_phase(l, z, u0, w, &slope);
    *(rest > 0 ? &low : &high) = w;
    double next = w + rest / slope;
    if (!(next >= low && next <= high)) next = low + (high - low) / 2;
    const bool done = fabs(next - w) <= 2 * DBL_EPSILON * next;
    w = next;
    if (done) break;
  }
  return w;
}

/* From beyond FAR times the plateau, on either side: whether *mode, at the
 * phase x, is beyond twice the plateau still; else *o, *s0 and *x are there
 * from where it is. */
#define FAR 8

static bool falls_from_afar(es_barlow_mode *mode, const law *l, origin *o,
                            double *s0, pair *x, double gamma) {
  const double z = gamma > 0 ? 1 : -1;
  const double from = 2 * l->p.hi, u0 = 1 / o->size;
  if (!(o->size > FAR * l->p.hi)) return false;
  double slope;
  const double far = 1 / from - u0, until = fall_phase(l, z, u0, far, &slope);
  if (x->hi < until) {
    const double size = 1 / (u0 + fall(l, z, u0, x->hi, far));
    *mode = (es_barlow_mode){sqrt(size / fabs(gamma)), z * size, 1 - z * size};
    return true;
  }
  *x = pair_add(*x, (pair){-until, 0});
  *s0 = sqrt(from / fabs(gamma));
  o->lambda0 = scaled_make(from, 0);
  o->size = from;
  o->value = z * from;
  o->log0 = (pair){log(from), 0};
  o->gap0 = pair_subtract(l->p, (pair){o->value, 0});
  return false;
}

static es_barlow_mode mode_at(const law *l, double gamma, double s0, double t) {
  if (gamma == 0 || s0 == 0) return (es_barlow_mode){s0, 0, 1};
  origin o = start_of(l, gamma, s0);
  const pair exact = scaled_phase((pair){gamma, 0}, t);
  pair x = exact.hi < LONGEST ? exact : (pair){LONGEST, 0};
  es_barlow_mode far;
  if (falls_from_afar(&far, l, &o, &s0, &x, gamma)) return far;
  if (gamma < 0) {
    const pair v = solve(decay_rest, l, &o, x, decay_bound(l, &o, x.hi));
    return by_growth(&o, pair_negate(v), s0);
  }
  /* NaN from above the plateau. */
  if (x.hi < half_phase(l, &o).hi) {
    const pair v = solve(growth_rest, l, &o, x, growth_bound(l, &o, x.hi));
    return by_growth(&o, v, s0);
  }
  if (o.gap0.hi == 0) return by_gap(l, &o, (pair){0, 0}, gamma);
  return by_gap(l, &o, solve(gap_rest, l, &o, x, gap_bound(l, &o, x.hi)),
                gamma);
}

static double half_time(const law *l, double gamma, double s0) {
  if (!(gamma > 0) || s0 == 0) return INFINITY;
  const origin o = start_of(l, gamma, s0);
  return pair_value(half_phase(l, &o)) / (8 * gamma);
}

es_barlow_mode es_barlow_left_closed_form(double gamma, double r, double s0,
                                          double t) {
  const law l = left_law(r);
  return mode_at(&l, gamma, s0, t);
}

double es_barlow_left_half_time(double gamma, double r, double s0) {
  const law l = left_law(r);
  return half_time(&l, gamma, s0);
}

es_barlow_mode es_barlow_logdet_closed_form(double gamma, double r, double mu,
                                            double s0, double t) {
  const law l = logdet_law(r, mu);
  return mode_at(&l, gamma, s0, t);
}

double es_barlow_logdet_half_time(double gamma, double r, double mu,
                                  double s0) {
  const law l = logdet_law(r, mu);
  return half_time(&l, gamma, s0);
}

double es_barlow_logdet_plateau(double r, double mu) {
  return logdet_law(r, mu).p.hi;
}

/* s <- s + lr s'(s) until lambda passes half, counted; where that takes more
 * than COUNTED steps lr is so small that the flow's own time serves: Euler's
 * method is late or early by a share of about 1/COUNTED. */
enum { COUNTED = 1000000 };

/* s'/(gamma s): left if mu < 0. */
static double pull(double lambda, double r, double mu) {
  return mu < 0 ? 4 * (1 - lambda) / (lambda + r)
                : 4 * (1 - lambda) + 2 * mu / (lambda + r);
}

static double descent_steps(double half, double gamma, double r, double mu,
                            double s, double lr, double flow) {
  double steps = 0;
  if (!(flow > 0) || isinf(flow)) return flow / lr;
  for (; gamma * s * s < half; steps++) {
    if (steps >= COUNTED) return flow / lr;
    s += lr * gamma * s * pull(gamma * s * s, r, mu);
  }
  return steps;
}

double es_barlow_left_descent_steps(double gamma, double r, double s0,
                                    double lr) {
  return descent_steps(.5, gamma, r, -1, s0, lr,
                       es_barlow_left_half_time(gamma, r, s0));
}

double es_barlow_logdet_descent_steps(double gamma, double r, double mu,
                                      double s0, double lr) {
  return descent_steps(es_barlow_logdet_plateau(r, mu) / 2, gamma, r, mu, s0,
                       lr, es_barlow_logdet_half_time(gamma, r, mu, s0));
}
