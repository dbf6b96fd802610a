/* The family of BYOL and SimSiam beside a network, theory.md 2, 4 and 7: the
 * last linear map W (embedding f = W h of features h), a linear predictor W_p
 * or none, and the target that they are compared with. Private to the room.
 *
 * A mode is an axis u_j of the embedding: together they are the orthonormal
 * axes that bring the predictor's symmetric part, F = E[f f^T] and G = E[f
 * f'^T] (f' of the other view, symmetrised), each over its norm, nearest to
 * diagonal (metrics/joint.h), from the eigenvectors of G at the start on, and
 * followed from row to row. In theory's aligned state all three have them as
 * eigenvectors. With w = u_j^T W
 *   p_j = u_j^T W_p u_j,         s_j = |w|^2,
 *   lambda_s = u_j^T F u_j/s_j = w (X + X') w^T/|w|^2,
 *   lambda_d = u_j^T G u_j/s_j = w X w^T/|w|^2,
 *   tau_j = u_j^T E[f_a f'^T] u_j/u_j^T G u_j
 * with f_a the target network's embedding: tau lambda_d s is what drives the
 * mode. Sizes: W is d×m, features are m. */
#ifndef ES_OVERLAY_BYOL_H
#define ES_OVERLAY_BYOL_H

#include "base/slab.h"
#include "linalg/linalg.h"
#include "models/linear/eigenmode.h"
#include "overlay/family.h"

/* Which of `flow byol`'s equations are the run's. */
typedef enum es_byolnet_kind {
  ES_BYOLNET_EMA,     /* W_a follows W */
  ES_BYOLNET_SIMSIAM, /* W_a = W, held fixed */
  ES_BYOLNET_SELF     /* W_a = W, with its gradient */
} es_byolnet_kind;

/* The mapping of theory.md 7 from settings to the flow: theory's time is
 * `factor` times the trace's t, which a loss of factor·J makes. */
typedef struct es_byolnet_mapping {
  es_byolnet_kind kind;
  bool predictor;      /* else W_p = I */
  bool symmetric;      /* W_p = W_p^T always */
  bool theorem;        /* theory's loss and constants, not a likeness of them */
  double factor;       /* 2 for loss=l2, 4 for cosine */
  double alpha_p;      /* 0 without a predictor */
  double eta_p, eta_s; /* of W_p and W */
  double beta;         /* 0 but for ES_BYOLNET_EMA */
} es_byolnet_mapping;

/* Whether theory has something to say of such a run: loss=l2 or cosine; target
 * self, stop-gradient or ema; predictor linear, linear-symmetric or none. */
bool es_byolnet_speaks(const es_config *config);

/* step: flow time of a step in the trace's t. */
es_byolnet_mapping es_byolnet_map(const es_config *config, double step);

/* Modes of one state after the other. */
typedef struct es_byolnet_modes {
  size_t d;
  bool begun;                                /* U are axes that are followed */
  double *U;                                 /* d×d, axes as columns */
  double *p, *s, *lambda_d, *lambda_s, *tau; /* d each */
  double commutator, asymmetry;              /* of F and W_p, as in the trace */
  double *work;                              /* 5 d×d */
  es_slab slab;
} es_byolnet_modes;

es_status es_byolnet_modes_new(es_byolnet_modes *out, size_t d,
                               es_diag *diag) ES_MUST_USE;
void es_byolnet_modes_free(es_byolnet_modes *modes); /* a zeroed one accepted */

/* A state, d×d each and column-major; P need not be symmetric, the others are:
 * F, G as above, K = W W^T, T = E[f_a f'^T] symmetrised and TG = G of the same
 * pairs; T NULL: the target is the network. */
typedef struct es_byolnet_forms {
  const double *P, *F, *G, *K, *T, *TG;
} es_byolnet_forms;

/* Measures it. The first state settles the modes' order, by falling
 * lambda_d·s. ES_NOT_FINITE where it is not. */
es_status es_byolnet_modes_follow(es_byolnet_modes *modes,
                                  const es_byolnet_forms *forms,
                                  es_diag *diag) ES_MUST_USE;

/* Mode j of it as theory's eigenmode, with that state as the start. Modes of
 * runs without predictor have alpha_p = eta_p = 0 and stay at p = 1; the
 * gradient through both branches doubles lambda_d and lambda_s then. */
es_eigenmode es_byolnet_mode(const es_byolnet_mapping *map,
                             const es_byolnet_modes *modes, size_t j);

/* Where that mode goes, as far as it is certain: of its start, and of the very
 * state that it starts from. lambda_d < 0 is the mirror image, p for -p. */
es_status es_byolnet_fate_of(es_fate *fate, const es_byolnet_mapping *map,
                             const es_eigenmode *mode,
                             es_diag *diag) ES_MUST_USE;
es_fate es_byolnet_fate_now(const es_byolnet_mapping *map,
                            const es_eigenmode *mode);

/* p*+ and s* of it: NaN where there are none. */
void es_byolnet_rest(const es_byolnet_mapping *map, const es_eigenmode *mode,
                     double *p, double *s);

/* The reading side: see es_family. */
es_status es_byolnet_overlay(const char *const *run, size_t n_runs,
                             const char *dir,
                             void (*say)(void *context, const char *line),
                             void *context, es_diag *diag) ES_MUST_USE;

extern const es_family es_family_byol;

#endif
