/* What follows an encoder, as graphs: [feature norm], projector, [predictor],
 * named and numbered as torch.nn.Sequential does, a ReLU having a number too.
 *
 * With r the representation:
 *   none       z = r
 *   linear     z = W r
 *   mlp        layers - 1 times norm, ReLU of a linear map to `hidden` values,
 *              then a linear map to `dim`
 *   diagonal   z_k = w_k r_k, and 0 beyond `rank`; held fixed at 1 it is the
 *              cut of DirectCLR (Jing, Vincent, LeCun, Tian, ICLR 2022, table
 *              3: "fixed low-rank diagonal")
 *   low-rank   z = U V r, U of `rank` columns
 *   orthogonal z = W r with W W^T = s^2 I at every step (orthogonal.h), s as it
 *              starts; the same table's, trainable or fixed
 * and the predictor takes z to as many values, or to those of a target that is
 * no embedding (classes, pixels). Linear maps that a norm follows have no bias
 * (the norm would take it away), nor have those that are not in an MLP, but for
 * a linear predictor of such a target; other ones of an MLP have one. */
#ifndef ES_MODELS_RESNET_HEADS_H
#define ES_MODELS_RESNET_HEADS_H

#include "net/graph.h"

#include <eigenstep/config.h>

typedef enum es_projector {
  ES_PROJECTOR_LINEAR,
  ES_PROJECTOR_NONE,
  ES_PROJECTOR_MLP,
  ES_PROJECTOR_DIAGONAL,
  ES_PROJECTOR_LOW_RANK,
  ES_PROJECTOR_ORTHOGONAL
} es_projector;

typedef enum es_predictor {
  ES_PREDICTOR_NONE,
  ES_PREDICTOR_LINEAR,
  ES_PREDICTOR_SYMMETRIC, /* linear, W = W^T in every step */
  ES_PREDICTOR_MLP        /* of two layers */
} es_predictor;

/* Batch normalisation in MLPs: none; between layers; and, without weight and
 * bias, after the projector's last layer as well (SimSiam, MoCo v3). */
typedef enum es_head_norm {
  ES_HEAD_NORM_HIDDEN,
  ES_HEAD_NORM_ALL,
  ES_HEAD_NORM_NONE
} es_head_norm;

typedef struct es_heads {
  bool feature_norm; /* standardise the representation first */
  es_projector projector;
  bool fixed;            /* the projector is not trained */
  size_t layers, hidden; /* of an MLP */
  size_t rank;           /* diagonal, low-rank */
  es_head_norm norm;
  es_predictor predictor;
  size_t predictor_hidden;
  size_t predicted; /* values of the prediction; 0: those of the embedding */
  bool identity;    /* a linear predictor starts as predictor_scale times it, */
  double predictor_scale; /* or with this deviation; 0: 1 and 1/sqrt(dim) */
} es_heads;

/* From the settings of [net] and [method], for a representation of `features`
 * values; *dim becomes what the embedding will have. */
es_status es_heads_from(es_heads *out, size_t *dim, const es_config *config,
                        size_t features, es_diag *diag) ES_MUST_USE;

/* Appends the layers after node `from`, which has `features` values; the
 * node of the embedding. *taken becomes the node that the last linear map
 * takes and *last its weight, ES_NONE both where there is no such map. */
size_t es_projector_build(es_graph *graph, const es_heads *heads, size_t from,
                          size_t dim, size_t *taken, size_t *last);
/* After the embedding z; z itself without a predictor. */
size_t es_predictor_build(es_graph *graph, const es_heads *heads, size_t z);

#endif
