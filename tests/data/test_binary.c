/* CIFAR-10, CIFAR-100 and STL-10 from small files of their formats: what is
 * read, and every way in which a file without a header can be seen to be
 * damaged. (A flipped bit of a pixel cannot: there is no checksum.) */
#include "tests/data/room.h"
#include "tests/file/temp.h"

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, PER_FILE = 4 };
enum { STL = 96, STL_PLANE = STL * STL, STL_PIXELS = 3 * STL_PLANE };

static const char *here(void **state) { return ((const temp *)*state)->dir; }

/* Pixel k of sample i. */
static unsigned char pixel(size_t i, size_t k) { return scatter(i * 7919 + k); }

static unsigned char class_of(size_t i, unsigned classes) {
  return (unsigned char)((7 * i + 3) % classes);
}

/* Samples first … first + n - 1 as a file of CIFAR. */
static size_t cifar_bytes(unsigned char *out, size_t first, size_t n,
                          bool hundred) {
  unsigned char *q = out;
  for (size_t i = first; i < first + n; i++) {
    if (hundred) *q++ = class_of(i, 20);
    *q++ = class_of(i, hundred ? 100 : 10);
    for (size_t k = 0; k < PIXELS; k++) *q++ = pixel(i, k);
  }
  return (size_t)(q - out);
}

/* A file of that name under the test's folder, with folders made for it. */
static void write_cifar(void **state, const char *name, size_t first, size_t n,
                        bool hundred) {
  unsigned char *bytes = malloc(n * (2 + PIXELS));
  assert_non_null(bytes);
  put(state, name, bytes, cifar_bytes(bytes, first, n, hundred));
  free(bytes);
}

static void write_batches(void **state, const char *under) {
  char name[96];
  for (size_t k = 0; k < 5; k++) {
    snprintf(name, sizeof name, "%s/data_batch_%zu.bin", under, k + 1);
    write_cifar(state, name, k * PER_FILE, PER_FILE, false);
  }
}

static es_status open_as(es_dataset **set, es_diag *diag, const char *name,
                         const char *path, const char *split) {
  char name_word[64], path_word[128], split_word[64];
  snprintf(name_word, sizeof name_word, "data.name=%s", name);
  snprintf(path_word, sizeof path_word, "data.path=%s", path);
  snprintf(split_word, sizeof split_word, "data.split=%s", split);
  return OPEN(set, diag, name_word, path_word, split_word, "augment.shift=0",
              "augment.flip=off");
}

/* What a look finds, without reading an image. */
static void check_look(const char *name, const char *path, const char *split,
                       size_t n, size_t classes) {
  char word[3][128];
  es_config *config;
  es_dataset *set;
  es_diag diag = {0};
  size_t channels, side;
  snprintf(word[0], sizeof *word, "data.name=%s", name);
  snprintf(word[1], sizeof *word, "data.path=%s", path);
  snprintf(word[2], sizeof *word, "data.split=%s", split);
  assert_ok(es_config_new(&config, &es_data_keys, 1, &diag), diag);
  for (int k = 0; k < 3; k++)
    assert_ok(es_config_set(config, word[k], &diag), diag);
  assert_ok(es_dataset_look(&set, config, &diag), diag);
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(es_dataset_count(set), n);
  assert_int_equal(es_dataset_classes(set), classes);
  assert_int_equal(channels, 3);
  assert_int_equal(side, strcmp(name, "stl10") == 0 ? STL : SIDE);
  assert_int_equal(es_dataset_bytes(set), n * 3 * side * side);
  es_dataset_free(set);
  es_config_free(config);
}

static void check_images(const es_dataset *set, size_t first, size_t n,
                         unsigned classes) {
  static double x[PIXELS];
  size_t channels, side;
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(channels, 3);
  assert_int_equal(side, SIDE);
  assert_int_equal(es_dataset_count(set), n);
  for (size_t i = 0; i < n; i++) {
    es_dataset_view(set, i, 5, 1, x);
    for (size_t k = 0; k < PIXELS; k++)
      assert_close(x[k], pixel(first + i, k) / 255., 0, 0);
    assert_int_equal(es_dataset_label(set, i), class_of(first + i, classes));
  }
}

/* From the folder of the files, and from the one that it was unpacked into. */
static void cifar10_is_read_in_order(void **state) {
  es_dataset *set;
  es_diag diag;
  mkdir(at(state, "cifar-10-batches-bin"), 0777);
  write_batches(state, "cifar-10-batches-bin");
  write_cifar(state, "cifar-10-batches-bin/test_batch.bin", 100, 2, false);
  static const char *const folders[] = {".", "cifar-10-batches-bin"};
  for (size_t k = 0; k < 2; k++) {
    const char *path = at(state, folders[k]);
    assert_ok(open_as(&set, &diag, "cifar10", path, "train"), diag);
    check_images(set, 0, 5 * PER_FILE, 10);
    /* The bytes of all five files, in order. */
    unsigned char *bytes = malloc(5 * PER_FILE * (1 + PIXELS));
    assert_non_null(bytes);
    const size_t n = cifar_bytes(bytes, 0, 5 * PER_FILE, false);
    assert_int_equal(es_dataset_checksum(set), crc32(0, bytes, (unsigned)n));
    free(bytes);
    es_dataset_free(set);
    assert_ok(open_as(&set, &diag, "cifar10", path, "test"), diag);
    check_images(set, 100, 2, 10);
    es_dataset_free(set);
    check_look("cifar10", path, "train", 5 * PER_FILE, 10);
    check_look("cifar10", path, "test", 2, 10);
  }
}

static void cifar100_has_fine_classes(void **state) {
  es_dataset *set;
  es_diag diag;
  write_cifar(state, "train.bin", 0, 30, true);
  write_cifar(state, "test.bin", 50, 3, true);
  assert_ok(open_as(&set, &diag, "cifar100", here(state), "train"), diag);
  check_images(set, 0, 30, 100);
  es_dataset_free(set);
  assert_ok(open_as(&set, &diag, "cifar100", here(state), "test"), diag);
  check_images(set, 50, 3, 100);
  es_dataset_free(set);
}

/* n images of STL-10, each plane column after column. */
static void write_stl(void **state, const char *name, size_t first, size_t n) {
  unsigned char *bytes = malloc(n * STL_PIXELS);
  assert_non_null(bytes);
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < 3; c++)
      for (size_t r = 0; r < STL; r++)
        for (size_t q = 0; q < STL; q++)
          bytes[i * STL_PIXELS + c * STL_PLANE + q * STL + r] =
              pixel(first + i, c * STL_PLANE + r * STL + q);
  put(state, name, bytes, n * STL_PIXELS);
  free(bytes);
}

static void write_classes(void **state, const char *name, size_t first,
                          size_t n) {
  unsigned char bytes[16];
  for (size_t i = 0; i < n; i++)
    bytes[i] = (unsigned char)(1 + class_of(first + i, 10));
  put(state, name, bytes, n);
}

static void stl10_is_turned_upright(void **state) {
  static double x[STL_PIXELS];
  static const struct {
    const char *split;
    size_t first, n;
    bool labels;
  } part[] = {{"train", 0, 5, true},
              {"test", 20, 2, true},
              {"unlabeled", 40, 3, false}};
  es_dataset *set;
  es_diag diag;
  char name[64];
  mkdir(at(state, "stl10_binary"), 0777);
  for (size_t k = 0; k < 3; k++) {
    snprintf(name, sizeof name, "stl10_binary/%s_X.bin", part[k].split);
    write_stl(state, name, part[k].first, part[k].n);
    snprintf(name, sizeof name, "stl10_binary/%s_y.bin", part[k].split);
    if (part[k].labels) write_classes(state, name, part[k].first, part[k].n);
  }
  for (size_t k = 0; k < 3; k++) {
    assert_ok(open_as(&set, &diag, "stl10", here(state), part[k].split), diag);
    assert_int_equal(es_dataset_count(set), part[k].n);
    assert_int_equal(es_dataset_dim(set), STL_PIXELS);
    for (size_t i = 0; i < part[k].n; i++) {
      es_dataset_image(set, i, x);
      for (size_t j = 0; j < STL_PIXELS; j++)
        assert_close(x[j], pixel(part[k].first + i, j) / 255., 0, 0);
      assert_int_equal(es_dataset_label(set, i),
                       part[k].labels ? class_of(part[k].first + i, 10) : -1);
    }
    es_dataset_free(set);
    check_look("stl10", here(state), part[k].split, part[k].n,
               part[k].labels ? 10 : 0);
  }
}

static void refuse(const char *name, const char *path, const char *split,
                   es_status want, const char *says) {
  es_dataset *set;
  es_diag diag;
  const es_status got = open_as(&set, &diag, name, path, split);
  if (got != want || strstr(diag.message, says) == NULL ||
      strchr(diag.message, '\n') != NULL)
    fail_msg("%s: \"%s\", want %s and \"%s\"", es_status_name(got),
             diag.message, es_status_name(want), says);
  assert_null(set);
}

/* Each missing file is named, with what to get and where to put it. */
static void missing_files(void **state) {
  char file[64];
  for (size_t k = 1; k <= 5; k++) {
    write_batches(state, ".");
    snprintf(file, sizeof file, "data_batch_%zu.bin", k);
    unlink(at(state, file));
    refuse("cifar10", here(state), "train", ES_FILE_MISSING, file);
    refuse("cifar10", here(state), "train", ES_FILE_MISSING,
           "CIFAR-10 binary version (cifar-10-binary.tar.gz)");
    refuse("cifar10", here(state), "train", ES_FILE_MISSING, "data.path");
  }
  refuse("cifar10", here(state), "test", ES_FILE_MISSING, "test_batch.bin");
  refuse("cifar100", here(state), "train", ES_FILE_MISSING, "train.bin");
  refuse("cifar100", here(state), "test", ES_FILE_MISSING,
         "cifar-100-binary.tar.gz");
  refuse("stl10", here(state), "train", ES_FILE_MISSING, "train_X.bin");
  refuse("stl10", here(state), "unlabeled", ES_FILE_MISSING,
         "stl10_binary.tar.gz");
  write_stl(state, "test_X.bin", 0, 1);
  refuse("stl10", here(state), "test", ES_FILE_MISSING, "test_y.bin");
  refuse("cifar10", "/nowhere", "train", ES_FILE_MISSING,
         "/nowhere/data_batch_1.bin");
  /* In the archive's own folder, where that is there. */
  mkdir(at(state, "cifar-100-binary"), 0777);
  refuse("cifar100", here(state), "train", ES_FILE_MISSING,
         "cifar-100-binary/train.bin");
  mkdir(at(state, "train.bin"), 0777);
  refuse("cifar100", here(state), "train", ES_FILE_MISSING, "directory");
}

static void parts_there_are_not(void **state) {
  static const char *const names[] = {"cifar10", "cifar100", "fashion-mnist",
                                      "tint",    "gaussian", "array"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    refuse(names[k], here(state), "unlabeled", ES_BAD_VALUE,
           "data.split=unlabeled");
}

/* A length that is no multiple of the record's, short or long; no bytes. */
static void lengths_of_no_whole_record(void **state) {
  enum { SIZE = 2 * (2 + PIXELS) };
  unsigned char bytes[SIZE + 1] = {0};
  cifar_bytes(bytes, 0, 2, true);
  static const size_t cuts[] = {0,        1,        2,     PIXELS + 1,
                                SIZE - 1, SIZE + 1, PIXELS};
  for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
    put(state, "train.bin", bytes, cuts[k]);
    refuse("cifar100", here(state), "train", ES_FILE_CORRUPT,
           "not a whole number of records of 3074");
  }
  write_batches(state, ".");
  put(state, "data_batch_4.bin", bytes, PIXELS);
  refuse("cifar10", here(state), "train", ES_FILE_CORRUPT, "data_batch_4.bin");
  refuse("cifar10", here(state), "train", ES_FILE_CORRUPT, "records of 3073");
  write_stl(state, "train_X.bin", 0, 2);
  assert_int_equal(truncate(at(state, "train_X.bin"), 2 * STL_PIXELS - 1), 0);
  refuse("stl10", here(state), "train", ES_FILE_CORRUPT, "records of 27648");
}

static void classes_that_cannot_be(void **state) {
  unsigned char bytes[3 * (2 + PIXELS)];
  size_t n = cifar_bytes(bytes, 0, 3, true);
  bytes[2 + PIXELS] = 20;
  put(state, "train.bin", bytes, n);
  refuse("cifar100", here(state), "train", ES_FILE_CORRUPT,
         "record 2 has class 20, expected 0 to 19");
  n = cifar_bytes(bytes, 0, 3, true);
  bytes[2 * (2 + PIXELS) + 1] = 100;
  put(state, "train.bin", bytes, n);
  refuse("cifar100", here(state), "train", ES_FILE_CORRUPT,
         "record 3 has class 100, expected 0 to 99");
  /* Every bit of the class 8 but its lowest, one at a time. */
  for (unsigned bit = 1; bit < 8; bit++) {
    n = cifar_bytes(bytes, 0, 2, false);
    bytes[0] = (unsigned char)(8 ^ 1u << bit);
    put(state, "test_batch.bin", bytes, n);
    if (bit != 3) /* 8 ^ 8 = 0 is a class */
      refuse("cifar10", here(state), "test", ES_FILE_CORRUPT,
             "record 1 has class");
  }
  write_stl(state, "train_X.bin", 0, 2);
  static const unsigned char bad[][2] = {{0, 1}, {11, 1}, {1, 255}};
  for (size_t k = 0; k < 3; k++) {
    put(state, "train_y.bin", bad[k], 2);
    refuse("stl10", here(state), "train", ES_FILE_CORRUPT, "expected 1 to 10");
  }
  put(state, "train_y.bin", bad[0], 1);
  refuse("stl10", here(state), "train", ES_FILE_CORRUPT,
         "holds 1 classes for 2 images");
}

/* Pixels have no checksum: a flipped bit of one is read as it stands, and the
 * data set's own checksum, which run.json keeps, tells. */
static void a_flipped_pixel_changes_the_checksum(void **state) {
  unsigned char bytes[2 + PIXELS];
  uint32_t sum[2];
  const size_t n = cifar_bytes(bytes, 0, 1, true);
  for (size_t k = 0; k < 2; k++) {
    es_dataset *set;
    es_diag diag;
    bytes[1000] ^= (unsigned char)(k << 4);
    put(state, "test.bin", bytes, n);
    assert_ok(open_as(&set, &diag, "cifar100", here(state), "test"), diag);
    sum[k] = es_dataset_checksum(set);
    es_dataset_free(set);
  }
  assert_int_not_equal(sum[0], sum[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(cifar10_is_read_in_order),
      temp_test(cifar100_has_fine_classes),
      temp_test(stl10_is_turned_upright),
      temp_test(missing_files),
      temp_test(parts_there_are_not),
      temp_test(lengths_of_no_whole_record),
      temp_test(classes_that_cannot_be),
      temp_test(a_flipped_pixel_changes_the_checksum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
