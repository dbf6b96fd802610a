/* The progress bar of the program. */
#ifndef ES_CLI_BAR_H
#define ES_CLI_BAR_H

#include "base/progress.h"

/* A bar on a terminal: rate and time left, drawn from the first second of work
 * on, at most ten times a second, erased at the end. */
typedef struct es_bar {
  bool enabled, colour, drawn;
  double started, last_drawn;
  double first; /* done when it started */
  char what[48];
} es_bar;

/* enabled where standard error is a terminal and quiet is false; colour off
 * under NO_COLOR. */
void es_bar_init(es_bar *bar, bool quiet);
void es_bar_report(es_bar *bar, const char *what, double done, double total);
void es_bar_clear(es_bar *bar);

#endif
