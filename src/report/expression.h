/* Arithmetic over the columns of a table, for criteria and for settings that
 * follow from others: numbers, names of columns (letters, digits, '_' and '.',
 * a letter or '_' first), + - * / ^ (to the right), signs and parentheses,
 * without blanks:
 *   s_1-p_1^2/10         0.5*(1.09*s_1+0.12)-p_1*(tau_1-1.09*p_1)
 * For this room and the run room. */
#ifndef ES_REPORT_EXPRESSION_H
#define ES_REPORT_EXPRESSION_H

#include "file/csv.h"

enum { ES_EXPRESSION_WORD = 96, ES_EXPRESSION_MOST = 48 };

/* Compiled: operands and operators in the order of their evaluation. */
typedef struct es_expression {
  struct {
    char kind;     /* 'n' number, 'c' column, '~' sign, or the operator */
    double number; /* of 'n' */
    size_t column; /* of 'c', once bound; before, where its name starts */
  } code[ES_EXPRESSION_MOST];
  size_t n;
  char text[ES_EXPRESSION_WORD];
} es_expression;

/* False if text is not of that form or is too long. */
bool es_expression_parse(es_expression *out, const char *text);

/* True of one name alone. */
bool es_expression_is_name(const es_expression *expression);

/* Finds the columns of file's table, under any names they have there: a text
 * that is itself a column's name is that column. ES_BAD_VALUE names the one
 * that is not there. */
es_status es_expression_bind(es_expression *expression, const es_table *table,
                             const char *file, es_diag *diag) ES_MUST_USE;

/* The value in a row of the table that it was bound to. */
double es_expression_value(const es_expression *expression, const double *row);

#endif
