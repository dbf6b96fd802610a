/* Views of an image: random resized crop, then flip, then shift. Resampling
 * averages the piecewise-constant image over a box as wide as one output
 * pixel, at least one input pixel: area averaging where it shrinks, bilinear
 * where it enlarges, the identity at the same size. */
#ifndef ES_DATA_AUGMENT_H
#define ES_DATA_AUGMENT_H

#include "data/draws.h"
#include <eigenstep/config.h>

typedef struct es_augment {
  size_t shift;    /* pixels of the view, up to this far along either axis */
  double crop_min; /* least share of the area that a crop keeps; 1: no crop */
  bool flip;       /* mirror with probability 1/2 */
} es_augment;

typedef struct es_image {
  const unsigned char *bytes; /* channels × height × width */
  size_t channels, height, width;
} es_image;

/* A rectangle of whole pixels. */
typedef struct es_crop {
  size_t top, left, height, width;
} es_crop;

es_augment es_augment_from(const es_config *config);

/* Writes channels × side × side values in [0,1]. Allocates nothing. */
void es_augment_view(double *out, const es_image *image, size_t side,
                     const es_augment *augment, const es_draws *draws);

/* The rectangle that torchvision's RandomResizedCrop would keep: a share of
 * the area uniform in [crop_min,1], an aspect ratio log-uniform in [3/4,4/3],
 * and after ten tries that do not fit the largest central one of allowed
 * ratio. */
es_crop es_augment_crop(size_t height, size_t width, double crop_min,
                        const es_draws *draws);

#endif
