/* What tangent.c and its parts share. Private to this room. */
#ifndef ES_NTK_TANGENT_OWN_H
#define ES_NTK_TANGENT_OWN_H

#include "base/slab.h"
#include "ntk/tangent.h"
#include "ntk/tangent_shape.h"

/* Numbers behind void are doubles or, once values are known and narrowed,
 * floats: tangent_double.c and tangent_float.c are the same text for either. */
typedef struct es_tangent_cell {
  bool used;          /* its values are needed */
  bool wanted;        /* so is its gradient */
  size_t last;        /* the first node, going back, that gives it some */
  size_t place;       /* of its gradient, for one row and direction */
  void *value;        /* images × size; NULL for the input */
  void *turned;       /* es_window_turns's weight, where it goes back */
  void *mean, *scale; /* of a normalisation: groups × channels */
} es_tangent_cell;

typedef struct es_tangent_real {
  size_t size; /* of a number */
  /* What values are known for is prepared; then each chunk of directions, from
   * `first` on: adds to sums and traces. */
  void (*begin)(es_tangent *t);
  void (*back)(es_tangent *t, size_t first);
} es_tangent_real;

extern const es_tangent_real es_tangent_double, es_tangent_float;

enum {
  ES_TANGENT_TILE = 256,  /* rows of a Gram matrix at a time */
  ES_TANGENT_PART = 2048, /* numbers of them at a time */
  ES_TANGENT_PAD = 16     /* between rows, so that they share no cache line */
};

struct es_tangent {
  es_tangent_plan plan;
  const es_tangent_real *real;
  es_tangent_cell *cell; /* of each node */
  size_t d, R, threads;
  size_t room;  /* for gradients, for one row and direction */
  size_t chunk; /* directions at a time, */
  size_t count; /* in this chunk */
  size_t block; /* numbers of one row of G */
  size_t patch;
  size_t n_sums;
  void *gradient;    /* rows × chunk × room */
  double *direction; /* R × d, row-major */
  void *G;           /* rows × block */
  void *tile;        /* threads × ES_TANGENT_TILE² */
  double *sums;      /* n_sums × rows × columns: K in parts */
  double *square[2]; /* rows × columns each, of linear layers */
  void *patches;     /* threads × patch */
  double *part;      /* rows × R: traces by image */
  void *params, *input;
  es_slab slab;
};

/* Parameters, input, the values of all nodes and the statistics of
 * normalisation that go with them, in double; and all of these as floats, where
 * they are. */
void es_tangent_fill(es_tangent *t, const double *params, const double *buffers,
                     const double *input);
void es_tangent_narrow(es_tangent *t);

#endif
