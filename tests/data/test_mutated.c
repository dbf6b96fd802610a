/* Images and labels from files that were damaged (tests/mutate.h): IDX, plain
 * and packed. Files that change while they are read are in test_faults.c. */
#include "tests/mutate.h"

#include "data/idx.h"
#include "room.h"

enum { N = 6, SIDE = 4, HEAD = 16, BYTES = HEAD + N * SIDE * SIDE };

static size_t make_images(unsigned char *out) {
  const size_t head = idx_header(out, 3, (const uint32_t[]){N, SIDE, SIDE});
  for (size_t i = head; i < BYTES; i++) out[i] = scatter(i);
  return BYTES;
}

static size_t make_labels(unsigned char *out) {
  const size_t head = idx_header(out, 1, (const uint32_t[]){N});
  for (size_t i = 0; i < N; i++) out[head + i] = (unsigned char)i;
  return head + N;
}

/* Through the data set, as the program reads it: what is read well has numbers
 * of images in [0, 1], and no more than bytes. */
static es_status read_set(const char *path, void *context, es_diag *diag) {
  const size_t *most = context; /* values */
  char word[128];
  double image[BYTES];
  es_dataset *set;
  snprintf(word, sizeof word, "data.path=%s", path);
  const es_status status = OPEN(&set, diag, "data.name=idx", word);
  if (status != ES_OK) {
    if (set != NULL) mutate_bad("a data set in spite of %d", status);
    return status;
  }
  const size_t n = es_dataset_count(set), dim = es_dataset_dim(set);
  if (n == 0 || dim == 0 || n * dim > *most) mutate_bad("%zu of %zu", n, dim);
  for (size_t i = 0; i < n; i++) {
    es_dataset_image(set, i, image);
    for (size_t k = 0; k < dim; k++)
      if (!(image[k] >= 0 && image[k] <= 1)) mutate_bad("%g", image[k]);
  }
  es_dataset_free(set);
  return ES_OK;
}

static es_status read_labels(const char *path, void *context, es_diag *diag) {
  (void)context;
  es_source source = {.count = N};
  const es_status status = es_idx_read_labels(&source, path, diag);
  free(source.labels);
  return status;
}

/* Bytes of a file packed, in memory to free. */
static unsigned char *pack(const folder *f, const unsigned char *bytes,
                           size_t n, size_t *size) {
  write_packed(f->packed, bytes, n);
  return mutate_get(f->packed, size);
}

/* Sizes of a packed file are damaged before it is packed. */
static void packed_sizes(mutant *m, const folder *f, const unsigned char *bytes,
                         size_t n, size_t rank) {
  static const unsigned char claims[] = {0, 1, 7, 0x7f, 0x80, 0xff};
  unsigned char *copy = malloc(n);
  assert_non_null(copy);
  for (size_t at = 4; at < 4 + 4 * rank; at++)
    for (size_t c = 0; c < sizeof claims; c++) {
      size_t size;
      memcpy(copy, bytes, n);
      copy[at] = claims[c];
      unsigned char *packed = pack(f, copy, n, &size);
      mutate_try(m, packed, size, "a packed size", at);
      free(packed);
    }
  free(copy);
}

/* The reader holds 64 KiB of input; a data set holds the bytes, and a settings'
 * table; inflating takes a window of 32 KiB and some tables. A packed file may
 * unpack to 1032 times its size, and sizes up to there are believed. */
static void damage(const folder *f, mutant m, const unsigned char *bytes,
                   size_t n, size_t rank, const char *what) {
  size_t size;
  unsigned char *packed = pack(f, bytes, n, &size);
  m.path = f->plain;
  m.times = 2;
  m.beyond = 128 << 10;
  mutate_none(&m, bytes, n);
  mutate_cuts(&m, bytes, n, 1);
  assert_int_equal(m.good, 1); /* the whole alone */
  mutate_bits(&m, bytes, n, 1);
  for (size_t k = 0; k < rank; k++)
    mutate_size(&m, bytes, n, 4 + 4 * k, 4, true);
  mutate_tell(&m, what);
  m.good = m.refused = m.most = 0;
  m.path = f->packed;
  m.times = 1032;
  mutate_none(&m, packed, size);
  mutate_cuts(&m, packed, size, 1);
  assert_int_equal(m.good, 1);
  mutate_bits(&m, packed, size, 1);
  packed_sizes(&m, f, bytes, n, rank);
  mutate_tell(&m, "packed");
  free(packed);
}

static void images(void **state) {
  unsigned char bytes[BYTES];
  size_t most = N * SIDE * SIDE;
  const size_t n = make_images(bytes);
  const mutant m = {.read = read_set, .context = &most};
  damage(*state, m, bytes, n, 3, "images");
}

static void labels(void **state) {
  unsigned char bytes[BYTES];
  const size_t n = make_labels(bytes);
  const mutant m = {.read = read_labels};
  damage(*state, m, bytes, n, 1, "labels");
}

#define IN_FOLDER(test)                                                        \
  cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(images),
      IN_FOLDER(labels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
