/* What the tests of this room share: data sets opened by setting words, and
 * small IDX files in a folder of their own. */
#ifndef ES_TESTS_DATA_ROOM_H
#define ES_TESTS_DATA_ROOM_H

#include "tests/check.h"

#include "data/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Opens a data set by words such as "data.n=3", up to a NULL. */
static inline es_status open_words(es_dataset **set, es_diag *diag,
                                   const char *const *words) {
  es_config *config = NULL;
  *set = NULL;
  *diag = (es_diag){0};
  es_status status = es_config_new(&config, &es_data_keys, 1, diag);
  for (size_t i = 0; status == ES_OK && words[i] != NULL; i++)
    status = es_config_set(config, words[i], diag);
  if (status == ES_OK) status = es_dataset_open(set, config, diag);
  es_config_free(config);
  return status;
}

#define OPEN(set, diag, ...)                                                   \
  open_words(set, diag, (const char *const[]){__VA_ARGS__, NULL})

/* The same of words that are good. */
static inline es_dataset *open_set(const char *const *words) {
  es_dataset *set;
  es_diag diag;
  assert_ok(open_words(&set, &diag, words), diag);
  return set;
}

#define SET(...) open_set((const char *const[]){__VA_ARGS__, NULL})

/* The folder of this test run and the paths in it. */
typedef struct folder {
  char name[64], plain[96], packed[96], word[128];
} folder;

static inline int make_folder(void **state) {
  folder *f = calloc(1, sizeof *f);
  if (f == NULL) return 1;
  strcpy(f->name, "/tmp/eigenstep-data-XXXXXX");
  if (mkdtemp(f->name) == NULL) {
    free(f);
    return 1;
  }
  snprintf(f->plain, sizeof f->plain, "%s/images", f->name);
  snprintf(f->packed, sizeof f->packed, "%s/images.gz", f->name);
  snprintf(f->word, sizeof f->word, "data.path=%s", f->plain);
  *state = f;
  return 0;
}

static inline int remove_folder(void **state) {
  folder *f = *state;
  unlink(f->plain);
  unlink(f->packed);
  const int rc = rmdir(f->name);
  free(f);
  return rc;
}

static inline void write_plain(const char *path, const void *bytes, size_t n) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, n, file), n);
  assert_int_equal(fclose(file), 0);
}

static inline void write_packed(const char *path, const void *bytes, size_t n) {
  gzFile file = gzopen(path, "wb9");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, bytes, (unsigned)n), (int)n);
  assert_int_equal(gzclose(file), Z_OK);
}

/* Writes an IDX header of bytes; returns its length. */
static inline size_t idx_header(unsigned char *out, size_t rank,
                                const uint32_t *dims) {
  const unsigned char magic[4] = {0, 0, 8, (unsigned char)rank};
  memcpy(out, magic, 4);
  for (size_t i = 0; i < rank; i++)
    for (size_t k = 0; k < 4; k++)
      out[4 + 4 * i + k] = (unsigned char)(dims[i] >> (24 - 8 * k));
  return 4 + 4 * rank;
}

/* Writes n images of side×side bytes to the folder's plain file. */
static inline void write_images(const folder *f, const unsigned char *pixels,
                                size_t n, size_t side) {
  const size_t body = n * side * side;
  unsigned char *bytes = malloc(16 + body);
  assert_non_null(bytes);
  const uint32_t dims[3] = {(uint32_t)n, (uint32_t)side, (uint32_t)side};
  const size_t head = idx_header(bytes, 3, dims);
  memcpy(bytes + head, pixels, body);
  write_plain(f->plain, bytes, head + body);
  free(bytes);
}

/* Bytes without structure, the same in every run. */
static inline unsigned char scatter(size_t i) {
  uint64_t z = (i + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  return (unsigned char)(z >> 40);
}

#endif
