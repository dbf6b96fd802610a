/* Where networks start: see es_network_start. Every parameter draws its own
 * stretch of one stream, the last linear layer the first one. */
#include "models/resnet/encoder.h"

#include "base/finite.h"
#include "base/random.h"
#include "base/slab.h"
#include "linalg/linalg.h"
#include "metrics/spectra.h"

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

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static size_t count_blocks(const es_encoder *e) {
  size_t n = 0;
  for (size_t s = 0; s < ES_STAGES; s++) n += e->stages[s];
  return n;
}

static double conv_scale(const es_network *n, const es_tensor *t) {
  const es_encoder *e = &n->encoder;
  const double fan_out = (double)(t->dims[0] * t->dims[2] * t->dims[3]);
  const char *end = e->bottleneck ? ".conv3.weight" : ".conv2.weight";
  const bool bare = !e->norm && !e->plain && ends_with(t->name, end);
  return sqrt(2 / fan_out) / (bare ? sqrt((double)count_blocks(e)) : 1);
}

/* The node that has parameter p as its weight. */
static size_t owner_of(const es_graph *g, size_t p) {
  size_t i = 0;
  while (i < g->n_nodes && g->node[i].weight != p) i++;
  return i;
}

static double linear_scale(const es_graph *g, size_t p) {
  const size_t next = owner_of(g, p) + 1;
  const double fan_in = (double)g->param[p].dims[1];
  const bool kinked =
      next < g->n_nodes && g->node[next].from[0] == next - 1 &&
      (g->node[next].op == ES_OP_RELU ||
       (g->node[next].op == ES_OP_NORM && g->node[next].weight != ES_NONE));
  return sqrt((kinked ? 2 : 1) / fan_in);
}

static double dot(const float *x, const float *y, size_t n) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += (double)x[k] * (double)y[k];
  return sum;
}

/* Gram-Schmidt on rows, each taken twice ("twice is enough", Parlett), so that
 * they are orthogonal to the rounding of a float. */
static void make_orthogonal(float *W, size_t rows, size_t cols, double scale) {
  for (size_t i = 0; i < rows; i++) {
    float *w = W + i * cols;
    for (size_t k = 0; k < 2 * i; k++) {
      const float *v = W + k % i * cols;
      const double share = dot(v, w, cols) / dot(v, v, cols);
      for (size_t j = 0; j < cols; j++)
        w[j] = (float)((double)w[j] - share * (double)v[j]);
    }
  }
  for (size_t i = 0; i < rows; i++) {
    float *w = W + i * cols;
    const double length = sqrt(dot(w, w, cols));
    for (size_t j = 0; j < cols; j++)
      w[j] = (float)(scale * (double)w[j] / length);
  }
}

/* The number that is given, or the usual one times the scale of all. */
static double scale_of(const es_network *n, double given, double usual) {
  const double all = n->encoder.weight_scale > 0 ? n->encoder.weight_scale : 1;
  return given > 0 ? given : all * usual;
}

static void start_last(const es_network *n, float *out, uint64_t seed,
                       double init_scale) {
  const es_tensor *t = &n->graph.param[n->last];
  if (n->encoder.orthogonal) {
    draw(out, t->size, 1, seed, 0);
    make_orthogonal(out, t->dims[0], t->dims[1], scale_of(n, init_scale, 1));
  } else {
    const double usual = 1 / sqrt((double)t->dims[1]);
    draw(out, t->size, scale_of(n, init_scale, usual), seed, 0);
  }
}

/* A linear predictor; square where it starts as the identity or symmetric. */
static void start_predictor(const es_network *n, size_t p, float *out,
                            uint64_t seed) {
  const es_heads *h = &n->encoder.heads;
  const es_tensor *t = &n->graph.param[p];
  const size_t d = t->dims[0];
  if (h->identity) {
    for (size_t k = 0; k < d; k++)
      out[k * d + k] = (float)scale_of(n, h->predictor_scale, 1);
    return;
  }
  draw(out, t->size,
       scale_of(n, h->predictor_scale, linear_scale(&n->graph, p)), seed,
       p + 1);
  if (h->predictor != ES_PREDICTOR_SYMMETRIC) return;
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < i; j++) out[j * d + i] = out[i * d + j];
}

static void start_param(const es_network *n, size_t p, float *out,
                        uint64_t seed, double init_scale) {
  const es_graph *g = &n->graph;
  const es_tensor *t = &g->param[p];
  const es_heads *h = &n->encoder.heads;
  if (es_network_initial(n, p) != NULL) return;
  if (p == n->last)
    start_last(n, out, seed, init_scale);
  else if (t->rank == 4)
    draw(out, t->size, scale_of(n, 0, conv_scale(n, t)), seed, p + 1);
  else if (t->rank == 2 && h->predictor != ES_PREDICTOR_MLP &&
           es_network_group(n, p) == ES_GROUP_PREDICTOR)
    start_predictor(n, p, out, seed);
  else if (t->rank == 2)
    draw(out, t->size, scale_of(n, 0, linear_scale(g, p)), seed, p + 1);
  else if (g->node[owner_of(g, p) % g->n_nodes].op == ES_OP_SCALE)
    fill(out, h->rank, 1);
  else if (ends_with(t->name, ".weight"))
    fill(out, t->size, 1);
}

/* Parameters that keep the start of others. */
static void keep_initial(const es_network *network, float *params) {
  const es_graph *g = &network->graph;
  for (size_t p = 0; p < g->n_params; p++) {
    const es_tensor *of = es_network_initial(network, p);
    if (of == NULL) continue;
    memcpy(params + g->param[p].offset, params + of->offset,
           of->size * sizeof *params);
  }
}

void es_network_start(const es_network *network, uint64_t seed,
                      double init_scale, float *params, float *buffers) {
  const es_graph *g = &network->graph;
  memset(params, 0, g->param_size * sizeof *params);
  memset(buffers, 0, g->buffer_size * sizeof *buffers);
  for (size_t p = 0; p < g->n_params; p++)
    start_param(network, p, params + g->param[p].offset, seed, init_scale);
  keep_initial(network, params);
  for (size_t b = 0; b < g->n_buffers; b++)
    if (ends_with(g->buffer[b].name, ".running_var"))
      fill(buffers + g->buffer[b].offset, g->buffer[b].size, 1);
}

/* X becomes its eigenvectors as columns, by falling eigenvalue. */
static es_status shared_directions(size_t n, size_t m, const double *h,
                                   double *X, double *values, es_diag *diag) {
  const int threads = es_blas_serial();
  es_syr2k(m, n, .5 / (double)n, h, h + n * m, X);
  const es_status status =
      es_all_finite(m * m, X)
          ? es_eigen_symmetric(m, X, values, true, diag)
          : es_fail(diag, ES_NOT_FINITE,
                    "what the last linear layer takes is not finite, or "
                    "too large");
  if (status == ES_OK) es_eigen_falling(m, values, X);
  es_blas_resume(threads);
  return status;
}

/* In memory of its own: m×m, m, and 2n×m where h is centred. */
static es_status align(float *out, const es_tensor *t, size_t n,
                       const double *h, bool centred, double scale,
                       es_diag *diag) {
  const size_t m = t->dims[1];
  const size_t copied = centred ? es_size_product(2 * n, m) : 0;
  es_slab slab;
  size_t total = 0;
  es_slab_add(&total, es_size_product(m, m), sizeof(double));
  es_slab_add(&total, m, sizeof(double));
  es_slab_add(&total, copied, sizeof(double));
  es_status status = es_slab_open(&slab, total, diag);
  if (status != ES_OK) return status;
  double *X = es_slab_take(&slab, m * m, sizeof *X);
  double *values = es_slab_take(&slab, m, sizeof *values);
  double *own = es_slab_take(&slab, copied, sizeof *own);
  if (centred) es_centre(own, values, 2 * n, m, h);
  status = shared_directions(n, m, centred ? own : h, X, values, diag);
  for (size_t k = 0; status == ES_OK && k < t->size; k++)
    out[k] = (float)(scale * X[k]);
  es_slab_close(&slab);
  return status;
}

es_status es_network_align(const es_network *network, size_t n, const double *h,
                           bool centred, double init_scale, float *params,
                           es_diag *diag) {
  const es_tensor *t = &network->graph.param[network->last];
  const double scale = scale_of(network, init_scale, 1);
  const es_status status =
      align(params + t->offset, t, n, h, centred, scale, diag);
  if (status == ES_OK) keep_initial(network, params);
  return status;
}
