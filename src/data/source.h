/* What data sets are made of. A new one is one file that defines an
 * es_source_kind, and one line in ES_SOURCES. */
#ifndef ES_DATA_SOURCE_H
#define ES_DATA_SOURCE_H

#include "data/data.h"
#include "data/draws.h"

/* Images stay bytes, sample after sample, each channels × height × width;
 * generated vectors have channels = 0 and no bytes. */
typedef struct es_source {
  size_t count; /* samples in the full set */
  size_t channels, height, width;
  size_t dim; /* values of a generated vector */
  unsigned char *bytes;
  unsigned char *labels; /* count classes, or NULL */
  uint64_t seed;
  uint32_t checksum;
} es_source;

typedef struct es_source_kind {
  es_data_info info;
  /* Fills a source whose seed is set. What it allocated in bytes and labels
   * is freed by the caller, after a failure too. */
  es_status (*open)(es_source *source, const es_config *config, es_diag *diag);
  /* A view of sample i by these draws, before noise; NULL for images, whose
   * views augment.c cuts. */
  void (*view)(const es_source *source, size_t i, const es_draws *draws,
               double *x);
  bool still; /* view does not look at the draws: all views are equal */
} es_source_kind;

/* The table: C name, name in data.name. */
#define ES_SOURCES(X)                                                          \
  X(fashion_mnist, "fashion-mnist")                                            \
  X(idx, "idx")                                                                \
  X(gaussian, "gaussian")                                                      \
  X(two_mode, "two-mode")

#define ES_SOURCE_DECLARE(id, name) extern const es_source_kind es_source_##id;
ES_SOURCES(ES_SOURCE_DECLARE)
#undef ES_SOURCE_DECLARE

#endif
