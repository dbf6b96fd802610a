/* Linear least squares of few variables, and what it says of a sample that it
 * was not fitted to. */
#ifndef ES_METRICS_REGRESSION_H
#define ES_METRICS_REGRESSION_H

#include <eigenstep/status.h>
#include <stddef.h>

typedef struct es_regression {
  double r2, rmse; /* of the fit: 1 - residual/total sum of squares; root mean
                      square of the residuals (over n) */
  double r2_left_out, rmse_left_out; /* the same of residuals where each sample
                      is predicted by a fit to all others; r2_left_out may be
                      negative */
} es_regression;

/* y_i = a_0 + sum_k a_k x_ik over i = 1 … n, k = 1 … width. X (n×width, column-
 * major) is overwritten by an orthonormal basis of its centred columns.
 * coefficient: width + 1 numbers, a_0 first. fitted, left_out (n each): the
 * prediction of each sample with and without itself among the n. ES_BAD_SHAPE
 * where n < width + 3, ES_BAD_VALUE where y does not vary or a column of X
 * (from 1) does not, or follows from those before it, ES_NOT_FINITE,
 * ES_NO_MEMORY. A sample that alone makes the columns independent has no
 * prediction without it: left_out, and both measures of it, are NaN. */
es_status es_regression_fit(es_regression *out, double *coefficient,
                            double *fitted, double *left_out, size_t n,
                            size_t width, const double *y, double *X,
                            es_diag *diag) ES_MUST_USE;

#endif
