/* R² of planted factors, whose value is known. */
#include "tests/check.h"

#include "metrics/explained.h"

enum { N = 360 };

/* Waves k = 1, 2, … over N samples are orthogonal to each other and to 1, and
 * all have the sum of squares N/2: with y = a + b wave_1 + c wave_2, wave_1
 * explains b²/(b² + c²). */
static double wave(size_t k, size_t i) {
  return sin(2 * M_PI * (double)(k * i) / N);
}

/* Sums of N products of rounded numbers of order 1: N units of roundoff, and
 * less, for errors have both signs. */
static const double rounding = N * 2.3e-16;

static void a_planted_share(void **state) {
  (void)state;
  static const double b[] = {1, 1, 3, 1e-3, 0, 1e8}, c[] = {0, 1, 4, 1, 2, 1e8};
  static double Y[6 * N], F[N];
  double r2[6];
  for (size_t i = 0; i < N; i++) {
    F[i] = 5 - 2 * wave(1, i); /* neither centred nor normalised */
    for (size_t j = 0; j < 6; j++)
      Y[j * N + i] = 7 + b[j] * wave(1, i) + c[j] * wave(2, i);
  }
  es_explained(r2, Y, N, 6, F, 1);
  for (size_t j = 0; j < 6; j++)
    assert_close(r2[j], b[j] * b[j] / (b[j] * b[j] + c[j] * c[j]),
                 10 * rounding, 1e-25);
}

/* A factor of two numbers explains both its directions, whichever of them y
 * takes; the same two mixed, or one of them twice, explain the same. */
static void several_numbers(void **state) {
  (void)state;
  static double Y[2 * N], F[4 * N];
  double r2[2];
  for (int mixed = 0; mixed < 2; mixed++) {
    for (size_t i = 0; i < N; i++) {
      const double u = wave(1, i), v = wave(3, i);
      Y[i] = 2 * u - v + 3 * wave(2, i);
      Y[N + i] = v;
      F[i] = u;
      F[N + i] = mixed ? u + 1e-3 * v : v;
      F[2 * N + i] = 4 * u + 1; /* depends on the first */
      F[3 * N + i] = 6;         /* does not vary */
    }
    es_explained(r2, Y, N, 2, F, mixed ? 4 : 2);
    /* Of nearly parallel numbers a thousandth carries the second direction. */
    assert_close(r2[0], 5. / 14, mixed ? 1e3 * rounding : 10 * rounding, 0);
    assert_close(r2[1], 1, mixed ? 1e3 * rounding : 10 * rounding, 0);
  }
}

/* A thousand times larger mean changes nothing but the rounding. */
static void a_mean_does_not_count(void **state) {
  (void)state;
  static double Y[N], F[N];
  double r2;
  for (size_t i = 0; i < N; i++) {
    F[i] = 1e3 + wave(1, i);
    Y[i] = -1e3 + wave(1, i) + wave(2, i);
  }
  es_explained(&r2, Y, N, 1, F, 1);
  assert_close(r2, .5, 1e3 * 10 * rounding, 0);
}

static void what_does_not_vary(void **state) {
  (void)state;
  static double Y[3 * N], F[N];
  double r2[3];
  for (size_t i = 0; i < N; i++) {
    F[i] = 3;
    Y[i] = wave(1, i);
    Y[N + i] = 0;
    Y[2 * N + i] = .1; /* has no exact mean */
  }
  es_explained(r2, Y, N, 3, F, 1);
  assert_close(r2[0], 0, 0, 0);
  assert_true(isnan(r2[1]) && isnan(r2[2]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_planted_share),
      cmocka_unit_test(several_numbers),
      cmocka_unit_test(a_mean_does_not_count),
      cmocka_unit_test(what_does_not_vary),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
