/* Reader of IDX images (see idx.h), and the data set `idx` that is one such
 * file. Sizes come from a file that may be damaged: they are held against what
 * the file can contain before anything is allocated. */
#include "data/idx.h"

#include "base/slab.h"
#include "file/atomic.h"
#include "file/gz.h"

#include <stdlib.h>

typedef struct reader {
  es_gz *gz;
  const char *path;
  uint32_t crc;
  es_diag *diag;
} reader;

static es_status take(reader *r, unsigned char *out, size_t n) {
  const es_status status = es_gz_read(r->gz, out, n, r->diag);
  if (status == ES_OK) r->crc = es_crc32(r->crc, out, n);
  return status;
}

/* Checks all but the rank. */
static es_status read_magic(reader *r, size_t *rank) {
  unsigned char b[4];
  const es_status status = take(r, b, sizeof b);
  if (status != ES_OK) return status;
  if (b[0] != 0 || b[1] != 0)
    return es_fail(r->diag, ES_FILE_CORRUPT,
                   "%s: not an IDX file: it begins %02x %02x %02x %02x",
                   r->path, b[0], b[1], b[2], b[3]);
  if (b[2] != 0x08)
    return es_fail(r->diag, ES_FILE_CORRUPT,
                   "%s: IDX values of type 0x%02x, images and labels need "
                   "bytes (0x08)",
                   r->path, b[2]);
  *rank = b[3];
  return ES_OK;
}

static es_status check_rank(const reader *r, size_t rank) {
  if (rank == 3 || rank == 4) return ES_OK;
  return es_fail(r->diag, ES_FILE_CORRUPT,
                 "%s: IDX array of rank %zu, images need 3 (N,H,W) or 4 "
                 "(N,C,H,W)",
                 r->path, rank);
}

static uint32_t big_endian(const unsigned char *q) {
  return (uint32_t)q[0] << 24 | (uint32_t)q[1] << 16 | (uint32_t)q[2] << 8 |
         q[3];
}

/* dims: N, C, H, W with C = 1 where the rank is 3; *total their product. */
static es_status read_sizes(reader *r, size_t rank, size_t dims[4],
                            size_t *total) {
  unsigned char b[16];
  const es_status status = take(r, b, 4 * rank);
  if (status != ES_OK) return status;
  bool fits = true;
  *total = 1;
  dims[1] = 1;
  for (size_t i = 0; i < rank; i++) {
    const uint32_t size = big_endian(b + 4 * i);
    if (size == 0)
      return es_fail(r->diag, ES_FILE_CORRUPT, "%s: size %zu of %zu is 0",
                     r->path, i + 1, rank);
    dims[rank == 3 && i > 0 ? i + 1 : i] = size;
    fits = fits && es_size_mul(total, *total, size);
  }
  if (!fits || *total > es_gz_bound(r->gz))
    return es_fail(r->diag, ES_FILE_CORRUPT,
                   "%s: announces %zu images of %zux%zux%zu bytes, more than "
                   "the file can hold",
                   r->path, dims[0], dims[1], dims[2], dims[3]);
  return ES_OK;
}

static es_status read_bytes(reader *r, es_source *out, size_t total) {
  out->bytes = malloc(total);
  if (out->bytes == NULL)
    return es_fail(r->diag, ES_NO_MEMORY, "%s: no memory for %zu bytes",
                   r->path, total);
  const es_status status = take(r, out->bytes, total);
  out->checksum = r->crc;
  return status == ES_OK ? es_gz_expect_end(r->gz, r->diag) : status;
}

static es_status read_images(reader *r, es_source *out) {
  size_t rank = 0, total = 0, dims[4];
  es_status status = read_magic(r, &rank);
  if (status == ES_OK) status = check_rank(r, rank);
  if (status == ES_OK) status = read_sizes(r, rank, dims, &total);
  if (status != ES_OK) return status;
  out->count = dims[0];
  out->channels = out->planes = dims[1];
  out->height = dims[2];
  out->width = dims[3];
  return out->blank ? ES_OK : read_bytes(r, out, total);
}

es_status es_idx_read(es_source *out, const char *path, es_diag *diag) {
  reader r = {NULL, path, 0, diag};
  es_status status = es_gz_open(&r.gz, path, diag);
  if (status != ES_OK) return status;
  status = read_images(&r, out);
  es_gz_close(r.gz);
  return status;
}

static es_status read_labels(reader *r, es_source *out) {
  size_t rank = 0;
  unsigned char b[4];
  es_status status = read_magic(r, &rank);
  if (status == ES_OK) status = take(r, b, sizeof b);
  if (status != ES_OK) return status;
  if (rank != 1 || big_endian(b) != out->count)
    return es_fail(r->diag, ES_FILE_CORRUPT,
                   "%s: expected the labels of %zu images, rank 1", r->path,
                   out->count);
  out->labels = malloc(out->count);
  if (out->labels == NULL)
    return es_fail(r->diag, ES_NO_MEMORY, "%s: no memory for %zu bytes",
                   r->path, out->count);
  status = take(r, out->labels, out->count);
  return status == ES_OK ? es_gz_expect_end(r->gz, r->diag) : status;
}

es_status es_idx_read_labels(es_source *out, const char *path, es_diag *diag) {
  reader r = {NULL, path, 0, diag};
  es_status status = es_gz_open(&r.gz, path, diag);
  if (status != ES_OK) return status;
  status = read_labels(&r, out);
  es_gz_close(r.gz);
  return status;
}

static es_status open_idx(es_source *source, const es_config *config,
                          es_diag *diag) {
  const char *path = es_config_text(config, "data", "path");
  if (path == NULL)
    return es_fail(diag, ES_BAD_VALUE,
                   "data.path is not set: data.name=idx needs the path of an "
                   "IDX file of images, plain or gzip");
  return es_idx_read(source, path, diag);
}

const es_source_kind es_source_idx = {
    .info = {"idx", "images from an IDX file, plain or gzip", "data.path", ""},
    .open = open_idx,
};
