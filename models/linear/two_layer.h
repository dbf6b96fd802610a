/* Fate of one eigenmode under a predictor of two layers (theory.md 4). With
 * S = sqrt(alpha_p) w and Q = sqrt(alpha_p) w_a, l = lambda_d, b = lambda_s:
 *   p1' = S p2 r - eta p1,  p2' = S p1 r - eta p2,  S' = p1 p2 r - eta S,
 *   Q' = beta (S - Q),      r = l Q - b p1 p2 S
 * S^2 - p1^2 and S^2 - p2^2 decay as e^{-2 eta t}. docs/fate-two-layer.md has
 * the proofs of the regions. */
#ifndef ES_MODELS_LINEAR_TWO_LAYER_H
#define ES_MODELS_LINEAR_TWO_LAYER_H

#include "models/linear/eigenmode.h"

/* A state, and what is left of its two laws then. */
typedef struct es_two_layer_state {
  double p1, p2, S, Q;
  double e[2]; /* S^2 - p1^2 and S^2 - p2^2 of the start, times e^{-2 eta t} */
} es_two_layer_state;

/* alpha_p s0 - p^2 of the start, p one of its layers, in one rounding; 0 where
 * that is less than the rounding of what was given. */
double es_two_layer_law(const es_eigenmode *mode, double p);

/* The fate, where it is certain: for eta_p = eta_s > 0 and, with ema, beta > 0.
 */
es_fate es_two_layer_fate(const es_eigenmode *mode,
                          const es_two_layer_state *state);

/* The limits of p1, p2, s, tau for that fate from that state. */
void es_two_layer_limit(const es_eigenmode *mode, es_fate fate,
                        const es_two_layer_state *state, double out[4]);

#endif
