/* One decoupled eigenmode of BYOL and SimSiam (Tian, Chen, Ganguli 2021;
 * theory.md 4), with r = lambda_d tau - lambda_s p:
 *   p'   = alpha_p s r - eta_p p
 *   s'   = 2 p s r - 2 eta_s s
 *   tau' = beta (1 - tau) - tau (p r - eta_s)         (ema; else tau stays)
 * s is the eigenvalue of W W^T along the mode. Pure functions of numbers: no
 * stepper, no memory. */
#ifndef ES_MODELS_EIGENMODE_H
#define ES_MODELS_EIGENMODE_H

#include <eigenstep/model.h>

typedef struct es_eigenmode {
  double alpha_p, eta_p, eta_s, beta; /* alpha_p > 0, the rest >= 0 */
  double lambda_s, lambda_d;          /* > 0: 1 + sigma^2 and 1 where X = I */
  double p0, s0, tau0;                /* s0 >= 0 */
  bool ema;
} es_eigenmode;

typedef struct es_eigenmode_state {
  double p, s, tau;
} es_eigenmode_state;

/* c of s = p^2/alpha_p + c e^{-2 eta t} (eta_p = eta_s), in one rounding; 0
 * where it is less than the rounding of p0 and s0 themselves, so that a start
 * given as p0^2/alpha_p lies on the parabola. */
double es_eigenmode_c(const es_eigenmode *mode);

/* Closed forms (theory.md 4), for constant tau and eta_p = eta_s: the parabola
 * c = 0; any c at eta = 0; and what is trivial: s0 = 0 at constant tau, p0 = s0
 * = 0 also with ema. True if this mode has one, and its numbers are not beyond
 * what it can bear (1e40 or so, see eigenmode_closed.c). */
bool es_eigenmode_has_exact(const es_eigenmode *mode);

/* The state at t >= 0: p and s to 1e-13 relative, at any t, eta and distance
 * from the threshold and the saddle. It is what follows from the doubles given:
 * a start that is the saddle's p rounded leaves the saddle in time. Only for a
 * mode that has_exact. */
es_eigenmode_state es_eigenmode_exact(const es_eigenmode *mode, double t);

/* The time at which a mode that has_exact passes p; INFINITY: never at t >= 0.
 */
double es_eigenmode_time(const es_eigenmode *mode, double p);

/* Largest eta with a stationary point beside collapse, at tau (1 with ema):
 * tau^2 lambda_d^2 / (4 lambda_s). */
double es_eigenmode_eta_max(const es_eigenmode *mode);

typedef enum es_eigenmode_kind {
  ES_POINT_COLLAPSED,
  ES_POINT_SADDLE,
  ES_POINT_STABLE,
  ES_POINT_DEGENERATE
} es_eigenmode_kind;

/* A stationary point and the eigenvalues of the linearisation in (p, s, tau),
 * rising, of complex ones the real parts; NaN for what is not there without ema
 * (sorted last). */
typedef struct es_eigenmode_point {
  es_eigenmode_kind kind;
  double p, s, tau;
  bool stable;
  double eig[3];
} es_eigenmode_point;

/* The points, by rising |p|: collapsed, then saddle and stable, or the
 * degenerate one where their roots are equal up to rounding, or none. tau at
 * collapse is beta/(beta - eta_s), or INFINITY. At eta_p = eta_s = 0 the stable
 * point has the start's own c, and is there only if the level of c has one; at
 * eta_s = 0 < eta_p its s is INFINITY, since s grows for ever. Returns their
 * number, 1 to 3. */
size_t es_eigenmode_points(const es_eigenmode *mode, es_eigenmode_point out[3]);

/* The fate of state, where it is certain, by the regions of docs/fate.md. c is
 * es_eigenmode_c of the start (it is not taken from the state, where it would
 * be a difference of near-equal numbers). */
es_fate es_eigenmode_fate(const es_eigenmode *mode, double c,
                          const es_eigenmode_state *state);

/* The same of p and W and W_a along the mode: a W_a counts that has not fallen
 * with a w of which the square is 0. */
es_fate es_eigenmode_fate_of_weights(const es_eigenmode *mode, double c,
                                     double p, const double w[2]);

/* The limits of (p, s, tau) for that fate. */
es_eigenmode_state es_eigenmode_limit(const es_eigenmode *mode, es_fate fate);

/* Sweeps of byol-eigenmode with one mode (eigenmode_batch.c). */
extern const es_batch es_eigenmode_batch;

#endif
