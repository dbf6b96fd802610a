/* What the files of losses share. A view is d×n, column-major: a pair a
 * column. */
#ifndef ES_MODELS_RESNET_LOSS_PARTS_H
#define ES_MODELS_RESNET_LOSS_PARTS_H

#include "models/resnet/loss.h"

#include "base/slab.h"

enum { ES_LOSS_PIECES = 6 };

/* The head of every loss's own structure. */
typedef struct es_loss_work {
  size_t n, d;
  double *piece[ES_LOSS_PIECES];
  es_slab slab;
} es_loss_work;

/* A structure of `bytes`, zeroed, with that many numbers in its pieces (the
 * list ends with ES_LOSS_END). */
#define ES_LOSS_END ((size_t)-2)
es_status es_loss_work_new(void **out, size_t bytes, size_t n, size_t d,
                           const size_t *count, es_diag *diag) ES_MUST_USE;
void es_loss_work_free(void *self); /* NULL accepted */

/* x = z less its mean over the n columns; the variances (biased) of the rows.
 * Rows that are constant become exact zeros. False where a variance is not
 * finite. */
bool es_loss_centre(size_t n, size_t d, const double *z, double *x,
                    double *variance) ES_MUST_USE;

/* u = z/max(|z|, 1e-12) by column, and the divisors. */
void es_loss_unit(size_t n, size_t d, const double *z, double *u, double *norm);
/* Turns a gradient by u into one by z, in its place. */
void es_loss_unit_back(size_t n, size_t d, const double *u, const double *norm,
                       double *g);

/* Logits become weights: the softmax of all but `self` (m or more: of all),
 * less 1 at `positive`; 0 at self. Returns -ln of the positive's share. */
double es_loss_softmax(size_t m, double *logit, size_t positive, size_t self);

#endif
