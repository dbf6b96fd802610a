/* What data sets are made of. A new one is one file that defines an
 * es_source_kind, and one line in ES_SOURCES. */
#ifndef ES_DATA_SOURCE_H
#define ES_DATA_SOURCE_H

#include "data/data.h"
#include "data/draws.h"

/* Images stay bytes, sample after sample, each planes × height × width; a view
 * of them has `channels` planes. Vectors have channels = 0 and no bytes: they
 * are generated, or lie in values, dim numbers a sample. */
typedef struct es_source {
  size_t count; /* samples in the full set */
  size_t channels, height, width;
  size_t planes; /* stored of each image; more channels are made by paint */
  size_t dim;    /* values of a vector */
  unsigned char *bytes;
  double *values;
  unsigned char *labels; /* count classes, or NULL */
  uint64_t seed;
  uint32_t checksum;
  bool blank;     /* count and sizes are wanted, and not the images' bytes */
  size_t classes; /* of a blank one, where the format tells; else 0 */
} es_source;

typedef struct es_source_kind {
  es_data_info info;
  /* Fills a source whose seed is set; of a blank one's images nothing but what
   * tells how many they are and how large. What it allocated in bytes, values
   * and labels is freed by the caller, after a failure too. */
  es_status (*open)(es_source *source, const es_config *config, es_diag *diag);
  /* A view of sample i by these draws, before noise; NULL for images, whose
   * views augment.c cuts. */
  void (*view)(const es_source *source, size_t i, const es_draws *draws,
               double *x);
  /* Turns the planes that a view of image i was cut from, at its beginning,
   * into channels planes of `pixels` values each; NULL: they are those. Both
   * views of a pair are painted alike, before their colours change. */
  void (*paint)(const es_source *source, size_t i, double *view, size_t pixels);
  /* What the samples were made from: a list ended by a NULL name, or NULL; and
   * the numbers of factor k of sample i. */
  const es_data_factor *factors;
  void (*factor)(const es_source *source, size_t i, size_t k, double *out);
  bool still;     /* view does not look at the draws: all views are equal */
  bool parts;     /* knows data.split=train|test */
  bool unlabeled; /* knows data.split=unlabeled */
  bool own_dims;  /* data.dims is the dimension of what it generates */
} es_source_kind;

/* The kind of that name, or NULL; NULL is nobody's name. */
const es_source_kind *es_source_named(const char *name);

/* The table: C name, name in data.name. */
#define ES_SOURCES(X)                                                          \
  X(fashion_mnist, "fashion-mnist")                                            \
  X(cifar10, "cifar10")                                                        \
  X(cifar100, "cifar100")                                                      \
  X(stl10, "stl10")                                                            \
  X(idx, "idx")                                                                \
  X(array, "array")                                                            \
  X(gaussian, "gaussian")                                                      \
  X(two_mode, "two-mode")                                                      \
  X(tint, "tint")

#define ES_SOURCE_DECLARE(id, name) extern const es_source_kind es_source_##id;
ES_SOURCES(ES_SOURCE_DECLARE)
#undef ES_SOURCE_DECLARE

#endif
