/* Bytes of HDF5's object headers, made here to the letter of its format: what
 * the guard takes for sound and what not, in every form that a header has. */
#include "tests/check.h"

#include "file/h5_guard.h"

#include <string.h>

enum { SPACE = 1, LAYOUT = 8, GOES_ON = 16, MOST = 256, END = 4096 };

typedef struct bytes {
  unsigned char b[MOST];
  size_t n;
} bytes;

static void put(bytes *to, uint64_t value, size_t width) {
  for (size_t k = 0; k < width; k++)
    to->b[to->n++] = (unsigned char)(k < 8 ? value >> 8 * k : 0);
}

static void put_all(bytes *to, const bytes *from) {
  memcpy(to->b + to->n, from->b, from->n);
  to->n += from->n;
}

/* A message with the head of version 1, or of 2, numbered or not. */
typedef enum form { OLD, PLAIN, NUMBERED } form;

static void message(bytes *to, form f, unsigned type, const bytes *body) {
  bytes whole = *body;
  while (f == OLD && whole.n % 8 != 0) put(&whole, 0, 1);
  put(to, type, f == OLD ? 2 : 1);
  put(to, whole.n, 2);
  put(to, 0, f == OLD ? 4 : f == PLAIN ? 1 : 3);
  put_all(to, &whole);
}

/* A space of so many dimensions. */
static bytes space(unsigned rank) {
  bytes s = {0};
  put(&s, 1, 1);
  put(&s, rank, 1);
  put(&s, 0, 6);
  for (unsigned k = 0; k < rank; k++) put(&s, 100, 8);
  return s;
}

/* Chunks of 5 by 5 .. numbers of 8 bytes, in layouts of version 1 to 4; `zero`
 * is the dimension that is 0, from 1. */
static bytes chunks(unsigned version, unsigned rank, unsigned zero,
                    unsigned width) {
  bytes l = {0};
  put(&l, version, 1);
  if (version < 3) put(&l, rank + 1, 1);
  put(&l, 2, 1);
  if (version == 4) put(&l, 0, 1);
  if (version > 2) put(&l, rank + 1, 1);
  if (version == 4) put(&l, width, 1);
  if (version < 3) put(&l, 0, 5);
  if (version < 4) put(&l, 64, 8);
  for (unsigned k = 1; k <= rank + 1; k++)
    put(&l, k == zero ? 0 : k <= rank ? 5 : 8, version == 4 ? width : 4);
  return l;
}

static bytes going_on(uint64_t length) {
  bytes c = {0};
  put(&c, 128, 8);
  put(&c, length, 8);
  return c;
}

/* Headers of version 1, and of version 2 with these flags. */
static bytes old_header(const bytes *messages) {
  bytes h = {0};
  put(&h, 1, 2);
  put(&h, 2, 2);
  put(&h, 1, 4);
  put(&h, messages->n, 4);
  put(&h, 0, 4);
  put_all(&h, messages);
  return h;
}
static bytes new_header(unsigned flags, const bytes *messages) {
  bytes h = {0};
  memcpy(h.b, "OHDR\2", 5);
  h.n = 5;
  put(&h, flags, 1);
  for (int times = 0; (flags & 0x20) != 0 && times < 4; times++) put(&h, 1, 4);
  if ((flags & 0x10) != 0) put(&h, 0, 4);
  put(&h, messages->n, (size_t)1 << (flags & 3));
  put_all(&h, messages);
  return h;
}
static form form_of(unsigned flags) {
  return (flags & 4) != 0 ? NUMBERED : PLAIN;
}

static bool is_bad(const bytes *h) {
  int rank = -1;
  return es_h5_is_bad_header(h->b, h->n, END, &rank);
}

/* A dataset's space and layout, in each form of header. */
static void check(const bytes *s, const bytes *l, bool bad) {
  bytes m = {0};
  message(&m, OLD, SPACE, s);
  message(&m, OLD, LAYOUT, l);
  const bytes h = old_header(&m);
  assert_int_equal(is_bad(&h), bad);
  for (unsigned flags = 0; flags < 0x40; flags++) {
    if ((flags & 8) != 0) continue;
    m = (bytes){0};
    message(&m, form_of(flags), SPACE, s);
    message(&m, form_of(flags), LAYOUT, l);
    const bytes g = new_header(flags, &m);
    assert_int_equal(is_bad(&g), bad);
  }
}

/* HDF5 divides by the sizes of chunks, as many as the dataset has dimensions.
 */
static void chunks_of_nothing(void **state) {
  (void)state;
  for (unsigned version = 1; version <= 4; version++)
    for (unsigned rank = 1; rank <= 3; rank++)
      for (unsigned zero = 0; zero <= rank + 1; zero++) {
        const bytes s = space(rank), l = chunks(version, rank, zero, 4);
        check(&s, &l, zero > 0);
      }
}

static void chunks_of_another_space(void **state) {
  (void)state;
  for (unsigned version = 1; version <= 4; version++) {
    const bytes s = space(2), less = chunks(version, 1, 0, 4);
    const bytes more = chunks(version, 3, 0, 4),
                none = chunks(version, 0, 0, 4);
    check(&s, &less, true);
    check(&s, &more, true);
    check(&s, &none, true);
    bytes cut = chunks(version, 2, 0, 4);
    cut.n -= 8;
    check(&s, &cut, true);
  }
}

/* Version 4 says how wide its numbers are. */
static void widths(void **state) {
  (void)state;
  const bytes s = space(2);
  for (unsigned width = 1; width <= 8; width++) {
    const bytes l = chunks(4, 2, 0, width);
    check(&s, &l, false);
  }
  const bytes none = chunks(4, 2, 0, 0), wide = chunks(4, 2, 0, 9);
  check(&s, &none, true);
  check(&s, &wide, true);
}

/* Layouts without chunks, of versions that are none, or too short to tell. */
static void no_chunks(void **state) {
  (void)state;
  const bytes s = space(2);
  for (unsigned version = 0; version <= 5; version++) {
    bytes l = chunks(version < 1 ? 1 : version > 4 ? 4 : version, 2, 1, 4);
    l.b[0] = (unsigned char)version;
    if (version >= 1 && version <= 4) l.b[version < 3 ? 2 : 1] = 1;
    check(&s, &l, false);
    bytes cut = chunks(3, 2, 1, 4);
    cut.n = 4;
    bytes m = {0};
    message(&m, PLAIN, LAYOUT, &cut);
    const bytes h = new_header(0, &m);
    assert_false(is_bad(&h));
  }
}

/* Where a header goes on lies in the file, and is said in full. */
static void headers_that_go_on(void **state) {
  (void)state;
  for (int k = 0; k < 3; k++) {
    bytes c = going_on(k == 1 ? END + 1 : END), m = {0}, n = {0};
    if (k == 2) c.n = 8;
    message(&m, OLD, GOES_ON, &c);
    const bytes h = old_header(&m);
    assert_int_equal(is_bad(&h), k > 0);
    message(&n, NUMBERED, GOES_ON, &c);
    const bytes g = new_header(4, &n);
    assert_int_equal(is_bad(&g), k > 0);
  }
}

/* A part that goes on with a header: messages alone, or behind OCHK. */
static void parts(void **state) {
  (void)state;
  for (unsigned zero = 0; zero < 2; zero++)
    for (form f = OLD; f <= NUMBERED; f++) {
      const bytes s = space(2), l = chunks(3, 2, zero, 4);
      bytes h = {0};
      if (f != OLD) memcpy(h.b, "OCHK", 4);
      if (f != OLD) h.n = 4;
      message(&h, f, SPACE, &s);
      message(&h, f, LAYOUT, &l);
      assert_int_equal(is_bad(&h), zero > 0);
    }
}

/* A header of more than the file, one that is cut, and messages that end behind
 * their header: the first is bad, of the others HDF5 takes care. */
static void sizes(void **state) {
  (void)state;
  const bytes s = space(2);
  bytes m = {0};
  message(&m, PLAIN, SPACE, &s);
  bytes h = new_header(2, &m);
  assert_false(is_bad(&h));
  h.b[7] = 0x10; /* of 4096 + what is there */
  assert_true(is_bad(&h));
  for (size_t n = 0; n < h.n; n++) {
    bytes cut = new_header(2, &m);
    cut.n = n;
    assert_false(is_bad(&cut));
  }
  bytes zero = chunks(3, 2, 1, 4), behind = {0}, odd = {0};
  put(&behind, LAYOUT, 1);
  put(&behind, zero.n + 1, 2);
  put(&behind, 0, 1);
  put_all(&behind, &zero);
  h = new_header(0, &behind);
  assert_false(is_bad(&h));
  put(&odd, LAYOUT, 2); /* version 1 has sizes that 8 divides */
  put(&odd, zero.n, 2);
  put(&odd, 0, 4);
  put_all(&odd, &zero);
  h = old_header(&odd);
  assert_int_equal(is_bad(&h), zero.n % 8 == 0);
}

static void heaps(void **state) {
  (void)state;
  unsigned char b[16] = "HEAP";
  b[9] = 0x10;
  assert_false(es_h5_is_endless_heap(b, 16, END));
  assert_true(es_h5_is_endless_heap(b, 16, END - 1));
  assert_false(es_h5_is_endless_heap(b, 15, END - 1));
  b[0] = 'h';
  assert_false(es_h5_is_endless_heap(b, 16, END - 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chunks_of_nothing),
      cmocka_unit_test(chunks_of_another_space),
      cmocka_unit_test(widths),
      cmocka_unit_test(no_chunks),
      cmocka_unit_test(headers_that_go_on),
      cmocka_unit_test(parts),
      cmocka_unit_test(sizes),
      cmocka_unit_test(heaps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
