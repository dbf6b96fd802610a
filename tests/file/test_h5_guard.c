/* What is refused of HDF5's metadata before HDF5 computes with it: bytes put
 * together as in the format's specification. */
#include "tests/check.h"

#include "file/h5_guard.h"

#include <string.h>

enum { END = 4096 }; /* of the file that these bytes are said to be of */

/* A header of version 1 with one message of `type` and n bytes; its length. */
static size_t header(unsigned char out[64], unsigned char type, size_t n,
                     const unsigned char *body) {
  memset(out, 0, 64);
  out[0] = out[2] = out[4] = 1;
  out[8] = (unsigned char)(8 + n);
  out[16] = type;
  out[18] = (unsigned char)n;
  if (n > 0) memcpy(out + 24, body, n);
  return 24 + n;
}

static bool goes_on_badly(unsigned long long length, size_t n) {
  unsigned char bytes[64], body[16] = {0x40};
  for (int k = 0; k < 8; k++) body[8 + k] = (unsigned char)(length >> 8 * k);
  int rank;
  const size_t size = header(bytes, 16, n, body);
  const bool bad = es_h5_is_bad_header(bytes, size, END, &rank);
  /* The same where it stands in what continues another header. */
  int same = -1;
  assert_int_equal(es_h5_is_bad_header(bytes + 16, size - 16, END, &same), bad);
  return bad;
}

static void a_header_goes_on_within_the_file(void **state) {
  (void)state;
  assert_false(goes_on_badly(40, 16));
  assert_false(goes_on_badly(END, 16));
  assert_true(goes_on_badly(END + 1, 16));
  assert_true(goes_on_badly(0x3000001d02, 16));
  /* Too short to say where: HDF5 takes what follows in memory for it. */
  assert_true(goes_on_badly(0, 8));
  assert_true(goes_on_badly(0, 0));
}

/* A dataspace begins with its version and rank, and these with its flags are
 * where a header of version 1 has its own length: it is none. */
static void what_continues_a_header_may_begin_with_a_space(void **state) {
  (void)state;
  const unsigned char space[24] = {1, 2, 1};
  unsigned char bytes[64];
  int rank = -1;
  const size_t size = header(bytes, 1, sizeof space, space);
  assert_false(es_h5_is_bad_header(bytes + 16, size - 16, END, &rank));
  assert_int_equal(rank, 2);
}

static void names_are_within_the_file(void **state) {
  (void)state;
  unsigned char heap[32] = "HEAP";
  heap[9] = END >> 8;
  assert_false(es_h5_is_endless_heap(heap, sizeof heap, END));
  heap[8] = 1;
  assert_true(es_h5_is_endless_heap(heap, sizeof heap, END));
  heap[15] = 0xff; /* near 2^64 */
  assert_true(es_h5_is_endless_heap(heap, sizeof heap, END));
  assert_false(es_h5_is_endless_heap(heap, 15, END));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_header_goes_on_within_the_file),
      cmocka_unit_test(what_continues_a_header_may_begin_with_a_space),
      cmocka_unit_test(names_are_within_the_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
