/* Drawing the bar on standard error: see bar.h. */
#include "cli/bar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void es_bar_init(es_bar *bar, bool quiet) {
  const char *no_color = getenv("NO_COLOR");
  *bar = (es_bar){0};
  bar->enabled = !quiet && isatty(STDERR_FILENO) == 1;
  bar->colour = no_color == NULL || no_color[0] == '\0';
}

void es_bar_report(es_bar *bar, const char *what, double done, double total) {
  if (!bar->enabled) return;
  const double now = es_seconds();
  if (strncmp(bar->what, what, sizeof bar->what - 1) != 0) {
    snprintf(bar->what, sizeof bar->what, "%s", what);
    bar->started = now;
    bar->first = done;
  }
  if (now - bar->started < 1 || now - bar->last_drawn < .1) return;
  char line[160];
  es_bar_line(line, sizeof line, what, bar->first, done, total,
              now - bar->started);
  fprintf(stderr, bar->colour ? "\r\033[K\033[36m%s\033[0m" : "\r%-100s", line);
  fflush(stderr);
  bar->drawn = true;
  bar->last_drawn = now;
}

void es_bar_clear(es_bar *bar) {
  if (bar->drawn) fprintf(stderr, bar->colour ? "\r\033[K" : "\r%100s\r", "");
  bar->drawn = false;
}
