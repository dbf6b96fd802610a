/* eigenstep embed: images, labels, representations and embeddings of a saved
 * network, with the running statistics of its normalisation (PyTorch's eval).
 */
#include "cli/cli.h"

#include "base/slab.h"
#include "data/data.h"
#include "file/atomic.h"
#include "file/h5.h"
#include "models/resnet/encoder.h"
#include "models/resnet/method.h"
#include "net/engine.h"
#include "net/params.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

typedef struct embedding {
  const es_job *job;
  es_dataset *set;
  es_network network;
  void *net;
  size_t n, values, batch;
  float *params, *buffers, *input; /* input: a batch */
  float *images, *representation, *embedding;
  double *labels, *image, *mean; /* mean: what training took from views */
  es_slab slab;
} embedding;

static void add(size_t *total, size_t a, size_t b, size_t size) {
  es_slab_add(total, es_size_product(a, b), size);
}

static es_status allocate(embedding *e, es_diag *diag) {
  const es_network *w = &e->network;
  size_t total = 0;
  add(&total, w->graph.param_size, 1, sizeof(float));
  add(&total, w->graph.buffer_size, 1, sizeof(float));
  add(&total, e->batch, e->values, sizeof(float));
  add(&total, e->n, e->values, sizeof(float));
  add(&total, e->n, w->representation.size, sizeof(float));
  add(&total, e->n, w->embedding.size, sizeof(float));
  add(&total, e->n, 1, sizeof(double));
  add(&total, e->values, 1, sizeof(double));
  add(&total, e->values, 1, sizeof(double));
  const es_status status = es_slab_open(&e->slab, total, diag);
  if (status != ES_OK) return status;
  es_slab *s = &e->slab;
  e->params = es_slab_take(s, w->graph.param_size, sizeof(float));
  e->buffers = es_slab_take(s, w->graph.buffer_size, sizeof(float));
  e->input = es_slab_take(s, e->batch * e->values, sizeof(float));
  e->images = es_slab_take(s, e->n * e->values, sizeof(float));
  e->representation =
      es_slab_take(s, e->n * w->representation.size, sizeof(float));
  e->embedding = es_slab_take(s, e->n * w->embedding.size, sizeof(float));
  e->labels = es_slab_take(s, e->n, sizeof(double));
  e->image = es_slab_take(s, e->values, sizeof(double));
  e->mean = es_slab_take(s, e->values, sizeof(double));
  return ES_OK;
}

static es_status load(embedding *e, es_diag *diag) {
  es_h5_source *file;
  char *path = es_file_join(e->job->target, "arrays.h5");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_h5_open(&file, path, diag);
  free(path);
  if (status != ES_OK) return status;
  status = es_params_read(&e->network.graph, e->params, e->buffers, file, diag);
  if (status == ES_OK && es_h5_has(file, "/train/mean"))
    status = es_h5_read(file, "/train/mean", e->mean, &e->values, 1, diag);
  es_h5_close(file);
  return status;
}

static es_status open_all(embedding *e, es_diag *diag) {
  const es_config *config = e->job->config;
  size_t channels, side;
  es_encoder encoder;
  es_status status = es_dataset_open(&e->set, config, diag);
  if (status != ES_OK) return status;
  e->n = es_dataset_count(e->set);
  e->values = es_dataset_dim(e->set);
  e->batch = e->n < BATCH ? e->n : BATCH;
  es_dataset_geometry(e->set, &channels, &side);
  if (channels == 0) side = e->values;
  status = es_encoder_from(&encoder, config, channels, side, diag);
  if (status == ES_OK) status = es_network_new(&e->network, &encoder, diag);
  if (status == ES_OK) status = allocate(e, diag);
  if (status == ES_OK) status = load(e, diag);
  if (status != ES_OK) return status;
  return es_engine_fastest()->open(&e->net, &e->network.graph, e->batch, 1,
                                   false, diag);
}

static bool all_finite(const float *x, size_t n) {
  bool finite = true;
  for (size_t k = 0; k < n; k++) finite &= isfinite(x[k]) != 0;
  return finite;
}

/* Images first … first + count - 1; the rest of the batch is what was there. */
static es_status pass(embedding *e, size_t first, size_t count, es_diag *diag) {
  const es_engine *engine = es_engine_fastest();
  const es_tap r = e->network.representation, z = e->network.embedding;
  for (size_t i = 0; i < count; i++) {
    float *image = e->images + (first + i) * e->values;
    es_dataset_image(e->set, first + i, e->image);
    e->labels[first + i] = es_dataset_label(e->set, first + i);
    for (size_t j = 0; j < e->values; j++)
      image[j] = (float)(e->image[j] - e->mean[j]);
    memcpy(e->input + i * e->values, image, e->values * sizeof *image);
  }
  const es_status status = engine->forward(e->net, ES_PASS_FROZEN, e->params,
                                           e->buffers, e->input, diag);
  if (status != ES_OK) return status;
  memcpy(e->representation + first * r.size, engine->output(e->net, r.output),
         count * r.size * sizeof(float));
  memcpy(e->embedding + first * z.size, engine->output(e->net, z.output),
         count * z.size * sizeof(float));
  if (all_finite(e->embedding + first * z.size, count * z.size) &&
      all_finite(e->representation + first * r.size, count * r.size))
    return ES_OK;
  return es_fail(
      diag, ES_NOT_FINITE,
      "%s: the outputs for image %zu or one of the %zu behind it are "
      "not finite",
      e->job->target, first + 1, count - 1);
}

static es_status write_file(const embedding *e, const char *path,
                            es_diag *diag) {
  size_t channels, side;
  es_h5 *file;
  es_dataset_geometry(e->set, &channels, &side);
  const size_t images[4] = {e->n, channels == 0 ? 1 : channels,
                            channels == 0 ? 1 : side,
                            channels == 0 ? e->values : side};
  const size_t r[2] = {e->n, e->network.representation.size};
  const size_t z[2] = {e->n, e->network.embedding.size};
  es_status status = es_h5_create(&file, path, diag);
  if (status != ES_OK) return status;
  status = es_h5_write_float(file, "/images", e->images, images, 4, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/labels", e->labels, images, 1, diag);
  if (status == ES_OK)
    status = es_h5_write_float(file, "/representation", e->representation, r, 2,
                               diag);
  if (status == ES_OK)
    status = es_h5_write_float(file, "/embedding", e->embedding, z, 2, diag);
  if (status == ES_OK) return es_h5_commit(file, diag);
  es_h5_abandon(file);
  return status;
}

static es_status write_out(const embedding *e, es_diag *diag) {
  const char *dir = e->job->dir != NULL ? e->job->dir : e->job->target;
  es_status status = es_file_mkdirs(dir, diag);
  if (status != ES_OK) return status;
  char *path = es_file_join(dir, "embed.h5");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  status = write_file(e, path, diag);
  free(path);
  return status;
}

static es_status embed(embedding *e, es_diag *diag) {
  es_status status = open_all(e, diag);
  if (status == ES_OK && e->job->dry_run)
    return es_config_write(e->job->config, stdout, diag);
  for (size_t i = 0; status == ES_OK && i < e->n; i += e->batch) {
    const size_t left = e->n - i;
    if (es_progress_stopping(e->job->progress)) return ES_INTERRUPTED;
    status = pass(e, i, left < e->batch ? left : e->batch, diag);
    es_progress_report(e->job->progress, "embedding", (double)i, (double)e->n);
  }
  return status == ES_OK ? write_out(e, diag) : status;
}

es_status es_cmd_embed(const es_job *job, es_diag *diag) {
  embedding e = {.job = job};
  const es_status status = embed(&e, diag);
  if (e.net != NULL) es_engine_fastest()->close(e.net);
  es_network_free(&e.network);
  es_dataset_free(e.set);
  es_slab_close(&e.slab);
  return status;
}
