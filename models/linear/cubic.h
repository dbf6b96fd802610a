/* The flow
 *   P' = -b P ((P - mu)^2 + D),   P(0) > 0, b > 0,
 * that an eigenmode's equation is on the parabola (P = p) and, at eta = 0, off
 * it (P: distance from one of the three roots): exactly, to the rounding of the
 * result and of its parameters, in pairs (pair.h). */
#ifndef ES_MODELS_LINEAR_CUBIC_H
#define ES_MODELS_LINEAR_CUBIC_H

#include "models/linear/pair.h"

#include <stdbool.h>

/* P, and what comes with it: without loss where one is much smaller. */
typedef struct cubic_point {
  pair P, v, delta; /* v = P - mu; delta = P - P(0) */
} cubic_point;

typedef struct cubic {
  double b;
  pair rate;  /* b (mu^2 + D): at which P = 0 is approached, or left */
  bool real;  /* D <= 0: the other two roots are real */
  pair mu, D; /* where they are not */
  pair n, f;  /* where they are: near and far, |n| <= |f|; rate = b n f */
  cubic_point start; /* delta = 0; v may be left out where real */
} cubic;

/* The point at t >= 0. */
cubic_point es_cubic_at(const cubic *flow, double t);

/* The time at which point (which has P, v and delta) is passed; INFINITY: never
 * at any t >= 0. */
double es_cubic_time(const cubic *flow, const cubic_point *point);

#endif
