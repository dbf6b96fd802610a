/* When collapse of `byol` is certain, and what is left then. Norms are
 * Frobenius', x = |X|_2, mu >= 0 such that S = X + X' >= -mu I (0 of moments
 * that are no estimates), R = W_a X - W_p W S.
 *
 * With a stop-gradient let N^2 = ‖W_p‖^2/alpha_p + ‖W‖^2, M = max(N, ‖W_a‖),
 * eta = min(eta_p, eta_s). Then
 *   (N^2)'/2 = 2 <W_p W, R> - eta_p ‖W_p‖^2/alpha_p - eta_s ‖W‖^2
 *           <= 2 ‖W_p W‖ x ‖W_a‖ + 2 mu ‖W_p W‖^2 - eta N^2,
 * and as ‖W_p W‖ <= ‖W_p‖‖W‖ <= sqrt(alpha_p) N^2/2,
 *   N' <= (k(M) - eta) N,   k(M) = sqrt(alpha_p) x M + mu alpha_p M^2/2;
 *   ‖W_a‖' <= beta (N - ‖W_a‖).
 * Where k(M) < eta neither can pass M: the region is not left, and N falls at
 * least as e^{-(eta - k(M)) t}: collapse. (W_a = W: M = N.)
 *
 * Through both branches let X >= -mu_0 I and X' >= -mu_1 I. While ‖W‖ <= w,
 *   ‖W_p‖' <= alpha_p x w^2 - (eta_p - alpha_p mu w^2) ‖W_p‖,
 * so that ‖W_p‖ stays below q = max(‖W_p‖, alpha_p x w^2/(eta_p - …)); while it
 * does, <W, W'> of theory.md 2 gives
 *   ‖W‖' <= -[eta_s - mu_1 (1 + q^2) - mu_0 (1 + q)^2] ‖W‖.
 * Where both brackets are positive W falls for good, and W_p with what drives
 * it. Without a predictor W goes if X' + eta_s I > 0. */
#include "models/linear/byol.h"

#include <math.h>

static double least(const double *values, size_t n) {
  double out = INFINITY;
  for (size_t j = 0; j < n; j++) out = fmin(out, values[j]);
  return out;
}

/* |X|_2. */
static double size_of_X(const byol *b) {
  double top = 0;
  for (size_t j = 0; j < b->n1; j++) top = fmax(top, fabs(b->D[j]));
  return top;
}

static bool falls_with_stop(const byol *b, double w, double p, double a) {
  const double N = hypot(p / sqrt(b->alpha_p), w), M = fmax(N, a);
  const double k =
      sqrt(b->alpha_p) * size_of_X(b) * M + b->reach * b->alpha_p * M * M / 2;
  return k < fmin(b->eta_p, b->eta_s);
}

static bool falls_without_stop(const byol *b, double w, double p) {
  const double decay = b->eta_p - b->alpha_p * b->reach * w * w;
  if (!(decay > 0)) return false;
  const double q = fmax(p, b->alpha_p * size_of_X(b) * w * w / decay);
  const double mu = fmax(-least(b->D, b->n1), 0);
  return b->eta_s - b->reach_within * (1 + q * q) - mu * (1 + q) * (1 + q) > 0;
}

/* Norms alone, which the user's state has like the solver's. */
es_fate es_byol_fate(const void *self, double t, const double *y) {
  const byol *b = self;
  const size_t wide = b->n2 * b->n1, square = b->n2 * b->n2;
  bool certain = false;
  (void)t;
  if (b->variant == BYOL_NO_PREDICTOR) {
    certain = b->eta_s + least(b->D, b->n1) > 0;
  } else {
    const double w = es_norm(wide, y), p = es_norm(square, y + wide);
    if (b->variant == BYOL_NO_STOP)
      certain = falls_without_stop(b, w, p);
    else
      certain = falls_with_stop(
          b, w, p,
          b->variant == BYOL_EMA ? es_norm(wide, y + wide + square) : w);
  }
  return certain ? ES_FATE_COLLAPSED : ES_FATE_UNDECIDED;
}

/* Of quotients in collapse nothing is said; W_a follows, or stays at beta = 0.
 */
void es_byol_limit(const void *self, es_fate fate, double t, const double *y,
                   double *out) {
  const byol *b = self;
  const size_t n = b->n2, wide = n * b->n1;
  const bool predictor = b->variant != BYOL_NO_PREDICTOR;
  const bool ema = b->variant == BYOL_EMA;
  (void)fate, (void)t;
  for (size_t j = 0; j < BYOL_FIRST + 2 * n; j++) out[j] = 0;
  if (!predictor) out[1] = sqrt((double)n);
  if (ema && b->beta == 0) out[2] = es_norm(wide, y + wide + n * n);
  out[4] = out[5] = predictor ? NAN : 0;
  out[6] = b->law != NULL ? 0 : NAN;
  out[7] = ema ? NAN : 1;
  out[8] = ema ? NAN : 0;
  for (size_t j = 0; j < n; j++) out[BYOL_FIRST + j] = predictor ? 0 : 1;
}
