/* Shapes of operations, whatever the precision. Private to this room. */
#ifndef ES_NTK_TANGENT_SHAPE_H
#define ES_NTK_TANGENT_SHAPE_H

#include "base/order.h"
#include "net/graph.h"

/* What reads planes through a square window. */
typedef struct es_window {
  size_t in_height, in_width, height, width; /* of what it reads, and gives */
  size_t kernel, stride, pad;
} es_window;

/* That of a convolution; and the one that its gradient goes back through where
 * its stride is 1, by its weights turned. */
es_window es_window_of(const es_node *in, const es_node *node);
es_window es_window_back(const es_node *in, const es_node *node);
bool es_window_turns(const es_node *node);

/* Positions of one row (or column) that read inside the plane at kernel column
 * k, and the column that the first of them reads. */
typedef struct es_reach {
  size_t first, end, from;
} es_reach;
es_reach es_reach_of(size_t in, size_t out, size_t k, const es_window *window);

/* A convolution whose patches are the image. */
bool es_tangent_pointwise(const es_node *node);

/* Numbers in a row of the gradient by the weight as a matrix; and in the
 * patches of a convolution, there and back (0 for other operations). */
size_t es_tangent_cols(const es_node *in, const es_node *node);
size_t es_tangent_patch(const es_node *in, const es_node *node);

/* Operands that a gradient goes to: not an offset's base. */
static inline size_t es_tangent_operands(const es_node *node) {
  return node->op == ES_OP_INPUT ? 0 : node->op == ES_OP_ADD ? 2 : 1;
}

#endif
