/* The table of methods: a new one is a row here. */
#include "models/resnet/method.h"

#include <stdio.h>
#include <string.h>

static const es_method methods[] = {
    {"barlow-covariance",
     "the theory's loss |C - I|^2 on centred embeddings",
     {"method.loss=covariance"}},
    {"barlow-twins",
     "cross-correlation of batch-normalised views (Zbontar et al. 2021)",
     {"method.loss=barlow", "method.lambda=0.0051"}},
    {"vicreg",
     "variance, invariance, covariance (Bardes et al. 2022)",
     {"method.loss=vicreg"}},
    {"simclr",
     "contrast with all other views by cosine (Chen et al. 2020)",
     {"method.loss=simclr", "method.temperature=0.5", "method.negatives=on"}},
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

static es_status suggest(es_config *config, const char *word, es_diag *diag) {
  const size_t section = strcspn(word, "."), name = strcspn(word, "=");
  char key[48];
  snprintf(key, sizeof key, "%.*s", (int)name, word);
  key[section] = '\0';
  return es_config_suggest(config, key, key + section + 1, word + name + 1,
                           diag);
}

es_status es_method_preset(const es_method *method, es_config *config,
                           es_diag *diag) {
  es_status status =
      es_config_suggest(config, "method", "name", method->name, diag);
  for (size_t k = 0; status == ES_OK && method->setting[k] != NULL; k++)
    status = suggest(config, method->setting[k], diag);
  return status;
}
