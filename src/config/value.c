/* Reading one value: scalars, and the choice between the readers of lists,
 * ranges, matrices and files. */
#include "config/value.h"
#include "base/slab.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void es_value_free(es_value *value) {
  free(value->text);
  free(value->array.data);
  *value = (es_value){0};
}

es_status es_value_refuse(const es_reading *r, const char *format, ...) {
  char why[256], accepts[256];
  va_list args;
  va_start(args, format);
  vsnprintf(why, sizeof why, format, args);
  va_end(args);
  return es_fail(r->diag, r->out->from_file ? ES_FILE_DATA : ES_BAD_VALUE,
                 "%s.%s=%s: %s; accepts %s", r->key->section, r->key->name,
                 r->out->shown, why,
                 es_key_accepts(accepts, sizeof accepts, r->key));
}

es_status es_value_no_memory(const es_reading *r) {
  return es_fail(r->diag, ES_NO_MEMORY, "%s.%s=%s: not enough memory",
                 r->key->section, r->key->name, r->out->shown);
}

es_status es_value_reserve(const es_reading *r, size_t rows, size_t cols) {
  size_t count, bytes;
  if (!es_size_mul(&count, rows, cols) ||
      !es_size_mul(&bytes, count, sizeof(double)))
    return es_value_no_memory(r);
  es_matrix *array = &r->out->array;
  array->data = malloc(bytes);
  if (array->data == NULL) return es_value_no_memory(r);
  array->rows = rows;
  array->cols = cols;
  return ES_OK;
}

es_status es_value_keep(const es_reading *r, const char *text) {
  r->out->text = strdup(text);
  return r->out->text == NULL ? es_value_no_memory(r) : ES_OK;
}

bool es_value_in_range(const es_key *key, double x) {
  if ((key->flags & ES_OPEN_LOW) != 0 ? x <= key->low : x < key->low)
    return false;
  return (key->flags & ES_OPEN_HIGH) != 0 ? x < key->high : x <= key->high;
}

bool es_value_is_reference(const char *text) {
  return strncmp(text, "file:", 5) == 0;
}

es_status es_value_open(const es_reading *r, es_array *array,
                        const char *text) {
  es_diag inner = {0};
  r->out->from_file = true;
  es_status status = es_value_keep(r, text);
  if (status == ES_OK) status = es_array_read(array, text + 5, &inner);
  if (status == ES_OK || inner.code == ES_OK) return status;
  return es_fail(r->diag, status, "%s.%s=%s: %s", r->key->section, r->key->name,
                 r->out->shown, inner.message);
}

static es_status read_matrix(const es_reading *r, const char *text) {
  if (es_value_is_reference(text)) return es_matrix_from_file(r, text);
  return es_value_refuse(r, "a matrix is wanted: [[1]] is one of size 1");
}

static es_status read_scalar(const es_reading *r, const char *text) {
  if (*text == '\0') return es_value_refuse(r, "an empty value");
  switch (r->key->kind) {
  case ES_REAL:
    return es_scalar_real(r, text);
  case ES_SIZE:
    return es_scalar_size(r, text);
  case ES_FLAG:
    return es_scalar_flag(r, text);
  case ES_CHOICE:
    return es_scalar_choice(r, text);
  case ES_LIST:
    return es_list_from_text(r, text);
  case ES_MATRIX:
    return read_matrix(r, text);
  case ES_WORDS:
    return es_words_from_text(r, text);
  case ES_TEXT:
    break;
  }
  return es_scalar_text(r, text);
}

static es_status read_node(const es_reading *r, const es_node *node) {
  if (node->kind == ES_NODE_SCALAR) return read_scalar(r, node->text);
  if (node->kind == ES_NODE_MAP)
    return es_value_refuse(r, "a value is wanted and not a map");
  if (r->key->kind == ES_LIST) return es_list_from_node(r, node);
  if (r->key->kind == ES_MATRIX) return es_matrix_from_node(r, node);
  if (r->key->kind == ES_WORDS) return es_words_from_node(r, node);
  return es_value_refuse(r, "one value is wanted and not a list");
}

/* "[…" on the command line is YAML, as it would be in a file; where in a line
 * of one value it fails helps nobody, so ":1:2: " is left out. */
static es_status read_brackets(const es_reading *r, const char *text) {
  es_node *node;
  es_diag inner = {0};
  es_status status = es_yaml_parse(&node, text, "", &inner);
  if (status == ES_NO_MEMORY) return es_value_no_memory(r);
  if (status != ES_OK)
    return es_value_refuse(r, "%s", strchr(inner.message, ' ') + 1);
  status = read_node(r, node);
  es_yaml_free(node);
  return status;
}

/* Appends what fits of text at *used. */
static void show(char *out, size_t size, size_t *used, const char *text) {
  for (; *text != '\0' && *used + 1 < size; text++) out[(*used)++] = *text;
  out[*used] = '\0';
}

static void show_node(char *out, size_t size, size_t *used,
                      const es_node *node) {
  if (node->kind == ES_NODE_SCALAR) {
    show(out, size, used, node->text);
    return;
  }
  show(out, size, used, node->kind == ES_NODE_LIST ? "[" : "{");
  for (size_t i = 0; i < node->n_children && *used + 1 < size; i++) {
    const es_node *child = node->child + i;
    if (i > 0) show(out, size, used, ",");
    if (child->key != NULL) {
      show(out, size, used, child->key);
      show(out, size, used, ": ");
    }
    show_node(out, size, used, child);
  }
  show(out, size, used, node->kind == ES_NODE_LIST ? "]" : "}");
}

static es_status finish(es_value *out, es_status status) {
  if (status != ES_OK) es_value_free(out);
  return status;
}

es_status es_value_from_text(es_value *out, const es_key *key, const char *text,
                             es_diag *diag) {
  *out = (es_value){0};
  const es_reading r = {key, out, diag};
  es_text_quote(out->shown, sizeof out->shown, text);
  const bool array =
      key->kind == ES_LIST || key->kind == ES_MATRIX || key->kind == ES_WORDS;
  return finish(out, array && *text == '[' ? read_brackets(&r, text)
                                           : read_scalar(&r, text));
}

es_status es_value_from_node(es_value *out, const es_key *key,
                             const es_node *node, es_diag *diag) {
  *out = (es_value){0};
  const es_reading r = {key, out, diag};
  char text[sizeof out->shown + 1] = ""; /* one more: shows that it was cut */
  size_t used = 0;
  show_node(text, sizeof text, &used, node);
  es_text_quote(out->shown, sizeof out->shown, text);
  return finish(out, read_node(&r, node));
}
