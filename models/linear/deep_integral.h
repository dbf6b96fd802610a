/* One aligned mode of a deep linear network under a fixed X (theory.md 6), as
 * an integral. All sigma_l^2 grow by the same amount: with y = sigma^2/s of the
 * least layer, s its value at the start, and r_l = s/sigma_l(0)^2,
 *   sigma_l^2 = sigma_l(0)^2 f_l(y),  f_l = (1 - r_l) + r_l y,
 *   dy/dT = omega f_1 … f_L,  omega = 2 lambda prod_{l not least} sigma_l(0)^2,
 * so that omega (T* - T) = J(y) = int_y^inf du/prod f_l(u), without a case for
 * equal layers and with positive terms alone. J is summed over [2^i, 2^(i+1)]
 * by Gauss's rule of 20 points on one panel, two or four of it by L, whose
 * error is below 2^-95 (measured), in pairs (pair.h): near the blow-up what
 * counts is a small difference. */
#ifndef ES_MODELS_LINEAR_DEEP_INTEGRAL_H
#define ES_MODELS_LINEAR_DEEP_INTEGRAL_H

#include "models/linear/pair.h"

#include <eigenstep/status.h>

typedef struct deep_integral deep_integral;

/* Of L >= 2 layers, sigma0 (L) > 0, finite. ES_NO_MEMORY. */
es_status es_deep_integral_new(deep_integral **out, size_t L,
                               const double *sigma0, es_diag *diag) ES_MUST_USE;
void es_deep_integral_free(deep_integral *work); /* NULL accepted */

/* The layer whose singular value is least at the start. */
size_t es_deep_integral_least(const deep_integral *work);

/* J(1). */
pair es_deep_integral_whole(const deep_integral *work);

/* sqrt(f_l(y)) for all layers into root (L), for y > 1 with J(y) = left > 0. */
void es_deep_integral_grown(const deep_integral *work, pair left, double *root);

/* The same for y < 1 with int_y^1 = gone >= 0: what was reached is kept for
 * the next call. ES_NO_MEMORY. */
es_status es_deep_integral_shrunk(deep_integral *work, pair gone,
                                  double *root) ES_MUST_USE;

#endif
