/* A model's configuration from words, for its tests. */
#ifndef ES_TESTS_MODELS_CONFIG_OF_H
#define ES_TESTS_MODELS_CONFIG_OF_H

#include "tests/check.h"

#include "data/data.h"

#include <eigenstep/eigenstep.h>
#include <string.h>

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

/* Settings that the model does not open with: the status, and what its line
 * has. */
static inline void refused(const es_model *model, const char *const *words,
                           es_status want, const char *said) {
  es_config *config = config_of(model, words);
  es_diag diag = {0};
  es_instance instance;
  assert_status(es_instance_open(&instance, model, config, NULL, &diag), want);
  if (strstr(diag.message, said) == NULL)
    fail_msg("'%s' lacks '%s'", diag.message, said);
  es_config_free(config);
}

#define REFUSED(model, status, said, ...)                                      \
  refused(model, (const char *const[]){__VA_ARGS__, NULL}, status, said)

#endif
