/* The last linear maps of a network, z = W_2 W_1 h or z = W_1 h, and what is
 * told of them. Private to the room. A map is held as its network holds it, a
 * row an output. */
#ifndef ES_OVERLAY_CONTRASTIVE_MAPS_H
#define ES_OVERLAY_CONTRASTIVE_MAPS_H

#include "base/slab.h"
#include "linalg/linalg.h"
#include "models/resnet/trainer.h"

enum { ES_MAPS = 2 };

typedef enum es_maps_input {
  ES_MAPS_IMAGE, /* h is the view itself: nothing moves it */
  ES_MAPS_REPRESENTATION,
  ES_MAPS_PENULTIMATE
} es_maps_input;

typedef struct es_maps {
  size_t layers;             /* 1 or 2 */
  size_t width[ES_MAPS + 1]; /* of h, …, z: W_l is width[l]×width[l-1] */
  size_t at[ES_MAPS + 1];    /* where each begins in W; the last: their end */
  size_t param[ES_MAPS];
  double rate[ES_MAPS];  /* W_l' = -rate dL/dW_l - decay W_l, */
  double decay[ES_MAPS]; /* in flow time */
  es_maps_input input;
} es_maps;

/* Those of a network: two, where the last layer takes what a linear map without
 * bias gives that learns, and h can be looked at; else one. ES_BAD_VALUE naming
 * method.projector where the embedding is not a linear map's, free to move. */
es_status es_maps_find(es_maps *out, const es_network *network,
                       const es_config *config, es_diag *diag) ES_MUST_USE;

/* Those of given widths (layers + 1), with rate 1 and without decay. */
es_maps es_maps_of(size_t layers, const size_t *width);

/* W (maps->at[layers] numbers) as it is now; h of the eval pairs (2·eval_n
 * rows, first views first) as it is now. */
void es_maps_take(const es_maps *maps, const es_trainer *trainer, double *W);
es_status es_maps_features(const es_maps *maps, es_trainer *trainer, double *h,
                           es_diag *diag) ES_MUST_USE;

/* Scratch for singular values and the like; made once. Columns of a row:
 *   sigma_1_j, sigma_2_j   singular values of each map, falling
 *   alignment_j            |v_j . u_j|, v_j right singular vectors of W_2, u_j
 *                          left ones of W_1
 *   conserved_residual     Frobenius norm of what W_1 W_1^T/rate_1 - W_2^T
 *                          W_2/rate_2 is beside e^(-2 decay t) times what it
 *                          was; NaN where the decays of the two differ
 * of two maps; of one, sigma_1_j alone. */
typedef struct es_map_columns es_map_columns;
es_status es_map_columns_new(es_map_columns **out, const es_maps *maps,
                             const double *W0, es_diag *diag) ES_MUST_USE;
void es_map_columns_free(es_map_columns *columns); /* NULL accepted */
size_t es_map_columns_count(const es_map_columns *columns);
/* How many of those are singular values: the first. */
size_t es_map_columns_sigma(const es_map_columns *columns);
void es_map_columns_name(const es_map_columns *columns, size_t j, char *name,
                         size_t size);
es_status es_map_columns_row(es_map_columns *columns, double t, const double *W,
                             double *out, es_diag *diag) ES_MUST_USE;

#endif
