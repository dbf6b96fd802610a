/* Every reader of this room, of files that were damaged (tests/mutate.h). What
 * HDF5's readers of datasets make of it is in test_h5_hostile.c. */
#include "tests/mutate.h"

#include "small_h5.h"

#include "file/array.h"
#include "file/csv.h"

typedef es_status reader(es_array *out, const char *path, es_diag *diag);

/* An array that reads well has numbers, finite ones, and not more of them than
 * bytes. */
static es_status read_array(const char *path, void *context, es_diag *diag) {
  reader *const *read = context;
  struct stat info;
  es_array a;
  const es_status status = (*read)(&a, path, diag);
  if (status != ES_OK) {
    if (a.data != NULL || a.rows != 0 || a.cols != 0) mutate_bad("not zeroed");
    return status;
  }
  assert_int_equal(stat(path, &info), 0);
  if (a.rows == 0 || a.cols == 0 || a.rows * a.cols > (size_t)info.st_size)
    mutate_bad("%zu times %zu", a.rows, a.cols);
  for (size_t k = 0; k < a.rows * a.cols; k++)
    if (!isfinite(a.data[k])) mutate_bad("[%zu] = %g", k, a.data[k]);
  es_array_free(&a);
  return ES_OK;
}

static es_status read_table(const char *path, void *context, es_diag *diag) {
  (void)context;
  es_table t;
  const es_status status = es_table_read(&t, path, diag);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < t.rows * t.columns; k++)
    if (!isnan(t.value[k]) && strlen(t.text[k]) == 0)
      mutate_bad("[%zu] = %g", k, t.value[k]);
  es_table_free(&t);
  es_table_free(&t);
  return ES_OK;
}

static es_status read_header(const char *path, void *context, es_diag *diag) {
  (void)context;
  es_table t;
  const es_status status = es_table_header(&t, path, diag);
  if (status == ES_OK) es_table_free(&t);
  return status;
}

/* Many cells in few bytes: a file of 64 KiB in which every other one ends a
 * cell, or every one. */
static void mutate_dense(mutant *m, char cell, char end) {
  enum { BYTES = 1 << 16 };
  unsigned char *bytes = malloc(BYTES);
  assert_non_null(bytes);
  for (size_t k = 0; k < BYTES; k += 2) {
    bytes[k] = (unsigned char)cell;
    bytes[k + 1] = (unsigned char)end;
  }
  mutate_none(m, bytes, BYTES);
  free(bytes);
}

/* A figure and a blank, two bytes of the file, become 8 in memory; room is
 * doubled, and while it is copied both are held: 8·(2 + 1)/2 = 12 times, and
 * the file's own bytes. Buffers come on top. */
static void csv_arrays(void **state) {
  const char text[] = "a,b,c\n1,2.5,-3e-5\n4,5,6\n# seven\n7 8\t9\n"
                      "0.1,1e300,+4\n";
  reader *read = es_csv_read_array;
  mutant m = {.path = at(state, "a.csv"),
              .read = read_array,
              .context = &read,
              .times = 13,
              .beyond = 8 << 10};
  const unsigned char *bytes = (const unsigned char *)text;
  const size_t n = sizeof text - 1;
  mutate_none(&m, bytes, n);
  mutate_cuts(&m, bytes, n, 1);
  mutate_bits(&m, bytes, n, 1);
  mutate_figures(&m, bytes, n, "2.5");
  mutate_dense(&m, '1', ' ');
  mutate_tell(&m, "CSV array");
}

/* The three versions of NPY: sizes of the header in two and in four bytes, and
 * the shape in figures. A number has one byte at the least, and 8 in memory. */
static void npy(void **state) {
  const char *path = at(state, "a.npy");
  const double x[6] = {1, -2.5, 3e-300, 4, 5e300, 6};
  reader *read = es_npy_read;
  mutant m = {.path = path,
              .read = read_array,
              .context = &read,
              .times = 8,
              .beyond = 0};
  es_diag diag = {0};
  size_t n;
  assert_ok(es_npy_write(path, x, 2, 3, &diag), diag);
  unsigned char *one = mutate_get(path, &n);
  for (unsigned char version = 1; version <= 3; version++) {
    const size_t wider = version > 1 ? 2 : 0; /* the header's size */
    unsigned char *bytes = calloc(1, n + wider);
    assert_non_null(bytes);
    memcpy(bytes, one, 10);
    bytes[6] = version;
    memcpy(bytes + 10 + wider, one + 10, n - 10);
    mutate_none(&m, bytes, n + wider);
    mutate_cuts(&m, bytes, n + wider, 1);
    mutate_bits(&m, bytes, n + wider, 1);
    mutate_size(&m, bytes, n + wider, 8, 2 + wider, false);
    mutate_figures(&m, bytes, n + wider, "2, 3");
    mutate_figures(&m, bytes, n + wider, "2");
    mutate_figures(&m, bytes, n + wider, "3");
    free(bytes);
  }
  free(one);
  mutate_tell(&m, "NPY");
}

/* A cell may have one byte, its comma, and becomes a pointer, in room that is
 * doubled as above, and then a number: 8·3 times, or 8·(2 + 1), and the file.
 * A header is read by 16 KiB and then twice as many. */
static void csv_tables(void **state) {
  const char text[] = "t,\"a,b\",word\n0,1.5,x\n\"1\",nan,\"say \"\"so\"\"\"\n"
                      "2,-inf,\n\n3,4e5,\"two\nlines\"\n";
  const unsigned char *bytes = (const unsigned char *)text;
  const size_t n = sizeof text - 1;
  mutant m = {.path = at(state, "a.csv"),
              .read = read_table,
              .times = 25,
              .beyond = 17 << 10};
  for (int k = 0; k < 2; k++) {
    m.read = k == 0 ? read_table : read_header;
    mutate_none(&m, bytes, n);
    mutate_cuts(&m, bytes, n, 1);
    mutate_bits(&m, bytes, n, 1);
    mutate_figures(&m, bytes, n, "1.5");
    mutate_dense(&m, ',', ',');
  }
  mutate_tell(&m, "CSV table, and its header");
}

static es_status read_h5(es_array *out, const char *path, es_diag *diag) {
  return es_h5_read_array(out, path, "/g/v", diag);
}

/* HDF5 itself takes half a MB with any file. Of sizes that a file claims it
 * holds large ones against the end of the file; what is left are two of 16 bits
 * that say how many names a node of a group's tree has (at 16 and 18): up to
 * 2·65535, each with 16 bytes in the file's form, with 16 and 8 in memory, so
 * up to 5.3 MB. */
static void hdf5(void **state) {
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip(); /* HDF5's own reads */
  const char *path = at(state, "a.h5");
  reader *read = read_h5;
  size_t n;
  unsigned char *bytes = make_small(path, &n);
  mutant m = {.path = path,
              .read = read_array,
              .context = &read,
              .slow = true,
              .beyond = 6 << 20};
  es_h5_quiet();
  mutate_none(&m, bytes, n);
  mutate_cuts(&m, bytes, n, 3);
  mutate_bits(&m, bytes, n, 1);
  for (size_t k = 0; k + 8 <= n; k += mutate_step(&m, 8))
    mutate_size(&m, bytes, n, k, 8, false);
  mutate_size(&m, bytes, n, 16, 2, false);
  mutate_size(&m, bytes, n, 18, 2, false);
  mutate_tell(&m, "HDF5 array");
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(csv_arrays),
      temp_test(npy),
      temp_test(csv_tables),
      temp_test(hdf5),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
