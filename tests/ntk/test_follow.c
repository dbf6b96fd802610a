/* A followed descent whose kernel stays is the held one; what is fitted into a
 * kernel's own features comes back. */
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
      cmocka_unit_test(a_start_is_fitted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
