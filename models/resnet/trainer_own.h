/* What the files of the trainer share: see trainer.h. */
#ifndef ES_MODELS_RESNET_TRAINER_OWN_H
#define ES_MODELS_RESNET_TRAINER_OWN_H

#include "models/resnet/descent.h"
#include "models/resnet/objective.h"
#include "models/resnet/trainer.h"

#include "base/slab.h"
#include "net/engine.h"

#include <stdint.h>

enum { VIEWS = 2 };

struct es_trainer {
  es_pairs *pairs;
  es_network network;
  const es_engine *engine;
  void *net; /* the engine's instance */
  es_objective *objective;
  size_t batch, eval_n, passes; /* passes: batches that hold the eval pairs */
  uint64_t steps, done;
  es_descent *descent;
  double batch_loss;
  float *params, *buffers, *gradient;
  float *input;            /* 2·batch images */
  float *eval_input;       /* passes times as many */
  int *label, *eval_label; /* classes of those images' pairs */
  double *exact_z;         /* embeddings of the eval pairs, in double */
  double *layer[ES_LAYERS];
  double *watched; /* the caller's, or NULL */
  es_slab slab;
};

/* The network that settings describe, for the views of a set. */
es_status es_trainer_design(es_network *out, const es_config *config,
                            const es_dataset *set, es_diag *diag) ES_MUST_USE;

/* Steps of the whole training. */
uint64_t es_trainer_length(const es_config *config, uint64_t per_epoch);

/* ES_NOT_FINITE: `what` is no number at this step, with this rate. */
es_status es_trainer_not_finite(const es_trainer *trainer, const char *what,
                                es_diag *diag) ES_MUST_USE;

/* ES_OK, or which step's loss has no gradient. */
es_status es_trainer_check_loss(const es_trainer *trainer, es_pass pass,
                                es_diag *diag) ES_MUST_USE;

#endif
