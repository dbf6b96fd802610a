/* A recursive descent over five kinds of word, to postfix: see expression.h. */
#include "report/expression.h"

#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

typedef struct reader {
  es_expression *out;
  const char *at;
  int depth;
} reader;

enum { DEEPEST = 16 };

static bool sum(reader *r);

static bool emit(reader *r, char kind, double number, size_t column) {
  if (r->out->n == ES_EXPRESSION_MOST) return false;
  r->out->code[r->out->n].kind = kind;
  r->out->code[r->out->n].number = number;
  r->out->code[r->out->n++].column = column;
  return true;
}

static size_t name_length(const char *text) {
  size_t n = 0;
  if (!isalpha((unsigned char)text[0]) && text[0] != '_') return 0;
  while (isalnum((unsigned char)text[n]) || text[n] == '_' || text[n] == '.')
    n++;
  return n;
}

/* Digits with a point, and an exponent where one follows. */
static size_t number_length(const char *text) {
  size_t n = strspn(text, "0123456789.");
  if (n == 0 || (text[n] != 'e' && text[n] != 'E')) return n;
  const size_t sign = text[n + 1] == '+' || text[n + 1] == '-';
  const size_t digits = strspn(text + n + 1 + sign, "0123456789");
  return digits > 0 ? n + 1 + sign + digits : n;
}

static bool operand(reader *r) {
  double number;
  if (*r->at == '(') {
    r->at++;
    return sum(r) && *r->at++ == ')';
  }
  size_t n = name_length(r->at);
  if (n > 0) {
    const size_t start = (size_t)(r->at - r->out->text);
    r->at += n;
    return emit(r, 'c', 0, start);
  }
  n = number_length(r->at);
  if (n == 0 || !es_text_real(&number, r->at, n)) return false;
  r->at += n;
  return emit(r, 'n', number, 0);
}

/* A sign binds less than a power: -x^2 is -(x^2). */
static bool power(reader *r) {
  if (r->depth == DEEPEST) return false;
  r->depth++;
  const bool minus = *r->at == '-';
  bool good;
  if (minus) {
    r->at++;
    good = power(r) && emit(r, '~', 0, 0);
  } else {
    good = operand(r);
    if (good && *r->at == '^') {
      r->at++;
      good = power(r) && emit(r, '^', 0, 0);
    }
  }
  r->depth--;
  return good;
}

static bool chain(reader *r, const char *operators, bool (*part)(reader *)) {
  if (!part(r)) return false;
  while (*r->at != '\0' && strchr(operators, *r->at) != NULL) {
    const char kind = *r->at++;
    if (!part(r) || !emit(r, kind, 0, 0)) return false;
  }
  return true;
}

static bool product(reader *r) { return chain(r, "*/", power); }
static bool sum(reader *r) { return chain(r, "+-", product); }

bool es_expression_parse(es_expression *out, const char *text) {
  *out = (es_expression){0};
  const size_t n = strlen(text);
  if (n >= sizeof out->text) return false;
  memcpy(out->text, text, n + 1);
  reader r = {.out = out, .at = out->text};
  return sum(&r) && *r.at == '\0';
}

bool es_expression_is_name(const es_expression *e) {
  return e->n == 1 && e->code[0].kind == 'c';
}

es_status es_expression_bind(es_expression *e, const es_table *table,
                             const char *file, es_diag *diag) {
  const size_t whole = es_table_column(table, e->text);
  if (whole < table->columns) {
    e->n = 0;
    e->code[e->n].kind = 'c';
    e->code[e->n++].column = whole;
    return ES_OK;
  }
  for (size_t i = 0; i < e->n; i++) {
    char name[ES_EXPRESSION_WORD];
    if (e->code[i].kind != 'c') continue;
    const char *start = e->text + e->code[i].column;
    const size_t n = name_length(start);
    memcpy(name, start, n);
    name[n] = '\0';
    e->code[i].column = es_table_column(table, name);
    if (e->code[i].column == table->columns)
      return es_fail(diag, ES_BAD_VALUE,
                     "experiment.criterion: %s has no column '%s'", file, name);
  }
  return ES_OK;
}

static double apply(char kind, double a, double b) {
  switch (kind) {
  case '+':
    return a + b;
  case '-':
    return a - b;
  case '*':
    return a * b;
  case '/':
    return a / b;
  default:
    return pow(a, b);
  }
}

double es_expression_value(const es_expression *e, const double *row) {
  double stack[ES_EXPRESSION_MOST] = {0};
  size_t n = 0;
  for (size_t i = 0; i < e->n; i++) {
    const char kind = e->code[i].kind;
    if (kind == 'n')
      stack[n++] = e->code[i].number;
    else if (kind == 'c')
      stack[n++] = row[e->code[i].column];
    else if (kind == '~')
      stack[n - 1] = -stack[n - 1];
    else {
      n--;
      stack[n - 1] = apply(kind, stack[n - 1], stack[n]);
    }
  }
  return stack[0];
}
