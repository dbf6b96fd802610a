/* The table of flows, the keys that choose one, and the refusals of what does
 * not go together. */
#include "models/linear/barlow.h"

#include <string.h>

static const barlow_flow *const flows[] = {
    &es_barlow_covariance, &es_barlow_vicreg, &es_barlow_spectral,
    &es_barlow_left, &es_barlow_logdet};

static es_status useless(const char *key, const char *where, es_diag *diag) {
  return es_fail(diag, ES_USAGE, "model.%s has no effect without %s", key,
                 where);
}

/* Given, and not its default: a config.yaml names every key, and must run
 * again. */
static bool set(const es_config *config, const char *name) {
  return es_config_differs(config, "model", name);
}

/* A setting that would be passed over in silence is more often a mistake. */
static es_status refuse_useless(const barlow_flow *flow,
                                const es_config *config, es_diag *diag) {
  const bool plain = strcmp(flow->precondition, "none") == 0;
  if (set(config, "nu") && strcmp(flow->loss, "vicreg") != 0)
    return useless("nu", "loss=vicreg (spectral has nu = 1)", diag);
  if (!flow->by_sigma && es_config_has(config, "model", "sigma"))
    return useless("sigma", "loss=vicreg or spectral", diag);
  if (!flow->by_sigma && es_config_has(config, "model", "Sigma"))
    return useless("Sigma", "loss=vicreg or spectral", diag);
  if (plain && set(config, "precondition_epsilon"))
    return useless("precondition_epsilon", "precondition=left or logdet", diag);
  if (strcmp(flow->precondition, "logdet") != 0 && set(config, "mu"))
    return useless("mu", "precondition=logdet", diag);
  return ES_OK;
}

es_status es_barlow_flow_choose(barlow *b, const es_config *config,
                                es_diag *diag) {
  const char *loss = es_config_text(config, "model", "loss");
  const char *precondition = es_config_text(config, "model", "precondition");
  for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
    if (strcmp(flows[i]->loss, loss) == 0 &&
        strcmp(flows[i]->precondition, precondition) == 0)
      b->flow = flows[i];
  if (b->flow == NULL)
    return es_fail(diag, ES_USAGE,
                   "model.precondition=%s goes with loss=covariance, not with "
                   "loss=%s",
                   precondition, loss);
  b->nu =
      strcmp(loss, "vicreg") == 0 ? es_config_real(config, "model", "nu") : 1;
  b->ridge = es_config_real(config, "model", "precondition_epsilon");
  b->mu = es_config_real(config, "model", "mu");
  return refuse_useless(b->flow, config, diag);
}
