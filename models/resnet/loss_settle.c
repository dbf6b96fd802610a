/* Settings that losses read: see es_loss_settle. */
#include "models/resnet/loss.h"

es_status es_loss_default(es_config *config, const char *section,
                          const char *name, const char *value, es_diag *diag) {
  return es_config_has(config, section, name)
             ? ES_OK
             : es_config_suggest(config, section, name, value, diag);
}

/* A setting that is read with method.key=word alone: its default there, a
 * mistake elsewhere, where a method's preset of it is dropped: as a line of
 * config.yaml it would be such a mistake. */
static es_status of(es_config *config, const char *key, const char *word,
                    const char *name, const char *value, es_diag *diag) {
  if (es_config_is(config, "method", key, word))
    return es_loss_default(config, "method", name, value, diag);
  if (es_config_given(config, "method", name))
    return es_config_blame(config, "method", name, diag,
                           "it is of method.%s=%s, not of %s", key, word,
                           es_config_text(config, "method", key));
  es_config_forget(config, "method", name);
  return ES_OK;
}

/* A setting of predictors that are set, with its default for each; NULL: that
 * one does not read it. */
static es_status of_direct(es_config *config, const char *name,
                           const char *pred, const char *set, const char *copy,
                           es_diag *diag) {
  const char *value =
      es_config_is(config, "method", "predictor", "directpred")   ? pred
      : es_config_is(config, "method", "predictor", "directset")  ? set
      : es_config_is(config, "method", "predictor", "directcopy") ? copy
                                                                  : NULL;
  if (value != NULL)
    return es_loss_default(config, "method", name, value, diag);
  if (es_config_given(config, "method", name))
    return es_config_blame(config, "method", name, diag,
                           "method.predictor=%s does not read it",
                           es_config_text(config, "method", "predictor"));
  es_config_forget(config, "method", name);
  return ES_OK;
}

static es_status settle_direct(es_config *config, es_diag *diag) {
  es_status status = of_direct(config, "form", "paper", NULL, NULL, diag);
  if (status == ES_OK)
    status = of_direct(config, "rho", "0.3", "0.5", "0.5", diag);
  if (status == ES_OK)
    status = of_direct(config, "epsilon", "0.1", NULL, "0.3", diag);
  return status == ES_OK ? of_direct(config, "freq", "1", "1", "1", diag)
                         : status;
}

static es_status settle_precondition(es_config *config, es_diag *diag) {
  const bool plain = es_config_is(config, "method", "precondition", "none");
  if (!plain && !es_config_is(config, "method", "loss", "covariance"))
    return es_config_blame(config, "method", "precondition", diag,
                           "it is of method.loss=covariance, not of %s",
                           es_config_text(config, "method", "loss"));
  if (!plain)
    return es_loss_default(config, "method", "precondition_epsilon", "0.01",
                           diag);
  return es_config_given(config, "method", "precondition_epsilon")
             ? es_config_blame(config, "method", "precondition_epsilon", diag,
                               "it is of method.precondition=left and logdet, "
                               "not of none")
             : ES_OK;
}

static bool leads_out(const es_config *config) {
  return es_config_is(config, "method", "target", "labels") ||
         es_config_is(config, "method", "target", "pixels");
}

/* A prediction of what is no embedding has another size. */
static es_status check_leads_out(const es_config *config, es_diag *diag) {
  const char *target = es_config_text(config, "method", "target");
  if (!leads_out(config))
    return es_config_is(config, "method", "loss", "cross-entropy")
               ? es_config_blame(config, "method", "target", diag,
                                 "method.loss=cross-entropy is of classes, "
                                 "expected labels")
               : ES_OK;
  if (es_config_is(config, "method", "loss", "infonce") ||
      (es_config_is(config, "method", "loss", "cross-entropy") &&
       es_config_is(config, "method", "target", "pixels")))
    return es_config_blame(config, "method", "target", diag,
                           "method.loss=%s is not of %s, expected l2 or cosine",
                           es_config_text(config, "method", "loss"), target);
  if (!es_config_is(config, "method", "predictor", "linear") &&
      !es_config_is(config, "method", "predictor", "mlp"))
    return es_config_blame(config, "method", "predictor", diag,
                           "method.target=%s has another size than the "
                           "embedding, expected linear or mlp",
                           target);
  if (es_config_is(config, "method", "predictor_init", "identity"))
    return es_config_blame(config, "method", "predictor_init", diag,
                           "method.target=%s has another size than the "
                           "embedding, expected gaussian",
                           target);
  return ES_OK;
}

static es_status settle_cross_entropy(es_config *config, es_diag *diag) {
  if (!es_config_is(config, "method", "loss", "cross-entropy")) return ES_OK;
  const es_status status =
      es_config_suggest(config, "method", "target", "labels", diag);
  return status == ES_OK
             ? es_config_suggest(config, "method", "predictor", "linear", diag)
             : status;
}

/* Targets and predictors are for losses that compare with them. */
static es_status check_targets(const es_config *config, es_diag *diag) {
  const char *loss = es_config_text(config, "method", "loss");
  if (es_loss_of(config)->targets) return check_leads_out(config, diag);
  if (!es_config_is(config, "method", "target", "self"))
    return es_config_blame(config, "method", "target", diag,
                           "method.loss=%s compares embeddings with each "
                           "other, expected self",
                           loss);
  if (!es_config_is(config, "method", "predictor", "none"))
    return es_config_blame(config, "method", "predictor", diag,
                           "method.loss=%s takes no predictions, expected none",
                           loss);
  return ES_OK;
}

static es_status check_predict(const es_config *config, es_diag *diag) {
  if (es_config_is(config, "train", "predict", "off")) return ES_OK;
  if (!es_config_is(config, "method", "precondition", "none"))
    return es_config_blame(config, "train", "predict", diag,
                           "the prediction is of method.precondition=none, "
                           "expected off");
  return ES_OK;
}

es_status es_loss_settle(es_config *config, es_diag *diag) {
  es_status status = of(config, "loss", "barlow", "lambda", "0.0051", diag);
  if (status == ES_OK && !es_config_is(config, "method", "loss", "infonce"))
    status = of(config, "loss", "simclr", "temperature", "0.5", diag);
  if (status == ES_OK)
    status = of(config, "loss", "simclr", "negatives", "on", diag);
  if (status == ES_OK) status = settle_cross_entropy(config, diag);
  if (status == ES_OK)
    status = of(config, "target", "ema", "ema_momentum", "0.99", diag);
  if (status == ES_OK)
    status = of(config, "target", "ema", "ema_schedule", "constant", diag);
  if (status == ES_OK) status = settle_precondition(config, diag);
  if (status == ES_OK)
    status = of(config, "precondition", "logdet", "mu", "0.1", diag);
  if (status == ES_OK) status = settle_direct(config, diag);
  if (status == ES_OK) status = check_targets(config, diag);
  return status == ES_OK ? check_predict(config, diag) : status;
}
