/* Recognising a blow-up in finite time from the last steps. */
#ifndef ES_ODE_POLE_H
#define ES_ODE_POLE_H

#include "ode/stepper.h"

enum { ES_POLE_POINTS = 4 };

typedef struct es_pole {
  double longest;                              /* accepted h so far */
  double t[ES_POLE_POINTS], r[ES_POLE_POINTS]; /* of the last steps, in order */
  size_t n;
} es_pole;

/* Sees the state that an accepted step of length h led to. */
void es_pole_see(es_pole *p, const es_step *s, const double *scale, double h);

/* Whether the steps seen last head for a pole C (t_star - t)^-order. */
bool es_pole_find(const es_pole *p, double *t_star, double *order);

#endif
