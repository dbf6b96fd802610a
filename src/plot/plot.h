/* Figures: a gnuplot script is kept beside every figure it drew, and drawing
 * again is running that script. Scripts read files only. */
#ifndef ES_PLOT_PLOT_H
#define ES_PLOT_PLOT_H

#include <eigenstep/config.h>

/* For each of kinds ("staircase,modes"): writes dir/KIND.gp (a preamble with
 * the title and, for every numbered family of columns in dir/trace.csv such as
 * lambda_1…, its size as n_lambda, then plots/common.gp and plots/KIND.gp) and
 * runs it. A trace that holds the state is first copied without it to
 * dir/curves.csv; the variable `trace` names the one that is drawn. figure: how
 * it looks (figure.h), settings that were checked; NULL: as scripts have it.
 * ES_TOOL_MISSING if gnuplot is not there; the script stays. */
es_status es_plot_draw(const char *dir, const char *kinds, const char *title,
                       const es_config *figure, es_diag *diag) ES_MUST_USE;

/* Removes what was drawn in dir, which need not be there: for each of kinds
 * KIND.gp, if it is such a script, and its figures; NULL: of all kinds, and
 * curves.csv. ES_FILE_WRITE; ES_FILE_DATA where a script cannot be read, but
 * for one that is closed to us; ES_NO_MEMORY. */
es_status es_plot_forget(const char *dir, const char *kinds,
                         es_diag *diag) ES_MUST_USE;

/* Whether one of kinds has not been drawn in dir, or, for NULL, a script that
 * was written there: gnuplot was missing then, or the drawing was killed. */
es_status es_plot_lacks(bool *out, const char *dir, const char *kinds,
                        es_diag *diag) ES_MUST_USE;

/* Runs every file *.gp of a folder and of the folders in it; *n counts them.
 * figure (NULL: none) takes the place of how those looked that were written
 * here. ES_BAD_VALUE, before any is touched, where none of the modes it asks
 * for is there; ES_FILE_DATA for a script from before figures had settings. */
es_status es_plot_again(const char *dir, const es_config *figure, size_t *n,
                        es_diag *diag) ES_MUST_USE;

/* gnuplot's version and terminals in one line, or false if it is missing. */
bool es_plot_gnuplot(char *out, size_t size);

#endif
