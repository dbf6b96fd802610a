/* Settings that losses read: see es_loss_settle. */
#include "models/resnet/loss.h"

#include <string.h>

static bool loss_is(const es_config *config, const char *name) {
  return strcmp(es_config_text(config, "method", "loss"), name) == 0;
}

/* A setting of one loss alone: its default there, a mistake elsewhere. */
static es_status of_loss(es_config *config, const char *loss, const char *name,
                         const char *value, es_diag *diag) {
  if (loss_is(config, loss))
    return es_config_suggest(config, "method", name, value, diag);
  return es_config_given(config, "method", name)
             ? es_config_blame(config, "method", name, diag,
                               "it is of method.loss=%s, not of %s", loss,
                               es_config_text(config, "method", "loss"))
             : ES_OK;
}

es_status es_loss_settle(es_config *config, es_diag *diag) {
  const bool predicting =
      strcmp(es_config_text(config, "train", "predict"), "off") != 0;
  es_status status = of_loss(config, "barlow", "lambda", "0.0051", diag);
  if (status == ES_OK)
    status = of_loss(config, "simclr", "temperature", "0.5", diag);
  if (status == ES_OK)
    status = of_loss(config, "simclr", "negatives", "on", diag);
  if (status == ES_OK && predicting && !es_loss_of(config)->conjugate)
    status = es_config_blame(
        config, "train", "predict", diag,
        "method.loss=%s is outside the theory's theorems, expected off",
        es_config_text(config, "method", "loss"));
  return status;
}
