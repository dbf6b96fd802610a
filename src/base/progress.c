/* Progress, and the text of its bar: see progress.h. */
#include "base/progress.h"

#include <stdio.h>
#include <time.h>

void es_progress_report(const es_progress *p, const char *what, double done,
                        double total) {
  if (p != NULL && p->report != NULL) p->report(p->self, what, done, total);
}

bool es_progress_stopping(const es_progress *p) {
  return p != NULL && p->stopping != NULL && p->stopping(p->self);
}

double es_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum { CLOCK = 24 };

static void clock_text(char out[CLOCK], double seconds) {
  const int s = !(seconds > 0)     ? 0
                : seconds < 359999 ? (int)(seconds + .5)
                                   : 359999;
  if (s >= 3600)
    snprintf(out, CLOCK, "%dh%02dm", s / 3600, s / 60 % 60);
  else if (s >= 60)
    snprintf(out, CLOCK, "%dm%02ds", s / 60, s % 60);
  else
    snprintf(out, CLOCK, "%ds", s);
}

void es_bar_line(char *out, size_t size, const char *what, double first,
                 double done, double total, double seconds) {
  enum { WIDTH = 24 };
  char cells[WIDTH + 1], left[CLOCK] = "?";
  const double share = total > 0 ? (done < total ? done / total : 1) : 0;
  const int full = (int)(share * WIDTH);
  for (int i = 0; i < WIDTH; i++) cells[i] = i < full ? '#' : '.';
  cells[WIDTH] = '\0';
  const double rate =
      seconds > 0 && done > first ? (done - first) / seconds : 0;
  if (rate > 0) clock_text(left, (total - done) / rate);
  snprintf(out, size, "%-16s %s %3.0f%%  %.3g/s  %s left", what, cells,
           100 * share, rate, left);
}
