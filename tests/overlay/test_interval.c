/* Shares of subspaces and intervals over runs, by hand. */
#include "tests/check.h"

#include "overlay/interval.h"
#include "overlay/subspace.h"

static void subspaces_share(void **state) {
  (void)state;
  es_diag diag = {0};
  double share;
  /* Columns of ±1, orthogonal and of mean 0; B has A's first, tripled, and
   * another one. */
  const double A[8] = {1, 1, 1, -1, -1, 1, -1, -1};
  const double B[8] = {3, 1, 3, -1, -3, -1, -3, 1};
  const double flat[8] = {2, 2, 2, 2, 2, 2, 2, 2};
  assert_ok(es_subspace_alignment(&share, 4, 2, A, B, &diag), diag);
  assert_close(share, .5, 1e-14, 0);
  assert_ok(es_subspace_alignment(&share, 4, 2, A, A, &diag), diag);
  assert_close(share, 1, 1e-14, 0);
  assert_ok(es_subspace_alignment(&share, 4, 2, A, flat, &diag), diag);
  assert_close(share, 0, 0, 0);
}

static void intervals(void **state) {
  (void)state;
  double work[10 + ES_RESAMPLES], low, high;
  const double five[5] = {1, 2, 3, 4, 100};
  assert_close(es_interval_median(five, 5, 1, work), 3, 0, 0);
  es_interval_of(&low, &high, five, 5, 1, work);
  /* Of 5^5 resamples 5.8% have the median 1, and as many 100: beyond 2.5% of
   * either tail. */
  assert_close(low, 1, 0, 0);
  assert_close(high, 100, 0, 0);
  es_interval_of(&low, &high, five, 1, 5, work);
  assert_close(low, 3, 0, 0);
  assert_close(high, 3, 0, 0);
  es_interval_of(&low, &high, (double[]){NAN, NAN}, 2, 1, work);
  assert_true(isnan(low) && isnan(high));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(subspaces_share),
      cmocka_unit_test(intervals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
