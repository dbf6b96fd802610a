/* eigenstep predict: step times, times to rank k and the final state. */
#include "cli/cli.h"

#include "config/provenance.h"
#include "file/atomic.h"

#include <eigenstep/eigenstep.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

static int rising(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Rank k is reached when k modes have passed one half: half times, sorted;
 * modes that never step or start beyond count at infinity and at 0. */
static void time_to_rank(const es_model *model, const void *self, double *out) {
  const size_t n = model->n_steps(self);
  for (size_t j = 0; j < n; j++) {
    es_model_step step;
    model->step(self, j, &step);
    out[j] = isnan(step.half_time) ? 0 : fmax(step.half_time, 0);
  }
  qsort(out, n, sizeof *out, rising);
}

static void print_json(const es_model *model, const void *self,
                       const double *rank) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "model", model->name);
  cJSON_AddNumberToObject(root, "modes", (double)model->n_steps(self));
  cJSON_AddNumberToObject(root, "loss_floor", model->floor(self));
  cJSON *times = cJSON_AddArrayToObject(root, "time_to_rank");
  for (size_t j = 0; j < model->n_steps(self); j++)
    cJSON_AddItemToArray(times, cJSON_CreateNumber(rank[j]));
  char *text = cJSON_Print(root);
  if (text != NULL) puts(text);
  cJSON_free(text);
  cJSON_Delete(root);
}

static es_status write_rows(const es_job *job, const es_model *model,
                            const void *self, es_diag *diag) {
  static const char *const names[] = {"mode", "gamma",     "s0",   "s_final",
                                      "tau",  "half_time", "steps"};
  es_sinks *sinks;
  es_model_shape shape;
  model->shape(self, &shape);
  const size_t columns = shape.lr > 0 ? 7 : 6;
  es_status status = es_sinks_open(&sinks, job, "table.csv", diag);
  if (status != ES_OK) return status;
  status = es_sinks_header(sinks, names, columns, diag);
  for (size_t j = 0; status == ES_OK && j < model->n_steps(self); j++) {
    es_model_step s;
    model->step(self, j, &s);
    const double row[] = {(double)s.mode, s.gamma,     s.s0,   s.s_final,
                          s.tau,          s.half_time, s.steps};
    status = es_sinks_row(sinks, row, columns, diag);
  }
  const es_status closed =
      es_sinks_close(sinks, status == ES_OK, status == ES_OK ? diag : NULL);
  return status == ES_OK ? closed : status;
}

static es_status write_record(const es_job *job, const es_model *model,
                              const void *self, const double *rank,
                              double started, es_diag *diag) {
  const size_t n = model->n_steps(self);
  unsigned crc = 0;
  const es_figure figures[] = {{"loss_floor", model->floor(self)},
                               {"time_to_first_rank", rank[0]},
                               {"time_to_full_rank", rank[n - 1]}};
  const es_summary summary = {.started = started,
                              .has_checksum = model->checksum(self, &crc),
                              .checksum = crc,
                              .figures = figures,
                              .n_figures = 3};
  const es_status status = es_cli_write_config(job, diag);
  return status == ES_OK ? es_cli_write_provenance(job, &summary, diag)
                         : status;
}

static es_status predict(const es_job *job, const es_model *model, void *self,
                         double started, es_diag *diag) {
  double *rank = calloc(model->n_steps(self) + 1, sizeof *rank);
  if (rank == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = ES_OK;
  time_to_rank(model, self, rank);
  if (job->dir != NULL) status = es_file_mkdirs(job->dir, diag);
  if (status == ES_OK) status = write_rows(job, model, self, diag);
  if (status == ES_OK && job->dir != NULL)
    status = write_record(job, model, self, rank, started, diag);
  if (status == ES_OK && job->json) print_json(model, self, rank);
  free(rank);
  return status;
}

es_status es_cmd_predict(const es_job *job, es_diag *diag) {
  const double started = es_seconds();
  const es_model *model;
  void *self = NULL;
  es_status status = es_cli_find_model(&model, job->target, diag);
  if (status == ES_OK && job->dry_run)
    return es_config_write(job->config, stdout, diag);
  if (status == ES_OK) status = model->open(&self, job->config, diag);
  if (status != ES_OK) return status;
  job->say(job, model->remark(self));
  es_cli_forget_data(job, model, self);
  status = predict(job, model, self, started, diag);
  model->close(self);
  return status;
}
