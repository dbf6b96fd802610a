/* Projectors and predictors: see heads.h. */
#include "models/resnet/heads.h"

#include <stdio.h>
#include <string.h>

/* A Sequential under construction. */
typedef struct series {
  es_graph *graph;
  const char *name; /* "projector" */
  size_t node, at;  /* the last node; number of the next layer */
} series;

typedef struct layer_name {
  char text[32];
} layer_name;

static layer_name next_name(series *s) {
  layer_name name;
  snprintf(name.text, sizeof name.text, "%s.%zu", s->name, s->at++);
  return name;
}

static void linear(series *s, size_t values, bool bias) {
  s->node = es_graph_linear(s->graph, s->node, next_name(s).text, values, bias);
}

static void hidden(series *s, size_t values, bool norm) {
  linear(s, values, !norm);
  if (norm) s->node = es_graph_norm(s->graph, s->node, next_name(s).text);
  s->node = es_graph_relu(s->graph, s->node);
  s->at++;
}

/* The last linear map, noted. */
static void last_linear(series *s, size_t values, bool bias, size_t *taken,
                        size_t *last) {
  *taken = s->node;
  linear(s, values, bias);
  if (s->node == ES_NONE) return;
  *last = s->graph->node[s->node].weight;
}

static void mlp(series *s, const es_heads *h, size_t dim, size_t *taken,
                size_t *last) {
  const bool after = h->norm == ES_HEAD_NORM_ALL;
  for (size_t k = 1; k < h->layers; k++)
    hidden(s, h->hidden, h->norm != ES_HEAD_NORM_NONE);
  last_linear(s, dim, !after, taken, last);
  if (after)
    s->node = es_graph_standardise(s->graph, s->node, next_name(s).text);
}

size_t es_projector_build(es_graph *graph, const es_heads *heads, size_t from,
                          size_t dim, size_t *taken, size_t *last) {
  series s = {graph, "projector", from, 0};
  *taken = *last = ES_NONE;
  if (heads->feature_norm)
    s.node = es_graph_standardise(graph, from, "feature_norm");
  switch (heads->projector) {
  case ES_PROJECTOR_NONE:
    break;
  case ES_PROJECTOR_LINEAR:
  case ES_PROJECTOR_ORTHOGONAL:
    last_linear(&s, dim, false, taken, last);
    break;
  case ES_PROJECTOR_MLP:
    mlp(&s, heads, dim, taken, last);
    break;
  case ES_PROJECTOR_DIAGONAL:
    s.node = es_graph_scale(graph, s.node, next_name(&s).text);
    break;
  case ES_PROJECTOR_LOW_RANK:
    linear(&s, heads->rank, false);
    last_linear(&s, dim, false, taken, last);
    break;
  }
  return s.node;
}

size_t es_predictor_build(es_graph *graph, const es_heads *heads, size_t z) {
  series s = {graph, "predictor", z, 0};
  const size_t dim = z == ES_NONE ? 0 : es_node_size(&graph->node[z]);
  if (heads->predictor == ES_PREDICTOR_NONE) return z;
  if (heads->predictor == ES_PREDICTOR_MLP)
    hidden(&s, heads->predictor_hidden, heads->norm != ES_HEAD_NORM_NONE);
  linear(&s, heads->predicted > 0 ? heads->predicted : dim,
         heads->predicted > 0 || heads->predictor == ES_PREDICTOR_MLP);
  return s.node;
}

/* The number of a choice in the order of its enumeration. */
static int choice(const es_config *config, const char *name,
                  const char *const *words, int n) {
  const char *text = es_config_text(config, "method", name);
  for (int k = 0; k < n; k++)
    if (strcmp(text, words[k]) == 0) return k;
  return 0;
}
#define CHOICE(config, name, words)                                            \
  choice(config, name, words, (int)(sizeof(words) / sizeof *(words)))

static void read_heads(es_heads *out, const es_config *config) {
  static const char *const projectors[] = {
      "linear", "none", "mlp", "diagonal", "low-rank", "orthogonal"};
  static const char *const norms[] = {"hidden", "all", "none"};
  static const char *const predictors[] = {"none", "linear", "linear-symmetric",
                                           "mlp"};
  const bool set =
      strncmp(es_config_text(config, "method", "predictor"), "direct", 6) == 0;
  *out = (es_heads){
      .feature_norm = es_config_is(config, "net", "feature_norm", "batch"),
      .projector = (es_projector)CHOICE(config, "projector", projectors),
      .fixed = !es_config_flag(config, "method", "projector_trainable"),
      .layers = es_config_size(config, "method", "projector_layers"),
      .hidden = es_config_size(config, "method", "hidden_dim"),
      .rank = es_config_size(config, "method", "d0"),
      .norm = (es_head_norm)CHOICE(config, "head_norm", norms),
      .predictor = set ? ES_PREDICTOR_LINEAR
                       : (es_predictor)CHOICE(config, "predictor", predictors),
      .predictor_hidden =
          es_config_size(config, "method", "predictor_hidden_dim"),
      .identity = es_config_is(config, "method", "predictor_init", "identity")};
  if (es_config_has(config, "method", "predictor_scale"))
    out->predictor_scale = es_config_real(config, "method", "predictor_scale");
}

es_status es_heads_from(es_heads *out, size_t *dim, const es_config *config,
                        size_t features, es_diag *diag) {
  read_heads(out, config);
  *dim = es_config_size(config, "method", "dim");
  const bool cut = out->projector == ES_PROJECTOR_DIAGONAL;
  if (cut || out->projector == ES_PROJECTOR_NONE) *dim = features;
  if (out->projector == ES_PROJECTOR_ORTHOGONAL && *dim > features)
    return es_config_blame(config, "method", "projector", diag,
                           "there are no %zu orthogonal rows of %zu numbers, "
                           "expected a method.dim in [1, %zu]",
                           *dim, features, features);
  const size_t most = *dim < features ? *dim : features;
  if (!es_config_has(config, "method", "d0")) out->rank = most;
  if ((cut || out->projector == ES_PROJECTOR_LOW_RANK) && out->rank > most)
    return es_config_blame(config, "method", "d0", diag,
                           "expected at most %zu, of %zu features and an "
                           "embedding of %zu",
                           most, features, *dim);
  return ES_OK;
}
