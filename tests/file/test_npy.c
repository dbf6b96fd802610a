/* NPY files, made of bytes as NumPy makes them. */
#include "temp.h"

#include "file/array.h"

#include <float.h>

/* Makes a file of version `version`: the dictionary, padded as NumPy pads it,
 * and the numbers. */
static const char *make(void **state, int version, const char *dictionary,
                        const void *data, size_t n) {
  unsigned char b[4096] = "\x93NUMPY";
  const size_t start = version == 1 ? 10 : 12;
  size_t length = strlen(dictionary) + 1;
  while ((start + length) % 64 != 0) length++;
  b[6] = (unsigned char)version;
  b[8] = (unsigned char)(length & 255);
  b[9] = (unsigned char)(length >> 8);
  memset(b + start, ' ', length - 1);
  memcpy(b + start, dictionary, strlen(dictionary));
  b[start + length - 1] = '\n';
  memcpy(b + start + length, data, n);
  return put(state, "a.npy", b, start + length + n);
}

#define HEAD(type, order, shape)                                               \
  "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }"

static void check(const char *path, size_t rows, size_t cols,
                  const double *want) {
  es_diag diag = {0};
  es_array a;
  assert_ok(es_npy_read(&a, path, &diag), diag);
  assert_int_equal(a.rows, rows);
  assert_int_equal(a.cols, cols);
  assert_memory_equal(a.data, want, rows * cols * sizeof *want);
  es_array_free(&a);
}

static void every_type(void **state) {
  static const struct {
    const char *head, *bytes;
    size_t n;
    double want[2];
  } cases[] = {
      {HEAD("|i1", "False", "(2,)"), "\xff\x7f", 2, {-1, 127}},
      {HEAD("|u1", "False", "(2,)"), "\xff\x7f", 2, {255, 127}},
      {HEAD("<i2", "False", "(2,)"), "\xfe\xff\x01\x02", 4, {-2, 513}},
      {HEAD(">i2", "False", "(2,)"), "\xff\xfe\x02\x01", 4, {-2, 513}},
      {HEAD("<u2", "False", "(2,)"), "\xfe\xff\x01\x02", 4, {65534, 513}},
      {HEAD("<i4", "False", "(2,)"), "\0\0\0\x80\1\0\0\0", 8, {-0x1p31, 1}},
      {HEAD(">u4", "False", "(2,)"), "\x80\0\0\0\0\0\0\1", 8, {0x1p31, 1}},
      {HEAD("<i8", "False", "(2,)"),
       "\0\0\0\0\0\0\0\x80\xfd\xff\xff\xff\xff\xff\xff\xff",
       16,
       {-0x1p63, -3}},
      {HEAD("<u8", "False", "(2,)"),
       "\0\0\0\0\0\0\0\x80\1\0\0\0\0\0\0\0",
       16,
       {0x1p63, 1}},
      {HEAD("<f4", "False", "(2,)"),
       "\0\0\0\x3e\xff\xff\x7f\xff",
       8,
       {.125, -FLT_MAX}},
      {HEAD(">f4", "False", "(2,)"),
       "\x3e\0\0\0\0\0\0\1",
       8,
       {.125, FLT_TRUE_MIN}},
      {HEAD("<f8", "False", "(2,)"),
       "\x9a\x99\x99\x99\x99\x99\xb9\x3f\1\0\0\0\0\0\0\x80",
       16,
       {.1, -DBL_TRUE_MIN}},
      {HEAD(">f8", "False", "(2,)"),
       "\x3f\xb9\x99\x99\x99\x99\x99\x9a\x80\0\0\0\0\0\0\0",
       16,
       {.1, -0.0}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int version = 1; version <= 3; version++)
      check(make(state, version, cases[i].head, cases[i].bytes, cases[i].n), 2,
            1, cases[i].want);
}

static void both_orders(void **state) {
  const double want[] = {0, 1, 2, 3, 4, 5};
  check(make(state, 1, HEAD("|u1", "False", "(2, 3)"), "\0\1\2\3\4\5", 6), 2, 3,
        want);
  check(make(state, 1, HEAD("|u1", "True", "(2, 3)"), "\0\3\1\4\2\5", 6), 2, 3,
        want);
  check(make(state, 2, "{'shape':(3,2),'fortran_order':True,'descr':'|u1'}",
             "\0\2\4\1\3\5", 6),
        3, 2, want);
}

static void random_bits_make_a_round_trip(void **state) {
  enum { ROWS = 1500, COLS = 3 }; /* more than one block */
  es_diag diag = {0};
  static double x[ROWS * COLS];
  for (size_t i = 0; i < ROWS * COLS; i++)
    x[i] =
        ldexp((double)(i * 2654435761u % 1000003) / 7., (int)(i % 2000) - 1000);
  const char *path = at(state, "a.npy");
  assert_ok(es_npy_write(path, x, ROWS, COLS, &diag), diag);
  check(path, ROWS, COLS, x);
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_size, 128 + sizeof x);
  assert_false(es_file_exists(at(state, "a.npy.part")));
}

/* The bytes that numpy.save writes for numpy.array([[1.5, -2.0]]). */
static void the_header_is_numpys(void **state) {
  es_diag diag = {0};
  const double x[] = {1.5, -2};
  char want[144 + 1];
  snprintf(want, sizeof want, "%-137s", HEAD("<f8", "False", "(1, 2)"));
  const char *path = at(state, "a.npy");
  assert_ok(es_npy_write(path, x, 1, 2, &diag), diag);
  unsigned char *got;
  size_t n;
  assert_ok(es_file_read(&got, &n, path, 1000, &diag), diag);
  assert_int_equal(n, 144);
  assert_memory_equal(got, "\x93NUMPY\1\0v\0", 10);
  assert_memory_equal(got + 10, want, 117);
  assert_int_equal(got[127], '\n');
  assert_memory_equal(got + 128, "\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\0\xc0", 16);
  free(got);
}

static void refuse(const char *path, es_status code, const char *says) {
  es_diag diag = {0};
  es_array a = {.rows = 7};
  const es_status status = es_npy_read(&a, path, &diag);
  if (status != code) fail_msg("%s: %s", es_status_name(status), diag.message);
  assert_says(&diag, code, says);
  assert_non_null(strstr(diag.message, "/a.npy: "));
  assert_true(a.data == NULL && a.rows == 0);
}

static void wrong_headers(void **state) {
  static const char *const cases[][2] = {
      {HEAD("<c8", "False", "(1,)"), "type"},
      {HEAD("<f2", "False", "(4,)"), "type"},
      {HEAD("|f8", "False", "(1,)"), "type"},
      {HEAD("<i3", "False", "(1,)"), "type"},
      {HEAD("<U2", "False", "(1,)"), "type"},
      {HEAD("|b1", "False", "(8,)"), "type"},
      {HEAD("<f88", "False", "(1,)"), "type"},
      {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
       "type"},
      /* ends within a word */
      {"{'descr': '", "type"},
      {"{'descr': '<", "type"},
      {"{'descr': '<f", "type"},
      {"{'descr': '<f8", "type"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1", "shape"},
      {HEAD("<f8", "0", "(1,)"), "order"},
      {HEAD("<f8", "False", "(1"), "shape"},
      {HEAD("<f8", "False", "(-1,)"), "shape"},
      {HEAD("<f8", "False", "(1 1)"), "shape"},
      {HEAD("<f8", "False", "(99999999999999999999999,)"), "shape"},
      {HEAD("<f8", "False", "()"), "1 or 2 dimensions"},
      {HEAD("<f8", "False", "(1, 1, 1)"), "1 or 2 dimensions"},
      {"", "header is broken"},
      {"{}", "header is broken"},
      {"{'descr': '<f8', 'fortran_order': False, }", "header is broken"},
      {"{'descr': '<f8', 'descr': '<f8', 'shape': (1,), }", "header is broken"},
      {HEAD("<f8", "False", "(1,)") "x", "header is broken"},
      {"{'descr': '<f8' 'fortran_order': False, 'shape': (1,)}",
       "header is broken"},
      /* Sizes that do not fit the bytes, or any number. */
      {HEAD("<f8", "False", "(2,)"), "do not fill the 8 bytes"},
      {HEAD("<f4", "False", "(1,)"), "do not fill"},
      {HEAD("<f8", "False", "(0,)"), "do not fill"},
      {HEAD("<f8", "False", "(1000000000, 1000000000)"), "do not fill"},
      {HEAD("<f8", "False", "(2305843009213693952, 1)"), "do not fill"},
      {HEAD("<f8", "False", "(4294967296, 4294967296)"), "do not fill"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    refuse(make(state, 1, cases[i][0], "\0\0\0\0\0\0\0\0", 8), ES_FILE_CORRUPT,
           cases[i][1]);
}

static void wrong_prefixes(void **state) {
  refuse(put(state, "a.npy", "", 0), ES_FILE_CORRUPT, "too short");
  refuse(put(state, "a.npy", "\x93NUMPY\1\0", 8), ES_FILE_CORRUPT, "too short");
  refuse(put(state, "a.npy", "\x94NUMPY\1\0v\0", 10), ES_FILE_CORRUPT,
         "not a NPY file");
  refuse(put(state, "a.npy", "\x93NUMPY\4\0v\0", 10), ES_FILE_CORRUPT,
         "version 4");
  refuse(put(state, "a.npy", "\x93NUMPY\0\0v\0", 10), ES_FILE_CORRUPT,
         "version 0");
  refuse(put(state, "a.npy", "\x93NUMPY\2\0v\0", 10), ES_FILE_CORRUPT,
         "too early");
  refuse(put(state, "a.npy", "\x93NUMPY\1\0v\0", 10), ES_FILE_CORRUPT,
         "longer than the file");
  refuse(put(state, "a.npy", "\x93NUMPY\3\0\xff\xff\xff\xff", 12),
         ES_FILE_CORRUPT, "longer than the file");
}

static void values_that_cannot_be_used(void **state) {
  refuse(make(state, 1, HEAD("<f8", "False", "(0, 3)"), "", 0), ES_FILE_DATA,
         "holds no numbers");
  const float bad[] = {1, 2, 3, 4, 5, -INFINITY}, nan[] = {1, NAN, 1, 1};
  refuse(make(state, 1, HEAD("<f4", "False", "(2, 3)"), bad, sizeof bad),
         ES_FILE_DATA, "row 2, column 3: -inf is not");
  refuse(make(state, 1, HEAD("<f4", "True", "(2, 2)"), nan, sizeof nan),
         ES_FILE_DATA, "row 2, column 1: nan is not");
}

/* Every cut of a good file, and one byte too many. */
static void cut_files(void **state) {
  unsigned char *bytes;
  size_t n;
  es_diag diag = {0};
  const double x[] = {1, 2};
  const char *path = make(state, 1, HEAD("<f8", "False", "(2,)"), x, sizeof x);
  assert_ok(es_file_read(&bytes, &n, path, 4096, &diag), diag);
  for (size_t k = 0; k < n; k++) {
    es_array a;
    path = put(state, "a.npy", bytes, k);
    assert_status(es_npy_read(&a, path, &diag), ES_FILE_CORRUPT);
  }
  refuse(put(state, "a.npy", bytes, n + 1), ES_FILE_CORRUPT, "17 bytes behind");
  free(bytes);
}

static int write_large(void **state) {
  static const double x[1 << 14];
  es_diag diag = {0};
  const es_status status =
      es_npy_write(at(state, "a.npy"), x, 1 << 14, 1, &diag);
  return status == ES_FILE_WRITE && strstr(diag.message, "File too large") ? 0
                                                                           : 1;
}

static void a_full_disk_leaves_no_file(void **state) {
  es_diag diag = {0};
  assert_int_equal(with_full_disk(1 << 16, write_large, state), 0);
  assert_no_file(state, "a.npy");
  assert_status(es_npy_write(at(state, "a.npy"), NULL, SIZE_MAX / 2, 3, &diag),
                ES_BAD_SHAPE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(every_type),
      temp_test(both_orders),
      temp_test(random_bits_make_a_round_trip),
      temp_test(the_header_is_numpys),
      temp_test(wrong_headers),
      temp_test(wrong_prefixes),
      temp_test(values_that_cannot_be_used),
      temp_test(cut_files),
      temp_test(a_full_disk_leaves_no_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
