/* BYOL and SimSiam of linear networks with full matrices (Tian, Chen, Ganguli
 * 2021, Lemma 1; theory.md 2), shared by the files of the model:
 * byol_moments.c, byol_open.c and byol_along.c build it, byol_flow.c and
 * byol_jacobian.c are its equations, byol_modes.c its observables, byol.c makes
 * it an es_model.
 *
 * Z = W V, A = W_a V with V the eigenvectors of X, so that W_a X is a scaling
 * of columns by D; S = V^T (X + X') V is full, or diagonal where X' commutes
 * with X. P = W_p. Without a predictor V are those of X', and D its values.
 * State y: Z (n2×n1), P (n2×n2), A (n2×n1), the last two where they move. */
#ifndef ES_MODELS_LINEAR_BYOL_H
#define ES_MODELS_LINEAR_BYOL_H

#include "base/slab.h"
#include "linalg/linalg.h"

#include <eigenstep/model.h>

typedef enum byol_variant {
  BYOL_EMA,          /* byol: W_a follows W */
  BYOL_SIMSIAM,      /* W_a = W */
  BYOL_NO_PREDICTOR, /* W_a = W, W_p = I */
  BYOL_NO_STOP       /* W_a = W, and the gradient goes through it */
} byol_variant;

typedef struct byol {
  size_t n1, n2;
  byol_variant variant;
  double alpha_p, beta, eta_p, eta_s, lr;
  double init_scale; /* of what is drawn of a start, */
  uint64_t seed;     /* with this seed */
  bool decouple;     /* X' is its diagonal in the eigenbasis of X */
  double *V;         /* n1×n1; NULL: the identity */
  double *D;         /* n1: X's eigenvalues; without a predictor those of X' */
  double *S;         /* n1×n1; NULL: diagonal */
  double *sum;       /* n1: S's diagonal; unused without a predictor */
  double *modes;     /* n1×n1: of an aligned start without a predictor, X's
                        eigenvectors in the state's basis, largest eigenvalue first;
                        NULL: they are that basis, in the order of es_byol_mode */
  double *Z0, *P0, *A0; /* P0 = I without a predictor */
  double *law; /* n2×n2: W W^T - W_p^T W_p/alpha_p at the start; NULL: the law
                  of balance does not hold */
  double *T, *R;         /* n2×n1: of the right-hand side; and observables */
  double *F, *L, *Q, *U; /* n2×n2: of observables */
  double *value, *sigma; /* n2 */
  es_svd *svd;
  es_eigen *eigen;
  struct es_byol_aligned *aligned; /* NULL: W_a = W and aligned it is not */
  double *points; /* n1×n_points, embedded as W times these; NULL: none */
  size_t n_points;
  double bytes; /* memory that the model takes */
  bool from_data;
  unsigned data_crc;
  double reach;        /* S's most negative eigenvalue, without its sign; */
  double reach_within; /* that of X' (through both branches) */
  char remark[256];
} byol;

/* A state's parts; P and A are the start's or Z where they are not in y. */
typedef struct byol_state {
  const double *Z, *P, *A;
} byol_state;
byol_state es_byol_view(const byol *b, const double *y);
size_t es_byol_length(const byol *b); /* of y */

/* The line for es_zeroed's NULL. */
static inline es_status es_byol_no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the model");
}

/* n1, V, D, S and sum from X and Xp or from data, and the points that
 * output.embeddings asks for (byol_moments.c). */
es_status es_byol_moments(byol *b, const es_config *config,
                          const es_watch *watch, es_diag *diag) ES_MUST_USE;

/* The model's keys and es_model's open and close (byol_open.c). */
extern const es_keys es_byol_keys;
es_status es_byol_open(void **self, const es_config *config,
                       const es_watch *watch, es_diag *diag) ES_MUST_USE;
void es_byol_close(void *self);

/* The start from the settings, or drawn with init_scale and seed; then the law
 * of balance, where it holds: with both weight decays alike and stop-gradient
 * (theory.md 2). */
void es_byol_read_start(byol *b, const es_config *config);
es_status es_byol_keep_law(byol *b, es_diag *diag) ES_MUST_USE;

/* A copy for one cell of an ensemble: b's moments, which must outlive it, but
 * rates, start and workspaces of its own, as b has them. The law of balance is
 * the caller's to keep. */
es_status es_byol_cell_new(byol **out, const byol *b,
                           es_diag *diag) ES_MUST_USE;
void es_byol_cell_free(byol *cell); /* NULL accepted */

/* The closed form of an aligned start with W_a = W (byol_aligned.c): looks
 * whether b has it and keeps what it needs in b->aligned; the state at t (in
 * b's memory) and its columns. */
typedef struct es_byol_aligned es_byol_aligned;
es_status es_byol_align(byol *b, es_diag *diag) ES_MUST_USE;
void es_byol_aligned_free(es_byol_aligned *aligned); /* NULL accepted */
es_status es_byol_aligned_at(const byol *b, double t, byol_state *x,
                             double *out) ES_MUST_USE;

/* The start along X's eigenvectors (byol_along.c): whether settings ask for it;
 * n2 from it, after es_byol_moments, or a line where other settings contradict
 * it or go with it alone; and Z0, P0 and A0. */
bool es_byol_starts_along(const es_config *config);
es_status es_byol_along_rows(byol *b, const es_config *config,
                             es_diag *diag) ES_MUST_USE;
void es_byol_start_along(byol *b, const es_config *config);
/* The state's column of mode j < n1, by falling eigenvalues D: the user's own
 * order where X is diagonal. */
size_t es_byol_mode(const byol *b, size_t j);

/* Stationary points along single directions (byol_points.c): es_model's
 * fixed_columns, n_fixed and fixed. */
extern const char *const es_byol_point_columns[];
size_t es_byol_n_points(const void *self);
void es_byol_point(const void *self, size_t j, double *row);

/* es_model's functions: y' and its derivative; the columns. */
es_status es_byol_rhs(double t, const double *y, double *dydt, void *self);
es_status es_byol_jacobian(double t, const double *y, double *J, double *dfdt,
                           void *self);
es_status es_byol_observe(void *self, double t, const double *y, double *out);

/* Whether the state (the solver's or the user's) has to collapse, and the
 * columns' limits then; byol_fate.c has the proofs. */
es_fate es_byol_fate(const void *self, double t, const double *y);
void es_byol_limit(const void *self, es_fate fate, double t, const double *y,
                   double *out);

/* What stands before p_1 in a row, then n2 columns p and n2 columns s. */
enum { BYOL_FIRST = 9 };
/* The columns of a state that has not to be in y. */
es_status es_byol_columns(const byol *b, double t, const byol_state *x,
                          double *out) ES_MUST_USE;

extern const es_model es_model_byol;
extern const es_batch es_byol_batch; /* byol_lanes.c */

#endif
