/* A network, a loss and the pairs it learns from: steps of descent and
 * measurements. Everything is allocated by es_trainer_new; a step allocates
 * nothing of ours (oneDNN makes small tables of its own). */
#ifndef ES_MODELS_RESNET_TRAINER_H
#define ES_MODELS_RESNET_TRAINER_H

#include "file/h5.h"
#include "models/resnet/encoder.h"
#include "models/resnet/loss.h"
#include "models/resnet/pairs.h"

typedef struct es_trainer es_trainer;

/* Opens data, network and engine, and starts the parameters. The learning rate
 * is train.lr until es_trainer_set_rate. The configuration, which was settled
 * (es_train_settle), must outlive the trainer. */
es_status es_trainer_new(es_trainer **out, const es_config *config,
                         const es_progress *progress,
                         es_diag *diag) ES_MUST_USE;
void es_trainer_free(es_trainer *trainer); /* NULL accepted */

const es_network *es_trainer_network(const es_trainer *trainer);
const es_pairs *es_trainer_pairs(const es_trainer *trainer);
const char *es_trainer_engine(const es_trainer *trainer); /* its name */
const float *es_trainer_params(const es_trainer *trainer);
size_t es_trainer_eval_n(const es_trainer *trainer);
size_t es_trainer_memory(const es_trainer *trainer); /* bytes */

/* What a training would take, by the table of its layers and by how fast a few
 * small ones are here (net/cost.h): no image is read, no network opened. */
typedef struct es_estimate {
  es_network network;
  size_t batch, eval_n;
  uint64_t steps, rows; /* of the trace */
  double bytes;         /* data, network and measurements */
  double seconds;       /* of the steps and the forward passes of the rows */
} es_estimate;

/* From settled settings. Errors that es_trainer_new has before it reads images.
 * Takes half a second; free with es_estimate_free in every case. */
es_status es_estimate_training(es_estimate *out, const es_config *config,
                               es_diag *diag) ES_MUST_USE;
void es_estimate_free(es_estimate *estimate);

/* ES_NO_MEMORY for a training that takes more memory than the machine has,
 * before any of it is taken. Errors as above. */
es_status es_estimate_check(const es_config *config, es_diag *diag) ES_MUST_USE;

/* The images that es_trainer_measure passes: each pass has train.batch pairs,
 * first views first, the eval pairs counted around in the last one. */
const float *es_trainer_eval_images(const es_trainer *trainer, size_t *passes);

uint64_t es_trainer_steps(const es_trainer *trainer); /* to do in all */
uint64_t es_trainer_done(const es_trainer *trainer);
double es_trainer_rate(const es_trainer *trainer); /* the full one */
void es_trainer_set_rate(es_trainer *trainer, double lr);
/* That of the last step; before the first, of that. */
double es_trainer_last_rate(const es_trainer *trainer);
/* Flow time of the first `steps` steps: see es_descent_time. */
double es_trainer_time(const es_trainer *trainer, uint64_t steps);

/* One step on the next batch. ES_NOT_FINITE where the loss or its gradient is
 * no number; the parameters are then those before the step, but running
 * statistics have seen the batch. With parameters that have moved:
 * ES_NOT_FINITE and ES_NO_CONVERGENCE where a predictor cannot be set
 * (direct.h), ES_NOT_FINITE where an orthogonal projector's rows became
 * dependent. */
es_status es_trainer_step(es_trainer *trainer, es_diag *diag) ES_MUST_USE;

/* The loss of the last batch, before its step; NaN before the first. */
double es_trainer_batch_loss(const es_trainer *trainer);

/* What the eval pairs give (draw 0 of the first eval_n samples; normalised by
 * the statistics of train.batch pairs at a time, as in training): any of the
 * outputs may be NULL, each is 2·eval_n rows, first views first, row-major. The
 * loss is that of all eval pairs together. */
es_status es_trainer_measure(es_trainer *trainer, double *penultimate,
                             double *representation, double *embedding,
                             double *loss, es_diag *diag) ES_MUST_USE;

/* From now on every measurement leaves in `penultimate`, too, what the last
 * linear layer took, 2·eval_n rows as above; NULL: no more. */
void es_trainer_watch(es_trainer *trainer, double *penultimate);

/* The target network's embeddings of the eval pairs, as embedding is, of the
 * last measurement of the loss; NULL where there is no such network. */
const double *es_trainer_targets(const es_trainer *trainer);

/* What layer k of the network gave in the last measurement, 2·eval_n rows of
 * network->layer[k].size, as embedding is; k < network->n_layers. */
const double *es_trainer_layer(const es_trainer *trainer, size_t k);

/* All that the steps to come depend on, to and from an HDF5 file: /params/NAME
 * in PyTorch's names and shapes, /optimizer/… (optimizer.h), what the objective
 * keeps (objective.h), /train/step, /train/data_checksum, and /train/mean with
 * data.center. ES_NOT_FINITE where parameters or buffers are not worth keeping.
 */
es_status es_trainer_save(const es_trainer *trainer, es_h5 *file,
                          es_diag *diag) ES_MUST_USE;
/* Into a trainer of the same settings. ES_FILE_DATA where the data are others,
 * ES_FILE_CORRUPT for a step that is none. After a failure the trainer can only
 * be freed. */
es_status es_trainer_load(es_trainer *trainer, es_h5_source *file,
                          es_diag *diag) ES_MUST_USE;

#endif
