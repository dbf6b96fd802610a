/* Closed forms of an eigenmode (theory.md 4) at constant tau: the map onto the
 * flow of cubic.h. With T = lambda_d tau, b = lambda_s, A = alpha_p c:
 *   parabola, c = 0:   p' = -p (b p^2 - T p + eta),  P = p
 *   eta = 0, A > 0:    p' = (p^2 + A)(T - b p),      P = p - T/b
 *   eta = 0, A < 0:    the same,                     P = |p| - sqrt(-A)
 * each with the sign that makes P positive: (p, T) -> (-p, -T) changes nothing.
 * s then is p^2/alpha_p, (p^2 + A)/alpha_p or P (P + 2 sqrt(-A))/alpha_p, where
 * nothing cancels either.
 *
 * Claim: the state that the doubles of mode and t lead to, p and s alike to
 * 1e-13 relative (8 units of roundoff in the tests), at every t and wherever
 * the mode lies among the thresholds and roots: beside the saddle too, where
 * that state moves by e^{kt} units for one unit of the start. A start that is
 * the saddle's double but not its root leaves it. */
#include "models/linear/cubic.h"
#include "models/linear/eigenmode.h"
#include "models/linear/scaled.h"

/* How a mode lies in the cubic. */
typedef struct placed {
  cubic flow;
  double sign; /* of p and T */
  pair shift;  /* sign p = P + shift */
  pair A;      /* 0: on the parabola */
} placed;

static bool still(const es_eigenmode *mode) {
  return mode->s0 == 0 && (mode->p0 == 0 || !mode->ema);
}

/* That products of four stay within the range of double, with their pairs; and
 * off the parabola that p can be told from its distance from T/b. */
static bool within(const es_eigenmode *mode) {
  const double T = fabs(mode->lambda_d * mode->tau0), b = mode->lambda_s;
  const double s = mode->alpha_p * mode->s0, p = fabs(mode->p0);
  const double most = fmax(fmax(fmax(p, mode->eta_p), fmax(T, b)), s);
  if (!(most <= 1e40) || b < 1e-40 || (T > 0 && T < 1e-40)) return false;
  return es_eigenmode_c(mode) == 0 || T <= 1e15 * b * fmax(p, sqrt(s));
}

bool es_eigenmode_has_exact(const es_eigenmode *mode) {
  if (still(mode)) return true;
  if (mode->ema || mode->eta_p != mode->eta_s || !within(mode)) return false;
  return mode->eta_p == 0 || es_eigenmode_c(mode) == 0;
}

static pair minus(pair a, pair b) { return pair_subtract(a, b); }

/* alpha_p c */
static pair offset(const es_eigenmode *mode) {
  if (es_eigenmode_c(mode) == 0) return (pair){0, 0};
  return minus(pair_product(mode->alpha_p, mode->s0),
               pair_product(mode->p0, mode->p0));
}

static pair root(pair square) {
  return square.hi > 0 ? pair_sqrt(square) : (pair){0, 0};
}

/* P, v and delta where sign p is p. */
static cubic_point point_of(const placed *at, pair p) {
  cubic_point point = {.P = minus(p, at->shift)};
  point.v = minus(p, pair_add(at->shift, at->flow.mu));
  return point;
}

static void parabola(placed *at, const es_eigenmode *mode, pair T) {
  cubic *flow = &at->flow;
  const double b = mode->lambda_s, eta = mode->eta_p;
  const pair square = pair_multiply(T, T), four = pair_product(4 * eta, b);
  flow->rate = (pair){eta, 0};
  flow->mu = pair_divide(T, (pair){2 * b, 0});
  flow->real = minus(four, square).hi <= 0;
  flow->D = pair_divide(minus(four, square), pair_product(4 * b, b));
  const pair R = root(minus(square, four));
  const pair sum = pair_add(T, T.hi < 0 ? pair_negate(R) : R);
  flow->f = pair_divide(sum, (pair){2 * b, 0});
  if (flow->real && sum.hi != 0) flow->n = pair_divide((pair){2 * eta, 0}, sum);
}

/* eta = 0, A > 0 */
static void above(placed *at, const es_eigenmode *mode, pair T) {
  cubic *flow = &at->flow;
  const pair b = {mode->lambda_s, 0}, end = pair_divide(T, b);
  const double turned = pair_subtract((pair){at->sign * mode->p0, 0}, end).hi;
  if (turned < 0) at->sign = -at->sign;
  at->shift = turned < 0 ? pair_negate(end) : end;
  flow->mu = pair_negate(at->shift);
  flow->D = at->A;
  const pair square = pair_add(pair_multiply(end, end), at->A);
  flow->rate = pair_multiply(square, b);
}

/* eta = 0, A < 0 */
static void below(placed *at, const es_eigenmode *mode, pair T) {
  cubic *flow = &at->flow;
  const pair q = root(pair_negate(at->A)), b = {mode->lambda_s, 0};
  pair n = pair_scale(q, -2), f = minus(pair_divide(T, b), q);
  if (fabs(n.hi) > fabs(f.hi)) {
    const pair other = n;
    n = f;
    f = other;
  }
  at->shift = q;
  flow->real = true;
  flow->n = n;
  flow->f = f;
  flow->rate = pair_multiply(pair_multiply(n, f), b);
}

static placed place(const es_eigenmode *mode) {
  placed at = {.sign = mode->p0 < 0 ? -1 : 1, .A = offset(mode)};
  at.flow.b = mode->lambda_s;
  const pair T = pair_product(at.sign * mode->lambda_d, mode->tau0);
  (at.A.hi == 0 ? parabola : at.A.hi > 0 ? above : below)(&at, mode, T);
  at.flow.start = point_of(&at, (pair){at.sign * mode->p0, 0});
  if (at.A.hi < 0) {
    const pair p = {fabs(mode->p0), 0};
    at.flow.start.P = pair_divide(pair_product(mode->alpha_p, mode->s0),
                                  pair_add(p, at.shift));
  }
  return at;
}

/* tau at p = s = 0: tau' = beta - (beta - eta_s) tau. */
static double runaway(const es_eigenmode *mode, double t) {
  const pair x = pair_scale(pair_sum(mode->beta, -mode->eta_s), t);
  const double share = scaled_value(scaled_exp(pair_negate(x)));
  const double kept = mode->tau0 == 0 ? 0 : mode->tau0 * share;
  if (mode->beta == 0) return kept;
  double mean = x.hi == 0 ? 1 : -expm1(-x.hi) / x.hi;
  if (x.hi < -1) mean = (share - 1) / -x.hi;
  return kept + mode->beta * t * mean;
}

/* p and s = 0. */
static es_eigenmode_state fallen(const es_eigenmode *mode, double t) {
  es_eigenmode_state out = {.tau = mode->tau0};
  const pair x = pair_product(mode->eta_p, t);
  const scaled p0 = scaled_make(mode->p0, 0);
  out.p = scaled_value(scaled_mul(p0, scaled_exp(pair_negate(x))));
  if (!mode->ema) return out;
  out.tau = runaway(mode, t);
  return out;
}

es_eigenmode_state es_eigenmode_exact(const es_eigenmode *mode, double t) {
  es_eigenmode_state out = {mode->p0, mode->s0, mode->tau0};
  if (t == 0) return out;
  if (mode->s0 == 0) return fallen(mode, t);
  const placed at = place(mode);
  const cubic_point end = es_cubic_at(&at.flow, t);
  const pair p = pair_add(end.P, at.shift);
  out.p = at.sign * pair_value(at.A.hi > 0 ? end.v : p);
  pair square = pair_multiply(p, p);
  if (at.A.hi > 0) square = pair_add(pair_multiply(end.v, end.v), at.A);
  if (at.A.hi < 0) square = pair_multiply(end.P, pair_add(p, at.shift));
  out.s = pair_value(square) / mode->alpha_p;
  return out;
}

double es_eigenmode_time(const es_eigenmode *mode, double p) {
  if (p == mode->p0) return 0;
  if (mode->s0 == 0) {
    const double fall = log(mode->p0 / p);
    return fall > 0 && mode->eta_p > 0 ? fall / mode->eta_p : INFINITY;
  }
  const placed at = place(mode);
  cubic_point point = point_of(&at, (pair){at.sign * p, 0});
  point.delta = pair_sum(at.sign * p, -at.sign * mode->p0);
  return es_cubic_time(&at.flow, &point);
}
