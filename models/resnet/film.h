/* Embeddings along a training: those of the first eval pairs at every row of
 * its trace, as `flow` keeps them of a data set's points (output.embeddings).
 */
#ifndef ES_MODELS_RESNET_FILM_H
#define ES_MODELS_RESNET_FILM_H

#include "models/resnet/trainer.h"

typedef struct es_film es_film;

/* For a trainer with these settings; NULL where they ask for none
 * (train.embeddings=0). The trainer must outlive the film. */
es_status es_film_new(es_film **out, const es_trainer *trainer,
                      const es_config *config, es_diag *diag) ES_MUST_USE;
void es_film_free(es_film *film); /* NULL accepted */

/* A frame: the trainer's time and the first views in z, 2·eval_n×d as
 * es_trainer_measure has it. */
es_status es_film_add(es_film *film, const double *z,
                      es_diag *diag) ES_MUST_USE;

/* /embeddings (frames × points × d) and /times (frames), to a checkpoint and
 * from it. The trainer was loaded before: ES_FILE_CORRUPT where there are not
 * as many frames as a trace has rows at its step. */
es_status es_film_save(const es_film *film, es_h5 *file,
                       es_diag *diag) ES_MUST_USE;
es_status es_film_load(es_film *film, es_h5_source *file,
                       es_diag *diag) ES_MUST_USE;

#endif
