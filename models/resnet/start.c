/* Where networks start: see es_network_start. Every parameter draws its own
 * stretch of one stream, the last linear layer the first one. */
#include "models/resnet/encoder.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

enum { STRETCH_BITS = 40 };

static void draw(float *out, size_t n, double scale, uint64_t seed,
                 uint64_t stretch) {
  const uint64_t first = stretch << STRETCH_BITS;
  for (size_t k = 0; k < n; k++)
    out[k] = (float)(scale * es_random_normal(seed, ES_STREAM_INIT, first + k));
}

static void fill(float *out, size_t n, float value) {
  for (size_t k = 0; k < n; k++) out[k] = value;
}

static size_t count_blocks(const es_graph *g) {
  size_t n = 0;
  for (size_t i = 0; i < g->n_nodes; i++) n += g->node[i].op == ES_OP_ADD;
  return n;
}

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static double conv_scale(const es_graph *g, const es_tensor *t) {
  const double fan_out = (double)(t->dims[0] * t->dims[2] * t->dims[3]);
  const bool branch_end = ends_with(t->name, ".conv2.weight");
  const double blocks = (double)count_blocks(g);
  const bool bare = g->n_buffers == 0;
  return sqrt(2 / fan_out) / (bare && branch_end ? sqrt(blocks) : 1);
}

void es_network_start(const es_network *network, uint64_t seed,
                      double init_scale, float *params, float *buffers) {
  const es_graph *g = &network->graph;
  memset(params, 0, g->param_size * sizeof *params);
  memset(buffers, 0, g->buffer_size * sizeof *buffers);
  for (size_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    float *out = params + t->offset;
    if (p == network->last)
      draw(out, t->size,
           init_scale > 0 ? init_scale : 1 / sqrt((double)t->dims[1]), seed, 0);
    else if (t->rank == 4)
      draw(out, t->size, conv_scale(g, t), seed, p + 1);
    else if (ends_with(t->name, ".weight"))
      fill(out, t->size, 1);
  }
  for (size_t b = 0; b < g->n_buffers; b++)
    if (ends_with(g->buffer[b].name, ".running_var"))
      fill(buffers + g->buffer[b].offset, g->buffer[b].size, 1);
}
