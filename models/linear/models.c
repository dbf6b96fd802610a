/* The table of models: a new model is one file and one line here. */
#include <eigenstep/eigenstep.h>

#include <string.h>

#define MODELS(X)                                                              \
  X(barlow_twins)                                                              \
  X(barlow_twins_kernel)                                                       \
  X(byol)                                                                      \
  X(byol_symmetric)                                                            \
  X(byol_eigenmode)                                                            \
  X(byol_two_layer)                                                            \
  X(directset)                                                                 \
  X(contrastive)                                                               \
  X(contrastive_deep)

#define DECLARE(id) extern const es_model es_model_##id;
MODELS(DECLARE)

#define ROW(id) &es_model_##id,
static const es_model *const models[] = {MODELS(ROW)};

const char *es_version(void) { return ES_VERSION; }
int es_abi(void) { return ES_ABI; }

const es_model *es_model_list(size_t index) {
  return index < sizeof models / sizeof *models ? models[index] : NULL;
}

const es_model *es_model_find(const char *name) {
  for (size_t i = 0; es_model_list(i) != NULL; i++)
    if (strcmp(models[i]->name, name) == 0) return models[i];
  return NULL;
}
