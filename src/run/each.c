/* Repeating a stage over settings: see each.h. */
#include "run/each.h"

#include "file/atomic.h"
#include "file/csv.h"
#include "run/against.h"
#include "run/align.h"
#include "run/derive.h"
#include "run/drawing.h"
#include "run/ends.h"
#include "run/fit.h"
#include "run/items.h"
#include "run/record.h"
#include "run/refuse.h"
#include "run/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIGURES = 32, LONGEST = 120 };

static es_status configure_item(es_config **out, const es_plan *plan,
                                const es_stage *stage, size_t i, es_diag *diag);

/* What item i is set by before its own keys of `each`. */
static es_status begin_item(es_config **out, const es_plan *plan,
                            const es_stage *stage, size_t i, es_diag *diag) {
  if (stage->of == NULL || (stage->command->options & ES_SET_BY_RUN) == 0)
    return es_stage_configure(out, plan, stage, diag);
  es_status status =
      configure_item(out, plan, stage->of, es_items_read(stage, i), diag);
  if (status != ES_OK) return status;
  status = es_stage_set(*out, plan, stage, diag);
  if (status == ES_OK) return ES_OK;
  es_config_free(*out);
  *out = NULL;
  return status;
}

static es_status configure_item(es_config **out, const es_plan *plan,
                                const es_stage *stage, size_t i,
                                es_diag *diag) {
  es_status status = begin_item(out, plan, stage, i, diag);
  for (size_t k = es_items_read_keys(stage);
       status == ES_OK && k < es_items_keys(stage); k++) {
    const es_node *key = es_items_key(stage, k);
    char word[256];
    snprintf(word, sizeof word, "%s=%s", key->key,
             es_items_value(stage, i, k)->text);
    es_diag inner = {0};
    status = es_config_set(*out, word, &inner);
    if (status != ES_OK)
      status = es_fail(diag, status, "%s:%zu:%zu: each: %s", plan->path,
                       key->line, key->column, inner.message);
  }
  if (status == ES_OK) status = es_derive_set(*out, plan, stage, i, diag);
  if (status == ES_OK) return ES_OK;
  es_config_free(*out);
  *out = NULL;
  return status;
}

static bool well_formed(const es_node *each) {
  bool good = each->kind == ES_NODE_MAP && each->n_children > 0 &&
              each->n_children <= ES_MOST_KEYS;
  for (size_t k = 0; good && k < each->n_children; k++) {
    const es_node *key = &each->child[k];
    good = key->kind == ES_NODE_LIST && key->n_children > 0 &&
           strlen(key->key) <= LONGEST;
    for (size_t j = 0; good && j < key->n_children; j++)
      good = key->child[j].kind == ES_NODE_SCALAR &&
             strlen(key->child[j].text) <= LONGEST;
  }
  return good;
}

es_status es_each_check(const es_plan *plan, const es_stage *stage,
                        es_diag *diag) {
  const es_node *each = stage->each != NULL ? stage->each : stage->node;
  if ((stage->each != NULL && !well_formed(each)) ||
      es_items_count(stage) > ES_MOST_ITEMS)
    return ES_REFUSE(plan, each, diag,
                     "each: write it as {section.key: [value, …], …} with at "
                     "most %d combinations",
                     ES_MOST_ITEMS);
  for (size_t i = 0; i < es_items_count(stage); i++) {
    es_config *config = NULL;
    const es_status status = configure_item(&config, plan, stage, i, diag);
    if (status != ES_OK) return status;
    es_config_free(config);
  }
  return es_summary_check(plan, stage, diag);
}

static size_t count_ends(const es_stage *stage) {
  return stage->ends == NULL ? 0 : stage->ends->n_children;
}

/* True of a summary figure whose name a key or one of the ends has. */
static bool is_taken(const es_stage *stage, const char *figure) {
  bool found = false;
  for (size_t k = 0; !found && k < es_items_keys(stage); k++)
    found = strcmp(figure, es_items_column(stage, k)) == 0;
  for (size_t k = 0; !found && k < count_ends(stage); k++) {
    const size_t n = strlen(stage->ends->child[k].text);
    found = strncmp(figure, stage->ends->child[k].text, n) == 0 &&
            strcmp(figure + n, "_end") == 0;
  }
  return found;
}

static es_status write_head(es_csv *csv, const es_stage *stage,
                            const cJSON *summary, es_diag *diag) {
  const char *names[MOST_FIGURES + 2 * ES_MOST_KEYS + 2 + ES_MOST_ENDS];
  char end[ES_MOST_ENDS][ES_LONGEST_END + 5];
  size_t n = 0;
  const cJSON *figure;
  for (size_t k = 0; k < es_items_keys(stage); k++)
    names[n++] = es_items_column(stage, k);
  names[n++] = "status";
  if (stage->against != NULL) names[n++] = "distance";
  for (size_t k = 0; k < count_ends(stage); k++) {
    snprintf(end[k], sizeof end[k], "%s_end", stage->ends->child[k].text);
    names[n++] = end[k];
  }
  cJSON_ArrayForEach(figure, summary) {
    if (n < sizeof names / sizeof *names && !is_taken(stage, figure->string))
      names[n++] = figure->string;
  }
  return es_csv_header(csv, names, n, diag);
}

/* The table grows in order. Its columns are the figures of the first item that
 * left some; items before it wait for them. */
typedef struct items {
  const es_job *job;
  const es_plan *plan;
  const es_stage *stage;
  es_csv csv;
  size_t n;
  int *code;        /* exit code of each item */
  double *distance; /* of each item from the stage it is set beside */
  double *end;      /* count_ends of each item */
  cJSON *head;      /* the record whose summary names the columns, or NULL */
} items;

/* Row i; record NULL: no figures. */
static es_status write_item(items *all, size_t i, const cJSON *record,
                            es_diag *diag) {
  const es_stage *stage = all->stage;
  const cJSON *summary = cJSON_GetObjectItem(record, "summary"), *figure;
  es_csv *csv = &all->csv;
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < es_items_keys(stage); k++)
    status = es_csv_cell_text(csv, es_items_value(stage, i, k)->text, diag);
  if (status == ES_OK) status = es_csv_cell(csv, all->code[i], diag);
  if (status == ES_OK && stage->against != NULL)
    status = es_csv_cell(csv, all->distance[i], diag);
  for (size_t k = 0; status == ES_OK && k < count_ends(stage); k++)
    status = es_csv_cell(csv, all->end[i * count_ends(stage) + k], diag);
  cJSON_ArrayForEach(figure, cJSON_GetObjectItem(all->head, "summary")) {
    if (status != ES_OK || csv->filled == 0) break;
    if (is_taken(stage, figure->string)) continue;
    const cJSON *own =
        cJSON_GetObjectItemCaseSensitive(summary, figure->string);
    status =
        es_csv_cell(csv, cJSON_IsNumber(own) ? own->valuedouble : NAN, diag);
  }
  return status;
}

/* The head, and the rows of items before i, which have no figures. */
static es_status begin_table(items *all, size_t i, es_diag *diag) {
  es_status status = write_head(
      &all->csv, all->stage, cJSON_GetObjectItem(all->head, "summary"), diag);
  for (size_t before = 0; status == ES_OK && before < i; before++)
    status = write_item(all, before, NULL, diag);
  return status;
}

/* One item into dir; *code is its exit code. Failures that are no result
 * (files, settings, interruption) end the stage. */
static es_status run_item(const es_job *job, const es_plan *plan,
                          const es_stage *stage, size_t i, const char *dir,
                          int *code, es_diag *diag) {
  es_job own = *job;
  char *target = es_items_target(job, stage, i);
  if (target == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  own.command = stage->command;
  own.target = target;
  own.dir = dir;
  own.plot = "none";
  own.csv = NULL;
  own.json = false;
  own.config = NULL;
  es_status status = configure_item(&own.config, plan, stage, i, diag);
  if (status == ES_OK)
    status = es_job_settle(job, stage->command, own.config, diag);
  if (status == ES_OK) status = es_file_remove(dir, "run.json", diag);
  if (status == ES_OK) status = es_job_begun(&own, diag);
  /* A training that goes on does so in its own trace. */
  const bool goes_on = own.resume && (stage->command->options & ES_TRAINS) != 0;
  if (status == ES_OK && !goes_on)
    status = es_file_remove(dir, "trace.csv", diag);
  if (status == ES_OK) status = es_job_execute(&own, diag);
  es_config_free(own.config);
  free(target);
  *code = es_status_exit_code(status);
  return *code == 1 || status == ES_BUDGET ? ES_OK : status;
}

/* The stage's folder is beside this one's. */
static es_status set_beside(items *all, size_t i, const char *dir,
                            es_diag *diag) {
  char up[80];
  snprintf(up, sizeof up, "../%s", all->stage->against);
  char *other = es_file_join(all->job->dir, up);
  if (other == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status =
      es_against_distance(&all->distance[i], dir, other, diag);
  free(other);
  return status;
}

/* The folder whose trace item i, in dir, speaks of: its own, or that of the run
 * it reads. To be freed; NULL without memory. */
static char *traced(const items *all, size_t i, const char *dir) {
  return all->stage->of == NULL ? strdup(dir)
                                : es_items_target(all->job, all->stage, i);
}

/* What a row says of the trace. An item that failed before its first row may
 * have none; one of a kind that writes none is refused by the reader. */
static es_status read_trace(items *all, size_t i, const char *dir,
                            es_diag *diag) {
  const es_stage *stage = all->stage;
  double *end = all->end + i * count_ends(stage);
  char *from = traced(all, i, dir);
  char *path = from == NULL ? NULL : es_file_join(from, "trace.csv");
  es_status status =
      path == NULL ? es_fail(diag, ES_NO_MEMORY, "no memory") : ES_OK;
  const bool none =
      path == NULL || (all->code[i] != 0 && !es_file_exists(path));
  all->distance[i] = NAN;
  for (size_t k = 0; k < count_ends(stage); k++) end[k] = NAN;
  if (!none && stage->against != NULL) status = set_beside(all, i, dir, diag);
  if (status == ES_OK && !none && stage->ends != NULL)
    status = es_ends_read(end, from, stage->ends, diag);
  free(path);
  free(from);
  return status;
}

/* Item i, and its row where the columns are known. */
static es_status add_item(items *all, size_t i, es_diag *diag) {
  char *dir = es_items_folder(all->job->dir, i);
  if (dir == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status =
      run_item(all->job, all->plan, all->stage, i, dir, &all->code[i], diag);
  if (status == ES_OK) status = read_trace(all, i, dir, diag);
  cJSON *record = NULL;
  if (status == ES_OK) status = es_record_read(&record, dir, diag);
  free(dir);
  const bool first = status == ES_OK && all->head == NULL &&
                     cJSON_GetObjectItem(record, "summary") != NULL;
  if (first) {
    all->head = record;
    status = begin_table(all, i, diag);
  }
  if (status == ES_OK && all->head != NULL)
    status = write_item(all, i, record, diag);
  if (!first) cJSON_Delete(record);
  return status;
}

static es_status run_items(items *all, es_diag *diag) {
  es_status status = ES_OK;
  all->code = calloc(all->n, sizeof *all->code);
  all->distance = calloc(all->n, sizeof *all->distance);
  all->end = calloc(all->n * count_ends(all->stage) + 1, sizeof *all->end);
  if (all->code == NULL || all->distance == NULL || all->end == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; status == ES_OK && i < all->n; i++) {
    es_progress_report(all->job->progress, all->stage->name, (double)i,
                       (double)all->n);
    status = add_item(all, i, diag);
  }
  if (status == ES_OK && all->head == NULL)
    status = begin_table(all, all->n, diag);
  free(all->code);
  free(all->distance);
  free(all->end);
  cJSON_Delete(all->head);
  return status;
}

static es_status dry_run(const es_job *job, const es_stage *stage,
                         es_diag *diag) {
  if (job->out == NULL) return ES_OK;
  fprintf(job->out, "# %s: %zu runs like this one\n", stage->name,
          es_items_count(stage));
  if ((stage->command->options & (ES_TRAINS | ES_OF_STAGE)) == ES_TRAINS)
    return stage->command->execute(job, diag); /* reads no other stage */
  return es_config_write(job->config, job->out, diag);
}

static es_status fill_table(const es_job *job, const es_plan *plan,
                            const es_stage *stage, es_diag *diag) {
  items all = {
      .job = job, .plan = plan, .stage = stage, .n = es_items_count(stage)};
  char *path = es_file_join(job->dir, "table.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_csv_open(&all.csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = run_items(&all, diag);
  return es_csv_end(&all.csv, status, diag);
}

es_status es_each_run(const es_job *job, const es_plan *plan,
                      const es_stage *stage, es_diag *diag) {
  if (job->dry_run) return dry_run(job, stage, diag);
  es_status status = es_file_mkdirs(job->dir, diag);
  if (status == ES_OK) status = fill_table(job, plan, stage, diag);
  if (status == ES_OK) status = es_summary_write(job->dir, stage, diag);
  if (status == ES_OK) status = es_fit_write(job->dir, stage, diag);
  if (status == ES_OK) status = es_align_write(job->dir, stage, diag);
  return status == ES_OK
             ? es_stage_draw(job->dir, plan, stage, job->figure, diag)
             : status;
}

/* Whether a table has the columns of the ends that are asked for now. One that
 * has more is taken as well. */
static bool same_ends(const es_table *table, const es_stage *stage) {
  bool same = true;
  for (size_t k = 0; same && k < count_ends(stage); k++) {
    char name[ES_LONGEST_END + 5];
    snprintf(name, sizeof name, "%s_end", stage->ends->child[k].text);
    same = es_table_column(table, name) < table->columns;
  }
  return same;
}

/* Whether dir/table.csv has a row for each item, under the names of the keys,
 * and is set beside a stage or not as is asked for now. */
static es_status same_table(bool *out, const es_job *job, const es_stage *stage,
                            es_diag *diag) {
  es_table table = {0};
  const size_t n = es_items_keys(stage);
  char *path = es_file_join(job->dir, "table.csv");
  *out = false;
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = es_table_read(&table, path, diag);
  *out = status == ES_OK && table.rows == es_items_count(stage) &&
         table.columns > n && strcmp(table.name[n], "status") == 0 &&
         (es_table_column(&table, "distance") < table.columns) ==
             (stage->against != NULL) &&
         same_ends(&table, stage);
  for (size_t k = 0; *out && k < n; k++)
    *out = strcmp(table.name[k], es_items_column(stage, k)) == 0;
  es_table_free(&table);
  free(path);
  return status == ES_NO_MEMORY ? status : ES_OK;
}

/* Whether item i has been run with the settings that it has now. */
static es_status same_item(bool *out, const es_job *job, const es_plan *plan,
                           const es_stage *stage, size_t i, es_diag *diag) {
  es_config *config = NULL;
  char *dir = es_items_folder(job->dir, i);
  char *target = es_items_target(job, stage, i);
  es_status status = dir == NULL || target == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory")
                         : configure_item(&config, plan, stage, i, diag);
  if (status == ES_OK)
    status = es_job_settle(job, stage->command, config, diag);
  if (status == ES_OK)
    status = es_record_same(out, dir, stage->command, target, config, diag);
  es_config_free(config);
  free(target);
  free(dir);
  return status;
}

es_status es_each_kept(bool *out, const es_job *job, const es_plan *plan,
                       const es_stage *stage, es_diag *diag) {
  es_status status = same_table(out, job, stage, diag);
  for (size_t i = 0; status == ES_OK && *out && i < es_items_count(stage); i++)
    status = same_item(out, job, plan, stage, i, diag);
  return status;
}
