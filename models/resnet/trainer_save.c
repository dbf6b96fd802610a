/* A trainer's state in files: see trainer.h. */
#include "models/resnet/trainer_own.h"

#include "base/finite.h"
#include "data/whiten.h"
#include "net/params.h"

#include <inttypes.h>
#include <math.h>

/* Running statistics can overflow a step before the loss does. */
static bool state_is_finite(const es_trainer *t) {
  const es_graph *g = &t->network.graph;
  return es_all_finite_float(g->param_size, t->params) &&
         es_all_finite_float(g->buffer_size, t->buffers);
}

es_status es_trainer_save(const es_trainer *t, es_h5 *file, es_diag *diag) {
  if (!state_is_finite(t))
    return es_trainer_not_finite(t, "the network's state", diag);
  const double step = (double)t->done;
  const double checksum = es_dataset_checksum(es_pairs_set(t->pairs));
  const double *mean = es_pairs_mean(t->pairs);
  const size_t values = es_pairs_values(t->pairs);
  const es_whiten *whiten = es_dataset_whiten(es_pairs_set(t->pairs));
  es_status status =
      es_params_write(&t->network.graph, t->params, t->buffers, file, diag);
  if (status == ES_OK) status = es_descent_write(t->descent, file, diag);
  if (status == ES_OK) status = es_objective_save(t->objective, file, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/train/step", &step, NULL, 0, diag);
  if (status == ES_OK)
    status =
        es_h5_write(file, "/train/data_checksum", &checksum, NULL, 0, diag);
  if (status == ES_OK && mean != NULL)
    status = es_h5_write(file, "/train/mean", mean, &values, 1, diag);
  if (status == ES_OK && whiten != NULL)
    status = es_whiten_save(whiten, file, diag);
  return status;
}

es_status es_trainer_load(es_trainer *t, es_h5_source *file, es_diag *diag) {
  double step, checksum;
  es_status status =
      es_params_read(&t->network.graph, t->params, t->buffers, file, diag);
  if (status == ES_OK) status = es_descent_read(t->descent, file, diag);
  if (status == ES_OK) status = es_objective_load(t->objective, file, diag);
  if (status == ES_OK)
    status = es_h5_read(file, "/train/step", &step, NULL, 0, diag);
  if (status == ES_OK)
    status = es_h5_read(file, "/train/data_checksum", &checksum, NULL, 0, diag);
  if (status != ES_OK) return status;
  const double now = es_dataset_checksum(es_pairs_set(t->pairs));
  if (checksum != now)
    return es_h5_refuse(file, diag, ES_FILE_DATA,
                        "the data are not those that the training began with: "
                        "their checksum is %.0f, and was %.0f",
                        now, checksum);
  if (!(step >= 0 && step <= (double)t->steps && step == floor(step)))
    return es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                        "/train/step is %g, expected a whole number in "
                        "[0, %" PRIu64 "]",
                        step, t->steps);
  t->done = (uint64_t)step;
  return ES_OK;
}
