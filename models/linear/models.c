/* The table of models: a new model is one file and one line here. */
#include "models/linear/byol.h"
#include "models/linear/contrastive.h"
#include "models/linear/eigenmodes.h"

#include <eigenstep/eigenstep.h>

#include <string.h>

/* clang-format off: a line each */
static const es_model *const models[] = {
    &es_model_barlow_twins,
    &es_model_barlow_twins_kernel,
    &es_model_byol,
    &es_model_byol_symmetric,
    &es_model_byol_eigenmode,
    &es_model_byol_two_layer,
    &es_model_directset,
    &es_model_contrastive,
    &es_model_contrastive_deep,
};
/* clang-format on */

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
