/* What theory predicts of a network whose kernel stays as it is at the start:
 * with features h of that kernel (features.h: what the last linear layer takes,
 * or those of the whole NTK) z = W h is a linear model, and Gamma = (1/2n)
 * sum_i (h_i h_i'^T + h_i' h_i^T), centred over both views, has the eigenpairs
 * (gamma_j, v_j) of theory.md 1. Exact where the kernel hardly moves (theory.md
 * 7).
 *
 * Two losses. Covariance, |C - I|^2 of C = W Gamma W^T: the rest of this text
 * is about it. Spectral, -2 tr C + |W Sigma W^T|^2 with Sigma the features'
 * covariance (theory.md 1), where es_held_spread has added it: descent is Z <-
 * Z + 4 lr (Z G - Z S Z^T Z S), S = V^T Sigma V, and a mode by itself rises as
 * in the other loss, at the rates 8 gamma_j, but to gamma_j^2/S_jj^2: its
 * plateau, of which it steps through one half.
 *
 * Two predictions: the aligned closed form from the QR partner of W, and
 * discrete descent Z <- Z - 4 lr (Z G Z^T - I) Z G, G = diag(gamma), from the
 * start Z = W V as it is. Both are the same for any number of threads.
 *
 * A mode is a direction, and its curve gamma_j |Z_j|^2 the variance along it:
 * M_jj of M = G^{1/2} Z^T Z G^{1/2}, not the j-th eigenvalue of C = Z G Z^T.
 * Over all j the curves add up to tr C. With no gamma negative and C <= I a
 * curve never falls, M_jj' = 8 gamma_j (M - M^2)_jj, and a direction that is
 * learned no longer turns; lr near 1/(4 gamma_1) overshoots.
 *
 * So where gammas are nearly equal, growth by e^{4 gamma_j t} hardly separates
 * the modes; a direction that is learned mixes them cos^2 : sin^2 and stays so.
 * A mode then steps when its shares add up to 1/2: with the first of those
 * directions if it has most of it, else with a later one. Modes may step out of
 * gamma's order, and a time jumps from one step to another as the start moves
 * across equal shares. Mode d shares with mode d+1 for good, and may never
 * step. For equal gammas V itself is LAPACK's choice. Sums of such curves, and
 * eigenvalues, are what is well defined there. */
#ifndef ES_NTK_HELD_H
#define ES_NTK_HELD_H

#include "base/slab.h"

#include <eigenstep/status.h>
#include <stddef.h>

typedef struct es_held {
  size_t d;      /* outputs, and modes that are predicted */
  size_t m;      /* features */
  double *gamma; /* m eigenvalues, falling; 0 where below roundoff */
  double *V;     /* m×m, eigenvectors as columns (column-major), the largest
                    entry of each positive */
  double *mean;  /* m: of the features, taken from them */
  double *Z0;    /* d×m, column-major: W V */
  double *s0;    /* d: R_jj of the QR of Z0's first d columns */
  es_slab slab;  /* what these are pieces of */
  double *S;     /* m×m: V^T Sigma V; NULL: the covariance loss */
  es_slab spread;
} es_held;

/* features: 2n×m, row-major, the n first views and then the n second ones;
 * W: d×m row-major (PyTorch's weight). d <= m, else ES_BAD_SHAPE. ES_NOT_FINITE
 * where features or W are not. Costs an eigenproblem of order m on one thread.
 * Allocates; free with es_held_free, which accepts a zeroed one. */
es_status es_held_new(es_held *out, size_t n, size_t m, const double *features,
                      size_t d, const double *W, es_diag *diag) ES_MUST_USE;

/* The same from gamma (m) and Z0 (d×m, row-major) as they were stored; V and
 * mean are NULL. ES_FILE_DATA where they are not finite or gamma rises. */
es_status es_held_restore(es_held *out, size_t m, const double *gamma, size_t d,
                          const double *Z0, es_diag *diag) ES_MUST_USE;
void es_held_free(es_held *c);

/* Adds Sigma, the covariance of the same features, or S (m×m) as it was stored:
 * the loss is the spectral one from here on. ES_FILE_DATA where a stored S is
 * not finite. */
es_status es_held_spread(es_held *c, size_t n, const double *features,
                         es_diag *diag) ES_MUST_USE;
es_status es_held_restore_spread(es_held *c, const double *S,
                                 es_diag *diag) ES_MUST_USE;

/* Where mode j ends by itself: 1, or gamma_j^2/S_jj^2 with the spectral loss (0
 * for a gamma that is not positive). */
double es_held_plateau(const es_held *c, size_t j);

/* Eigenfunctions phi_j(x) = v_j^T (h(x) - mean) of the first k modes at `rows`
 * samples: phi is rows×k, row-major. c has V (it was not restored). */
void es_held_functions(const es_held *c, size_t rows, const double *features,
                       size_t k, double *phi);

/* A row of prediction.csv. */
typedef struct es_held_step {
  double gamma, s0;
  double tau;         /* half time of the aligned formula, below 0 where it
                         starts beyond 1/2; NaN: never */
  double tau_generic; /* where gamma_j |Z_j|^2 passes half of its plateau in the
                         descent, as t = lr · steps, between two steps as
                         es_crossing_time has it; NaN: not within the steps
                         given */
  double step;        /* tau_generic/lr */
} es_held_step;

/* The d predicted steps at learning rate lr > 0, looking no further than
 * max_steps of descent, or than the last mode that can step. ES_NOT_FINITE
 * where the descent blows up, a power being NaN or beyond 1e6 (or 1e6 times the
 * start's largest): lr too large; steps found before are kept then. */
es_status es_held_steps(const es_held *c, double lr, size_t max_steps,
                        es_held_step *out, es_diag *diag) ES_MUST_USE;

/* What a descent leaves; a piece that is not wanted is NULL. */
typedef struct es_held_path {
  double *curve;  /* n_at×d, row-major: gamma_j |Z_j|^2 */
  double *values; /* n_at×d: eigenvalues of Z G Z^T, falling */
  double *loss;   /* n_at */
  double *Z;      /* d×m, column-major: after the last step */
} es_held_path;

/* The descent itself, looked at after at[i] steps (never falling). Rows before
 * a blow-up are kept. */
es_status es_held_descend(const es_held *c, double lr, const size_t *at,
                          size_t n_at, const es_held_path *out,
                          es_diag *diag) ES_MUST_USE;

/* Embeddings F (rows×d, row-major) of the start become those at Z (d×m,
 * column-major), where the features are B (rows×m): f(x) = f_0(x) + (Z - Z0)
 * V^T h(x), at any x, which is f_0(x) + K(x,X) K^+ (F - F_0). c has V. */
es_status es_held_embed(const es_held *c, const double *Z, size_t rows,
                        const double *B, double *F, es_diag *diag) ES_MUST_USE;

#endif
