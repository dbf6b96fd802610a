/* Distance between two traces: see against.h. */
#include "run/against.h"

#include "file/atomic.h"
#include "file/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static es_status read_trace(es_table *out, const char *dir, es_diag *diag) {
  char *path = es_file_join(dir, "trace.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = es_table_read(out, path, diag);
  free(path);
  return status;
}

/* NAME_i_j. */
static bool is_state(const char *name) {
  const char *mark = strchr(name, '_');
  int end = 0;
  if (mark == NULL) return false;
  (void)!sscanf(mark, "_%*[0-9]_%*[0-9]%n", &end);
  return end > 0 && mark[end] == '\0';
}

/* Pairs of columns, mine[k] of a and theirs[k] of b; only the state's if so
 * asked. Returns how many. */
static size_t pair_columns(const es_table *a, const es_table *b,
                           bool state_alone, size_t *mine, size_t *theirs) {
  size_t n = 0;
  for (size_t j = 0; j < a->columns; j++) {
    const size_t other = es_table_column(b, a->name[j]);
    if (other == b->columns || strcmp(a->name[j], "t") == 0) continue;
    if (state_alone && !is_state(a->name[j])) continue;
    mine[n] = j;
    theirs[n++] = other;
  }
  return n;
}

static bool same_times(const es_table *a, const es_table *b) {
  const size_t ta = es_table_column(a, "t"), tb = es_table_column(b, "t");
  if (a->rows != b->rows || ta == a->columns || tb == b->columns) return false;
  for (size_t i = 0; i < a->rows; i++) {
    const double mine = a->value[i * a->columns + ta];
    const double theirs = b->value[i * b->columns + tb];
    if (!(fabs(mine - theirs) <= 1e-9 * fmax(1, fabs(theirs)))) return false;
  }
  return true;
}

/* NaN if any difference is. */
static double largest_distance(const es_table *a, const es_table *b,
                               const size_t *mine, const size_t *theirs,
                               size_t n) {
  double largest = 0;
  for (size_t i = 0; i < a->rows; i++) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
      const double difference = a->value[i * a->columns + mine[k]] -
                                b->value[i * b->columns + theirs[k]];
      sum += difference * difference;
    }
    if (!(sqrt(sum) <= largest)) largest = sqrt(sum);
    if (isnan(largest)) break;
  }
  return largest;
}

es_status es_against_distance(double *out, const char *dir, const char *other,
                              es_diag *diag) {
  es_table a = {0}, b = {0};
  size_t *columns = NULL;
  *out = NAN;
  es_status status = read_trace(&a, dir, diag);
  if (status == ES_OK) status = read_trace(&b, other, diag);
  if (status == ES_OK && same_times(&a, &b)) {
    columns = calloc(2 * a.columns + 1, sizeof *columns);
    if (columns == NULL) status = es_fail(diag, ES_NO_MEMORY, "no memory");
  }
  if (columns != NULL) {
    size_t *theirs = columns + a.columns;
    size_t n = pair_columns(&a, &b, true, columns, theirs);
    if (n == 0) n = pair_columns(&a, &b, false, columns, theirs);
    if (n > 0) *out = largest_distance(&a, &b, columns, theirs, n);
  }
  free(columns);
  es_table_free(&a);
  es_table_free(&b);
  return status;
}
