/* Spaces of functions at points, made of cosines that are orthonormal and have
 * no mean. */
#include "../check.h"

#include "metrics/subspace.h"

enum { N = 60, D = 3 };

static double wave(int k, int i) {
  return cos(3.14159265358979323846 * (k + 1) * (i + .5) / N);
}

/* x = three waves from `first` on, of these sizes, mixed by a matrix (row f of
 * it says where wave f goes), about means. */
static void make(double *x, int first, const double *size, double mix[D][D]) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < D; j++) {
      x[i * D + j] = 1000 - j;
      for (int f = 0; f < D; f++)
        x[i * D + j] += size[f] * wave(first + f, i) * mix[f][j];
    }
}

static double turned[D][D] = {{2. / 3, -1. / 3, 2. / 3},
                              {2. / 3, 2. / 3, -1. / 3},
                              {-1. / 3, 2. / 3, 2. / 3}};
static double plain[D][D] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

static double shared(const double *x, const double *y, size_t most,
                     es_subspace_first first) {
  static double P[N * D], Q[N * D];
  size_t p, q;
  es_diag diag = {0};
  assert_ok(es_subspace_basis(P, &p, N, D, x, most, first, &diag), diag);
  assert_ok(es_subspace_basis(Q, &q, N, D, y, most, first, &diag), diag);
  return es_subspace_shared(N, p, P, q, Q);
}

/* Means of 1000 leave 1e-13 of their own in each number, and the smallest
 * function is a hundredth: 1e-11 in the cosines. */
static void sizes_and_turns_do_not_count(void **state) {
  (void)state;
  const double size[D] = {5, 1, .01}, other[D] = {1, 1, 1};
  static double x[N * D], y[N * D], z[N * D];
  make(x, 0, size, turned);
  make(y, 0, other, plain);
  make(z, 2, other, plain); /* one wave of three in common */
  assert_close(shared(x, y, 3, ES_FIRST_COMPONENTS), 3, 0, 1e-9);
  assert_close(shared(x, y, 3, ES_FIRST_COLUMNS), 3, 0, 1e-9);
  assert_close(shared(x, z, 3, ES_FIRST_COMPONENTS), 1, 0, 1e-9);
}

/* Nor where squares leave the range of double, at either end. */
static void any_scale(void **state) {
  (void)state;
  if (!long_double_is_wide()) skip();
  const double size[D] = {5, 1, .01}, other[D] = {1, 1, 1};
  static double x[N * D], y[N * D];
  make(y, 0, other, plain);
  for (int power = -900; power <= 900; power += 1800) {
    make(x, 0, size, turned);
    for (int i = 0; i < N * D; i++) x[i] = ldexp(x[i], power);
    assert_close(shared(x, y, 3, ES_FIRST_COMPONENTS), 3, 0, 1e-9);
    assert_close(shared(x, y, 3, ES_FIRST_COLUMNS), 3, 0, 1e-9);
  }
}

static void the_first_are_taken(void **state) {
  (void)state;
  const double up[D] = {1, 2, 4}, down[D] = {4, 2, 1};
  static double x[N * D], y[N * D];
  make(x, 0, up, plain);
  make(y, 0, down, plain);
  /* Largest: waves 2, 3 and waves 1, 2. First: waves 1, 2 of both. */
  assert_close(shared(x, y, 2, ES_FIRST_COMPONENTS), 1, 0, 1e-9);
  assert_close(shared(x, y, 2, ES_FIRST_COLUMNS), 2, 0, 1e-9);
  /* Of one each: wave 3 and wave 1. */
  assert_close(shared(x, y, 1, ES_FIRST_COMPONENTS), 0, 0, 1e-9);
}

static void what_is_not_there_does_not_count(void **state) {
  (void)state;
  const double size[D] = {1, 0, 1e-8};
  static double x[N * D], Q[N * D];
  size_t k;
  es_diag diag = {0};
  make(x, 0, size, turned);
  assert_ok(es_subspace_basis(Q, &k, N, D, x, D, ES_FIRST_COMPONENTS, &diag),
            diag);
  assert_int_equal(k, 1);
  assert_ok(es_subspace_basis(Q, &k, N, D, x, D, ES_FIRST_COLUMNS, &diag),
            diag);
  assert_int_equal(k, 1);
  for (int i = 0; i < N * D; i++) x[i] = 7;
  assert_ok(es_subspace_basis(Q, &k, N, D, x, D, ES_FIRST_COMPONENTS, &diag),
            diag);
  assert_int_equal(k, 0);
}

static void what_spans_nothing_is_refused(void **state) {
  (void)state;
  double x[4] = {1, 2, 3, NAN}, Q[4];
  size_t k;
  assert_status(es_subspace_basis(Q, &k, 1, 4, x, 1, ES_FIRST_COLUMNS, NULL),
                ES_BAD_SHAPE);
  assert_status(es_subspace_basis(Q, &k, 2, 0, x, 1, ES_FIRST_COLUMNS, NULL),
                ES_BAD_SHAPE);
  assert_status(es_subspace_basis(Q, &k, 2, 2, x, 0, ES_FIRST_COLUMNS, NULL),
                ES_BAD_SHAPE);
  assert_status(es_subspace_basis(Q, &k, 2, 2, x, 2, ES_FIRST_COLUMNS, NULL),
                ES_NOT_FINITE);
}

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
  /* One function of two is there, and shared: half of what there might be. */
  const double half[8] = {1, 2, 1, 2, -1, 2, -1, 2};
  assert_ok(es_subspace_alignment(&share, 4, 2, half, half, &diag), diag);
  assert_close(share, .5, 1e-14, 0);
}

/* 20 waves, of which ten are others. */
static void many_share(void **state) {
  (void)state;
  enum { MANY = 20 };
  static double A[N * MANY], B[N * MANY];
  es_diag diag = {0};
  double share;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < MANY; j++) {
      A[i * MANY + j] = wave(j, i);
      B[i * MANY + j] = wave(j + 10, i) + (j == 0 ? 0 : B[i * MANY + j - 1]);
    }
  assert_ok(es_subspace_alignment(&share, N, MANY, A, B, &diag), diag);
  assert_close(share, .5, 1e-12, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_and_turns_do_not_count),
      cmocka_unit_test(any_scale),
      cmocka_unit_test(the_first_are_taken),
      cmocka_unit_test(what_is_not_there_does_not_count),
      cmocka_unit_test(what_spans_nothing_is_refused),
      cmocka_unit_test(subspaces_share),
      cmocka_unit_test(many_share),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
