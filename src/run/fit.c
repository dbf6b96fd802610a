/* Least squares over the items of a stage: see fit.h. */
#include "run/fit.h"

#include "file/atomic.h"
#include "file/csv.h"
#include "metrics/regression.h"
#include "run/items.h"
#include "run/refuse.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = ES_MOST_FITTED + 8 };

static bool well_formed(const es_node *fit) {
  const es_node *by = fit->n_children == 1 ? &fit->child[0] : NULL;
  bool good = fit->kind == ES_NODE_MAP && by != NULL &&
              by->kind == ES_NODE_LIST && by->n_children > 0 &&
              by->n_children <= ES_MOST_FITTED;
  for (size_t k = 0; good && k < by->n_children; k++)
    good = by->child[k].kind == ES_NODE_SCALAR;
  return good;
}

es_status es_fit_check(const es_plan *plan, const es_stage *stage,
                       es_diag *diag) {
  if (stage->fit == NULL || (well_formed(stage->fit) && es_items_any(stage)))
    return ES_OK;
  return ES_REFUSE(plan, stage->fit, diag,
                   "fit: goes with each, and is written {column: [column, …]}, "
                   "with at most %d in the list",
                   ES_MOST_FITTED);
}

typedef struct line {
  const es_stage *stage;
  es_table table;
  size_t width, n;
  size_t column[ES_MOST_FITTED + 1]; /* of the table: y, then X */
  double *y, *X, *fitted, *left_out;
  double *basis; /* a copy of X, which the fit needs for itself */
  double coefficient[ES_MOST_FITTED + 1];
  es_regression is;
  bool known; /* whether there is a fit */
} line;

/* Name of column k of the fit: 0 is what is fitted. */
static const char *name_of(const line *l, size_t k) {
  const es_node *by = &l->stage->fit->child[0];
  return k == 0 ? by->key : by->child[k - 1].text;
}

static es_status find_columns(line *l, const char *path, es_diag *diag) {
  for (size_t k = 0; k <= l->width; k++) {
    l->column[k] = es_table_column(&l->table, name_of(l, k));
    if (l->column[k] == l->table.columns)
      return es_fail(diag, ES_BAD_VALUE, "fit: %s has no column '%.40s'", path,
                     name_of(l, k));
  }
  return ES_OK;
}

/* The items that ended well. */
static es_status gather(line *l, es_diag *diag) {
  const size_t rows = l->table.rows, columns = l->table.columns;
  const size_t status = es_table_column(&l->table, "status");
  l->y = calloc((3 + 2 * l->width) * rows + 1, sizeof *l->y);
  if (l->y == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; i < rows; i++)
    l->n += l->table.value[i * columns + status] == 0;
  l->fitted = l->y + l->n;
  l->left_out = l->fitted + l->n;
  l->X = l->left_out + l->n;
  l->basis = l->X + l->width * l->n;
  size_t at = 0;
  for (size_t i = 0; i < rows; i++) {
    const double *row = l->table.value + i * columns;
    if (row[status] != 0) continue;
    l->y[at] = row[l->column[0]];
    for (size_t k = 0; k < l->width; k++)
      l->X[k * l->n + at] = row[l->column[1 + k]];
    at++;
  }
  memcpy(l->basis, l->X, l->n * l->width * sizeof *l->X);
  return ES_OK;
}

static es_status solve(line *l, es_diag *diag) {
  es_diag why = {0};
  /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): es_fit_write frees l->y */
  const es_status status =
      es_regression_fit(&l->is, l->coefficient, l->fitted, l->left_out, l->n,
                        l->width, l->y, l->basis, &why);
  l->known = status == ES_OK;
  return status == ES_NO_MEMORY ? es_fail(diag, status, "no memory") : ES_OK;
}

static es_status write_fit(const line *l, es_csv *csv, es_diag *diag) {
  const char *names[MOST_COLUMNS] = {
      "n", "r2", "rmse", "r2_left_out", "rmse_left_out", "intercept"};
  const double head[] = {(double)l->n, l->is.r2, l->is.rmse, l->is.r2_left_out,
                         l->is.rmse_left_out};
  for (size_t k = 1; k <= l->width; k++) names[5 + k] = name_of(l, k);
  es_status status = es_csv_header(csv, names, 6 + l->width, diag);
  if (!l->known) return status;
  for (size_t k = 0; status == ES_OK && k < 5; k++)
    status = es_csv_cell(csv, head[k], diag);
  for (size_t k = 0; status == ES_OK && k <= l->width; k++)
    status = es_csv_cell(csv, l->coefficient[k], diag);
  return status;
}

static es_status write_fitted(const line *l, es_csv *csv, es_diag *diag) {
  const char *names[MOST_COLUMNS];
  for (size_t k = 0; k <= l->width; k++) names[k] = name_of(l, k);
  names[l->width + 1] = "fitted";
  names[l->width + 2] = "left_out";
  es_status status = es_csv_header(csv, names, l->width + 3, diag);
  for (size_t i = 0; l->known && status == ES_OK && i < l->n; i++) {
    status = es_csv_cell(csv, l->y[i], diag);
    for (size_t k = 0; status == ES_OK && k < l->width; k++)
      status = es_csv_cell(csv, l->X[k * l->n + i], diag);
    if (status == ES_OK) status = es_csv_cell(csv, l->fitted[i], diag);
    if (status == ES_OK) status = es_csv_cell(csv, l->left_out[i], diag);
  }
  return status;
}

typedef es_status (*writer)(const line *l, es_csv *csv, es_diag *diag);

static es_status write_file(const line *l, const char *dir, const char *name,
                            writer write, es_diag *diag) {
  es_csv csv;
  char *path = es_file_join(dir, name);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_csv_open(&csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = write(l, &csv, diag);
  return es_csv_end(&csv, status, diag);
}

static es_status fit_table(line *l, const char *dir, const char *path,
                           es_diag *diag) {
  es_status status = es_table_read(&l->table, path, diag);
  if (status == ES_OK) status = find_columns(l, path, diag);
  if (status == ES_OK) status = gather(l, diag);
  if (status == ES_OK) status = solve(l, diag);
  if (status == ES_OK) status = write_file(l, dir, "fit.csv", write_fit, diag);
  if (status == ES_OK)
    status = write_file(l, dir, "fitted.csv", write_fitted, diag);
  return status;
}

es_status es_fit_write(const char *dir, const es_stage *stage, es_diag *diag) {
  es_status status = es_file_remove(dir, "fit.csv", diag);
  if (status == ES_OK) status = es_file_remove(dir, "fitted.csv", diag);
  if (status != ES_OK || stage->fit == NULL) return status;
  line l = {.stage = stage, .width = stage->fit->child[0].n_children};
  char *path = es_file_join(dir, "table.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  status = fit_table(&l, dir, path, diag);
  free(path);
  es_table_free(&l.table);
  free(l.y);
  return status;
}
