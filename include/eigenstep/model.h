/* A dynamical system from its equations to its observables. A model is one
 * const es_model; everything the program does with models (flow, predict,
 * help, sweeps, plots) goes through this table, so that a user's own model,
 * filled in like the built-in ones, can be flowed and plotted the same way. */
#ifndef EIGENSTEP_MODEL_H
#define EIGENSTEP_MODEL_H

#include <eigenstep/config.h>
#include <eigenstep/ode.h>

/* Sizes and facts of one opened model. */
typedef struct es_model_shape {
  size_t n;         /* length of the state y */
  size_t n_columns; /* observables */
  size_t n_events;  /* step events: one per mode that theory says will step */
  double t_last;    /* last predicted step time; NaN: the model has none */
  bool has_exact;   /* closed form from this start */
  double lr;        /* learning rate for method gd; 0: none was given */
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

/* A matrix for arrays.h5, owned by the model. */
typedef struct es_model_array {
  const char *dataset; /* "/gamma" */
  const double *data;  /* column-major */
  size_t rows, cols;
} es_model_array;

typedef struct es_model {
  const char *name;    /* "barlow-twins" */
  const char *summary; /* one line */
  const char *plot;    /* kind of its figure under plots/, or NULL */
  const es_keys *keys; /* section "model" */
  bool takes_data;     /* the sections [data] and [augment] apply */

  /* Builds an instance from settings; *self is freed by close, which accepts
   * NULL. Everything below takes that instance. */
  es_status (*open)(void **self, const es_config *config, es_diag *diag);
  void (*close)(void *self);
  void (*shape)(const void *self, es_model_shape *out);

  /* Names of observable j and (output.state=on) of state element j as seen by
   * the user; n_states may differ from shape.n. */
  void (*column)(const void *self, size_t j, char *name, size_t size);
  size_t (*n_states)(const void *self);
  void (*state_name)(const void *self, size_t j, char *name, size_t size);

  /* The solver's start and per-component scales of its absolute tolerance. */
  void (*start)(const void *self, double *y, double *scale);
  es_ode_rhs rhs; /* context is self */

  /* Observables at (t, y); es_status for eigenvalue solvers. */
  es_status (*observe)(void *self, double t, const double *y, double *out);
  /* The user's state at (t, y). */
  void (*state)(const void *self, const double *y, double *out);
  /* Closed form: observables and (unless NULL) the user's state at t. */
  es_status (*exact)(void *self, double t, double *out, double *state);

  /* Step events (may be NULL without them): g_j = 0 where mode j steps. */
  es_ode_events events;
  /* How much of the direction that steps at event j lies along theory's mode j
   * (squared cosine), at the state y of the event. */
  double (*overlap)(void *self, size_t j, double t, const double *y);

  /* Predicted steps: n_steps rows, row j into *out. */
  size_t (*n_steps)(const void *self);
  void (*step)(const void *self, size_t j, es_model_step *out);
  double (*floor)(const void *self); /* loss that stays; NaN: not defined */

  /* Matrices stored with output.modes=on; NULL dataset beyond the last. */
  es_model_array (*array)(const void *self, size_t j);
  /* A remark for standard error (floor reported, limits passed), or NULL. */
  const char *(*remark)(const void *self);
  /* CRC-32 of the data the model was built from; false: none. */
  bool (*checksum)(const void *self, unsigned *crc);
} es_model;

#endif
