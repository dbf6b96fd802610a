/* A user's own model in ten lines: y' = -y from 1, flowed through the library.
 * Its parts stand in docs/model.md; tests/api/test_api.c runs it. */
#include <eigenstep/eigenstep.h>

static es_status decay(double t, const double *y, double *dydt, void *self) {
  (void)t, (void)self;
  dydt[0] = -y[0];
  return ES_OK;
}
static void from_one(const void *self, double *y, double *scale) {
  (void)self, (void)scale;
  y[0] = 1;
}
static const es_model decay_model = {
    .name = "decay", .n = 1, .rhs = decay, .start = from_one};

static es_status flow_decay(es_flow_row row, void *context, es_diag *diag) {
  es_config *config = NULL;
  es_flow *flow = NULL;
  es_status status = es_config_new(&config, &es_flow_keys, 1, diag);
  if (!status) status = es_config_set(config, "time.t=0,1,2", diag);
  if (!status) status = es_flow_new(&flow, &decay_model, config, NULL, diag);
  if (!status) status = es_flow_run(flow, row, context, diag);
  es_flow_free(flow);
  es_config_free(config);
  return status;
}
