/* Fashion-MNIST's files, which `tint` colours. */
#ifndef ES_DATA_FASHION_H
#define ES_DATA_FASHION_H

#include "data/source.h"

#define ES_FASHION_FOLDER "/usr/share/datasets/fashion-mnist"

/* Reads the grey images, and their classes where these are there, of data.split
 * from data.path (unset: ES_FASHION_FOLDER). */
es_status es_fashion_open(es_source *source, const es_config *config,
                          es_diag *diag) ES_MUST_USE;

#endif
