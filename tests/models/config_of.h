/* A model's configuration from words, for its tests. */
#ifndef ES_TESTS_MODELS_CONFIG_OF_H
#define ES_TESTS_MODELS_CONFIG_OF_H

#include "tests/check.h"

#include "data/data.h"

#include <eigenstep/eigenstep.h>

static inline es_config *config_of(const es_model *model,
                                   const char *const *words) {
  const es_keys sets[] = {*model->keys, es_flow_keys, es_data_keys};
  es_config *config;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, sets, 3, &diag), diag);
  for (; *words != NULL; words++)
    assert_ok(es_config_set(config, *words, &diag), diag);
  return config;
}

#endif
