/* What is measured of a network for BYOL's theory. Private to the room. */
#ifndef ES_OVERLAY_BYOL_MOMENTS_H
#define ES_OVERLAY_BYOL_MOMENTS_H

#include "overlay/byol.h"

/* The numbers of es_byolnet_mapping in arrays.h5, in the order of its fields:
 * /prediction/kind, …, /prediction/beta. */
enum { ES_BYOLNET_NUMBERS = 9 };
extern const char *const es_byolnet_dataset[ES_BYOLNET_NUMBERS];

/* X = E[h h'^T], symmetrised, and X' = E[h h^T] - X of the features h that the
 * last linear map takes, over both views and not centred (theory.md 2), m×m:
 * of the eval pairs, or with all = true, where features are the images, of
 * draw 0 of all samples, which is what fixed pairs are. */
es_status es_byolnet_moments(double *X, double *Xp, es_trainer *trainer,
                             bool all, es_diag *diag) ES_MUST_USE;

/* A state along the embedding, of a network or of theory's matrices. */
typedef struct es_byolnet_state {
  size_t n, d, m;
  double *W;                  /* d×m, row-major */
  double *P;                  /* d×d, column-major; I without predictor */
  double *F, *G, *K, *T, *TG; /* d×d: see es_byolnet_forms */
  double *z;                  /* 2n×d, row-major */
  double *WS;                 /* d×m */
  es_slab slab;
} es_byolnet_state;

/* For measurements of n pairs; 0: of matrices only. */
es_status es_byolnet_state_new(es_byolnet_state *out, size_t n, size_t d,
                               size_t m, es_diag *diag) ES_MUST_USE;
void es_byolnet_state_free(es_byolnet_state *state); /* a zeroed one accepted */

/* The forms of matrices: W and P as they are in the state, X and X' (m×m), and
 * the target's W_a (d×m, row-major; NULL: W). */
void es_byolnet_state_forms(es_byolnet_state *state, const double *X,
                            const double *Xp, const double *Wa,
                            es_byolnet_forms *out);

/* Those of a trainer as it is, with the targets of its last measurement of the
 * loss: F and G of the eval pairs or, where X is not NULL, of X and X'. */
es_status es_byolnet_state_measure(es_byolnet_state *state, es_trainer *trainer,
                                   const double *X, const double *Xp,
                                   es_byolnet_forms *out,
                                   es_diag *diag) ES_MUST_USE;

#endif
