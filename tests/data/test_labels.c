/* Classes of images, in IDX files of their own, and samples as they are. */
#include "tests/data/room.h"

#include "data/idx.h"

enum { N = 12, SIDE = 4, AREA = SIDE * SIDE };

/* The class that image k of the tests belongs to. */
static unsigned char class_of(size_t k) {
  return (unsigned char)((7 * k + 3) % 10);
}

/* A file of the classes of n images, damaged afterwards by the caller. */
static size_t label_bytes(unsigned char out[8 + N], uint32_t n) {
  const size_t head = idx_header(out, 1, &n);
  for (size_t k = 0; k < n; k++) out[head + k] = class_of(k);
  return head + n;
}

static void path_in(char out[160], const folder *f, const char *name) {
  snprintf(out, 160, "%s/%s", f->name, name);
}

/* Image k holds the byte 20 k in every pixel. */
static void write_flat_images(const char *path) {
  unsigned char bytes[16 + N * AREA];
  const uint32_t dims[3] = {N, SIDE, SIDE};
  const size_t head = idx_header(bytes, 3, dims);
  for (size_t i = 0; i < N * AREA; i++)
    bytes[head + i] = (unsigned char)(20 * (i / AREA));
  write_plain(path, bytes, sizeof bytes);
}

static void plain_and_packed_read_alike(void **state) {
  const folder *f = *state;
  unsigned char bytes[8 + N];
  const size_t size = label_bytes(bytes, N);
  write_plain(f->plain, bytes, size);
  write_packed(f->packed, bytes, size);
  for (int packed = 0; packed < 2; packed++) {
    es_diag diag = {0};
    es_source source = {.count = N};
    const char *path = packed ? f->packed : f->plain;
    assert_ok(es_idx_read_labels(&source, path, &diag), diag);
    assert_memory_equal(source.labels, bytes + 8, N);
    free(source.labels);
  }
}

/* What was allocated is the caller's to free, after a failure too. */
static void refuse(const folder *f, const unsigned char *bytes, size_t size,
                   size_t images, const char *saying) {
  es_diag diag = {0};
  es_source source = {.count = images};
  write_plain(f->plain, bytes, size);
  assert_status(es_idx_read_labels(&source, f->plain, &diag), ES_FILE_CORRUPT);
  free(source.labels);
  if (strstr(diag.message, f->plain) == NULL ||
      strstr(diag.message, saying) == NULL)
    fail_msg("\"%s\" lacks the path or \"%s\"", diag.message, saying);
}

static void damaged_files(void **state) {
  const folder *f = *state;
  static const struct {
    size_t at;
    unsigned char byte;
    const char *saying;
  } bad[] = {{0, 1, "not an IDX file"},
             {2, 0x0d, "type 0x0d"},
             {3, 3, "the labels of 12 images, rank 1"},
             {3, 0, "the labels of 12 images, rank 1"},
             {4, 1, "the labels of 12 images, rank 1"},
             {7, N + 1, "the labels of 12 images, rank 1"},
             {7, N - 1, "the labels of 12 images, rank 1"}};
  unsigned char bytes[8 + N];
  const size_t size = label_bytes(bytes, N);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    unsigned char damaged[8 + N + 1];
    memcpy(damaged, bytes, size);
    damaged[bad[i].at] = bad[i].byte;
    refuse(f, damaged, size, N, bad[i].saying);
  }
  for (size_t cut = 0; cut < size; cut++) refuse(f, bytes, cut, N, "");
  unsigned char longer[8 + N + 1] = {0};
  memcpy(longer, bytes, size);
  refuse(f, longer, size + 1, N, "");
  refuse(f, bytes, size, N + 1, "the labels of 13 images");
}

static void a_missing_file(void **state) {
  const folder *f = *state;
  es_diag diag = {0};
  es_source source = {.count = N};
  assert_status(es_idx_read_labels(&source, f->plain, &diag), ES_FILE_MISSING);
  assert_null(source.labels);
  assert_non_null(strstr(diag.message, f->plain));
}

/* A folder as Debian's, in which image and class tell of each other. */
static void labels_follow_their_images(void **state) {
  const folder *f = *state;
  char images[160], labels[160], word[128];
  unsigned char bytes[8 + N];
  double x[AREA];
  es_dataset *set;
  es_diag diag;
  path_in(images, f, "t10k-images-idx3-ubyte");
  path_in(labels, f, "t10k-labels-idx1-ubyte.gz");
  snprintf(word, sizeof word, "data.path=%s", f->name);
  write_flat_images(images);
  write_packed(labels, bytes, label_bytes(bytes, N));
  /* All in order, and a drawn subset of them. */
  for (int subset = 0; subset < 2; subset++) {
    bool moved = false;
    assert_ok(OPEN(&set, &diag, "data.split=test", word,
                   subset ? "data.n=9" : "data.n=12"),
              diag);
    for (size_t i = 0; i < es_dataset_count(set); i++) {
      es_dataset_image(set, i, x);
      const size_t k = (size_t)(x[5] * 255 / 20 + .5);
      assert_int_equal(es_dataset_label(set, i), class_of(k));
      moved |= k != i;
    }
    assert_int_equal(moved, subset);
    es_dataset_free(set);
  }
  assert_status(OPEN(&set, &diag, word), ES_FILE_MISSING); /* split=train */
  unlink(images);
  unlink(labels);
}

/* Without a file of them there are none; a damaged one is not passed over. */
static void folders_without_labels(void **state) {
  const folder *f = *state;
  char images[160], labels[160], word[128];
  unsigned char bytes[8 + N];
  es_dataset *set;
  es_diag diag;
  path_in(images, f, "train-images-idx3-ubyte");
  path_in(labels, f, "train-labels-idx1-ubyte");
  snprintf(word, sizeof word, "data.path=%s", f->name);
  write_flat_images(images);
  assert_ok(OPEN(&set, &diag, word), diag);
  for (size_t i = 0; i < N; i++) assert_int_equal(es_dataset_label(set, i), -1);
  es_dataset_free(set);
  write_plain(labels, bytes, label_bytes(bytes, N) - 1);
  assert_status(OPEN(&set, &diag, word), ES_FILE_CORRUPT);
  assert_null(set);
  assert_non_null(strstr(diag.message, labels));
  unlink(images);
  unlink(labels);
}

static void sets_without_classes(void **state) {
  const folder *f = *state;
  es_dataset *set;
  es_diag diag;
  write_flat_images(f->plain);
  assert_ok(OPEN(&set, &diag, "data.name=idx", f->word), diag);
  assert_int_equal(es_dataset_label(set, N - 1), -1);
  es_dataset_free(set);
  assert_ok(OPEN(&set, &diag, "data.name=gaussian"), diag);
  assert_int_equal(es_dataset_label(set, 0), -1);
  es_dataset_free(set);
}

/* The published set: its first classes, and a thousand of each. */
static void fashion_mnist_has_its_classes(void **state) {
  (void)state;
  static const int first[] = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7};
  size_t count[10] = {0};
  es_dataset *set;
  es_diag diag;
  assert_ok(OPEN(&set, &diag, "data.split=test"), diag);
  assert_int_equal(es_dataset_count(set), 10000);
  for (size_t i = 0; i < 10000; i++) {
    const int label = es_dataset_label(set, i);
    assert_in_range(label, 0, 9);
    count[label]++;
    if (i < 10) assert_int_equal(label, first[i]);
  }
  for (size_t k = 0; k < 10; k++) assert_int_equal(count[k], 1000);
  es_dataset_free(set);
}

/* Whatever augmentation is on: bytes over 255, nothing else. */
static void an_image_is_as_it_is(void **state) {
  const folder *f = *state;
  unsigned char pixels[N * AREA];
  double x[AREA];
  es_dataset *set;
  es_diag diag;
  for (size_t i = 0; i < N * AREA; i++) pixels[i] = scatter(i);
  write_images(f, pixels, N, SIDE);
  assert_ok(OPEN(&set, &diag, "data.name=idx", f->word, "augment.shift=2",
                 "augment.crop_min=0.3", "augment.flip=on",
                 "augment.brightness=0.9", "augment.contrast=0.9",
                 "augment.noise=1"),
            diag);
  for (size_t i = 0; i < N; i++) {
    es_dataset_image(set, i, x);
    for (size_t j = 0; j < AREA; j++)
      assert_close(x[j], pixels[i * AREA + j] / 255., 0, 0);
  }
  es_dataset_free(set);
}

/* At half the side a pixel is the mean of four. */
static void an_image_is_resized_to_the_view(void **state) {
  const folder *f = *state;
  unsigned char pixels[N * AREA];
  double x[AREA / 4];
  es_dataset *set;
  es_diag diag;
  for (size_t i = 0; i < N * AREA; i++) pixels[i] = scatter(i);
  write_images(f, pixels, N, SIDE);
  assert_ok(OPEN(&set, &diag, "data.name=idx", f->word, "augment.shift=1",
                 "data.size=2"),
            diag);
  for (size_t i = 0; i < N; i++) {
    es_dataset_image(set, i, x);
    for (size_t r = 0; r < 2; r++)
      for (size_t c = 0; c < 2; c++) {
        const unsigned char *p = pixels + i * AREA + 2 * r * SIDE + 2 * c;
        const int sum = p[0] + p[1] + p[SIDE] + p[SIDE + 1];
        assert_close(x[2 * r + c], sum / (4 * 255.), 1e-15, 0);
      }
  }
  es_dataset_free(set);
}

/* A generated vector: the first view of draw 0, without the noise. */
static void a_vector_is_its_first_view(void **state) {
  (void)state;
  static const char *const names[] = {"data.name=gaussian",
                                      "data.name=two-mode"};
  double image[10], view[10];
  for (int k = 0; k < 2; k++) {
    es_dataset *still, *noisy;
    es_diag diag;
    assert_ok(OPEN(&still, &diag, names[k]), diag);
    assert_ok(OPEN(&noisy, &diag, names[k], "augment.noise=1"), diag);
    for (size_t i = 0; i < 20; i++) {
      es_dataset_image(noisy, i, image);
      es_dataset_view(still, i, 0, 0, view);
      assert_memory_equal(image, view, sizeof view);
    }
    es_dataset_free(still);
    es_dataset_free(noisy);
  }
}

#define IN_FOLDER(test)                                                        \
  cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(plain_and_packed_read_alike),
      IN_FOLDER(damaged_files),
      IN_FOLDER(a_missing_file),
      IN_FOLDER(labels_follow_their_images),
      IN_FOLDER(folders_without_labels),
      IN_FOLDER(sets_without_classes),
      cmocka_unit_test(fashion_mnist_has_its_classes),
      IN_FOLDER(an_image_is_as_it_is),
      IN_FOLDER(an_image_is_resized_to_the_view),
      cmocka_unit_test(a_vector_is_its_first_view),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
