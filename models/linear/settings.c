/* Settings of a model: which keys there are. */
#include "data/data.h"

#include <eigenstep/eigenstep.h>

size_t es_model_keys(es_keys sets[ES_MODEL_KEYS], const es_model *model,
                     const es_keys *beside) {
  size_t n = 0;
  if (model->keys != NULL) sets[n++] = *model->keys;
  sets[n++] = *beside;
  if (model->takes_data) sets[n++] = es_data_keys;
  return n;
}

es_status es_flow_config(es_config **out, const es_model *model,
                         es_diag *diag) {
  es_keys sets[ES_MODEL_KEYS];
  return es_config_new(out, sets, es_model_keys(sets, model, &es_flow_keys),
                       diag);
}

es_status es_sweep_config(es_config **out, const es_model *model,
                          es_diag *diag) {
  es_keys sets[ES_MODEL_KEYS];
  es_status status = es_config_new(
      out, sets, es_model_keys(sets, model, &es_sweep_keys), diag);
  if (status == ES_OK) status = es_config_add_axes(*out, "sweep", NULL, diag);
  if (status != ES_OK) {
    es_config_free(*out);
    *out = NULL;
  }
  return status;
}
