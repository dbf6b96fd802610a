/* Grids of settings: one row per cell, whatever the model. A cell ends when its
 * time is up or, before that, when its fate is certain and the rest of the way
 * is known; a cell that fails is a row with a status. Rows are the same to the
 * last bit whatever the number of threads, shards or ranks. */
#ifndef EIGENSTEP_SWEEP_H
#define EIGENSTEP_SWEEP_H

#include <eigenstep/model.h>

ES_API_BEGIN

/* The keys of [time] and [solver] that every sweep has, beside its model's. The
 * settings know axes once es_config_add_axes has made a section of them. */
extern const es_keys es_sweep_keys;

typedef struct es_sweep es_sweep;

/* One row: cell's number in the grid (the last axis is the fastest), its axis
 * values, its columns, and what else is said of it. Rows come in order.
 * Anything but ES_OK ends the sweep with that status. */
typedef es_status (*es_sweep_row)(void *context, uint64_t cell,
                                  const double *axes, const double *columns,
                                  const es_cell *said);

/* Makes the grid of the axes over the settings of config (which must outlive
 * it). ES_BAD_VALUE for an axis value out of its key's range, an axis twice, a
 * grid of more than 2^53 cells; ES_USAGE where no cell would end (a model
 * without a fate and no time.t_end); else the model's own errors at the first
 * cell, if none of some cells spread over the grid opens either. */
es_status es_sweep_new(es_sweep **out, const es_model *model,
                       const es_config *config, const es_axis *axes,
                       size_t n_axes, es_diag *diag) ES_MUST_USE;
void es_sweep_free(es_sweep *sweep); /* NULL accepted */

uint64_t es_sweep_cells(const es_sweep *sweep);
size_t es_sweep_columns(const es_sweep *sweep); /* beside axes and es_cell */
void es_sweep_column(const es_sweep *sweep, size_t j, char *name, size_t size);

/* Solves the cells first to last-1 on that many threads and hands over their
 * rows in order, not always on the calling thread, but one at a time. Memory
 * does not grow with the number of cells. watch (NULL: none) is asked on the
 * calling thread with cells done and to do; ES_INTERRUPTED when it says so. */
es_status es_sweep_run(es_sweep *sweep, uint64_t first, uint64_t last,
                       size_t threads, const es_watch *watch, es_sweep_row row,
                       void *context, es_diag *diag) ES_MUST_USE;

ES_API_END

#endif
