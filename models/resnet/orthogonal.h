/* A weight W (d×m, row-major, d <= m) whose rows stay orthonormal times a
 * scale, W W^T = s^2 I, under any rule of descent (Absil, Mahony, Sepulchre,
 * "Optimization algorithms on matrix manifolds", 2008, 3.6 and 4.1). A step is
 *   G <- G - (G W^T + W G^T) W/2s^2      the gradient along the set
 *   W <- the rule's step
 *   W <- s (W W^T)^(-1/2) W              the nearest point of the set
 * The second line leaves the set by its second order alone; with plain descent
 * W W^T only grows there, so that no rate makes rows dependent. Turning outputs
 * or inputs turns the step along. */
#ifndef ES_MODELS_RESNET_ORTHOGONAL_H
#define ES_MODELS_RESNET_ORTHOGONAL_H

#include <eigenstep/status.h>
#include <stdbool.h>

typedef struct es_orthogonal es_orthogonal;

/* Scratch for one such weight of scale s > 0; the calls do not allocate, and
 * are the same for any number of threads. */
es_status es_orthogonal_new(es_orthogonal **out, size_t d, size_t m, double s,
                            es_diag *diag) ES_MUST_USE;
void es_orthogonal_free(es_orthogonal *work); /* NULL accepted */

/* G (d×m) loses what would leave the set at W, which is on it. */
void es_orthogonal_along(es_orthogonal *work, const double *W, double *G);

/* The nearest point to W, to a few roundings of a double: W W^T/s^2 - I is
 * below m·1e-15. false, with W of no use, where rows are dependent or not
 * finite. */
bool es_orthogonal_retract(es_orthogonal *work, double *W) ES_MUST_USE;

#endif
