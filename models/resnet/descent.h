/* How a training descends: the optimiser of [train] with each parameter's rate
 * and decay, and the learning rate of each step. */
#ifndef ES_MODELS_RESNET_DESCENT_H
#define ES_MODELS_RESNET_DESCENT_H

#include "models/resnet/encoder.h"
#include "net/optimizer.h"

typedef struct es_descent es_descent;

/* Rates and decay go by group (es_network_group), with a last linear layer in
 * the encoder counted as a projector; what is fixed stays. An orthogonal
 * projector has no decay, which would shrink what has its length. The rate is
 * train.lr until es_descent_set_rate. steps: of the whole training. The network
 * must outlive it. ES_BAD_VALUE where warming up takes longer than that. */
es_status es_descent_new(es_descent **out, const es_network *network,
                         const es_config *config, uint64_t steps,
                         es_diag *diag) ES_MUST_USE;
/* That error alone. */
es_status es_descent_check(const es_config *config, uint64_t steps,
                           es_diag *diag) ES_MUST_USE;
void es_descent_free(es_descent *descent);           /* NULL accepted */
size_t es_descent_memory(const es_descent *descent); /* bytes */

double es_descent_rate(const es_descent *descent); /* the full one */
void es_descent_set_rate(es_descent *descent, double lr);

/* A parameter's rate over that of a step, as es_descent_new sets it; 0 for what
 * is fixed. */
double es_descent_ratio(const es_network *network, const es_config *config,
                        size_t param);

/* The learning rate of step number `step`, from 0. */
double es_descent_rate_of(const es_descent *descent, uint64_t step);

/* Flow time of the first n steps: the sum of their rates, over 1 - momentum
 * with sgd and lars (theory.md 7). A pure function of the settings. */
double es_descent_time(const es_descent *descent, uint64_t n);

/* Step number `step`, from 0, as es_optimizer_step. The weight of an orthogonal
 * projector, its gradient first, is kept to its set (orthogonal.h): w with what
 * rounding took is there to 48 bits, however many steps there were. false also
 * where its rows became dependent; parameters have then moved. */
bool es_descent_step(es_descent *descent, float *params, float *gradient,
                     uint64_t step) ES_MUST_USE;

/* The optimiser's state: see es_optimizer_write. */
es_status es_descent_write(const es_descent *descent, es_h5 *file,
                           es_diag *diag) ES_MUST_USE;
es_status es_descent_read(es_descent *descent, es_h5_source *file,
                          es_diag *diag) ES_MUST_USE;

#endif
