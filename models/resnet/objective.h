/* What a step descends: the loss of a network's outputs and their targets. The
 * network's prediction of one view (its embedding where there is no predictor)
 * is compared with the embedding of the other view that method.target says:
 *   self           the network's own, with its gradient
 *   stop-gradient  the same, held fixed
 *   ema            that of a target network, which starts as the online one and
 *                  after each step becomes m times itself plus (1 - m) times
 *                  that one, m = method.ema_momentum (Grill et al. 2020);
 *                  with ema_schedule=cosine, of K steps in all, after step
 *                  k = 0, 1, … 1 - (1 - m)(1 + cos(pi k/K))/2
 * or with what is no embedding:
 *   labels         the unit vector of the pair's class
 *   pixels         the view itself, as the network takes it
 *
 * The target network normalises by the batch's statistics; its running ones are
 * its own. Losses without targets take the embedding alone. */
#ifndef ES_MODELS_RESNET_OBJECTIVE_H
#define ES_MODELS_RESNET_OBJECTIVE_H

#include "file/h5.h"
#include "models/resnet/encoder.h"
#include "models/resnet/loss.h"
#include "net/engine.h"

typedef struct es_objective es_objective;

/* For `steps` steps of `batch` pairs and measurements of eval_n. Network and
 * engine must outlive it, and so must the engine's instance `net`. */
es_status es_objective_new(es_objective **out, const es_network *network,
                           const es_engine *engine, void *net, size_t batch,
                           size_t eval_n, uint64_t steps,
                           const es_config *config, es_diag *diag) ES_MUST_USE;
void es_objective_free(es_objective *objective);           /* NULL accepted */
size_t es_objective_memory(const es_objective *objective); /* bytes */

/* The target network becomes this one. */
void es_objective_start(es_objective *objective, const float *params,
                        const float *buffers);

/* Keeps what a batch, 2·batch images of pairs in the classes label[batch], will
 * be compared with, where that is not the network's own: the target network,
 * if there is one, is passed over it. To be called before the network's own
 * forward, which overwrites what the engine left. */
es_status es_objective_look(es_objective *objective, es_pass pass,
                            const float *input, const int *label,
                            es_diag *diag) ES_MUST_USE;

/* The loss of the network's last forward, of a step. The gradient by its
 * outputs, as es_engine's backward takes it, is the objective's own memory. */
double es_objective_value(es_objective *objective);
/* Whether that loss, or in ES_PASS_MEASURE that of es_objective_measure, had a
 * gradient: see es_loss. */
es_status es_objective_check(const es_objective *objective, es_pass pass,
                             es_diag *diag) ES_MUST_USE;
const void *const *es_objective_gradient(const es_objective *objective);

/* After `done` steps: sets a predictor that is set (direct.h), and the target
 * network follows. */
es_status es_objective_follow(es_objective *objective, uint64_t done,
                              float *params, es_diag *diag) ES_MUST_USE;

/* Keeps the first `count` pairs of the network's last forward as the eval pairs
 * from `first` on; then the loss of all of them. */
void es_objective_keep(es_objective *objective, size_t first, size_t count);
double es_objective_measure(es_objective *objective);
/* The target network's embeddings of the eval pairs as they were kept, 2·eval_n
 * rows, first views first; NULL where there is no such network. */
const double *es_objective_targets(const es_objective *objective);

/* The target network under /target/NAME, and /optimizer/target_low/NAME: what
 * rounding to float took from it; what sets the predictor (direct.h). Where
 * there is none, nothing. ES_NOT_FINITE where it is not worth keeping. */
es_status es_objective_save(const es_objective *objective, es_h5 *file,
                            es_diag *diag) ES_MUST_USE;
es_status es_objective_load(es_objective *objective, es_h5_source *file,
                            es_diag *diag) ES_MUST_USE;

#endif
