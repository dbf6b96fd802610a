/* Tables for figures from arrays.h5 files that were damaged (tests/mutate.h).
 */
#include "tests/mutate.h"

#include "file/csv.h"
#include "file/h5.h"
#include "plot/prepare.h"

#include "tests/file/temp.h"

#include <omp.h>

typedef struct figure {
  const char *dir, *kind, *table;
} figure;

/* What was made of a file that reads well is a whole table. */
static es_status prepare(const char *path, void *context, es_diag *diag) {
  const figure *f = context;
  es_table t;
  es_diag own = {0};
  (void)path;
  const es_status status = es_plot_prepare(f->dir, f->kind, diag);
  if (status != ES_OK) return status;
  char *made = es_file_join(f->dir, f->table);
  assert_ok(es_table_read(&t, made, &own), own);
  if (t.rows == 0) mutate_bad("no rows");
  for (size_t k = 0; k < t.rows * t.columns; k++)
    if (!isfinite(t.value[k])) mutate_bad("%s", t.text[k]);
  es_table_free(&t);
  free(made);
  return ES_OK;
}

static void make(const char *path) {
  static const double V[6][2] = {{1, -4}, {2, 0}, {-4, 1},
                                 {0, 2},  {3, 1}, {1, 1}};
  static const double gamma[2] = {0.5, 0.25}, shape[3] = {1, 2, 3};
  static const double times[3] = {0, 1, 2};
  double points[3][2][4];
  es_h5 *file;
  es_diag diag = {0};
  for (size_t k = 0; k < 24; k++)
    points[k / 8][k / 4 % 2][k % 4] = sin(1 + (double)k);
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_h5_write(file, "/V", V[0], (size_t[]){6, 2}, 2, &diag), diag);
  assert_ok(es_h5_write(file, "/gamma", gamma, (size_t[]){2}, 1, &diag), diag);
  assert_ok(es_h5_write(file, "/image_shape", shape, (size_t[]){3}, 1, &diag),
            diag);
  assert_ok(es_h5_write(file, "/times", times, (size_t[]){3}, 1, &diag), diag);
  assert_ok(es_h5_write(file, "/embeddings", points[0][0], (size_t[]){3, 2, 4},
                        3, &diag),
            diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

/* HDF5 holds up to 6 MB (tests/file/test_mutated.c). */
static void damage(void **state, const char *kind, const char *table) {
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip(); /* HDF5's own reads */
  char *dir = strdup(at(state, "")), *path = strdup(at(state, "arrays.h5"));
  size_t n;
  figure f = {dir, kind, table};
  make(path);
  unsigned char *bytes = mutate_get(path, &n);
  mutant m = {.path = path,
              .read = prepare,
              .context = &f,
              .named = "arrays.h5",
              .slow = true,
              .times = 16,
              .beyond = 6 << 20};
  es_h5_quiet();
  omp_set_num_threads(1); /* matrices of four: threads only wait */
  mutate_none(&m, bytes, n);
  mutate_cuts(&m, bytes, n, 101);
  mutate_bits(&m, bytes, n, 29);
  for (size_t k = 0; k + 8 <= n; k += mutate_step(&m, 200))
    mutate_size(&m, bytes, n, k, 8, false);
  mutate_tell(&m, kind);
  free(bytes);
  free(path);
  free(dir);
}

static void modes(void **state) { damage(state, "modes", "modes.csv"); }
static void embeddings(void **state) {
  damage(state, "embedding", "embedding.csv");
}

int main(void) {
  const struct CMUnitTest tests[] = {temp_test(modes), temp_test(embeddings)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
