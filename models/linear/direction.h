/* How W and W_a move along one mode (theory.md 2 and 4), through collapse and
 * out of it. With w = ±sqrt(s) and a = tau w along the mode,
 *   w' = p (lambda_d a - lambda_s p w) - eta_s w,   a' = beta (w - a),
 * which is linear in (w, a) given p, so that its size and direction part:
 *   (w, a) = size (y, z),   size' = rate size,   y' = turn z,   z' = -turn y
 * with y^2 + z^2 constant. tau = z/y then keeps its digits when s has
 * underflown to 0, when s = 0 from the start, where w changes sign (tau passes
 * through its pole), and where tau runs away. Without ema a is tau w with a
 * constant tau: y and z stay. Written once for the models that have W and W_a.
 * Descent (solver.method=gd) steps W and W_a themselves, y = w and z = a with a
 * constant size of 1: a step along the curve of a direction is not theirs. */
#ifndef ES_MODELS_DIRECTION_H
#define ES_MODELS_DIRECTION_H

#include "models/linear/eigenmode.h"

#include <math.h>

typedef struct direction {
  double r; /* lambda_d z - lambda_s p y: w (lambda_d tau - lambda_s p)/size */
  double rate, turn;
} direction;

/* Derivatives of the three by p, y and z. */
typedef struct direction_slope {
  direction p, y, z;
} direction_slope;

static inline direction direction_of(const es_eigenmode *m, double p, double y,
                                     double z) {
  const double r = m->lambda_d * z - m->lambda_s * p * y;
  const double gy = p * r - m->eta_s * y, gz = m->beta * (y - z);
  const double square = y * y + z * z;
  if (!m->ema) return (direction){r, gy / y, 0};
  return (direction){r, (y * gy + z * gz) / square, (z * gy - y * gz) / square};
}

static inline direction_slope direction_slope_of(const es_eigenmode *m,
                                                 double p, double y, double z) {
  const direction d = direction_of(m, p, y, z);
  const double r_p = -m->lambda_s * y, r_y = -m->lambda_s * p,
               r_z = m->lambda_d;
  const double gy = p * d.r - m->eta_s * y, gz = m->beta * (y - z);
  const double gy_p = d.r + p * r_p, gy_y = p * r_y - m->eta_s, gy_z = p * r_z;
  const double b = m->beta, square = y * y + z * z;
  if (!m->ema)
    return (direction_slope){.p = {r_p, gy_p / y, 0},
                             .y = {r_y, (gy_y - gy / y) / y, 0},
                             .z = {r_z, gy_z / y, 0}};
  return (direction_slope){
      .p = {r_p, y * gy_p / square, z * gy_p / square},
      .y = {r_y, (gy + y * gy_y + z * b - 2 * y * d.rate) / square,
            (z * gy_y - gz - y * b - 2 * y * d.turn) / square},
      .z = {r_z, (y * gy_z + gz - z * b - 2 * z * d.rate) / square,
            (gy + z * gy_z + y * b - 2 * z * d.turn) / square}};
}

/* size of v = (L, y, z). The size is kept as its logarithm, from L = 0 at the
 * start: at a small eta s may fall to e^(-1/eta) and come back. */
static inline double direction_size(const es_eigenmode *m, const double *v) {
  return m->s0 > 0 ? exp(v[0]) : 0;
}

/* Derivatives of v = (L, y, z) into dv, of weights for descent. Returns
 * w (lambda_d a - lambda_s p w), which drives the predictor. */
static inline double direction_rates(const es_eigenmode *m, bool descends,
                                     double p, const double *v, double *dv) {
  const direction d = direction_of(m, p, v[1], v[2]);
  if (descends) {
    dv[0] = 0;
    dv[1] = p * d.r - m->eta_s * v[1];
    dv[2] = m->ema ? m->beta * (v[1] - v[2]) : m->tau0 * dv[1];
  } else {
    dv[0] = d.rate;
    dv[1] = d.turn * v[2];
    dv[2] = -d.turn * v[1];
  }
  const double size = direction_size(m, v);
  return size * size * v[1] * d.r;
}

/* Derivatives of v = (p, L, y, z) into dv, of weights for descent; and without
 * it those of dv by v into the 4 columns of J, n numbers apart, which are 0. */
void es_direction_flow(const es_eigenmode *m, bool descends, const double *v,
                       double *dv);
void es_direction_jacobian(const es_eigenmode *m, const double *v, double *J,
                           size_t n);

#endif
