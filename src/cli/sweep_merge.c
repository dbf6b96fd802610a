/* eigenstep sweep --merge: shards from one or several folders to one table. */
#include "cli/sweep.h"

#include "cli/cli.h"
#include "file/atomic.h"
#include "file/open.h"
#include "sweep/merge.h"

#include <eigenstep/eigenstep.h>

#include <cjson/cJSON.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_RECORD = 1 << 20, LARGEST_CONFIG = 1 << 30 };

typedef struct merging {
  const es_job *job;
  char *model;         /* name, as the records say */
  unsigned char *text; /* of config.yaml */
  size_t n;
  es_config *config;
  es_sweep *sweep;
  es_axis *axes;
  es_shard_list list;
  bool h5;
} merging;

static const char *folder(const es_job *job, size_t i) {
  return i == 0 ? job->target : job->more[i - 1];
}

/* The model that a record of a sweep names, or NULL. */
static es_status model_in(char **model, const char *text, size_t n,
                          es_diag *diag) {
  cJSON *root = cJSON_ParseWithLength(text, n);
  const cJSON *command = cJSON_GetObjectItem(root, "command");
  const cJSON *target = cJSON_GetObjectItem(root, "target");
  const bool is_sweep = cJSON_IsString(command) &&
                        strcmp(command->valuestring, "sweep") == 0 &&
                        cJSON_IsString(target);
  *model = is_sweep ? strdup(target->valuestring) : NULL;
  cJSON_Delete(root);
  return is_sweep && *model == NULL
             ? es_fail(diag, ES_NO_MEMORY, "no memory for a model's name")
             : ES_OK;
}

/* The same of a file, which may be no record. */
static es_status model_of(char **model, const char *dir, const char *name,
                          es_diag *diag) {
  unsigned char *text = NULL;
  size_t n;
  char *path = es_file_join(dir, name);
  *model = NULL;
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_file_read(&text, &n, path, LARGEST_RECORD, diag);
  if (status == ES_OK) status = model_in(model, (const char *)text, n, diag);
  free(text);
  free(path);
  return status;
}

/* Every record of shards in the folder names the same model. */
static es_status read_records(merging *m, const char *dir, es_diag *diag) {
  es_status status = ES_OK;
  DIR *entries = opendir(dir);
  if (entries == NULL)
    return es_file_fail(diag, ES_FILE_MISSING, dir, "is not a folder");
  for (struct dirent *e; status == ES_OK && (e = readdir(entries)) != NULL;) {
    const size_t n = strlen(e->d_name);
    if (strncmp(e->d_name, "run-", 4) != 0 || n < 5 ||
        strcmp(e->d_name + n - 5, ".json") != 0)
      continue;
    char *model;
    status = model_of(&model, dir, e->d_name, diag);
    if (model != NULL && m->model != NULL && strcmp(model, m->model) != 0)
      status = es_file_fail(diag, ES_FILE_DATA, dir,
                            "%s is of model %.40s, others are of %.40s",
                            e->d_name, model, m->model);
    if (m->model == NULL)
      m->model = model;
    else
      free(model);
  }
  closedir(entries);
  return status;
}

/* The settings, the same in every folder. */
static es_status read_settings(merging *m, const char *dir, es_diag *diag) {
  unsigned char *text = NULL;
  size_t n;
  char *path = es_file_join(dir, "config.yaml");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_file_read(&text, &n, path, LARGEST_CONFIG, diag);
  if (status == ES_OK && m->text != NULL &&
      (n != m->n || memcmp(text, m->text, n) != 0))
    status = es_file_fail(diag, ES_FILE_DATA, path,
                          "other settings than those in %s", m->job->target);
  if (status == ES_OK && m->text == NULL) {
    m->text = text;
    m->n = n;
    text = NULL;
  }
  free(text);
  free(path);
  return status;
}

static es_status open_sweep(merging *m, es_diag *diag) {
  const es_model *model;
  es_diag inner = {0};
  if (m->model == NULL)
    return es_file_fail(diag, ES_FILE_MISSING, m->job->target,
                        "has no record of a shard, such as run-1-of-2.json");
  char *path = es_file_join(m->job->target, "config.yaml");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_cli_find_model(&model, m->model, &inner);
  if (status == ES_OK) status = es_sweep_config(&m->config, model, &inner);
  if (status == ES_OK) status = es_config_load(m->config, path, &inner);
  if (status == ES_OK)
    status =
        es_sweep_from_settings(&m->sweep, &m->axes, model, m->config, &inner);
  free(path);
  if (status == ES_OK) {
    m->h5 = es_sweep_cells(m->sweep) > ES_SWEEP_MOST_CSV;
    return ES_OK;
  }
  /* What is wrong in the folder's own settings is damage, no usage. */
  if (es_status_exit_code(status) == 2) status = ES_FILE_CORRUPT;
  return es_fail(diag, status, "%s", inner.message);
}

static es_status find(merging *m, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i <= m->job->n_more; i++) {
    status = read_records(m, folder(m->job, i), diag);
    if (status == ES_OK) status = read_settings(m, folder(m->job, i), diag);
  }
  if (status == ES_OK) status = open_sweep(m, diag);
  for (size_t i = 0; status == ES_OK && i <= m->job->n_more; i++)
    status = es_shard_list_add(&m->list, folder(m->job, i), m->h5, diag);
  if (status == ES_OK)
    status = es_shard_list_check(&m->list, es_sweep_cells(m->sweep), diag);
  return status;
}

/* job is that of the whole sweep, into its folder. */
static es_status write_whole(merging *m, const es_job *job, es_diag *diag) {
  es_sweep_summary summary = {.sweep = m->sweep, .started = es_seconds()};
  const char *name = m->h5 ? "sweep.h5" : "sweep.csv";
  if (m->job->dir == NULL && !job->force && es_file_has(job->dir, name))
    return es_fail(diag, ES_EXISTS,
                   "%s/%s: exists already; choose -o DIR, or --force", job->dir,
                   name);
  char *path = es_file_join(job->dir, name);
  char *config = es_file_join(job->dir, "config.yaml");
  es_status status = path == NULL || config == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory")
                         : es_job_take_dir(job, diag);
  if (status == ES_OK) status = es_file_remove(job->dir, "run.json", diag);
  if (status == ES_OK)
    status = es_shard_list_merge(&m->list, m->sweep, path, m->h5,
                                 &summary.tally, job->watch, diag);
  if (status == ES_OK) status = es_file_write(config, m->text, m->n, diag);
  free(config);
  free(path);
  if (status != ES_OK) return status;
  summary.solving = es_seconds() - summary.started;
  status = es_sweep_record(job, &summary, diag);
  if (status == ES_OK && job->json)
    status = es_sweep_print_json(job, &summary, diag);
  return status == ES_OK ? es_sweep_strict(job, &summary.tally, diag) : status;
}

es_status es_sweep_merge(const es_job *job, es_diag *diag) {
  merging m = {.job = job};
  es_status status = find(&m, diag);
  if (status == ES_OK && job->dry_run)
    fprintf(job->out, "# cells: %" PRIu64 ", all there in %zu shards\n",
            es_sweep_cells(m.sweep), m.list.n);
  else if (status == ES_OK) {
    es_job whole = *job;
    whole.config = m.config;
    whole.target = m.model;
    if (whole.dir == NULL) whole.dir = job->target;
    status = write_whole(&m, &whole, diag);
  }
  es_shard_list_free(&m.list);
  es_sweep_free(m.sweep);
  es_config_free(m.config);
  free(m.axes);
  free(m.text);
  free(m.model);
  return status;
}
