/* k nearest neighbours by cosine, weighted, as Wu, Xiong, Yu and Lin (2018)
 * classify: with s_i = cos(x, x_i), class c has the score
 *   sum of exp(s_i/0.07) over those of the k largest s_i whose class is c.
 * Of equal s_i the earlier sample counts as nearer; a vector of zeros has s = 0
 * with all. A class that none of the k belongs to is never right. Features are
 * not centred. Products are of fixed tiles, on a thread each, and the same to
 * the last bit for any number of threads. */
#ifndef ES_METRICS_NEIGHBOURS_H
#define ES_METRICS_NEIGHBOURS_H

#include "base/progress.h"
#include "metrics/labelled.h"

#define ES_NEIGHBOURS_TEMPERATURE 0.07

/* Accuracy on the test samples, by k neighbours among the training samples.
 * Errors of es_labelled_check; ES_BAD_SHAPE for other numbers of features;
 * ES_BAD_VALUE unless 1 <= k <= their number; ES_INTERRUPTED. progress may be
 * NULL. */
es_status es_neighbours_test(es_accuracy *out, const es_labelled *train,
                             const es_labelled *test, size_t k,
                             const es_progress *progress,
                             es_diag *diag) ES_MUST_USE;

#endif
