/* How much of a variable a known factor explains. */
#ifndef ES_METRICS_EXPLAINED_H
#define ES_METRICS_EXPLAINED_H

#include <eigenstep/status.h>

/* r2[j] (modes) = R² of the least-squares fit, with intercept, of column j of Y
 * (n × modes, column-major) on the columns of F (n × width): 1 - residual over
 * total sum of squares, in [0,1]; NaN for a column that does not vary. F is
 * overwritten by an orthonormal basis of its centred columns; one that depends
 * on those before it, or does not vary, adds nothing. */
void es_explained(double *r2, const double *Y, size_t n, size_t modes,
                  double *F, size_t width);

#endif
