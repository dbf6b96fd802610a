/* eigenstep fixed-points: where a model comes to rest. */
#include "cli/cli.h"

#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"

#include <stdlib.h>
#include <string.h>

static size_t n_figures(const es_instance *instance) {
  const es_model *model = instance->model;
  return model->n_figures != NULL ? model->n_figures(instance->self) : 0;
}

static es_model_figure figure(const es_instance *instance, size_t j) {
  es_model_figure figure = {0};
  instance->model->figure(instance->self, j, &figure);
  return figure;
}

/* All figures in one line, as far as it reaches. */
static void say_figures(const es_job *job, const es_instance *instance) {
  char line[256] = "";
  size_t used = 0;
  for (size_t j = 0; j < n_figures(instance) && used < sizeof line; j++) {
    const es_model_figure f = figure(instance, j);
    used += (size_t)snprintf(line + used, sizeof line - used, "%s%s %.6g",
                             j > 0 ? "; " : "", f.words, f.value);
  }
  job->say(job, used > 0 ? line : NULL);
}

static es_status print_json(const es_instance *instance, es_diag *diag) {
  cJSON *root = cJSON_CreateObject();
  bool ok = es_json_text(root, "model", instance->model->name) &&
            es_json_real(root, "points",
                         (double)instance->model->n_fixed(instance->self));
  for (size_t j = 0; ok && j < n_figures(instance); j++) {
    const es_model_figure f = figure(instance, j);
    ok = es_json_real(root, f.name, f.value);
  }
  return es_cli_print_json(root, ok, diag);
}

static es_status write_record(const es_job *job, const es_instance *instance,
                              double started, es_diag *diag) {
  const size_t n = n_figures(instance);
  es_figure *figures = calloc(n + 1, sizeof *figures);
  if (figures == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t j = 0; j < n; j++) {
    const es_model_figure f = figure(instance, j);
    strcpy(figures[j].name, f.name);
    figures[j].value = f.value;
  }
  const es_summary summary = {.started = started,
                              .instance = instance,
                              .figures = figures,
                              .n_figures = n};
  const es_status status = es_cli_write_record(job, &summary, diag);
  free(figures);
  return status;
}

static es_status report(const es_job *job, const es_instance *instance,
                        double started, es_diag *diag) {
  const es_model *model = instance->model;
  if (model->fixed == NULL)
    return es_fail(diag, ES_USAGE, "%s: its stationary points are not known",
                   model->name);
  if (instance->shape.no_fixed != NULL)
    return es_fail(diag, ES_USAGE, "%s", instance->shape.no_fixed);
  const es_model_table table = {.columns = model->fixed_columns,
                                .rows = model->n_fixed(instance->self),
                                .row = model->fixed,
                                .word = model->fixed_word};
  say_figures(job, instance);
  es_status status = es_cli_write_table(job, instance, &table, diag);
  if (status == ES_OK && job->dir != NULL)
    status = write_record(job, instance, started, diag);
  if (status == ES_OK && job->json) status = print_json(instance, diag);
  return status;
}

es_status es_cmd_fixed_points(const es_job *job, es_diag *diag) {
  return es_cli_on_instance(job, report, diag);
}
