/* The table of methods: a new one is a row here. */
#include "models/resnet/method.h"

#include <string.h>

static const es_method methods[] = {
    {"barlow-covariance", "the theory's loss |C - I|^2 on centred embeddings",
     &es_loss_covariance, true},
};
enum { METHODS = sizeof methods / sizeof *methods };

const es_method *es_method_list(size_t index) {
  return index < METHODS ? &methods[index] : NULL;
}

const es_method *es_method_find(const char *name) {
  for (size_t i = 0; i < METHODS; i++)
    if (strcmp(methods[i].name, name) == 0) return &methods[i];
  return NULL;
}
