/* The flow of linear maps z = W_2 W_1 h (or z = W_1 h) under InfoNCE by
 * distance on given pairs of features (theory.md 6), the mean over pairs: W_l'
 * = -rate_l dL/dW_l - decay_l W_l. Softmax weights are taken among `batch`
 * pairs at a time, as in training: L is the mean over whole batches of the
 * pairs in order, or over all pairs where there are fewer. Private to the room.
 */
#ifndef ES_OVERLAY_CONTRASTIVE_FLOW_H
#define ES_OVERLAY_CONTRASTIVE_FLOW_H

#include "overlay/contrastive_maps.h"

#include "contrast/infonce.h"
#include <eigenstep/ode.h>

typedef struct es_pair_flow es_pair_flow;

/* For n pairs. Free with es_pair_flow_free. */
es_status es_pair_flow_new(es_pair_flow **out, const es_maps *maps, size_t n,
                           size_t batch, es_diag *diag) ES_MUST_USE;
void es_pair_flow_free(es_pair_flow *flow); /* NULL accepted */

/* The features, 2n rows of width[0], first views first: the flow's own memory,
 * to be filled before all that follows. */
double *es_pair_flow_features(es_pair_flow *flow);

/* W goes from t0 through `n` times that do not fall; row is handed the state at
 * each of them (NULL: none). Errors of es_ode_solve and of row. */
typedef es_status (*es_pair_flow_row)(void *context, double t, const double *W);
es_status es_pair_flow_advance(es_pair_flow *flow, double t0, double *W,
                               const double *times, size_t n,
                               es_pair_flow_row row, void *context,
                               es_diag *diag) ES_MUST_USE;

/* dW = dL/dW, without rates and decay. */
es_status es_pair_flow_gradient(es_pair_flow *flow, const double *W,
                                double *dW) ES_MUST_USE;

/* L among all pairs, as the trace's. */
es_status es_pair_flow_loss(es_pair_flow *flow, const double *W,
                            double *loss) ES_MUST_USE;

/* Eigenvalues, falling, of the covariance of the embeddings of both views (d of
 * them). */
es_status es_pair_flow_spectrum(es_pair_flow *flow, const double *W,
                                double *lambda, es_diag *diag) ES_MUST_USE;

#endif
