/* The sweep itself, private to the room and the program. */
#ifndef ES_SWEEP_OWN_H
#define ES_SWEEP_OWN_H

#include "sweep/points.h"
#include "sweep/rows.h"

#include <pthread.h>

struct es_sweep {
  const es_model *model;
  const es_config *config;
  es_axis *axis; /* n_axes: a copy, whose names and values are borrowed */
  size_t n_axes;
  es_points points;
  char (*name)[48]; /* n_columns */
  bool checks;      /* names are compared in every cell: axes may change them */
  size_t n_columns;
  void *batch;    /* of model->batch; NULL: cells one by one */
  bool from_data; /* the model was built from data: their CRC-32 */
  unsigned crc;
  bool locks;              /* models read files when they open */
  pthread_mutex_t opening; /* then held by the one that does */
  es_cell_options options;
  const char **key; /* n_axes names, for the batch */
};

/* es_sweep_new for any points; those of points that an axis is outside of its
 * key's range are refused. */
es_status es_sweep_new_points(es_sweep **out, const es_model *model,
                              const es_config *config, const es_points *points,
                              es_diag *diag) ES_MUST_USE;

#endif
