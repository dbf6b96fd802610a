/* Turning arrays.h5 into tables that gnuplot can read, for figures of images
 * and of point clouds. Private to the room. */
#ifndef ES_PLOT_PREPARE_H
#define ES_PLOT_PREPARE_H

#include <eigenstep/status.h>

/* Writes into dir what the figure of this kind reads besides the run's own
 * tables; kinds that read those only need nothing. */
es_status es_plot_prepare(const char *dir, const char *kind,
                          es_diag *diag) ES_MUST_USE;

#endif
