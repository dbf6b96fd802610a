/* Orbits of one eigenmode (eigenmode.h) with equal decays, for the boundary of
 * its basin: followed until their fate is certain, or over a stretch together
 * with how it depends on where it begins. State (p, L, theta) with
 *   sqrt(alpha_p s) = e^L |cos theta|,   tau = tan theta,
 * that is the size, as a logarithm, and the direction of W and W_a
 * (direction.h): at a small eta s may fall to e^(-1/eta) and still come back.
 * alpha_p is not seen: p' = e^{2L} cos(theta) r - eta p,   L' = rate,   theta'
 * = -turn. */
#ifndef ES_MODELS_EIGENMODE_ORBIT_H
#define ES_MODELS_EIGENMODE_ORBIT_H

#include "models/linear/direction.h"

enum { ORBIT = 3, ORBIT_TANGENT = ORBIT + ORBIT * ORBIT };

typedef struct es_orbit es_orbit;

/* An orbit of the mode, which is copied; its p0 does not matter. unit: the
 * size of p that counts, t_end: when to give up. */
es_status es_orbit_new(es_orbit **out, const es_eigenmode *mode, double unit,
                       double t_end, es_diag *diag) ES_MUST_USE;
void es_orbit_free(es_orbit *orbit); /* NULL accepted */

/* The state at p, s > 0 and tau. */
void es_orbit_place(const es_eigenmode *mode, double p, double s, double tau,
                    double v[3]);

/* Fate of the start; undecided: not certain by t_end, or within some 10^5
 * steps. */
es_status es_orbit_fate(es_fate *fate, es_orbit *orbit, double p0, double s0,
                        es_diag *diag) ES_MUST_USE;

/* Moves y (p, L, theta and, column-major behind it, the derivatives by the
 * start of the stretch) on by time h; begins with the identity. */
es_status es_orbit_stretch(es_orbit *orbit, double h, double y[ORBIT_TANGENT],
                           es_diag *diag) ES_MUST_USE;

/* Jacobian at y, 3×3, column-major. */
void es_orbit_jacobian(const es_eigenmode *mode, const double y[3],
                       double J[9]);

#endif
