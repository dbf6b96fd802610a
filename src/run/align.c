/* Spaces beside each other: see align.h. */
#include "run/align.h"

#include "base/slab.h"
#include "file/array.h"
#include "file/csv.h"
#include "metrics/subspace.h"
#include "run/items.h"
#include "run/refuse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char shape[] =
    "align: write it as {dims: K, rows: {stages: [STAGE, …], data: "
    "FILE.h5:/DATASET, first: components|columns}, columns: {…}}, each stage "
    "this one or in its needs, all repeated equally often";

static const char *text_of(const es_node *map, const char *key) {
  const es_node *node = es_node_get(map, key);
  return node != NULL && node->kind == ES_NODE_SCALAR ? node->text : NULL;
}

/* 0: not a number of dimensions. */
static size_t dims_of(const es_node *align) {
  const char *text = text_of(align, "dims");
  char *end;
  const long dims = text == NULL ? 0 : strtol(text, &end, 10);
  return text != NULL && *end == '\0' && dims > 0 && dims <= ES_MOST_ALIGN_DIMS
             ? (size_t)dims
             : 0;
}

static bool is_needed(const es_stage *stage, const char *name) {
  const es_node *needs = es_node_get(stage->node, "needs");
  bool found = strcmp(name, stage->name) == 0;
  for (size_t i = 0; needs != NULL && i < needs->n_children; i++)
    found = found || strcmp(needs->child[i].text, name) == 0;
  return found;
}

static const es_stage *find(const es_plan *plan, const es_stage *stage,
                            const char *name) {
  for (size_t k = 0; k < plan->n_stages; k++)
    if (strcmp(plan->stage[k].name, name) == 0) return &plan->stage[k];
  return stage;
}

/* How often a stage is run. */
static size_t runs_of(const es_stage *stage) {
  return es_items_any(stage) ? es_items_count(stage) : 1;
}

static bool good_side(const es_plan *plan, const es_stage *stage,
                      const es_node *side) {
  const es_node *stages = es_node_get(side, "stages");
  const char *data = text_of(side, "data"), *first = text_of(side, "first");
  bool good = stages != NULL && stages->kind == ES_NODE_LIST &&
              stages->n_children > 0 && data != NULL && data[0] != '/' &&
              strstr(data, "..") == NULL &&
              (first == NULL || strcmp(first, "components") == 0 ||
               strcmp(first, "columns") == 0);
  for (size_t i = 0; good && i < stages->n_children; i++) {
    const es_node *name = &stages->child[i];
    good = name->kind == ES_NODE_SCALAR && is_needed(stage, name->text) &&
           runs_of(find(plan, stage, name->text)) == runs_of(stage);
  }
  return good;
}

es_status es_align_check(const es_plan *plan, es_stage *stage, es_diag *diag) {
  const es_node *align = stage->align = es_node_get(stage->node, "align");
  if (align == NULL) return ES_OK;
  const es_node *rows = es_node_get(align, "rows");
  const es_node *columns = es_node_get(align, "columns");
  const size_t keys = 2 + (columns != NULL);
  const bool good = align->kind == ES_NODE_MAP && align->n_children == keys &&
                    dims_of(align) > 0 && rows != NULL &&
                    good_side(plan, stage, rows) &&
                    (columns == NULL || good_side(plan, stage, columns));
  return good ? ES_OK : ES_REFUSE(plan, align, diag, "%s", shape);
}

/* One side's spaces: of stage s and its run i at s * runs + i. */
typedef struct side {
  const es_node *node;
  size_t stages, runs;
  double **basis; /* each points × at most dims */
  size_t *k;      /* how many columns each has */
} side;

typedef struct alignment {
  const char *dir;
  const es_stage *stage;
  size_t dims, points; /* points 0: not known yet */
  side row, column;    /* column.node NULL: the rows */
  es_csv csv;
} alignment;

static const char *name_of(const side *s, size_t k) {
  return es_node_get(s->node, "stages")->child[k].text;
}

/* What run i of stage k wrote, "DIR/../NAME/003/arrays.h5:/eval/end"; to be
 * freed, NULL without memory. */
static char *path_of(const alignment *a, const side *s, size_t k, size_t i) {
  char up[80];
  snprintf(up, sizeof up, "../%s", name_of(s, k));
  char *stage = es_file_join(a->dir, up);
  char *run = stage == NULL             ? NULL
              : !es_items_any(a->stage) ? strdup(stage)
                                        : es_items_folder(stage, i);
  char *path = run == NULL ? NULL : es_file_join(run, text_of(s->node, "data"));
  free(stage);
  free(run);
  return path;
}

static es_status read_space(alignment *a, side *s, size_t k, size_t i,
                            es_diag *diag) {
  const char *first = text_of(s->node, "first");
  const size_t at = k * s->runs + i;
  es_array x = {0};
  char *path = path_of(a, s, k, i);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_array_read(&x, path, diag);
  if (status == ES_OK && a->points == 0) a->points = x.rows;
  if (status == ES_OK && x.rows != a->points)
    status = es_fail(diag, ES_BAD_SHAPE,
                     "align: %s has %zu points, and those before it %zu", path,
                     x.rows, a->points);
  if (status == ES_OK) {
    s->basis[at] = es_zeroed(x.rows, a->dims, sizeof *s->basis[at]);
    status = s->basis[at] == NULL
                 ? es_fail(diag, ES_NO_MEMORY, "no memory")
                 : es_subspace_basis(
                       s->basis[at], &s->k[at], x.rows, x.cols, x.data, a->dims,
                       first != NULL && strcmp(first, "columns") == 0
                           ? ES_FIRST_COLUMNS
                           : ES_FIRST_COMPONENTS,
                       diag);
  }
  es_array_free(&x);
  free(path);
  return status;
}

static es_status read_side(alignment *a, side *s, es_diag *diag) {
  if (s->node == NULL) return ES_OK;
  s->stages = es_node_get(s->node, "stages")->n_children;
  s->runs = runs_of(a->stage);
  s->basis = es_zeroed(s->stages, s->runs, sizeof *s->basis);
  s->k = es_zeroed(s->stages, s->runs, sizeof *s->k);
  es_status status = s->basis == NULL || s->k == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory")
                         : ES_OK;
  for (size_t k = 0; status == ES_OK && k < s->stages; k++)
    for (size_t i = 0; status == ES_OK && i < s->runs; i++)
      status = read_space(a, s, k, i, diag);
  return status;
}

static void free_side(side *s) {
  for (size_t i = 0; s->basis != NULL && i < s->stages * s->runs; i++)
    free(s->basis[i]);
  free(s->basis);
  free(s->k);
}

/* One line: row r, column c, runs of the same number or of others. */
static es_status write_cell(alignment *a, const side *column, size_t r,
                            size_t c, bool same, es_diag *diag) {
  const side *row = &a->row;
  const double dims = (double)a->dims, points = (double)a->points;
  double sum = 0, low = INFINITY, high = -INFINITY, chance = 0;
  size_t n = 0;
  for (size_t i = 0; i < row->runs; i++)
    for (size_t j = 0; j < row->runs; j++) {
      const size_t p = r * row->runs + i, q = c * row->runs + j;
      if ((i == j) != same) continue;
      const double overlap =
          es_subspace_shared(a->points, row->k[p], row->basis[p], column->k[q],
                             column->basis[q]) /
          dims;
      n++;
      sum += overlap;
      low = fmin(low, overlap);
      high = fmax(high, overlap);
      chance += (double)row->k[p] * (double)column->k[q] / (points - 1) / dims;
    }
  const double cells[] = {r == c, same, (double)n,         sum / (double)n,
                          low,    high, chance / (double)n};
  es_status status = es_csv_cell_text(&a->csv, name_of(row, r), diag);
  if (status == ES_OK)
    status = es_csv_cell_text(&a->csv, name_of(column, c), diag);
  for (size_t k = 0; status == ES_OK && k < sizeof cells / sizeof *cells; k++)
    status = es_csv_cell(&a->csv, cells[k], diag);
  return status;
}

static es_status write_rows(alignment *a, es_diag *diag) {
  static const char *const names[] = {"row",     "column", "own",  "same",  "n",
                                      "overlap", "low",    "high", "chance"};
  const side *column = a->column.node == NULL ? &a->row : &a->column;
  es_status status = es_csv_header(&a->csv, names, 9, diag);
  for (size_t r = 0; status == ES_OK && r < a->row.stages; r++)
    for (size_t c = 0; status == ES_OK && c < column->stages; c++) {
      status = write_cell(a, column, r, c, true, diag);
      if (status == ES_OK && a->row.runs > 1)
        status = write_cell(a, column, r, c, false, diag);
    }
  return status;
}

static es_status write_table(alignment *a, es_diag *diag) {
  char *path = es_file_join(a->dir, "alignment.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_csv_open(&a->csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = write_rows(a, diag);
  return es_csv_end(&a->csv, status, diag);
}

es_status es_align_write(const char *dir, const es_stage *stage,
                         es_diag *diag) {
  if (stage->align == NULL) return es_file_remove(dir, "alignment.csv", diag);
  alignment a = {.dir = dir,
                 .stage = stage,
                 .dims = dims_of(stage->align),
                 .row = {.node = es_node_get(stage->align, "rows")},
                 .column = {.node = es_node_get(stage->align, "columns")}};
  es_status status = read_side(&a, &a.row, diag);
  if (status == ES_OK) status = read_side(&a, &a.column, diag);
  if (status == ES_OK) status = write_table(&a, diag);
  free_side(&a.row);
  free_side(&a.column);
  return status;
}
