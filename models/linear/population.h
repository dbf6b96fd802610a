/* The Gaussian population limit of InfoNCE (theory.md 6, derived): x ~ N(0, C),
 * A = E[(x' - x)(x' - x)^T], N to infinity, of L/N.
 *   W' = [(I+S)^-1 + (I+S)^-2] W C - W A,  S = W C W^T
 *   L/N - ln N = tr(W A W^T)/2 - ln det(I+S)/2 - tr(S (I+S)^-1)/2
 * Weight decay eta adds eta I to A. Without negatives only A is left. */
#ifndef ES_MODELS_LINEAR_POPULATION_H
#define ES_MODELS_LINEAR_POPULATION_H

#include <eigenstep/status.h>
#include <stdbool.h>

/* One mode, s = w^2 c: w' = w [c (2+s)/(1+s)^2 - a], c > 0, a >= 0. */

/* Its stable s: (1 - 2r + sqrt(1 + 4r))/(2r) for r = a/c < 2, computed so that
 * it keeps its digits near 2; 0 for a >= 2c; inf for a = 0. */
double es_population_stable(double c, double a);

/* s(t) from s0 >= 0, by inverting t(s), which is elementary. Any t, also
 * negative ones: NaN beyond the time at which s was infinite. */
double es_population_exact(double c, double a, double s0, double t);

/* The flow of matrices. C and A (m×m) symmetric, borrowed; W is d×m. */
typedef struct es_population es_population;
es_status es_population_new(es_population **out, size_t d, size_t m,
                            const double *C, const double *A,
                            es_diag *diag) ES_MUST_USE;
void es_population_free(es_population *work); /* NULL accepted */

/* G = W X (d×m), *loss (NULL accepted) as above. Does not allocate.
 * ES_NOT_FINITE. */
es_status es_population_push(es_population *work, const double *W, double *G,
                             double *loss) ES_MUST_USE;

/* X = P + P C^-1 P - A (m×m), P = (C^-1 + W^T W)^-1, without inverting C. */
es_status es_population_x(es_population *work, const double *W,
                          double *X) ES_MUST_USE;

/* Stationary directions for `fixed-points`: v_j with A v = r C v, which are the
 * axes in their order where C and A are both diagonal (no rounding: a >= 2c is
 * then exact), else by rising r. Where C has a null space its directions come
 * last, r = inf for a > 0 (collapsed), and c = a = 0 is a mode that nothing
 * moves (s = NaN). A may be indefinite by rounding; C must not be by more. */
typedef struct es_population_mode {
  double c, a;    /* v^T C v, v^T A v for |v| = 1, eta in a */
  double s;       /* stable s = |W v_C|^2, 0 where it collapses */
  bool collapsed; /* a >= 2c */
} es_population_mode;

/* mode (m), V (m×m: v_j, |v_j| = 1, in column j; NULL accepted). Allocates. */
es_status es_population_modes(size_t m, const double *C, const double *A,
                              es_population_mode *mode, double *V,
                              es_diag *diag) ES_MUST_USE;

#endif
