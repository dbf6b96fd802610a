/* One finished run with what theory says of it, on the same rows. Private to
 * the room. */
#ifndef ES_OVERLAY_BYOL_RUN_H
#define ES_OVERLAY_BYOL_RUN_H

#include "overlay/byol.h"

/* Theory's three ways to the curves of a run. */
typedef enum es_byolnet_way {
  ES_BYOLNET_MATRICES, /* theory.md 2 from the measured start */
  ES_BYOLNET_CONSTANT, /* theory.md 4, lambda_d and lambda_s of the start */
  ES_BYOLNET_FEATURES, /* theory.md 4, both as they were measured, row by row */
  ES_BYOLNET_WAYS
} es_byolnet_way;
/* "matrices", "constant", "features". */
extern const char *const es_byolnet_way_name[ES_BYOLNET_WAYS];

/* Curves are row-major: logged row i of mode j at [i*d + j]; NaN where theory
 * has nothing to say. */
typedef struct es_byolnet_run {
  es_byolnet_mapping map;
  size_t rows, d, m;
  double *step, *t, *loss;                   /* rows; t of the trace */
  double *commutator, *asymmetry;            /* rows; NaN without predictor */
  double *p, *s, *tau, *lambda_d, *lambda_s; /* rows×d, measured */
  double *way_p[ES_BYOLNET_WAYS], *way_s[ES_BYOLNET_WAYS];
  double *theory_commutator, *theory_asymmetry; /* rows, of the matrices */
  es_eigenmode *mode;                           /* d: of the first row */
  es_eigenmode *last;                           /* d: of the last row */
  es_fate *fate, *met; /* d: predicted, and of the last row */
  char *arrays;        /* the path of arrays.h5 */
  es_slab slab;
} es_byolnet_run;

/* Reads trace.csv and arrays.h5 of folder `run`, and predicts. ES_FILE_MISSING
 * where the run has no prediction of this family or has not ended;
 * ES_FILE_CORRUPT where its files do not go together. */
es_status es_byolnet_run_read(es_byolnet_run *out, const char *run,
                              es_diag *diag) ES_MUST_USE;
void es_byolnet_run_free(es_byolnet_run *run); /* a zeroed one accepted */

/* Fills way_p, way_s and the theory's commutator and asymmetry. A solver's
 * failure leaves NaN from there on. */
es_status es_byolnet_run_matrices(es_byolnet_run *run,
                                  es_diag *diag) ES_MUST_USE;
es_status es_byolnet_run_modes(es_byolnet_run *run, es_diag *diag) ES_MUST_USE;

/* The flow of a predictor that stays symmetric, from the start in arrays.h5 on
 * (X and X' m×m): take() is given W, W_p and W_a, row by row, n numbers, at
 * each row's time. */
typedef es_status es_byolnet_take(void *context, const double *row, size_t n);
es_status es_byolnet_run_symmetric(const es_byolnet_run *run, const double *X,
                                   const double *Xp, es_byolnet_take *take,
                                   void *context, es_diag *diag) ES_MUST_USE;

/* c e^(-2 eta t) of mode j at row i: what s - p^2/alpha_p should be; NaN where
 * the invariant does not hold. */
double es_byolnet_invariant(const es_byolnet_run *run, size_t i, size_t j);

#endif
