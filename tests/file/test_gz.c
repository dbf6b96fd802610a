/* Plain and gzip files through one reader. */
#include "temp.h"

#include "file/gz.h"

#include <zlib.h>

enum { N = 300000 };

static unsigned char *pattern(void) {
  unsigned char *x = malloc(N);
  assert_non_null(x);
  uint32_t r = 1;
  for (size_t i = 0; i < N; i++) {
    r = r * 1664525u + 1013904223u;
    x[i] = (unsigned char)(r >> (i % 3 == 0 ? 24 : 30));
  }
  return x;
}

/* Packs n bytes as one gzip member; *size is the room, then the length. */
static void pack(unsigned char *out, size_t *size, const void *from, size_t n) {
  z_stream z = {0};
  assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + 15, 8, 0), Z_OK);
  z.next_in = (Bytef *)(uintptr_t)from;
  z.avail_in = (uInt)n;
  z.next_out = out;
  z.avail_out = (uInt)*size;
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  *size -= z.avail_out;
  deflateEnd(&z);
}

static void read_in_pieces(const char *path, const unsigned char *want,
                           size_t n) {
  es_diag diag = {0};
  es_gz *gz;
  unsigned char *got = malloc(n + 1);
  assert_non_null(got);
  assert_ok(es_gz_open(&gz, path, &diag), diag);
  assert_true(es_gz_bound(gz) >= n);
  for (size_t k = 0, piece = 1; k < n; k += piece, piece = piece * 3 + 1) {
    if (piece > n - k) piece = n - k;
    assert_ok(es_gz_read(gz, got + k, piece, &diag), diag);
  }
  assert_ok(es_gz_read(gz, NULL, 0, &diag), diag);
  assert_ok(es_gz_expect_end(gz, &diag), diag);
  assert_ok(es_gz_expect_end(gz, &diag), diag);
  assert_memory_equal(got, want, n);
  es_gz_close(gz);
  free(got);
}

static void plain_and_packed_alike(void **state) {
  unsigned char *x = pattern(), *z = malloc(2 * N);
  assert_non_null(z);
  size_t first = N, second = N;
  pack(z, &first, x, 1000);
  pack(z + first, &second, x + 1000, N - 1000);
  read_in_pieces(put(state, "plain", x, N), x, N);
  read_in_pieces(put(state, "two-members", z, first + second), x, N);
  size_t size = 2 * N;
  pack(z, &size, x, N);
  read_in_pieces(put(state, "packed", z, size), x, N);
  size = 2 * N;
  pack(z, &size, x, 0);
  read_in_pieces(put(state, "nothing", z, size), x, 0);
  read_in_pieces(put(state, "empty", "", 0), x, 0);
  free(x);
  free(z);
}

/* The bytes of magic alone do not make a gzip file. */
static void pixels_are_not_taken_for_gzip(void **state) {
  const unsigned char b[] = {0x1f, 0x8b, 7, 1, 0}, c[] = {0x1f, 0x8b},
                      d[] = {0x1f, 0x8b, 8, 0x20};
  read_in_pieces(put(state, "a", b, sizeof b), b, sizeof b);
  read_in_pieces(put(state, "a", d, sizeof d), d, sizeof d);
  read_in_pieces(put(state, "a", c, sizeof c), c, sizeof c);
}

static void the_bound_is_deflates(void **state) {
  es_diag diag = {0};
  unsigned char *zeros = calloc(1, N), *z = malloc(N);
  assert_true(zeros != NULL && z != NULL);
  size_t size = N;
  pack(z, &size, zeros, N);
  es_gz *gz;
  assert_ok(es_gz_open(&gz, put(state, "a", z, size), &diag), diag);
  assert_int_equal(es_gz_bound(gz), size * 1032);
  assert_true(es_gz_bound(gz) >= N);
  es_gz_close(gz);
  assert_ok(es_gz_open(&gz, put(state, "a", zeros, 77), &diag), diag);
  assert_int_equal(es_gz_bound(gz), 77);
  es_gz_close(gz);
  free(zeros);
  free(z);
}

/* Reads n bytes into got, and the end; returns the first failure. */
static es_status read_into(unsigned char *got, const char *path, size_t n,
                           es_diag *diag) {
  es_gz *gz;
  es_status status = es_gz_open(&gz, path, diag);
  if (status == ES_OK) status = es_gz_read(gz, got, n, diag);
  if (status == ES_OK) status = es_gz_expect_end(gz, diag);
  es_gz_close(gz);
  return status;
}

static es_status read_all(const char *path, size_t n, es_diag *diag) {
  unsigned char got[256];
  assert_true(n <= sizeof got);
  return read_into(got, path, n, diag);
}

static void every_cut_and_flip_is_found(void **state) {
  unsigned char z[300], x[200];
  size_t size = sizeof z;
  for (size_t i = 0; i < sizeof x; i++) x[i] = (unsigned char)(i * i / 7);
  pack(z, &size, x, sizeof x);
  for (size_t k = 0; k < size; k++) {
    es_diag diag = {0};
    assert_status(read_all(put(state, "a", z, k), sizeof x, &diag),
                  ES_FILE_CORRUPT);
    assert_memory_equal(diag.message, at(state, "a: "),
                        strlen(at(state, "a: ")));
  }
  /* The header's time and padding between blocks are free to change, but the
   * content never is. */
  size_t found = 0;
  for (size_t k = 0; k < size; k++) {
    es_diag diag = {0};
    unsigned char got[sizeof x];
    z[k] ^= 0x10;
    const es_status status =
        read_into(got, put(state, "a", z, size), sizeof x, &diag);
    if (status == ES_OK) assert_memory_equal(got, x, sizeof x);
    found += status == ES_FILE_CORRUPT;
    z[k] ^= 0x10;
  }
  assert_in_range(found, size - 8, size - 1);
}

static void messages_tell_what_and_where(void **state) {
  es_diag diag = {0};
  unsigned char z[400];
  size_t size = 300;
  pack(z, &size, "0123456789", 10);
  assert_status(read_all(put(state, "a", z, size), 11, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a: ends at byte 10|1 bytes too early");
  assert_status(read_all(put(state, "a", z, size), 9, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a: goes on|behind byte 9");
  assert_status(read_all(put(state, "a", z, size - 1), 10, &diag),
                ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a: at byte 10|cut off");
  memcpy(z + size, "xyz", 3);
  assert_status(read_all(put(state, "a", z, size + 3), 10, &diag),
                ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a: at byte 10|garbage");
  memcpy(z + size, "\x1fyz", 3);
  assert_status(read_all(put(state, "a", z, size + 3), 10, &diag),
                ES_FILE_CORRUPT);
  z[size - 8] ^= 1;
  assert_status(read_all(put(state, "a", z, size), 10, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a: |incorrect data check");
  assert_status(read_all(put_text(state, "a", "plain"), 6, &diag),
                ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a: ends at byte 5, 1 bytes too early");
  assert_status(read_all(put_text(state, "a", "plain"), 4, &diag),
                ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/a: goes on|behind byte 4");
}

static void what_is_no_file_is_refused(void **state) {
  es_diag diag = {0};
  es_gz *gz = (es_gz *)&diag;
  assert_int_equal(mkfifo(at(state, "pipe"), 0600), 0);
  const char *const names[] = {"none", ".", "pipe"};
  const char *const says[] = {"No such file", "a directory", "a pipe"};
  for (size_t i = 0; i < 3; i++) {
    assert_status(es_gz_open(&gz, at(state, names[i]), &diag), ES_FILE_MISSING);
    assert_null(gz);
    assert_says(&diag, ES_FILE_MISSING, says[i]);
  }
  es_gz_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(plain_and_packed_alike),
      temp_test(pixels_are_not_taken_for_gzip),
      temp_test(the_bound_is_deflates),
      temp_test(every_cut_and_flip_is_found),
      temp_test(messages_tell_what_and_where),
      temp_test(what_is_no_file_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
