/* Descent of the embeddings themselves with a kernel that is measured again as
 * a training goes: F <- F - lr K_t dL/dF on the eval pairs, K_t = B_t B_t^T
 * (features.h) as it was last given. Beside the held kernel of the start it
 * shows how much of a prediction's error is the kernel moving; what is left is
 * batches, pairs drawn anew, and steps too large.
 *
 * While a kernel holds, F = F_0 + B D^T and D (d×m) obeys, with A = D Gamma +
 * F_0^T B across the views and T = D Sigma + F_0^T B of all rows, both over 2n,
 *   covariance  D <- D - 4 lr (C - I) A,  C = C_0 + D A^T + A_0 D^T
 *   spectral    D <- D + 4 lr (A - S T),  S = S_0 + D T^T + T_0 D^T
 * at 2 d m^2 flops a step, whatever n. F and B are centred over both views. The
 * same for any number of threads. */
#ifndef ES_NTK_FOLLOW_H
#define ES_NTK_FOLLOW_H

#include "file/h5.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct es_follow es_follow;

/* From the embeddings F (2n×d, row-major, first views first) at step 0, at the
 * flow time `rate` per step; spectral: that loss, else covariance. It has no
 * kernel yet, and F rests. */
es_status es_follow_new(es_follow **out, size_t n, size_t d, const double *F,
                        double rate, bool spectral, es_diag *diag) ES_MUST_USE;
void es_follow_free(es_follow *follow); /* NULL accepted */

/* The kernel of the steps to come: B is 2n×m, row-major. */
es_status es_follow_kernel(es_follow *follow, size_t m, const double *B,
                           es_diag *diag) ES_MUST_USE;

/* The step at which it was given. */
uint64_t es_follow_kernel_step(const es_follow *follow);

/* Descends up to that step, no earlier than the one it is at. A descent that
 * blew up rests as not finite: it is no failure of the training's. */
void es_follow_advance(es_follow *follow, uint64_t step);

/* Eigenvalues of C, falling; NaN after a blow-up. */
es_status es_follow_values(es_follow *follow, double *values,
                           es_diag *diag) ES_MUST_USE;

/* The embeddings, centred: 2n×d, row-major. */
const double *es_follow_embedding(const es_follow *follow);

/* All that it is, under /prediction/followed and into one of the same shape; a
 * descent that was loaded goes on to the same bits. */
es_status es_follow_save(const es_follow *follow, es_h5 *file,
                         es_diag *diag) ES_MUST_USE;
es_status es_follow_load(es_follow *follow, es_h5_source *file,
                         es_diag *diag) ES_MUST_USE;

#endif
