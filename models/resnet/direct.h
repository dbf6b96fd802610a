/* Predictors that are set, and not only descended (theory.md 5): with the
 * running moment of the embeddings f of both views, uncentred,
 *   F <- rho F + (1 - rho) mean(f f^T)   (the first batch's own at first),
 * F = U diag(s) U^T, the linear predictor becomes, every freq steps,
 *   directpred  U diag(p) U^T, p_j = sqrt(s_j) + epsilon max s   (form=paper)
 *               p_j = max(sqrt(s_j/max s) + epsilon, 1e-4)       (form=code)
 *   directset   F^(1/2)
 *   directcopy  F/|F|_F + epsilon I
 * and descends in between (Tian, Chen, Ganguli 2021; Wang et al. 2021). */
#ifndef ES_MODELS_RESNET_DIRECT_H
#define ES_MODELS_RESNET_DIRECT_H

#include "file/h5.h"
#include "models/resnet/encoder.h"

typedef struct es_direct es_direct;

/* *out becomes NULL where method.predictor is none of the three; the other
 * functions then do nothing. */
es_status es_direct_new(es_direct **out, const es_network *network,
                        const es_config *config, es_diag *diag) ES_MUST_USE;
void es_direct_free(es_direct *direct); /* NULL accepted */

/* Embeddings of a batch, rows×d, enter F. */
void es_direct_see(es_direct *direct, const float *z, size_t rows);

/* After `done` steps: sets the predictor where it is its turn. ES_NOT_FINITE,
 * ES_NO_CONVERGENCE. */
es_status es_direct_set(es_direct *direct, uint64_t done, float *params,
                        es_diag *diag) ES_MUST_USE;

/* F and whether it has begun, as /train/moment and /train/moment_batches. */
es_status es_direct_save(const es_direct *direct, es_h5 *file,
                         es_diag *diag) ES_MUST_USE;
es_status es_direct_load(es_direct *direct, es_h5_source *file,
                         es_diag *diag) ES_MUST_USE;

#endif
