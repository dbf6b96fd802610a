/* Networks as graphs: an encoder with torchvision's names (He, Zhang, Ren, Sun,
 * CVPR 2016; torchvision's resnet.py for the order of operations), and the
 * heads behind it (heads.h). */
#ifndef ES_MODELS_RESNET_ENCODER_H
#define ES_MODELS_RESNET_ENCODER_H

#include "models/resnet/heads.h"

#include <stdint.h>

typedef enum es_arch { ES_ARCH_RESNET, ES_ARCH_LINEAR, ES_ARCH_MLP } es_arch;

/* ES_LAYERS: hidden layers of an MLP at most; ES_TAPS: outputs that may have a
 * gradient, which stand before the layers that are looked at. */
enum { ES_STAGES = 4, ES_EXPANSION = 4, ES_LAYERS = 100, ES_TAPS = 4 };

typedef struct es_encoder {
  es_arch arch;
  bool bottleneck;          /* blocks of 1×1, 3×3, 1×1, or of two 3×3 */
  size_t stages[ES_STAGES]; /* blocks in each: 1,1,1,1 of two is depth 10 */
  size_t width; /* channels of the first stage; each next one doubles them;
                   values of a hidden layer of an MLP */
  size_t bottleneck_width; /* times as many inside a bottleneck; 0: 1 */
  size_t hidden_layers;    /* of an MLP */
  bool norm;               /* batch normalisation, or none */
  bool plain;              /* no shortcuts */
  size_t channels, side;   /* of the images; channels 0: vectors of side */
  size_t dim;              /* of the embedding */
  es_heads heads;
  double weight_scale; /* of all weights' start, times the usual; 0: 1 */
  bool orthogonal;     /* the last linear layer starts with such rows, */
  bool pca;            /* which es_network_align then sets */
  double multiplier;   /* of the embedding; 0: 1 */
  double share;        /* of the start's embedding that is taken away first */
  bool layers;         /* layers before the representation can be looked at */
} es_encoder;

/* What a layer's values are called by others: an output of the graph, or the
 * image itself (ES_NONE), and how many values an image has of it. */
typedef struct es_tap {
  size_t output, size;
} es_tap;

/* Learning rates and decay go by group. */
typedef enum es_group {
  ES_GROUP_ENCODER,
  ES_GROUP_PROJECTOR,
  ES_GROUP_PREDICTOR
} es_group;

typedef struct es_network {
  es_graph graph;
  es_encoder encoder; /* what it was made of */
  size_t last; /* the weight of the last linear layer before the embedding, a
                  parameter; ES_NONE: the embedding comes from no such layer */
  es_tap penultimate; /* what that layer takes; size 0 without one */
  es_tap representation, embedding;
  es_tap prediction;       /* the embedding where there is no predictor */
  size_t n_layers;         /* 0 without encoder.layers */
  es_tap layer[ES_LAYERS]; /* stages of a resnet, mean-pooled, or hidden layers
                              of an mlp, without the last: that is the
                              representation */
} es_network;

/* From the settings of [net] and [method], for images of that geometry. */
es_status es_encoder_from(es_encoder *out, const es_config *config,
                          size_t channels, size_t side,
                          es_diag *diag) ES_MUST_USE;

/* Gives the prediction the size of what method.target=labels or pixels compares
 * it with: `classes` values, or those of an image. Other targets leave it as it
 * is. ES_BAD_VALUE where there are no classes. */
es_status es_encoder_aim(es_encoder *encoder, const es_config *config,
                         size_t classes, es_diag *diag) ES_MUST_USE;

/* Values of the representation. */
size_t es_encoder_features(const es_encoder *encoder);

/* arch=resnet: conv1, bn1, layer1…layer4, mean pooling (the representation),
 * heads. Images of 64 pixels and more have the standard stem (7×7, stride 2,
 * then max pooling), smaller ones CIFAR's (3×3, stride 1). A bottleneck's
 * stride is in its 3×3 convolution, as torchvision's. norm=none leaves the
 * encoder's norms out; plain: the sums and their shortcuts.
 * arch=mlp: hidden_layers times ReLU of a linear map with bias, or with a norm
 * in its place, named as torch.nn.Sequential numbers them: fc.0, …; the last
 * is the representation.
 * arch=linear: the representation is fc.weight · image, of `dim` values without
 * a projector (the last linear layer then is this one), of `width` with one.
 * The embedding is multiplier · (z - share · z_0): z the projector's output,
 * z_0 that of the network as it started, whose parameters are kept, and
 * computed with, under the names "initial.…" where the share is not 0. Free
 * with es_network_free, which accepts a zeroed one. */
es_status es_network_new(es_network *out, const es_encoder *encoder,
                         es_diag *diag) ES_MUST_USE;
void es_network_free(es_network *network);

/* Of a parameter, by its name. arch=linear has its map in the encoder's. */
es_group es_network_group(const es_network *network, size_t param);

/* The parameter whose start a parameter keeps; NULL: it keeps none's. */
const es_tensor *es_network_initial(const es_network *network, size_t param);

/* Whether descent moves that parameter: not those of a fixed projector or of
 * the network as it started. */
bool es_network_trains(const es_network *network, size_t param);

/* Whether the last linear layer's weight is held to orthonormal rows times a
 * scale while it learns: method.projector=orthogonal. */
bool es_network_orthogonal(const es_network *network);

/* Numbers in the parameters that descent moves. */
size_t es_network_moving(const es_network *network);

/* Whether the embedding is W h, with W the last linear layer's weight, which
 * descent moves, and h the penultimate tap: what theory speaks of. A bias does
 * not matter to it. */
bool es_network_ends_linear(const es_network *network);

/* Brings a gradient, as backward left it, to the directions in which the
 * network may move: 0 where a parameter is fixed, (G + G^T)/2 for a symmetric
 * predictor, whose weight starts symmetric to the bit and so stays it under
 * every rule that treats all numbers of a tensor alike. */
void es_network_constrain(const es_network *network, float *gradient);

/* A start: convolutions N(0, 2/(out k^2)) (He's fan-out, as torchvision), the
 * last of each block divided by sqrt(blocks) where there is no norm but a
 * shortcut, so that signals stay of order one; norm weights 1, biases 0;
 * running variance 1; linear maps N(0, 2/in) before a ReLU and N(0, 1/in)
 * else; a diagonal 1 up to its rank, 0 beyond. All weights (of convolutions and
 * linear maps) are multiplied by encoder.weight_scale. The last linear layer
 * N(0, init_scale^2), drawn as `flow` draws W0 (same seed, same numbers);
 * init_scale 0: weight_scale/sqrt(fan-in). With encoder.orthogonal its rows
 * are, in place of that draw, its Gram-Schmidt basis times init_scale (0:
 * weight_scale); it must have no more rows than columns (es_encoder_from sees
 * to that). encoder.pca: these too, until es_network_align. */
void es_network_start(const es_network *network, uint64_t seed,
                      double init_scale, float *params, float *buffers);

/* The last linear layer (d×m), and where its start is kept, becomes the top d
 * eigenvectors, as rows, of X = (1/2n) sum_i (h_i h_i'^T + h_i' h_i^T), times
 * init_scale (0: weight_scale): the X of theory.md 2, E[h h'^T] = E[h̄ h̄^T], or
 * with centred = true, where the mean over both views is taken from all h,
 * theory.md 1's Gamma. h: 2n×m, row-major, the first views first.
 * The largest entry of each row is positive. d <= m, and there is such a layer.
 * ES_NOT_FINITE where h is not. The same for any number of threads; allocates,
 * and costs an eigenproblem of order m. */
es_status es_network_align(const es_network *network, size_t n, const double *h,
                           bool centred, double init_scale, float *params,
                           es_diag *diag) ES_MUST_USE;

#endif
