/* Reading records for the page: see facts.h. */
#include "report/facts.h"

#include "file/atomic.h"
#include "report/record.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const cJSON *root, const char *key) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
  return cJSON_IsString(item) ? item->valuestring : "";
}

static double number_of(const cJSON *root, const char *key) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
  return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* "model.seed 0, train.seed 1", as many as there is room for. */
static void put_seeds(char *out, const cJSON *root) {
  size_t used = 0;
  const cJSON *seed;
  cJSON_ArrayForEach(seed, cJSON_GetObjectItemCaseSensitive(root, "seeds")) {
    if (!cJSON_IsNumber(seed) || seed->string == NULL || used >= ES_FACTS_TEXT)
      continue; /* one of a list has no name */
    used +=
        (size_t)snprintf(out + used, ES_FACTS_TEXT - used, "%s%s %.0f",
                         used > 0 ? ", " : "", seed->string, seed->valuedouble);
  }
}

static void put_first(es_facts *out, const cJSON *root) {
  const double threads = number_of(root, "threads");
  snprintf(out->command, ES_FACTS_TEXT, "%s", text_of(root, "command"));
  snprintf(out->target, ES_FACTS_TEXT, "%s", text_of(root, "target"));
  snprintf(out->version, ES_FACTS_TEXT, "%s (%s)", text_of(root, "version"),
           text_of(root, "git_hash"));
  snprintf(out->date, ES_FACTS_TEXT, "%s", text_of(root, "date"));
  snprintf(out->cpu, ES_FACTS_TEXT, "%s", text_of(root, "cpu"));
  out->threads = threads >= 1 && threads < 1e6 ? (int)threads : 0;
  put_seeds(out->seeds, root);
}

/* A folder without a record adds nothing. */
static es_status add_run(es_facts *out, const char *dir, es_diag *diag) {
  cJSON *root;
  const es_status status = es_record_read(&root, dir, diag);
  if (root == NULL) return status;
  if (out->runs == 0) put_first(out, root);
  out->runs++;
  out->wall += number_of(root, "wall_seconds");
  cJSON_Delete(root);
  return status;
}

/* The runs of a repeated stage have their records in 000, 001, … */
static es_status add_runs(es_facts *out, const char *folder, es_diag *diag) {
  es_status status = ES_OK;
  bool there = true;
  for (size_t i = 0; status == ES_OK && there; i++) {
    char name[24];
    snprintf(name, sizeof name, "%03zu", i);
    char *item = es_file_join(folder, name);
    if (item == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
    there = es_file_is_directory(item);
    if (there) status = add_run(out, item, diag);
    free(item);
  }
  out->repeated = out->runs > 0;
  return status;
}

es_status es_facts_read(es_facts *out, const char *dir, const char *stage,
                        es_diag *diag) {
  *out = (es_facts){0};
  char *folder = es_file_join(dir, stage);
  if (folder == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = add_run(out, folder, diag);
  if (status == ES_OK && out->runs == 0) status = add_runs(out, folder, diag);
  free(folder);
  return status;
}

void es_facts_time(FILE *out, double seconds) {
  const long whole = (long)(seconds + 0.5);
  if (seconds < 60)
    fprintf(out, "%.3g s", seconds);
  else if (whole < 3600)
    fprintf(out, "%ld min %ld s", whole / 60, whole % 60);
  else
    fprintf(out, "%ld h %ld min", whole / 3600, whole % 3600 / 60);
}
