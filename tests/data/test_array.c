/* Vectors from CSV, NPY and HDF5, and what damaged files of them come to. */
#include "tests/data/room.h"
#include "tests/file/temp.h"

#include "file/array.h"
#include "file/h5.h"

enum { ROWS = 6, COLS = 3 };

/* Real values beyond [0,1], of both signs. */
static double value(size_t i, size_t j) {
  return ((double)scatter(i * COLS + j) - 100) / 7;
}

static void fill(double x[ROWS * COLS]) {
  for (size_t k = 0; k < ROWS * COLS; k++) x[k] = value(k / COLS, k % COLS);
}

static const char *write_csv(void **state) {
  char text[1024] = "a,b,c\n";
  for (size_t k = 0; k < ROWS * COLS; k++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%.17g%c",
             value(k / COLS, k % COLS), k % COLS == COLS - 1 ? '\n' : ',');
  return put_text(state, "x.csv", text);
}

static const char *write_npy(void **state) {
  es_diag diag = {0};
  double x[ROWS * COLS];
  fill(x);
  const char *path = at(state, "x.npy");
  assert_ok(es_npy_write(path, x, ROWS, COLS, &diag), diag);
  return path;
}

/* /x of that shape, whose product is ROWS*COLS. */
static const char *write_h5(void **state, const size_t *dims, size_t rank) {
  es_h5 *file;
  es_diag diag = {0};
  double x[ROWS * COLS];
  fill(x);
  const char *path = at(state, "x.h5");
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_h5_write(file, "/x", x, dims, rank, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
  return path;
}

static const size_t flat[2] = {ROWS, COLS};

static es_status open_path(es_dataset **set, es_diag *diag, const char *path,
                           const char *end) {
  char word[160];
  snprintf(word, sizeof word, "data.path=%s%s", path, end);
  return OPEN(set, diag, "data.name=array", word);
}

static void a_row_is_a_sample(void **state) {
  const char *const paths[] = {write_csv(state), write_npy(state),
                               write_h5(state, flat, 2)};
  uint32_t sum[3];
  for (size_t p = 0; p < 3; p++) {
    es_dataset *set;
    es_diag diag;
    size_t channels, side;
    double x[COLS], xp[COLS];
    assert_ok(open_path(&set, &diag, paths[p], p == 2 ? ":/x" : ""), diag);
    assert_int_equal(es_dataset_count(set), ROWS);
    assert_int_equal(es_dataset_dim(set), COLS);
    es_dataset_geometry(set, &channels, &side);
    assert_int_equal(channels, 0);
    for (size_t i = 0; i < ROWS; i++) {
      es_dataset_pair(set, i, 4, x, xp);
      for (size_t j = 0; j < COLS; j++)
        assert_close(x[j], value(i, j), 0, 0); /* %.17g comes back whole */
      assert_memory_equal(x, xp, sizeof x);
      es_dataset_image(set, i, xp);
      assert_memory_equal(x, xp, sizeof x);
      assert_int_equal(es_dataset_label(set, i), -1);
    }
    assert_int_equal(es_dataset_factors(set), 0);
    sum[p] = es_dataset_checksum(set);
    es_dataset_free(set);
  }
  /* Of the values, whatever the format. */
  assert_int_equal(sum[0], sum[1]);
  assert_int_equal(sum[0], sum[2]);
}

static void subsets_and_noise(void **state) {
  es_dataset *set;
  es_diag diag;
  char word[160];
  double x[COLS], xp[COLS];
  snprintf(word, sizeof word, "data.path=%s", write_npy(state));
  assert_ok(OPEN(&set, &diag, "data.name=array", word, "data.n=4",
                 "augment.noise=.5", "augment.noise_views=one",
                 "augment.shift=3", "augment.blur=1"),
            diag);
  assert_int_equal(es_dataset_count(set), 4);
  for (size_t i = 0; i < 4; i++) {
    size_t row = 0;
    es_dataset_pair(set, i, 0, x, xp);
    while (row < ROWS && !close_to(x[0], value(row, 0), 0, 0)) row++;
    assert_true(row < ROWS);
    for (size_t j = 0; j < COLS; j++) {
      assert_close(x[j], value(row, j), 0, 0);
      assert_true(xp[j] < x[j] || xp[j] > x[j]);
    }
  }
  es_dataset_free(set);
}

static void refuse(const char *path, const char *end, es_status want,
                   const char *says) {
  es_dataset *set;
  es_diag diag;
  assert_status(open_path(&set, &diag, path, end), want);
  assert_says(&diag, want, says);
  assert_null(strchr(diag.message, '\n'));
}

static void what_is_no_table(void **state) {
  static const size_t cube[3] = {2, 3, 3}, thin[3] = {1, ROWS, COLS},
                      four[4] = {1, 1, ROWS, COLS};
  es_dataset *set;
  es_diag diag;
  assert_status(OPEN(&set, &diag, "data.name=array"), ES_BAD_VALUE);
  assert_says(&diag, ES_BAD_VALUE, "data.path|FILE.csv|FILE.npy|FILE.h5");
  refuse("x.txt", "", ES_BAD_VALUE, "data.path=x.txt|FILE.csv");
  refuse(write_h5(state, flat, 2), "", ES_BAD_VALUE, "FILE.h5:/dataset");
  refuse(at(state, "none.csv"), "", ES_FILE_MISSING, "none.csv");
  refuse(write_h5(state, flat, 2), ":/y", ES_FILE_DATA, "x.h5:/y");
  refuse(write_h5(state, cube, 3), ":/x", ES_FILE_DATA,
         "data.path=|three dimensions|a sample a row");
  refuse(write_h5(state, four, 4), ":/x", ES_FILE_DATA, "dimensions");
  assert_ok(open_path(&set, &diag, write_h5(state, thin, 3), ":/x"), diag);
  assert_int_equal(es_dataset_count(set), ROWS);
  es_dataset_free(set);
  refuse(put_text(state, "nan.csv", "1,2\n3,nan\n"), "", ES_FILE_DATA,
         "nan.csv|row 2, column 2");
  refuse(put_text(state, "ragged.csv", "1,2\n3\n"), "", ES_FILE_CORRUPT,
         "ragged.csv|row 2");
  refuse(put_text(state, "empty.csv", ""), "", ES_FILE_DATA, "empty.csv");
}

/* Room for 64 MB more than there is now, so that a size taken from a damaged
 * header before it was checked comes out as ES_NO_MEMORY. (Not under the
 * address sanitizer, which reserves terabytes.) */
static struct rlimit limit_memory(void) {
  struct rlimit old;
  assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
#ifndef __SANITIZE_ADDRESS__
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%ld", &pages), 1);
  fclose(file);
  struct rlimit tight = old;
  tight.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (64u << 20);
  assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
#endif
  return old;
}

/* Sizes in a header far beyond what the file holds. */
static void headers_that_promise_too_much(void **state) {
  static const char *const shapes[] = {"(6, 30)", "(600000000, 3)",
                                       "(18446744073709551615, 3)",
                                       "(4294967296, 4294967296)"};
  for (size_t k = 0; k < 4; k++) {
    char text[128 + ROWS * COLS * 8] = "\x93NUMPY\x01";
    text[8] = 118;
    const int used = snprintf(text + 10, 119,
                              "{'descr': '<f8', "
                              "'fortran_order': False, 'shape': %s, }",
                              shapes[k]);
    memset(text + 10 + used, ' ', (size_t)(118 - used));
    text[127] = '\n';
    const char *path = put(state, "large.npy", text, sizeof text);
    const struct rlimit old = limit_memory();
    refuse(path, "", ES_FILE_CORRUPT, "large.npy");
    setrlimit(RLIMIT_AS, &old);
  }
}

/* Every prefix of a file, and one bit of each of its bytes: read, or refused
 * with exit 3 and one line; and no memory for what is not there. */
static void try_damaged(const char *path, const char *end, size_t stride) {
  static unsigned char bytes[1 << 16];
  size_t refused = 0;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  assert_in_range(size, 16, sizeof bytes - 1);
  const struct rlimit old = limit_memory();
  for (size_t k = 0; k < 2 * size; k += stride) {
    es_dataset *set;
    es_diag diag;
    const bool cut = k >= size;
    const size_t at_byte = k % size;
    const unsigned char flip = (unsigned char)(1u << (k / stride) % 8);
    if (!cut) bytes[at_byte] ^= flip;
    write_plain(path, bytes, cut ? at_byte : size);
    if (!cut) bytes[at_byte] ^= flip;
    const es_status status = open_path(&set, &diag, path, end);
    if (status != ES_OK &&
        (es_status_exit_code(status) != 3 || strchr(diag.message, '\n')))
      fail_msg("%s at byte %zu of %s: %s", cut ? "cut" : "flipped", at_byte,
               path, diag.message);
    refused += status != ES_OK;
    es_dataset_free(set);
  }
  setrlimit(RLIMIT_AS, &old);
  assert_true(refused > 20);
}

static void damaged_files(void **state) {
  try_damaged(write_csv(state), "", 1);
  try_damaged(write_npy(state), "", 1);
  try_damaged(write_h5(state, flat, 2), ":/x", 3);
}

int main(void) {
  es_h5_quiet();
  const struct CMUnitTest tests[] = {
      temp_test(a_row_is_a_sample), temp_test(subsets_and_noise),
      temp_test(what_is_no_table),  temp_test(headers_that_promise_too_much),
      temp_test(damaged_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
