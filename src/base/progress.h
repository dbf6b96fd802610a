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

/* A bar on a terminal: rate and time left, drawn from the first second of work
 * on, at most ten times a second, erased at the end. */
typedef struct es_bar {
  bool enabled, colour, drawn;
  double started, last_drawn;
  char what[48];
} es_bar;

/* enabled where standard error is a terminal and quiet is false; colour off
 * under NO_COLOR. */
void es_bar_init(es_bar *bar, bool quiet);
void es_bar_report(es_bar *bar, const char *what, double done, double total);
void es_bar_clear(es_bar *bar);

/* Writes the bar's line (no newline, no escapes) for tests and for the bar. */
void es_bar_line(char *out, size_t size, const char *what, double done,
                 double total, double seconds);

/* Monotonic seconds. */
double es_seconds(void);

#endif
