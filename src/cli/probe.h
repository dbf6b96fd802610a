/* Features of a saved network's training and test images, for `probe`. Private
 * to the room. */
#ifndef ES_CLI_PROBE_H
#define ES_CLI_PROBE_H

#include "cli/cli.h"
#include "metrics/labelled.h"

typedef struct es_probe_set {
  float *x; /* n×d */
  int *label;
  es_labelled samples; /* the two, once whole */
} es_probe_set;

typedef struct es_probe_features {
  es_probe_set train, test;
  size_t from, to;   /* principal components; 0: features as they are */
  unsigned checksum; /* of the training images' file */
} es_probe_features;

/* Reads the run in job->target, and computes what [probe] of job->config asks
 * for of all test images and n_train training images. Free with
 * es_probe_features_free in every case. */
es_status es_probe_features_of(es_probe_features *out, const es_job *job,
                               es_diag *diag) ES_MUST_USE;
void es_probe_features_free(es_probe_features *features);

#endif
