/* How collapsed a representation is, from its spectrum (theory.md 8 and the
 * definitions of `eigenstep metrics`). */
#ifndef ES_METRICS_COLLAPSE_H
#define ES_METRICS_COLLAPSE_H

#include <stddef.h>

typedef struct es_collapse {
  double auc;                 /* area under cumulative explained singular
                                 values, (1/d) sum_j CEV_j; Li et al. 2022 */
  double rankme;              /* exp of the entropy of sigma/sum */
  double alpha_req;           /* minus the least-squares slope of ln sigma^2 on
                                 ln j over sigma_j > 1e-6 sigma_1; inf where
                                 fewer than two are left */
  double participation_ratio; /* (sum sigma^2)^2/sum sigma^4 */
  size_t n_dead;              /* sigma_j < 1e-6 sigma_1 */
} es_collapse;

/* Of d singular values, falling, not negative. All zero: the rank-one limit
 * auc 1, rankme 1, participation 1, alpha_req inf, with n_dead = d. NaN where a
 * value is not finite. */
es_collapse es_collapse_of(size_t d, const double *sigma);

/* Of d eigenvalues of a covariance: sigma = sqrt(value), negative ones as 0. */
es_collapse es_collapse_of_variances(size_t d, const double *value);

/* Mean over the d dimensions of the standard deviation (over all rows) of rows
 * scaled to length one, times sqrt(d): at most 1, which a uniform spread over
 * the sphere has, and 0 where all rows are alike (Chen and He, CVPR 2021,
 * figure 2). z is rows×d, row-major; a row of zeros stays one. scratch: rows×d.
 */
double es_collapse_spread(size_t rows, size_t d, const double *z,
                          double *scratch);

#endif
