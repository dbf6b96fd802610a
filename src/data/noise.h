/* Gaussian noise on the first values of a view: the last augmentation, of
 * images and of vectors, not clipped. */
#ifndef ES_DATA_NOISE_H
#define ES_DATA_NOISE_H

#include "data/draws.h"
#include <eigenstep/config.h>

typedef struct es_noise {
  double sigma; /* standard deviation; 0: none */
  size_t dims;  /* values that it falls on */
  bool both;    /* else the second view alone gets it */
} es_noise;

/* For views of m values. */
es_status es_noise_from(es_noise *out, const es_config *config, size_t m,
                        es_diag *diag) ES_MUST_USE;

/* Adds it to view 0 or 1 of a pair. */
void es_noise_add(double *x, unsigned view, const es_noise *noise,
                  const es_draws *draws);

#endif
