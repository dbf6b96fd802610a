/* Trapping regions of the two-layer predictor's mode: see two_layer.h, and
 * docs/fate-two-layer.md for why they trap and where they end. */
#include "models/linear/two_layer.h"

#include <float.h>
#include <math.h>

/* Faces must hold by more than their own rounding. */
static const double slack = 1e-13;

double es_two_layer_law(const es_eigenmode *mode, double p) {
  const double own = mode->alpha_p * mode->s0, law = fma(-p, p, own);
  return fabs(law) > 4 * DBL_EPSILON * own ? law : 0;
}

/* l |tau|, tau = 1 with ema: what drives at rest. */
static double drive_of(const es_eigenmode *m) {
  return m->lambda_d * (m->ema ? 1 : fabs(m->tau0));
}

static double discriminant(const es_eigenmode *m) {
  const double L = drive_of(m);
  return L * L - 4 * m->lambda_s * m->eta_s;
}

/* The box p1^2 + p2^2 + S^2 <= 3 U, |Q| <= A: on its first face p1 p2 S is at
 * most U^(3/2). No box that holds reaches beyond the saddle. */
static bool collapsed(const es_eigenmode *m, const es_two_layer_state *v) {
  const double l = m->lambda_d, b = m->lambda_s, eta = m->eta_s;
  const double plus = fmax(0, v->e[0] + v->e[1]) / 3;
  double U = (v->p1 * v->p1 + v->p2 * v->p2 + v->S * v->S) / 3;
  if (m->ema) U = fmax(U, v->Q * v->Q - plus);
  if (U == 0) return true;
  const double A = (m->ema ? 1 : fabs(m->tau0)) * sqrt(U + plus);
  const double q = U * sqrt(U), best = fmin(q, l * A / (2 * b));
  return best * (l * A - b * best) < eta * U * (1 - slack);
}

/* The box S >= m, Q >= min(Q, m): on its first face p1 p2 lies between low and
 * high, and S' is concave in it. */
static bool holds(const es_eigenmode *mode, const es_two_layer_state *v,
                  double m, double Q) {
  const double l = mode->lambda_d, b = mode->lambda_s, square = m * m;
  double low = 1, high = 1;
  for (int i = 0; i < 2; i++) {
    if (!(square > v->e[i])) return false;
    low *= square - fmax(v->e[i], 0);
    high *= square - fmin(v->e[i], 0);
  }
  const double ends[] = {sqrt(low), sqrt(high)};
  const double pull = mode->ema ? fmin(Q, m) : fabs(mode->tau0) * m;
  for (int i = 0; i < 2; i++)
    if (!(ends[i] * (l * pull - b * ends[i] * m) >
          mode->eta_s * m * (1 + slack)))
      return false;
  return true;
}

static bool stable(const es_eigenmode *m, const es_two_layer_state *v) {
  const double side = !m->ema && m->tau0 < 0 ? -1 : 1;
  const double S = fabs(v->S), Q = copysign(1, v->S) * v->Q;
  const double top = sqrt(drive_of(m) / (2 * m->lambda_s));
  if (!(side * v->p1 * v->p2 > 0) || (m->ema && !(Q > 0))) return false;
  const double kept = m->ema ? fmin(S, Q) : S;
  const double tries[] = {S, kept, fmin(S, top), fmin(kept, top)};
  for (int i = 0; i < 4; i++)
    if (holds(m, v, tries[i], Q)) return true;
  return false;
}

es_fate es_two_layer_fate(const es_eigenmode *m, const es_two_layer_state *v) {
  if (m->eta_p != m->eta_s || !(m->eta_s > 0)) return ES_FATE_UNDECIDED;
  if (m->s0 == 0) return ES_FATE_COLLAPSED;
  if (m->ema && m->beta == 0) return ES_FATE_UNDECIDED;
  if (discriminant(m) < 0 || collapsed(m, v)) return ES_FATE_COLLAPSED;
  return stable(m, v) ? ES_FATE_STABLE : ES_FATE_UNDECIDED;
}

void es_two_layer_limit(const es_eigenmode *mode, es_fate fate,
                        const es_two_layer_state *state, double out[4]) {
  const es_eigenmode_state end = es_eigenmode_limit(mode, fate);
  const double root = sqrt(fabs(end.p));
  out[0] = fate == ES_FATE_STABLE ? copysign(root, state->p1) : end.p;
  out[1] = fate == ES_FATE_STABLE ? copysign(root, state->p2) : end.p;
  out[2] = fate == ES_FATE_STABLE ? fabs(end.p) / mode->alpha_p : end.s;
  out[3] = end.tau;
}
