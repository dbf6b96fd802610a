/* The form of a criterion, parsed: see verdict.h. Private to the room. */
#ifndef ES_REPORT_CRITERION_H
#define ES_REPORT_CRITERION_H

#include "report/expression.h"

enum { ES_MOST_CLAUSES = 4, ES_CRITERION_WORD = ES_EXPRESSION_WORD };

typedef enum es_relation {
  ES_LESS,
  ES_LESS_EQUAL,
  ES_MORE,
  ES_MORE_EQUAL
} es_relation;

typedef struct es_clause {
  es_expression column;
  char is[ES_CRITERION_WORD]; /* the text that the cell must be; "": it is
                                 compared */
  es_relation op;
  double bound;
} es_clause;

/* One aggregate of one file. */
typedef struct es_term {
  char aggregate[ES_CRITERION_WORD], file[ES_CRITERION_WORD];
  char minus[ES_CRITERION_WORD]; /* file whose rows are taken off; "": none */
  es_expression column, by;      /* by.n = 0: no line is fitted */
  bool absolute;
  es_clause where[ES_MOST_CLAUSES];
  size_t n_where;
} es_term;

typedef struct es_criterion {
  es_term term[2];
  char joined; /* '-' or '/' between the two; '\0': there is one */
  es_relation op;
  double bound;
} es_criterion;

/* False if text has not that form. */
bool es_criterion_parse(es_criterion *out, const char *text);

bool es_relation_holds(double x, es_relation op, double bound);

#endif
