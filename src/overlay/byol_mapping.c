/* From settings to theory's flow: see byol.h. */
#include "overlay/byol.h"

bool es_byolnet_speaks(const es_config *config) {
  return (es_config_is(config, "method", "loss", "l2") ||
          es_config_is(config, "method", "loss", "cosine")) &&
         (es_config_is(config, "method", "target", "self") ||
          es_config_is(config, "method", "target", "stop-gradient") ||
          es_config_is(config, "method", "target", "ema")) &&
         (es_config_is(config, "method", "predictor", "none") ||
          es_config_is(config, "method", "predictor", "linear") ||
          es_config_is(config, "method", "predictor", "linear-symmetric"));
}

static bool constant_momentum(const es_config *config) {
  return !es_config_is(config, "method", "target", "ema") ||
         es_config_is(config, "method", "ema_schedule", "constant");
}

es_byolnet_mapping es_byolnet_map(const es_config *config, double step) {
  const bool l2 = es_config_is(config, "method", "loss", "l2");
  es_byolnet_mapping map = {
      .kind = es_config_is(config, "method", "target", "ema") ? ES_BYOLNET_EMA
              : es_config_is(config, "method", "target", "stop-gradient")
                  ? ES_BYOLNET_SIMSIAM
                  : ES_BYOLNET_SELF,
      .predictor = !es_config_is(config, "method", "predictor", "none"),
      .symmetric =
          es_config_is(config, "method", "predictor", "linear-symmetric"),
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
