/* The rest of the way, in closed form, once it is linear to within tolerance:
 * docs/fate.md, "The rest of the way", has the bounds. */
#include "models/linear/eigenmode_lanes.h"

#include <math.h>

/* (e^z - 1)/z. */
static double phi(double z) { return z == 0 ? 1 : expm1(z) / z; }

/* tau after t where p and s fall together, tau' = beta + rate tau, rate = eta -
 * beta: one product where it runs away, of which no part is infinite alone. */
static double run(double tau, double beta, double rate, double t) {
  const double z = rate * t, more = beta * t * phi(-fabs(z));
  return z > 0 ? exp(z) * (tau + more) : exp(z) * tau + more;
}

/* exp(t N) u for N = [[-A, P, 0], [beta, -beta, -beta/2], [0, 0, -rate]], by
 * Newton's form on its eigenvalues a, b, c; they are moved apart by a part in
 * 10^6 where they meet, which counts as little as what is neglected. */
static void propagate(double A, double P, double beta, double rate, double t,
                      double u[3]) {
  const double mean = (A + beta) / 2, half = (A - beta) / 2;
  const double root = sqrt(half * half + P * beta);
  const double b = -mean - root, a = beta * (A - P) / b;
  double c = -rate;
  const double apart = 1e-6 * (mean + rate);
  if (fabs(c - a) < apart) c = a - apart;
  if (fabs(c - b) < apart) c = b - apart;
  const double ea = exp(a * t), ec = exp(c * t);
  const double ab = t * ea * phi((b - a) * t), bc = t * ec * phi((b - c) * t);
  const double abc = (bc - ab) / (c - a);
  const double v[3] = {(-A - a) * u[0] + P * u[1],
                       beta * u[0] + (-beta - a) * u[1] - beta / 2 * u[2],
                       (-rate - a) * u[2]};
  const double w[3] = {(-A - b) * v[0] + P * v[1],
                       beta * v[0] + (-beta - b) * v[1] - beta / 2 * v[2],
                       (-rate - b) * v[2]};
  for (int i = 0; i < 3; i++) u[i] = ea * u[i] + ab * v[i] + abc * w[i];
}

static void approach(const double *k, double t, double y[3]) {
  const double plus = k[EM_PLUS], eta = k[EM_ETA_S];
  double u[3] = {(y[0] - plus + (y[1] - plus)) / 2, y[2] - plus, y[0] - y[1]};
  propagate(2 * (plus - eta), plus, k[EM_BETA], 2 * eta, t, u);
  y[0] = plus + u[0] + u[2] / 2;
  y[1] = plus + u[0] - u[2] / 2;
  y[2] = plus + u[1];
}

double es_eigenmode_near(double plus, double eta, double beta, double rtol) {
  const double gap = plus - 2 * eta;
  if (!(gap > 0)) return -1;
  const double kappa = 1.5 + plus / (2 * gap);
  const double J = 1 / beta + 1 / (4 * eta);
  const double I = 2 * (1 + plus * J) / gap + J + 1 / (2 * eta);
  const double quadratic = 9 * kappa * kappa * I;
  const double U =
      fmin(sqrt(.1 * rtol * plus / quadratic), gap / (70 * kappa * kappa));
  return U / 1.5; /* |m| <= |p - plus| + |S - p|/2 */
}

bool es_eigenmode_rest(const es_eigenmode *mode, const double *k, double t,
                       const double y[3], es_eigenmode_state *out) {
  /* (S, Q) and (-S, -Q) are one state. */
  double end[3] = {y[0], fabs(y[1]), y[1] < 0 ? -y[2] : y[2]};
  const double left = k[EM_T_END] - t, beta = k[EM_BETA], eta = k[EM_ETA_S];
  const double plus = k[EM_PLUS], near = k[EM_NEAR];
  if (fabs(end[0] - plus) < near && fabs(end[2] - plus) < near &&
      fabs(end[1] - end[0]) < near) {
    approach(k, left, end);
    *out = es_eigenmode_from_regular(mode, end);
    return true;
  }
  const double most = fmax(fabs(y[0]), fabs(y[1]));
  const double least = fmin(fabs(y[0]), fabs(y[1]));
  const double turn =
      fabs(y[2]) * k[EM_LAST_Q] + most * (1 + most) * k[EM_LAST_S];
  if (!(turn * most < least * k[EM_FAINT])) return false;
  const double e = exp(-eta * left);
  end[0] *= e;
  end[1] *= e;
  *out = es_eigenmode_from_regular(mode, end);
  out->tau = mode->ema ? run(y[2] / y[1], beta, eta - beta, left) : mode->tau0;
  return true;
}
