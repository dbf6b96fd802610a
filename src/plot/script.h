/* What this room's files know of figures' scripts. Private to the room. */
#ifndef ES_PLOT_SCRIPT_H
#define ES_PLOT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/* How a script begins that was written here, and how what follows its preamble
 * does (plots/common.gp). */
#define ES_PLOT_MARK "# Drawn by eigenstep"
#define ES_PLOT_COMMON "# Shared by every figure"

enum {
  ES_PLOT_LARGEST = 1 << 20, /* bytes of a script that is read */
  ES_PLOT_KIND = 64,         /* room for the name of a kind of figure */
  ES_PLOT_EXTENSIONS = 4
};

/* The forms that a figure may have: it is there once it has one of them. */
extern const char *const es_plot_extension[ES_PLOT_EXTENSIONS];

/* Characters of NAME where a file is called NAME.gp, else 0. */
size_t es_plot_stem(const char *name);

/* The first of "staircase,modes" into kind, and *kinds moves behind it; false
 * at its end. */
bool es_plot_next(const char **kinds, char kind[ES_PLOT_KIND]);

#endif
