/* Matrices: [[1,0.5],[0,1]], row by row, and from files; symmetry. */
#include "config/value.h"
#include "file/array.h"

#include <math.h>

/* The largest departure from symmetry that is taken for rounding, relative to
 * the Frobenius norm. */
static const double symmetry = 1e-12;

/* |M - Mᵀ|_F / |M|_F, scaled against overflow. */
static double asymmetry(const es_matrix *M) {
  const size_t n = M->rows;
  double scale = 0, apart = 0, norm = 0;
  for (size_t k = 0; k < n * n; k++) scale = fmax(scale, fabs(M->data[k]));
  if (scale == 0) return 0;
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++) {
      const double a = M->data[i + j * n] / scale;
      const double d = a - M->data[j + i * n] / scale;
      norm += a * a;
      apart += d * d;
    }
  return sqrt(apart / norm);
}

/* The mean of two doubles without overflow, exact for equal ones. */
static double mean(double a, double b) {
  const double sum = a + b;
  return isfinite(sum) ? sum / 2 : a / 2 + b / 2;
}

static es_status symmetrise(const es_reading *r) {
  es_matrix *M = &r->out->array;
  if (M->rows != M->cols)
    return es_value_refuse(r, "%zu x %zu is not square", M->rows, M->cols);
  const double departure = asymmetry(M);
  if (!(departure <= symmetry))
    return es_value_refuse(r, "not symmetric: |M-M^T| = %.3g |M|", departure);
  for (size_t j = 0; j < M->cols; j++)
    for (size_t i = 0; i < j; i++) {
      double *a = &M->data[i + j * M->rows], *b = &M->data[j + i * M->rows];
      *a = *b = mean(*a, *b);
    }
  return ES_OK;
}

static es_status check(const es_reading *r) {
  const es_matrix *M = &r->out->array;
  char number[ES_REAL_SIZE];
  for (size_t i = 0; i < M->rows; i++)
    for (size_t j = 0; j < M->cols; j++) {
      const double x = M->data[i + j * M->rows];
      if (!es_value_in_range(r->key, x))
        return es_value_refuse(r, "row %zu, column %zu, %s, is out of range",
                               i + 1, j + 1, es_value_format(number, x));
    }
  return (r->key->flags & ES_SYMMETRIC) != 0 ? symmetrise(r) : ES_OK;
}

static es_status row_from_node(const es_reading *r, const es_node *row,
                               size_t i) {
  const es_matrix *M = &r->out->array;
  if (row->kind != ES_NODE_LIST)
    return es_value_refuse(r, "row %zu is not a list", i + 1);
  if (row->n_children != M->cols)
    return es_value_refuse(r, "row %zu has %zu numbers and row 1 has %zu",
                           i + 1, row->n_children, M->cols);
  es_status status = ES_OK;
  for (size_t j = 0; j < M->cols && status == ES_OK; j++) {
    char where[64];
    snprintf(where, sizeof where, "row %zu, column %zu", i + 1, j + 1);
    status =
        es_value_number(r, &M->data[i + j * M->rows], row->child + j, where);
  }
  return status;
}

es_status es_matrix_from_node(const es_reading *r, const es_node *rows) {
  const size_t n = rows->n_children;
  if (n == 0) return es_value_refuse(r, "an empty matrix");
  if (rows->child[0].kind != ES_NODE_LIST)
    return es_value_refuse(r, "row 1 is not a list");
  const size_t cols = rows->child[0].n_children;
  if (cols == 0) return es_value_refuse(r, "an empty matrix");
  es_status status = es_value_reserve(r, n, cols);
  for (size_t i = 0; i < n && status == ES_OK; i++)
    status = row_from_node(r, rows->child + i, i);
  return status == ES_OK ? check(r) : status;
}

/* Files are row-major. */
static es_status from_array(const es_reading *r, const es_array *array) {
  const es_status status = es_value_reserve(r, array->rows, array->cols);
  if (status != ES_OK) return status;
  for (size_t i = 0; i < array->rows; i++)
    for (size_t j = 0; j < array->cols; j++)
      r->out->array.data[i + j * array->rows] =
          array->data[i * array->cols + j];
  return check(r);
}

es_status es_matrix_from_file(const es_reading *r, const char *text) {
  es_array array = {0};
  es_status status = es_value_open(r, &array, text);
  if (status == ES_OK) status = from_array(r, &array);
  es_array_free(&array);
  return status;
}
