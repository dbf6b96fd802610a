/* Encoders as graphs, with torchvision's names (He et al. 2016; torchvision's
 * resnet.py for the order of operations). */
#ifndef ES_MODELS_RESNET_ENCODER_H
#define ES_MODELS_RESNET_ENCODER_H

#include "net/graph.h"

#include <eigenstep/config.h>
#include <stdint.h>

typedef enum es_arch { ES_ARCH_RESNET, ES_ARCH_LINEAR } es_arch;

enum { ES_STAGES = 4 };

typedef struct es_encoder {
  es_arch arch;
  size_t stages[ES_STAGES]; /* basic blocks in each: 1,1,1,1 is depth 10 */
  size_t width; /* channels of the first stage; each next one doubles them */
  bool norm;    /* batch normalisation, or none */
  size_t channels, side; /* of the images */
  size_t dim;            /* of the embedding */
} es_encoder;

/* What a layer's values are called by others: an output of the graph, or the
 * image itself (ES_NONE), and how many values an image has of it. */
typedef struct es_tap {
  size_t output, size;
} es_tap;

typedef struct es_network {
  es_graph graph;
  size_t last;        /* the parameter that is the last linear layer's weight */
  es_tap penultimate; /* what that layer takes */
  es_tap representation, embedding;
} es_network;

/* From the settings of [net] and [method], for images of that geometry. */
es_status es_encoder_from(es_encoder *out, const es_config *config,
                          size_t channels, size_t side,
                          es_diag *diag) ES_MUST_USE;

/* arch=linear: embedding = representation = fc.weight · image, and the last
 * linear layer takes the pixels. arch=resnet: conv1, bn1, layer1…layer4, mean
 * pooling (the representation), projector.0.weight. Images of 64 pixels and
 * more have the standard stem (7×7, stride 2, then max pooling), smaller ones
 * CIFAR's (3×3, stride 1). norm=none leaves all norms out. Free with
 * es_network_free, which accepts a zeroed one. */
es_status es_network_new(es_network *out, const es_encoder *encoder,
                         es_diag *diag) ES_MUST_USE;
void es_network_free(es_network *network);

/* A start: convolutions N(0, 2/(out k^2)) (He's fan-out, as torchvision), the
 * second of each block divided by sqrt(blocks) where there is no norm, so that
 * signals stay of order one; norm weights 1, biases 0; running variance 1. The
 * last linear layer N(0, init_scale^2), drawn as `flow` draws W0 (same seed,
 * same numbers); init_scale 0: 1/sqrt(fan-in). */
void es_network_start(const es_network *network, uint64_t seed,
                      double init_scale, float *params, float *buffers);

#endif
