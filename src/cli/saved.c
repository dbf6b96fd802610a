/* A saved run: see saved.h. */
#include "cli/saved.h"

#include "cli/cli.h"
#include "models/resnet/method.h"

es_status es_saved_open(es_saved *out, const char *dir, es_data_opener *open,
                        size_t batch, es_diag *diag) {
  *out = (es_saved){.dir = dir};
  es_status status = es_cli_configure_run(&out->config, dir, diag);
  if (status == ES_OK) status = es_train_settle(out->config, diag);
  if (status == ES_OK) status = es_saved_data(out, &out->set, open, diag);
  return status == ES_OK ? es_frozen_open(&out->frozen, dir, out->config,
                                          out->set, batch, diag)
                         : status;
}

es_status es_saved_data(const es_saved *saved, es_dataset **out,
                        es_data_opener *open, es_diag *diag) {
  return es_frozen_data(out, open, saved->dir, saved->config, diag);
}

void es_saved_close(es_saved *saved) {
  es_frozen_free(saved->frozen);
  es_dataset_free(saved->set);
  es_config_free(saved->config);
  *saved = (es_saved){0};
}
