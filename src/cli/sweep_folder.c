/* The folder of a sweep, which shards may share: settings, records. */
#include "cli/sweep.h"

#include "cli/cli.h"
#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST_CONFIG = 1 << 30 };

void es_sweep_file_name(char out[64], const char *stem, const es_shard *shard,
                        const char *ending) {
  if (shard->count == 0)
    snprintf(out, 64, "%s.%s", stem, ending);
  else
    snprintf(out, 64, "%s-%" PRIu64 "-of-%" PRIu64 ".%s", stem, shard->index,
             shard->count, ending);
}

/* The line of text that begins at or before place i. */
static void line_at(char out[80], const char *text, size_t i) {
  while (i > 0 && text[i - 1] != '\n') i--;
  while (text[i] == ' ') i++;
  snprintf(out, 80, "%.*s", (int)strcspn(text + i, "\n"), text + i);
}

static es_status compare(const es_job *job, const char *there, const char *now,
                         es_diag *diag) {
  char a[80], b[80];
  size_t i = 0;
  while (there[i] == now[i] && now[i] != '\0') i++;
  if (there[i] == now[i]) return ES_OK;
  line_at(a, there, i);
  line_at(b, now, i);
  return es_fail(diag, ES_EXISTS,
                 "%s/config.yaml: made with other settings: '%s' there, '%s' "
                 "now",
                 job->dir, a, b);
}

/* Gives the settings their name unless somebody did; then theirs must be the
 * same. Shards may begin at one time, each with a file of its own. */
static es_status claim(const es_job *job, const char *path, const char *text,
                       size_t n, es_diag *diag) {
  char name[64];
  unsigned char *there = NULL;
  size_t size;
  es_sweep_file_name(name, "config", &job->shard, "yaml.new");
  char *own = es_file_join(job->dir, name);
  if (own == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_file_write(own, text, n, diag);
  if (status == ES_OK && link(own, path) != 0)
    status = es_file_read(&there, &size, path, LARGEST_CONFIG, diag);
  if (status == ES_OK && there != NULL)
    status = compare(job, (const char *)there, text, diag);
  if (unlink(own) != 0 && status == ES_OK)
    status = es_fail(diag, ES_FILE_WRITE, "%s: cannot be removed: %s", own,
                     strerror(errno));
  free(there);
  free(own);
  return status;
}

/* What must not be there without a word on it. */
static es_status check_tables(const es_job *job, es_diag *diag) {
  static const char *const endings[] = {"csv", "h5", "csv.part", "h5.part"};
  char name[64];
  for (size_t i = 0; i < 4; i++) {
    es_sweep_file_name(name, "sweep", &job->shard, endings[i]);
    if (es_file_has(job->dir, name))
      return es_fail(diag, ES_EXISTS,
                     "%s/%s: exists already; choose another -o DIR, or "
                     "--resume, or --force",
                     job->dir, name);
  }
  return ES_OK;
}

/* What an earlier sweep left, but for what is gone on with. */
static es_status forget(const es_job *job, bool h5, es_diag *diag) {
  char name[64];
  es_sweep_file_name(name, "run", &job->shard, "json");
  es_status status = es_file_remove(job->dir, name, diag);
  es_sweep_file_name(name, "sweep", &job->shard, h5 ? "csv" : "h5");
  if (status == ES_OK) status = es_file_remove(job->dir, name, diag);
  es_sweep_file_name(name, "sweep", &job->shard, h5 ? "csv.part" : "h5.part");
  if (status == ES_OK) status = es_file_remove(job->dir, name, diag);
  es_sweep_file_name(name, "sweep", &job->shard, h5 ? "h5" : "csv");
  if (status == ES_OK && !job->resume)
    status = es_file_remove(job->dir, name, diag);
  return status;
}

es_status es_sweep_take_folder(const es_job *job, bool h5, es_diag *diag) {
  size_t n;
  es_status status = es_job_take_dir(job, diag);
  if (status == ES_OK && !job->resume && !job->force)
    status = check_tables(job, diag);
  if (status != ES_OK) return status;
  char *text;
  status = es_config_render(&text, &n, job->config, diag);
  if (status != ES_OK) return status;
  char *path = es_file_join(job->dir, "config.yaml");
  if (path == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory");
  else if (job->force && !job->resume && job->shard.count == 0)
    status = es_cli_write_config(job, diag);
  else
    status = claim(job, path, text, n, diag);
  free(path);
  free(text);
  return status == ES_OK ? forget(job, h5, diag) : status;
}

enum { FIGURES = 8 };

static void fill_figures(es_figure out[FIGURES],
                         const es_sweep_summary *summary) {
  const es_tally *t = &summary->tally;
  const es_figure figures[FIGURES] = {
      {"cells", (double)t->cells},
      {"seconds", summary->solving},
      {"cells_per_second", summary->solved / summary->solving},
      {"undecided", (double)t->fate[ES_FATE_UNDECIDED]},
      {"stable", (double)t->fate[ES_FATE_STABLE]},
      {"collapsed", (double)t->fate[ES_FATE_COLLAPSED]},
      {"diverged", (double)t->fate[ES_FATE_DIVERGED]},
      {"failed", (double)t->failed}};
  memcpy(out, figures, sizeof figures);
}

es_status es_sweep_record(const es_job *job, const es_sweep_summary *summary,
                          es_diag *diag) {
  es_figure figures[FIGURES];
  char name[64];
  fill_figures(figures, summary);
  es_sweep_file_name(name, "run", &job->shard, "json");
  const es_summary record = {.started = summary->started,
                             .exit_code = summary->exit_code,
                             .has_checksum = summary->sweep->from_data,
                             .checksum = summary->sweep->crc,
                             .figures = figures,
                             .n_figures = FIGURES,
                             .name = name};
  return es_cli_write_provenance(job, &record, diag);
}

es_status es_sweep_print_json(const es_job *job,
                              const es_sweep_summary *summary, es_diag *diag) {
  es_figure figures[FIGURES];
  cJSON *root = cJSON_CreateObject();
  fill_figures(figures, summary);
  bool ok = es_json_text(root, "model", job->target);
  for (size_t i = 0; i < FIGURES; i++)
    ok = ok && es_json_real(root, figures[i].name, figures[i].value);
  return es_cli_print_json(root, ok, diag);
}
