/* Closed form of an aligned mode of the VICReg-like and the spectral loss:
 *   s' = 4 s (r - sigma^2 s^2),   r = sigma - nu (sigma - gamma),
 * a logistic in u = s^2 with plateau r/sigma^2. With p0 = sigma^2 s0^2, f0 =
 * p0/|r|, x = 8|r|t, e = exp(-x), q = 1 - e:
 *   r > 0:  D = f0 q + e,     s = s0/sqrt(D)
 *   r < 0:  D = f0 q + 1,     s = s0 exp(-x/2)/sqrt(D)
 *   r = 0:  D = 1 + 8 p0 t,   s = s0/sqrt(D)
 * Nothing cancels but r itself, which is carried to twice the precision, so
 * that the error of x is one rounding however close to 0 r is, unless sigma (1
 * + nu) t is beyond 1e15. Error count in
 * units of 2.2e-16, two roundings each: p0 1.5, f0 2.5, D 4.5, s 3.5; s^2 7.5,
 * times gamma 8. */
#include "models/linear/scaled.h"

#include <eigenstep/barlow_twins.h>

/* r, exactly up to the rounding of nu's product with the small part. */
static pair rate(double gamma, double sigma, double nu) {
  const pair gap = pair_sum(sigma, -gamma);
  return pair_subtract((pair){sigma, 0}, pair_scale(gap, nu));
}

double es_barlow_vicreg_rate(double gamma, double sigma, double nu) {
  return pair_value(rate(gamma, sigma, nu));
}

static scaled squared(double x) {
  const scaled m = scaled_make(x, 0);
  return scaled_mul(m, m);
}

/* sigma^2 s0^2 */
static scaled push(double sigma, double s0) {
  return scaled_mul(squared(sigma), squared(s0));
}

/* 1 - p0/r for r > 0: where the start is near the plateau the two cancel, so
 * in pairs; f0 itself where it is too large or too small for that to matter. */
static double one_minus_f0(pair r, double sigma, double s0) {
  const double f0 =
      scaled_value(scaled_div(push(sigma, s0), scaled_make(r.hi, 0)));
  if (!(f0 > 1e-3 && f0 < 1e3)) return 1 - f0;
  const pair root = pair_product(sigma, s0);
  const pair gap = pair_subtract(r, pair_multiply(root, root));
  return pair_value(gap) / r.hi;
}

/* 1 - sigma s^2 = (1 - beta) + beta (1 - f), beta = r/sigma the plateau. */
static double below_one(double gamma, double sigma, double nu, pair r,
                        double rest0, double share) {
  const double above = nu * (sigma - gamma) / sigma;
  return above + r.hi / sigma * (rest0 * share);
}

es_barlow_family_mode es_barlow_vicreg_closed_form(double gamma, double sigma,
                                                   double nu, double s0,
                                                   double t) {
  const pair r = rate(gamma, sigma, nu);
  const pair x = scaled_phase(r, t);
  const scaled one = {.5, 1}, e = scaled_exp(pair_negate(x));
  scaled decay = one, D;
  if (s0 == 0 || sigma == 0)
    return (es_barlow_family_mode){s0, gamma * s0 * s0, 0, 1};
  if (r.hi == 0) {
    const scaled grown = scaled_mul(push(sigma, s0), scaled_make(t, 3));
    D = scaled_add(one, grown);
  } else {
    const scaled f0 = scaled_div(push(sigma, s0), scaled_make(fabs(r.hi), 0));
    const scaled q = scaled_make(scaled_one_minus_exp(x), 0);
    D = scaled_add(scaled_mul(f0, q), r.hi > 0 ? e : one);
    if (r.hi < 0) decay = scaled_exp((pair){-x.hi / 2, -x.lo / 2});
  }
  const scaled s =
      scaled_div(scaled_mul(scaled_make(s0, 0), decay), scaled_sqrt(D));
  const scaled square = scaled_mul(s, s);
  es_barlow_family_mode mode = {.s = scaled_value(s)};
  mode.lambda = scaled_value(scaled_mul(scaled_make(gamma, 0), square));
  mode.cov_lambda = scaled_value(scaled_mul(scaled_make(sigma, 0), square));
  mode.one_minus_cov = 1 - mode.cov_lambda;
  const double rest0 = r.hi > 0 ? one_minus_f0(r, sigma, s0) : NAN;
  if (isfinite(rest0))
    mode.one_minus_cov =
        below_one(gamma, sigma, nu, r, rest0, scaled_value(scaled_div(e, D)));
  return mode;
}

/* ln f0, f0 = sigma^2 s0^2/r. */
static double log_f0(double r, double sigma, double s0) {
  return 2 * (log(sigma) + log(s0)) - log(r);
}

static bool steps(double r, double sigma, double s0) {
  return r > 0 && sigma > 0 && s0 > 0;
}

double es_barlow_vicreg_step_time(double gamma, double sigma, double nu,
                                  double s0) {
  const double r = es_barlow_vicreg_rate(gamma, sigma, nu);
  return steps(r, sigma, s0) ? -log_f0(r, sigma, s0) / (8 * r) : INFINITY;
}

double es_barlow_vicreg_half_time(double gamma, double sigma, double nu,
                                  double s0) {
  const pair r = rate(gamma, sigma, nu);
  if (!steps(r.hi, sigma, s0)) return INFINITY;
  const double left = one_minus_f0(r, sigma, s0);
  if (!(left > 0)) return NAN;
  return (log(left) - log_f0(r.hi, sigma, s0)) / (8 * r.hi);
}

double es_barlow_vicreg_descent_steps(double gamma, double sigma, double nu,
                                      double s0, double lr) {
  const double r = es_barlow_vicreg_rate(gamma, sigma, nu);
  if (!steps(r, sigma, s0)) return INFINITY;
  return -log_f0(r, sigma, s0) / (2 * log1p(4 * lr * r));
}
