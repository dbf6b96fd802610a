/* eigenstep embed: images, labels, representations and embeddings of a saved
 * network, with the running statistics of its normalisation (PyTorch's eval).
 */
#include "cli/cli.h"
#include "cli/embed_factors.h"

#include "base/slab.h"
#include "config/provenance.h"
#include "file/atomic.h"
#include "file/h5.h"
#include "models/resnet/frozen.h"

#include <stdlib.h>

enum { BATCH = 256 };

typedef struct embedding {
  const es_job *job;
  double started;
  es_dataset *set;
  es_frozen *frozen;
  es_tap r, z; /* representation and embedding */
  size_t n, values, batch;
  float *images, *representation, *embedding;
  double *labels;
  es_slab slab;
} embedding;

static es_status allocate(embedding *e, es_diag *diag) {
  const size_t images = es_size_product(e->n, e->values);
  const size_t r = es_size_product(e->n, e->r.size);
  const size_t z = es_size_product(e->n, e->z.size);
  size_t total = 0;
  es_slab_add(&total, images, sizeof(float));
  es_slab_add(&total, r, sizeof(float));
  es_slab_add(&total, z, sizeof(float));
  es_slab_add(&total, e->n, sizeof(double));
  const es_status status = es_slab_open(&e->slab, total, diag);
  if (status != ES_OK) return status;
  e->images = es_slab_take(&e->slab, images, sizeof(float));
  e->representation = es_slab_take(&e->slab, r, sizeof(float));
  e->embedding = es_slab_take(&e->slab, z, sizeof(float));
  e->labels = es_slab_take(&e->slab, e->n, sizeof(double));
  return ES_OK;
}

static es_status open_all(embedding *e, es_diag *diag) {
  const es_config *config = e->job->config;
  es_status status =
      es_frozen_data(&e->set, es_dataset_open, e->job->target, config, diag);
  if (status != ES_OK) return status;
  e->n = es_dataset_count(e->set);
  e->values = es_dataset_dim(e->set);
  e->batch = e->n < BATCH ? e->n : BATCH;
  status = es_frozen_open(&e->frozen, e->job->target, config, e->set, e->batch,
                          diag);
  if (status != ES_OK) return status;
  e->r = es_frozen_network(e->frozen)->representation;
  e->z = es_frozen_network(e->frozen)->embedding;
  return allocate(e, diag);
}

static es_status pass(embedding *e, size_t first, size_t count, es_diag *diag) {
  for (size_t i = first; i < first + count; i++)
    e->labels[i] = es_dataset_label(e->set, i);
  return es_frozen_pass(e->frozen, e->set, first, count,
                        e->images + first * e->values,
                        e->representation + first * e->r.size,
                        e->embedding + first * e->z.size, diag);
}

static es_status write_file(const embedding *e, const char *path,
                            es_diag *diag) {
  size_t channels, side;
  es_h5 *file;
  es_dataset_geometry(e->set, &channels, &side);
  const size_t images[4] = {e->n, channels == 0 ? 1 : channels,
                            channels == 0 ? 1 : side,
                            channels == 0 ? e->values : side};
  const size_t r[2] = {e->n, e->r.size};
  const size_t z[2] = {e->n, e->z.size};
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

/* Of a folder of its own; else the run's stands there. */
static es_status write_record(const embedding *e, const es_figure *figures,
                              size_t n, es_diag *diag) {
  const es_summary summary = {.started = e->started,
                              .has_checksum = true,
                              .checksum = es_dataset_checksum(e->set),
                              .network = true,
                              .figures = figures,
                              .n_figures = n};
  if (e->job->dir == NULL) return ES_OK;
  return es_cli_write_record(e->job, &summary, diag);
}

static es_status write_out(const embedding *e, es_diag *diag) {
  es_figure figures[1 + ES_EMBED_FIGURES] = {{"n", (double)e->n}};
  size_t n = 0;
  const char *dir = e->job->dir != NULL ? e->job->dir : e->job->target;
  es_status status = es_cli_take_dir(e->job, diag);
  if (status != ES_OK) return status;
  char *path = es_file_join(dir, "embed.h5");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  status = write_file(e, path, diag);
  free(path);
  if (status == ES_OK)
    status = es_embed_factors(figures + 1, &n, dir, e->set, e->z.size,
                              e->embedding, diag);
  return status == ES_OK ? write_record(e, figures, n + 1, diag) : status;
}

static es_status embed(embedding *e, es_diag *diag) {
  es_status status = open_all(e, diag);
  if (status == ES_OK && e->job->dry_run)
    return es_config_write(e->job->config, stdout, diag);
  for (size_t i = 0; status == ES_OK && i < e->n; i += e->batch) {
    const size_t left = e->n - i;
    if (es_progress_stopping(e->job->progress))
      return es_fail(diag, ES_INTERRUPTED, "interrupted");
    status = pass(e, i, left < e->batch ? left : e->batch, diag);
    es_progress_report(e->job->progress, "embedding", (double)i, (double)e->n);
  }
  return status == ES_OK ? write_out(e, diag) : status;
}

es_status es_cmd_embed(const es_job *job, es_diag *diag) {
  embedding e = {.job = job, .started = es_seconds()};
  const es_status status = embed(&e, diag);
  es_frozen_free(e.frozen);
  es_dataset_free(e.set);
  es_slab_close(&e.slab);
  return status;
}
