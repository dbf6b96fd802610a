/* A dynamical system from its equations to its observables. A model is one
 * const es_model; everything the program does with models (flow, predict,
 * help, sweeps, plots) goes through this table, so that a user's own model,
 * filled in like the built-in ones, can be flowed and plotted the same way. */
#ifndef EIGENSTEP_MODEL_H
#define EIGENSTEP_MODEL_H

#include <eigenstep/config.h>
#include <eigenstep/ode.h>

ES_API_BEGIN

/* Sizes and facts of one opened model. */
typedef struct es_model_shape {
  size_t n;         /* length of the state y */
  size_t n_columns; /* observables */
  size_t n_events;  /* step events; the first n_steps have a prediction */
  bool by_rank;     /* event j is the j-th to happen, of whatever mode: it is
                       paired with the j-th of the predicted half times */
  double t_last;    /* last predicted step time; NaN: the model has none */
  bool has_exact;   /* closed form from this start */
  bool has_linear;  /* the model's `linear` is meant for this flow */
  double fastest;   /* rate at which the fastest mode settles, one over time; 0:
                       not known */
  double lr;        /* learning rate for method gd; 0: none was given */
  size_t n_points;  /* data points kept for output.embeddings; 0: none */
  size_t embed_dim; /* length of one embedding */
  double bytes;     /* memory that open took at its peak; 0: not worth saying */
  size_t n_swept;   /* the first so many columns are a sweep's; 0: all */
  double atol_unit; /* the absolute tolerance is multiplied by it: small where
                       what decays must keep its digits; 0: by 1 */
  double t_blowup; /* no state exists from this time on; inf: at all times, NaN:
                      not known. A flow stops before it [inf] */
  const char *no_start; /* what is missing for a trajectory, as a line for the
                           user; NULL: nothing. Stationary points and the like
                           need none */
  const char *no_fixed; /* why stationary points are not known with these
                           settings, as such a line; NULL: they are */
} es_model_shape;

/* One row of `predict` and of steps.csv: a mode and its step. */
typedef struct es_model_step {
  size_t mode;  /* from 1 */
  double gamma; /* its eigenvalue */
  double gap;   /* 1 - gamma_{j+1}^+/gamma_j, relative */
  double s0, s_final;
  double tau;       /* step time formula */
  double half_time; /* where the observable passes one half, exactly */
  double steps;     /* steps of discrete descent to half; NaN without lr */
} es_model_step;

/* A number that `fixed-points` says beside its table: in JSON and run.json
 * under its name, on standard error behind the words. */
typedef struct es_model_figure {
  char name[32];     /* "eta_max" */
  const char *words; /* "largest eta with a stationary point" */
  double value;
} es_model_figure;

/* A matrix for arrays.h5, owned by the model. */
typedef struct es_model_array {
  const char *dataset; /* "/gamma" */
  const double *data;  /* column-major */
  size_t rows, cols;
} es_model_array;

/* What modes have to do with factors that the data were made from, such as an
 * image's hue: R² of the least-squares fit, with intercept, of mode j's
 * eigenfunction on the numbers of factor k at r2[k + j*n]. Owned by the model.
 */
typedef struct es_model_factors {
  size_t modes, n;         /* first modes, factors */
  const char *const *name; /* n names */
  const double *gamma;     /* eigenvalues of the modes */
  const double *r2;
} es_model_factors;

/* Where a trajectory goes as t grows without bound, as far as it is certain:
 * the state is inside a region that it cannot leave again and from all of which
 * one kind of end is reached (docs/fate.md has the proofs). */
typedef enum es_fate {
  ES_FATE_UNDECIDED,
  ES_FATE_STABLE,    /* a stable point with s > 0 */
  ES_FATE_COLLAPSED, /* p = s = 0, whatever tau does */
  ES_FATE_DIVERGED   /* not finite, or past solver.limit */
} es_fate;
#define ES_FATE_NAMES                                                          \
  { "undecided", "stable", "collapsed", "diverged" }

/* "undecided", "stable", "collapsed", "diverged". */
const char *es_fate_name(es_fate fate);

/* What a sweep says of one cell beside its columns. */
typedef struct es_cell {
  es_fate fate;
  double t_settle;  /* entry into the region; NaN: not seen up to the end */
  double steps;     /* accepted and rejected; 0: none were needed */
  es_status status; /* other than ES_OK: the columns are NaN from where it
                       failed */
} es_cell;

/* How the cells of a sweep are solved. */
typedef struct es_cell_options {
  double t_end; /* INFINITY: until the fate is certain; the columns are then the
                   limits for t to infinity */
  double rtol, atol;  /* as in ode.h */
  uint64_t max_steps; /* of a cell */
  double limit;       /* as in ode.h; 0: none */
  const char *method; /* solver.method */
  const char *simd;   /* auto|avx512|avx2|none */
} es_cell_options;

/* Many cells of a model side by side, where that is faster than one by one:
 * SIMD lanes that hold a cell each. */
typedef struct es_batch {
  size_t at_once; /* cells that a call of solve is best given */
  /* For settings of which the keys axis[0..n_axes) of section "model" vary,
   * numbers all. ES_OK with *self NULL: these are not for the batch, take cells
   * one by one. */
  es_status (*open)(void **self, const es_config *config,
                    const char *const *axis, size_t n_axes,
                    const es_cell_options *options, es_diag *diag);
  void (*close)(void *self); /* accepts NULL */
  /* Solves n cells: axes (n × n_axes) cell by cell, each value within its key's
   * range; fills cells (n) and columns (n × n_swept), cell by cell. A cell's
   * bits depend on the cell alone. Called by many threads with one self.
   * Anything but ES_OK is a failure of the call itself, not of a cell. */
  es_status (*solve)(const void *self, const double *axes, size_t n,
                     es_cell *cells, double *columns);
} es_batch;

/* Progress and interruption of long work: asked now and then with work done and
 * work to do in any unit; true ends the work with ES_INTERRUPTED. */
typedef struct es_watch {
  bool (*ask)(void *context, const char *what, double done, double total);
  void *context;
} es_watch;

/* Required: name, rhs, start, and n or shape. Everything else may be NULL: then
 * the model has no settings, its observables are its state y_1 … y_n, and it
 * has no closed form, steps, arrays or remarks. self is what open made (NULL
 * without open) and is handed to every function below it. */
typedef struct es_model {
  const char *name;    /* "barlow-twins" */
  const char *summary; /* one line */
  const char *plot;    /* kind of its figure under plots/ */
  const es_keys *keys; /* section "model" */
  bool takes_data;     /* the sections [data] and [augment] apply */
  size_t n;            /* length of the state, where shape is NULL */

  /* Builds an instance from settings; where it fails nothing of it stays and
   * *self is NULL. close frees it and accepts NULL. watch may be NULL. */
  es_status (*open)(void **self, const es_config *config, const es_watch *watch,
                    es_diag *diag);
  void (*close)(void *self);
  /* Comes with n and n_columns = n, t_last NaN, t_blowup infinite, and zeros:
   * what differs is set. */
  void (*shape)(const void *self, es_model_shape *out);

  /* The solver's start; scale holds ones and may be set to the sizes that the
   * absolute tolerance is in units of. */
  void (*start)(const void *self, double *y, double *scale);
  es_ode_rhs rhs; /* context is self */
  /* What a stepper may use beside it (ode.h); self is the context. */
  es_ode_jacobian jacobian;
  es_ode_linear linear;

  /* Names and values of the observables at (t, y). */
  void (*column)(const void *self, size_t j, char *name, size_t size);
  es_status (*observe)(void *self, double t, const double *y, double *out);

  /* The state as the user sees it (output.state=on); its length may differ from
   * that of y. */
  size_t (*n_states)(const void *self);
  void (*state_name)(const void *self, size_t j, char *name, size_t size);
  void (*state)(const void *self, const double *y, double *out);

  /* Closed form: observables and (unless NULL) the user's state at t. */
  es_status (*exact)(void *self, double t, double *out, double *state);

  /* Distance of the state from what theory's closed form says at t: from the
   * aligned partner of a generic start, from the exact solution of an aligned
   * one. */
  double (*distance)(void *self, double t, const double *y);

  /* Embeddings of the model's first n_points data points under the user's
   * state: out is n_points × embed_dim, row by row. */
  void (*embed)(void *self, const double *state, double *out);

  /* Step events: g_j = 0 where mode j steps, j < shape.n_events, and how much
   * of the direction that steps lies along theory's mode j (squared cosine). */
  es_ode_events events;
  double (*overlap)(void *self, size_t event, size_t mode, double t,
                    const double *y);

  /* Predicted steps: n_steps rows, row j into *out; and the loss that stays. */
  size_t (*n_steps)(const void *self);
  void (*step)(const void *self, size_t j, es_model_step *out);
  double (*floor)(const void *self);

  /* A second prediction of when rank j+1 is reached, from this very start and
   * with all modes counted, where `step` speaks of the aligned partner's. */
  double (*generic_half_time)(void *self, size_t j);

  /* Stationary points for `fixed-points`: names of their columns (ended by
   * NULL), how many there are, and row j; and what else is said of them, figure
   * j of n_figures. */
  const char *const *fixed_columns;
  size_t (*n_fixed)(const void *self);
  void (*fixed)(const void *self, size_t j, double *row);
  /* The word in place of the number in column k of row j, such as a kind of
   * point; NULL: it is a number. NULL hook: all are. */
  const char *(*fixed_word)(const void *self, size_t j, size_t k);
  size_t (*n_figures)(const void *self);
  void (*figure)(const void *self, size_t j, es_model_figure *out);

  /* Fate of the state y at t, where it is certain; and the columns' limits for
   * t to infinity of a trajectory with that fate. */
  es_fate (*fate)(const void *self, double t, const double *y);
  void (*limit)(const void *self, es_fate fate, double t, const double *y,
                double *out);
  bool fate_reads_state; /* both take the user's state as well as the solver's,
                            which they must where the two differ for a sweep to
                            ask them of the closed form */
  const es_batch *batch; /* for sweeps; NULL: cells one by one */

  /* The basin's boundary for `separatrix`: names of its columns (ended by
   * NULL), how many rows there are, and row j. The first call of n_separatrix
   * may compute for seconds. */
  const char *const *separatrix_columns;
  es_status (*n_separatrix)(void *self, size_t *n, const es_watch *watch,
                            es_diag *diag);
  void (*separatrix)(const void *self, size_t j, double *row);
  const char *(*separatrix_word)(const void *self, size_t j, size_t k);

  /* Exponent p of the distance O(alpha^p) between a start alpha G and theory.
   */
  double (*exponent)(const void *self);

  /* Matrices stored with output.modes=on; NULL dataset beyond the last. */
  es_model_array (*array)(const void *self, size_t j);
  /* For factors.csv with output.modes=on; false: the data have no known ones.
   */
  bool (*factors)(const void *self, es_model_factors *out);
  /* A remark for the user (floor reported, limits passed), or NULL. It may
   * change where n_separatrix has something to say. */
  const char *(*remark)(const void *self);
  /* CRC-32 of the data the model was built from; false: none. */
  bool (*checksum)(const void *self, unsigned *crc);
} es_model;

/* One opened model. The functions below call the model's own or do what is
 * said above where it has none. */
typedef struct es_instance {
  const es_model *model;
  void *self;
  es_model_shape shape;
} es_instance;

/* ES_BAD_VALUE if a required part is missing or parts do not go together; else
 * the model's own errors. watch may be NULL. */
es_status es_instance_open(es_instance *out, const es_model *model,
                           const es_config *config, const es_watch *watch,
                           es_diag *diag) ES_MUST_USE;
void es_instance_close(es_instance *instance); /* a zeroed one is accepted */

void es_instance_start(const es_instance *instance, double *y, double *scale);
void es_instance_column(const es_instance *instance, size_t j, char *name,
                        size_t size);
es_status es_instance_observe(const es_instance *instance, double t,
                              const double *y, double *out) ES_MUST_USE;
size_t es_instance_states(const es_instance *instance);
void es_instance_state_name(const es_instance *instance, size_t j, char *name,
                            size_t size);
void es_instance_state(const es_instance *instance, const double *y,
                       double *out);
size_t es_instance_steps(const es_instance *instance); /* 0 without steps */
es_model_step es_instance_step(const es_instance *instance, size_t j);
double es_instance_floor(const es_instance *instance); /* NaN: not defined */
es_model_array es_instance_array(const es_instance *instance, size_t j);
bool es_instance_factors(const es_instance *instance, es_model_factors *out);
const char *es_instance_remark(const es_instance *instance);
bool es_instance_checksum(const es_instance *instance, unsigned *crc);

ES_API_END

#endif
