/* Which data points output.embeddings=N shows. */
#ifndef ES_MODELS_LINEAR_POINTS_H
#define ES_MODELS_LINEAR_POINTS_H

#include "data/data.h"

/* *points is m×*n, a point a column, the caller's to free; NULL for none. The
 * first views, on draw 0, of the set's first N pairs, or, with
 * output.points=test, the first N test images as they are, whitened like the
 * set. Not centred. ES_FILE_DATA where test images have another size. */
es_status es_points_new(double **points, size_t *n, const es_dataset *set,
                        const es_config *config, es_diag *diag) ES_MUST_USE;

/* Whether output.points=test. */
bool es_points_are_test(const es_config *config);

#endif
