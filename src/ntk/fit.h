/* A start in the features (features.h) of a kernel that is not its own. */
#ifndef ES_NTK_FIT_H
#define ES_NTK_FIT_H

#include <eigenstep/status.h>
#include <stddef.h>

/* W (d×m, row-major) with the least |B W^T - F|_F, and of those the least
 * |W|_F, for B (2n×m) and F (2n×d), row-major and centred here: what embeddings
 * F are in features B, less the part that no W makes. Directions of B with less
 * than 1e-12 of the variance of the first count as none. Costs an eigenproblem
 * of order m on one thread. */
es_status es_features_fit(double *W, size_t n, size_t m, const double *B,
                          size_t d, const double *F, es_diag *diag) ES_MUST_USE;

#endif
