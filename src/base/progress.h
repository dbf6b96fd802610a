/* Progress and interruption, as a caller of long work sees them. The library
 * reports through a function pointer; the program draws the bar. */
#ifndef ES_BASE_PROGRESS_H
#define ES_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct es_progress {
  /* Called now and then with work done and work to do, in any unit; what
   * names the stage of work. May be NULL. */
  void (*report)(void *self, const char *what, double done, double total);
  /* True once the work should stop soon with ES_INTERRUPTED. May be NULL. */
  bool (*stopping)(void *self);
  void *self;
} es_progress;

/* Both accept a NULL progress. */
void es_progress_report(const es_progress *p, const char *what, double done,
                        double total);
bool es_progress_stopping(const es_progress *p);

/* Writes the bar's line (no newline, no escapes): done of total, of which
 * `first` were there before these seconds began, as in a run that goes on. */
void es_bar_line(char *out, size_t size, const char *what, double first,
                 double done, double total, double seconds);

/* Monotonic seconds. */
double es_seconds(void);

#endif
