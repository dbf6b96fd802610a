/* How figures look: the settings of section [figure], as lines of a figure's
 * script. Drawing again keeps them, since they stand in the script; they are no
 * settings of a run, and none of its files but the figures' know them. */
#ifndef ES_PLOT_FIGURE_H
#define ES_PLOT_FIGURE_H

#include <eigenstep/config.h>

/* size, font, font_size, theme, title, modes, x, y, x_scale, y_scale. */
extern const es_keys es_figure_keys;

/* What the keys' own ranges do not say: ES_BAD_VALUE for a size or an axis that
 * is not two numbers, an empty or a non-positive logarithmic range, a mode that
 * is no whole number, a font whose name could be more than a name. figure may
 * be NULL. */
es_status es_figure_check(const es_config *figure, es_diag *diag) ES_MUST_USE;

/* The lines figure_KEY = value of what is set, of settings that were checked;
 * none for NULL. plots/common.gp reads them. */
void es_figure_write(FILE *out, const es_config *figure);

/* Whether a figure of `modes` modes (0: of none) has one of those that are to
 * be drawn; true where all are. */
bool es_figure_any_mode(const es_config *figure, size_t modes);

#endif
