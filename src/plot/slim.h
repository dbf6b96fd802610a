/* A run's table for its figures, where most of it is of no use to them. Private
 * to the room. */
#ifndef ES_PLOT_SLIM_H
#define ES_PLOT_SLIM_H

#include <eigenstep/status.h>

/* What figures draw from in dir: *name is "trace.csv" or, where that holds the
 * state's columns (W_1_1, Wp_2_3, ...: a capital W, two numbers), "curves.csv",
 * which is then written: the other columns, their cells as they stand. gnuplot
 * reads a table once for each curve and looks names up in all of its columns.
 * The table must be there; ES_FILE_CORRUPT names a row that is not as long as
 * the header. One row is in memory at a time. */
es_status es_plot_slim(const char **name, const char *dir,
                       es_diag *diag) ES_MUST_USE;

#endif
