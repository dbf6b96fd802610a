/* One opened model `byol-eigenmode`: its modes, their stationary points and the
 * boundary of their basins. */
#ifndef ES_MODELS_LINEAR_BYOL_EIGENMODE_H
#define ES_MODELS_LINEAR_BYOL_EIGENMODE_H

#include "models/linear/eigenmodes.h"

/* A row of `separatrix`. */
typedef struct byol_boundary {
  double s0, p0, residual;
  bool upper;
} byol_boundary;

typedef struct byol_eigenmode {
  size_t n;           /* modes */
  es_eigenmode *mode; /* n */
  double lr;          /* of descent; 0: none */
  double log_scale;   /* es_eigenmodes_log_scale */
  double *c;          /* n: of the invariant s = p²/alpha_p + c e^… */
  bool s0_given;
  const char *no_start;       /* as in es_model_shape */
  es_eigenmode_point *points; /* n_points: each mode's, one after the other */
  size_t n_points;
  byol_boundary *boundary; /* 2 n; NULL until it is asked for */
  char remark[256];
} byol_eigenmode;

/* byol_eigenmode_points.c: the hooks of es_model for `fixed-points`. */
es_status es_byol_eigenmode_find_points(byol_eigenmode *b,
                                        es_diag *diag) ES_MUST_USE;
extern const char *const es_byol_eigenmode_point_columns[];
size_t es_byol_eigenmode_n_points(const void *self);
void es_byol_eigenmode_point(const void *self, size_t j, double *row);
const char *es_byol_eigenmode_point_word(const void *self, size_t j, size_t k);
size_t es_byol_eigenmode_n_figures(const void *self);
void es_byol_eigenmode_figure(const void *self, size_t j, es_model_figure *out);

/* byol_eigenmode_boundary.c: the hooks for `separatrix`. */
extern const char *const es_byol_eigenmode_boundary_columns[];
es_status es_byol_eigenmode_find_boundary(void *self, size_t *n,
                                          const es_watch *watch, es_diag *diag);
void es_byol_eigenmode_boundary(const void *self, size_t j, double *row);
const char *es_byol_eigenmode_branch(const void *self, size_t j, size_t k);
const char *es_byol_eigenmode_remark(const void *self);

#endif
