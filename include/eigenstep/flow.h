/* The theoretical trajectory of one model: times, method and tolerances from
 * settings, rows of observables out, steps measured on the way. */
#ifndef EIGENSTEP_FLOW_H
#define EIGENSTEP_FLOW_H

#include <eigenstep/model.h>

ES_API_BEGIN

/* The keys of the sections [time], [solver] and [output] that a flow reads.
 * Together with a model's own keys they make its configuration. */
extern const es_keys es_flow_keys;

typedef struct es_flow es_flow;

/* One row: t, observables and, with output.state=on, the state; n = values in
 * a row. Anything but ES_OK ends the flow with that status. */
typedef es_status (*es_flow_row)(void *context, const double *row, size_t n);

/* A step of a mode as it was met on the trajectory; t is NaN if it was not. */
typedef struct es_flow_step {
  double t, overlap;
} es_flow_step;

/* Opens the model and settles times and method. Errors: the model's, a method
 * that does not fit, times missing or negative (all exit 2). Free with
 * es_flow_free. watch (NULL: none) is asked while the model opens and
 * at every step. It, the model and the configuration must outlive the flow. */
es_status es_flow_new(es_flow **out, const es_model *model,
                      const es_config *config, const es_watch *watch,
                      es_diag *diag) ES_MUST_USE;
void es_flow_free(es_flow *flow);

/* Columns of a row, column 0 being "t". */
size_t es_flow_columns(const es_flow *flow);
void es_flow_column(const es_flow *flow, size_t j, char *name, size_t size);

/* Runs from the start, handing over each row as it is ready. On a numerical
 * failure the rows before it have been handed over, and diag has t and, of
 * a stepper, h and steps. */
es_status es_flow_run(es_flow *flow, es_flow_row row, void *context,
                      es_diag *diag) ES_MUST_USE;

/* The method ("exact", "dop853", …): before the run what will begin, after it
 * what ran ("dop853+rosenbrock"); whether solver.method=auto chose it; and,
 * after the run, the solver's statistics (zeros for the closed form). */
const char *es_flow_method(const es_flow *flow);
bool es_flow_by_auto(const es_flow *flow);
es_ode_statistics es_flow_statistics(const es_flow *flow);

/* Largest distance from theory's closed form over the rows so far (es_model's
 * distance); NaN where the model has none, and for the closed form itself. */
double es_flow_sup_error(const es_flow *flow);

/* Embeddings over time with output.embeddings=N: n_rows × n_points × dim, the
 * flow's own memory; NULL without. times has n_rows entries. */
const double *es_flow_embeddings(const es_flow *flow, size_t *n_rows,
                                 size_t *n_points, size_t *dim,
                                 const double **times);

/* Number of modes that can step, and what was met of each. */
size_t es_flow_steps(const es_flow *flow);
es_flow_step es_flow_step_met(const es_flow *flow, size_t j);

/* The opened model, as long as the flow lives. */
const es_instance *es_flow_instance(const es_flow *flow);

/* Number of output times, and the last one. */
size_t es_flow_times(const es_flow *flow, double *last);

ES_API_END

#endif
