/* What the covariance loss shares with its speed-ups (barlow_covariance.c). */
#ifndef ES_MODELS_LINEAR_BARLOW_RIDGE_H
#define ES_MODELS_LINEAR_BARLOW_RIDGE_H

#include "models/linear/barlow.h"

/* scaled = Z diag(gamma), residual = C - I. */
void es_barlow_residual(const barlow *b, const double *Z);

/* Mode j where modes that are learned end at lambda = plateau. */
barlow_mode es_barlow_settled_at(const barlow *b, size_t j, double plateau);

/* The plateau of lambda where there is no log det. */
double es_barlow_one(const barlow *b);

/* |C - I|^2 of the eigenvalues of C; its least value, d - reachable. */
double es_barlow_distance_from_one(const barlow *b, const double *lambda,
                                   const double *cov);
double es_barlow_unlearned(const barlow *b);

/* Largest and smallest of gamma. */
void es_barlow_gamma_range(const barlow *b, double *top, double *bottom);

#endif
