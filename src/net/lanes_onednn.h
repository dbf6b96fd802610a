/* The work between convolutions, on tensors of lanes: [images][blocks][area]
 * [lanes], channel = block · lanes + lane. oneDNN's blocked layouts (lanes 8 or
 * 16), channels last (one block) and plain ones (one lane) are all of this
 * form.
 *
 * Batch normalisation takes a part (a view) of the batch at a time; arrays of
 * statistics are (groups, channels). It is here and not oneDNN's because one
 * reading of x gives the statistics, and because ReLU and a block's sum go with
 * the writing; NaN passes through. Results do not depend on the number of
 * threads. */
#ifndef ES_NET_LANES_ONEDNN_H
#define ES_NET_LANES_ONEDNN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct es_dnn_lanes {
  size_t images, blocks, area, lanes;
  size_t groups; /* equal parts of the images */
} es_dnn_lanes;

/* What a normalisation multiplies and adds; sum and product, the means that
 * backward takes away (theory in lanes_onednn.c), are NULL in forward. */
typedef struct es_dnn_affine {
  const float *mean, *scale; /* (groups, channels) */
  const float *shift;        /* (channels) */
  const float *sum, *product;
  bool relu;
} es_dnn_affine;

/* Numbers of a tensor. */
size_t es_dnn_lanes_count(const es_dnn_lanes *t);

/* Bytes that the two functions with `scratch` need. */
size_t es_dnn_lanes_scratch(const es_dnn_lanes *t);

/* Mean and variance (divided by the count) of each channel in each part. */
void es_dnn_lanes_statistics(double *mean, double *var, const es_dnn_lanes *t,
                             const float *x, void *scratch);
/* y = scale (x - mean) + shift (+ z), no less than 0 with relu. z NULL: none.
 * y may be x or z. */
void es_dnn_lanes_normalise(float *y, const es_dnn_lanes *t, const float *x,
                            const float *z, const es_dnn_affine *a);
/* With g = dy, 0 where relu gave 0: the means over a part of g and of
 * g (x - mean). */
void es_dnn_lanes_back_sums(double *sum, double *product, const es_dnn_lanes *t,
                            const float *x, const float *dy,
                            const es_dnn_affine *a, void *scratch);
/* dx = scale (g - sum - (x - mean) product). dx may be dy. */
void es_dnn_lanes_back(float *dx, const es_dnn_lanes *t, const float *x,
                       const float *dy, const es_dnn_affine *a);

/* y (images, channels): means over the area; and back: dx = dy/area. */
void es_dnn_lanes_mean(float *y, const es_dnn_lanes *t, const float *x);
void es_dnn_lanes_mean_back(float *dx, const es_dnn_lanes *t, const float *dy);

/* n numbers; results may be operands. y = max(x, 0). */
void es_dnn_flat_relu(float *y, const float *x, size_t n);
/* dx = dy + more, 0 where y = 0. more NULL: none. */
void es_dnn_flat_relu_back(float *dx, const float *y, const float *dy,
                           const float *more, size_t n);
/* y = a + b, or max(a + b, 0). */
void es_dnn_flat_add(float *y, const float *a, const float *b, bool relu,
                     size_t n);
/* y = x, or 0 where x is NULL. */
void es_dnn_flat_copy(float *y, const float *x, size_t n);

#endif
