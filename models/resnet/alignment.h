/* What theory says of a linear predictor, measured (theory.md 3, 4 and 7), with
 * the names and meaning of `flow byol`: F = E[f f^T], not centred, of the
 * embeddings f that the predictor W_p takes, and
 *   p_j, s_j
 *     eigenvalues of W_p's symmetric part and of F, falling in s; pairs by
 *     es_modes_pair
 *   commutator_normalised
 *     |F W_p - W_p F|/(|F||W_p|), Frobenius norms; 0 where one of them is 0
 *   asymmetry
 *     |W_p - W_p^T|/|W_p|; 0 where that is 0
 *   tau, tau_residual
 *     es_modes_ratio of the target's embeddings and the network's own; 1 and 0
 *     where they are the same ones
 *
 * For z = W x the flow's s_j are the eigenvalues of W W^T, and its commutator
 * is that with W X W^T: the same where E[x x^T] = X + X' = I and X is a
 * multiple of I. */
#ifndef ES_MODELS_RESNET_ALIGNMENT_H
#define ES_MODELS_RESNET_ALIGNMENT_H

#include "models/resnet/encoder.h"

typedef struct es_alignment es_alignment;

/* For measurements of `rows` embeddings. *out becomes NULL where the predictor
 * is not one d×d matrix on the embedding; the other functions then have no
 * columns and do nothing. */
es_status es_alignment_new(es_alignment **out, const es_network *network,
                           size_t rows, es_diag *diag) ES_MUST_USE;
void es_alignment_free(es_alignment *alignment); /* NULL accepted */

size_t es_alignment_columns(const es_alignment *alignment);
/* The name of column j, cut to `size` bytes. */
void es_alignment_column(const es_alignment *alignment, size_t j, char *name,
                         size_t size);

/* From the network's parameters, its embeddings z and the target network's of
 * the same views (NULL: they are z), both rows×d. ES_NOT_FINITE. */
es_status es_alignment_measure(es_alignment *alignment, const float *params,
                               const double *z, const double *target,
                               double *out, es_diag *diag) ES_MUST_USE;

#endif
