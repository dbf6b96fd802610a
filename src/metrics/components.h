/* Principal components of features: eigenvectors of their covariance (over n),
 * of falling variance, the largest entry of each positive. On the calling
 * thread alone, the same bits for any number of threads. */
#ifndef ES_METRICS_COMPONENTS_H
#define ES_METRICS_COMPONENTS_H

#include <eigenstep/status.h>
#include <stddef.h>

typedef struct es_components es_components;

/* Of n×d features, row-major, a sample a row. ES_BAD_SHAPE without samples or
 * features, ES_NOT_FINITE. Free with es_components_free. */
es_status es_components_new(es_components **out, size_t n, size_t d,
                            const float *x, es_diag *diag) ES_MUST_USE;
void es_components_free(es_components *components); /* NULL accepted */

/* Variances, d of them, falling and not negative. */
const double *es_components_variances(const es_components *components);

/* out (n×(to - from + 1), row-major) = components from … to, 1 <= from <= to <=
 * d, of n samples, less the mean. One whose deviation is at most 1e-6 of the
 * first's is dead, and 0 of every sample. Does not allocate: it works in memory
 * of the components, so that one thread at a time may call it. */
void es_components_of(const es_components *components, float *out, size_t n,
                      const float *x, size_t from, size_t to);

#endif
