/* Losses of the embeddings of positive pairs. A loss is one file and one row
 * in es_losses; it works in double, whatever the network computes in. */
#ifndef ES_MODELS_RESNET_LOSS_H
#define ES_MODELS_RESNET_LOSS_H

#include <eigenstep/config.h>

typedef struct es_loss {
  const char *name, *summary;
  /* Scratch for n pairs of d values, made once; the settings of [method]. */
  es_status (*open)(void **self, size_t n, size_t d, const es_config *config,
                    es_diag *diag);
  void (*close)(void *self); /* NULL accepted */
  /* The loss of z (2n×d, row-major: n first views, then n second ones) and its
   * gradient (the same shape). Allocates nothing. */
  double (*value)(void *self, const double *z, double *gradient);
} es_loss;

/* ||C - I||_F^2, C = (1/2n) sum_i (z_i z_i'^T + z_i' z_i^T), z centred by the
 * mean over both views: the loss of theory.md 1 on a network (theory.md 7). */
extern const es_loss es_loss_covariance;

#endif
