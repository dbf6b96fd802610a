/* The table of losses, which stands in loss.h. */
#include "models/resnet/loss.h"

#include <string.h>

#define ROW(id, name) &es_loss_##id,
static const es_loss *const losses[] = {ES_LOSSES(ROW)};
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
