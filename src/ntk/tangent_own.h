/* What tangent.c and its parts share. Private to this room. */
#ifndef ES_NTK_TANGENT_OWN_H
#define ES_NTK_TANGENT_OWN_H

#include "base/slab.h"
#include "ntk/tangent.h"
#include "ntk/tangent_ops.h"

typedef struct es_tangent_cell {
  bool used;            /* its values are needed */
  bool wanted;          /* so is its gradient */
  size_t last;          /* the first node, going back, that gives it some */
  size_t place;         /* of its gradient, for one row and direction */
  double *value;        /* images × size; NULL for the input */
  double *mean, *scale; /* of a normalisation: groups × channels */
} es_tangent_cell;

struct es_tangent {
  es_tangent_plan plan;
  es_tangent_cell *cell; /* of each node */
  size_t d, R, threads;
  size_t room;  /* for gradients, for one row and direction */
  size_t chunk; /* directions at a time, */
  size_t count; /* in this chunk */
  size_t block; /* numbers of one row of G */
  size_t patch;
  double *gradient;  /* rows × chunk × room */
  double *direction; /* R × d, row-major */
  double *G;         /* rows × block */
  double *square[2]; /* rows × columns each, of linear layers */
  double *patches;   /* threads × patch */
  double *part;      /* rows × R: traces by image */
  const double *params, *input;
  double *K;
  es_slab slab;
};

/* The operation of node i on one image; backward only for images < rows. */
es_tangent_op es_tangent_see(const es_tangent *t, size_t i, size_t image);

/* What node i gives for an image. */
const double *es_tangent_value(const es_tangent *t, size_t i, size_t image);

/* All values, and the statistics of normalisation that go with them. */
void es_tangent_fill_values(const es_tangent *t, const double *buffers);

/* The gradient of node i for one row, count × size. */
double *es_tangent_gradient(const es_tangent *t, size_t i, size_t row);

/* Adds to K what node i's parameters give, its gradient being complete, and to
 * the traces of the directions from `first` on. */
void es_tangent_add(es_tangent *t, size_t i, size_t first);

#endif
