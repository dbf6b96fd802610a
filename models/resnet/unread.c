/* Settings that a combination of others does not read: see method.h. */
#include "models/resnet/method.h"

static bool mlp_projector(const es_config *config) {
  return es_config_is(config, "method", "projector", "mlp");
}

static bool mlp_predictor(const es_config *config) {
  return es_config_is(config, "method", "predictor", "mlp");
}

static bool mlp_head(const es_config *config) {
  return mlp_projector(config) || mlp_predictor(config);
}

static bool predictor(const es_config *config) {
  return !es_config_is(config, "method", "predictor", "none");
}

static bool matrix(const es_config *config) {
  return predictor(config) && !mlp_predictor(config);
}

static bool chunked(const es_config *config) {
  return !es_config_is(config, "train", "ordering", "multi-pass");
}

static bool hybrid(const es_config *config) {
  return es_config_is(config, "train", "ordering", "hybrid");
}

/* Each key says when it is read, and what has to be for that. */
static const struct {
  const char *section, *name;
  bool (*read)(const es_config *config);
  const char *by, *wants;
} rows[] = {
    {"method", "projector_layers", mlp_projector, "projector", "mlp"},
    {"method", "hidden_dim", mlp_projector, "projector", "mlp"},
    {"method", "head_norm", mlp_head, "projector",
     "mlp, or method.predictor=mlp"},
    {"method", "predictor_hidden_dim", mlp_predictor, "predictor", "mlp"},
    {"method", "predictor_init", matrix, "predictor", "a linear one"},
    {"method", "predictor_scale", matrix, "predictor", "a linear one"},
    {"method", "predictor_lr_ratio", predictor, "predictor",
     "one that there is"},
    {"train", "chunks", chunked, "ordering",
     "single-pass, cumulative or hybrid"},
    {"train", "switch", hybrid, "ordering", "hybrid"},
};
enum { ROWS = sizeof rows / sizeof *rows };

es_status es_unread_reset(es_config *config, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < ROWS; k++)
    if (!rows[k].read(config))
      status = es_config_restore(config, rows[k].section, rows[k].name, diag);
  return status;
}

es_status es_unread_check(const es_config *config, es_diag *diag) {
  for (size_t k = 0; k < ROWS; k++)
    if (!rows[k].read(config) &&
        es_config_differs(config, rows[k].section, rows[k].name))
      return es_config_blame(
          config, rows[k].section, rows[k].name, diag,
          "with %s.%s=%s nothing reads it, expected %s", rows[k].section,
          rows[k].by, es_config_text(config, rows[k].section, rows[k].by),
          rows[k].wants);
  return ES_OK;
}
