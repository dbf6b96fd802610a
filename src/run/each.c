/* Repeating a stage over settings: see each.h. */
#include "run/each.h"

#include "file/atomic.h"
#include "file/csv.h"
#include "plot/plot.h"
#include "run/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 10000, MOST_FIGURES = 32, MOST_KEYS = 15, LONGEST = 120 };

static size_t count_items(const es_stage *stage) {
  size_t n = 1;
  for (size_t k = 0; k < stage->each->n_children && n <= MOST_ITEMS; k++)
    n *= stage->each->child[k].n_children;
  return n;
}

/* The value of key k in item i. */
static const es_node *value_of(const es_stage *stage, size_t i, size_t k) {
  for (size_t last = stage->each->n_children - 1; last > k; last--)
    i /= stage->each->child[last].n_children;
  const es_node *key = &stage->each->child[k];
  return &key->child[i % key->n_children];
}

static es_status configure_item(es_config **out, const es_plan *plan,
                                const es_stage *stage, size_t i,
                                es_diag *diag) {
  es_status status = es_stage_configure(out, plan, stage, diag);
  for (size_t k = 0; status == ES_OK && k < stage->each->n_children; k++) {
    char word[256];
    snprintf(word, sizeof word, "%s=%s", stage->each->child[k].key,
             value_of(stage, i, k)->text);
    es_diag inner = {0};
    status = es_config_set(*out, word, &inner);
    if (status != ES_OK)
      status = es_fail(diag, status, "%s:%zu:%zu: each: %s", plan->path,
                       stage->each->child[k].line, stage->each->child[k].column,
                       inner.message);
  }
  if (status == ES_OK) return ES_OK;
  es_config_free(*out);
  *out = NULL;
  return status;
}

es_status es_each_check(const es_plan *plan, const es_stage *stage,
                        es_diag *diag) {
  const es_node *each = stage->each;
  bool good = each->kind == ES_NODE_MAP && each->n_children > 0 &&
              each->n_children <= MOST_KEYS;
  for (size_t k = 0; good && k < each->n_children; k++) {
    const es_node *key = &each->child[k];
    good = key->kind == ES_NODE_LIST && key->n_children > 0 &&
           strlen(key->key) <= LONGEST;
    for (size_t j = 0; good && j < key->n_children; j++)
      good = key->child[j].kind == ES_NODE_SCALAR &&
             strlen(key->child[j].text) <= LONGEST;
  }
  if (!good || count_items(stage) > MOST_ITEMS)
    return es_fail(diag, ES_BAD_VALUE,
                   "%s:%zu:%zu: each: write it as {section.key: [value, …], …} "
                   "with at most %d combinations",
                   plan->path, each->line, each->column, MOST_ITEMS);
  for (size_t i = 0; i < count_items(stage); i++) {
    es_config *config = NULL;
    const es_status status = configure_item(&config, plan, stage, i, diag);
    if (status != ES_OK) return status;
    es_config_free(config);
  }
  return ES_OK;
}

/* The key without its section, unless another key is called the same. */
static const char *column_name(const es_stage *stage, size_t k) {
  const char *key = stage->each->child[k].key, *dot = strrchr(key, '.');
  if (dot == NULL) return key;
  for (size_t other = 0; other < stage->each->n_children; other++) {
    const char *theirs = strrchr(stage->each->child[other].key, '.');
    if (other != k && theirs != NULL && strcmp(theirs, dot) == 0) return key;
  }
  return dot + 1;
}

static es_status write_head(es_csv *csv, const es_stage *stage,
                            const cJSON *summary, es_diag *diag) {
  const char *names[MOST_FIGURES + MOST_KEYS + 1];
  size_t n = 0;
  const cJSON *figure;
  for (size_t k = 0; k < stage->each->n_children; k++)
    names[n++] = column_name(stage, k);
  names[n++] = "status";
  cJSON_ArrayForEach(figure, summary) {
    if (n < MOST_FIGURES + MOST_KEYS + 1) names[n++] = figure->string;
  }
  return es_csv_header(csv, names, n, diag);
}

static es_status write_item(es_csv *csv, const es_stage *stage, size_t i,
                            int code, const cJSON *summary, es_diag *diag) {
  const cJSON *figure;
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < stage->each->n_children; k++)
    status = es_csv_cell_text(csv, value_of(stage, i, k)->text, diag);
  if (status == ES_OK) status = es_csv_cell(csv, code, diag);
  for (size_t f = csv->filled; status == ES_OK && f < csv->columns; f++) {
    figure =
        cJSON_GetArrayItem(summary, (int)(f - stage->each->n_children - 1));
    status = es_csv_cell(
        csv, cJSON_IsNumber(figure) ? figure->valuedouble : NAN, diag);
  }
  return status;
}

/* One item into dir/III; *code is its exit code. Failures that are no result
 * (files, settings, interruption) end the stage. */
static es_status run_item(const es_job *job, const es_plan *plan,
                          const es_stage *stage, size_t i, const char *dir,
                          int *code, es_diag *diag) {
  es_job own = *job;
  own.command = stage->command;
  own.target = stage->target;
  own.dir = dir;
  own.plot = "none";
  own.csv = NULL;
  own.json = false;
  own.config = NULL;
  es_status status = configure_item(&own.config, plan, stage, i, diag);
  if (status == ES_OK) status = es_job_apply_seed(job, own.config, diag);
  if (status == ES_OK) status = stage->command->execute(&own, diag);
  es_config_free(own.config);
  *code = es_status_exit_code(status);
  return *code == 1 || status == ES_BUDGET ? ES_OK : status;
}

static es_status run_items(const es_job *job, const es_plan *plan,
                           const es_stage *stage, es_csv *csv, es_diag *diag) {
  const size_t n = count_items(stage);
  for (size_t i = 0; i < n; i++) {
    char name[32];
    int code = 0;
    snprintf(name, sizeof name, "%03zu", i);
    char *dir = es_file_join(job->dir, name);
    if (dir == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
    es_progress_report(job->progress, stage->name, (double)i, (double)n);
    es_status status = run_item(job, plan, stage, i, dir, &code, diag);
    cJSON *root = status == ES_OK ? es_record_read(dir) : NULL;
    const cJSON *summary = cJSON_GetObjectItem(root, "summary");
    if (status == ES_OK && i == 0)
      status = write_head(csv, stage, summary, diag);
    if (status == ES_OK)
      status = write_item(csv, stage, i, code, summary, diag);
    cJSON_Delete(root);
    free(dir);
    if (status != ES_OK) return status;
  }
  return ES_OK;
}

es_status es_each_run(const es_job *job, const es_plan *plan,
                      const es_stage *stage, es_diag *diag) {
  es_csv csv;
  if (job->dry_run) {
    printf("# %s: %zu runs like this one\n", stage->name, count_items(stage));
    return es_config_write(job->config, stdout, diag);
  }
  es_status status = es_file_mkdirs(job->dir, diag);
  char *path = es_file_join(job->dir, "table.csv");
  if (status == ES_OK && path == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory");
  if (status == ES_OK) status = es_csv_open(&csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = run_items(job, plan, stage, &csv, diag);
  if (status != ES_OK) {
    es_csv_abandon(&csv);
    return status;
  }
  status = es_csv_close(&csv, diag);
  if (status == ES_OK && stage->plot != NULL &&
      strcmp(stage->plot, "none") != 0)
    status =
        es_plot_draw(job->dir, stage->plot,
                     plan->title != NULL ? plan->title : stage->name, diag);
  return status;
}
