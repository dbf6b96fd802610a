/* Encoders as graphs: see encoder.h. A basic block (He et al. 2016, figure 5,
 * left) is
 *   y = relu(norm(conv3×3(relu(norm(conv3×3(x))))) + shortcut(x)),
 * a bottleneck (right) has 1×1, 3×3 and 1×1 convolutions in their place, the
 * last to four times as many channels. The shortcut is a strided 1×1
 * convolution where the shape changes. */
#include "models/resnet/encoder.h"

#include <stdio.h>
#include <string.h>

_Static_assert(ES_TAPS + ES_LAYERS <= ES_OUTPUTS, "all can be looked at");

enum { STANDARD_SIDE = 64 };
#define INITIAL "initial."

/* name.suffix where there is a norm, nothing otherwise. */
static size_t norm(es_graph *g, const es_encoder *e, size_t from,
                   const char *prefix, const char *suffix) {
  char name[48];
  if (!e->norm) return from;
  snprintf(name, sizeof name, "%s%s", prefix, suffix);
  return es_graph_norm(g, from, name);
}

static size_t conv(es_graph *g, size_t from, const char *prefix,
                   const char *suffix, size_t channels, size_t kernel,
                   size_t stride) {
  char name[48];
  snprintf(name, sizeof name, "%s%s", prefix, suffix);
  return es_graph_conv(g, from, name, channels, kernel, stride, kernel / 2);
}

static size_t basic(es_graph *g, const es_encoder *e, size_t from,
                    const char *prefix, size_t channels, size_t stride) {
  size_t x = conv(g, from, prefix, "conv1", channels, 3, stride);
  x = es_graph_relu(g, norm(g, e, x, prefix, "bn1"));
  x = conv(g, x, prefix, "conv2", channels, 3, 1);
  return norm(g, e, x, prefix, "bn2");
}

static size_t bottleneck(es_graph *g, const es_encoder *e, size_t from,
                         const char *prefix, size_t channels, size_t stride) {
  const size_t times = e->bottleneck_width > 0 ? e->bottleneck_width : 1;
  const size_t inner = channels / ES_EXPANSION * times;
  size_t x = conv(g, from, prefix, "conv1", inner, 1, 1);
  x = es_graph_relu(g, norm(g, e, x, prefix, "bn1"));
  x = conv(g, x, prefix, "conv2", inner, 3, stride);
  x = es_graph_relu(g, norm(g, e, x, prefix, "bn2"));
  x = conv(g, x, prefix, "conv3", channels, 1, 1);
  return norm(g, e, x, prefix, "bn3");
}

static size_t block(es_graph *g, const es_encoder *e, size_t from,
                    const char *prefix, size_t channels, size_t stride) {
  const size_t x = e->bottleneck
                       ? bottleneck(g, e, from, prefix, channels, stride)
                       : basic(g, e, from, prefix, channels, stride);
  if (e->plain) return es_graph_relu(g, x);
  size_t shortcut = from;
  if (g->failed == ES_OK &&
      (stride != 1 || g->node[from].channels != channels)) {
    shortcut = conv(g, from, prefix, "downsample.0", channels, 1, stride);
    shortcut = norm(g, e, shortcut, prefix, "downsample.1");
  }
  return es_graph_relu(g, es_graph_add(g, x, shortcut));
}

/* The input; a generated vector is an image of one row. */
static size_t pixels(es_graph *g, const es_encoder *e) {
  if (g->n_nodes > 0) return 0;
  return e->channels == 0 && e->arch != ES_ARCH_RESNET
             ? es_graph_input(g, 1, 1, e->side)
             : es_graph_input(g, e->channels, e->side, e->side);
}

static size_t last_stage(const es_encoder *e) {
  size_t last = 0;
  for (size_t s = 0; s < ES_STAGES; s++)
    if (e->stages[s] > 0) last = s;
  return last;
}

/* Layers of the encoder that are not its end. */
static size_t layers_of(const es_encoder *e) {
  return e->arch == ES_ARCH_RESNET ? last_stage(e)
         : e->arch == ES_ARCH_MLP  ? e->hidden_layers - 1
                                   : 0;
}

/* at[s]: the end of stage s. */
static size_t resnet(es_graph *g, const es_encoder *e, size_t *at) {
  const bool standard = e->side >= STANDARD_SIDE;
  const size_t times = e->bottleneck ? ES_EXPANSION : 1;
  size_t x = pixels(g, e);
  x = conv(g, x, "", "conv1", e->width, standard ? 7 : 3, standard ? 2 : 1);
  x = es_graph_relu(g, norm(g, e, x, "", "bn1"));
  if (standard) x = es_graph_max_pool(g, x, 3, 2, 1);
  for (size_t s = 0; s < ES_STAGES; s++) {
    for (size_t b = 0; b < e->stages[s]; b++) {
      char prefix[32];
      snprintf(prefix, sizeof prefix, "layer%zu.%zu.", s + 1, b);
      x = block(g, e, x, prefix, times * (e->width << s),
                s > 0 && b == 0 ? 2 : 1);
    }
    at[s] = x;
  }
  return es_graph_mean_pool(g, x);
}

/* at[k]: hidden layer k. */
static size_t mlp(es_graph *g, const es_encoder *e, size_t *at) {
  size_t x = pixels(g, e);
  char name[32];
  for (size_t k = 0, number = 0; k < e->hidden_layers; k++) {
    snprintf(name, sizeof name, "fc.%zu", number++);
    x = es_graph_linear(g, x, name, e->width, !e->norm);
    snprintf(name, sizeof name, "fc.%zu", number);
    if (e->norm) x = es_graph_norm(g, x, name), number++;
    at[k] = x = es_graph_relu(g, x);
    number++;
  }
  return x;
}

static size_t fc(es_graph *g, const es_encoder *e) {
  return es_graph_linear(g, pixels(g, e), "fc", es_encoder_features(e), false);
}

size_t es_encoder_features(const es_encoder *e) {
  switch (e->arch) {
  case ES_ARCH_LINEAR:
    return e->heads.projector == ES_PROJECTOR_NONE ? e->dim : e->width;
  case ES_ARCH_MLP:
    return e->width;
  case ES_ARCH_RESNET:
    break;
  }
  return (e->width << last_stage(e)) * (e->bottleneck ? ES_EXPANSION : 1);
}

static es_tap tap_of(es_graph *g, size_t node) {
  const size_t size = g->failed == ES_OK ? es_node_size(&g->node[node]) : 0;
  return (es_tap){es_graph_output(g, node), size};
}

/* What the last linear layer takes. */
static void tap_penultimate(es_network *n, size_t taken, size_t features) {
  es_graph *g = &n->graph;
  if (n->last == ES_NONE) return;
  if (taken == features)
    n->penultimate = n->representation;
  else if (taken == 0)
    n->penultimate = (es_tap){ES_NONE, es_node_size(&g->node[0])};
  else
    n->penultimate = tap_of(g, taken);
}

/* Nodes on the way: the layers before the representation, it, and what
 * es_projector_build says. */
typedef struct way {
  size_t layer[ES_LAYERS], representation, taken, last;
} way;

/* From pixels to the projector's output, which is returned. */
static size_t trunk(es_graph *g, const es_encoder *e, way *w) {
  w->representation = e->arch == ES_ARCH_LINEAR ? fc(g, e)
                      : e->arch == ES_ARCH_MLP  ? mlp(g, e, w->layer)
                                                : resnet(g, e, w->layer);
  return es_projector_build(g, &e->heads, w->representation, e->dim, &w->taken,
                            &w->last);
}

/* multiplier (z - share z_0) */
static size_t offset(es_graph *g, const es_encoder *e, size_t z) {
  const double factor = e->multiplier != 0 ? e->multiplier : 1;
  size_t base = ES_NONE;
  way ignored;
  if (e->share != 0) {
    g->prefix = INITIAL;
    base = trunk(g, e, &ignored);
    g->prefix = NULL;
  }
  return factor == 1 && base == ES_NONE
             ? z
             : es_graph_offset(g, z, base, factor, e->share);
}

/* Means over positions: what the representation is of the last stage. */
static void tap_layers(es_network *n, const size_t *layer) {
  es_graph *g = &n->graph;
  n->n_layers = n->encoder.layers ? layers_of(&n->encoder) : 0;
  for (size_t k = 0; k < n->n_layers; k++) {
    const bool image = n->encoder.arch == ES_ARCH_RESNET;
    const size_t node = image ? es_graph_mean_pool(g, layer[k]) : layer[k];
    const size_t output = es_graph_watch(g, node);
    if (output == ES_NONE) return;
    n->layer[k] = (es_tap){output, es_node_size(&g->node[node])};
  }
}

static void build(es_network *n, const es_encoder *e) {
  es_graph *g = &n->graph;
  way w;
  const size_t z = offset(g, e, trunk(g, e, &w)), r = w.representation;
  const size_t p = es_predictor_build(g, &e->heads, z);
  if (g->failed != ES_OK) return;
  if (e->arch == ES_ARCH_LINEAR && e->heads.projector == ES_PROJECTOR_NONE)
    w.taken = 0, w.last = g->node[r].weight;
  n->last = w.last;
  n->representation = tap_of(g, r);
  n->embedding = z == r ? n->representation : tap_of(g, z);
  n->prediction = p == z ? n->embedding : tap_of(g, p);
  tap_penultimate(n, w.taken, r);
  tap_layers(n, w.layer);
}

es_status es_network_new(es_network *out, const es_encoder *encoder,
                         es_diag *diag) {
  memset(out, 0, sizeof *out);
  out->encoder = *encoder;
  build(out, encoder);
  const es_status status = es_graph_finish(&out->graph, diag);
  if (status != ES_OK) es_network_free(out);
  return status;
}

void es_network_free(es_network *network) {
  es_graph_free(&network->graph);
  memset(network, 0, sizeof *network);
}

es_group es_network_group(const es_network *network, size_t param) {
  const char *name = network->graph.param[param].name;
  if (strncmp(name, "projector.", 10) == 0) return ES_GROUP_PROJECTOR;
  if (strncmp(name, "predictor.", 10) == 0) return ES_GROUP_PREDICTOR;
  return ES_GROUP_ENCODER;
}

const es_tensor *es_network_initial(const es_network *network, size_t param) {
  const es_graph *g = &network->graph;
  const char *name = g->param[param].name;
  const size_t length = sizeof INITIAL - 1;
  return strncmp(name, INITIAL, length) == 0 ? es_graph_find(g, name + length)
                                             : NULL;
}

bool es_network_trains(const es_network *network, size_t param) {
  return es_network_initial(network, param) == NULL &&
         !(network->encoder.heads.fixed &&
           es_network_group(network, param) == ES_GROUP_PROJECTOR);
}

bool es_network_orthogonal(const es_network *network) {
  return network->encoder.heads.projector == ES_PROJECTOR_ORTHOGONAL &&
         es_network_trains(network, network->last);
}

size_t es_network_moving(const es_network *network) {
  const es_graph *g = &network->graph;
  size_t n = 0;
  for (size_t p = 0; p < g->n_params; p++)
    if (es_network_trains(network, p)) n += g->param[p].size;
  return n;
}

bool es_network_ends_linear(const es_network *network) {
  const es_graph *g = &network->graph;
  const es_node *z = &g->node[g->output[network->embedding.output]];
  return network->last != ES_NONE && z->weight == network->last &&
         es_network_trains(network, network->last);
}

/* G ← (G + G^T)/2, n×n. */
static void symmetrise(float *G, size_t n) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++)
      G[i * n + j] = G[j * n + i] = (G[i * n + j] + G[j * n + i]) / 2;
}

void es_network_constrain(const es_network *network, float *gradient) {
  const es_graph *g = &network->graph;
  const bool symmetric =
      network->encoder.heads.predictor == ES_PREDICTOR_SYMMETRIC;
  for (size_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    float *G = gradient + t->offset;
    if (!es_network_trains(network, p)) memset(G, 0, t->size * sizeof *G);
    if (symmetric && es_network_group(network, p) == ES_GROUP_PREDICTOR)
      symmetrise(G, t->dims[0]);
  }
}
