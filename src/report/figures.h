/* The figures of a stage, inside the page. Private to the room. */
#ifndef ES_REPORT_FIGURES_H
#define ES_REPORT_FIGURES_H

#include <eigenstep/status.h>
#include <stdio.h>

/* Every figure in dir/stage, by name: an SVG, for which a PNG of the same name
 * stands in where it has more than 512 kB, and an animation (GIF) beside it.
 * What has more than 4 MB is a link, and the page says why. title is that of
 * the experiment, for those who hear the page; NULL: none. A stage without a
 * folder has no figures. */
es_status es_figures_write(FILE *out, const char *dir, const char *stage,
                           const char *title, es_diag *diag) ES_MUST_USE;

#endif
