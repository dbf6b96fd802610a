/* IDX files: what is read, and every way in which one can be damaged. */
#include "tests/data/room.h"

enum { N = 3, SIDE = 4, BODY = N * SIDE * SIDE, HEAD = 16 };

static const char still[] = "augment.shift=0", unflipped[] = "augment.flip=off";

static void small_file(unsigned char out[HEAD + BODY]) {
  const uint32_t dims[3] = {N, SIDE, SIDE};
  assert_int_equal(idx_header(out, 3, dims), HEAD);
  for (size_t i = 0; i < BODY; i++) out[HEAD + i] = scatter(i);
}

static void check_small(const char *word, const unsigned char *bytes) {
  es_dataset *set;
  es_diag diag;
  size_t channels, side;
  double x[SIDE * SIDE], xp[SIDE * SIDE];
  assert_ok(OPEN(&set, &diag, "data.name=idx", word, still, unflipped), diag);
  assert_int_equal(es_dataset_count(set), N);
  assert_int_equal(es_dataset_dim(set), SIDE * SIDE);
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(channels, 1);
  assert_int_equal(side, SIDE);
  assert_int_equal(es_dataset_checksum(set),
                   crc32(0, bytes, (unsigned)(HEAD + BODY)));
  for (size_t i = 0; i < N; i++) {
    es_dataset_pair(set, i, 0, x, xp);
    for (size_t j = 0; j < SIDE * SIDE; j++) {
      assert_close(x[j], bytes[HEAD + i * SIDE * SIDE + j] / 255., 0, 0);
      assert_close(xp[j], x[j], 0, 0);
    }
  }
  es_dataset_free(set);
}

static void plain_and_packed_read_alike(void **state) {
  const folder *f = *state;
  unsigned char bytes[HEAD + BODY];
  char word[128];
  small_file(bytes);
  write_plain(f->plain, bytes, sizeof bytes);
  check_small(f->word, bytes);
  write_packed(f->packed, bytes, sizeof bytes);
  snprintf(word, sizeof word, "data.path=%s", f->packed);
  check_small(word, bytes);
}

static void channels_are_planes(void **state) {
  const folder *f = *state;
  const uint32_t dims[4] = {2, 3, 2, 2};
  unsigned char bytes[20 + 24];
  es_dataset *set;
  es_diag diag;
  double x[12], xp[12];
  size_t channels, side;
  const size_t head = idx_header(bytes, 4, dims);
  for (size_t i = 0; i < 24; i++) bytes[head + i] = (unsigned char)(10 * i);
  write_plain(f->plain, bytes, sizeof bytes);
  assert_ok(OPEN(&set, &diag, "data.name=idx", f->word, still, unflipped),
            diag);
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(channels, 3);
  assert_int_equal(side, 2);
  assert_int_equal(es_dataset_dim(set), 12);
  es_dataset_pair(set, 1, 5, x, xp);
  for (size_t j = 0; j < 12; j++)
    assert_close(xp[j], (double)(10 * (12 + j)) / 255, 0, 1e-16);
  es_dataset_free(set);
}

/* Kilobytes of address space ever held, to see a huge allocation even where
 * it was never touched. */
static long peak_kilobytes(void) {
  char line[256];
  long peak = -1;
  FILE *file = fopen("/proc/self/status", "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, "VmPeak: %ld", &peak) == 1) break;
  fclose(file);
  assert_true(peak > 0);
  return peak;
}

/* Opening must fail with the status and one line that names the path. */
static void refuse(const char *path, es_status want, const char *saying) {
  char word[128];
  es_dataset *set;
  es_diag diag;
  snprintf(word, sizeof word, "data.path=%s", path);
  const long before = peak_kilobytes();
  const es_status got = OPEN(&set, &diag, "data.name=idx", word, still);
  if (got != want)
    fail_msg("%s, want %s: %s", es_status_name(got), es_status_name(want),
             diag.message);
  assert_null(set);
  assert_true(peak_kilobytes() - before < 100000);
  if (strstr(diag.message, path) == NULL ||
      strstr(diag.message, saying) == NULL)
    fail_msg("\"%s\" lacks %s or \"%s\"", diag.message, path, saying);
}

static void wrong_headers(void **state) {
  const folder *f = *state;
  static const struct {
    size_t at;
    unsigned char byte;
    const char *saying;
  } bad[] = {{0, 1, "not an IDX file"},
             {1, 7, "not an IDX file"},
             {2, 0x0d, "type 0x0d"},
             {3, 1, "rank 1"},
             {3, 5, "rank 5"},
             {7, 0, "size 1 of 3 is 0"},
             {11, 0, "size 2 of 3 is 0"},
             {15, 0, "size 3 of 3 is 0"},
             {7, N + 1, ""},
             {7, N - 1, ""}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    unsigned char bytes[HEAD + BODY];
    small_file(bytes);
    bytes[bad[i].at] = bad[i].byte;
    write_plain(f->plain, bytes, sizeof bytes);
    refuse(f->plain, ES_FILE_CORRUPT, bad[i].saying);
    write_packed(f->packed, bytes, sizeof bytes);
    refuse(f->packed, ES_FILE_CORRUPT, bad[i].saying);
  }
}

static void sizes_beyond_the_file(void **state) {
  const folder *f = *state;
  static const uint32_t bad[][4] = {{3, 60000, 28, 28},
                                    {3, 1u << 20, 1u << 7, 1u << 7},
                                    {3, ~0u, ~0u, ~0u},
                                    {3, 1u << 31, 1u << 31, 4},
                                    {3, 1u << 31, 1u << 31, 16}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    unsigned char bytes[HEAD + BODY];
    small_file(bytes);
    idx_header(bytes, bad[i][0], bad[i] + 1);
    write_plain(f->plain, bytes, sizeof bytes);
    refuse(f->plain, ES_FILE_CORRUPT, "more than the file can hold");
    write_packed(f->packed, bytes, sizeof bytes);
    refuse(f->packed, ES_FILE_CORRUPT, "more than the file can hold");
  }
}

/* In a file with a hole of 8 GB, 65537·65537 bytes would fit; the next factor
 * takes the product past 2^64. */
static void sizes_that_overflow(void **state) {
  const folder *f = *state;
  const uint32_t dims[4] = {65537, 65537, ~0u, 1};
  unsigned char bytes[20];
  idx_header(bytes, 4, dims);
  write_plain(f->plain, bytes, sizeof bytes);
  assert_int_equal(truncate(f->plain, (off_t)8 << 30), 0);
  refuse(f->plain, ES_FILE_CORRUPT, "more than the file can hold");
}

/* Packs bytes by way of the folder's file; returns the packed size. */
static size_t pack(unsigned char *out, size_t room, const void *bytes, size_t n,
                   const folder *f) {
  write_packed(f->packed, bytes, n);
  FILE *file = fopen(f->packed, "rb");
  assert_non_null(file);
  const size_t size = fread(out, 1, room, file);
  fclose(file);
  assert_in_range(size, 30, room - 1);
  return size;
}

static void every_truncation(void **state) {
  const folder *f = *state;
  unsigned char bytes[HEAD + BODY], packed[512];
  small_file(bytes);
  for (size_t n = 0; n < sizeof bytes; n++) {
    write_plain(f->plain, bytes, n);
    refuse(f->plain, ES_FILE_CORRUPT, "");
  }
  const size_t size = pack(packed, sizeof packed, bytes, sizeof bytes, f);
  for (size_t n = 0; n < size; n++) {
    write_plain(f->plain, packed, n);
    refuse(f->plain, ES_FILE_CORRUPT, "");
  }
}

static void trailing_bytes(void **state) {
  const folder *f = *state;
  unsigned char bytes[HEAD + BODY + 1] = {0}, packed[512] = {0};
  small_file(bytes);
  write_plain(f->plain, bytes, sizeof bytes);
  refuse(f->plain, ES_FILE_CORRUPT, "");
  write_packed(f->packed, bytes, sizeof bytes);
  refuse(f->packed, ES_FILE_CORRUPT, "");
  /* Behind the gzip stream rather than in it. */
  const size_t size = pack(packed, sizeof packed, bytes, HEAD + BODY, f);
  packed[size] = 'x';
  write_plain(f->plain, packed, size + 1);
  refuse(f->plain, ES_FILE_CORRUPT, "");
}

/* True if the file reads as the small one, false if it is refused; nothing
 * else may happen. */
static bool reads_whole(const folder *f, uint32_t crc) {
  es_dataset *set;
  es_diag diag;
  const es_status status = OPEN(&set, &diag, "data.name=idx", f->word, still);
  if (status == ES_OK) assert_int_equal(es_dataset_checksum(set), crc);
  if (status != ES_OK) assert_int_equal(status, ES_FILE_CORRUPT);
  es_dataset_free(set);
  return status == ES_OK;
}

/* Beyond gzip's own ten bytes (of which time and system may say anything) a
 * flipped bit is seen by deflate's structure, the CRC or the length. Only the
 * bits that pad deflate's last byte mean nothing: seven at most. */
static void every_flipped_bit(void **state) {
  const folder *f = *state;
  unsigned char bytes[HEAD + BODY], packed[512];
  size_t padding = 0;
  small_file(bytes);
  const uint32_t crc = (uint32_t)crc32(0, bytes, sizeof bytes);
  const size_t size = pack(packed, sizeof packed, bytes, sizeof bytes, f);
  for (size_t i = 10; i < size; i++)
    for (unsigned bit = 0; bit < 8; bit++) {
      packed[i] ^= (unsigned char)(1u << bit);
      write_plain(f->plain, packed, size);
      const bool whole = reads_whole(f, crc);
      if (whole) assert_int_equal(i, size - 9);
      padding += whole;
      packed[i] ^= (unsigned char)(1u << bit);
    }
  assert_in_range(padding, 0, 7);
  write_plain(f->plain, packed, size);
  assert_true(reads_whole(f, crc));
}

static void missing_files(void **state) {
  const folder *f = *state;
  char word[128];
  es_dataset *set;
  es_diag diag;
  unlink(f->plain);
  refuse(f->plain, ES_FILE_MISSING, "");
  snprintf(word, sizeof word, "data.path=%s", f->name);
  assert_status(OPEN(&set, &diag, word), ES_FILE_MISSING);
  assert_non_null(strstr(diag.message, f->name));
  assert_non_null(
      strstr(diag.message,
             "install the package dataset-fashion-mnist, or give data.path"));
  assert_status(OPEN(&set, &diag, "data.name=idx"), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "data.path"));
}

/* Facts found with Python's gzip, zlib and sum; the checksums are also those
 * that `gzip -lv` prints. */
static void fashion_mnist_is_whole(void **state) {
  (void)state;
  static const struct {
    const char *split;
    size_t n;
    uint32_t crc;
    double first, last, all;
  } want[] = {
      {"data.split=train", 60000, 0xb4f29f28, 76247, 16684, 3431114169.},
      {"data.split=test", 10000, 0x678fe0b1, 33456, 24390, 573469082.}};
  double x[784], xp[784];
  for (size_t k = 0; k < 2; k++) {
    es_dataset *set;
    es_diag diag;
    assert_ok(OPEN(&set, &diag, want[k].split, still, unflipped), diag);
    assert_int_equal(es_dataset_count(set), want[k].n);
    assert_int_equal(es_dataset_dim(set), 784);
    assert_int_equal(es_dataset_checksum(set), want[k].crc);
    double all = 0;
    for (size_t i = 0; i < want[k].n; i++) {
      double sum = 0;
      es_dataset_pair(set, i, 0, x, xp);
      for (size_t j = 0; j < 784; j++) sum += rint(255 * x[j]);
      if (i == 0) assert_close(sum, want[k].first, 0, 0);
      if (i == want[k].n - 1) assert_close(sum, want[k].last, 0, 0);
      if (i == 0 && k == 0) assert_close(x[14 * 28 + 14], 217 / 255., 0, 0);
      if (i == 0 && k == 0) assert_close(x[20 * 28 + 5], 205 / 255., 0, 0);
      all += sum;
    }
    assert_close(all, want[k].all, 0, 0);
    es_dataset_free(set);
  }
}

#define IN_FOLDER(test)                                                        \
  cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(plain_and_packed_read_alike),
      IN_FOLDER(channels_are_planes),
      IN_FOLDER(wrong_headers),
      IN_FOLDER(sizes_beyond_the_file),
      IN_FOLDER(sizes_that_overflow),
      IN_FOLDER(every_truncation),
      IN_FOLDER(trailing_bytes),
      IN_FOLDER(every_flipped_bit),
      IN_FOLDER(missing_files),
      cmocka_unit_test(fashion_mnist_is_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
