/* Runs whose files were damaged (tests/mutate.h), laid over their theory: the
 * trace, the prediction, the arrays. */
#include "tests/mutate.h"

#include "fake.h"

static fake f;

/* Modes are those that were predicted; agreement may be infinite (the logarithm
 * of a step at t = 0), but its intervals are intervals. */
static es_status lay_over(const char *path, void *context, es_diag *diag) {
  const char *dir = context;
  es_overlay *o;
  size_t n;
  (void)path;
  const es_status status = es_overlay_new(&o, &dir, 1, diag);
  if (status != ES_OK) {
    if (o != NULL) mutate_bad("an overlay in spite of %d", status);
    return status;
  }
  const size_t modes = es_overlay_modes(o);
  if (modes == 0 || modes > f.d) mutate_bad("%zu modes", modes);
  for (size_t j = 0; j < modes; j++)
    if (es_overlay_steps(o, 0)[j].mode != (double)(j + 1))
      mutate_bad("mode %zu", j);
  const es_overlay_metric *metric = es_overlay_agreement(o, &n);
  for (size_t i = 0; i < n; i++)
    if (metric[i].low > metric[i].high || strlen(metric[i].metric) == 0)
      mutate_bad("%s: %g to %g", metric[i].metric, metric[i].low,
                 metric[i].high);
  es_overlay_free(o);
  return ES_OK;
}

/* HDF5 holds up to 6 MB (see tests/file/test_mutated.c) while the tables are
 * there, 25 times their bytes at the most; what is made of them is made of the
 * numbers in them. A number that was damaged can make theory's descent blow up:
 * that is a numerical failure. */
static mutant mutant_of(const char *path, const char *dir) {
  return (mutant){.path = path,
                  .read = lay_over,
                  .context = (void *)(uintptr_t)dir,
                  .named = dir,
                  .also = 1u << ES_NOT_FINITE,
                  .times = 64,
                  .beyond = 7 << 20};
}

/* Step, in bytes, of cuts and of bits. */
static void damage(void **state, const char *name, size_t cut, size_t bit,
                   size_t size, const char *figures) {
  char *dir = strdup(at(state, "run")), *path = es_file_join(dir, name);
  size_t n;
  f = (fake){.d = 2, .m = 4, .rows = 8, .every = 20, .lr = 0.05};
  for (size_t j = 0; j < 4; j++) f.gamma[j] = pow(0.6, (double)j);
  fake_start(&f, 0.05, 3);
  fake_learn(&f, NULL);
  for (size_t j = 0; j < 2; j++) f.tau_generic[j] = half_time(&f, f.along + j);
  fake_write(&f, dir);
  unsigned char *bytes = mutate_get(path, &n);
  mutant m = mutant_of(path, dir);
  m.slow = size > 0;
  es_h5_quiet();
  mutate_none(&m, bytes, n);
  mutate_cuts(&m, bytes, n, cut);
  mutate_bits(&m, bytes, n, bit);
  if (figures != NULL) mutate_figures(&m, bytes, n, figures);
  for (size_t k = 0; size > 0 && k + 8 <= n; k += mutate_step(&m, size))
    mutate_size(&m, bytes, n, k, 8, false);
  mutate_tell(&m, name);
  free(bytes);
  free(path);
  free(dir);
}

static void traces(void **state) { damage(state, "trace.csv", 1, 1, 0, "140"); }
static void predictions(void **state) {
  damage(state, "prediction.csv", 1, 1, 0, "2");
}
static void arrays(void **state) {
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip(); /* HDF5's own reads */
  damage(state, "arrays.h5", 101, 3, 40, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(traces),
      temp_test(predictions),
      temp_test(arrays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
