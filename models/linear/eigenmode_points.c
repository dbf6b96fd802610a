/* Stationary points of an eigenmode (theory.md 4) and their linearisation.
 *
 * Beside s = 0 a point has p r = eta_s and alpha_p s r = eta_p p, so with T =
 * lambda_d tau and b = lambda_s
 *   b p^2 - T p + eta_s = 0,   s = rho p^2/alpha_p,   rho = eta_p/eta_s.
 * In relative deviations of (p, s, tau), x = T p and kappa = b p^2 - eta_s =
 * +-p R, R^2 = T^2 - 4 eta_s b, the Jacobian is
 *   [ -rho x   eta_p   rho x   ]
 *   [ -2 kappa   0      2 x    ]
 *   [  kappa     0   -beta - x ]
 * with the characteristic polynomial
 *   mu^3 + (rho x + beta + x) mu^2 + (2 kappa eta_p + rho x (beta + 2 eta_s))
 *   mu + 2 kappa beta eta_p.
 * Its sign changes tell saddle (kappa < 0: one positive root) from stable
 * (kappa > 0: Routh-Hurwitz holds). At rho = 1 it is
 * (mu + 2 eta)(mu^2 + (kappa + beta + x) mu + kappa beta), all roots real; at
 * constant tau it is mu^2 + rho x mu + 2 kappa eta_p, at rho = 1 with the roots
 * -2 eta and -kappa. No difference of near-equal numbers is taken but in R. */
#include "models/linear/eigenmode.h"
#include "models/linear/pair.h"

#include <float.h>

double es_eigenmode_c(const es_eigenmode *mode) {
  const pair square = pair_product(mode->p0, mode->p0);
  const pair start = pair_product(mode->alpha_p, mode->s0);
  const double rest = pair_value(pair_subtract(start, square));
  /* p0 counts twice, s0 and alpha_p once, half a DBL_EPSILON each. */
  const double rounding = 2 * DBL_EPSILON * fmax(start.hi, square.hi);
  return fabs(rest) <= rounding ? 0 : rest / mode->alpha_p;
}

static double pull(const es_eigenmode *mode) {
  return mode->lambda_d * (mode->ema ? 1 : mode->tau0);
}

double es_eigenmode_eta_max(const es_eigenmode *mode) {
  const double T = pull(mode);
  return T * T / (4 * mode->lambda_s);
}

/* T^2 - 4 eta_s b; 0 where it is less than the rounding of its terms, which
 * have two rounded factors each. */
static double discriminant(const es_eigenmode *mode) {
  const double tau = mode->ema ? 1 : mode->tau0;
  const pair T = pair_product(mode->lambda_d, tau);
  const pair square = pair_multiply(T, T);
  const pair four = pair_product(4 * mode->eta_s, mode->lambda_s);
  const double rest = pair_value(pair_subtract(square, four));
  return fabs(rest) <= 4 * DBL_EPSILON * square.hi ? 0 : rest;
}

static void order(double eig[3]) {
  for (int i = 1; i < 3; i++)
    for (int j = i; j > 0 && (eig[j - 1] > eig[j] || isnan(eig[j - 1])); j--) {
      const double other = eig[j];
      eig[j] = eig[j - 1];
      eig[j - 1] = other;
    }
}

/* Real parts of the roots of x^2 + h x + g. */
static void quadratic(double out[2], double h, double g) {
  const double square = h * h / 4 - g;
  if (square < 0) {
    out[0] = out[1] = -h / 2;
    return;
  }
  const double far = -(h / 2 + copysign(sqrt(square), h));
  out[0] = far;
  out[1] = far == 0 ? 0 : g / far;
}

/* Real parts of the roots of x^3 + a x^2 + b x + c, c != 0: a real root by
 * bisection to the last bit, between bounds of all roots (Cauchy), and what it
 * leaves, taken from the end of the coefficients that it does not dominate. */
static void cubic(double out[3], double a, double b, double c) {
  const double bound = 1 + fmax(fabs(a), fmax(fabs(b), fabs(c)));
  double low = -bound, high = bound;
  for (;;) {
    const double x = low + (high - low) / 2;
    if (x <= low || x >= high) break;
    if (((x + a) * x + b) * x + c < 0)
      low = x;
    else
      high = x;
  }
  const double x = out[2] = fabs(low) > fabs(high) ? low : high;
  const double product = -c / x;
  quadratic(out, x * x > fabs(b) ? (product - b) / x : a + x, product);
}

/* Eigenvalues at p with s = rho p^2/alpha_p > 0. */
static void linearise(double eig[3], const es_eigenmode *mode, double p,
                      double kappa) {
  const double x = pull(mode) * p, beta = mode->beta, eta_p = mode->eta_p;
  if (eta_p == mode->eta_s) {
    eig[0] = 0 - 2 * eta_p;
    eig[1] = 0 - kappa;
    eig[2] = NAN;
    if (mode->ema) quadratic(eig + 1, kappa + beta + x, kappa * beta);
  } else {
    const double rho = eta_p / mode->eta_s;
    const double a = rho * x + beta + x;
    const double b = 2 * kappa * eta_p + rho * x * (beta + 2 * mode->eta_s);
    eig[2] = NAN;
    if (!mode->ema)
      quadratic(eig, rho * x, 2 * kappa * eta_p);
    else if (kappa == 0 || beta == 0) {
      eig[2] = 0;
      quadratic(eig, a, b);
    } else
      cubic(eig, a, b, 2 * kappa * beta * eta_p);
  }
  order(eig);
}

/* At p = s = 0 the linearisation is triangular; tau approaches its end, or runs
 * away from 1, with the rate eta_s - beta. */
static es_eigenmode_point collapsed(const es_eigenmode *mode) {
  const double beta = mode->beta, eta = mode->eta_s;
  es_eigenmode_point point = {.kind = ES_POINT_COLLAPSED, .tau = mode->tau0};
  if (mode->ema) point.tau = beta > eta ? beta / (beta - eta) : INFINITY;
  /* With eta_s = 0 what little s there is grows with p, unless nothing pulls.
   */
  point.stable = eta > 0 || pull(mode) == 0;
  point.eig[0] = 0 - mode->eta_p; /* no -0 */
  point.eig[1] = 0 - 2 * eta;
  point.eig[2] = mode->ema ? eta - beta : NAN;
  order(point.eig);
  return point;
}

static es_eigenmode_point at(const es_eigenmode *mode, es_eigenmode_kind kind,
                             double p, double kappa) {
  es_eigenmode_point point = {.p = p, .tau = mode->ema ? 1 : mode->tau0};
  point.kind = kind;
  point.stable = kind == ES_POINT_STABLE;
  point.s = p * p / mode->alpha_p;
  if (mode->eta_p != mode->eta_s) point.s *= mode->eta_p / mode->eta_s;
  linearise(point.eig, mode, p, kappa);
  return point;
}

/* eta_s = 0: r = 0 at p = T/b. Where eta_p is 0 too, c is conserved, and the
 * point is that of the start's own c (false: below p*^2 + alpha_p c = 0 there
 * is none); else s grows for ever, as 2 eta_p p^2 t/alpha_p, and p's own rate
 * with it. */
static bool undamped(es_eigenmode_point *out, const es_eigenmode *mode) {
  const double p = pull(mode) / mode->lambda_s;
  es_eigenmode_point point = {.p = p, .tau = mode->ema ? 1 : mode->tau0};
  point.kind = ES_POINT_STABLE;
  point.stable = true;
  point.s = p * p / mode->alpha_p + es_eigenmode_c(mode);
  if (p == 0 || !(point.s > 0 || mode->eta_p > 0)) return false;
  if (mode->eta_p > 0) {
    point.s = INFINITY;
    point.eig[0] = -INFINITY;
    point.eig[1] = 0;
    point.eig[2] = mode->ema ? -mode->beta : NAN;
    order(point.eig);
  } else
    linearise(point.eig, mode, p, mode->alpha_p * point.s * mode->lambda_s);
  *out = point;
  return true;
}

size_t es_eigenmode_points(const es_eigenmode *mode,
                           es_eigenmode_point out[3]) {
  const double T = pull(mode), square = discriminant(mode);
  out[0] = collapsed(mode);
  if (mode->eta_s == 0) return undamped(out + 1, mode) ? 2 : 1;
  if (square < 0 || T == 0 || mode->eta_p == 0) return 1;
  const double R = copysign(sqrt(square), T), sum = T + R;
  const double near = 2 * mode->eta_s / sum, far = sum / (2 * mode->lambda_s);
  if (R == 0) {
    out[1] = at(mode, ES_POINT_DEGENERATE, far, 0);
    return 2;
  }
  out[1] = at(mode, ES_POINT_SADDLE, near, -near * R);
  out[2] = at(mode, ES_POINT_STABLE, far, far * R);
  return 3;
}
