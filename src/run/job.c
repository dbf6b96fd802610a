/* What all commands share: see job.h. */
#include "run/job.h"

#include "file/atomic.h"
#include "run/record.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static es_status apply_seed(const es_job *job, es_config *config,
                            es_diag *diag) {
  static const char *const sections[] = {"model", "data", "train"};
  char value[32];
  if (!job->seed_given) return ES_OK;
  snprintf(value, sizeof value, "%" PRIu64, job->seed);
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
    const es_status status =
        es_config_suggest(config, sections[i], "seed", value, diag);
    if (status != ES_OK) return status;
  }
  return ES_OK;
}

es_status es_job_settle(const es_job *job, const es_command *command,
                        es_config *config, es_diag *diag) {
  const es_status status = apply_seed(job, config, diag);
  return status == ES_OK && command->settle != NULL
             ? command->settle(config, diag)
             : status;
}

es_status es_job_check_dir(const es_job *job, es_diag *diag) {
  if (job->dir == NULL || !es_file_exists(job->dir)) return ES_OK;
  if (!es_file_is_directory(job->dir))
    return es_fail(diag, ES_EXISTS, "%s: exists and is not a folder", job->dir);
  if (job->force || job->resume || job->dry_run) return ES_OK;
  if (job->shard.count > 0) return ES_OK; /* the command looks closer */
  return es_fail(diag, ES_EXISTS,
                 "%s: exists already; choose another -o DIR, or --force",
                 job->dir);
}

static int is_result(const struct dirent *entry) {
  return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
         strcmp(entry->d_name, "config.yaml") != 0;
}

/* Removes a folder with nothing in it, or settings alone. */
static void leave_dir(const char *dir) {
  struct dirent **entry = NULL;
  const int n = scandir(dir, &entry, is_result, NULL);
  for (int i = 0; i < n; i++) free(entry[i]);
  free(entry);
  if (n == 0 && es_file_remove(dir, "config.yaml", NULL) == ES_OK) rmdir(dir);
}

es_status es_job_execute(const es_job *job, es_diag *diag) {
  es_hold hold = {-1};
  es_job own = *job;
  const bool made = job->dir != NULL && !es_file_exists(job->dir);
  own.hold = &hold;
  const es_status status = job->command->execute(&own, diag);
  /* Another shard may be at work there. */
  if (status != ES_OK && made && hold.fd >= 0 && job->shard.count == 0)
    leave_dir(job->dir);
  if (hold.fd >= 0) close(hold.fd);
  return status;
}

es_status es_job_take_dir(const es_job *job, es_diag *diag) {
  if (job->dir == NULL) return ES_OK;
  const es_status status = es_file_mkdirs(job->dir, diag);
  if (status != ES_OK || job->hold == NULL || job->hold->fd >= 0) return status;
  return es_file_hold(&job->hold->fd, job->dir,
                      job->shard.count > 0 && !job->merge, diag);
}

es_status es_job_begun(es_job *job, es_diag *diag) {
  if (!job->resume || job->dir == NULL ||
      (job->command->options & (ES_TRAINS | ES_SWEEPS)) == 0)
    return ES_OK;
  const es_status status =
      es_record_same_settings(&job->resume, job->dir, job->config, diag);
  job->force = job->force || !job->resume;
  return status;
}
