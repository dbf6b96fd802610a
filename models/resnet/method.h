/* Methods: a row each, which is nothing but settings. */
#ifndef ES_MODELS_RESNET_METHOD_H
#define ES_MODELS_RESNET_METHOD_H

#include "models/resnet/loss.h"

enum { ES_METHOD_SETTINGS = 24 };

typedef struct es_method {
  const char *name, *summary;
  /* "section.name=value", up to a NULL; what a user sets counts before it. */
  const char *setting[ES_METHOD_SETTINGS];
} es_method;

/* The methods in the order of `eigenstep list methods`; NULL beyond the last.
 */
const es_method *es_method_list(size_t index);
const es_method *es_method_find(const char *name); /* or NULL */

/* Suggests a method's settings, and its name. */
es_status es_method_preset(const es_method *method, es_config *config,
                           es_diag *diag) ES_MUST_USE;

/* The keys of [net], [method] and [train], and those of [data] and [augment]
 * that networks have other defaults for, or alone; to be put before
 * es_data_keys in a configuration. */
extern const es_keys es_train_keys;

/* Defaults that depend on other settings, and what cannot be together; before
 * anything else reads them. */
es_status es_train_settle(es_config *config, es_diag *diag) ES_MUST_USE;

/* A method's presets that other settings leave unread go back to defaults, so
 * that config.yaml does not repeat them as if they counted; part of settling.
 */
es_status es_unread_reset(es_config *config, es_diag *diag) ES_MUST_USE;
/* ES_BAD_VALUE for a setting that was given to another value than its default
 * and that nothing reads. Of a training that begins: a run of earlier versions
 * may have some. */
es_status es_unread_check(const es_config *config, es_diag *diag) ES_MUST_USE;

#endif
