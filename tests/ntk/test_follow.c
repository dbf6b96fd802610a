/* A followed descent whose kernel stays is the held one, and goes on from a
 * file to the same bits; what is fitted into a kernel's own features comes
 * back.
 */
#include "tests/file/temp.h"
#include "tests/ntk/model.h"

#include "ntk/fit.h"
#include "ntk/follow.h"

enum { N = 30, M = 6, D = 3, STEPS = 40 };

static void embed(double *F, const model *s) {
  for (size_t i = 0; i < 2 * s->n; i++)
    for (size_t a = 0; a < s->d; a++) {
      F[i * s->d + a] = 0;
      for (size_t r = 0; r < s->m; r++)
        F[i * s->d + a] += s->W[a * s->m + r] * s->features[i * s->m + r];
    }
}

/* 40 steps of sums of 60 products of order one, whose errors modes amplify by
 * less than 10: 1e4 u. */
static const double rounding = 1e-11;

static void compare(bool spectral, size_t n, size_t m) {
  es_diag diag = {0};
  es_follow *f = NULL;
  double F[2 * N * D], want[D], got[D];
  const size_t at = STEPS;
  model *s = model_new(n, m, D, .8, .3, 4);
  es_held c = model_held(s);
  embed(F, s);
  if (spectral) assert_ok(es_held_spread(&c, n, s->features, &diag), diag);
  assert_ok(
      es_held_descend(&c, .02, &at, 1, &(es_held_path){.values = want}, &diag),
      diag);
  assert_ok(es_follow_new(&f, n, D, F, .02, spectral, &diag), diag);
  assert_ok(es_follow_kernel(f, m, s->features, &diag), diag);
  es_follow_advance(f, 15);
  assert_ok(es_follow_kernel(f, m, s->features, &diag), diag);
  assert_int_equal(es_follow_kernel_step(f), 15);
  es_follow_advance(f, STEPS);
  assert_ok(es_follow_values(f, got, &diag), diag);
  for (size_t j = 0; j < D; j++) assert_close(got[j], want[j], 0, rounding);
  assert_true(got[0] > .3); /* they have moved */
  es_follow_free(f);
  es_held_free(&c);
  free(s);
}

static void a_kernel_that_stays(void **state) {
  (void)state;
  compare(false, N, M);
  compare(true, N, M);
}

/* 2n centred samples span 2n - 1 directions: the other gammas are 0, and with
 * the spectral loss their columns move all the same. */
static void fewer_samples_than_features(void **state) {
  (void)state;
  compare(false, 4, 12);
  compare(true, 4, 12);
}

static es_follow *followed(const model *s, double rate, bool spectral) {
  es_diag diag = {0};
  es_follow *f = NULL;
  double F[2 * N * D];
  embed(F, s);
  assert_ok(es_follow_new(&f, N, D, F, rate, spectral, &diag), diag);
  return f;
}

static void save(const es_follow *f, const char *path) {
  es_diag diag = {0};
  es_h5 *file;
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_follow_save(f, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

static es_status load(es_follow *f, const char *path, es_diag *diag) {
  es_h5_source *file;
  assert_ok(es_h5_open(&file, path, diag), *diag);
  const es_status status = es_follow_load(f, file, diag);
  es_h5_close(file);
  return status;
}

/* Before there is a kernel, and on the way. */
static void what_is_loaded_goes_on(void **state) {
  model *s = model_new(N, M, D, .8, .3, 4),
        *start = model_new(N, M, D, 1, 1, 5);
  for (int k = 0; k < 4; k++) {
    const bool spectral = k % 2 == 1, kernel = k > 1;
    es_diag diag = {0};
    es_follow *a = followed(s, .02, spectral);
    es_follow *b = followed(start, .02, spectral);
    es_follow_advance(a, 3);
    if (kernel) assert_ok(es_follow_kernel(a, M, s->features, &diag), diag);
    es_follow_advance(a, 10);
    save(a, at(state, "follow.h5"));
    assert_ok(load(b, at(state, "follow.h5"), &diag), diag);
    assert_int_equal(es_follow_kernel_step(b), kernel ? 3 : 0);
    es_follow_advance(a, STEPS);
    es_follow_advance(b, STEPS);
    assert_memory_equal(es_follow_embedding(a), es_follow_embedding(b),
                        2 * N * D * sizeof(double));
    es_follow_free(a);
    es_follow_free(b);
  }
  free(s);
  free(start);
}

/* At thirty times the rate that is stable: no failure, no numbers either. */
static void a_blow_up_rests(void **state) {
  model *s = model_new(N, M, D, .8, .3, 4);
  es_follow *f = followed(s, 10, false), *again = followed(s, 10, false);
  es_diag diag = {0};
  double values[D];
  assert_ok(es_follow_kernel(f, M, s->features, &diag), diag);
  es_follow_advance(f, STEPS);
  assert_ok(es_follow_values(f, values, &diag), diag);
  for (size_t j = 0; j < D; j++) assert_true(isnan(values[j]));
  save(f, at(state, "lost.h5"));
  assert_ok(load(again, at(state, "lost.h5"), &diag), diag);
  assert_ok(es_follow_values(again, values, &diag), diag);
  for (size_t j = 0; j < D; j++) assert_true(isnan(values[j]));
  es_follow_free(f);
  es_follow_free(again);
  free(s);
}

/* A file with these three numbers and a kernel of so many features. */
static void write_file(const char *path, const double *three, size_t m) {
  const size_t n = 3, embedding[] = {2 * N, D}, kernel[] = {2 * N, m};
  static const double zeros[2 * N * M];
  es_diag diag = {0};
  es_h5 *file;
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(
      es_h5_write(file, "/prediction/followed/state", three, &n, 1, &diag),
      diag);
  assert_ok(
      es_h5_write(file, "/prediction/followed/F", zeros, embedding, 2, &diag),
      diag);
  assert_ok(
      es_h5_write(file, "/prediction/followed/B", zeros, kernel, 2, &diag),
      diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

static void files_that_are_none(void **state) {
  static const double states[][3] = {{5, 3, 0}, {-1, 3, 0}, {5, 0x1p53, 0}};
  model *s = model_new(N, M, D, .8, .3, 4);
  for (size_t k = 0; k < 3; k++) {
    es_follow *f = followed(s, .02, false);
    es_diag diag = {0};
    write_file(at(state, "bad.h5"), states[k], k == 0 ? 0 : M);
    assert_status(load(f, at(state, "bad.h5"), &diag), ES_FILE_CORRUPT);
    assert_says(&diag, ES_FILE_CORRUPT,
                k == 0 ? "/B has not the shape of 30 pairs"
                       : "not a number of steps");
    es_follow_free(f);
  }
  free(s);
}

static void a_start_is_fitted(void **state) {
  (void)state;
  es_diag diag = {0};
  double F[2 * N * D], W[D * M];
  model *s = model_new(N, M, D, .8, .3, 5);
  embed(F, s);
  assert_ok(es_features_fit(W, N, M, s->features, D, F, &diag), diag);
  /* The condition of B^T B is under 1e4. */
  for (size_t k = 0; k < D * M; k++) assert_close(W[k], s->W[k], 0, 1e-10);
  free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_kernel_that_stays),
      cmocka_unit_test(fewer_samples_than_features),
      temp_test(what_is_loaded_goes_on),
      temp_test(a_blow_up_rests),
      temp_test(files_that_are_none),
      cmocka_unit_test(a_start_is_fitted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
