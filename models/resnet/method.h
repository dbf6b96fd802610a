/* Methods: a row each, composed of parts. */
#ifndef ES_MODELS_RESNET_METHOD_H
#define ES_MODELS_RESNET_METHOD_H

#include "models/resnet/loss.h"

typedef struct es_method {
  const char *name, *summary;
  const es_loss *loss;
  bool conjugate; /* theory.md 1 speaks of its loss: train.predict=conjugate */
} es_method;

/* The methods in the order of `eigenstep list methods`; NULL beyond the last.
 */
const es_method *es_method_list(size_t index);
const es_method *es_method_find(const char *name); /* or NULL */

/* The keys of [net], [method] and [train], and those of [data] and [augment]
 * that networks have other defaults for, or alone; to be put before
 * es_data_keys in a configuration. */
extern const es_keys es_train_keys;

/* Defaults that depend on other settings; before anything else reads them. */
es_status es_train_settle(es_config *config, es_diag *diag) ES_MUST_USE;

#endif
