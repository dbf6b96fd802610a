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

/* Its stable s: (1 - 2r + sqrt(1 + 4r))/(2r) for r = a/c < 2, within 2
 * DBL_EPSILON of what these doubles give, however near 0 or 2; 0 for a >= 2c;
 * inf for a = 0. */
double es_population_stable(double c, double a);

/* s(t) from s0 >= 0, by inverting t(s), which is elementary. Any t, also
 * negative ones; s is finite at every finite t. Within 2 DBL_EPSILON of what
 * these doubles give, relative, for s0 and s up to 1e280 (beyond: inf): also
 * far below 1, beside the stable s and for r beside 2. What that answers to
 * their last bits is another matter: in a decay 2 |2c - a| t times those of a,
 * c and t, and where t < 0 leads away from the stable s, e^... times those of
 * s0 - s*. Underflows gradually. Some 10 microseconds. */
double es_population_exact(double c, double a, double s0, double t);

/* The same at a + eta, whose rounding would count a times t times. */
double es_population_decayed(double c, double a, double eta, double s0,
                             double t);

/* The flow of matrices. C and A (m×m) symmetric, borrowed; W is d×m. */
typedef struct es_population es_population;
es_status es_population_new(es_population **out, size_t d, size_t m,
                            const double *C, const double *A,
                            es_diag *diag) ES_MUST_USE;
void es_population_free(es_population *work); /* NULL accepted */

/* G = W X (d×m), *loss (NULL accepted) as above: each of its three parts to
 * roundoff of itself, for small S too. Does not allocate. ES_NOT_FINITE, also
 * where S overflows. */
es_status es_population_push(es_population *work, const double *W, double *G,
                             double *loss) ES_MUST_USE;

/* X = P + P C^-1 P - A (m×m, symmetric to the bit), P = (C^-1 + W^T W)^-1,
 * without inverting C: to roundoff of C and A times the condition of I + S.
 * Does not allocate. ES_NOT_FINITE likewise. */
es_status es_population_x(es_population *work, const double *W,
                          double *X) ES_MUST_USE;

/* Stationary directions for `fixed-points`: v_j with A v = r C v, which are the
 * axes in their order where C and A are both diagonal (no rounding: a >= 2c is
 * then exact), else by rising r. At a stationary point the rows of W are, but
 * for a rotation of them, sqrt(s_j/c_j) v_j^T of the modes that it occupies,
 * and W C W^T is diag(s). Where C has a null space its directions come last, r
 * = inf for a > 0 (collapsed), and c = a = 0 is a mode that nothing moves (s =
 * NaN), orthogonal to all others. Without axes a and c that are within rounding
 * of 0, beside C and A scaled to diagonals of like size, are 0. */
typedef struct es_population_mode {
  double c, a;    /* v^T C v, v^T A v for |v| = 1, eta in a */
  double s;       /* stable s, an eigenvalue of W C W^T; 0 where it collapses */
  bool collapsed; /* a >= 2c: for any number of rows */
} es_population_mode;

/* mode (m), V (m×m: v_j, |v_j| = 1, in column j; NULL accepted). Allocates.
 * ES_BAD_VALUE where v^T C v or v^T A v is negative by more than 1e-8 of the
 * largest diagonal entry; what is less is rounding, and 0. */
es_status es_population_modes(size_t m, const double *C, const double *A,
                              es_population_mode *mode, double *V,
                              es_diag *diag) ES_MUST_USE;

/* occupied (m): which modes the stable point of a W of d rows has: of those
 * that do not collapse the d of least r, and of equal r the first (any rotation
 * among them is as stable, and neither attracts). All others are at w = 0.
 * Returns their number. Points that occupy other sets are saddles. */
size_t es_population_occupied(size_t m, const es_population_mode *mode,
                              size_t d, bool *occupied);

#endif
