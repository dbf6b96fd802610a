/* Where a command's rows and records go. */
#include "cli/cli.h"

#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"
#include "file/csv.h"
#include "net/engine.h"
#include "plot/plot.h"

#include <eigenstep/eigenstep.h>

#include "githash.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 2 };

struct es_sinks {
  es_csv csv[MOST];
  size_t n;
};

static es_status add(es_sinks *sinks, const char *path, es_diag *diag) {
  const bool standard = strcmp(path, "-") == 0;
  const es_status status =
      es_csv_open(&sinks->csv[sinks->n], standard ? NULL : path,
                  standard ? stdout : NULL, diag);
  if (status == ES_OK) sinks->n++;
  return status;
}

es_status es_sinks_open(es_sinks **out, const es_job *job, const char *name,
                        es_diag *diag) {
  es_sinks *sinks = calloc(1, sizeof *sinks);
  es_status status = ES_OK;
  *out = NULL;
  if (sinks == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  if (job->dir != NULL) {
    char *path = es_file_join(job->dir, name);
    status = path == NULL ? es_fail(diag, ES_NO_MEMORY, "no memory")
                          : add(sinks, path, diag);
    free(path);
  }
  if (status == ES_OK && job->csv != NULL) status = add(sinks, job->csv, diag);
  if (status == ES_OK && sinks->n == 0 && !job->json)
    status = add(sinks, "-", diag);
  if (status == ES_OK) {
    *out = sinks;
    return ES_OK;
  }
  for (size_t i = 0; i < sinks->n; i++) es_csv_abandon(&sinks->csv[i]);
  free(sinks);
  return status;
}

es_status es_sinks_header(es_sinks *sinks, const char *const *names, size_t n,
                          es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < sinks->n; i++)
    status = es_csv_header(&sinks->csv[i], names, n, diag);
  return status;
}

es_status es_sinks_row(es_sinks *sinks, const double *row, size_t n,
                       es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < sinks->n; i++)
    status = es_csv_row(&sinks->csv[i], row, n, diag);
  return status;
}

es_status es_sinks_mixed(es_sinks *sinks, const double *row,
                         const char *const *word, size_t n, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < sinks->n; i++)
    for (size_t k = 0; status == ES_OK && k < n; k++)
      status = word[k] != NULL ? es_csv_cell_text(&sinks->csv[i], word[k], diag)
                               : es_csv_cell(&sinks->csv[i], row[k], diag);
  return status;
}

es_status es_sinks_close(es_sinks *sinks, bool keep, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; i < sinks->n; i++) {
    if (!keep || status != ES_OK)
      es_csv_abandon(&sinks->csv[i]);
    else
      status = es_csv_close(&sinks->csv[i], diag);
  }
  free(sinks);
  return status;
}

es_status es_sinks_end(es_sinks *sinks, es_status status, es_diag *diag) {
  const bool good = status == ES_OK;
  const es_status closed = es_sinks_close(sinks, good, good ? diag : NULL);
  return good ? closed : status;
}

void es_cli_forget_data(const es_job *job, const es_instance *instance) {
  unsigned crc;
  if (es_instance_checksum(instance, &crc)) return;
  es_config_forget(job->config, "data", NULL);
  es_config_forget(job->config, "augment", NULL);
}

es_status es_cli_print_json(cJSON *root, bool ok, es_diag *diag) {
  char *text = ok ? cJSON_Print(root) : NULL;
  cJSON_Delete(root);
  if (text == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for JSON");
  puts(text);
  cJSON_free(text);
  return ES_OK;
}

/* run.json is written last and says that a folder is finished: one from before
 * must not say so of what is begun now, nor figures show what was there. */
static es_status forget(const es_job *job, es_diag *diag) {
  const es_status status = es_file_remove(job->dir, "run.json", diag);
  return status == ES_OK ? es_plot_forget(job->dir, NULL, diag) : status;
}

es_status es_cli_take_dir(const es_job *job, es_diag *diag) {
  if (job->dir == NULL) return ES_OK;
  const es_status status = es_job_take_dir(job, diag);
  return status == ES_OK ? forget(job, diag) : status;
}

es_status es_cli_write_config(const es_job *job, es_diag *diag) {
  char *text;
  size_t n;
  es_status status = forget(job, diag);
  if (status == ES_OK) status = es_config_render(&text, &n, job->config, diag);
  if (status != ES_OK) return status;
  char *path = es_file_join(job->dir, "config.yaml");
  status = path == NULL ? es_fail(diag, ES_NO_MEMORY, "no memory")
                        : es_file_write(path, text, n, diag);
  free(path);
  free(text);
  return status;
}

es_status es_cli_write_provenance(const es_job *job, const es_summary *summary,
                                  es_diag *diag) {
  unsigned crc = summary->checksum;
  const bool has_checksum = summary->instance == NULL
                                ? summary->has_checksum
                                : es_instance_checksum(summary->instance, &crc);
  es_library network = {.name = "oneDNN"};
  es_engine_onednn_version(network.version, sizeof network.version);
  const bool used = summary->network && network.version[0] != '\0';
  char *path = es_file_join(job->dir,
                            summary->name != NULL ? summary->name : "run.json");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_provenance p = {.version = es_version(),
                           .git_hash = ES_GIT_HASH,
                           .command = job->command->name,
                           .target = job->target,
                           .argc = job->argc,
                           .argv = job->argv,
                           .threads = job->threads,
                           .wall_seconds = es_seconds() - summary->started,
                           .exit_code = summary->exit_code,
                           .has_checksum = has_checksum,
                           .data_checksum = crc,
                           .method = summary->method,
                           .prediction = summary->prediction,
                           .network = used ? &network : NULL,
                           .figures = summary->figures,
                           .n_figures = summary->n_figures,
                           .config = job->config};
  const es_status status = es_provenance_write(&p, path, diag);
  free(path);
  return status;
}

es_status es_cli_write_record(const es_job *job, const es_summary *summary,
                              es_diag *diag) {
  const es_status status = es_cli_write_config(job, diag);
  return status == ES_OK ? es_cli_write_provenance(job, summary, diag) : status;
}

es_status es_cli_on_instance(const es_job *job, es_instance_work work,
                             es_diag *diag) {
  const double started = es_seconds();
  const es_model *model;
  es_instance instance;
  es_status status = es_cli_find_model(&model, job->target, diag);
  if (status == ES_OK && job->dry_run)
    return es_config_write(job->config, stdout, diag);
  if (status == ES_OK)
    status = es_instance_open(&instance, model, job->config, job->watch, diag);
  if (status != ES_OK) return status;
  job->say(job, es_instance_remark(&instance));
  es_cli_forget_data(job, &instance);
  status = es_cli_take_dir(job, diag);
  if (status == ES_OK) status = work(job, &instance, started, diag);
  es_instance_close(&instance);
  return status;
}
