/* A kernel of a network on its eval pairs, as features: B with B B^T = K, and W
 * with B W^T = the embeddings, so that a network whose kernel stays as it is
 * becomes the linear model z = W b, and one prediction serves every kernel.
 *
 *   conjugate  B is what the last linear layer takes, W that layer's weight:
 *              the part of the NTK that the last layer makes
 *   ntk        B = Q L^(1/2) of K = Q L Q^T (tangent.h), W^T = L^(-1/2) Q^T F,
 *              F the embeddings; directions that K does not move (L below
 *              roundoff) are left out: they stay, and count as a constant
 *
 * Kernels of groups of parameters are weighted by their learning rates relative
 * to the last layer's (train.encoder_lr_ratio): they are what descends. */
#ifndef ES_NTK_FEATURES_H
#define ES_NTK_FEATURES_H

#include "models/resnet/trainer.h"

#include "base/slab.h"

typedef enum es_kernel_kind {
  ES_KERNEL_CONJUGATE,
  ES_KERNEL_NTK
} es_kernel_kind;

typedef struct es_features {
  size_t n, m, d; /* pairs, features, outputs */
  double *B;      /* 2n×m, row-major, first views first */
  double *W;      /* d×m, row-major */
  double *F;      /* 2n×d, row-major: the embeddings themselves */
  double spread;  /* largest over least trace of the outputs' own kernels; 1 for
                     the conjugate kernel */
  es_slab slab;
} es_features;

/* Of the trainer's network as it is now, on its eval pairs. Errors of
 * es_trainer_measure; ES_BAD_VALUE naming the key where there is no last linear
 * layer that learns (conjugate). Free with es_features_free, which accepts a
 * zeroed one. */
es_status es_features_measure(es_features *out, es_kernel_kind kind,
                              es_trainer *trainer, const es_config *config,
                              es_diag *diag) ES_MUST_USE;

/* *out: bytes that measuring ES_KERNEL_NTK's takes beside a trainer of so many
 * eval pairs, passed in batches. Errors of es_tangent_bytes. */
es_status es_features_bytes(double *out, const es_network *network,
                            size_t eval_n, size_t batch,
                            es_diag *diag) ES_MUST_USE;

/* ES_KERNEL_NTK's features of a kernel K (2n×2n, overwritten) and embeddings F
 * (2n×d, copied); spread is 1. unit: of the roundoff in K, DBL_EPSILON or
 * FLT_EPSILON; 2n of it in units of K's largest eigenvalue count as none. m may
 * be less than d, or 0. */
es_status es_features_of_kernel(es_features *out, size_t n, double *K,
                                double unit, size_t d, const double *F,
                                es_diag *diag) ES_MUST_USE;

/* What those features are at `rows` further images: B (rows×m, row-major) of
 * their kernel K with the pairs (rows×2n), K(x,X) Q L^(-1/2). An image that is
 * among the pairs gets their row. */
es_status es_features_extend(const es_features *f, size_t rows, const double *K,
                             double *B, es_diag *diag) ES_MUST_USE;

/* As es_features_measure of ES_KERNEL_NTK, and of `further` images (a row of
 * what the network takes each), normalised by their own statistics: their
 * features B, further×m in room for further×2n, and embeddings F, further×d.
 * Embeddings of the pairs are in double then, not the engine's. */
es_status es_features_reach(es_features *out, es_trainer *trainer,
                            const es_config *config, size_t further,
                            const double *images, double *B, double *F,
                            es_diag *diag) ES_MUST_USE;

void es_features_free(es_features *features);

#endif
