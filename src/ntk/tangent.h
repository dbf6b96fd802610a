/* The empirical neural tangent kernel of a graph (Jacot, Gabriel, Hongler,
 * NeurIPS 2018) at given parameters, averaged over the d values of one output
 * f:
 *   K(x,x') = (1/d) sum_o sum_p w_p df_o(x)/dp df_o(x')/dp.
 * w_p is a parameter's own rate of learning in units of the common one, 0 where
 * it stays: df_o(x)/dt = -(K_oo grad)(x) is then what descent does at once.
 *
 * Statistics of batch normalisation are constants, as in PyTorch's eval: the
 * running ones, or those of the images themselves, in given groups (a network
 * that has not learned has no running ones). The base of ES_OP_OFFSET is
 * constant.
 *
 * Output by output, or along R orthonormal directions of R^d that are uniformly
 * distributed (Haar), u_r: K = (1/R) sum_r sum_p w_p d(u_r f)/dp d(u_r f)'/dp
 * has the expectation above, and is it at R = d.
 *
 * Jacobians are never held. One forward keeps the values; then some directions
 * at a time go back through the graph, all images together, and each layer adds
 * its Gram matrix: a linear one (x·x')(δ·δ'), others that of their gradients by
 * image, made in blocks. Sums have one order, so that results do not depend on
 * the number of threads.
 *
 * Forward is in double, and so is the rest unless the plan is `single`: then
 * gradients are floats and Gram matrices are made of them some thousand numbers
 * at a time, added in double. No ReLU changes side by that, and K errs by a few
 * units of float's roundoff in its largest numbers (1e-7 for a ResNet-10), in
 * half the time. Its small eigenvalues are lost where 2n of those units hide
 * them. */
#ifndef ES_NTK_TANGENT_H
#define ES_NTK_TANGENT_H

#include "base/progress.h"
#include "net/graph.h"

#include <stdint.h>

typedef struct es_tangent_plan {
  const es_graph *graph; /* finished; outlives it */
  size_t output;         /* f: one of the graph's outputs */
  size_t rows;           /* images x of K(x,x') */
  size_t columns;        /* images x': the first of those */
  size_t images;         /* >= rows; those behind only enter statistics */
  const size_t *group;   /* of each image, < groups: what normalises it; NULL:
                            the running statistics. Outlives it */
  size_t groups;
  const double *weight; /* w_p >= 0, n_params of them; outlives it */
  size_t directions;    /* R <= d; 0: every output */
  uint64_t seed;        /* of directions */
  bool single;          /* go back in float; else in double */
  size_t bytes;         /* about as much for gradients; 0: 512 MiB */
} es_tangent_plan;

typedef struct es_tangent es_tangent;

/* ES_BAD_SHAPE for sizes that do not fit each other, ES_BAD_VALUE for more
 * directions than outputs, ES_NO_MEMORY. */
es_status es_tangent_new(es_tangent **out, const es_tangent_plan *plan,
                         es_diag *diag) ES_MUST_USE;
void es_tangent_free(es_tangent *tangent); /* NULL accepted */

size_t es_tangent_memory(const es_tangent *tangent); /* bytes */
/* What es_tangent_new would take, SIZE_MAX where that is more; without a plan's
 * weight, where all parameters learn. Its errors, but for memory that is to be
 * taken by it alone. */
es_status es_tangent_bytes(size_t *out, const es_tangent_plan *plan,
                           es_diag *diag) ES_MUST_USE;

/* params, buffers: the graph's flat vectors; input: images × values. f: rows×d,
 * the output itself; K: rows×columns; trace: sum over the columns' images of
 * each direction's own kernel, unweighted by R (all row-major, overwritten; f
 * and trace may be NULL). ES_NOT_FINITE where f or K is not; ES_INTERRUPTED
 * where the progress (NULL: none) says so. Allocates nothing. */
es_status es_tangent_run(es_tangent *tangent, const double *params,
                         const double *buffers, const double *input, double *f,
                         double *K, double *trace, const es_progress *progress,
                         es_diag *diag) ES_MUST_USE;

#endif
