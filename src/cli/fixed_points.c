/* eigenstep fixed-points: where a model comes to rest. */
#include "cli/cli.h"

#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"

#include <math.h>

enum { MOST_COLUMNS = 16 };

static es_status write_rows(const es_job *job, const es_instance *instance,
                            es_diag *diag) {
  const es_model *model = instance->model;
  es_sinks *sinks;
  size_t columns = 0;
  while (columns < MOST_COLUMNS && model->fixed_columns[columns] != NULL)
    columns++;
  es_status status = es_sinks_open(&sinks, job, "table.csv", diag);
  if (status != ES_OK) return status;
  status = es_sinks_header(sinks, model->fixed_columns, columns, diag);
  const size_t n = model->n_fixed(instance->self);
  for (size_t j = 0; status == ES_OK && j < n; j++) {
    double row[MOST_COLUMNS];
    model->fixed(instance->self, j, row);
    status = es_sinks_row(sinks, row, columns, diag);
  }
  const es_status closed =
      es_sinks_close(sinks, status == ES_OK, status == ES_OK ? diag : NULL);
  return status == ES_OK ? closed : status;
}

static double lr_limit(const es_instance *instance) {
  return instance->model->lr_limit != NULL
             ? instance->model->lr_limit(instance->self)
             : NAN;
}

static es_status print_json(const es_instance *instance, es_diag *diag) {
  cJSON *root = cJSON_CreateObject();
  const bool ok =
      es_json_text(root, "model", instance->model->name) &&
      es_json_real(root, "points",
                   (double)instance->model->n_fixed(instance->self)) &&
      es_json_real(root, "loss_floor", es_instance_floor(instance)) &&
      es_json_real(root, "lr_max", lr_limit(instance));
  return es_cli_print_json(root, ok, diag);
}

static es_status write_record(const es_job *job, const es_instance *instance,
                              double started, es_diag *diag) {
  const es_figure figures[] = {{"loss_floor", es_instance_floor(instance)},
                               {"lr_max", lr_limit(instance)}};
  const es_summary summary = {.started = started,
                              .instance = instance,
                              .figures = figures,
                              .n_figures = 2};
  const es_status status = es_cli_write_config(job, diag);
  return status == ES_OK ? es_cli_write_provenance(job, &summary, diag)
                         : status;
}

static es_status report(const es_job *job, const es_instance *instance,
                        double started, es_diag *diag) {
  char line[128];
  es_status status = ES_OK;
  if (instance->model->fixed == NULL)
    return es_fail(diag, ES_USAGE, "%s: its stationary points are not known",
                   instance->model->name);
  snprintf(line, sizeof line,
           "loss floor %.6g; discrete descent is stable below lr = %.6g",
           es_instance_floor(instance), lr_limit(instance));
  job->say(job, line);
  status = write_rows(job, instance, diag);
  if (status == ES_OK && job->dir != NULL)
    status = write_record(job, instance, started, diag);
  if (status == ES_OK && job->json) status = print_json(instance, diag);
  return status;
}

es_status es_cmd_fixed_points(const es_job *job, es_diag *diag) {
  return es_cli_on_instance(job, report, diag);
}
