/* Where the cells of a sweep lie: on a grid, or at random in a box. A point is
 * a pure function of the cell's number. */
#ifndef ES_SWEEP_POINTS_H
#define ES_SWEEP_POINTS_H

#include <eigenstep/sweep.h>

enum { ES_MOST_AXES = 64 };

typedef struct es_points {
  const es_axis *axis; /* n_axes; borrowed */
  size_t n_axes;
  uint64_t n;    /* cells */
  bool random;   /* axes hold two values, the ends of a box */
  uint64_t seed; /* of random points */
} es_points;

/* The grid of the axes, the last the fastest. ES_BAD_VALUE for an axis twice,
 * more than ES_MOST_AXES, or more than 2^53 cells. */
es_status es_points_grid(es_points *out, const es_axis *axis, size_t n_axes,
                         es_diag *diag) ES_MUST_USE;

/* n points, uniform in the box whose ends axes of two values (or one: there it
 * is flat) are: number i has coordinate k from bits i*n_axes + k of the stream.
 * ES_BAD_VALUE for an axis of other sizes, ends that fall, or an axis twice. */
es_status es_points_box(es_points *out, const es_axis *axis, size_t n_axes,
                        uint64_t n, uint64_t seed, es_diag *diag) ES_MUST_USE;

/* The axis values of a cell, n_axes of them. */
void es_points_at(const es_points *points, uint64_t cell, double *axes);

#endif
