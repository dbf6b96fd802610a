/* eigenstep separatrix: the boundary between starts that survive and starts
 * that collapse. */
#include "cli/cli.h"

#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"

#include <math.h>
#include <string.h>

/* The largest value in the column "residual" over the rows that have one; NaN:
 * none has. */
static double worst_residual(const es_instance *instance, size_t rows) {
  const es_model *model = instance->model;
  const char *const *columns = model->separatrix_columns;
  double worst = NAN, row[ES_TABLE_COLUMNS];
  size_t k = 0;
  while (columns[k] != NULL && strcmp(columns[k], "residual") != 0) k++;
  for (size_t j = 0; columns[k] != NULL && j < rows; j++) {
    model->separatrix(instance->self, j, row);
    worst = fmax(worst, row[k]);
  }
  return worst;
}

static es_status print_json(const es_instance *instance, size_t rows,
                            es_diag *diag) {
  cJSON *root = cJSON_CreateObject();
  const bool ok =
      es_json_text(root, "model", instance->model->name) &&
      es_json_real(root, "rows", (double)rows) &&
      es_json_real(root, "residual_max", worst_residual(instance, rows));
  return es_cli_print_json(root, ok, diag);
}

static es_status write_record(const es_job *job, const es_instance *instance,
                              size_t rows, double started, es_diag *diag) {
  const es_figure figure = {"residual_max", worst_residual(instance, rows)};
  const es_summary summary = {.started = started,
                              .instance = instance,
                              .figures = &figure,
                              .n_figures = 1};
  return es_cli_write_record(job, &summary, diag);
}

/* Finding the rows may have given the model something to say. */
static es_status find(const es_job *job, const es_instance *instance,
                      size_t *rows, es_diag *diag) {
  char before[512] = "";
  const char *remark = es_instance_remark(instance);
  if (remark != NULL) snprintf(before, sizeof before, "%s", remark);
  const es_status status =
      instance->model->n_separatrix(instance->self, rows, job->watch, diag);
  remark = es_instance_remark(instance);
  if (status == ES_OK && remark != NULL && strcmp(remark, before) != 0)
    job->say(job, remark);
  return status;
}

static es_status report(const es_job *job, const es_instance *instance,
                        double started, es_diag *diag) {
  const es_model *model = instance->model;
  size_t rows = 0;
  if (model->separatrix == NULL)
    return es_fail(diag, ES_USAGE, "%s: the boundary of its basin is not known",
                   model->name);
  es_status status = find(job, instance, &rows, diag);
  if (status != ES_OK) return status;
  const es_model_table table = {.columns = model->separatrix_columns,
                                .rows = rows,
                                .row = model->separatrix,
                                .word = model->separatrix_word};
  status = es_cli_write_table(job, instance, &table, diag);
  if (status == ES_OK && job->dir != NULL)
    status = write_record(job, instance, rows, started, diag);
  if (status == ES_OK && job->json) status = print_json(instance, rows, diag);
  return status;
}

es_status es_cmd_separatrix(const es_job *job, es_diag *diag) {
  return es_cli_on_instance(job, report, diag);
}
