/* Mean and spread over a setting: see summary.h. */
#include "run/summary.h"

#include "file/csv.h"
#include "run/items.h"
#include "run/refuse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Number of the key that is summed over; the number of keys: none is. */
static size_t find_over(const es_stage *stage) {
  size_t k = 0;
  while (k < es_items_keys(stage) &&
         strcmp(es_items_key(stage, k)->key, stage->over) != 0)
    k++;
  return k;
}

es_status es_summary_check(const es_plan *plan, const es_stage *stage,
                           es_diag *diag) {
  if (stage->over == NULL || find_over(stage) < es_items_keys(stage))
    return ES_OK;
  return ES_REFUSE(
      plan, es_node_get(stage->node, "over"), diag,
      "over: expected a key of each, written the same way, such as "
      "%.80s",
      es_items_key(stage, 0)->key);
}

typedef struct summary {
  const es_stage *stage;
  es_table table;
  size_t keys, over;      /* keys of the items; the one summed over */
  size_t members, stride; /* items of a group, and how far they lie apart */
  es_csv csv;
} summary;

static es_status write_head(summary *s, es_diag *diag) {
  const size_t first = s->keys + 1, figures = s->table.columns - first;
  enum { ROOM = 80 };
  const char **names = calloc(s->keys + 2 * figures + 1, sizeof *names);
  char(*made)[ROOM] = calloc(2 * figures + 1, sizeof *made);
  size_t n = 0;
  es_status status = names != NULL && made != NULL
                         ? ES_OK
                         : es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t k = 0; status == ES_OK && k < s->keys; k++)
    if (k != s->over) names[n++] = es_items_column(s->stage, k);
  if (status == ES_OK) names[n++] = "n";
  for (size_t j = 0; status == ES_OK && j < 2 * figures; j++) {
    snprintf(made[j], ROOM, "%.64s_%s", s->table.name[first + j / 2],
             j % 2 == 0 ? "mean" : "std");
    names[n++] = made[j];
  }
  if (status == ES_OK) status = es_csv_header(&s->csv, names, n, diag);
  free(names);
  free(made);
  return status;
}

/* Row of the m-th item of the group that begins with item i; NULL where it did
 * not end well. */
static const double *row_of(const summary *s, size_t i, size_t m) {
  const double *row = s->table.value + (i + m * s->stride) * s->table.columns;
  return row[s->keys] == 0 ? row : NULL;
}

static size_t count(const summary *s, size_t i) {
  size_t n = 0;
  for (size_t m = 0; m < s->members; m++) n += row_of(s, i, m) != NULL;
  return n;
}

static double mean_of(const summary *s, size_t i, size_t column) {
  double sum = 0;
  for (size_t m = 0; m < s->members; m++) {
    const double *row = row_of(s, i, m);
    sum += row == NULL ? 0 : row[column];
  }
  return sum / (double)count(s, i);
}

static double spread_of(const summary *s, size_t i, size_t column) {
  const double mean = mean_of(s, i, column);
  double sum = 0;
  for (size_t m = 0; m < s->members; m++) {
    const double *row = row_of(s, i, m);
    sum += row == NULL ? 0 : (row[column] - mean) * (row[column] - mean);
  }
  const size_t n = count(s, i);
  return n > 1 ? sqrt(sum / (double)(n - 1)) : NAN;
}

/* The group whose first item is i. */
static es_status write_group(summary *s, size_t i, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < s->keys; k++)
    if (k != s->over)
      status =
          es_csv_cell_text(&s->csv, es_items_value(s->stage, i, k)->text, diag);
  if (status == ES_OK) status = es_csv_cell(&s->csv, (double)count(s, i), diag);
  for (size_t j = s->keys + 1; status == ES_OK && j < s->table.columns; j++) {
    status = es_csv_cell(&s->csv, mean_of(s, i, j), diag);
    if (status == ES_OK)
      status = es_csv_cell(&s->csv, spread_of(s, i, j), diag);
  }
  return status;
}

static es_status write_rows(summary *s, es_diag *diag) {
  es_status status = write_head(s, diag);
  for (size_t i = 0; status == ES_OK && i < s->table.rows; i++)
    if (i / s->stride % s->members == 0) status = write_group(s, i, diag);
  return status;
}

/* The table is this stage's, a row for each item. */
static es_status write_file(summary *s, const char *dir, es_diag *diag) {
  char *path = es_file_join(dir, "summary.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_csv_open(&s->csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = write_rows(s, diag);
  return es_csv_end(&s->csv, status, diag);
}

es_status es_summary_write(const char *dir, const es_stage *stage,
                           es_diag *diag) {
  if (stage->over == NULL) return es_file_remove(dir, "summary.csv", diag);
  summary s = {.stage = stage,
               .keys = es_items_keys(stage),
               .over = find_over(stage),
               .stride = 1};
  s.members = es_items_key(stage, s.over)->n_children;
  for (size_t k = s.over + 1; k < s.keys; k++)
    s.stride *= es_items_key(stage, k)->n_children;
  char *path = es_file_join(dir, "table.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_table_read(&s.table, path, diag);
  free(path);
  if (status == ES_OK) status = write_file(&s, dir, diag);
  es_table_free(&s.table);
  return status;
}
