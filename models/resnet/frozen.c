/* A saved network, frozen: see frozen.h. */
#include "models/resnet/frozen.h"

#include "base/finite.h"
#include "base/slab.h"
#include "data/whiten.h"
#include "file/atomic.h"
#include "net/engine.h"
#include "net/params.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct es_frozen {
  const char *dir;
  es_network network;
  void *net;
  size_t values, batch, threads;
  float *params, *buffers, *input; /* input: a batch */
  double *image, *mean; /* of each thread; what training took from views */
  es_slab slab;
};

static es_status allocate(es_frozen *f, es_diag *diag) {
  const es_graph *g = &f->network.graph;
  const size_t input = es_size_product(f->batch, f->values);
  const size_t image = es_size_product(f->threads, f->values);
  size_t total = 0;
  es_slab_add(&total, g->param_size, sizeof(float));
  es_slab_add(&total, g->buffer_size, sizeof(float));
  es_slab_add(&total, input, sizeof(float));
  es_slab_add(&total, image, sizeof(double));
  es_slab_add(&total, f->values, sizeof(double));
  const es_status status = es_slab_open(&f->slab, total, diag);
  if (status != ES_OK) return status;
  f->params = es_slab_take(&f->slab, g->param_size, sizeof(float));
  f->buffers = es_slab_take(&f->slab, g->buffer_size, sizeof(float));
  f->input = es_slab_take(&f->slab, input, sizeof(float));
  f->image = es_slab_take(&f->slab, image, sizeof(double));
  f->mean = es_slab_take(&f->slab, f->values, sizeof(double));
  return ES_OK;
}

static es_status open_arrays(es_h5_source **file, const char *dir,
                             es_diag *diag) {
  char *path = es_file_join(dir, "arrays.h5");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = es_h5_open(file, path, diag);
  free(path);
  return status;
}

static es_status whiten_as_run(es_dataset *set, const char *dir,
                               es_diag *diag) {
  es_h5_source *file;
  es_whiten *whiten;
  es_status status = open_arrays(&file, dir, diag);
  if (status != ES_OK) return status;
  status = es_whiten_load(&whiten, file, diag);
  es_h5_close(file);
  if (status == ES_OK) status = es_dataset_whiten_as(set, whiten, diag);
  es_whiten_free(whiten);
  return status;
}

es_status es_frozen_data(es_dataset **out, es_data_opener *open,
                         const char *dir, const es_config *config,
                         es_diag *diag) {
  es_dataset *set;
  *out = NULL;
  es_status status = open(&set, config, diag);
  if (status != ES_OK) return status;
  status = whiten_as_run(set, dir, diag);
  if (status == ES_OK)
    *out = set;
  else
    es_dataset_free(set);
  return status;
}

static es_status load(es_frozen *f, es_diag *diag) {
  es_h5_source *file;
  es_status status = open_arrays(&file, f->dir, diag);
  if (status != ES_OK) return status;
  status = es_params_read(&f->network.graph, f->params, f->buffers, file, diag);
  if (status == ES_OK && es_h5_has(file, "/train/mean"))
    status = es_h5_read(file, "/train/mean", f->mean, &f->values, 1, diag);
  es_h5_close(file);
  return status;
}

static es_status fill(es_frozen *f, const es_config *config,
                      const es_dataset *set, es_diag *diag) {
  size_t channels, side;
  es_encoder encoder;
  f->values = es_dataset_dim(set);
  f->threads = (size_t)omp_get_max_threads();
  es_dataset_geometry(set, &channels, &side);
  if (channels == 0) side = f->values;
  es_status status = es_encoder_from(&encoder, config, channels, side, diag);
  encoder.heads.predictor = ES_PREDICTOR_NONE; /* nothing reads predictions */
  if (status == ES_OK) status = es_network_new(&f->network, &encoder, diag);
  if (status == ES_OK) status = allocate(f, diag);
  if (status == ES_OK) status = load(f, diag);
  if (status != ES_OK) return status;
  return es_engine_fastest()->open(&f->net, &f->network.graph, f->batch, 1,
                                   false, diag);
}

es_status es_frozen_open(es_frozen **out, const char *dir,
                         const es_config *config, const es_dataset *set,
                         size_t batch, es_diag *diag) {
  es_frozen *f = calloc(1, sizeof *f);
  *out = NULL;
  if (f == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  f->dir = dir;
  f->batch = batch;
  const es_status status = fill(f, config, set, diag);
  if (status == ES_OK)
    *out = f;
  else
    es_frozen_free(f);
  return status;
}

void es_frozen_free(es_frozen *frozen) {
  if (frozen == NULL) return;
  if (frozen->net != NULL) es_engine_fastest()->close(frozen->net);
  es_network_free(&frozen->network);
  es_slab_close(&frozen->slab);
  free(frozen);
}

const es_network *es_frozen_network(const es_frozen *frozen) {
  return &frozen->network;
}

const float *es_frozen_params(const es_frozen *f) { return f->params; }
const float *es_frozen_buffers(const es_frozen *f) { return f->buffers; }
const double *es_frozen_mean(const es_frozen *f) { return f->mean; }

/* The rest of the batch is what was there. */
static void take_images(es_frozen *f, const es_dataset *set, size_t first,
                        size_t count) {
#pragma omp parallel for schedule(static) num_threads((int)f->threads)
  for (size_t i = 0; i < count; i++) {
    double *image = f->image + (size_t)omp_get_thread_num() * f->values;
    es_dataset_image(set, first + i, image);
    for (size_t j = 0; j < f->values; j++)
      f->input[i * f->values + j] = (float)(image[j] - f->mean[j]);
  }
}

/* Copies count rows of an output; false where one is not finite. */
static bool hand_out(const es_frozen *f, es_tap tap, size_t count, float *out) {
  const float *values = es_engine_fastest()->output(f->net, tap.output);
  if (out != NULL) memcpy(out, values, count * tap.size * sizeof *out);
  return es_all_finite_float(count * tap.size, values);
}

es_status es_frozen_pass(es_frozen *f, const es_dataset *set, size_t first,
                         size_t count, float *images, float *representation,
                         float *embedding, es_diag *diag) {
  take_images(f, set, first, count);
  if (images != NULL)
    memcpy(images, f->input, count * f->values * sizeof *images);
  const es_status status = es_engine_fastest()->forward(
      f->net, ES_PASS_FROZEN, f->params, f->buffers, f->input, diag);
  if (status != ES_OK) return status;
  const bool r = hand_out(f, f->network.representation, count, representation);
  const bool z = hand_out(f, f->network.embedding, count, embedding);
  if (r && z) return ES_OK;
  return es_fail(
      diag, ES_NOT_FINITE,
      "%s: the outputs for image %zu or one of the %zu behind it are "
      "not finite",
      f->dir, first + 1, count - 1);
}
