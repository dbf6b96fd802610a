/* A residual network with numbers in it, and its tangent kernel, in an HDF5
 * file that tangent.py holds against PyTorch's. For the test and the benchmark.
 */
#ifndef ES_TESTS_TORCH_TANGENT_H
#define ES_TESTS_TORCH_TANGENT_H

#include "base/progress.h"
#include "base/random.h"
#include "file/h5.h"
#include "models/resnet/encoder.h"
#include "net/params.h"
#include "ntk/tangent.h"

#include <stdlib.h>
#include <string.h>

typedef struct tangent_case {
  size_t width, side, rows, dim;
  bool single;
  es_network network;
  float *params, *buffers, *input;
  double *wide_params, *wide_buffers, *wide_input, *weight, *K;
  double seconds;
  size_t memory; /* that the kernel took */
} tangent_case;

static inline void tangent_draw(float *x, size_t n, uint32_t stream,
                                double mean, double spread) {
  for (size_t i = 0; i < n; i++)
    x[i] = (float)(mean +
                   spread * es_random_normal(7, ES_STREAM_USER + stream, i));
}

static inline double *tangent_widened(const float *x, size_t n) {
  double *out = calloc(n + 1, sizeof *out);
  for (size_t i = 0; out != NULL && i < n; i++) out[i] = (double)x[i];
  return out;
}

/* Norms away from 1 and 0, so that each number matters. */
static inline es_status tangent_open(tangent_case *c, es_diag *diag) {
  es_encoder encoder = {.arch = ES_ARCH_RESNET,
                        .stages = {1, 1, 1, 1},
                        .width = c->width,
                        .norm = true,
                        .channels = 1,
                        .side = c->side,
                        .dim = c->dim};
  const es_status status = es_network_new(&c->network, &encoder, diag);
  if (status != ES_OK) return status;
  const es_graph *g = &c->network.graph;
  const size_t pixels = c->rows * c->side * c->side;
  c->params = calloc(g->param_size, sizeof *c->params);
  c->buffers = calloc(g->buffer_size, sizeof *c->buffers);
  c->input = calloc(pixels, sizeof *c->input);
  c->weight = calloc(g->n_params, sizeof *c->weight);
  c->K = calloc(c->rows * c->rows, sizeof *c->K);
  if (c->params == NULL || c->buffers == NULL || c->input == NULL ||
      c->weight == NULL || c->K == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_network_start(&c->network, 0, 0, c->params, c->buffers);
  for (uint32_t p = 0; p < g->n_params; p++) {
    const es_tensor *t = &g->param[p];
    c->weight[p] = 1;
    if (t->rank == 1)
      tangent_draw(c->params + t->offset, t->size, p,
                   (double)c->params[t->offset], .3);
  }
  for (uint32_t b = 0; b < g->n_buffers; b++) {
    const es_tensor *t = &g->buffer[b];
    if (t->rank == 1)
      tangent_draw(c->buffers + t->offset, t->size, 1000 + b,
                   (double)c->buffers[t->offset], .1);
  }
  tangent_draw(c->input, pixels, 2000, 0, 1);
  c->wide_params = tangent_widened(c->params, g->param_size);
  c->wide_buffers = tangent_widened(c->buffers, g->buffer_size);
  c->wide_input = tangent_widened(c->input, pixels);
  return ES_OK;
}

static inline es_status tangent_run(tangent_case *c, es_diag *diag) {
  es_tangent *t;
  const es_tangent_plan plan = {.graph = &c->network.graph,
                                .output = c->network.embedding.output,
                                .rows = c->rows,
                                .columns = c->rows,
                                .images = c->rows,
                                .weight = c->weight,
                                .single = c->single};
  const double begun = es_seconds();
  es_status status = es_tangent_new(&t, &plan, diag);
  if (status != ES_OK) return status;
  status = es_tangent_run(t, c->wide_params, c->wide_buffers, c->wide_input,
                          NULL, c->K, NULL, NULL, diag);
  c->memory = es_tangent_memory(t);
  es_tangent_free(t);
  c->seconds = es_seconds() - begun;
  return status;
}

static inline es_status tangent_write(const tangent_case *c, const char *path,
                                      es_diag *diag) {
  const size_t images[4] = {c->rows, 1, c->side, c->side};
  const size_t square[2] = {c->rows, c->rows};
  es_h5 *file;
  es_status status = es_h5_create(&file, path, diag);
  if (status != ES_OK) return status;
  status =
      es_params_write(&c->network.graph, c->params, c->buffers, file, diag);
  if (status == ES_OK)
    status = es_h5_write_float(file, "/input", c->input, images, 4, diag);
  if (status == ES_OK) status = es_h5_write(file, "/K", c->K, square, 2, diag);
  if (status == ES_OK) return es_h5_commit(file, diag);
  es_h5_abandon(file);
  return status;
}

static inline void tangent_close(tangent_case *c) {
  void *const all[] = {
      c->params,       c->buffers,    c->input,  c->wide_params,
      c->wide_buffers, c->wide_input, c->weight, c->K};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) free(all[k]);
  es_network_free(&c->network);
}

#endif
