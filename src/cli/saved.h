/* A saved run as commands read it: its settings, images, and network. Private
 * to the program. */
#ifndef ES_CLI_SAVED_H
#define ES_CLI_SAVED_H

#include "models/resnet/frozen.h"

typedef struct es_saved {
  const char *dir;
  es_config *config; /* of its training, settled */
  es_dataset *set;
  es_frozen *frozen;
} es_saved;

/* Opens the run in dir: its images by `open` (frozen.h), its network for up to
 * `batch` of them at a time. Errors of reading settings, of es_frozen_data and
 * es_frozen_open. Close with es_saved_close in every case. */
es_status es_saved_open(es_saved *out, const char *dir, es_data_opener *open,
                        size_t batch, es_diag *diag) ES_MUST_USE;

/* Other images of the run, to be freed. Errors of es_frozen_data. */
es_status es_saved_data(const es_saved *saved, es_dataset **out,
                        es_data_opener *open, es_diag *diag) ES_MUST_USE;

void es_saved_close(es_saved *saved); /* a zeroed or half-open one accepted */

#endif
