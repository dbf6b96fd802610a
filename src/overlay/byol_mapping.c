/* From settings to theory's flow: see byol.h. */
#include "overlay/byol.h"

#include <string.h>

static bool is(const es_config *config, const char *name, const char *word) {
  return strcmp(es_config_text(config, "method", name), word) == 0;
}

bool es_byolnet_speaks(const es_config *config) {
  return (is(config, "loss", "l2") || is(config, "loss", "cosine")) &&
         (is(config, "target", "self") ||
          is(config, "target", "stop-gradient") ||
          is(config, "target", "ema")) &&
         (is(config, "predictor", "none") ||
          is(config, "predictor", "linear") ||
          is(config, "predictor", "linear-symmetric"));
}

static bool constant_momentum(const es_config *config) {
  return !is(config, "target", "ema") || is(config, "ema_schedule", "constant");
}

es_byolnet_mapping es_byolnet_map(const es_config *config, double step) {
  const bool l2 = is(config, "loss", "l2");
  es_byolnet_mapping map = {
      .kind = is(config, "target", "ema")             ? ES_BYOLNET_EMA
              : is(config, "target", "stop-gradient") ? ES_BYOLNET_SIMSIAM
                                                      : ES_BYOLNET_SELF,
      .predictor = !is(config, "predictor", "none"),
      .symmetric = is(config, "predictor", "linear-symmetric"),
      .theorem = l2 && constant_momentum(config),
      .factor = l2 ? 2 : 4};
  map.eta_s =
      es_config_real(config, "train", "projector_weight_decay") / map.factor;
  if (map.predictor) {
    map.alpha_p = es_config_real(config, "method", "predictor_lr_ratio");
    map.eta_p = map.alpha_p *
                es_config_real(config, "method", "predictor_weight_decay") /
                map.factor;
  }
  if (map.kind == ES_BYOLNET_EMA)
    map.beta = (1 - es_config_real(config, "method", "ema_momentum")) /
               (map.factor * step);
  return map;
}
