/* The model `contrastive`, z = W x (Jing et al. 2022; theory.md 6), W' = W X -
 * eta W, shared by its files: contrastive_open.c builds it, contrastive.c makes
 * it an es_model, contrastive_closed.c has its closed forms,
 * contrastive_points.c its stationary points. State y: W (d×m). */
#ifndef ES_MODELS_LINEAR_ONE_LAYER_H
#define ES_MODELS_LINEAR_ONE_LAYER_H

#include "linalg/linalg.h"
#include "models/linear/contrastive.h"
#include "models/linear/population.h"

typedef struct es_one_layer_closed es_one_layer_closed;

typedef struct one_layer {
  es_drive *drive;
  size_t d, m, k; /* k = min(d, m) */
  double eta;
  double *W0;    /* d×m */
  double *root;  /* m×m: Cov(x) = root root^T; NULL: not known */
  double *X;     /* m×m: of observables; not for dot */
  double *value; /* m: its eigenvalues */
  double *G, *T; /* d×m: of observables */
  es_eigen *eigen;
  es_singular *singular;
  bool constant;                    /* X is, and then */
  double x_min;                     /* its least eigenvalue */
  es_one_layer_closed *closed;      /* NULL: there is none */
  size_t n_points;                  /* stationary directions, m or 0 */
  es_population_mode *mode;         /* n_points */
  double *mode_c, *mode_a, *mode_s; /* n_points: the same for arrays */
  double *modes;                    /* m×m: directions as columns */
} one_layer;

/* The model's keys and es_model's open and close (contrastive_open.c). */
extern const es_keys es_one_layer_keys;
es_status es_one_layer_open(void **self, const es_config *config,
                            const es_watch *watch, es_diag *diag);
void es_one_layer_close(void *self);

/* Columns of a row: their number, and where the first of a kind stands. A kind
 * that this instance has not has no place. */
typedef struct one_layer_columns {
  size_t loss, sigma, x_min, cov, regime, n;
} one_layer_columns;
one_layer_columns es_one_layer_columns(const one_layer *b);

/* The closed form, if there is one from this start, into b->closed; needs
 * drive, W0, root and the workspaces (contrastive_closed.c). */
es_status es_one_layer_close_form(one_layer *b, es_diag *diag) ES_MUST_USE;
void es_one_layer_closed_free(es_one_layer_closed *closed); /* NULL accepted */

/* Columns at t, and the state alone, row by row. ES_NOT_FINITE where either is
 * not. */
es_status es_one_layer_exact(const one_layer *b, double t,
                             double *out) ES_MUST_USE;
es_status es_one_layer_state(const one_layer *b, double t,
                             double *state) ES_MUST_USE;

/* Fills the stationary directions where the mode has some; es_model's
 * functions (contrastive_points.c). */
es_status es_one_layer_find_points(one_layer *b, es_diag *diag) ES_MUST_USE;
extern const char *const es_one_layer_point_columns[];
size_t es_one_layer_n_points(const void *self);
void es_one_layer_point(const void *self, size_t j, double *row);
size_t es_one_layer_n_figures(const void *self);
void es_one_layer_figure(const void *self, size_t j, es_model_figure *out);
const char *es_one_layer_no_points(const one_layer *b); /* NULL: it has some */

#endif
