/* Help on a terminal: lines are broken at its width. Elsewhere they stay whole
 * for what reads them: completion, pages of the manual, tests. */
#ifndef ES_CLI_WRAP_H
#define ES_CLI_WRAP_H

#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal that standard output is; 0 if it is none, or one of
 * less than 40 columns. */
size_t es_wrap_width(void);

/* Writes text in lines of at most width columns, broken at blanks. An entry
 * "  NAME  text" goes on below its text, two columns deeper; a word that is
 * longer than a line, and lines that are typed ("  words"), stay whole. */
void es_wrap_put(FILE *out, const char *text, size_t width);

#endif
