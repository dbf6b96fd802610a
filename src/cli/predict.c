/* eigenstep predict: step times, times to rank k and the final state. */
#include "cli/cli.h"

#include "base/order.h"
#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"

#include <eigenstep/eigenstep.h>

#include <math.h>
#include <stdlib.h>

/* Rank k is reached when k modes have passed one half: half times, sorted;
 * modes that never step or start beyond count at infinity and at 0. */
static void time_to_rank(const es_instance *instance, double *out) {
  const size_t n = es_instance_steps(instance);
  for (size_t j = 0; j < n; j++) {
    const es_model_step step = es_instance_step(instance, j);
    out[j] = isnan(step.half_time) ? 0 : fmax(step.half_time, 0);
  }
  es_sort(out, n);
}

static bool add_times(cJSON *root, const es_instance *instance,
                      const double *rank) {
  const es_model *model = instance->model;
  const size_t n = es_instance_steps(instance);
  cJSON *times = cJSON_AddArrayToObject(root, "time_to_rank");
  bool ok = times != NULL;
  for (size_t j = 0; ok && j < n; j++) ok = es_json_real(times, NULL, rank[j]);
  if (!ok || model->generic_half_time == NULL) return ok;
  cJSON *generic = cJSON_AddArrayToObject(root, "half_time_generic");
  for (size_t j = 0; ok && j < n; j++)
    ok = es_json_real(generic, NULL,
                      model->generic_half_time(instance->self, j));
  return ok && generic != NULL;
}

static es_status print_json(const es_instance *instance, const double *rank,
                            es_diag *diag) {
  cJSON *root = cJSON_CreateObject();
  const bool ok =
      es_json_text(root, "model", instance->model->name) &&
      es_json_real(root, "modes", (double)es_instance_steps(instance)) &&
      es_json_real(root, "loss_floor", es_instance_floor(instance)) &&
      add_times(root, instance, rank);
  return es_cli_print_json(root, ok, diag);
}

static es_status write_rows(const es_job *job, const es_instance *instance,
                            es_diag *diag) {
  static const char *const names[] = {"mode", "gamma",     "s0",   "s_final",
                                      "tau",  "half_time", "steps"};
  es_sinks *sinks;
  const size_t columns = instance->shape.lr > 0 ? 7 : 6;
  es_status status = es_sinks_open(&sinks, job, "table.csv", diag);
  if (status != ES_OK) return status;
  status = es_sinks_header(sinks, names, columns, diag);
  for (size_t j = 0; status == ES_OK && j < es_instance_steps(instance); j++) {
    const es_model_step s = es_instance_step(instance, j);
    const double row[] = {(double)s.mode, s.gamma,     s.s0,   s.s_final,
                          s.tau,          s.half_time, s.steps};
    status = es_sinks_row(sinks, row, columns, diag);
  }
  return es_sinks_end(sinks, status, diag);
}

static es_status write_record(const es_job *job, const es_instance *instance,
                              const double *rank, double started,
                              es_diag *diag) {
  const size_t n = es_instance_steps(instance);
  const es_figure figures[] = {
      {"loss_floor", es_instance_floor(instance)},
      {"time_to_first_rank", n > 0 ? rank[0] : NAN},
      {"time_to_full_rank", n > 0 ? rank[n - 1] : NAN}};
  const es_summary summary = {.started = started,
                              .instance = instance,
                              .figures = figures,
                              .n_figures = 3};
  return es_cli_write_record(job, &summary, diag);
}

static es_status predict(const es_job *job, const es_instance *instance,
                         double started, es_diag *diag) {
  double *rank = calloc(es_instance_steps(instance) + 1, sizeof *rank);
  if (rank == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  time_to_rank(instance, rank);
  es_status status = write_rows(job, instance, diag);
  if (status == ES_OK && job->dir != NULL)
    status = write_record(job, instance, rank, started, diag);
  if (status == ES_OK && job->json) status = print_json(instance, rank, diag);
  free(rank);
  return status;
}

es_status es_cmd_predict(const es_job *job, es_diag *diag) {
  return es_cli_on_instance(job, predict, diag);
}
