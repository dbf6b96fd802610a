/* The table of losses: a new one is a row here. */
#include "models/resnet/loss.h"

#include <string.h>

static const es_loss *const losses[] = {
    &es_loss_covariance, &es_loss_barlow, &es_loss_vicreg,
    &es_loss_spectral,   &es_loss_simclr, &es_loss_infonce,
    &es_loss_cosine,     &es_loss_l2,     &es_loss_cross_entropy,
};
enum { LOSSES = sizeof losses / sizeof *losses };

const es_loss *es_loss_list(size_t index) {
  return index < LOSSES ? losses[index] : NULL;
}

const es_loss *es_loss_of(const es_config *config) {
  const char *name = es_config_text(config, "method", "loss");
  size_t i = 0;
  if (strcmp(name, es_loss_infonce.name) == 0 &&
      es_config_has(config, "method", "temperature"))
    return &es_loss_infonce_cosine;
  while (i + 1 < LOSSES && strcmp(losses[i]->name, name) != 0) i++;
  return losses[i];
}
