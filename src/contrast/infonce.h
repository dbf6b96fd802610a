/* InfoNCE of embeddings (theory.md 6, 8; Jing et al. 2022; van den Oord et al.
 * 2018), value and gradient. z_i and z_i' are the columns of Z and Z' (d×n,
 * column-major); anchors are first views alone:
 *   L = -sum_i ln alpha_ii,  alpha_ij = exp(l_ij)/sum_k exp(l_ik)
 *   distance: l_ij = -|z_i - z_j|^2/2 for j != i, l_ii = -|z_i - z_i'|^2/2
 *   dot:      l_ij = z_i . z_j'/temperature for all j
 * Logits are taken in blocks: memory grows with n, not with n^2, but for at
 * most 128 MB of exponentials that are kept where all fit. Bits depend on the
 * sizes and the values, not on the number of threads nor on the vectors that
 * the processor has (but on OpenBLAS's choice of a kernel for it). A common
 * mean of Z (distance) or Z' (dot) costs no digits. Beyond it a distance's
 * logit has an error of some eps (|z_i|^2 + |z_j|^2), of 1e-12 or of some eps
 * |l_ij|, whichever is smallest; dot's of eps |z_i| |z_j'|/temperature. */
#ifndef ES_CONTRAST_INFONCE_H
#define ES_CONTRAST_INFONCE_H

#include <eigenstep/status.h>

typedef enum es_infonce_loss {
  ES_INFONCE_DISTANCE,
  ES_INFONCE_DOT
} es_infonce_loss;

typedef struct es_infonce es_infonce;

/* Scratch for embeddings of d numbers and n >= 1 pairs; temperature (> 0) is
 * dot's. ES_NO_MEMORY, ES_BAD_SHAPE. */
es_status es_infonce_new(es_infonce **out, size_t d, size_t n,
                         es_infonce_loss loss, double temperature,
                         es_diag *diag) ES_MUST_USE;
void es_infonce_free(es_infonce *work); /* NULL accepted */

/* *loss = L, dZ = dL/dZ and dZp = dL/dZ' (d×n), which may both be NULL. Does
 * not allocate. ES_NOT_FINITE where an embedding is not finite or too large for
 * its square. n = 1: L = 0 with zero gradients, for there is nothing to tell
 * apart. */
es_status es_infonce_gradient(es_infonce *work, const double *Z,
                              const double *Zp, double *loss, double *dZ,
                              double *dZp) ES_MUST_USE;

/* The same of Z = W x, Z' = W x' for W (d×m) and samples (m×n): G = -dL/dW
 * (d×m, NULL accepted). Take a large common mean off x and x' beforehand: for
 * distance it changes nothing but roundoff. This call and the next take scratch
 * (4dn and 2mn numbers) when they first need it, and keep it; also
 * ES_NO_MEMORY. */
es_status es_infonce_push(es_infonce *work, size_t m, const double *W,
                          const double *x, const double *xp, double *loss,
                          double *G) ES_MUST_USE;

/* Distance alone (ES_BAD_SHAPE else): X = Sigma0 - Sigma1 (m×m, symmetric to
 * the last bit) of the samples x and x' (m×n) at the weights of these
 * embeddings; W X = -dL/dW where Z = W x. */
es_status es_infonce_x(es_infonce *work, const double *Z, const double *Zp,
                       size_t m, const double *x, const double *xp,
                       double *X) ES_MUST_USE;

#endif
