/* How a predictor W_p lies to the moment F of what it takes (theory.md 3 and
 * 7): common modes, commutator, asymmetry. Of `flow byol` and of networks
 * alike, so that their traces mean the same. Matrices are n×n, column-major; a
 * matrix and its transpose give the same. */
#ifndef ES_METRICS_MODES_H
#define ES_METRICS_MODES_H

#include <stddef.h>

/* p[j] = value[i], i being the column of Q that belongs to column j of U (both
 * orthogonal): pairs are made by the largest (q_i . u_j)^2 first, equal ones by
 * the smaller j, then i. overlap: room for n×n. */
void es_modes_pair(size_t n, const double *U, const double *Q,
                   const double *value, double *overlap, double *p);

/* ‖F P - P F‖ of matrices that were brought to norm one. L: room for n×n. */
double es_modes_commutator(size_t n, const double *F, const double *P,
                           double *L);

/* ‖P - P^T‖ of one that was. */
double es_modes_asymmetry(size_t n, const double *P, double *L);

/* out = x/norm of n numbers; zeros where the norm is 0. */
void es_modes_unit(size_t n, const double *x, double norm, double *out);

/* tau = <a, x>/<x, x>, the multiple of x that comes nearest to a, both of n
 * numbers, and *residual = ‖a - tau x‖/‖a‖: of a target network and the one
 * that it follows. tau is NaN where x = 0, *residual is 0 where a = 0. */
double es_modes_ratio(size_t n, const double *a, const double *x,
                      double *residual);

#endif
