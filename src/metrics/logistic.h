/* Multinomial logistic regression, by L-BFGS to convergence: the linear probe.
 *
 * Features are standardised, z_j = (x_j - mean_j)/std_j with mean and standard
 * deviation (over n) of the training samples; a feature whose deviation is at
 * most 1e-6 of its root mean square is constant to a float's rounding and taken
 * for 0. Of the K classes that occur among n training samples, minimised is
 *   J(W, b) = (1/n) sum_i -ln softmax(W z_i + b)_(y_i) + (l2/2) |W|_F^2,
 * from 0, until |grad J|_2 <= tolerance. The bias is not penalised. J is convex
 * and has one minimum but for what all b_k may share, which stays 0.
 *
 * L-BFGS starts from Böhning's bound of the Hessian (1992), ½ Z^T Z/n + l2 I
 * for each class: correlated features cost no iterations then. Sums run over
 * fixed parts of the samples, on one thread each, and are the same to the last
 * bit for any number of threads. */
#ifndef ES_METRICS_LOGISTIC_H
#define ES_METRICS_LOGISTIC_H

#include "base/progress.h"
#include "metrics/labelled.h"
#include "metrics/lbfgs.h"

typedef struct es_logistic es_logistic;

typedef struct es_logistic_options {
  double l2;                   /* > 0 */
  double tolerance;            /* of |grad J|_2, > 0 */
  const es_progress *progress; /* may be NULL */
} es_logistic_options;

/* Fits to the training samples. Errors of es_labelled_check and es_lbfgs;
 * ES_BAD_VALUE unless both options are positive; ES_INTERRUPTED. Free with
 * es_logistic_free. */
es_status es_logistic_new(es_logistic **out, const es_labelled *train,
                          const es_logistic_options *options,
                          es_diag *diag) ES_MUST_USE;
void es_logistic_free(es_logistic *model); /* NULL accepted */

/* How the fit ended: J, |grad J|_2, iterations, evaluations of J. */
es_lbfgs_result es_logistic_result(const es_logistic *model);

/* The fit: W by classes, column-major d×K (of standardised features), and then
 * the K biases; classes rise. */
const double *es_logistic_weights(const es_logistic *model);
const es_classes *es_logistic_classes(const es_logistic *model);

/* Accuracy on samples of as many features (else ES_BAD_SHAPE). A class that
 * occurred in no training sample is never right. Works in memory of the model,
 * so that one thread at a time may call it. */
es_status es_logistic_test(es_accuracy *out, const es_logistic *model,
                           const es_labelled *samples,
                           es_diag *diag) ES_MUST_USE;

#endif
