/* The boundary of survival of one eigenmode in p0, at given s0 and tau0. The
 * starts that survive are those between two branches; both belong to the
 * saddle's stable manifold. */
#ifndef ES_MODELS_EIGENMODE_SEPARATRIX_H
#define ES_MODELS_EIGENMODE_SEPARATRIX_H

#include "models/linear/eigenmode_orbit.h"

/* lower and upper in [0] and [1]; NaN where no start survives at this s0. Where
 * the manifold was not found p0 is bisection's, with a residual of NaN, or NaN
 * as well where starts beside it are not decided in time. */
typedef struct es_separatrix {
  double p0[2];
  double residual[2]; /* |p0 - the place that bisection on the fate finds| */
  bool undecided[2];
} es_separatrix;

/* The boundary at the mode's s0 and tau0; its p0 is not looked at. Needs eta_p
 * = eta_s, and with ema beta > 0 and tau0 >= 0. ES_INTERRUPTED where watch (may
 * be NULL) says so. */
es_status es_eigenmode_separatrix(es_separatrix *out, const es_eigenmode *mode,
                                  const es_watch *watch,
                                  es_diag *diag) ES_MUST_USE;

/* eigenmode_manifold.c: moves *p0, which must be near it, to the start at s0
 * whose orbit ends in the saddle; NaN where that does not converge, or takes
 * more steps than is reasonable. */
es_status es_eigenmode_manifold(double *p0, es_orbit *orbit,
                                const es_eigenmode *mode,
                                const es_eigenmode_point *saddle, double s0,
                                es_diag *diag) ES_MUST_USE;

#endif
