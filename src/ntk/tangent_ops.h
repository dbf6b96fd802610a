/* Operations of a graph on one image, in double, with constant statistics of
 * normalisation; backward along several directions at once. Private to
 * tangent.c. Shapes are row-major: values (channels, height, width), gradients
 * (directions, channels, height, width). */
#ifndef ES_NTK_TANGENT_OPS_H
#define ES_NTK_TANGENT_OPS_H

#include "net/graph.h"

typedef struct es_tangent_op {
  const es_node *in, *node;    /* of the first operand, of the result */
  const double *weight, *bias; /* or NULL */
  const double *mean, *scale;  /* channels each, of a normalisation */
  const double *x[2];          /* operands */
  double *y;                   /* result */
  size_t directions;
  const double *dy;
  double *dx[2]; /* NULL: nobody asks */
  bool add[2];   /* to what dx is; else it is overwritten */
  double *patch; /* of a convolution: es_tangent_patch numbers */
} es_tangent_op;

void es_tangent_forward(const es_tangent_op *op);
void es_tangent_backward(const es_tangent_op *op);

/* Numbers in a convolution's patches: positions × channels of the operand ×
 * kernel²; 0 for other operations. */
size_t es_tangent_patch(const es_node *in, const es_node *node);

/* Gradients by the weight as a matrix: a row for each direction and channel of
 * the result, of `cols` numbers. Writes `count` rows from row `first` on. Not
 * for linear layers. patch: filled by es_tangent_fill before, for this image.
 */
size_t es_tangent_cols(const es_node *in, const es_node *node);
void es_tangent_fill(const es_tangent_op *op);
void es_tangent_by_weight(const es_tangent_op *op, size_t first, size_t count,
                          double *out);
/* The same by the bias; one number a row. */
void es_tangent_by_bias(const es_tangent_op *op, size_t first, size_t count,
                        double *out);

#endif
