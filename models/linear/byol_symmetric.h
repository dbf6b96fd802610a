/* The symmetrised flow of W_p and F, shared by the files of `byol-symmetric`:
 * byol_symmetric.c has its equations and columns, byol_symmetric_exact.c its
 * closed form, byol_symmetric_fate.c a region that collapses. */
#ifndef ES_MODELS_LINEAR_BYOL_SYMMETRIC_H
#define ES_MODELS_LINEAR_BYOL_SYMMETRIC_H

#include "linalg/linalg.h"
#include "models/linear/eigenmode.h"

typedef struct symmetric {
  size_t n;
  double alpha_p, b, tau, eta, lr;
  double *P0, *F0;       /* n×n */
  double *P, *F, *G, *H; /* n×n: scratch, of which P and F hold a state */
  double *U, *overlap, *value;
  double trace; /* of F - W_p^2/alpha_p at the start */
  es_eigen *eigen;
  bool has_exact;
  double *basis;      /* n×n: common eigenvectors of W_p0 and F0; NULL: none */
  es_eigenmode *mode; /* n, along them */
  size_t *order;      /* n: modes by falling s at the time asked for */
} symmetric;

extern const es_model es_model_byol_symmetric;

/* The columns before p_1. */
enum { SYMMETRIC_FIRST = 4 };

/* basis and mode where W_p0 and F0 commute up to rounding, and whether every
 * mode has a closed form. */
es_status es_byol_symmetric_align(symmetric *m, es_diag *diag) ES_MUST_USE;

/* es_model's exact. */
es_status es_byol_symmetric_exact(void *self, double t, double *out,
                                  double *user);

/* A state y into P and F. */
void es_byol_symmetric_unpack(const symmetric *m, const double *y);

/* Whether the state has to collapse, and the columns' limits then. */
es_fate es_byol_symmetric_fate(const void *self, double t, const double *y);
void es_byol_symmetric_limit(const void *self, es_fate fate, double t,
                             const double *y, double *out);

#endif
