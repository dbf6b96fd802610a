/* eigenstep overlay: prediction against measurement of finished runs, without
 * training again. */
#include "overlay/family.h"

#include "cli/cli.h"
#include "file/atomic.h"
#include "file/csv.h"
#include "file/open.h"
#include "plot/plot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct run_list {
  char **path;
  size_t n;
} run_list;

/* Twice the same run would be taken for two that agree. */
static bool is_listed(const run_list *list, const char *path) {
  struct stat own, other;
  bool listed = false;
  if (stat(path, &own) != 0) return false;
  for (size_t i = 0; !listed && i < list->n; i++)
    listed = stat(list->path[i], &other) == 0 && own.st_dev == other.st_dev &&
             own.st_ino == other.st_ino;
  return listed;
}

static es_status add(run_list *list, char *path, es_diag *diag) {
  if (path != NULL && is_listed(list, path)) {
    const es_status twice =
        es_fail(diag, ES_BAD_VALUE, "%s: a run that is given twice", path);
    free(path);
    return twice;
  }
  char **grown =
      path == NULL ? NULL : realloc(list->path, (list->n + 1) * sizeof *grown);
  if (grown == NULL) {
    free(path);
    return es_fail(diag, ES_NO_MEMORY, "no memory for a list of runs");
  }
  list->path = grown;
  list->path[list->n++] = path;
  return ES_OK;
}

/* The exit code of run i of a stage; 0 where the table does not say. */
static double code_of(const es_table *table, size_t i) {
  const size_t c = es_table_column(table, "status");
  return c == table->columns ? 0 : table->value[i * table->columns + c];
}

/* Run i of a stage, if it ended well: of one that blew up at once theory would
 * have been right. */
static es_status add_run(run_list *list, const es_job *job, const char *target,
                         const es_table *table, size_t i, es_diag *diag) {
  char name[24], line[200];
  const double code = code_of(table, i);
  snprintf(name, sizeof name, "%03zu", i);
  if (code == 0) return add(list, es_file_join(target, name), diag);
  snprintf(line, sizeof line, "%.120s/%s: left out, it ended with exit %g",
           target, name, code);
  job->say(job, line);
  return ES_OK;
}

/* A run, or the runs 000, 001, … that table.csv of a repeated stage counts.
 * What is no run is named by whoever reads it. */
static es_status add_runs(run_list *list, const es_job *job, const char *target,
                          es_diag *diag) {
  const size_t before = list->n;
  es_table table = {0};
  char *path = es_file_join(target, "table.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = ES_OK;
  if (!es_file_exists(path))
    status = add(list, strdup(target), diag);
  else
    status = es_table_read(&table, path, diag);
  for (size_t i = 0; status == ES_OK && i < table.rows; i++)
    status = add_run(list, job, target, &table, i, diag);
  if (status == ES_OK && list->n == before)
    status =
        es_file_fail(diag, ES_FILE_DATA, path, "counts no run that ended well");
  es_table_free(&table);
  free(path);
  return status;
}

static void say(void *context, const char *line) {
  const es_job *const *job = context;
  (*job)->say(*job, line);
}

/* The family of a run is in its settings. */
static es_status find_family(const es_family **out, const char *run,
                             es_diag *diag) {
  es_config *config = NULL;
  es_status status = ES_OK;
  if (es_file_has(run, "config.yaml"))
    status = es_cli_configure_run(&config, run, diag);
  if (status == ES_OK) *out = es_family_of(config);
  es_config_free(config);
  return status;
}

/* The one family of all runs. */
static es_status agree_on(const es_family **out, const run_list *list,
                          es_diag *diag) {
  es_status status = find_family(out, list->path[0], diag);
  for (size_t i = 1; status == ES_OK && i < list->n; i++) {
    const es_family *family = NULL;
    status = find_family(&family, list->path[i], diag);
    if (status == ES_OK && family != *out)
      status =
          es_fail(diag, ES_BAD_VALUE,
                  "%s is a run for theory of %s, and %s of %s: overlay "
                  "them apart",
                  list->path[0], (*out)->name, list->path[i], family->name);
  }
  return status;
}

/* What an earlier overlay, of this family or another, has left beside the
 * tables that stand now. */
static es_status forget_others(const es_family *family, const char *dir,
                               es_diag *diag) {
  es_status status = es_family_forget(family, dir, diag);
  for (size_t i = 0; status == ES_OK && es_family_list(i) != NULL; i++)
    status = es_plot_forget(dir, es_family_list(i)->plot, diag);
  return status;
}

/* One run's overlay belongs to it; that of several to none of them. */
static es_status lay_over(const es_job *job, const run_list *list,
                          es_diag *diag) {
  es_job own = *job;
  const es_family *family = NULL;
  es_status status = ES_OK;
  if (job->dir == NULL && list->n == 1) own.dir = list->path[0];
  if (job->dir == NULL && list->n > 1) {
    own.dir = "out/overlay";
    status = es_job_check_dir(&own, diag);
  }
  if (status == ES_OK) status = agree_on(&family, list, diag);
  /* Where no run is, none is made. */
  const bool made = status == ES_OK && !es_file_exists(own.dir);
  if (status == ES_OK && !(made && own.dir == list->path[0]))
    status = es_job_take_dir(&own, diag);
  if (status == ES_OK)
    status = family->overlay((const char *const *)list->path, list->n, own.dir,
                             say, &job, diag);
  if (status == ES_OK) status = forget_others(family, own.dir, diag);
  if (made && status != ES_OK) rmdir(own.dir); /* if it is empty */
  if (status != ES_OK) return status;
  if (job->plot != NULL && strcmp(job->plot, "none") == 0) return ES_OK;
  return es_plot_draw(own.dir, job->plot != NULL ? job->plot : family->plot,
                      job->title != NULL ? job->title : "theory over training",
                      job->figure, diag);
}

es_status es_cmd_overlay(const es_job *job, es_diag *diag) {
  run_list list = {NULL, 0};
  es_status status = add_runs(&list, job, job->target, diag);
  for (size_t i = 0; status == ES_OK && i < job->n_more; i++)
    status = add_runs(&list, job, job->more[i], diag);
  if (status == ES_OK && !job->dry_run) status = lay_over(job, &list, diag);
  for (size_t i = 0; i < list.n; i++) free(list.path[i]);
  free(list.path);
  return status;
}
