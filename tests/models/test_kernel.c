/* The kernel entry by entry against its definition, and its own bandwidth. */
#include "tests/models/kernels.h"

#include "base/order.h"
#include "models/linear/kernel.h"

/* k(x,y) as defined; b: points a row of N, at row j. */
static double plain(const double *a, size_t i, size_t na, const double *b,
                    size_t j, size_t nb, size_t p, double bandwidth) {
  double d2 = 0, dot = 0;
  for (size_t r = 0; r < p; r++) {
    const double x = a[i + na * r], y = b[j + nb * r];
    d2 += (x - y) * (x - y);
    dot += x * y;
  }
  return bandwidth > 0 ? exp(-d2 / (2 * bandwidth * bandwidth)) : dot;
}

/* K and k~ entry by entry, far from the origin: rounding of |x|^2 = 3e4 would
 * leave 1e-11 without the shift; about the mean |x|^2 is under 20, and 16 eps
 * (|x|^2 + |y|^2) over 2 bandwidth^2 = 2 is 1e-13. */
static void entries(void **state) {
  (void)state;
  enum { N = 10, P = 3, COUNT = 4 };
  for (int center = 0; center < 2; center++)
    for (int kind = 0; kind < 2; kind++) {
      const double h = kind, offset = kind ? 100 : 1;
      es_kernel k;
      es_diag diag = {0};
      double *X = random_points(N, P, offset), mean = 0;
      double new[P * COUNT], turned[P * COUNT], at[N * COUNT], row[N];
      for (size_t i = 0; i < P * COUNT; i++)
        new[i] = offset + es_random_normal(4, ES_STREAM_USER, i);
      for (size_t c = 0; c < COUNT; c++)
        for (size_t r = 0; r < P; r++) turned[c + COUNT * r] = new[r + P * c];
      assert_ok(
          es_kernel_new(&k, N / 2, P, copy_of(X, N * P), h, center, &diag),
          diag);
      es_kernel_at(&k, new, COUNT, at);
      for (size_t i = 0; i < N; i++) {
        row[i] = 0;
        for (size_t j = 0; j < N && center; j++)
          row[i] += plain(X, i, N, X, j, N, P, h) / N;
        mean += row[i] / N;
      }
      for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++)
          assert_close(k.K[i + j * N],
                       plain(X, i, N, X, j, N, P, h) - row[i] - row[j] + mean,
                       0, 1e-13);
        for (size_t c = 0; c < COUNT; c++) {
          double own = 0;
          for (size_t j = 0; j < N && center; j++)
            own += plain(turned, c, COUNT, X, j, N, P, h) / N;
          assert_close(at[i + c * N],
                       plain(turned, c, COUNT, X, i, N, P, h) - own - row[i] +
                           mean,
                       0, 1e-13);
        }
      }
      free(X);
      es_kernel_free(&k);
    }
}

/* Of first views alone, and of no more than the first ES_KERNEL_MEDIAN. */
static void median_bandwidth(void **state) {
  (void)state;
  static const size_t pairs[] = {2, 3, 4, ES_KERNEL_MEDIAN + 20};
  for (size_t c = 0; c < 4; c++) {
    const size_t n = pairs[c], N = 2 * n, few = n < 1000 ? n : 1000;
    double *X = random_points(N, 2, 0);
    double *d = calloc(few * few, sizeof *d);
    assert_non_null(d);
    size_t count = 0;
    for (size_t j = 0; j < few; j++)
      for (size_t i = 0; i < j; i++)
        d[count++] = hypot(X[i] - X[j], X[i + N] - X[j + N]);
    es_sort(d, count);
    es_kernel k;
    es_diag diag = {0};
    assert_ok(es_kernel_new(&k, n, 2, copy_of(X, 2 * N), NAN, false, &diag),
              diag);
    assert_close(k.bandwidth, (d[(count - 1) / 2] + d[count / 2]) / 2, 1e-13,
                 0);
    es_kernel_free(&k);
    free(d);
    free(X);
  }
}

static void no_bandwidth(void **state) {
  (void)state;
  es_kernel k;
  es_diag diag = {0};
  /* one pair; then three equal first views */
  assert_status(
      es_kernel_new(&k, 1, 2, random_points(2, 2, 0), NAN, false, &diag),
      ES_BAD_VALUE);
  double *X = calloc(6, sizeof *X);
  for (size_t i = 3; i < 6; i++) X[i] = (double)i;
  assert_status(es_kernel_new(&k, 3, 1, X, NAN, false, &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "model.bandwidth"));
  X = calloc(2, sizeof *X);
  X[0] = 1e200;
  assert_status(es_kernel_new(&k, 1, 1, X, 0, false, &diag), ES_NOT_FINITE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(entries),
      cmocka_unit_test(median_bandwidth),
      cmocka_unit_test(no_bandwidth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
