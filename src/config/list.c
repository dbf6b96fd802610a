/* Lists: 1,2,5 and [1,2,5], ranges, and vectors from files. */
#include "base/text.h"
#include "config/value.h"
#include "file/array.h"

#include <string.h>

/* What every list must keep to, wherever it came from. */
static es_status check(const es_reading *r) {
  const double *x = r->out->array.data;
  char number[ES_REAL_SIZE];
  for (size_t i = 0; i < r->out->array.rows; i++) {
    if (!es_value_in_range(r->key, x[i]))
      return es_value_refuse(r, "entry %zu, %s, is out of range", i + 1,
                             es_value_format(number, x[i]));
    if ((r->key->flags & ES_RISING) != 0 && i > 0 && x[i] < x[i - 1])
      return es_value_refuse(r, "entry %zu, %s, is below the one before it",
                             i + 1, es_value_format(number, x[i]));
  }
  return ES_OK;
}

/* Blanks around a comma are no part of a number: "1, 2" is a plain scalar. */
static void trim(const char **text, size_t *n) {
  while (*n > 0 && (**text == ' ' || **text == '\t')) {
    (*text)++;
    (*n)--;
  }
  while (*n > 0 && ((*text)[*n - 1] == ' ' || (*text)[*n - 1] == '\t')) (*n)--;
}

static es_status commas(const es_reading *r, const char *text) {
  size_t count = 1;
  for (const char *c = text; *c != '\0'; c++) count += *c == ',';
  const es_status status = es_value_reserve(r, count, 1);
  if (status != ES_OK) return status;
  for (size_t i = 0; i < count; i++) {
    size_t n = strcspn(text, ",");
    const char *number = text, *next = text + n + 1;
    trim(&number, &n);
    if (n == 0) return es_value_refuse(r, "entry %zu is empty", i + 1);
    if (!es_text_real(&r->out->array.data[i], number, n))
      return es_value_refuse(r, "entry %zu, %.*s, is not a finite number",
                             i + 1, n < 24 ? (int)n : 24, number);
    text = next;
  }
  return ES_OK;
}

/* A vector lies in its file as a row or as a column. */
static es_status from_array(const es_reading *r, const es_array *array) {
  if (array->rows != 1 && array->cols != 1)
    return es_value_refuse(r, "a vector is wanted and not %zu x %zu numbers",
                           array->rows, array->cols);
  const size_t n = array->rows * array->cols;
  const es_status status = es_value_reserve(r, n, 1);
  if (status != ES_OK) return status;
  memcpy(r->out->array.data, array->data, n * sizeof *array->data);
  return ES_OK;
}

static es_status from_file(const es_reading *r, const char *text) {
  es_array array = {0};
  es_status status = es_value_open(r, &array, text);
  if (status == ES_OK) status = from_array(r, &array);
  es_array_free(&array);
  return status;
}

static es_status from_text(const es_reading *r, const char *text) {
  if (es_value_is_reference(text)) return from_file(r, text);
  if (es_range_is(text)) return es_range_read(r, text);
  return commas(r, text);
}

es_status es_list_from_text(const es_reading *r, const char *text) {
  const es_status status = from_text(r, text);
  return status == ES_OK ? check(r) : status;
}

es_status es_list_from_node(const es_reading *r, const es_node *list) {
  if (list->n_children == 0) return es_value_refuse(r, "an empty list");
  es_status status = es_value_reserve(r, list->n_children, 1);
  for (size_t i = 0; i < list->n_children && status == ES_OK; i++) {
    char where[40];
    snprintf(where, sizeof where, "entry %zu", i + 1);
    status = es_value_number(r, &r->out->array.data[i], &list->child[i], where);
  }
  return status == ES_OK ? check(r) : status;
}
