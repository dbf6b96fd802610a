/* One cell at a time, whatever the model: its settings, its instance, its
 * closed form or the solver, and its fate on the way. */
#ifndef ES_SWEEP_CELL_H
#define ES_SWEEP_CELL_H

#include <eigenstep/sweep.h>
#include <pthread.h>

/* What one thread solves cells with. */
typedef struct es_solver es_solver;

typedef struct es_solver_setup {
  const es_model *model;
  const es_config *config; /* copied */
  const es_axis *axis;     /* n_axes names; borrowed */
  size_t n_axes, n_columns;
  const char (*name)[48];   /* n_columns; NULL: any */
  pthread_mutex_t *opening; /* held while a model opens; NULL: need not be */
  const es_watch *watch;    /* for stopping; NULL: none */
} es_solver_setup;

es_status es_solver_new(es_solver **out, const es_solver_setup *setup,
                        es_diag *diag) ES_MUST_USE;
void es_solver_free(es_solver *solver); /* NULL accepted */

/* Opens the instance of a cell, for whoever asks for its shape and names; it is
 * closed with the next cell and lives in the solver. */
es_status es_solver_open(es_solver *solver, const double *axes,
                         const es_instance **out, es_diag *diag) ES_MUST_USE;

/* Solves a cell: cell and columns[0..n_columns). Anything but ES_OK
 * (ES_INTERRUPTED, ES_NO_MEMORY) is no failure of the cell alone. */
es_status es_solver_run(es_solver *solver, const double *axes, es_cell *cell,
                        double *columns, es_diag *diag) ES_MUST_USE;

#endif
