/* Residual networks of basic blocks,
 *   y = relu(norm(conv3×3(relu(norm(conv3×3(x))))) + shortcut(x)),
 * whose shortcut is a strided 1×1 convolution where the shape changes (He,
 * Zhang, Ren, Sun, "Deep Residual Learning", CVPR 2016); and the linear map. */
#include "models/resnet/encoder.h"

#include <stdio.h>
#include <string.h>

enum { STANDARD_SIDE = 64 };

es_status es_encoder_from(es_encoder *out, const es_config *config,
                          size_t channels, size_t side, es_diag *diag) {
  const bool linear =
      strcmp(es_config_text(config, "net", "arch"), "linear") == 0;
  const size_t blocks =
      strcmp(es_config_text(config, "net", "depth"), "18") == 0 ? 2 : 1;
  *out = (es_encoder){
      .arch = linear ? ES_ARCH_LINEAR : ES_ARCH_RESNET,
      .width = es_config_size(config, "net", "width"),
      .norm = strcmp(es_config_text(config, "net", "norm"), "batch") == 0,
      .channels = channels,
      .side = side,
      .dim = es_config_size(config, "method", "dim")};
  for (int s = 0; s < ES_STAGES; s++) out->stages[s] = blocks;
  if (!linear && channels == 0)
    return es_fail(diag, ES_BAD_VALUE,
                   "net.arch=resnet: data.name=%s has no images, expected "
                   "linear",
                   es_config_text(config, "data", "name"));
  return ES_OK;
}

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

static size_t block(es_graph *g, const es_encoder *e, size_t from,
                    const char *prefix, size_t channels, size_t stride) {
  size_t x = conv(g, from, prefix, "conv1", channels, 3, stride);
  x = es_graph_relu(g, norm(g, e, x, prefix, "bn1"));
  x = conv(g, x, prefix, "conv2", channels, 3, 1);
  x = norm(g, e, x, prefix, "bn2");
  size_t shortcut = from;
  if (g->failed == ES_OK &&
      (stride != 1 || g->node[from].channels != channels)) {
    shortcut = conv(g, from, prefix, "downsample.0", channels, 1, stride);
    shortcut = norm(g, e, shortcut, prefix, "downsample.1");
  }
  return es_graph_relu(g, es_graph_add(g, x, shortcut));
}

static size_t resnet(es_graph *g, const es_encoder *e) {
  const bool standard = e->side >= STANDARD_SIDE;
  size_t x = es_graph_input(g, e->channels, e->side, e->side);
  x = conv(g, x, "", "conv1", e->width, standard ? 7 : 3, standard ? 2 : 1);
  x = es_graph_relu(g, norm(g, e, x, "", "bn1"));
  if (standard) x = es_graph_max_pool(g, x, 3, 2, 1);
  for (size_t s = 0; s < ES_STAGES; s++)
    for (size_t b = 0; b < e->stages[s]; b++) {
      char prefix[32];
      snprintf(prefix, sizeof prefix, "layer%zu.%zu.", s + 1, b);
      x = block(g, e, x, prefix, e->width << s, s > 0 && b == 0 ? 2 : 1);
    }
  return es_graph_mean_pool(g, x);
}

static size_t size_of(const es_graph *g, size_t node) {
  return g->failed == ES_OK ? es_node_size(&g->node[node]) : 0;
}

static void build_resnet(es_network *n, const es_encoder *e) {
  es_graph *g = &n->graph;
  const size_t pooled = resnet(g, e);
  const size_t z = es_graph_linear(g, pooled, "projector.0", e->dim, false);
  n->representation = (es_tap){es_graph_output(g, pooled), size_of(g, pooled)};
  n->penultimate = n->representation;
  n->embedding = (es_tap){es_graph_output(g, z), e->dim};
}

static void build_linear(es_network *n, const es_encoder *e) {
  es_graph *g = &n->graph;
  /* A generated vector is an image of one row. */
  const size_t x = e->channels == 0
                       ? es_graph_input(g, 1, 1, e->side)
                       : es_graph_input(g, e->channels, e->side, e->side);
  const size_t z = es_graph_linear(g, x, "fc", e->dim, false);
  n->embedding = (es_tap){es_graph_output(g, z), e->dim};
  n->representation = n->embedding;
  n->penultimate = (es_tap){ES_NONE, size_of(g, x)};
}

es_status es_network_new(es_network *out, const es_encoder *encoder,
                         es_diag *diag) {
  memset(out, 0, sizeof *out);
  if (encoder->arch == ES_ARCH_LINEAR)
    build_linear(out, encoder);
  else
    build_resnet(out, encoder);
  const es_status status = es_graph_finish(&out->graph, diag);
  if (status != ES_OK) {
    es_network_free(out);
    return status;
  }
  out->last = out->graph.n_params - 1;
  return ES_OK;
}

void es_network_free(es_network *network) {
  es_graph_free(&network->graph);
  memset(network, 0, sizeof *network);
}
