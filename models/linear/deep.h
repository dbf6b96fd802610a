/* `contrastive-deep` (theory.md 6): z = V x, V = W_L … W_1, or with a residual
 * V = I + W_L … W_1, pushed through the first d0 rows of V alone:
 *   W_l' = (W_L … W_{l+1})^T G (W_{l-1} … W_1)^T - eta W_l,  G = -dL/dV,
 * and the same with rectifiers between the layers, by back-propagation.
 * Shared by the files of the model: deep_open.c reads the settings,
 * deep_start.c the start, deep_flow.c and deep_relu.c are the equations,
 * deep_columns.c the observables, deep_aligned.c the closed form (deep_mode.h),
 * deep_blowup.c the time at which other flows of a fixed X end;
 * contrastive_deep.c makes it an es_model. State y: W_1 (d[1]×d[0]), …, W_L
 * (d[L]×d[L-1]), column-major. */
#ifndef ES_MODELS_LINEAR_DEEP_H
#define ES_MODELS_LINEAR_DEEP_H

#include "linalg/linalg.h"
#include "models/linear/contrastive.h"

enum { DEEP_LAYERS = 16 }; /* at most */

typedef struct deep_aligned deep_aligned;

typedef struct deep {
  size_t L;
  size_t d[DEEP_LAYERS + 1];  /* widths: d[0] = m, d[L] rows of V */
  size_t k[DEEP_LAYERS + 1];  /* min(d[l], d[l-1]), from 1 */
  size_t at[DEEP_LAYERS + 2]; /* where W_l is in y, from 1; [L+1] = n */
  size_t n, head;             /* of the state; rows that the loss sees */
  bool has_head;              /* d0 was given */
  bool residual, relu;
  bool ordered; /* sigma0 and lambda: modes in the order given, all diagonal */
  double eta;
  es_drive *drive;
  double *W0;                 /* n: the start */
  double *law;                /* W_l W_l^T - W_{l+1}^T W_{l+1} of it */
  size_t law_at[DEEP_LAYERS]; /* where that of l and l + 1 is, from 1 */
  double *P[DEEP_LAYERS + 1]; /* products W_l … W_1 (d[l]×m), the last one of
                                 the head alone; from 1 */
  double *R, *S; /* widest×m: what is pushed back; V of all rows */
  double *T, *Q; /* widest×widest */
  double *root;  /* m×m: C^(1/2) of Cov(x); NULL: not known */
  struct deep_relu *rectified; /* its buffers */
  deep_aligned *aligned;       /* NULL: no closed form */
  double blowup;               /* t*; inf: none; NaN: not found */
  es_singular *of_layer[DEEP_LAYERS + 1], *of_head, *of_all, *of_rest;
  es_svd *left[DEEP_LAYERS + 1], *right[DEEP_LAYERS + 1]; /* of W_l, W_l^T */
  double *U[2], *sigma; /* widest×widest; widest */
  char remark[256];
} deep;

/* Rows of W_l that the loss sees. */
static inline size_t deep_rows(const deep *b, size_t l) {
  return l == b->L ? b->head : b->d[l];
}

/* The largest of all widths. */
static inline size_t deep_widest(const deep *b) {
  size_t most = 0;
  for (size_t l = 0; l <= b->L; l++) most = b->d[l] > most ? b->d[l] : most;
  return most;
}

/* The columns after t: where each group begins, and how many there are. */
typedef struct deep_columns {
  size_t conserved, alignment, blowup, loss, cov, ranks, n;
} deep_columns;
deep_columns es_deep_columns(const deep *b);

extern const es_keys es_deep_keys;
es_status es_deep_open(void **self, const es_config *config,
                       const es_watch *watch, es_diag *diag) ES_MUST_USE;
void es_deep_close(void *self); /* NULL accepted */

/* The line for es_zeroed's NULL. */
static inline es_status es_deep_no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the model");
}

/* A sentence more in the remark. */
void es_deep_note(deep *b, const char *sentence);

/* The drive, the widths and where the layers are in the state, from the
 * settings; and, once W0 has room, the start (deep_start.c). */
es_status es_deep_read_shape(deep *b, const es_config *config,
                             const es_watch *watch, es_diag *diag) ES_MUST_USE;
es_status es_deep_read_start(deep *b, const es_config *config,
                             es_diag *diag) ES_MUST_USE;

/* V's first `head` rows into P[L] (head×m), the products below it into the
 * other P, of a linear state. */
void es_deep_products(const deep *b, const double *y);

/* y' = -eta y + what G (head×m) = -dL/dV makes of the products in P. */
void es_deep_pull(const deep *b, const double *y, const double *G,
                  double *dydt);

/* es_model's rhs, and the loss at a state (NaN where the mode has none). */
es_status es_deep_rhs(double t, const double *y, double *dydt, void *self);
es_status es_deep_loss(deep *b, double t, const double *y,
                       double *loss) ES_MUST_USE;

/* The same with rectifiers (deep_relu.c). new: buffers for the drive's pairs.
 */
es_status es_deep_relu_new(deep *b, es_diag *diag) ES_MUST_USE;
void es_deep_relu_free(struct deep_relu *work); /* NULL accepted */
es_status es_deep_relu_rhs(deep *b, double t, const double *y,
                           double *dydt) ES_MUST_USE;
es_status es_deep_relu_loss(deep *b, double t, const double *y,
                            double *loss) ES_MUST_USE;
/* Covariance (d[L]×d[L], about the mean) of the first views' r of the pairs of
 * time t. */
es_status es_deep_relu_covariance(deep *b, double t, const double *y,
                                  double *C) ES_MUST_USE;

/* What the law of conservation keeps, of neighbours l and l + 1 (d[l]×d[l]). */
void es_deep_law(const deep *b, const double *y, size_t l, double *out);
es_status es_deep_observe(void *self, double t, const double *y, double *out);

/* Whether the start is aligned with a constant X, to roundoff, and then its
 * closed form; b->blowup with it (deep_aligned.c). */
es_status es_deep_align(deep *b, es_diag *diag) ES_MUST_USE;
void es_deep_aligned_free(deep_aligned *aligned); /* NULL accepted */
/* *y: the state at t, the closed form's own; ES_DIVERGED from the blow-up on.
 */
es_status es_deep_aligned_at(deep *b, double t, const double **y) ES_MUST_USE;

/* b->blowup of a start that is not aligned (deep_blowup.c). */
es_status es_deep_find_blowup(deep *b, const es_config *config,
                              const es_watch *watch, es_diag *diag) ES_MUST_USE;

#endif
