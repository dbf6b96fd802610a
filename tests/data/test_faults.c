/* Files that change or rot under the reader: each ends in ES_FILE_CORRUPT
 * (exit 3) and one line that names the path. */
#include "tests/data/room.h"

#include <sys/syscall.h>

/* Stands before libc's: once armed, the file shrinks to `left` bytes before
 * call number `at`. */
static struct {
  const char *path;
  size_t at;
  long left;
} shrink;

ssize_t read(int fd, void *out, size_t n) {
  if (shrink.path != NULL && shrink.at-- == 0) {
    if (truncate(shrink.path, shrink.left) != 0) return -1;
    shrink.path = NULL;
  }
  return syscall(SYS_read, fd, out, n);
}

static es_status open_path(const char *path, es_diag *diag) {
  char word[128];
  es_dataset *set;
  snprintf(word, sizeof word, "data.path=%s", path);
  const es_status status =
      OPEN(&set, diag, "data.name=idx", word, "augment.shift=0");
  es_dataset_free(set);
  return status;
}

static void refuse(const char *path) {
  es_diag diag;
  assert_status(open_path(path, &diag), ES_FILE_CORRUPT);
  assert_int_equal(es_status_exit_code(ES_FILE_CORRUPT), 3);
  assert_non_null(strstr(diag.message, path));
  assert_null(strchr(diag.message, '\n'));
}

/* Images that do not compress, so that both files take several reads. */
enum { IMAGES = 300, SIDE = 28, BYTES = 16 + IMAGES * SIDE * SIDE };

static void make_files(const folder *f) {
  const uint32_t dims[3] = {IMAGES, SIDE, SIDE};
  unsigned char *bytes = malloc(BYTES);
  assert_non_null(bytes);
  const size_t head = idx_header(bytes, 3, dims);
  for (size_t i = head; i < BYTES; i++) bytes[i] = scatter(i);
  write_plain(f->plain, bytes, BYTES);
  write_packed(f->packed, bytes, BYTES);
  free(bytes);
}

/* The sizes that opening saw are no longer true when the pixels are read. */
static void files_that_shrink(void **state) {
  const folder *f = *state;
  static const long left[] = {0, 3, 16, 1000, BYTES / 2};
  const char *const paths[] = {f->plain, f->packed};
  for (size_t p = 0; p < 2; p++)
    for (size_t at = 0; at < 3; at++)
      for (size_t k = 0; k < sizeof left / sizeof *left; k++) {
        make_files(f);
        shrink.at = at;
        shrink.left = left[k];
        shrink.path = paths[p];
        refuse(paths[p]);
        assert_null(shrink.path); /* it did happen */
      }
  make_files(f);
  es_diag diag;
  assert_ok(open_path(f->plain, &diag), diag);
  assert_ok(open_path(f->packed, &diag), diag);
}

/* One flipped bit anywhere in the 4 MB that Debian ships. */
static void bits_of_fashion_mnist_flip(void **state) {
  const folder *f = *state;
  enum { FLIPS = 24, ROOM = 8 << 20 };
  unsigned char *bytes = malloc(ROOM);
  assert_non_null(bytes);
  FILE *file = fopen("/usr/share/datasets/fashion-mnist/"
                     "t10k-images-idx3-ubyte.gz",
                     "rb");
  assert_non_null(file);
  const size_t size = fread(bytes, 1, ROOM, file);
  fclose(file);
  assert_in_range(size, 1 << 20, ROOM - 1);
  for (size_t k = 0; k < FLIPS; k++) {
    /* From behind gzip's own header and file name into the last eight bytes:
     * its CRC and length. */
    const size_t at = 64 + (size - 65) * k / (FLIPS - 1);
    bytes[at] ^= (unsigned char)(1u << k % 8);
    write_plain(f->packed, bytes, size);
    refuse(f->packed);
    bytes[at] ^= (unsigned char)(1u << k % 8);
  }
  free(bytes);
}

/* Records without a header: what a file had when it was opened is no longer
 * there, or there is more of it. */
static void records_that_shrink_or_grow(void **state) {
  const folder *f = *state;
  enum { RECORDS = 4, SIZE = RECORDS * 3074 };
  static const long left[] = {0, 100, SIZE - 1, SIZE + 5, 2 * SIZE};
  static const unsigned char zeros[SIZE];
  char path[96], word[128];
  snprintf(path, sizeof path, "%s/train.bin", f->name);
  snprintf(word, sizeof word, "data.path=%s", f->name);
  for (size_t at = 0; at <= RECORDS; at++)
    for (size_t k = 0; k < sizeof left / sizeof *left; k++) {
      es_dataset *set;
      es_diag diag;
      write_plain(path, zeros, SIZE);
      /* The read behind the last record looks for the end. */
      if (at == RECORDS && left[k] < SIZE) continue;
      shrink.at = at;
      shrink.left = left[k];
      shrink.path = path;
      assert_status(OPEN(&set, &diag, "data.name=cifar100", word),
                    ES_FILE_CORRUPT);
      assert_null(shrink.path);
      assert_non_null(strstr(diag.message, path));
      assert_non_null(strstr(diag.message, left[k] < SIZE ? "shrank" : "grew"));
    }
  unlink(path);
}

#define IN_FOLDER(test)                                                        \
  cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(files_that_shrink),
      IN_FOLDER(records_that_shrink_or_grow),
      IN_FOLDER(bits_of_fashion_mnist_flip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
