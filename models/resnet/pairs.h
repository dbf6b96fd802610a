/* Batches of views as an engine takes them: floats, the first views of all
 * pairs and then the second ones. A batch is a pure function of the settings
 * and the step, whatever was done before and by how many threads. */
#ifndef ES_MODELS_RESNET_PAIRS_H
#define ES_MODELS_RESNET_PAIRS_H

#include "base/progress.h"
#include "data/data.h"

typedef struct es_pairs es_pairs;

/* Settings of [data], [augment] and [train]. Passes through the samples, each
 * in an order by (train.seed, pass) and in whole batches, are those of
 * ordering.h; with train.subset they are through the first share of a
 * permutation by train.seed. By default a pass is an epoch and goes through all
 * samples. Pair i is on draw 0 with data.pairs=fixed, and on draw pass + 1 with
 * fresh ones, so that no two passes show the same views.
 * Fixed pairs are kept in memory where they take at most 1 GiB. With
 * data.center=on the mean of draw 0 over samples and views is taken from every
 * view. ES_BAD_VALUE where a batch is larger than the data set, or than a
 * chunk. */
es_status es_pairs_new(es_pairs **out, const es_config *config,
                       const es_progress *progress, es_diag *diag) ES_MUST_USE;
void es_pairs_free(es_pairs *pairs); /* NULL accepted */

const es_dataset *es_pairs_set(const es_pairs *pairs);
size_t es_pairs_values(const es_pairs *pairs); /* of one view */
size_t es_pairs_batch(const es_pairs *pairs);
size_t es_pairs_per_epoch(const es_pairs *pairs); /* steps in an epoch */
size_t es_pairs_memory(const es_pairs *pairs);

/* The batch of a step: 2·batch × values. */
void es_pairs_fill(es_pairs *pairs, uint64_t step, float *out);

/* The fixed pairs first … first + batch - 1, counted around a set of count
 * pairs: draw 0 of the first `count` samples. */
void es_pairs_fixed(es_pairs *pairs, size_t first, size_t count, float *out);

/* Classes of those samples, batch numbers: of a step, and of fixed pairs; -1
 * where the data have none. */
void es_pairs_labels(es_pairs *pairs, uint64_t step, int *out);
void es_pairs_fixed_labels(const es_pairs *pairs, size_t first, size_t count,
                           int *out);

/* The mean that is taken from every view, one number a value; NULL without
 * data.center. */
const double *es_pairs_mean(const es_pairs *pairs);

#endif
