/* Closed form of an aligned Barlow Twins mode, to the last digits.
 *
 * With x = 8|gamma|t, e = exp(-x), q = 1 - e and lambda0 = gamma s0^2,
 *   gamma > 0:  D = lambda0 q + e,     lambda = lambda0/D,    s = s0/sqrt(D)
 *   gamma < 0:  D = |lambda0| q + 1,   lambda = lambda0 e/D,
 *                                      s = s0 exp(-x/2)/sqrt(D)
 * Every term is positive, so nothing cancels. Three things cost digits and are
 * avoided: the rounding of 8 gamma t (worth 15 units at x = 30) is carried as
 * the error term of one fma; exp(-x) and lambda0 are kept as mantissa and
 * exponent, since both leave the range of double while their quotient does
 * not; and 1 - e is expm1.
 * Error count in units of roundoff for s: lambda0 2, e 1, D 1 more, square
 * root halves them, division 1: under 4; lambda: under 6. */
#include "models/linear/scaled.h"

#include <eigenstep/barlow_twins.h>

/* 1 - gamma s0^2 where it does not overflow. */
static double one_minus_lambda0(double gamma, double s0) {
  const double p = gamma * s0, rest = fma(gamma, s0, -p);
  return fma(-p, s0, 1) - rest * s0;
}

es_barlow_mode es_barlow_closed_form(double gamma, double s0, double t) {
  if (gamma == 0 || s0 == 0) return (es_barlow_mode){s0, 0, 1};
  const pair x = scaled_phase((pair){gamma, 0}, t);
  const scaled start = scaled_make(s0, 0);
  const scaled lambda0 =
      scaled_mul(scaled_mul(scaled_make(fabs(gamma), 0), start), start);
  const scaled grown =
      scaled_mul(lambda0, scaled_make(scaled_one_minus_exp(x), 0));
  const scaled e = scaled_exp(pair_negate(x)), one = scaled_make(1, 0);
  const scaled D = scaled_add(grown, gamma > 0 ? e : one);
  es_barlow_mode mode;
  if (gamma > 0) {
    mode.lambda = scaled_value(scaled_div(lambda0, D));
    mode.s = scaled_value(scaled_div(start, scaled_sqrt(D)));
    const double rest0 = one_minus_lambda0(gamma, s0);
    mode.one_minus_lambda =
        isfinite(rest0)
            ? scaled_value(scaled_div(scaled_mul(scaled_make(rest0, 0), e), D))
            : 1 - mode.lambda;
  } else {
    const scaled decay = scaled_exp((pair){-x.hi / 2, -x.lo / 2});
    mode.lambda = -scaled_value(scaled_div(scaled_mul(lambda0, e), D));
    mode.s = scaled_value(scaled_div(scaled_mul(start, decay), scaled_sqrt(D)));
    mode.one_minus_lambda = 1 - mode.lambda;
  }
  return mode;
}

/* log(gamma s0^2), also where the product leaves the range. */
static double log_lambda0(double gamma, double s0) {
  const double product = gamma * s0 * s0;
  return product > 1e-290 && product < 1e290 ? log(product)
                                             : log(gamma) + 2 * log(s0);
}

double es_barlow_step_time(double gamma, double s0) {
  if (!(gamma > 0) || s0 == 0) return INFINITY;
  return -log_lambda0(gamma, s0) / (8 * gamma);
}

double es_barlow_half_time(double gamma, double s0) {
  if (!(gamma > 0) || s0 == 0) return INFINITY;
  const double left = one_minus_lambda0(gamma, s0);
  if (!(left > 0)) return NAN;
  return (log(left) - log_lambda0(gamma, s0)) / (8 * gamma);
}

double es_barlow_descent_steps(double gamma, double s0, double lr) {
  if (!(gamma > 0) || s0 == 0) return INFINITY;
  return -log_lambda0(gamma, s0) / (2 * log1p(4 * lr * gamma));
}

double es_barlow_lr_limit(double gamma_max, double gamma_min) {
  const double top = gamma_max > 0 ? .25 / gamma_max : INFINITY;
  const double bottom = gamma_min < 0 ? -.5 / gamma_min : INFINITY;
  return fmin(top, bottom);
}
