/* Settings of [model] that stand or fall together. */
#ifndef ES_MODELS_LINEAR_GIVEN_H
#define ES_MODELS_LINEAR_GIVEN_H

#include <eigenstep/config.h>

/* ES_OK where both model.a and model.b are given; ES_USAGE names the one that
 * is missing, and the other, or the first where neither is given. */
es_status es_given_both(const es_config *config, const char *a, const char *b,
                        es_diag *diag) ES_MUST_USE;

/* ES_OK unless model.name is given with another value than its default:
 * ES_BAD_VALUE (ES_FILE_DATA from a file), with why it has no use. */
es_status es_given_idle(const es_config *config, const char *name,
                        const char *why, es_diag *diag) ES_MUST_USE;

/* A copy of a matrix's numbers, to be freed; NULL without memory. */
double *es_given_copy(const es_matrix *A);

#endif
