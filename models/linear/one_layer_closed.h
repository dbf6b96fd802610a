/* What the closed forms of one contrastive layer keep: of a constant X
 * (contrastive_closed.c), or of a population flow that decouples
 * (contrastive_aligned.c). */
#ifndef ES_MODELS_LINEAR_ONE_LAYER_CLOSED_H
#define ES_MODELS_LINEAR_ONE_LAYER_CLOSED_H

#include "models/linear/one_layer.h"

#include <limits.h>

struct es_one_layer_closed {
  bool aligned;  /* else X is constant */
  double *V;     /* m×m: eigenvectors of X, or of C and A; NULL: the axes */
  double *Z0;    /* d×m: W0 V */
  double *value; /* m: of X */
  int *largest;  /* m: exponent of a column's largest entry; INT_MIN: none */
  double *R;     /* m×m: V^T root; NULL: the same as root, or no root */
  double *c, *a; /* m: of a mode, without eta */
  double *w;     /* m: the only entry of Z0's column at the start, or 0 */
  double *wt;    /* m: of observables */
  size_t *row;   /* m: where it stands */
};

/* Z0 of V. */
es_status es_one_layer_turn(const one_layer *b, es_one_layer_closed *f,
                            es_diag *diag) ES_MUST_USE;

/* Whether C and A commute and no row and no column of W0 has more than one
 * entry in their eigenbasis, to roundoff; and what f needs then. */
es_status es_one_layer_align(const one_layer *b, es_one_layer_closed *f,
                             bool *found, es_diag *diag) ES_MUST_USE;

/* Columns at t, and Z(t) (d×m). */
es_status es_one_layer_aligned_columns(const one_layer *b, double t,
                                       double *out) ES_MUST_USE;
void es_one_layer_aligned_state(const one_layer *b, double t, double *Z);

#endif
