/* Words of a set of choices, "a|b|c": as lists, and counted from 0. */
#include "base/text.h"
#include "config/value.h"

#include <string.h>

const char *es_choice_word(const char *choices, size_t i, size_t *n) {
  for (; choices != NULL; choices++) {
    *n = strcspn(choices, "|");
    if (i-- == 0) return choices;
    choices = strchr(choices, '|');
    if (choices == NULL) break;
  }
  *n = 0;
  return NULL;
}

/* Which of the choices the n characters are, as a number. */
static es_status find(const es_reading *r, double *out, const char *word,
                      size_t n) {
  size_t length;
  const char *choice;
  for (size_t i = 0;
       (choice = es_choice_word(r->key->choices, i, &length)) != NULL; i++)
    if (length == n && memcmp(choice, word, n) == 0) {
      *out = (double)i;
      return ES_OK;
    }
  return es_value_refuse(r, "%.*s is none of them", n < 40 ? (int)n : 40, word);
}

es_status es_words_from_text(const es_reading *r, const char *text) {
  size_t count = 1;
  for (const char *c = text; *c != '\0'; c++) count += *c == ',';
  es_status status = es_value_reserve(r, count, 1);
  for (size_t i = 0; status == ES_OK && i < count; i++) {
    const size_t n = strcspn(text, ","), blank = strspn(text, " \t");
    size_t end = n;
    while (end > blank && strchr(" \t", text[end - 1]) != NULL) end--;
    status = find(r, &r->out->array.data[i], text + (blank < n ? blank : n),
                  end > blank ? end - blank : 0);
    text += n + 1;
  }
  return status;
}

es_status es_words_from_node(const es_reading *r, const es_node *list) {
  if (list->n_children == 0) return es_value_refuse(r, "an empty list");
  es_status status = es_value_reserve(r, list->n_children, 1);
  for (size_t i = 0; status == ES_OK && i < list->n_children; i++) {
    const es_node *node = &list->child[i];
    if (node->kind != ES_NODE_SCALAR)
      return es_value_refuse(r, "entry %zu is not a word", i + 1);
    status = find(r, &r->out->array.data[i], node->text, strlen(node->text));
  }
  return status;
}
