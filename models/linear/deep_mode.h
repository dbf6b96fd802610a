/* The closed form of one aligned mode of a deep linear network under a fixed X
 * with weight decay (theory.md 6): sigma_l' = lambda sigma_l prod_{m != l}
 * sigma_m^2 - eta sigma_l.
 *   Decay is a change of time and scale of any flow of degree 2L - 1:
 * W_l(t) = e^{-eta t} V_l(T), T = -expm1(-(2L-2) eta t)/((2L-2) eta), where V
 * flows without it. V blows up at T* = J(1)/omega (deep_integral.h) for lambda
 * > 0, and W at t* = -ln(1 - (2L-2) eta T*)/((2L-2) eta), or never where decay
 * wins. T* and t* are pairs, so that t* - t keeps its digits. */
#ifndef ES_MODELS_LINEAR_DEEP_MODE_H
#define ES_MODELS_LINEAR_DEEP_MODE_H

#include "models/linear/deep_integral.h"

typedef struct es_deep_mode es_deep_mode;

/* L >= 1 layers, sigma0[l*stride] >= 0; eta >= 0; all finite. ES_NO_MEMORY. */
es_status es_deep_mode_new(es_deep_mode **out, size_t L, const double *sigma0,
                           size_t stride, double lambda, double eta,
                           es_diag *diag) ES_MUST_USE;
void es_deep_mode_free(es_deep_mode *mode); /* NULL accepted */

/* t*; inf: none. */
double es_deep_mode_blowup(const es_deep_mode *mode);

/* sigma[l*stride] at t >= 0. ES_DIVERGED for t >= t*, and ES_NO_MEMORY. */
es_status es_deep_mode_at(es_deep_mode *mode, double t, double *sigma,
                          size_t stride) ES_MUST_USE;

/* T of t for L layers, and back (inf beyond the last T): L >= 2. */
double es_deep_time(size_t L, double eta, double t);
double es_deep_time_back(size_t L, double eta, double T);

#endif
