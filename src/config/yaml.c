/* YAML to a tree with libyaml's event parser: see yaml.h. */
#include "config/yaml.h"
#include "base/text.h"
#include "file/atomic.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEEPEST = 16, LARGEST = 16000000 };

typedef struct reader {
  yaml_parser_t parser;
  const char *name;
  const unsigned char *bytes;
  es_diag *diag;
} reader;

ES_PRINTF(3, 4)
static es_status fail_at(const reader *r, yaml_mark_t mark, const char *format,
                         ...) {
  char what[256], name[160];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  return es_fail(r->diag, ES_BAD_VALUE, "%s:%zu:%zu: %s",
                 es_text_quote(name, sizeof name, r->name), mark.line + 1,
                 mark.column + 1, what);
}

static es_status no_memory(const reader *r) {
  char name[160];
  return es_fail(r->diag, ES_NO_MEMORY, "%s: not enough memory",
                 es_text_quote(name, sizeof name, r->name));
}

/* libyaml says for bytes that are no text how far in they are, and no more. */
static es_status no_text(const reader *r) {
  size_t line = 1, column = 1;
  char name[160];
  for (size_t i = 0; i < r->parser.problem_offset; i++) {
    const bool newline = r->bytes[i] == '\n';
    line += newline;
    column = newline ? 1 : column + ((r->bytes[i] & 0xc0) != 0x80);
  }
  return es_fail(r->diag, ES_FILE_CORRUPT, "%s:%zu:%zu: not a text: %s",
                 es_text_quote(name, sizeof name, r->name), line, column,
                 r->parser.problem);
}

static es_status next(reader *r, yaml_event_t *event) {
  const yaml_parser_t *p = &r->parser;
  if (yaml_parser_parse(&r->parser, event)) return ES_OK;
  if (p->error == YAML_MEMORY_ERROR) return no_memory(r);
  if (p->error == YAML_READER_ERROR) return no_text(r);
  return fail_at(r, p->problem_mark, "%s%s%s",
                 p->context == NULL ? "" : p->context,
                 p->context == NULL ? "" : ", ", p->problem);
}

static es_status check_plain(const reader *r, const yaml_event_t *event) {
  const yaml_char_t *anchor = NULL, *tag = NULL;
  if (event->type == YAML_ALIAS_EVENT)
    return fail_at(r, event->start_mark, "aliases (*name) are not read");
  if (event->type == YAML_SCALAR_EVENT) {
    anchor = event->data.scalar.anchor;
    tag = event->data.scalar.tag;
  } else if (event->type == YAML_SEQUENCE_START_EVENT) {
    anchor = event->data.sequence_start.anchor;
    tag = event->data.sequence_start.tag;
  } else if (event->type == YAML_MAPPING_START_EVENT) {
    anchor = event->data.mapping_start.anchor;
    tag = event->data.mapping_start.tag;
  }
  if (anchor != NULL)
    return fail_at(r, event->start_mark, "anchors (&name) are not read");
  if (tag != NULL)
    return fail_at(r, event->start_mark, "tags (!name) are not read");
  return ES_OK;
}

/* The scalar's text as a string of its own. */
static es_status take_text(const reader *r, const yaml_event_t *event,
                           char **out) {
  const char *value = (const char *)event->data.scalar.value;
  if (strlen(value) != event->data.scalar.length)
    return fail_at(r, event->start_mark, "a NUL character inside a text");
  *out = strdup(value);
  return *out == NULL ? no_memory(r) : ES_OK;
}

/* Adds a zeroed child; room doubles whenever the count is a power of two. */
static es_node *grow(es_node *parent) {
  const size_t n = parent->n_children;
  if ((n & (n - 1)) == 0) {
    es_node *child =
        realloc(parent->child, (n == 0 ? 1 : 2 * n) * sizeof *child);
    if (child == NULL) return NULL;
    parent->child = child;
  }
  parent->n_children = n + 1;
  parent->child[n] = (es_node){0};
  return &parent->child[n];
}

static void place(es_node *node, const yaml_event_t *event) {
  node->line = event->start_mark.line + 1;
  node->column = event->start_mark.column + 1;
}

static es_status read_key(const reader *r, const yaml_event_t *event,
                          es_node *child) {
  place(child, event);
  const es_status status = check_plain(r, event);
  if (status != ES_OK) return status;
  if (event->type != YAML_SCALAR_EVENT)
    return fail_at(r, event->start_mark, "a key is one word");
  if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
      strcmp((const char *)event->data.scalar.value, "<<") == 0)
    return fail_at(r, event->start_mark, "merge keys (<<) are not read");
  if (event->data.scalar.length == 0)
    return fail_at(r, event->start_mark, "an empty key");
  return take_text(r, event, &child->key);
}

static int by_key(const void *a, const void *b) {
  const es_node *x = *(es_node *const *)a, *y = *(es_node *const *)b;
  const int order = strcmp(x->key, y->key);
  return order != 0 ? order : (x > y) - (x < y);
}

/* Sorted, so that a hostile file costs no quadratic time. */
static es_status check_duplicates(const reader *r, const es_node *map) {
  const size_t n = map->n_children;
  if (n < 2) return ES_OK;
  const es_node **sorted = malloc(n * sizeof *sorted);
  if (sorted == NULL) return no_memory(r);
  for (size_t i = 0; i < n; i++) sorted[i] = &map->child[i];
  qsort(sorted, n, sizeof *sorted, by_key);
  es_status status = ES_OK;
  for (size_t i = 1; i < n && status == ES_OK; i++)
    if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0) {
      const yaml_mark_t mark = {0, sorted[i]->line - 1, sorted[i]->column - 1};
      status = fail_at(r, mark, "%.60s stands twice, first in line %zu",
                       sorted[i]->key, sorted[i - 1]->line);
    }
  free(sorted);
  return status;
}

static es_status read_node(reader *r, const yaml_event_t *event, es_node *out,
                           size_t depth);

/* One child, whose first event has been read: a key in a map. */
static es_status read_child(reader *r, const yaml_event_t *event,
                            es_node *parent, size_t depth) {
  es_node *child = grow(parent);
  if (child == NULL) return no_memory(r);
  if (parent->kind == ES_NODE_LIST) {
    place(child, event);
    return read_node(r, event, child, depth);
  }
  es_status status = read_key(r, event, child);
  if (status != ES_OK) return status;
  yaml_event_t value;
  status = next(r, &value);
  if (status != ES_OK) return status;
  status = read_node(r, &value, child, depth);
  yaml_event_delete(&value);
  return status;
}

static es_status read_children(reader *r, es_node *out, size_t depth) {
  for (;;) {
    yaml_event_t event;
    es_status status = next(r, &event);
    if (status != ES_OK) return status;
    const bool end = event.type == YAML_SEQUENCE_END_EVENT ||
                     event.type == YAML_MAPPING_END_EVENT;
    if (!end) status = read_child(r, &event, out, depth);
    yaml_event_delete(&event);
    if (status != ES_OK) return status;
    if (end) return out->kind == ES_NODE_MAP ? check_duplicates(r, out) : ES_OK;
  }
}

/* Reads the node that begins with event; depth counts the collections around
 * it. */
static es_status read_node(reader *r, const yaml_event_t *event, es_node *out,
                           size_t depth) {
  const es_status status = check_plain(r, event);
  if (status != ES_OK) return status;
  if (event->type == YAML_SCALAR_EVENT) {
    out->kind = ES_NODE_SCALAR;
    out->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return take_text(r, event, &out->text);
  }
  if (depth == DEEPEST)
    return fail_at(r, event->start_mark, "nested deeper than %d", DEEPEST);
  out->kind =
      event->type == YAML_SEQUENCE_START_EVENT ? ES_NODE_LIST : ES_NODE_MAP;
  return read_children(r, out, depth + 1);
}

static es_status expect_end(reader *r) {
  for (;;) {
    yaml_event_t event;
    es_status status = next(r, &event);
    if (status != ES_OK) return status;
    const yaml_event_type_t type = event.type;
    if (type == YAML_DOCUMENT_START_EVENT)
      status = fail_at(r, event.start_mark, "a second document");
    yaml_event_delete(&event);
    if (status != ES_OK || type == YAML_STREAM_END_EVENT) return status;
  }
}

/* Nothing but comments is an empty map. */
static void settle_empty(es_node *root) {
  if (root->kind == ES_NODE_SCALAR &&
      (root->text == NULL || (!root->quoted && *root->text == '\0'))) {
    free(root->text);
    root->text = NULL;
    root->kind = ES_NODE_MAP;
  }
}

static es_status read_stream(reader *r, es_node *root) {
  root->line = root->column = 1;
  for (;;) {
    yaml_event_t event;
    es_status status = next(r, &event);
    if (status != ES_OK) return status;
    const yaml_event_type_t type = event.type;
    const bool content = type != YAML_STREAM_START_EVENT &&
                         type != YAML_STREAM_END_EVENT &&
                         type != YAML_DOCUMENT_START_EVENT;
    if (content) {
      place(root, &event);
      status = read_node(r, &event, root, 0);
    }
    yaml_event_delete(&event);
    if (status != ES_OK || type == YAML_STREAM_END_EVENT) return status;
    if (content) return expect_end(r);
  }
}

static es_status parse(es_node **out, const unsigned char *bytes, size_t n,
                       const char *name, es_diag *diag) {
  *out = NULL;
  reader r = {.name = name, .bytes = bytes, .diag = diag};
  es_node *root = calloc(1, sizeof *root);
  if (root == NULL) return no_memory(&r);
  es_status status = ES_NO_MEMORY;
  if (yaml_parser_initialize(&r.parser)) {
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, bytes, n);
    status = read_stream(&r, root);
    yaml_parser_delete(&r.parser);
  } else
    status = no_memory(&r);
  if (status != ES_OK) {
    es_yaml_free(root);
    return status;
  }
  settle_empty(root);
  *out = root;
  return ES_OK;
}

es_status es_yaml_read(es_node **out, const char *path, es_diag *diag) {
  unsigned char *bytes;
  size_t n;
  *out = NULL;
  es_status status = es_file_read(&bytes, &n, path, LARGEST, diag);
  if (status != ES_OK) return status;
  status = parse(out, bytes, n, path, diag);
  free(bytes);
  return status;
}

es_status es_yaml_parse(es_node **out, const char *text, const char *name,
                        es_diag *diag) {
  return parse(out, (const unsigned char *)text, strlen(text), name, diag);
}
