/* Whose folder it is that `run --resume` is to go on in, as the records there
 * say: each has the command line that it was made with. */
#include "cli/cli.h"

#include "base/text.h"
#include "file/atomic.h"
#include "report/record.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct owner {
  const char *name; /* the experiment that is asked for, n characters */
  size_t n;
  bool found;     /* one of its records */
  char other[80]; /* whose another record is, if any */
} owner;

const char *es_cli_experiment_name(const char *target, size_t *n) {
  const char *slash = strrchr(target, '/');
  const char *name = slash == NULL ? target : slash + 1;
  *n = strlen(name);
  if (*n > 5 && strcmp(name + *n - 5, ".yaml") == 0) *n -= 5;
  return name;
}

/* A command line that was recorded; without a command if it is none. */
static es_status read_line(es_options *out, const cJSON *line, es_diag *diag) {
  int argc = 0;
  const cJSON *word;
  char **argv = calloc((size_t)cJSON_GetArraySize(line) + 1, sizeof *argv);
  if (argv == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  cJSON_ArrayForEach(word, line) {
    if (cJSON_IsString(word)) argv[argc++] = word->valuestring;
  }
  const es_status status = es_options_parse(out, argc, argv, NULL);
  free(argv);
  return status == ES_NO_MEMORY ? es_fail(diag, status, "no memory") : ES_OK;
}

/* Experiments have their records in folders of stages; one beside them is of
 * another command. */
static void judge(owner *o, const es_job *line, bool of_stage) {
  size_t n = 0;
  char name[64];
  const bool runs = strcmp(line->command->name, "run") == 0;
  if (runs) {
    const char *theirs = es_cli_experiment_name(line->target, &n);
    o->found = o->found || (n == o->n && strncmp(theirs, o->name, n) == 0);
    snprintf(name, sizeof name, "%.*s", (int)n, theirs);
  }
  if (o->other[0] != '\0' || runs != of_stage) return;
  if (runs)
    snprintf(o->other, sizeof o->other, "experiment %s", name);
  else
    snprintf(o->other, sizeof o->other, "a run of `%s`", line->command->name);
}

/* The record in dir, if it is one. */
static es_status look(owner *o, const char *dir, bool of_stage, es_diag *diag) {
  cJSON *root = NULL;
  es_options line = {0};
  es_status status = es_record_read(&root, dir, diag);
  if (status == ES_OK)
    status = read_line(&line, cJSON_GetObjectItem(root, "command_line"), diag);
  if (status == ES_OK && line.job.command != NULL && line.job.target != NULL)
    judge(o, &line.job, of_stage);
  es_options_free(&line);
  cJSON_Delete(root);
  return status;
}

static int is_plain(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

/* Stages, and the runs of repeated ones, until one is of this experiment. */
static es_status look_below(owner *o, const char *dir, int depth,
                            es_diag *diag) {
  struct dirent **entry = NULL;
  const int n = scandir(dir, &entry, is_plain, alphasort);
  es_status status =
      n >= 0 || errno == ENOENT
          ? ES_OK
          : es_fail(diag, errno == ENOMEM ? ES_NO_MEMORY : ES_FILE_MISSING,
                    "%s: cannot be read: %s", dir, strerror(errno));
  for (int i = 0; i < n; i++) {
    char *path = es_file_join(dir, entry[i]->d_name);
    if (path == NULL) status = es_fail(diag, ES_NO_MEMORY, "no memory");
    if (status == ES_OK && !o->found && es_file_is_directory(path)) {
      status = look(o, path, true, diag);
      if (status == ES_OK && depth > 1)
        status = look_below(o, path, depth - 1, diag);
    }
    free(path);
    free(entry[i]);
  }
  free(entry);
  return status;
}

es_status es_cli_check_experiment(const es_job *job, es_diag *diag) {
  owner o = {0};
  char shown[64];
  o.name = es_cli_experiment_name(job->target, &o.n);
  es_status status = look(&o, job->dir, false, diag);
  if (status == ES_OK) status = look_below(&o, job->dir, 2, diag);
  if (status != ES_OK) return status;
  if (o.found || o.other[0] == '\0') return ES_OK;
  return es_fail(diag, ES_EXISTS,
                 "%s: holds %s, and --resume is of %s; choose another -o DIR, "
                 "or --force",
                 job->dir, o.other,
                 es_text_quote(shown, sizeof shown, job->target));
}
