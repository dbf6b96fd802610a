/* Samples with classes, and how often a classifier is right about them. */
#ifndef ES_METRICS_LABELLED_H
#define ES_METRICS_LABELLED_H

#include <eigenstep/status.h>
#include <stdbool.h>

/* n×d features, row-major, a sample a row, as networks give them; class of each
 * sample, 0 or more. Borrowed. */
typedef struct es_labelled {
  size_t n, d;
  const float *x;
  const int *label;
} es_labelled;

/* ES_BAD_SHAPE without samples or features, ES_BAD_VALUE for a sample without a
 * class, ES_NOT_FINITE for a feature; both name it, from 1, and say whose it is
 * ("training"). */
es_status es_labelled_check(const es_labelled *samples, const char *whose,
                            es_diag *diag) ES_MUST_USE;

/* The classes that occur among samples, rising: n of them. Free with
 * es_classes_free, which accepts a zeroed one. */
typedef struct es_classes {
  size_t n;
  int *label;
} es_classes;
es_status es_classes_of(es_classes *out, const es_labelled *samples,
                        es_diag *diag) ES_MUST_USE;
void es_classes_free(es_classes *classes);

/* Number of a label among the classes, or n where it is none of them. */
size_t es_classes_find(const es_classes *classes, int label);

/* Shares of samples whose class is the first, or among the first five, of the
 * classes in falling order of score. */
typedef struct es_accuracy {
  double top1, top5;
} es_accuracy;

/* Where class k stands, from 0, among n by their scores: behind every larger
 * score and every equal one of a class before it, which is what makes ties
 * definite. k = n, a class that nothing is known of, stands behind all and is
 * never right: SIZE_MAX. */
size_t es_class_rank(const double *score, size_t n, size_t k);

/* Adds a sample of that rank to counts of hits. */
void es_accuracy_count(es_accuracy *hits, size_t rank);

#endif
