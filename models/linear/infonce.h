/* InfoNCE of embeddings (theory.md 6, 8; Jing et al. 2022; van den Oord et al.
 * 2018), value and gradient. z_i and z_i' are the columns of Z and Z' (d×n,
 * column-major); anchors are first views alone:
 *   L = -sum_i ln alpha_ii,  alpha_ij = exp(l_ij)/sum_k exp(l_ik)
 *   distance: l_ij = -|z_i - z_j|^2/2 for j != i, l_ii = -|z_i - z_i'|^2/2
 *   dot:      l_ij = z_i . z_j'/temperature for all j
 * Rows are taken in blocks: memory grows with n, not with n^2. Bits depend on
 * d, n and the values, not on the number of threads. */
#ifndef ES_MODELS_LINEAR_INFONCE_H
#define ES_MODELS_LINEAR_INFONCE_H

#include <eigenstep/status.h>

typedef enum es_infonce_loss {
  ES_INFONCE_DISTANCE,
  ES_INFONCE_DOT
} es_infonce_loss;

typedef struct es_infonce es_infonce;

/* Scratch for embeddings of d numbers and n >= 1 pairs; temperature (> 0) is
 * dot's. The calls below do not allocate. ES_NO_MEMORY, ES_BAD_SHAPE. */
es_status es_infonce_new(es_infonce **out, size_t d, size_t n,
                         es_infonce_loss loss, double temperature,
                         es_diag *diag) ES_MUST_USE;
void es_infonce_free(es_infonce *work); /* NULL accepted */

/* *loss = L, dZ = dL/dZ and dZp = dL/dZ' (d×n). dZ and dZp may both be NULL.
 * ES_NOT_FINITE where an embedding is not finite or too large for its square.
 * n = 1: L = 0 with zero gradients, for there is nothing to tell apart. */
es_status es_infonce_gradient(es_infonce *work, const double *Z,
                              const double *Zp, double *loss, double *dZ,
                              double *dZp) ES_MUST_USE;

/* Distance alone: X = Sigma0 - Sigma1 (m×m, symmetric) of the samples x and x'
 * (m×n) at the weights of these embeddings; W X = -dL/dW where Z = W x. */
es_status es_infonce_x(es_infonce *work, const double *Z, const double *Zp,
                       size_t m, const double *x, const double *xp,
                       double *X) ES_MUST_USE;

#endif
