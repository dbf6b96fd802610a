/* Embeddings along a training: see film.h. Memory grows with the frames, for a
 * run of many steps may be stopped early. */
#include "models/resnet/film.h"

#include "base/slab.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct es_film {
  const es_trainer *trainer;
  size_t points, d, frames;
  uint64_t log_every;
  double *z, *times; /* frames × points × d; frames */
};

es_status es_film_new(es_film **out, const es_trainer *trainer,
                      const es_config *config, es_diag *diag) {
  const size_t wanted = es_config_size(config, "train", "embeddings");
  const size_t n = es_trainer_eval_n(trainer);
  *out = NULL;
  if (wanted == 0) return ES_OK;
  es_film *film = calloc(1, sizeof *film);
  if (film == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a film");
  *film = (es_film){.trainer = trainer,
                    .points = wanted < n ? wanted : n,
                    .d = es_trainer_network(trainer)->embedding.size,
                    .log_every = es_config_size(config, "train", "log_every")};
  *out = film;
  return ES_OK;
}

void es_film_free(es_film *film) {
  if (film == NULL) return;
  free(film->z);
  free(film->times);
  free(film);
}

static size_t frame_size(const es_film *f) {
  return es_size_product(f->points, f->d);
}

/* Room for one frame more. */
static es_status grow(es_film *f, es_diag *diag) {
  size_t bytes = 0;
  double *times = es_grown(f->times, f->frames, sizeof *times);
  if (times != NULL) f->times = times;
  double *z = es_size_mul(&bytes, frame_size(f), sizeof *z)
                  ? es_grown(f->z, f->frames, bytes)
                  : NULL;
  if (z != NULL) f->z = z;
  return z != NULL && times != NULL ? ES_OK
                                    : es_fail(diag, ES_NO_MEMORY,
                                              "no memory for %zu frames of %zu "
                                              "embeddings",
                                              f->frames + 1, f->points);
}

es_status es_film_add(es_film *film, const double *z, es_diag *diag) {
  const es_status status = grow(film, diag);
  if (status != ES_OK) return status;
  memcpy(film->z + film->frames * frame_size(film), z,
         frame_size(film) * sizeof *z);
  film->times[film->frames++] =
      es_trainer_time(film->trainer, es_trainer_done(film->trainer));
  return ES_OK;
}

es_status es_film_save(const es_film *film, es_h5 *file, es_diag *diag) {
  const size_t dims[] = {film->frames, film->points, film->d};
  const es_status status =
      es_h5_write(file, "/embeddings", film->z, dims, 3, diag);
  return status == ES_OK
             ? es_h5_write(file, "/times", film->times, dims, 1, diag)
             : status;
}

/* Rows that a trace has at the trainer's step: the first, every log_every-th,
 * the last. */
static uint64_t rows_now(const es_film *f) {
  const uint64_t done = es_trainer_done(f->trainer);
  const bool end = done == es_trainer_steps(f->trainer);
  return 1 + done / f->log_every + (end && done % f->log_every != 0);
}

es_status es_film_load(es_film *film, es_h5_source *file, es_diag *diag) {
  size_t dims[4] = {0}, rank;
  const uint64_t rows = rows_now(film);
  es_status status = es_h5_shape(file, "/times", dims, &rank, diag);
  if (status != ES_OK) return status;
  if (rank != 1 || dims[0] != rows)
    return es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                        "/times is not of %" PRIu64 " frames, one for each row "
                        "of the trace",
                        rows);
  film->frames = 0;
  for (; status == ES_OK && film->frames < rows; film->frames++)
    status = grow(film, diag);
  const size_t shape[] = {film->frames, film->points, film->d};
  if (status == ES_OK)
    status = es_h5_read(file, "/times", film->times, shape, 1, diag);
  return status == ES_OK
             ? es_h5_read(file, "/embeddings", film->z, shape, 3, diag)
             : status;
}
