/* Parsing and evaluating criteria: see verdict.h. */
#include "report/verdict.h"

#include "base/order.h"
#include "base/text.h"
#include "file/atomic.h"
#include "file/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLAUSES = 4, WORD = 96 };

typedef enum relation { LESS, LESS_EQUAL, MORE, MORE_EQUAL } relation;

typedef struct clause {
  char column[WORD];
  char is[WORD]; /* the text that the cell must be; "": it is compared */
  relation op;
  double bound;
} clause;

typedef struct criterion {
  char aggregate[WORD], column[WORD], by[WORD], file[WORD];
  char minus[WORD]; /* the file whose column is taken off; "": none */
  bool absolute;
  clause where[MOST_CLAUSES];
  size_t n_where;
  relation op;
  double bound;
} criterion;

/* Next word into out; false at the end or if it is too long. */
static bool word(const char **text, char out[WORD]) {
  *text += strspn(*text, " ");
  const size_t n = strcspn(*text, " ");
  if (n == 0 || n >= WORD) return false;
  memcpy(out, *text, n);
  out[n] = '\0';
  *text += n;
  return true;
}

static bool read_relation(const char *text, relation *op) {
  static const char *const names[] = {"<", "<=", ">", ">="};
  for (int i = 0; i < 4; i++)
    if (strcmp(text, names[i]) == 0) {
      *op = (relation)i;
      return true;
    }
  return false;
}

static bool relation_and_bound(const char **text, const char *first,
                               relation *op, double *bound) {
  char number[WORD];
  return read_relation(first, op) && word(text, number) &&
         es_text_real(bound, number, strlen(number));
}

/* "is WORD", or a relation and its bound, behind a clause's column. */
static bool parse_clause(clause *w, const char **text) {
  char op[WORD];
  if (!word(text, op)) return false;
  if (strcmp(op, "is") == 0) return word(text, w->is);
  return relation_and_bound(text, op, &w->op, &w->bound);
}

static bool known_aggregate(const char *name) {
  static const char *const names[] = {"max",    "min",   "mean",
                                      "median", "count", "slope"};
  for (int i = 0; i < 6; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

/* "in", or "by X in" after a slope's column. */
static bool parse_by(criterion *c, const char **text) {
  char next[WORD];
  if (!word(text, next)) return false;
  if (strcmp(c->aggregate, "slope") == 0 &&
      (strcmp(next, "by") != 0 || !word(text, c->by) || !word(text, next)))
    return false;
  return strcmp(next, "in") == 0;
}

/* "minus FILE" after a file. */
static bool parse_minus(criterion *c, const char **text, char next[WORD]) {
  return strcmp(next, "minus") != 0 ||
         (word(text, c->minus) && word(text, next));
}

/* A file of the experiment's own folder. */
static bool stays_inside(const char *file) {
  return file[0] != '/' && strstr(file, "..") == NULL;
}

static bool parse_where(criterion *c, const char **text, char next[WORD]) {
  while (strcmp(next, c->n_where == 0 ? "where" : "and") == 0) {
    clause *w = &c->where[c->n_where];
    if (c->n_where == MOST_CLAUSES || !word(text, w->column) ||
        !parse_clause(w, text))
      return false;
    c->n_where++;
    if (!word(text, next)) return false;
  }
  return true;
}

static bool parse(criterion *c, const char *text) {
  char next[WORD];
  *c = (criterion){0};
  if (!word(&text, c->aggregate) || !known_aggregate(c->aggregate) ||
      !word(&text, c->column) || !parse_by(c, &text) || !word(&text, c->file) ||
      !word(&text, next) || !parse_minus(c, &text, next) ||
      !parse_where(c, &text, next) ||
      !relation_and_bound(&text, next, &c->op, &c->bound))
    return false;
  const size_t n = strlen(c->column);
  c->absolute = n > 2 && c->column[0] == '|' && c->column[n - 1] == '|';
  if (c->absolute) {
    memmove(c->column, c->column + 1, n - 2);
    c->column[n - 2] = '\0';
  }
  return text[strspn(text, " ")] == '\0' && stays_inside(c->file) &&
         stays_inside(c->minus);
}

static es_status refuse(const char *text, es_diag *diag) {
  char shown[128];
  return es_fail(diag, ES_BAD_VALUE,
                 "experiment.criterion '%s': write it as 'max |column| in "
                 "stage/file.csv minus other/file.csv where column > 0.1 and "
                 "column is word < 0.02'",
                 es_text_quote(shown, sizeof shown, text));
}

es_status es_verdict_check(const char *text, es_diag *diag) {
  criterion c;
  return parse(&c, text) ? ES_OK : refuse(text, diag);
}

static bool holds(double x, relation op, double bound) {
  switch (op) {
  case LESS:
    return x < bound;
  case LESS_EQUAL:
    return x <= bound;
  case MORE:
    return x > bound;
  default:
    return x >= bound;
  }
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

/* Column indices: what is aggregated, what a slope is over, the clauses. */
typedef struct columns {
  size_t y, x, where[MOST_CLAUSES];
} columns;

static es_status find(const char *file, const es_table *table, const char *name,
                      size_t *out, es_diag *diag) {
  *out = es_table_column(table, name);
  return *out < table->columns
             ? ES_OK
             : es_fail(diag, ES_BAD_VALUE,
                       "experiment.criterion: %s has no column '%s'", file,
                       name);
}

static es_status find_columns(const criterion *c, const es_table *table,
                              columns *out, es_diag *diag) {
  const char *x = c->by[0] != '\0' ? c->by : c->column;
  es_status status = find(c->file, table, c->column, &out->y, diag);
  if (status == ES_OK) status = find(c->file, table, x, &out->x, diag);
  for (size_t k = 0; status == ES_OK && k < c->n_where; k++)
    status = find(c->file, table, c->where[k].column, &out->where[k], diag);
  return status;
}

static bool fits(const clause *w, const es_table *table, size_t cell) {
  return w->is[0] != '\0' ? strcmp(table->text[cell], w->is) == 0
                          : holds(table->value[cell], w->op, w->bound);
}

/* The values in the rows that the clauses select; less: by row, or NULL. */
static size_t select_rows(const criterion *c, const es_table *table,
                          const columns *at, const double *less, double *y,
                          double *x) {
  size_t n = 0;
  for (size_t i = 0; i < table->rows; i++) {
    const double *row = table->value + i * table->columns;
    bool selected = true;
    for (size_t k = 0; k < c->n_where; k++)
      selected = selected &&
                 fits(&c->where[k], table, i * table->columns + at->where[k]);
    if (!selected) continue;
    const double value = row[at->y] - (less != NULL ? less[i] : 0);
    x[n] = row[at->x];
    y[n++] = c->absolute ? fabs(value) : value;
  }
  return n;
}

/* Least-squares slope of ln y over ln x; NaN where x does not vary: rounding
 * would leave a denominator that is not quite zero. */
static double slope(const double *y, const double *x, size_t n) {
  double mx = 0, my = 0, sxx = 0, sxy = 0;
  bool varies = false;
  for (size_t i = 0; i < n; i++) {
    varies = varies || x[i] != x[0];
    mx += log(x[i]) / (double)n;
    my += log(y[i]) / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    sxx += (log(x[i]) - mx) * (log(x[i]) - mx);
    sxy += (log(x[i]) - mx) * (log(y[i]) - my);
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
static es_status read_minus(double **less, const criterion *c, const char *dir,
                            size_t rows, es_diag *diag) {
  es_table table = {0};
  size_t column = 0;
  *less = NULL;
  if (c->minus[0] == '\0') return ES_OK;
  es_status status = read_table(&table, dir, c->minus, diag);
  if (status == ES_OK)
    status = find(c->minus, &table, c->column, &column, diag);
  if (status == ES_OK && table.rows != rows)
    status = es_fail(diag, ES_FILE_DATA, "%s has %zu rows and %s has %zu",
                     c->file, rows, c->minus, table.rows);
  if (status == ES_OK) {
    *less = calloc(rows + 1, sizeof **less);
    if (*less == NULL) status = es_fail(diag, ES_NO_MEMORY, "no memory");
  }
  for (size_t i = 0; status == ES_OK && i < rows; i++)
    (*less)[i] = table.value[i * table.columns + column];
  es_table_free(&table);
  return status;
}

static es_status evaluate(es_verdict *out, const criterion *c,
                          const es_table *table, const double *less,
                          es_diag *diag) {
  columns at;
  const es_status status = find_columns(c, table, &at, diag);
  if (status != ES_OK) return status;
  double *y = calloc(2 * table->rows + 2, sizeof *y);
  if (y == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  double *x = y + table->rows + 1;
  const size_t n = select_rows(c, table, &at, less, y, x);
  out->value =
      c->by[0] != '\0' ? slope(y, x, n) : aggregate(c->aggregate, y, n);
  out->low = out->high = out->value;
  free(y);
  out->verdict = isnan(out->value)                    ? "inconclusive"
                 : holds(out->value, c->op, c->bound) ? "holds"
                                                      : "fails";
  return ES_OK;
}

es_status es_verdict_evaluate(es_verdict *out, const char *text,
                              const char *dir, es_diag *diag) {
  criterion c;
  es_table table = {0};
  double *less = NULL;
  if (!parse(&c, text)) return refuse(text, diag);
  es_status status = read_table(&table, dir, c.file, diag);
  out->criterion = text;
  if (status == ES_OK) status = read_minus(&less, &c, dir, table.rows, diag);
  if (status == ES_OK) status = evaluate(out, &c, &table, less, diag);
  free(less);
  es_table_free(&table);
  return status;
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
  if (status == ES_OK) return es_csv_close(&csv, diag);
  es_csv_abandon(&csv);
  return status;
}
