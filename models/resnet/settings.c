/* Encoders from settings: see encoder.h. */
#include "models/resnet/encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* He et al. 2016, table 1, and what lies between: a network of basic blocks has
 * 2 + 2 blocks layers, one of bottlenecks 2 + 3 blocks. 50 layers of basic
 * blocks: Li, Efros, Pathak, "Understanding collapse in non-contrastive siamese
 * representation learning", ECCV 2022, table 1. */
static const struct {
  const char *depth;
  bool bottleneck;
  size_t stages[ES_STAGES];
} depths[] = {
    {"10", false, {1, 1, 1, 1}},  {"18", false, {2, 2, 2, 2}},
    {"26", false, {3, 3, 3, 3}},  {"34", false, {3, 4, 6, 3}},
    {"50", false, {4, 6, 10, 4}}, {"26", true, {2, 2, 2, 2}},
    {"50", true, {3, 4, 6, 3}},
};

static es_status stages_of_list(size_t *out, const es_config *config,
                                es_diag *diag) {
  size_t n;
  const double *x = es_config_list(config, "net", "stages", &n);
  if (n > ES_STAGES)
    return es_config_blame(config, "net", "stages", diag,
                           "expected at most %d numbers", ES_STAGES);
  for (size_t s = 0; s < n; s++) {
    if (x[s] != floor(x[s]))
      return es_config_blame(config, "net", "stages", diag,
                             "expected whole numbers");
    out[s] = (size_t)x[s];
  }
  return ES_OK;
}

static es_status read_stages(es_encoder *out, const es_config *config,
                             es_diag *diag) {
  if (es_config_has(config, "net", "stages"))
    return stages_of_list(out->stages, config, diag);
  for (size_t k = 0; k < sizeof depths / sizeof *depths; k++)
    if (es_config_is(config, "net", "depth", depths[k].depth) &&
        depths[k].bottleneck == out->bottleneck) {
      memcpy(out->stages, depths[k].stages, sizeof out->stages);
      return ES_OK;
    }
  return es_config_blame(config, "net", "depth", diag,
                         "bottlenecks have 26 or 50 layers, or net.stages");
}

static size_t pixels_of(const es_encoder *e) {
  return e->channels == 0 ? e->side : e->channels * e->side * e->side;
}

/* Values that the last linear layer takes. */
static size_t inputs_of(const es_encoder *e) {
  const es_heads *h = &e->heads;
  if (h->projector == ES_PROJECTOR_LOW_RANK) return h->rank;
  if (h->projector == ES_PROJECTOR_MLP && h->layers > 1) return h->hidden;
  return h->projector == ES_PROJECTOR_NONE ? pixels_of(e)
                                           : es_encoder_features(e);
}

/* The start of the last linear layer, which there is or is not. */
static es_status check_start(const es_encoder *e, const es_config *config,
                             es_diag *diag) {
  const es_projector p = e->heads.projector;
  const bool without = p == ES_PROJECTOR_DIAGONAL ||
                       (p == ES_PROJECTOR_NONE && e->arch != ES_ARCH_LINEAR);
  if (without && es_config_given(config, "net", "init_scale"))
    return es_config_blame(config, "net", "init_scale", diag,
                           "there is no last linear layer to start with "
                           "method.projector=%s; net.init_scale_all is of all "
                           "weights",
                           es_config_text(config, "method", "projector"));
  if (!e->orthogonal) return ES_OK;
  if (without)
    return es_config_blame(config, "method", "projector_init", diag,
                           "there is no last linear layer to start, expected "
                           "gaussian");
  return e->dim <= inputs_of(e)
             ? ES_OK
             : es_config_blame(config, "method", "projector_init", diag,
                               "there are no %zu orthogonal rows of %zu "
                               "numbers",
                               e->dim, inputs_of(e));
}

static es_status read_heads(es_encoder *out, const es_config *config,
                            es_diag *diag) {
  const bool none = es_config_is(config, "method", "projector", "none");
  const bool bare = none && out->arch == ES_ARCH_LINEAR;
  const size_t features =
      bare ? es_config_size(config, "method", "dim") : es_encoder_features(out);
  const es_status status =
      es_heads_from(&out->heads, &out->dim, config, features, diag);
  return status == ES_OK ? check_start(out, config, diag) : status;
}

es_status es_encoder_from(es_encoder *out, const es_config *config,
                          size_t channels, size_t side, es_diag *diag) {
  *out = (es_encoder){
      .arch = es_config_is(config, "net", "arch", "linear") ? ES_ARCH_LINEAR
              : es_config_is(config, "net", "arch", "mlp")  ? ES_ARCH_MLP
                                                            : ES_ARCH_RESNET,
      .bottleneck = es_config_is(config, "net", "block", "bottleneck"),
      .width = es_config_size(config, "net", "width"),
      .bottleneck_width = es_config_size(config, "net", "bottleneck_width"),
      .hidden_layers = es_config_size(config, "net", "hidden_layers"),
      .norm = es_config_is(config, "net", "norm", "batch"),
      .plain = !es_config_flag(config, "net", "residual"),
      .channels = channels,
      .side = side,
      .multiplier = es_config_real(config, "net", "output_multiplier"),
      .share = es_config_real(config, "net", "subtract_initial"),
      .weight_scale = es_config_real(config, "net", "init_scale_all"),
      .layers = es_config_flag(config, "train", "layers"),
      .orthogonal =
          !es_config_is(config, "method", "projector_init", "gaussian"),
      .pca = es_config_is(config, "method", "projector_init", "pca")};
  if (out->arch == ES_ARCH_RESNET && channels == 0)
    return es_fail(diag, ES_BAD_VALUE,
                   "net.arch=resnet: data.name=%s has no images, nor are views "
                   "images behind data.whiten and data.dims: expected linear "
                   "or mlp",
                   es_config_text(config, "data", "name"));
  const es_status status = read_stages(out, config, diag);
  return status == ES_OK ? read_heads(out, config, diag) : status;
}

es_status es_encoder_aim(es_encoder *encoder, const es_config *config,
                         size_t classes, es_diag *diag) {
  if (es_config_is(config, "method", "target", "pixels"))
    encoder->heads.predicted = pixels_of(encoder);
  if (!es_config_is(config, "method", "target", "labels")) return ES_OK;
  encoder->heads.predicted = classes;
  return classes > 0 ? ES_OK
                     : es_config_blame(config, "method", "target", diag,
                                       "data.name=%s has no classes here",
                                       es_config_text(config, "data", "name"));
}
