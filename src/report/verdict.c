/* Evaluating criteria: see verdict.h. */
#include "report/verdict.h"

#include "base/order.h"
#include "base/text.h"
#include "file/atomic.h"
#include "report/criterion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static es_status refuse(const char *text, es_diag *diag) {
  char shown[128];
  return es_fail(diag, ES_BAD_VALUE,
                 "experiment.criterion '%s': write it as 'max |column| in "
                 "stage/file.csv minus other/file.csv where column > 0.1 and "
                 "column is word < 0.02'",
                 es_text_quote(shown, sizeof shown, text));
}

es_status es_verdict_check(const char *text,
                           bool (*known)(const void *context, const char *file),
                           const void *context, es_diag *diag) {
  es_criterion c;
  if (!es_criterion_parse(&c, text)) return refuse(text, diag);
  for (int k = 0; known != NULL && k < (c.joined != '\0' ? 2 : 1); k++) {
    const es_term *t = &c.term[k];
    const bool first = known(context, t->file);
    if (!first || (t->minus[0] != '\0' && !known(context, t->minus)))
      return es_fail(diag, ES_BAD_VALUE,
                     "criterion: %s is not a file in the folder of a stage",
                     first ? t->minus : t->file);
  }
  return ES_OK;
}

static double aggregate(const char *name, double *x, size_t n) {
  double sum = 0;
  if (strcmp(name, "count") == 0) return (double)n;
  if (n == 0) return NAN;
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i])) return NAN;
    sum += x[i];
  }
  es_sort(x, n);
  if (strcmp(name, "max") == 0) return x[n - 1];
  if (strcmp(name, "min") == 0) return x[0];
  if (strcmp(name, "median") == 0) return es_sorted_median(x, n);
  return sum / (double)n;
}

static bool fits(const es_clause *w, const es_table *table, size_t i) {
  const double *row = table->value + i * table->columns;
  return w->is[0] != '\0'
             ? strcmp(
                   table->text[i * table->columns + w->column.code[0].column],
                   w->is) == 0
             : es_relation_holds(es_expression_value(&w->column, row), w->op,
                                 w->bound);
}

/* The values in the rows that the clauses select; less: by row, or NULL. */
static size_t select_rows(const es_term *t, const es_table *table,
                          const double *less, double *y, double *x) {
  size_t n = 0;
  for (size_t i = 0; i < table->rows; i++) {
    const double *row = table->value + i * table->columns;
    bool selected = true;
    for (size_t k = 0; k < t->n_where; k++)
      selected = selected && fits(&t->where[k], table, i);
    if (!selected) continue;
    const double value =
        es_expression_value(&t->column, row) - (less != NULL ? less[i] : 0);
    x[n] = t->by.n > 0 ? es_expression_value(&t->by, row) : 0;
    y[n++] = t->absolute ? fabs(value) : value;
  }
  return n;
}

/* Least-squares slope of ln y over ln x (over x: a rate); NaN where x does not
 * vary: rounding would leave a denominator that is not quite zero. */
static double slope(const double *y, double *x, size_t n, bool rate) {
  double mx = 0, my = 0, sxx = 0, sxy = 0;
  bool varies = false;
  for (size_t i = 0; i < n; i++) varies = varies || x[i] != x[0];
  for (size_t i = 0; i < n; i++) {
    if (!rate) x[i] = log(x[i]);
    mx += x[i] / (double)n;
    my += log(y[i]) / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    sxx += (x[i] - mx) * (x[i] - mx);
    sxy += (x[i] - mx) * (log(y[i]) - my);
  }
  return varies ? sxy / sxx : NAN;
}

static es_status read_table(es_table *table, const char *dir, const char *file,
                            es_diag *diag) {
  char *path = es_file_join(dir, file);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = es_table_read(table, path, diag);
  free(path);
  return status;
}

/* The column of the second file, row by row, to be freed; NULL for none. */
static es_status read_minus(double **less, const es_term *t, const char *dir,
                            size_t rows, es_diag *diag) {
  es_table table = {0};
  es_expression column = t->column;
  *less = NULL;
  if (t->minus[0] == '\0') return ES_OK;
  es_status status = read_table(&table, dir, t->minus, diag);
  if (status == ES_OK)
    status = es_expression_bind(&column, &table, t->minus, diag);
  if (status == ES_OK && table.rows != rows)
    status = es_fail(diag, ES_FILE_DATA, "%s has %zu rows and %s has %zu",
                     t->file, rows, t->minus, table.rows);
  if (status == ES_OK) {
    *less = calloc(rows + 1, sizeof **less);
    if (*less == NULL) status = es_fail(diag, ES_NO_MEMORY, "no memory");
  }
  for (size_t i = 0; status == ES_OK && i < rows; i++)
    (*less)[i] = es_expression_value(&column, table.value + i * table.columns);
  es_table_free(&table);
  return status;
}

static es_status bind(es_term *t, const es_table *table, es_diag *diag) {
  es_status status = es_expression_bind(&t->column, table, t->file, diag);
  if (status == ES_OK && t->by.n > 0)
    status = es_expression_bind(&t->by, table, t->file, diag);
  for (size_t k = 0; status == ES_OK && k < t->n_where; k++)
    status = es_expression_bind(&t->where[k].column, table, t->file, diag);
  return status;
}

static es_status evaluate_rows(double *out, es_term *t, const es_table *table,
                               const double *less, es_diag *diag) {
  const es_status status = bind(t, table, diag);
  if (status != ES_OK) return status;
  double *y = calloc(2 * table->rows + 2, sizeof *y);
  if (y == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  double *x = y + table->rows + 1;
  const size_t n = select_rows(t, table, less, y, x);
  *out = t->by.n > 0 ? slope(y, x, n, strcmp(t->aggregate, "rate") == 0)
                     : aggregate(t->aggregate, y, n);
  free(y);
  return ES_OK;
}

static es_status evaluate_term(double *out, es_term *t, const char *dir,
                               es_diag *diag) {
  es_table table = {0};
  double *less = NULL;
  es_status status = read_table(&table, dir, t->file, diag);
  if (status == ES_OK) status = read_minus(&less, t, dir, table.rows, diag);
  if (status == ES_OK) status = evaluate_rows(out, t, &table, less, diag);
  free(less);
  es_table_free(&table);
  return status;
}

es_status es_verdict_evaluate(es_verdict *out, const char *text,
                              const char *dir, es_diag *diag) {
  es_criterion c;
  double value[2] = {0};
  if (!es_criterion_parse(&c, text)) return refuse(text, diag);
  es_status status = evaluate_term(&value[0], &c.term[0], dir, diag);
  if (status == ES_OK && c.joined != '\0')
    status = evaluate_term(&value[1], &c.term[1], dir, diag);
  if (status != ES_OK) return status;
  out->criterion = text;
  out->value = c.joined == '/' ? value[0] / value[1] : value[0] - value[1];
  out->low = out->high = out->value;
  out->verdict = isnan(out->value)                              ? "inconclusive"
                 : es_relation_holds(out->value, c.op, c.bound) ? "holds"
                                                                : "fails";
  return ES_OK;
}

static es_status write_row(es_csv *csv, const es_verdict *row, es_diag *diag) {
  es_status status = es_csv_cell_text(csv, row->criterion, diag);
  if (status == ES_OK) status = es_csv_cell(csv, row->value, diag);
  if (status == ES_OK) status = es_csv_cell(csv, row->low, diag);
  if (status == ES_OK) status = es_csv_cell(csv, row->high, diag);
  if (status == ES_OK) status = es_csv_cell_text(csv, row->verdict, diag);
  return status;
}

es_status es_verdict_write(const char *path, const es_verdict *rows, size_t n,
                           es_diag *diag) {
  static const char *const names[] = {"criterion", "value", "low", "high",
                                      "verdict"};
  es_csv csv;
  es_status status = es_csv_open(&csv, path, NULL, diag);
  if (status != ES_OK) return status;
  status = es_csv_header(&csv, names, 5, diag);
  for (size_t i = 0; status == ES_OK && i < n; i++)
    status = write_row(&csv, &rows[i], diag);
  return es_csv_end(&csv, status, diag);
}
