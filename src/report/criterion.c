/* Parsing criteria, word by word: see verdict.h for their form. */
#include "report/criterion.h"

#include "base/text.h"

#include <string.h>

enum { WORD = ES_CRITERION_WORD };

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

static bool read_relation(const char *text, es_relation *op) {
  static const char *const names[] = {"<", "<=", ">", ">="};
  for (int i = 0; i < 4; i++)
    if (strcmp(text, names[i]) == 0) {
      *op = (es_relation)i;
      return true;
    }
  return false;
}

static bool relation_and_bound(const char **text, const char *first,
                               es_relation *op, double *bound) {
  char number[WORD];
  return read_relation(first, op) && word(text, number) &&
         es_text_real(bound, number, strlen(number));
}

static bool read_expression(es_expression *out, const char **text) {
  char next[WORD];
  return word(text, next) && es_expression_parse(out, next);
}

/* COLUMN, then "is WORD" (of a column as it stands) or a relation and its
 * bound. */
static bool parse_clause(es_clause *w, const char **text) {
  char op[WORD];
  if (!read_expression(&w->column, text) || !word(text, op)) return false;
  if (strcmp(op, "is") == 0)
    return es_expression_is_name(&w->column) && word(text, w->is);
  return relation_and_bound(text, op, &w->op, &w->bound);
}

static bool known_aggregate(const char *name) {
  static const char *const names[] = {"max",   "min",   "mean", "median",
                                      "count", "slope", "rate"};
  for (int i = 0; i < 7; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

static bool fits_a_line(const char *aggregate) {
  return strcmp(aggregate, "slope") == 0 || strcmp(aggregate, "rate") == 0;
}

/* COLUMN or |COLUMN|. */
static bool parse_column(es_term *t, const char **text) {
  char name[WORD];
  if (!word(text, name)) return false;
  const size_t n = strlen(name);
  t->absolute = n > 2 && name[0] == '|' && name[n - 1] == '|';
  if (t->absolute) name[n - 1] = '\0';
  return es_expression_parse(&t->column, name + t->absolute);
}

/* "in", or "by X in" after the column of a slope or a rate. */
static bool parse_by(es_term *t, const char **text) {
  char next[WORD];
  if (!word(text, next)) return false;
  if (fits_a_line(t->aggregate) &&
      (strcmp(next, "by") != 0 || !read_expression(&t->by, text) ||
       !word(text, next)))
    return false;
  return strcmp(next, "in") == 0;
}

/* "minus FILE" after a file. A second aggregate is no file: text then stays
 * before it. */
static bool parse_minus(es_term *t, const char **text, char next[WORD]) {
  const char *ahead = *text;
  if (strcmp(next, "minus") != 0) return true;
  if (!word(&ahead, t->minus)) return false;
  if (known_aggregate(t->minus)) {
    t->minus[0] = '\0';
    return true;
  }
  *text = ahead;
  return word(text, next);
}

/* A file of the experiment's own folder. */
static bool stays_inside(const char *file) {
  return file[0] != '/' && strstr(file, "..") == NULL;
}

static bool parse_where(es_term *t, const char **text, char next[WORD]) {
  while (strcmp(next, t->n_where == 0 ? "where" : "and") == 0) {
    if (t->n_where == ES_MOST_CLAUSES ||
        !parse_clause(&t->where[t->n_where], text))
      return false;
    t->n_where++;
    if (!word(text, next)) return false;
  }
  return true;
}

/* Leaves the word behind the term in next. */
static bool parse_term(es_term *t, const char **text, char next[WORD]) {
  return word(text, t->aggregate) && known_aggregate(t->aggregate) &&
         parse_column(t, text) && parse_by(t, text) && word(text, t->file) &&
         word(text, next) && parse_minus(t, text, next) &&
         parse_where(t, text, next) && stays_inside(t->file) &&
         stays_inside(t->minus);
}

bool es_criterion_parse(es_criterion *out, const char *text) {
  char next[WORD];
  *out = (es_criterion){0};
  if (!parse_term(&out->term[0], &text, next)) return false;
  if (strcmp(next, "minus") == 0) out->joined = '-';
  if (strcmp(next, "over") == 0) out->joined = '/';
  if (out->joined != '\0' && !parse_term(&out->term[1], &text, next))
    return false;
  return relation_and_bound(&text, next, &out->op, &out->bound) &&
         text[strspn(text, " ")] == '\0';
}

bool es_relation_holds(double x, es_relation op, double bound) {
  switch (op) {
  case ES_LESS:
    return x < bound;
  case ES_LESS_EQUAL:
    return x <= bound;
  case ES_MORE:
    return x > bound;
  default:
    return x >= bound;
  }
}
