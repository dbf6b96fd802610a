/* What a network's directions have to do with factors that its data were made
 * from. Private to the room. */
#ifndef ES_CLI_EMBED_FACTORS_H
#define ES_CLI_EMBED_FACTORS_H

#include "config/provenance.h"
#include "data/data.h"

enum { ES_EMBED_FIGURES = 16 };

/* Writes dir/factors.csv, where the data set knows factors; else one that was
 * there is removed. A row for each of the first principal components of the
 * embeddings (n×d, row-major, sample i of the set in row i), 20 at most:
 *   mode, variance
 *   FACTOR_r2     R² of the component on the factor's numbers
 *   FACTOR_first  R² of the factor's numbers on this component and all before
 *                 it, mean over the numbers: what they tell together, however
 *                 they are turned among each other
 * A component without variance has NaN. figure[] gets, of each factor,
 * FACTOR_best, the largest FACTOR_r2, and FACTOR_first of the last of these
 * components; *n counts them. */
es_status es_embed_factors(es_figure figure[ES_EMBED_FIGURES], size_t *n,
                           const char *dir, const es_dataset *set, size_t d,
                           const float *embedding, es_diag *diag) ES_MUST_USE;

#endif
