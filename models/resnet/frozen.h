/* A saved network, frozen: outputs of images as they are, with the running
 * statistics of its normalisation (PyTorch's eval). */
#ifndef ES_MODELS_RESNET_FROZEN_H
#define ES_MODELS_RESNET_FROZEN_H

#include "data/data.h"
#include "models/resnet/encoder.h"

typedef struct es_frozen es_frozen;

/* es_dataset_open, es_dataset_open_test or es_dataset_open_train. */
typedef es_status es_data_opener(es_dataset **out, const es_config *config,
                                 es_diag *diag);

/* Opens images for a network of the run in dir, whose settings are given: they
 * go through the map that the run's views went through (data.whiten,
 * data.dims), read from DIR/arrays.h5, where there was one. Free with
 * es_dataset_free. Errors of the opener, and of that file. */
es_status es_frozen_data(es_dataset **out, es_data_opener *open,
                         const char *dir, const es_config *config,
                         es_diag *diag) ES_MUST_USE;

/* Reads DIR/arrays.h5 for the network that the settings of its run describe,
 * for images of the geometry of set, up to `batch` of them at a time. dir must
 * outlive it. Errors of es_network_new and es_params_read, ES_NO_MEMORY. Free
 * with es_frozen_free. */
es_status es_frozen_open(es_frozen **out, const char *dir,
                         const es_config *config, const es_dataset *set,
                         size_t batch, es_diag *diag) ES_MUST_USE;
void es_frozen_free(es_frozen *frozen); /* NULL accepted */

const es_network *es_frozen_network(const es_frozen *frozen);
/* Its flat vectors, and what training took from each value of a view. */
const float *es_frozen_params(const es_frozen *frozen);
const float *es_frozen_buffers(const es_frozen *frozen);
const double *es_frozen_mean(const es_frozen *frozen);

/* Images first … first + count - 1 of set, count at most the batch, without
 * augmentation, less the mean that training took from views where it did. Of
 * each, a row: what the network takes, representation and embedding; any of
 * the three may be NULL. ES_NOT_FINITE names the images where an output of one
 * is not. */
es_status es_frozen_pass(es_frozen *frozen, const es_dataset *set, size_t first,
                         size_t count, float *images, float *representation,
                         float *embedding, es_diag *diag) ES_MUST_USE;

#endif
