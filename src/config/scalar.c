/* Scalars: numbers, flags, choices, text; and how numbers are written. */
#include "base/text.h"
#include "config/utf8.h"
#include "config/value.h"

#include <stdlib.h>
#include <string.h>

const char *es_value_format(char out[ES_REAL_SIZE], double x) {
  double back = 0;
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(out, ES_REAL_SIZE, "%.*g", digits, x);
    /* The decimal point of a locale may be any one byte or several. */
    const size_t whole = strspn(out, "+-0123456789");
    const size_t point = strcspn(out + whole, "0123456789e");
    if (point > 0) {
      out[whole] = '.';
      memmove(out + whole + 1, out + whole + point,
              strlen(out + whole + point) + 1);
    }
    if (es_text_real(&back, out, strlen(out)) && back == x) break;
  }
  return out;
}

es_status es_value_number(const es_reading *r, double *x, const es_node *node,
                          const char *where) {
  if (node->kind != ES_NODE_SCALAR)
    return es_value_refuse(r, "%s is not a number", where);
  if (!es_text_real(x, node->text, strlen(node->text)))
    return es_value_refuse(r, "%s, %.24s, is not a finite number", where,
                           node->text);
  return ES_OK;
}

/* Why text is no number of that kind. */
static es_status refuse_number(const es_reading *r, const char *text,
                               const char *why) {
  const bool list = strchr(text, ',') != NULL;
  return es_value_refuse(r, "%s",
                         list ? "one number is wanted and not a list" : why);
}

es_status es_scalar_real(const es_reading *r, const char *text) {
  if (!es_text_real(&r->out->real, text, strlen(text)))
    return refuse_number(r, text, "not a finite number");
  if (!es_value_in_range(r->key, r->out->real))
    return es_value_refuse(r, "out of range");
  return ES_OK;
}

es_status es_scalar_size(const es_reading *r, const char *text) {
  double x = 0;
  const size_t n = strlen(text);
  if (!es_text_size(&r->out->size, text, n))
    return refuse_number(r, text,
                         es_text_real(&x, text, n) && x >= 0x1p53
                             ? "beyond 2^53 = 9007199254740992"
                             : "not a whole number");
  r->out->real = (double)r->out->size;
  if (!es_value_in_range(r->key, r->out->real))
    return es_value_refuse(r, "out of range");
  return ES_OK;
}

es_status es_scalar_flag(const es_reading *r, const char *text) {
  static const char *const words[] = {"on",  "true",  "yes",
                                      "off", "false", "no"};
  for (size_t i = 0; i < 6; i++)
    if (strcmp(text, words[i]) == 0) {
      r->out->flag = i < 3;
      return ES_OK;
    }
  return es_value_refuse(r, "neither on nor off");
}

enum { MOST_CHOICES = 64 }; /* thrice what the longest table has */

/* Cuts "a|b|c" in place. */
static size_t split_choices(char *copy, const char *names[MOST_CHOICES]) {
  size_t n = 0;
  char *rest = copy;
  for (char *word = strsep(&rest, "|"); word != NULL && n < MOST_CHOICES;
       word = strsep(&rest, "|"))
    names[n++] = word;
  return n;
}

es_status es_scalar_choice(const es_reading *r, const char *text) {
  const char *names[MOST_CHOICES];
  char *copy = strdup(r->key->choices);
  if (copy == NULL) return es_value_no_memory(r);
  const size_t n = split_choices(copy, names);
  size_t i = 0;
  while (i < n && strcmp(text, names[i]) != 0) i++;
  es_status status = ES_OK;
  if (i == n) {
    const size_t near = es_text_nearest(text, names, n);
    status = near == n ? es_value_refuse(r, "no such choice")
                       : es_value_refuse(r, "no such choice (did you mean %s?)",
                                         names[near]);
  }
  free(copy);
  return status == ES_OK ? es_value_keep(r, text) : status;
}

/* Text that is no UTF-8 could not be written to config.yaml and read back. */
es_status es_scalar_text(const es_reading *r, const char *text) {
  if (!es_utf8_valid(text)) return es_value_refuse(r, "not valid UTF-8");
  return es_value_keep(r, text);
}
